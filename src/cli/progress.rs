//! Says how a headless run is doing: a bar on a terminal, plain lines anywhere else.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::run::{Notice, Snapshot};

/// Least time between two plain lines.
const BETWEEN_LINES: Duration = Duration::from_secs(1);

/// Where it is said.
pub(super) enum Progress {
    /// A bar on standard error.
    Bar(ProgressBar),
    /// Lines on standard output; the time and step of the last.
    Lines(Option<(Instant, u64)>),
}

impl Progress {
    /// A bar if a person looks, else lines.
    pub(super) fn new() -> Self {
        if !(io::stdout().is_terminal() && io::stderr().is_terminal()) {
            return Self::Lines(None);
        }
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len}  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self::Bar(bar)
    }

    /// Shows a snapshot; `end` is the step the run ends at. `last` if no more will come.
    pub(super) fn show(&mut self, shot: &Snapshot, end: u64, last: bool) {
        if shot.last.is_none() {
            return;
        }
        match self {
            Self::Bar(bar) => {
                bar.set_length(end);
                bar.set_position(shot.step);
                bar.set_message(numbers(shot, end));
            }
            Self::Lines(said) => {
                let now = Instant::now();
                let due = said.is_none_or(|(at, step)| shot.step > step && (last || now - at >= BETWEEN_LINES));
                if due {
                    *said = Some((now, shot.step));
                    line(&format!("step {}/{end}  {}", shot.step, numbers(shot, end)));
                }
            }
        }
    }

    /// Says one line.
    pub(super) fn say(&self, text: &str) {
        match self {
            Self::Bar(bar) => bar.suspend(|| line(text)),
            Self::Lines(_) => line(text),
        }
    }

    /// Passes on a notice: what is bad to standard error.
    pub(super) fn notice(&self, notice: &Notice) {
        let text = notice.to_string();
        match self {
            Self::Bar(bar) if notice.is_bad() => bar.suspend(|| super::complain(&text)),
            _ if notice.is_bad() => super::complain(&text),
            _ => self.say(&text),
        }
    }

    /// Takes the bar away.
    pub(super) fn close(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// One line on standard output. A reader that went away (`| head`) does not stop the training.
pub(super) fn line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Loss, bits per byte, speed and time left.
pub(super) fn numbers(shot: &Snapshot, end: u64) -> String {
    let mut text = String::new();
    if let Some(last) = &shot.last {
        text += &format!("loss {:.4}  {:.3} bits/byte", last.loss.total, last.loss.bits_per_byte());
    }
    if let Some(validation) = shot.validation {
        text += &format!("  validation {:.3}", validation.bits_per_byte());
    }
    text += &format!("  {:.0} tokens/s", shot.tokens_per_sec);
    let per_sec = shot.steps_per_sec();
    if per_sec > 0.0 && shot.step < end {
        let left = Duration::try_from_secs_f64((end - shot.step) as f64 / per_sec).unwrap_or(Duration::MAX);
        text += &format!("  {} left", HumanDuration(left));
    }
    text
}
