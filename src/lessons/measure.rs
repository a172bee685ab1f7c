//! Measures of a run by name, as lessons ask for them: every curve of the run's memory, and a few numbers made of those.

use std::fmt;

use super::nearest::nearest;
use crate::domain::config::Config;
use crate::domain::measures::load;
use crate::domain::measures::window::LOAD_WINDOW;
use crate::domain::readings::MetricKind;
use crate::domain::roster::ExpertId;
use crate::run::Snapshot;
use crate::store::history::{ExpertMeasure, LayerMeasure, RunMeasure, SeriesKey};

/// A measure by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MeasureId {
    /// A curve of the whole run.
    Run(RunMeasure),
    /// A curve of one layer with experts.
    Layer(LayerMeasure),
    /// A curve of one expert.
    Expert(ExpertMeasure),
    /// The task's metric on held-out data, `score`: accuracy, mean squared error or bits per byte.
    Score,
    /// exp(entropy) of the router's load over the last 100 steps, `effective-experts`: 1 to N.
    EffectiveExperts,
    /// Steps on which the layer competed so far, `competitions`.
    Competitions,
    /// How many experts the layer has, `expert-count`.
    ExpertCount,
    /// How many experts answered a token so far, summed over the steps, `expert-passes`: k on a step that the router decides,
    /// N on one at which the layer competes; k and N as they are now.
    ExpertPasses,
    /// Share of the wins of the expert that wins most of the newest probe, `most-won`.
    MostWon,
    /// Share of the wins of the expert that wins least, `least-won`.
    LeastWon,
    /// Share of the picks of the busiest expert over the last 100 steps, `most-routed`.
    MostRouted,
    /// Share of the picks of the idlest expert over the last 100 steps, `least-routed`.
    LeastRouted,
}

impl MeasureId {
    /// Those that are no curves.
    const OTHERS: [(Self, &str); 9] = [
        (Self::Score, "score"),
        (Self::EffectiveExperts, "effective-experts"),
        (Self::Competitions, "competitions"),
        (Self::ExpertCount, "expert-count"),
        (Self::ExpertPasses, "expert-passes"),
        (Self::MostWon, "most-won"),
        (Self::LeastWon, "least-won"),
        (Self::MostRouted, "most-routed"),
        (Self::LeastRouted, "least-routed"),
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let run = RunMeasure::ALL.iter().map(|&measure| Self::Run(measure));
        let layer = LayerMeasure::ALL.iter().map(|&measure| Self::Layer(measure));
        let expert = ExpertMeasure::ALL.iter().map(|&measure| Self::Expert(measure));
        run.chain(layer).chain(expert).chain(Self::OTHERS.into_iter().map(|(id, _)| id))
    }

    /// The measure of this name: that of its curve with hyphens, `load-cv`.
    pub fn of(name: &str) -> Option<Self> {
        Self::all().find(|id| id.to_string() == name)
    }

    /// The name that was probably meant by one that is no measure's.
    pub(super) fn meant(name: &str) -> Option<String> {
        nearest(name, Self::all().map(|id| id.to_string()))
    }

    /// Whether it is of one expert.
    pub(super) fn of_expert(self) -> bool {
        matches!(self, Self::Expert(_))
    }

    /// Least and most it can be in a run of `config`.
    pub(super) fn range(self, config: &Config) -> (f64, f64) {
        use LayerMeasure as L;
        let n = config.model.experts.max(1) as f64;
        match self {
            Self::Layer(
                L::Kappa | L::Spearman | L::OutputCosine | L::WorstCosine | L::Anisotropy | L::ResponseChoice,
            ) => (-1.0, 1.0),
            Self::Layer(
                L::Competed
                | L::LoadEntropy
                | L::Top1
                | L::Chance
                | L::Recall
                | L::ResponseCaptured
                | L::ResponseChance
                | L::Jaccard
                | L::Ece
                | L::TokenEntropy
                | L::MarginalEntropy
                | L::Margin
                | L::Cka
                | L::Nmi
                | L::Fluctuation
                | L::Saturation
                | L::Repetition,
            )
            | Self::Expert(ExpertMeasure::Routed | ExpertMeasure::Won | ExpertMeasure::GradientShare)
            | Self::MostWon
            | Self::LeastWon
            | Self::MostRouted
            | Self::LeastRouted => (0.0, 1.0),
            Self::Layer(L::Skill) => (f64::NEG_INFINITY, 1.0),
            Self::Score if MetricKind::of(&config.task) == MetricKind::Accuracy => (0.0, 1.0),
            // A run may be given more experts while it trains.
            Self::EffectiveExperts | Self::ExpertCount => (1.0, n.max(256.0)),
            Self::Run(RunMeasure::LossTotal | RunMeasure::LossBalance | RunMeasure::LossAffinityBalance)
            | Self::Expert(ExpertMeasure::KnockOut) => (f64::NEG_INFINITY, f64::INFINITY),
            Self::Run(_) | Self::Layer(_) | Self::Expert(_) | Self::Score | Self::Competitions | Self::ExpertPasses => {
                (0.0, f64::INFINITY)
            }
        }
    }

    /// From where to where it is drawn: all that it can be, where that is bounded.
    pub fn span(self, shot: &Snapshot) -> Option<[f64; 2]> {
        let (low, high) = match self {
            Self::EffectiveExperts | Self::ExpertCount => (1.0, shot.experts().max(2) as f64),
            // Agreement below luck is rare, and its place is better used by what is above.
            Self::Layer(LayerMeasure::Kappa) => (0.0, 1.0),
            other => other.range(&shot.config),
        };
        (low.is_finite() && high.is_finite()).then_some([low, high])
    }

    /// Steps between two of its readings in a run of `config`.
    pub(super) fn every(self, config: &Config) -> u64 {
        use LayerMeasure as L;
        match self {
            Self::Run(RunMeasure::Validation) | Self::Score => config.cadence.validate_every,
            Self::Layer(L::Competed | L::LoadCv | L::LoadEntropy | L::DeadExperts | L::MaxVio | L::MaxVioGlobal)
            | Self::Expert(ExpertMeasure::Routed)
            | Self::Run(_)
            | Self::EffectiveExperts
            | Self::Competitions
            | Self::ExpertCount
            | Self::ExpertPasses
            | Self::MostRouted
            | Self::LeastRouted => 1,
            Self::Layer(_) | Self::Expert(_) | Self::MostWon | Self::LeastWon => config.cadence.probe_every,
        }
    }
}

impl fmt::Display for MeasureId {
    /// Its name in a lesson.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Run(measure) => measure.name(),
            Self::Layer(measure) => measure.name(),
            Self::Expert(measure) => measure.name(),
            other => Self::OTHERS.iter().find(|(id, _)| id == other).map_or("", |(_, name)| name),
        };
        f.write_str(&name.replace('_', "-"))
    }
}

/// A measure of something: of the run, of a layer, of an expert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// Which measure.
    pub measure: MeasureId,
    /// Layer with experts, from 0; nothing for measures of the run.
    pub layer: usize,
    /// The expert, for measures of one.
    pub expert: ExpertId,
}

impl Quantity {
    /// A measure of the first layer, or of its first expert.
    pub fn of(measure: MeasureId) -> Self {
        Self { measure, layer: 0, expert: ExpertId(0) }
    }

    /// Its newest value; `None` where it was not measured yet or is not defined.
    pub fn now(&self, shot: &Snapshot) -> Option<f64> {
        let last = |key| shot.memory.history.get(key).and_then(|series| series.last()).map(|(_, value)| value);
        let value = match self.measure {
            MeasureId::Run(measure) => last(SeriesKey::Run(measure)),
            MeasureId::Layer(measure) => last(SeriesKey::Layer(self.layer, measure)),
            MeasureId::Expert(measure) => last(SeriesKey::Expert(self.layer, self.expert, measure)),
            MeasureId::Score => {
                shot.newest.validation.and_then(|reading| reading.metric(MetricKind::of(&shot.config.task)))
            }
            MeasureId::Competitions => competitions(shot, self.layer),
            MeasureId::ExpertCount => shot.model.rosters.get(self.layer).map(|roster| roster.len() as f64),
            MeasureId::ExpertPasses => {
                let competed = competitions(shot, self.layer)?;
                let (n, k) = (shot.model.rosters.get(self.layer)?.len() as f64, shot.knobs.top_k as f64);
                Some(competed * n + (shot.step as f64 - competed) * k)
            }
            MeasureId::EffectiveExperts
            | MeasureId::MostWon
            | MeasureId::LeastWon
            | MeasureId::MostRouted
            | MeasureId::LeastRouted => self.at(shot, shot.step),
        };
        value.filter(|value| value.is_finite())
    }

    /// The value at a step, for what is made of the shares of all experts.
    fn at(&self, shot: &Snapshot, step: u64) -> Option<f64> {
        let won = matches!(self.measure, MeasureId::MostWon | MeasureId::LeastWon);
        let shares = shares_at(shot, self.layer, if won { ShareOf::Won } else { ShareOf::Routed }, step)?;
        match self.measure {
            MeasureId::EffectiveExperts => Some(load::effective_experts(&shares)),
            MeasureId::MostWon | MeasureId::MostRouted => shares.into_iter().reduce(f64::max),
            MeasureId::LeastWon | MeasureId::LeastRouted => shares.into_iter().reduce(f64::min),
            _ => None,
        }
    }

    /// Its readings after a step up to the newest, oldest first: step and value. Of what is no curve, the newest alone.
    pub fn readings(&self, shot: &Snapshot, after: u64) -> Vec<(u64, f64)> {
        let series = |key| shot.memory.history.get(key);
        let first = shot.model.rosters.get(self.layer).and_then(|roster| roster.slots.first()).copied();
        let of_first = |measure| first.and_then(|id| series(SeriesKey::Expert(self.layer, id, measure)));
        let (curve, made) = match self.measure {
            MeasureId::Run(measure) => (series(SeriesKey::Run(measure)), false),
            MeasureId::Layer(measure) => (series(SeriesKey::Layer(self.layer, measure)), false),
            MeasureId::Expert(measure) => (series(SeriesKey::Expert(self.layer, self.expert, measure)), false),
            MeasureId::EffectiveExperts | MeasureId::MostRouted | MeasureId::LeastRouted => {
                (of_first(ExpertMeasure::Routed), true)
            }
            MeasureId::MostWon | MeasureId::LeastWon => (of_first(ExpertMeasure::Won), true),
            MeasureId::Score => {
                let step = shot.newest.validation.map(|reading| reading.step).filter(|&step| step > after);
                return step.zip(self.now(shot)).into_iter().collect();
            }
            MeasureId::Competitions | MeasureId::ExpertCount | MeasureId::ExpertPasses => {
                return (shot.step > after).then_some(shot.step).zip(self.now(shot)).into_iter().collect();
            }
        };
        let mut readings: Vec<(u64, f64)> =
            curve.into_iter().flat_map(|curve| curve.recent().rev().take_while(|(step, _)| *step > after)).collect();
        readings.reverse();
        if made {
            readings.iter_mut().for_each(|(step, value)| *value = self.at(shot, *step).unwrap_or(f64::NAN));
        }
        readings
    }
}

/// Whose shares are meant: those that add up to 1 over the experts of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareOf {
    /// Of the router's picks over the last 100 steps, `routed`.
    Routed,
    /// Of the wins of the newest probe, `won`.
    Won,
}

impl ShareOf {
    /// The name in a lesson.
    pub fn name(self) -> &'static str {
        match self {
            Self::Routed => "routed",
            Self::Won => "won",
        }
    }
}

/// `[N]` shares of the experts of a layer by slot, as of now; `None` before they were measured.
pub fn shares(shot: &Snapshot, layer: usize, of: ShareOf) -> Option<Vec<f64>> {
    shares_at(shot, layer, of, shot.step)
}

fn shares_at(shot: &Snapshot, layer: usize, of: ShareOf, step: u64) -> Option<Vec<f64>> {
    let history = &shot.memory.history;
    let share = |&id| match of {
        ShareOf::Routed => {
            let series = history.get(SeriesKey::Expert(layer, id, ExpertMeasure::Routed))?;
            series.mean_up_to(step, LOAD_WINDOW).map(|(mean, _)| mean)
        }
        ShareOf::Won => history.get(SeriesKey::Expert(layer, id, ExpertMeasure::Won))?.at_or_before(step),
    };
    let shares: Vec<f64> = shot.model.rosters.get(layer)?.slots.iter().map(share).collect::<Option<_>>()?;
    (!shares.is_empty()).then_some(shares)
}

/// Steps on which a layer competed.
fn competitions(shot: &Snapshot, layer: usize) -> Option<f64> {
    let series = shot.memory.history.get(SeriesKey::Layer(layer, LayerMeasure::Competed))?;
    Some(series.buckets().iter().map(|bucket| bucket.sum).sum())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_leads_back_and_means_one_thing() {
        let mut names = BTreeSet::new();
        for id in MeasureId::all() {
            let name = id.to_string();
            assert_eq!(MeasureId::of(&name), Some(id));
            assert!(!name.contains('_') && names.insert(name.clone()), "{name}");
            let (low, high) = id.range(&Config::default());
            assert!(low < high && id.every(&Config::default()) >= 1, "{name}");
        }
        assert_eq!(MeasureId::of("kappa"), Some(MeasureId::Layer(LayerMeasure::Kappa)));
        assert_eq!(MeasureId::meant("load_cv").as_deref(), Some("load-cv"));
    }
}
