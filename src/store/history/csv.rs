//! `metrics.csv`: every step of the run unmerged, one row as it happens.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::path::Path;

use super::LoadNumbers;
use crate::domain::readings::{MetricKind, ProbeReading, StepReading, ValidationReading};

/// Columns of the whole run before those of the task's metric.
const FIRST_COLUMNS: [&str; 9] = [
    "step",
    "seconds",
    "tokens",
    "loss_total",
    "loss_task",
    "loss_router",
    "loss_balance",
    "loss_affinity_balance",
    "loss_diversity",
];

/// Columns of the whole run after them, before those of the layers.
const LATER_COLUMNS: [&str; 6] = ["lr", "gradient_norm", "tokens_per_sec", "top_k", "experts", "competed_layers"];

/// Columns of one layer; `_l0`, `_l1`, … is appended.
const LAYER_COLUMNS: [&str; 10] = [
    "agreement_top1",
    "agreement_chance",
    "agreement_kappa",
    "agreement_recall",
    "response_captured",
    "load_cv",
    "load_entropy",
    "dead_experts",
    "output_cosine",
    "effective_rank",
];

/// All column names for `layers` layers with experts, for a task that is scored by `metric`.
pub fn columns(layers: usize, metric: MetricKind) -> Vec<String> {
    let metric = [metric.column().to_owned(), format!("val_{}", metric.column())];
    let layer_columns = (0..layers).flat_map(|l| LAYER_COLUMNS.iter().map(move |name| format!("{name}_l{l}")));
    let run_columns = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    run_columns(&FIRST_COLUMNS)
        .into_iter()
        .chain(metric)
        .chain(run_columns(&LATER_COLUMNS))
        .chain(layer_columns)
        .collect()
}

/// What one row is made of. Cells that were not measured at the step stay empty.
#[derive(Debug)]
pub struct Row<'a> {
    /// The step.
    pub step: &'a StepReading,
    /// Per layer.
    pub load: &'a [LoadNumbers],
    /// The probe taken after this step, if one was.
    pub probe: Option<&'a ProbeReading>,
    /// The validation taken after this step, if one was.
    pub validation: Option<&'a ValidationReading>,
    /// Seconds of training so far; a time column, differs between equal runs.
    pub seconds: f64,
    /// Tokens per second; a time column.
    pub tokens_per_sec: f64,
    /// Top-k in force.
    pub top_k: usize,
}

/// The open file.
#[derive(Debug)]
pub(crate) struct MetricsFile {
    writer: csv::Writer<File>,
    metric: MetricKind,
}

fn cell(value: f64) -> String {
    value.to_string()
}

fn optional(value: Option<f64>) -> String {
    value.map(cell).unwrap_or_default()
}

impl MetricsFile {
    /// Opens `path` for `layers` layers and a task that is scored by `metric`, keeps its first `keep` bytes (see [`survey`](super::survey_metrics)) and writes
    /// after them. With 0, the file must be missing or empty.
    ///
    /// # Errors
    /// What the file system says; `AlreadyExists` if the file is not empty and nothing of it is kept: it is left as it is.
    pub fn open(path: &Path, layers: usize, metric: MetricKind, keep: u64) -> io::Result<Self> {
        let header = columns(layers, metric);
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        if keep == 0 && file.metadata()?.len() > 0 {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        file.set_len(keep)?;
        file.seek(SeekFrom::End(0))?;
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(file);
        if keep == 0 {
            writer.write_record(&header)?;
            writer.flush()?;
        }
        Ok(Self { writer, metric })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&mut self, row: &Row<'_>) -> io::Result<()> {
        let (step, loss) = (row.step, &row.step.loss);
        let experts = step.layers.first().map_or(0, |l| l.routed.len());
        let competed: Vec<String> =
            (0..step.layers.len()).filter(|&l| step.layers[l].competed).map(|l| l.to_string()).collect();
        let mut record = vec![
            step.step.to_string(),
            format!("{:.3}", row.seconds),
            step.tokens.to_string(),
            cell(loss.total),
            cell(loss.task),
            optional(loss.router),
            optional(loss.balance),
            optional(loss.affinity_balance),
            optional(loss.diversity),
            optional(loss.metric(self.metric)),
            optional(row.validation.and_then(|v| v.metric(self.metric))),
            cell(step.learning_rate),
            cell(step.gradient_norm),
            format!("{:.1}", row.tokens_per_sec),
            row.top_k.to_string(),
            experts.to_string(),
            competed.join(" "),
        ];
        for (layer, load) in row.load.iter().enumerate() {
            let probe = row.probe.map(|p| &p.layers[layer]);
            let agreement = probe.map(|p| &p.diagnosis.agreement);
            record.extend([
                optional(agreement.and_then(|a| a.top1)),
                optional(agreement.and_then(|a| a.chance)),
                optional(agreement.and_then(|a| a.kappa)),
                optional(agreement.and_then(|a| a.recall_at_k)),
                optional(agreement.and_then(|a| a.response_captured)),
                cell(load.cv),
                cell(load.entropy),
                load.dead.to_string(),
                optional(probe.and_then(|p| p.diagnosis.similarity.mean_output_cosine)),
                optional(probe.and_then(|p| p.diagnosis.collapse.effective_rank)),
            ]);
        }
        Ok(self.writer.write_record(&record)?)
    }

    /// Hands what was written to the file system.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests;
