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
    /// Where a step's time goes.
    pub timing: Timing,
}

/// Speed is measured over this long.
const WINDOW: Duration = Duration::from_millis(1500);
/// Most time between two reads while training.
const READ_EVERY: Duration = Duration::from_millis(50);

impl Pace {
    pub fn new() -> Self {
        Self { recent: VecDeque::new(), last_step: None, last_read: Instant::now(), timing: Timing::default() }
    }

    /// Training starts or goes on after a pause, which does not count.
    pub fn resume(&mut self) {
        self.recent.clear();
        self.last_step = None;
        self.last_read = Instant::now();
    }

    /// A step of `tokens` tokens was queued; returns the seconds since the one before, or since `began`.
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
        since.as_secs_f64()
    }

    /// Tokens a second over the last second or so; 0 before the first step.
    pub fn tokens_per_sec(&self) -> f64 {
        let (Some(first), Some(last)) = (self.recent.front(), self.recent.back()) else { return 0.0 };
        let tokens: u64 = self.recent.iter().skip(1).map(|r| r.1).sum();
        let seconds = (last.0 - first.0).as_secs_f64();
        if seconds > 0.0 { tokens as f64 / seconds } else { 0.0 }
    }

    /// Whether it is time to read what is queued.
    pub fn read_is_due(&self) -> bool {
        self.last_read.elapsed() >= READ_EVERY
    }

    /// A read of `steps` steps took from `began` until now.
    pub fn read(&mut self, began: Instant, steps: u64) {
        let now = Instant::now();
        if steps > 0 {
            let per_step = |span: Duration| span.as_secs_f64() * 1e3 / steps as f64;
            self.timing.step_millis = per_step(now - self.last_read);
            self.timing.wait_millis = per_step(now - began);
        }
        self.last_read = now;
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
}
