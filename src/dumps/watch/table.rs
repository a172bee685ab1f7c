//! `metrics.csv` of watched dumps: a row for each dump as it is taken.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use super::WatchedDump;
use crate::domain::readings::Diagnosis;

/// Columns of a dump before those of its layers.
/// `not_finite` counts tensors.
const FIRST: [&str; 6] = ["step", "run", "tokens", "experts", "loss", "not_finite"];

/// A number of a layer.
type Measure = fn(&Diagnosis) -> Option<f64>;

/// A column of a layer and what stands in it; `_l0`, `_l1`, … is appended. The names that the program's own runs have mean
/// the same here.
const OF_LAYER: [(&str, Measure); 17] = [
    ("agreement_top1", |d| d.agreement.top1),
    ("agreement_chance", |d| d.agreement.chance),
    ("agreement_kappa", |d| d.agreement.kappa),
    ("agreement_recall", |d| d.agreement.recall_at_k),
    ("response_captured", |d| d.agreement.response_captured),
    ("load_cv", |d| d.load.cv),
    ("load_entropy", |d| d.load.entropy_norm),
    ("max_vio", |d| d.load.max_vio),
    ("effective_experts", |d| d.load.effective_experts),
    ("gate_effective_experts", |d| d.load.gate_effective_experts),
    ("silent_experts", |d| d.load.dead.map(|dead| dead as f64)),
    ("token_entropy", |d| d.router.token_entropy),
    ("z_loss", |d| d.router.z_loss),
    ("output_cosine", |d| d.similarity.mean_output_cosine),
    ("effective_rank", |d| d.collapse.effective_rank),
    ("input_rms", |d| d.input.rms),
    ("input_largest", |d| d.input.largest),
];

/// The open file.
pub(crate) struct DumpTable {
    writer: csv::Writer<std::fs::File>,
    /// Whether the columns stand in it, which are those of the first dump.
    begun: bool,
}

impl DumpTable {
    /// Makes a file that is not there.
    ///
    /// # Errors
    /// What the file system says; `AlreadyExists` if something is there, which is left as it is.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Self { writer: csv::WriterBuilder::new().has_headers(false).from_writer(file), begun: false })
    }

    /// Writes a row; cells of what was not measured stay empty.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&mut self, dump: &WatchedDump) -> io::Result<()> {
        if !self.begun {
            let layers = 0..dump.layers.len();
            let columns = layers.flat_map(|layer| OF_LAYER.iter().map(move |(name, _)| format!("{name}_l{layer}")));
            self.writer.write_record(FIRST.map(str::to_owned).into_iter().chain(columns))?;
            self.begun = true;
        }
        let largest = |of: fn(&Diagnosis) -> usize| dump.layers.iter().map(|layer| of(&layer.diagnosis)).max();
        let cells = dump.layers.iter().flat_map(|layer| OF_LAYER.iter().map(|(_, value)| value(&layer.diagnosis)));
        let cells = cells.map(|value| value.map_or_else(String::new, |value| value.to_string()));
        let first = [
            dump.step.to_string(),
            dump.run.to_string(),
            largest(|d| d.beside.tokens).unwrap_or(0).to_string(),
            largest(|d| d.beside.experts).unwrap_or(0).to_string(),
            dump.loss.map_or_else(String::new, |loss| loss.to_string()),
            dump.layers.iter().map(|layer| layer.spoiled.len()).sum::<usize>().to_string(),
        ];
        self.writer.write_record(first.into_iter().chain(cells))?;
        self.writer.flush()
    }
}
