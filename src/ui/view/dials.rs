//! The knobs of the rail: which rows of the table of knobs it shows, with their words, sliders and limits. Pure.

use crate::domain::config::{
    KnobId, KnobKind, KnobSpec, Knobs, LARGEST_REAL, RealRange, SMALLEST_REAL, Slider, WholeRange,
};
use crate::run::Snapshot;
use crate::store::history::What;
use crate::ui::kit::entry::{FieldLimits, FieldNumber};
use crate::ui::kit::slider::Reach;
use crate::ui::words::knobs;

/// Most layers of a network.
const MOST_LAYERS: u64 = 64;

/// A knob that acts at the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dial {
    /// Chance that a layer competes at a step.
    Rate,
    /// Most layers that compete at one step.
    LayersAtOnce,
    /// No competition before this step.
    WarmUp,
    /// Peak learning rate.
    LearningRate,
    /// α.
    Router,
    /// θ.
    Winners,
    /// β.
    Balance,
    /// βc of the affinity balance.
    AffinityBalance,
    /// βc of the diversity loss.
    Diversity,
    /// Of the z-loss.
    Logits,
    /// When StableMoE's light router takes over.
    Freeze,
}

impl Dial {
    /// The dials of the competition.
    pub const COMPETITION: [Self; 3] = [Self::Rate, Self::LayersAtOnce, Self::WarmUp];
    /// The dials of losses and rate.
    pub const LOSSES: [Self; 7] = [
        Self::LearningRate,
        Self::Router,
        Self::Winners,
        Self::Balance,
        Self::AffinityBalance,
        Self::Diversity,
        Self::Logits,
    ];

    /// The dial of a knob, if it has one.
    pub(crate) fn of(knob: KnobId) -> Option<Self> {
        let all = Self::COMPETITION.into_iter().chain(Self::LOSSES).chain([Self::Freeze]);
        all.into_iter().find(|dial| dial.spec().id == knob)
    }

    /// The name beside it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rate => knobs::RATE.said(),
            Self::LayersAtOnce => knobs::LAYERS_AT_ONCE.said(),
            Self::WarmUp => knobs::WARM_UP.said(),
            Self::LearningRate => knobs::LEARNING_RATE.said(),
            Self::Router => knobs::ROUTER.said(),
            Self::Winners => knobs::WINNERS.said(),
            Self::Balance => knobs::BALANCE.said(),
            Self::AffinityBalance => knobs::AFFINITY_BALANCE.said(),
            Self::Diversity => knobs::DIVERSITY.said(),
            Self::Logits => knobs::LOGITS.said(),
            Self::Freeze => knobs::FREEZE.said(),
        }
    }

    /// What it does.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Rate => knobs::ABOUT_RATE.said(),
            Self::LayersAtOnce => knobs::ABOUT_LAYERS_AT_ONCE.said(),
            Self::WarmUp => knobs::ABOUT_WARM_UP.said(),
            Self::LearningRate => knobs::ABOUT_LEARNING_RATE.said(),
            Self::Router => knobs::ABOUT_ROUTER.said(),
            Self::Winners => knobs::ABOUT_WINNERS.said(),
            Self::Balance => knobs::ABOUT_BALANCE.said(),
            Self::AffinityBalance => knobs::ABOUT_AFFINITY_BALANCE.said(),
            Self::Diversity => knobs::ABOUT_DIVERSITY.said(),
            Self::Logits => knobs::ABOUT_LOGITS.said(),
            Self::Freeze => knobs::ABOUT_FREEZE.said(),
        }
    }

    /// Its row in the table of knobs.
    pub(crate) fn spec(self) -> &'static KnobSpec {
        let id = match self {
            Self::Rate => KnobId::CompetitionRate,
            Self::LayersAtOnce => KnobId::MaxCompetingLayers,
            Self::WarmUp => KnobId::CompetitionWarmup,
            Self::LearningRate => KnobId::LearningRate,
            Self::Router => KnobId::RouterWeight,
            Self::Winners => KnobId::Theta,
            Self::Balance => KnobId::BalanceWeight,
            Self::AffinityBalance => KnobId::AffinityBalanceWeight,
            Self::Diversity => KnobId::DiversityWeight,
            Self::Logits => KnobId::ZWeight,
            Self::Freeze => KnobId::FreezeStep,
        };
        id.spec()
    }

    /// What its slider can be set to.
    pub(crate) fn reach(self, shot: &Snapshot) -> Reach {
        let span = |low, high, finest, whole| Reach { low, high, finest, whole };
        match self.spec().kind {
            KnobKind::Real { slider: Slider { low, high, finest }, .. } => span(low, high, finest, false),
            KnobKind::Whole { get, range: WholeRange::Step, .. } => {
                span(0.0, shot.config.steps.max(get(&shot.knobs)).max(10) as f64, Some(5.0), true)
            }
            KnobKind::Whole { get, range: WholeRange::Layers, .. } => {
                let layers = shot.model.rosters.len().max(1) as u64;
                span(1.0, layers.max(get(&shot.knobs)) as f64, None, true)
            }
            KnobKind::Whole { range: WholeRange::Experts, .. } | KnobKind::Choice { .. } => span(1.0, 1.0, None, true),
        }
    }

    /// What may be typed: what a config may hold.
    pub fn limits(self) -> FieldLimits {
        match self.spec().kind {
            KnobKind::Real { range: RealRange::Share, .. } => FieldLimits::Real { low: 0.0, least: 0.0, high: 1.0 },
            KnobKind::Real { range: RealRange::Positive, .. } => {
                FieldLimits::Real { low: SMALLEST_REAL, least: 0.0, high: LARGEST_REAL }
            }
            KnobKind::Real { range: RealRange::AtLeastZero, .. } => {
                FieldLimits::Real { low: 0.0, least: SMALLEST_REAL, high: LARGEST_REAL }
            }
            KnobKind::Whole { range: WholeRange::Layers, .. } => FieldLimits::Whole { low: 1, high: MOST_LAYERS },
            KnobKind::Whole { .. } | KnobKind::Choice { .. } => FieldLimits::Whole { low: 0, high: u64::MAX },
        }
    }

    /// Its value; whole numbers keep every digit.
    pub fn get(self, knobs: &Knobs) -> FieldNumber {
        match self.spec().kind {
            KnobKind::Real { get, .. } => FieldNumber::Real(get(knobs)),
            KnobKind::Whole { get, .. } => FieldNumber::Whole(get(knobs)),
            KnobKind::Choice { .. } => FieldNumber::Whole(0),
        }
    }

    /// Sets it; a number of the other kind changes nothing.
    pub(crate) fn set(self, knobs: &mut Knobs, value: FieldNumber) {
        match value {
            FieldNumber::Real(value) => self.spec().set_real(knobs, value),
            FieldNumber::Whole(value) => self.spec().set_whole(knobs, value),
        }
    }
}

/// The value a knob had before its last change in this run, if it was ever changed. `read` picks the knob.
pub(crate) fn before<T: PartialEq>(shot: &Snapshot, read: impl Fn(&Knobs) -> T) -> Option<T> {
    let now = read(&shot.knobs);
    let journal = shot.memory.history.journal.entries().iter().rev().filter_map(|entry| match &entry.what {
        What::Knobs { now, .. } => Some(read(now)),
        _ => None,
    });
    journal.chain(std::iter::once(read(&shot.config.knobs))).find(|old| *old != now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dial_reads_what_it_wrote_and_nothing_else() {
        for dial in Dial::COMPETITION.into_iter().chain(Dial::LOSSES).chain([Dial::Freeze]) {
            let old = Knobs::default();
            let mut new = old.clone();
            let five = if let FieldLimits::Whole { .. } = dial.limits() {
                FieldNumber::Whole(5)
            } else {
                FieldNumber::Real(5.0)
            };
            dial.set(&mut new, five);
            assert_eq!(dial.get(&new), five, "{dial:?}");
            assert_eq!(old.changes(&new).len(), 1, "{dial:?}");
        }
    }

    #[test]
    fn whole_knobs_keep_every_digit() {
        let mut knobs = Knobs::default();
        for value in [u64::MAX, (1 << 53) + 1] {
            for dial in [Dial::WarmUp, Dial::Freeze] {
                dial.set(&mut knobs, FieldNumber::Whole(value));
                assert_eq!(dial.get(&knobs), FieldNumber::Whole(value));
            }
        }
    }
}
