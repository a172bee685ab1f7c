//! Time: how long training took, how fast it goes, when the next step is due.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::snapshot::Timing;

/// Measures steps. The only place of a run that reads a clock.
#[derive(Debug)]
pub(super) struct Pace {
    /// When steps of the last second or so ended, and their tokens.
    recent: VecDeque<(Instant, u64)>,
    last_step: Option<Instant>,
    last_read: Instant,
    /// Since when the run is being looked at, on a device that computes while it is asked.
    looking: Option<Instant>,
    /// Time since the last step that was none of the run's.
    beside: Duration,
    /// Steps queued since the last read.
    queued: u64,
    timing: Timing,
    look_millis: Option<f64>,
}

/// Kinds of readings that came with a read, besides those of steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    /// A probe, and what goes with it.
    pub look: bool,
    /// A validation.
    pub validation: bool,
}

/// Speed is measured over this long.
const WINDOW: Duration = Duration::from_millis(1500);
/// Steps between two reads, at most.
const READ_STEPS: u64 = 8;
/// Most time between two reads while training.
const READ_EVERY: Duration = Duration::from_millis(50);

impl Pace {
    pub fn new() -> Self {
        Self {
            recent: VecDeque::new(),
            last_step: None,
            last_read: Instant::now(),
            looking: None,
            beside: Duration::ZERO,
            queued: 0,
            timing: Timing::default(),
            look_millis: None,
        }
    }

    /// Training starts or goes on after a pause, which does not count.
    pub fn resume(&mut self) {
        self.recent.clear();
        self.last_step = None;
        self.last_read = Instant::now();
        self.looking = None;
        self.beside = Duration::ZERO;
    }

    /// From now until the next read the run is looked at; for a device that computes while it is asked. Without this call
    /// a look takes what its read takes longer than its steps usually do.
    pub fn look(&mut self) {
        self.looking = Some(Instant::now());
    }

    /// Another run is open: nothing is known of its pace.
    pub fn restart(&mut self) {
        *self = Self::new();
    }

    /// A step of `tokens` tokens was queued; returns the seconds since the one before, or since `began`,
    /// without those that were none of the run's.
    pub fn stepped(&mut self, began: Instant, tokens: u64) -> f64 {
        let now = Instant::now();
        let since = now - self.last_step.unwrap_or(began);
        if self.recent.is_empty() {
            self.recent.push_back((self.last_step.unwrap_or(began), 0));
        }
        self.last_step = Some(now);
        self.recent.push_back((now, tokens));
        while self.recent.len() > 2 && now - self.recent[0].0 > WINDOW {
            self.recent.pop_front();
        }
        since.saturating_sub(std::mem::take(&mut self.beside)).as_secs_f64()
    }

    /// Tokens a second over the last second or so; 0 before the first step.
    pub fn tokens_per_sec(&self) -> f64 {
        let (Some(first), Some(last)) = (self.recent.front(), self.recent.back()) else { return 0.0 };
        let tokens: u64 = self.recent.iter().skip(1).map(|r| r.1).sum();
        let seconds = (last.0 - first.0).as_secs_f64();
        if seconds > 0.0 { tokens as f64 / seconds } else { 0.0 }
    }

    /// A step was queued, to be read later.
    pub fn queue_step(&mut self) {
        self.queued += 1;
    }

    /// What was queued is read, in a time that says nothing.
    pub fn forget_queued(&mut self) {
        self.queued = 0;
    }

    /// Where a step's time goes, reads with a look or a validation among them left out.
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// What the last look took, milliseconds.
    pub fn look_millis(&self) -> Option<f64> {
        self.look_millis
    }

    /// Whether it is time to read what is queued.
    pub fn read_is_due(&self) -> bool {
        self.queued >= READ_STEPS || self.last_read.elapsed() >= READ_EVERY
    }

    /// A read of all queued steps, and what came beside them, took from `began` until now.
    pub fn read(&mut self, began: Instant, beside: Beside) {
        let now = Instant::now();
        let steps = std::mem::take(&mut self.queued);
        let millis = |span: Duration| span.as_secs_f64() * 1e3;
        let (since, looking) = (millis(now - self.last_read), self.looking.take());
        let usual = self.timing.step_millis * steps as f64;
        if beside.look {
            let longer = (usual > 0.0 && !beside.validation).then(|| (since - usual).max(0.0));
            self.look_millis = looking.map(|since| millis(now - since)).or(longer).or(self.look_millis);
        }
        let steps_alone = !beside.look && !beside.validation;
        if steps > 0 && (steps_alone || usual == 0.0) {
            self.timing.step_millis = since / steps as f64;
            self.timing.wait_millis = millis(now - began) / steps as f64;
        }
        self.last_read = now;
    }

    /// So much time went into something that is none of the run's: not part of the steps around it.
    pub fn apart(&mut self, span: Duration) {
        self.last_read += span;
        if self.last_step.is_some() {
            self.beside += span;
        }
    }

    /// Share of training time that looks take when there are so many steps between two.
    pub fn look_share(&self, every: u64) -> Option<f64> {
        let between = self.timing.step_millis * every as f64;
        self.look_millis.filter(|_| between > 0.0).map(|millis| millis / (between + millis))
    }

    /// How long until the next step is due at `speed` steps a second; `None` if it is.
    pub fn until_due(&self, speed: Option<f64>) -> Option<Duration> {
        let (Some(speed), Some(last)) = (speed, self.last_step) else { return None };
        let gap = Duration::try_from_secs_f64(1.0 / speed).unwrap_or(Duration::from_secs(3600));
        gap.checked_sub(last.elapsed()).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_due_or_fast_before_the_first_step() {
        let pace = Pace::new();
        assert_eq!((pace.tokens_per_sec(), pace.until_due(Some(1.0))), (0.0, None));
    }

    #[test]
    fn the_next_step_is_due_after_the_asked_gap_at_the_most() {
        let mut pace = Pace::new();
        pace.stepped(Instant::now(), 10);
        assert!(pace.until_due(Some(0.001)).unwrap() <= Duration::from_secs(1000));
        assert_eq!(pace.until_due(None), None);
        assert!(pace.until_due(Some(1e-300)).is_some());
    }

    #[test]
    fn what_others_do_between_two_steps_is_not_spent_training() {
        let mut pace = Pace::new();
        let ago = |seconds: u64| Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        pace.apart(Duration::from_secs(50));
        assert!(pace.stepped(ago(2), 1) >= 2.0, "before the first step there is nothing to leave out");
        pace.last_step = Some(ago(9));
        pace.apart(Duration::from_secs(4));
        pace.apart(Duration::from_secs(2));
        let spent = pace.stepped(Instant::now(), 1);
        assert!((3.0..4.0).contains(&spent), "{spent}");
        pace.last_step = Some(ago(1));
        assert!(pace.stepped(Instant::now(), 1) >= 1.0, "left out once");
    }

    #[test]
    fn a_look_is_not_part_of_its_steps() {
        let mut pace = Pace::new();
        let ago = |millis: u64| Instant::now().checked_sub(Duration::from_millis(millis)).unwrap();
        let read = |pace: &mut Pace, steps: u64, beside: Beside| {
            (0..steps).for_each(|_| pace.queue_step());
            pace.read(Instant::now(), beside);
        };
        let near =
            |found: f64, expected: f64| assert!((found - expected).abs() < 0.2 * expected, "{found}, {expected}");
        pace.last_read = ago(8_000);
        read(&mut pace, 8, Beside::default());
        near(pace.timing.step_millis, 1_000.0);
        assert_eq!((pace.look_millis, pace.look_share(50)), (None, None));
        // Beside the program: what the read took longer than two steps do.
        pace.last_read = ago(5_000);
        read(&mut pace, 2, Beside { look: true, validation: false });
        near(pace.timing.step_millis, 1_000.0);
        near(pace.look_millis.unwrap(), 3_000.0);
        near(pace.look_share(50).unwrap(), 3.0 / 53.0);
        // A validation came with it: nobody can say which took what.
        pace.last_read = ago(90_000);
        read(&mut pace, 2, Beside { look: true, validation: true });
        near(pace.look_millis.unwrap(), 3_000.0);
        // While it is asked: by the clock, whatever came with it.
        (pace.last_read, pace.looking) = (ago(90_000), Some(ago(2_000)));
        read(&mut pace, 2, Beside { look: true, validation: true });
        near(pace.look_millis.unwrap(), 2_000.0);
        near(pace.timing.step_millis, 1_000.0);
    }
}
