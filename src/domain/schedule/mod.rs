//! The competition schedule, which layers compete at which step: the live form, the published table, and what is painted over either by hand.
//!
//! Layers are counted among those with experts. Steps count from 0. A pure room: no state, no clock.

mod free;
mod painted;
mod table;

pub use painted::{PaintRefusal, Painted};
pub use table::ScheduleTable;

use crate::domain::config::{Config, Knobs, ScheduleForm};
use crate::domain::draw::{Draws, Purpose};

/// Decides for every step which layers compete.
#[derive(Clone, Debug)]
pub enum Schedule {
    /// Drawn step by step; follows the knobs.
    Live {
        /// Seed of the draws.
        seed: u64,
    },
    /// Drawn beforehand for the whole run; steps beyond the table never compete.
    Published(ScheduleTable),
}

impl Schedule {
    /// The schedule of a run.
    ///
    /// # Errors
    /// The published table needs at least one step after its warm-up.
    pub fn of(config: &Config) -> Result<Self, String> {
        match config.competition.schedule {
            ScheduleForm::Live => Ok(Self::Live { seed: config.seed }),
            ScheduleForm::Published => {
                let mut draws = Draws::new(config.seed, Purpose::Schedule, 0, 0);
                let knobs = &config.knobs;
                ScheduleTable::draw(
                    config.model.moe_count(),
                    config.steps as usize,
                    knobs.competition_warmup as usize,
                    knobs.competition_rate,
                    knobs.max_competing_layers,
                    || draws.unit() as f32,
                )
                .map(Self::Published)
            }
        }
    }

    /// Which of `layers` layers compete at `step`; none under a policy that does not compete.
    pub fn competing(&self, step: u64, layers: usize, knobs: &Knobs) -> Vec<bool> {
        if !knobs.policy.competes() {
            return vec![false; layers];
        }
        match self {
            Self::Live { seed } => competing(*seed, step, layers, knobs),
            Self::Published(table) => (0..layers).map(|layer| table.competes(layer, step as usize)).collect(),
        }
    }

    /// Whether a change of knobs cannot be scheduled: a published table fixes competition rate, layers at once and warm-up.
    pub fn refuses(&self, old: &Knobs, new: &Knobs) -> bool {
        let same = old.competition_rate == new.competition_rate
            && old.max_competing_layers == new.max_competing_layers
            && old.competition_warmup == new.competition_warmup;
        matches!(self, Self::Published(_)) && !same
    }
}

/// The live form: layer l wants to compete at step s if its draw is below the rate; of more than
/// the cap, those with the smallest draws do.
///
/// A pure function of its arguments, so changing the rate at a step leaves all earlier steps as they
/// were. Differs from the published table in one thing: layers beyond the cap are not moved to another
/// step, so with a binding cap the realised rate is a little below the asked one.
fn competing(seed: u64, step: u64, layers: usize, knobs: &Knobs) -> Vec<bool> {
    let mut result = vec![false; layers];
    if step < knobs.competition_warmup {
        return result;
    }
    let mut wanting: Vec<(f64, usize)> = (0..layers)
        .map(|layer| (Draws::new(seed, Purpose::Schedule, step, layer as u64).unit(), layer))
        .filter(|&(draw, _)| draw < knobs.competition_rate)
        .collect();
    wanting.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    for &(_, layer) in wanting.iter().take(knobs.max_competing_layers) {
        result[layer] = true;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn knobs(rate: f64, cap: usize, warmup: u64) -> Knobs {
        Knobs { competition_rate: rate, max_competing_layers: cap, competition_warmup: warmup, ..Knobs::default() }
    }

    #[test]
    fn long_run_rate_is_the_asked_rate_when_the_cap_does_not_bind() {
        let live = Schedule::Live { seed: 5 };
        let steps = 20_000;
        for rate in [0.07, 0.5] {
            let hits: usize =
                (0..steps).map(|s| live.competing(s, 4, &knobs(rate, 4, 0)).iter().filter(|&&c| c).count()).sum();
            let seen = hits as f64 / (4 * steps) as f64;
            let tolerance = 4.0 * (rate * (1.0 - rate) / (4 * steps) as f64).sqrt();
            assert!((seen - rate).abs() < tolerance, "asked {rate}, seen {seen}");
        }
    }

    #[test]
    fn rate_one_always_competes_and_rate_zero_never() {
        let live = Schedule::Live { seed: 5 };
        for step in 0..100 {
            assert_eq!(live.competing(step, 3, &knobs(1.0, 3, 0)), [true; 3]);
            assert_eq!(live.competing(step, 3, &knobs(0.0, 3, 0)), [false; 3]);
        }
    }

    #[test]
    fn the_published_table_refuses_a_rate_change_and_the_live_form_takes_it() {
        let mut config = crate::domain::config::Preset::Tiny.config();
        config.competition.schedule = ScheduleForm::Published;
        let changed = knobs(0.5, 3, 0);
        let published = Schedule::of(&config).unwrap();
        assert!(published.refuses(&config.knobs, &changed));
        assert!(!published.refuses(&config.knobs, &Knobs { top_k: 1, ..config.knobs.clone() }));
        assert!(!Schedule::Live { seed: 1 }.refuses(&config.knobs, &changed));
    }

    #[test]
    fn a_warm_up_as_long_as_the_run_is_an_error() {
        assert!(ScheduleTable::draw(2, 10, 10, 0.5, 1, || 0.0).unwrap_err().contains("10 steps"));
    }

    proptest! {
        #[test]
        fn cap_is_never_exceeded_and_warm_up_is_silent(
            seed: u64, rate in 0.0..=1.0f64, cap in 0usize..5, layers in 1usize..8, warmup in 0u64..20, step in 0u64..40
        ) {
            let competing = Schedule::Live { seed }.competing(step, layers, &knobs(rate, cap, warmup));
            let count = competing.iter().filter(|&&c| c).count();
            prop_assert!(count <= cap);
            prop_assert!(step >= warmup || count == 0);
        }

        #[test]
        fn changing_the_rate_later_leaves_earlier_steps_as_they_were(seed: u64, change_at in 1u64..50) {
            let live = Schedule::Live { seed };
            let run = |after: f64| -> Vec<_> {
                (0..50).map(|s| live.competing(s, 4, &knobs(if s < change_at { 0.2 } else { after }, 2, 3))).collect()
            };
            let at = change_at as usize;
            prop_assert_eq!(&run(0.2)[..at], &run(0.9)[..at]);
        }

        #[test]
        fn published_table_keeps_cap_and_warm_up(
            seed: u64, rate in 0.0..=1.0f64, cap in 1usize..4, layers in 1usize..6, warm in 0usize..10
        ) {
            let mut draws = Draws::new(seed, Purpose::Schedule, 0, 0);
            let table = ScheduleTable::draw(layers, 40, warm, rate, cap, || draws.unit() as f32).unwrap();
            for step in 0..40 {
                let count = (0..layers).filter(|&l| table.competes(l, step)).count();
                prop_assert!(count <= cap && (step >= warm || count == 0));
            }
        }
    }
}
