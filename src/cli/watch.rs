//! `moe-arena watch`: says how somebody's training fares, from the dumps or the run folder that it leaves; reads only.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Refusal;
use super::arguments::WatchArguments;
use super::diagnose::number;
use super::output::{Output, complain};
use super::progress::metric_value;
use crate::domain::quote;
use crate::domain::readings::{Diagnosis, MetricKind};
use crate::dumps::{DumpLayer, DumpTable, FolderWatch, OwnRow, RunWatch, WatchEvent, WatchedDump, can_be_watched};
use crate::run::{StopSignal, StopSignals, exit_at_once};
use crate::words::{self, command, watch as said};

/// The table of dumps in the folder of `--out`.
const TABLE: &str = "metrics.csv";

/// Watches until a signal comes, or until everything is told that there is. The exit code is 0, or 128 and the signal's number.
///
/// # Errors
/// Exit code 2 if the folder cannot be watched, 1 if what is told or written fails on the way.
pub(super) fn watch(arguments: &WatchArguments) -> Result<u8, Refusal> {
    let signals = StopSignals::listen(|_| (), |signal: StopSignal| exit_at_once(signal.exit_code()));
    let signals = signals.map_err(|error| Refusal::failure(command::no_signals(error)))?;
    let (folder, shown) = (&arguments.folder, quote::path(&arguments.folder));
    if arguments.every == 0 {
        return Err(Refusal::usage(said::every()));
    }
    can_be_watched(folder).map_err(|error| Refusal::usage(said::no_folder(&shown, error)))?;
    let own = RunWatch::is_run(folder);
    let table = match &arguments.out {
        Some(_) if own => return Err(Refusal::usage(said::own_needs_no_table(&shown))),
        Some(out) => Some(table_in(out)?),
        None => None,
    };
    // From here on a signal ends the watch after what is being told.
    signals.begin_saving();
    let mut output = Output::standard();
    let watcher = Watcher { arguments, signals: &signals, shown };
    if own { watcher.own_run(&mut output) } else { watcher.dumps(table, &mut output) }?;
    output.finish()?;
    Ok(signals.first().map_or(0, StopSignal::exit_code))
}

fn table_in(out: &Path) -> Result<DumpTable, Refusal> {
    let file = out.join(TABLE);
    let made = fs::create_dir_all(out).and_then(|()| DumpTable::create(&file));
    made.map_err(|error| Refusal::usage(said::no_table(quote::path(&file), error)))
}

struct Watcher<'a> {
    arguments: &'a WatchArguments,
    signals: &'a StopSignals,
    /// The folder as it is shown.
    shown: String,
}

impl Watcher<'_> {
    fn dumps(&self, mut table: Option<DumpTable>, output: &mut Output) -> Result<(), Refusal> {
        output.line(&said::dumps(&self.shown, self.arguments.every));
        let begun = Instant::now();
        let mut folder = FolderWatch::new(&self.arguments.folder, self.arguments.top_k);
        let (mut told, mut gone) = (0, false);
        loop {
            let more = self.reached(&mut gone, folder.look())?.unwrap_or(false);
            while let Some(events) = self.unless_stopped(|| folder.next(begun.elapsed())) {
                for event in &events {
                    if let (WatchEvent::Dump(dump), Some(table)) = (event, &mut table) {
                        let failed = |error: io::Error| Refusal::failure(said::no_table(TABLE, error));
                        table.write(dump).map_err(failed)?;
                    }
                    tell(event, told == 0, output);
                    told += u64::from(matches!(event, WatchEvent::Dump(_)));
                }
            }
            if !self.goes_on(more) {
                break;
            }
        }
        folder.finish().iter().for_each(|event| tell(event, false, output));
        let end = folder.newest().map_or_else(|| said::nothing().to_owned(), |newest| said::told(told, newest));
        output.line(&end);
        Ok(())
    }

    fn own_run(&self, output: &mut Output) -> Result<(), Refusal> {
        output.line(&said::own_run(&self.shown, self.arguments.every));
        let mut run = RunWatch::new(&self.arguments.folder);
        let mut gone = false;
        loop {
            let (events, more) = self.reached(&mut gone, run.look())?.unwrap_or_default();
            own_lines(&events).iter().for_each(|line| output.line(line));
            if !self.goes_on(more) {
                break;
            }
        }
        output.line(&run.newest().map_or_else(|| said::nothing().to_owned(), said::own_told));
        Ok(())
    }

    /// What a look has found; nothing where the folder is out of reach for now, which is said once.
    fn reached<T>(&self, gone: &mut bool, found: io::Result<T>) -> Result<Option<T>, Refusal> {
        match found {
            Ok(found) => {
                *gone = false;
                Ok(Some(found))
            }
            Err(error) if self.arguments.once => Err(Refusal::failure(said::look_failed(&self.shown, error))),
            Err(error) => {
                if !*gone {
                    complain(&said::look_failed(&self.shown, error));
                }
                *gone = true;
                Ok(None)
            }
        }
    }

    fn unless_stopped<T>(&self, next: impl FnOnce() -> Option<T>) -> Option<T> {
        if self.signals.first().is_some() { None } else { next() }
    }

    /// Waits for the next look, if there is `more` not at all; whether there is to be one.
    fn goes_on(&self, more: bool) -> bool {
        match more {
            true => self.signals.first().is_none(),
            false => !self.arguments.once && self.signals.wait(Duration::from_secs(self.arguments.every)).is_none(),
        }
    }
}

/// Says what happened; before the `first` dump of several layers, which layer an alert means by a number.
fn tell(event: &WatchEvent, first: bool, output: &mut Output) {
    match event {
        WatchEvent::Dump(dump) => {
            if first && dump.layers.len() > 1 {
                let layers = dump.layers.iter().enumerate();
                let layers: Vec<String> =
                    layers.map(|(place, layer)| said::layer_is(place + 1, quote::name(&layer.key))).collect();
                output.line(&said::layers(layers.join(", ")));
            }
            output.line(&format!("{}  {}", said::step(dump.step), numbers(dump)));
        }
        WatchEvent::NotWhole { .. } | WatchEvent::Aside { .. } => {
            words::watch::watched(event).iter().for_each(|text| complain(text));
        }
        other => words::watch::watched(other).iter().for_each(|text| output.line(text)),
    }
}

/// A measure over the layers that have it.
struct OverLayers {
    mean: f64,
    /// The lowest and its layer, where there are several.
    lowest: Option<(f64, String)>,
}

fn over_layers(layers: &[DumpLayer], measure: impl Fn(&Diagnosis) -> Option<f64>) -> Option<OverLayers> {
    let found: Vec<(f64, &str)> =
        layers.iter().filter_map(|layer| Some((measure(&layer.diagnosis)?, layer.key.as_str()))).collect();
    let lowest = found.iter().min_by(|a, b| a.0.total_cmp(&b.0))?;
    let mean = found.iter().map(|(value, _)| value).sum::<f64>() / found.len() as f64;
    Some(OverLayers { mean, lowest: (layers.len() > 1).then(|| (lowest.0, quote::name(lowest.1))) })
}

/// A dump in one line: of several layers the mean, and the worst.
fn numbers(dump: &WatchedDump) -> String {
    let layers = &dump.layers;
    let experts = layers.iter().map(|layer| layer.diagnosis.beside.experts).max().unwrap_or(0);
    let effective = over_layers(layers, |d| d.load.effective_experts).map(|found| match found.lowest {
        Some((fewest, key)) => said::effective_of_layers(number(found.mean), experts, number(fewest), key),
        None => said::effective(number(found.mean), experts),
    });
    let silent = layers.iter().filter_map(|layer| layer.diagnosis.load.dead);
    let silent = silent.reduce(|sum, dead| sum + dead).map(|dead| said::silent(dead as u64));
    let entropy = over_layers(layers, |d| d.router.token_entropy).map(|found| said::token_entropy(number(found.mean)));
    let kappa = over_layers(layers, |d| d.agreement.kappa).map(|found| match found.lowest {
        Some((lowest, key)) => said::kappa(said::of_layers(number(found.mean), number(lowest), key)),
        None => said::kappa(number(found.mean)),
    });
    let loss = dump.loss.map(|loss| command::loss(format!("{loss:.4}")));
    [loss, effective, silent, entropy, kappa].into_iter().flatten().collect::<Vec<_>>().join("  ")
}

/// What has come of a run of this program: of many rows at once the last one.
fn own_lines(events: &[OwnRow]) -> Vec<String> {
    let last = events.iter().rposition(|event| matches!(event, OwnRow::Step { .. }));
    let mut lines = Vec::new();
    for (place, event) in events.iter().enumerate() {
        match event {
            OwnRow::Step { step, before, numbers, .. } => {
                lines.extend(
                    before
                        .map(|before| words::watch::watched(&WatchEvent::Again { step: *step, newest: before }))
                        .flatten(),
                );
                lines.extend((Some(place) == last).then(|| format!("{}  {}", said::step(*step), own_numbers(numbers))));
            }
            OwnRow::Event { .. } => {}
            OwnRow::Saved { file, step, alerts } => {
                lines.push(said::saved(&quote::name(file), *step));
                lines.extend(alerts.iter().map(|alert| said::standing(*step, &words::alert(alert))));
            }
        }
    }
    lines
}

/// Loss, the task's metric and kappa, as far as they stand in a row.
fn own_numbers(numbers: &BTreeMap<String, f64>) -> String {
    let mut parts: Vec<String> =
        numbers.get("loss_total").map(|loss| command::loss(format!("{loss:.4}"))).into_iter().collect();
    for (kind, said) in [
        (MetricKind::BitsPerByte, command::bits_per_byte as fn(String) -> String),
        (MetricKind::Accuracy, command::accuracy),
        (MetricKind::MeanSquaredError, command::squared_error),
    ] {
        let value = |column: &str| numbers.get(column).map(|&value| metric_value(kind, value));
        parts.extend(value(kind.column()).map(said));
        parts.extend(value(&format!("val_{}", kind.column())).map(command::validation));
    }
    let kappas: Vec<f64> =
        numbers.iter().filter(|(name, _)| name.starts_with("agreement_kappa_l")).map(|(_, &v)| v).collect();
    let mean = kappas.iter().sum::<f64>() / kappas.len() as f64;
    parts.extend((!kappas.is_empty()).then(|| said::kappa(number(mean))));
    parts.join("  ")
}
