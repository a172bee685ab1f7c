//! Held states: moments of a run that are kept in memory to go back to, bounded in bytes, dense near now and sparse long ago.

use super::RunMoment;

/// Most states held, however small they are.
const MOST: usize = 512;
/// How much longer a state from right before a change is held than one that was taken in passing.
const CHANGE: f64 = 8.0;

/// What a state is held for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeldFor {
    /// The run was passing by.
    Passing,
    /// Something is about to be changed, or the run begins here.
    Change,
}

#[derive(Debug)]
struct Held<T> {
    at: RunMoment,
    why: HeldFor,
    bytes: usize,
    state: T,
}

/// States of one run, oldest first, no two of one moment.
///
/// The first that was held stays as long as two fit. Of the others, when there is no room for all, that one goes whose
/// neighbours are nearest to each other for its age, so that the way from a held state to any moment after it is a bounded
/// share of how long ago that moment was.
#[derive(Debug)]
pub(super) struct HeldStates<T> {
    held: Vec<Held<T>>,
    /// Most bytes of all together.
    budget: usize,
}

impl<T> HeldStates<T> {
    /// None yet, of at most `budget` bytes.
    pub fn new(budget: usize) -> Self {
        Self { held: Vec::new(), budget }
    }

    /// Holds a state that takes `bytes`, unless that moment or a later one is held already, or it alone is more than may
    /// be held.
    pub fn push(&mut self, at: RunMoment, why: HeldFor, bytes: usize, state: T) {
        if let Some(last) = self.held.last_mut().filter(|last| last.at >= at) {
            if last.at == at && why == HeldFor::Change {
                last.why = why;
            }
            return;
        }
        if bytes > self.budget {
            return;
        }
        self.held.push(Held { at, why, bytes, state });
        self.fit();
    }

    /// Lets states go until the others fit.
    fn fit(&mut self) {
        while self.held.len() > 1 && (self.bytes() > self.budget || self.held.len() > MOST) {
            self.held.remove(self.least());
        }
    }

    /// The state that is missed least.
    fn least(&self) -> usize {
        let now = self.held.last().map_or(0, |last| last.at.step);
        let cost = |place: usize| {
            let [before, it, after] = [place - 1, place, place + 1].map(|place| &self.held[place]);
            let gap = (after.at.step - before.at.step + 1) as f64 / (now - it.at.step + 1) as f64;
            if it.why == HeldFor::Change { gap * CHANGE } else { gap }
        };
        let inner = 1..self.held.len().saturating_sub(1);
        inner.min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(0)
    }

    /// The newest state at a moment or before it.
    pub fn nearest(&self, to: RunMoment) -> Option<&T> {
        let after = self.held.partition_point(|held| held.at <= to);
        self.held[..after].last().map(|held| &held.state)
    }

    /// Takes out the states after a moment; of them, as many stay as fit into `budget` bytes.
    pub fn split_off(&mut self, after: RunMoment, budget: usize) -> Self {
        let kept = self.held.partition_point(|held| held.at <= after);
        let mut later = Self { held: self.held.split_off(kept), budget };
        later.held.retain(|held| held.bytes <= budget);
        later.fit();
        later
    }

    /// Holds those of `later` that are after all that are held.
    pub fn append(&mut self, later: Self) {
        let last = self.held.last().map(|last| last.at);
        self.held.extend(later.held.into_iter().filter(|held| last.is_none_or(|last| held.at > last)));
        self.fit();
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.held.clear();
    }

    /// The moments held, oldest first.
    pub fn moments(&self) -> impl Iterator<Item = RunMoment> + '_ {
        self.held.iter().map(|held| held.at)
    }

    /// Bytes of all.
    pub fn bytes(&self) -> usize {
        self.held.iter().map(|held| held.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(step: u64) -> RunMoment {
        RunMoment { step, entries: 0 }
    }

    fn steps(held: &HeldStates<u64>) -> Vec<u64> {
        held.moments().map(|at| at.step).collect()
    }

    #[test]
    fn what_does_not_fit_at_all_is_not_held_and_the_newest_of_two_stays() {
        let mut held = HeldStates::new(10);
        held.push(at(0), HeldFor::Change, 11, 0);
        assert!(held.nearest(at(5)).is_none());
        held.push(at(1), HeldFor::Change, 6, 1);
        held.push(at(2), HeldFor::Passing, 6, 2);
        assert_eq!((steps(&held), held.bytes()), (vec![2], 6));
    }

    #[test]
    fn a_change_is_held_longer_than_what_was_passed_by() {
        let mut held = HeldStates::new(16);
        for step in 0..400 {
            let why = if step == 300 { HeldFor::Change } else { HeldFor::Passing };
            held.push(at(step), why, 1, step);
        }
        assert!(steps(&held).contains(&300), "{:?}", steps(&held));
    }

    #[test]
    fn two_moments_of_one_step_are_told_apart_by_what_was_done() {
        let mut held = HeldStates::new(100);
        let moments = [(4, 1), (4, 2), (9, 2)].map(|(step, entries)| RunMoment { step, entries });
        moments.iter().enumerate().for_each(|(place, &at)| held.push(at, HeldFor::Change, 1, place));
        assert_eq!(held.nearest(RunMoment { step: 4, entries: 1 }), Some(&0));
        assert_eq!(held.nearest(RunMoment { step: 8, entries: 2 }), Some(&1));
        held.push(moments[1], HeldFor::Change, 1, 7);
        let later = held.split_off(moments[1], 100);
        assert_eq!(held.moments().collect::<Vec<_>>(), moments[..2]);
        assert_eq!(later.moments().collect::<Vec<_>>(), moments[2..]);
    }

    #[test]
    fn states_that_were_taken_out_come_back_within_the_bound() {
        let mut held = HeldStates::new(10);
        (0..10).for_each(|step| held.push(at(step), HeldFor::Passing, 1, step));
        let later = held.split_off(at(3), 4);
        assert_eq!((steps(&held), later.bytes()), (vec![0, 1, 2, 3], 4));
        assert_eq!(later.moments().last(), Some(at(9)), "the newest stays");
        held.push(at(5), HeldFor::Change, 1, 5);
        let after = steps(&later).into_iter().filter(|&step| step > 5);
        let both: Vec<u64> = steps(&held).into_iter().chain(after).collect();
        held.append(later);
        assert_eq!(steps(&held), both);
        let mut more = HeldStates::new(8);
        (20..28).for_each(|step| more.push(at(step), HeldFor::Passing, 1, step));
        held.append(more);
        assert!(held.bytes() == 10 && steps(&held).starts_with(&[0]) && steps(&held).ends_with(&[27]), "{held:?}");
        assert!(held.split_off(at(0), 0).moments().next().is_none());
    }

    proptest! {
        #[test]
        fn bounded_with_the_first_and_no_way_longer_than_its_age(
            pace in 1u64..40, count in 64u64..1500, room in 40usize..160, size in 1usize..9,
        ) {
            let mut held = HeldStates::new(room * size);
            for step in (0..count).map(|i| i * pace) {
                held.push(at(step), HeldFor::Passing, size, step);
            }
            let (steps, now) = (steps(&held), (count - 1) * pace);
            prop_assert!(held.bytes() <= room * size && steps[0] == 0 && steps.last() == Some(&now));
            for pair in steps.windows(2) {
                prop_assert!(pair[1] - pair[0] <= pace.max(now - pair[0]), "{:?}", steps);
                // Half of how long ago it is, once that is more than a few states.
                let age = now - pair[0];
                prop_assert!(pair[1] - pair[0] <= pace + age / 2 + 1, "{:?}", steps);
            }
        }
    }
}
