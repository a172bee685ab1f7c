//! Course of a watched run: steps that are missing, come late, or begin again.

use std::collections::{BTreeSet, VecDeque};

/// Newest distances between steps, of which the median is the usual one.
const DISTANCES: usize = 9;
/// Most steps that are remembered; far below, what comes again is taken for late.
const REMEMBERED: usize = 1 << 16;

/// What a step is beside those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The next one.
    Next,
    /// The next one after a gap.
    AfterGap(StepGap),
    /// One that was missing until now.
    Late,
    /// The run has gone back: it began again from a step before this one.
    Again {
        /// The newest step it had come to.
        newest: u64,
    },
}

/// Steps without a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepGap {
    /// The last step before it.
    pub after: u64,
    /// The usual distance between steps.
    pub usual: u64,
    /// Dumps that the usual distance would have had.
    pub missing: u64,
}

/// The steps of a run as they come.
#[derive(Debug, Default)]
pub(super) struct Course {
    steps: BTreeSet<u64>,
    distances: VecDeque<u64>,
}

impl Course {
    /// Takes in a step. `anew` says that its file was taken before and has been written anew.
    pub fn arrive(&mut self, step: u64, anew: bool) -> Arrival {
        let Some(&newest) = self.steps.last() else {
            self.steps.insert(step);
            return Arrival::Next;
        };
        let usual = self.usual();
        if step > newest {
            let distance = step - newest;
            self.steps.insert(step);
            if self.steps.len() > REMEMBERED {
                self.steps.pop_first();
            }
            // A gap says nothing of the usual distance, unless it is the usual one from now on.
            self.distances.push_back(distance);
            if self.distances.len() > DISTANCES {
                self.distances.pop_front();
            }
            let usual = usual.filter(|&usual| distance >= usual.saturating_mul(2));
            return usual.map_or(Arrival::Next, |usual| {
                Arrival::AfterGap(StepGap { after: newest, usual, missing: (distance - 1) / usual })
            });
        }
        // One that fits between the others and was never there is late; anything else has been there before.
        let fits = usual.is_some_and(|usual| newest.abs_diff(step).is_multiple_of(usual));
        if !anew && !self.steps.contains(&step) && fits {
            self.steps.insert(step);
            return Arrival::Late;
        }
        self.steps.split_off(&step);
        self.steps.insert(step);
        Arrival::Again { newest }
    }

    /// The usual distance between steps: the median of the newest ones; `None` before the third step.
    pub fn usual(&self) -> Option<u64> {
        let mut sorted: Vec<u64> = self.distances.iter().copied().collect();
        sorted.sort_unstable();
        (sorted.len() > 1).then(|| sorted[(sorted.len() - 1) / 2])
    }

    /// The newest step.
    pub fn newest(&self) -> Option<u64> {
        self.steps.last().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(steps: impl IntoIterator<Item = u64>) -> Course {
        let mut course = Course::default();
        steps.into_iter().for_each(|step| {
            course.arrive(step, false);
        });
        course
    }

    #[test]
    fn gaps_are_told_by_the_usual_distance_and_filled_by_what_comes_late() {
        let mut course = after([100, 200, 300]);
        assert_eq!((course.arrive(400, false), course.usual()), (Arrival::Next, Some(100)));
        let gap = StepGap { after: 400, usual: 100, missing: 2 };
        assert_eq!(course.arrive(700, false), Arrival::AfterGap(gap));
        assert_eq!((course.arrive(500, false), course.newest()), (Arrival::Late, Some(700)));
        assert_eq!(course.arrive(800, false), Arrival::Next);
        // Another distance becomes the usual one.
        let mut course = after([10, 20, 30]);
        let told = (1..9).filter(|i| matches!(course.arrive(30 + 50 * i, false), Arrival::AfterGap(_))).count();
        assert!(told <= 4 && course.usual() == Some(50), "{told}");
        assert_eq!(after([5, 900]).arrive(905, false), Arrival::Next, "two steps have no usual distance");
    }

    #[test]
    fn a_run_that_goes_back_begins_again() {
        let mut course = after([100, 200, 300, 400]);
        assert_eq!(course.arrive(200, true), Arrival::Again { newest: 400 });
        assert_eq!((course.newest(), course.arrive(300, false)), (Some(200), Arrival::Next));
        // A name that was not there before, at no step that was missing.
        assert_eq!(course.arrive(150, false), Arrival::Again { newest: 300 });
        // The newest one written anew.
        assert_eq!(after([7, 8]).arrive(8, true), Arrival::Again { newest: 8 });
    }

    #[test]
    fn memory_is_bounded() {
        let course = after(0..200_000);
        assert!(course.steps.len() <= REMEMBERED && course.distances.len() <= DISTANCES);
    }
}
