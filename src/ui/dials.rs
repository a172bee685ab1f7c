//! The live knobs as data: name, range, scale, words; and how each is read from and written to `Knobs`. Pure.

use crate::config::Knobs;
use crate::history::What;
use crate::run::Snapshot;
use crate::ui::strings::knobs;

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

/// What a dial can be set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    /// Least.
    pub low: f64,
    /// Most.
    pub high: f64,
    /// If the scale is logarithmic: the least value above `low` it tells apart.
    pub finest: Option<f64>,
    /// Whether only whole numbers will do.
    pub whole: bool,
}

impl Reach {
    /// Where on its scale a value lies, 0 to 1.
    pub fn place(&self, value: f64) -> f64 {
        let place = match self.finest {
            Some(finest) => {
                let low = self.low.max(finest).ln();
                (value.max(f64::MIN_POSITIVE).ln() - low) / (self.high.ln() - low)
            }
            None => (value - self.low) / (self.high - self.low),
        };
        if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.0 }
    }
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

    /// The name beside it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rate => knobs::RATE,
            Self::LayersAtOnce => knobs::LAYERS_AT_ONCE,
            Self::WarmUp => knobs::WARM_UP,
            Self::LearningRate => knobs::LEARNING_RATE,
            Self::Router => knobs::ROUTER,
            Self::Winners => knobs::WINNERS,
            Self::Balance => knobs::BALANCE,
            Self::AffinityBalance => knobs::AFFINITY_BALANCE,
            Self::Diversity => knobs::DIVERSITY,
            Self::Logits => knobs::LOGITS,
            Self::Freeze => knobs::FREEZE,
        }
    }

    /// What it does.
    pub fn about(self) -> &'static str {
        match self {
            Self::Rate => knobs::ABOUT_RATE,
            Self::LayersAtOnce => knobs::ABOUT_LAYERS_AT_ONCE,
            Self::WarmUp => knobs::ABOUT_WARM_UP,
            Self::LearningRate => knobs::ABOUT_LEARNING_RATE,
            Self::Router => knobs::ABOUT_ROUTER,
            Self::Winners => knobs::ABOUT_WINNERS,
            Self::Balance => knobs::ABOUT_BALANCE,
            Self::AffinityBalance => knobs::ABOUT_AFFINITY_BALANCE,
            Self::Diversity => knobs::ABOUT_DIVERSITY,
            Self::Logits => knobs::ABOUT_LOGITS,
            Self::Freeze => knobs::ABOUT_FREEZE,
        }
    }

    /// What it can be set to.
    pub fn reach(self, shot: &Snapshot) -> Reach {
        let layers = shot.rosters.len().max(1).max(shot.knobs.max_competing_layers);
        let span = |low, high, finest, whole| Reach { low, high, finest, whole };
        match self {
            Self::Rate => span(0.0, 1.0, Some(0.005), false),
            Self::LayersAtOnce => span(1.0, layers as f64, None, true),
            Self::WarmUp => {
                span(0.0, shot.config.steps.max(shot.knobs.competition_warmup).max(10) as f64, Some(5.0), true)
            }
            Self::LearningRate => span(1e-5, 1e-1, Some(1e-5), false),
            Self::Winners => span(0.0, 2.0, None, false),
            Self::Freeze => span(0.0, shot.config.steps.max(shot.knobs.freeze_step).max(10) as f64, Some(5.0), true),
            Self::Router | Self::Balance | Self::AffinityBalance | Self::Diversity | Self::Logits => {
                span(0.0, 1.0, Some(1e-5), false)
            }
        }
    }

    /// Its value.
    pub fn get(self, knobs: &Knobs) -> f64 {
        match self {
            Self::Rate => knobs.competition_rate,
            Self::LayersAtOnce => knobs.max_competing_layers as f64,
            Self::WarmUp => knobs.competition_warmup as f64,
            Self::LearningRate => knobs.learning_rate,
            Self::Router => knobs.router_weight,
            Self::Winners => knobs.theta,
            Self::Balance => knobs.balance_weight,
            Self::AffinityBalance => knobs.affinity_balance_weight,
            Self::Diversity => knobs.diversity_weight,
            Self::Logits => knobs.z_weight,
            Self::Freeze => knobs.freeze_step as f64,
        }
    }

    /// Sets it.
    pub fn set(self, knobs: &mut Knobs, value: f64) {
        match self {
            Self::Rate => knobs.competition_rate = value,
            Self::LayersAtOnce => knobs.max_competing_layers = value.round() as usize,
            Self::WarmUp => knobs.competition_warmup = value.round() as u64,
            Self::LearningRate => knobs.learning_rate = value,
            Self::Router => knobs.router_weight = value,
            Self::Winners => knobs.theta = value,
            Self::Balance => knobs.balance_weight = value,
            Self::AffinityBalance => knobs.affinity_balance_weight = value,
            Self::Diversity => knobs.diversity_weight = value,
            Self::Logits => knobs.z_weight = value,
            Self::Freeze => knobs.freeze_step = value.round() as u64,
        }
    }
}

/// The value a knob had before its last change in this run, if it was ever changed. `read` picks the knob.
pub fn before<T: PartialEq>(shot: &Snapshot, read: impl Fn(&Knobs) -> T) -> Option<T> {
    let now = read(&shot.knobs);
    let journal = shot.history.journal.entries().iter().rev().filter_map(|entry| match &entry.what {
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
            dial.set(&mut new, 5.0);
            assert_eq!(dial.get(&new), 5.0, "{dial:?}");
            assert_eq!(old.changes(&new).len(), 1, "{dial:?}");
        }
    }

    #[test]
    fn places_run_from_end_to_end() {
        let log = Reach { low: 0.0, high: 1.0, finest: Some(1e-4), whole: false };
        assert_eq!([0.0, 1e-4, 1e-2, 1.0, 7.0].map(|v| (log.place(v) * 100.0).round()), [0.0, 0.0, 50.0, 100.0, 100.0]);
        let flat = Reach { low: 1.0, high: 3.0, finest: None, whole: true };
        assert_eq!([1.0, 2.0, 3.0].map(|v| flat.place(v)), [0.0, 0.5, 1.0]);
        assert_eq!(Reach { low: 1.0, high: 1.0, ..flat }.place(1.0), 0.0);
    }
}
