//! Progress of an inspection on standard error: a bar on a terminal, a line now and then anywhere else.

use std::io::{self, IsTerminal};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::output::aside;
use crate::words::inspection;

/// Least time between two plain lines, and before the first.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// Shows how much of the work is done, and how long the rest may take.
pub(super) struct Progress {
    work: u64,
    done: AtomicU64,
    began: Instant,
    bar: Option<ProgressBar>,
    /// When the last line was written, and the layer that is read.
    line: Mutex<(Instant, String)>,
}

impl Progress {
    /// Of so much work; none is not shown.
    pub fn new(work: u64) -> Self {
        let began = Instant::now();
        let bar = (work > 0 && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(work), ProgressDrawTarget::stderr_with_hz(10));
            let style = ProgressStyle::with_template("{wide_bar} {percent} %  {msg}  {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        // A terminal that cannot move its cursor (TERM=dumb) hides the bar.
        let bar = bar.filter(|bar| !bar.is_hidden());
        Self { work, done: AtomicU64::new(0), began, bar, line: Mutex::new((began, String::new())) }
    }

    /// A layer is read from now on.
    pub fn begin(&self, key: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(key.to_owned());
        }
        if let Ok(mut line) = self.line.lock() {
            key.clone_into(&mut line.1);
        }
    }

    /// So much more is done. There is nothing to be saved, so a signal ends the program by itself and it always goes on.
    pub fn advance(&self, numbers: u64) -> bool {
        let done = self.done.fetch_add(numbers, Ordering::Relaxed).saturating_add(numbers);
        if let Some(bar) = &self.bar {
            bar.set_position(done.min(self.work));
        } else if let Ok(mut line) = self.line.try_lock()
            && line.0.elapsed() >= BETWEEN_LINES
            && done > 0
        {
            line.0 = Instant::now();
            let share = done.min(self.work) as f64 / self.work.max(1) as f64;
            let left = self.began.elapsed().as_secs_f64() * (1.0 - share) / share.max(1e-9);
            let left = Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX);
            aside(&inspection::progress(&line.1, format!("{:.0}", 100.0 * share), HumanDuration(left)));
        }
        true
    }

    /// Takes the bar away.
    pub fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
