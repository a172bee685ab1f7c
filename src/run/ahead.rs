//! The competition schedule of the steps ahead, as snapshots show it: worked out once for many snapshots.

use std::ops::Index;
use std::sync::Arc;

use crate::domain::config::{Config, Knobs};
use crate::domain::schedule::Painted;
use crate::engine::train::Trainer;

/// Steps ahead of now whose competitions are told.
const REACH: u64 = 4096;
/// Steps worked out beyond that, so that the next ones need no more work.
const BLOCK: u64 = 1024;

/// Which layers compete at the steps ahead: `[steps][layers with experts]`. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ahead {
    /// Rows of steps that are done come first.
    cells: Arc<Vec<bool>>,
    layers: usize,
    /// The rows shown.
    first: usize,
    end: usize,
}

impl Ahead {
    /// Steps it reaches ahead; whether a layer competes after them is not known.
    pub fn len(&self) -> usize {
        self.end - self.first
    }

    /// Whether it tells of no step.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Step by step from the next one on: `[layers]` whether each competes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[bool]> {
        self.cells[self.first * self.layers..self.end * self.layers].chunks_exact(self.layers.max(1))
    }
}

impl Index<usize> for Ahead {
    type Output = [bool];

    fn index(&self, step: usize) -> &[bool] {
        assert!(step < self.len(), "step {step} of {} ahead", self.len());
        &self.cells[(self.first + step) * self.layers..][..self.layers]
    }
}

impl FromIterator<Vec<bool>> for Ahead {
    fn from_iter<I: IntoIterator<Item = Vec<bool>>>(rows: I) -> Self {
        let rows: Vec<Vec<bool>> = rows.into_iter().collect();
        let layers = rows.first().map_or(0, Vec::len);
        let end = if layers == 0 { 0 } else { rows.len() };
        Self { cells: Arc::new(rows.concat()), layers, first: 0, end }
    }
}

/// Keeps what was worked out, and what it depends on.
#[derive(Default)]
pub(super) struct Horizon {
    known: Option<Known>,
}

struct Known {
    config: Arc<Config>,
    knobs: Knobs,
    painted: Painted,
    /// First and last step worked out, the last one not included.
    from: u64,
    until: u64,
    rows: Ahead,
}

impl Horizon {
    /// What lies ahead of a trainer: to the end of the plan, at most 4096 steps.
    pub fn of(&mut self, trainer: &Trainer) -> Ahead {
        let (config, progress) = (trainer.config(), trainer.progress());
        let (step, plan) = (progress.step, trainer.config().steps.max(progress.step));
        let until = plan.min(step.saturating_add(REACH));
        let fresh = self.known.take().filter(|known| known.serves(trainer, until));
        let known = fresh.unwrap_or_else(|| {
            let until = plan.min(step.saturating_add(REACH + BLOCK));
            Known {
                config: config.clone(),
                knobs: progress.knobs.clone(),
                painted: progress.painted.clone(),
                from: step,
                until,
                rows: (step..until).map(|step| trainer.competing(step)).collect(),
            }
        });
        let (first, end) = ((step - known.from) as usize, (until - known.from) as usize);
        let shown = if known.rows.layers == 0 { Ahead::default() } else { Ahead { first, end, ..known.rows.clone() } };
        self.known = Some(known);
        shown
    }
}

impl Known {
    /// Whether it is still right for the steps until `until`.
    fn serves(&self, trainer: &Trainer, until: u64) -> bool {
        let progress = trainer.progress();
        // What was painted over steps that are done may have been forgotten or not.
        let to_come = |painted: &Painted| {
            let mut painted = painted.clone();
            painted.forget_before(progress.step);
            painted
        };
        Arc::ptr_eq(&self.config, trainer.config())
            && self.from <= progress.step
            && until <= self.until
            && self.knobs == progress.knobs
            && to_come(&self.painted) == to_come(&progress.painted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Preset;
    use crate::domain::state::State;

    fn trainer(steps: u64) -> Trainer {
        let mut config = Preset::Tiny.config();
        config.steps = steps;
        config.knobs.competition_rate = 0.3;
        let (task, state) = (crate::tasks::open(&config).unwrap(), State::initial(&config));
        let device = crate::engine::device::cpu(crate::engine::device::DeviceWhy::ByName).device;
        Trainer::new(Arc::new(config), task, &device, &state).unwrap()
    }

    fn straight(trainer: &Trainer, steps: u64) -> Vec<Vec<bool>> {
        let step = trainer.progress().step;
        (step..step + steps).map(|step| trainer.competing(step)).collect()
    }

    fn shown(ahead: &Ahead) -> Vec<Vec<bool>> {
        ahead.iter().map(<[bool]>::to_vec).collect()
    }

    #[test]
    fn steps_ahead_are_worked_out_once_and_stay_right() {
        let (mut run, mut horizon) = (trainer(20_000), Horizon::default());
        let first = horizon.of(&run);
        assert_eq!((shown(&first), first.len()), (straight(&run, REACH), REACH as usize));
        (0..3).for_each(|_| run.step().unwrap());
        let later = horizon.of(&run);
        assert!(Arc::ptr_eq(&first.cells, &later.cells), "nothing changed, so nothing was drawn again");
        assert_eq!(shown(&later), straight(&run, REACH));
        assert_eq!(&later[5], &straight(&run, 6)[5][..]);
        run.paint(1, 4, 9, Some(true)).unwrap();
        let painted = horizon.of(&run);
        assert_eq!(shown(&painted), straight(&run, REACH));
        (0..3).for_each(|_| run.step().unwrap());
        let later = horizon.of(&run);
        assert!(Arc::ptr_eq(&painted.cells, &later.cells), "painted steps that are done change nothing ahead");
        assert_eq!(shown(&later), straight(&run, REACH));
        let knobs = Knobs { competition_rate: 0.9, ..run.progress().knobs.clone() };
        run.set_knobs(knobs).unwrap();
        assert_eq!(shown(&horizon.of(&run)), straight(&run, REACH));
    }

    #[test]
    fn it_ends_with_the_plan() {
        let (mut run, mut horizon) = (trainer(6), Horizon::default());
        assert_eq!(horizon.of(&run).len(), 6);
        (0..8).for_each(|_| run.step().unwrap());
        assert!(horizon.of(&run).is_empty() && horizon.of(&run).iter().next().is_none());
    }
}
