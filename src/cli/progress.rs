//! Says how a headless run is doing: a bar on a terminal, plain lines anywhere else.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Refusal;
use super::output::{Output, complain};
use crate::domain::readings::MetricKind;
use crate::run::{Notice, Snapshot};
use crate::words::{self, command};

/// Least time between two plain lines.
const BETWEEN_LINES: Duration = Duration::from_secs(1);

/// Says how a run is doing.
pub(super) struct Progress {
    output: Output,
    shown: Shown,
}

/// Where the progress is shown.
enum Shown {
    /// A bar on standard error.
    Bar(ProgressBar),
    /// Lines on standard output; the time and step of the last.
    Lines(Option<(Instant, u64)>),
}

impl Progress {
    /// A bar if a person looks at a terminal that can draw one, else lines.
    pub(super) fn new() -> Self {
        let output = Output::standard();
        let lines = Shown::Lines(None);
        if !(io::stdout().is_terminal() && io::stderr().is_terminal()) {
            return Self { output, shown: lines };
        }
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{wide_bar} {pos}/{len}  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        // A terminal that cannot move its cursor (TERM=dumb) hides the bar.
        let shown = if bar.is_hidden() { lines } else { Shown::Bar(bar) };
        Self { output, shown }
    }

    /// Shows a snapshot; `end` is the step the run ends at. `last` if no more will come.
    pub(super) fn show(&mut self, shot: &Snapshot, end: u64, last: bool) {
        if shot.newest.step.is_none() {
            return;
        }
        match &mut self.shown {
            Shown::Bar(bar) => {
                bar.set_length(end);
                bar.set_position(shot.step);
                bar.set_message(numbers(shot, end));
            }
            Shown::Lines(said) => {
                let now = Instant::now();
                let due = said.is_none_or(|(at, step)| shot.step > step && (last || now - at >= BETWEEN_LINES));
                if due {
                    *said = Some((now, shot.step));
                    self.output.line(&format!("{}  {}", command::step_of(shot.step, end), numbers(shot, end)));
                }
            }
        }
    }

    /// Says one line.
    pub(super) fn say(&mut self, text: &str) {
        let output = &mut self.output;
        match &self.shown {
            Shown::Bar(bar) => bar.suspend(|| output.line(text)),
            Shown::Lines(_) => output.line(text),
        }
    }

    /// Passes on a notice: what is bad to standard error.
    pub(super) fn notice(&mut self, notice: &Notice) {
        let text = words::notice(notice);
        match &self.shown {
            Shown::Bar(bar) if notice.is_bad() => bar.suspend(|| complain(&text)),
            _ if notice.is_bad() => complain(&text),
            _ => self.say(&text),
        }
    }

    /// Takes the bar away.
    pub(super) fn close(&self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }

    /// The end: whether all of it could be said.
    ///
    /// # Errors
    /// Exit code 1 if standard output could not be written.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        self.close();
        self.output.finish()
    }
}

/// A metric's value as it is said: bits with three digits, an accuracy in percent, a squared error with four significant digits.
pub(super) fn metric_value(kind: MetricKind, value: f64) -> String {
    match kind {
        MetricKind::BitsPerByte => format!("{value:.3}"),
        MetricKind::Accuracy => format!("{:.1} %", 100.0 * value),
        MetricKind::MeanSquaredError if value > 0.0 && value < 1e-3 => format!("{value:.3e}"),
        MetricKind::MeanSquaredError => format!("{value:.4}"),
    }
}

/// Loss, the task's metric, speed and time left.
pub(super) fn numbers(shot: &Snapshot, end: u64) -> String {
    let (mut parts, kind) = (Vec::new(), MetricKind::of(&shot.config.task));
    if let Some(last) = &shot.newest.step {
        parts.push(command::loss(format!("{:.4}", last.loss.total)));
        let said = match kind {
            MetricKind::BitsPerByte => command::bits_per_byte,
            MetricKind::Accuracy => command::accuracy,
            MetricKind::MeanSquaredError => command::squared_error,
        };
        parts.extend(last.loss.metric(kind).map(|value| said(metric_value(kind, value))));
    }
    if let Some(value) = shot.newest.validation.and_then(|validation| validation.metric(kind)) {
        let value = metric_value(kind, value);
        // Who trains on a text knows the 8 bits of a byte; of other data the chance level says how good a score is.
        parts.push(match shot.data.badge.metric.filter(|metric| metric.kind != MetricKind::BitsPerByte) {
            Some(metric) => command::validation_and_chance(value, metric_value(kind, metric.chance)),
            None => command::validation(value),
        });
    }
    parts.push(command::speed(format!("{:.0}", shot.pace.tokens_per_sec)));
    let per_sec = shot.steps_per_sec();
    if per_sec > 0.0 && shot.step < end {
        let left = Duration::try_from_secs_f64((end - shot.step) as f64 / per_sec).unwrap_or(Duration::MAX);
        parts.push(command::time_left(HumanDuration(left)));
    }
    parts.join("  ")
}
