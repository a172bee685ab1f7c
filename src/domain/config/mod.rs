//! Config of a run: everything that is fixed for its length, and the knobs it starts with.
//!
//! One struct for the window, the command line and the checkpoint.
//! As a file it is TOML; unknown keys are refused, so that a typing error is never silent.

mod cause;
mod drawn;
mod file;
mod knob_spec;
mod knob_table;
mod knobs;
mod learning;
mod model;
mod model_spec;
mod parts;
pub mod path;
mod plane;
mod policy;
mod presets;
mod real_field;
mod task;
mod task_shape;
mod text;
mod validate;
mod written;

pub use cause::Cause;
pub use drawn::{DrawnPoint, MOST_DRAWN};
pub use file::ConfigFileError;
pub(crate) use file::{LARGEST as LARGEST_FILE, in_plain_words, is_toml, text_of};
pub use knob_spec::{KnobId, KnobKind, KnobSpec, RealRange, Slider, WholeRange};
pub(crate) use knob_table::KNOBS;
pub use knobs::{Distillation, Knobs};
pub(crate) use model::VOCABULARY;
pub use model::{Activation, ModelConfig, Response, RouterForm, Sharing};
pub use model_spec::ModelSpec;
pub(crate) use parts::LIGHT_WIDTH;
pub use parts::{Beginning, LackingPart, LackingParts, MixturePart, Read};
pub use plane::{PlaneConfig, PlaneData, PlaneTarget};
pub use policy::{Faults, Form, Policy};
pub use presets::Preset;
pub use real_field::RealField;
pub use task::TaskConfig;
pub use task_shape::{InputShape, Mixing, ScoredPositions, TargetShape, TaskShape};
pub use text::Text;
pub use validate::{Complaint, LARGEST as LARGEST_REAL, SMALLEST as SMALLEST_REAL};

use serde::{Deserialize, Serialize};

/// Everything a run is made of. Two runs with equal configs on the CPU are bit for bit the same run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "written::WrittenConfig", into = "written::WrittenConfig")]
pub struct Config {
    /// Seed of every draw: weights, batches, schedule, noise. Any number.
    pub seed: u64,
    /// How many steps the run is planned for, at least 1. The cosine decay ends here; a run may go on.
    pub steps: u64,
    /// Examples in one training batch, 1 to 4096: sequences of a text, points of the plane. A step sees
    /// `sequences × positions` tokens, where a sequence has `model.context` positions and a point one.
    pub sequences: usize,
    /// What is learnt.
    pub task: TaskConfig,
    /// The network.
    pub model: ModelConfig,
    /// Optimizer and learning-rate schedule.
    pub optimizer: OptimizerConfig,
    /// How competition is scheduled, beyond what the knobs say.
    pub competition: CompetitionConfig,
    /// Faults of the published programs to repeat.
    pub faults: Faults,
    /// How often things besides training happen.
    pub cadence: Intervals,
    /// The knobs in force at step 0. Their policy and form also decide which tensors the network has.
    pub knobs: Knobs,
}

/// AdamW and its learning-rate schedule (arXiv 1711.05101).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptimizerConfig {
    /// Decay of the first moment, in `[0, 1)`.
    pub beta1: f64,
    /// Decay of the second moment, in `[0, 1)`.
    pub beta2: f64,
    /// Added to the root of the second moment, positive.
    pub epsilon: f64,
    /// Decoupled weight decay, applied to matrices and not to gains; at least 0.
    pub weight_decay: f64,
    /// Largest global gradient norm; a larger gradient is scaled down to it. Positive.
    pub clip_norm: f64,
    /// Steps of linear warm-up of the learning rate.
    pub warmup_steps: u64,
    /// What the learning rate does after warm-up.
    pub decay: Decay,
}

/// What the learning rate does after its warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decay {
    /// Stays at the knob's value.
    Constant,
    /// Half a cosine down to a tenth of the knob's value at the planned last step.
    #[default]
    Cosine,
}

/// The part of the competition that cannot change while a run runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompetitionConfig {
    /// How competition steps are chosen.
    pub schedule: ScheduleForm,
    /// What the competition step's balance loss is computed from.
    pub affinity_balance: AffinityBalance,
    /// What the diversity loss is divided by.
    pub diversity_divisor: DiversityDivisor,
}

/// How competition steps are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleForm {
    /// A pure function of seed, step, layer, rate and cap: rate and cap may change while it runs.
    #[default]
    Live,
    /// The published table, drawn for all steps beforehand; its rate, cap and warm-up cannot change.
    Published,
}

/// What the competition step's balance loss is computed from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AffinityBalance {
    /// From the softmax of the scores, which the loss softmaxes once more, as published.
    #[default]
    Published,
    /// From the scores themselves: one softmax, a gradient about N² stronger.
    FromScores,
}

/// What the summed cosines of the winners are divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiversityDivisor {
    /// All k² entries of the matrix of cosines, its empty diagonal included, as published.
    #[default]
    AllEntries,
    /// The k(k − 1) pairs, as the published program's comment says.
    Pairs,
}

/// Families of measures that cost something: what a probe takes besides load, router and agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProbeFamilies {
    /// Of the hidden states entering a layer: spectrum and ranks, collapse of representation (RC), anisotropy.
    pub representation: bool,
    /// Of the experts' answers: output cosine and CKA of every pair.
    pub similarity: bool,
    /// The loss without an expert: one expert of each layer a probe, in turn.
    pub knock_out: bool,
}

impl Default for ProbeFamilies {
    fn default() -> Self {
        Self { representation: true, similarity: true, knock_out: true }
    }
}

/// How often things besides training happen: in steps, each at least 1, but for the clock of autosaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Intervals {
    /// Steps between validations.
    pub validate_every: u64,
    /// Batches of one validation; always the same ones.
    pub validation_batches: usize,
    /// Steps between probes (agreement and collapse on a fixed batch).
    pub probe_every: u64,
    /// Sequences in the fixed probe batch.
    pub probe_sequences: usize,
    /// What a probe measures besides load, router and agreement.
    pub measures: ProbeFamilies,
    /// Steps between autosaves.
    pub autosave_every: u64,
    /// Minutes between autosaves, at least 0; whichever comes first counts. 0 saves by steps alone.
    pub autosave_minutes: f64,
}

impl Default for Config {
    fn default() -> Self {
        Preset::Small.config()
    }
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.95,
            epsilon: 1e-8,
            weight_decay: 0.01,
            clip_norm: 1.0,
            warmup_steps: 100,
            decay: Decay::Cosine,
        }
    }
}

impl Default for Intervals {
    fn default() -> Self {
        Self {
            validate_every: 100,
            validation_batches: 8,
            probe_every: 50,
            probe_sequences: 4,
            measures: ProbeFamilies::default(),
            autosave_every: 1000,
            autosave_minutes: 5.0,
        }
    }
}

impl Config {
    /// Tokens in one training step: examples × positions of an example.
    pub fn tokens_per_step(&self) -> usize {
        self.sequences * self.task_shape().positions
    }

    /// What enters and leaves the network.
    pub(crate) fn task_shape(&self) -> TaskShape {
        self.task.shape(self.model.context)
    }

    /// Reads a config from TOML text; keys left out take their defaults: those of the small preset for the task.
    ///
    /// # Errors
    /// The parser's message with line and column; it names unknown keys and the known ones. That a text and another task
    /// are given.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        let mut config: Self = toml::from_str(text)?;
        if config.task.text().is_none() {
            let given = toml::de::DeTable::parse(text)?;
            Preset::Small.fill(&mut config, |table, key| given_in(given.get_ref(), table, key));
        }
        Ok(config)
    }

    /// Reads a config that stands as a table in another file, as [`Config::from_toml`] does.
    ///
    /// # Errors
    /// The same, with places in that file.
    pub(crate) fn from_table(given: &toml::Spanned<toml::de::DeTable<'_>>) -> Result<Self, toml::de::Error> {
        let mut config = Self::deserialize(toml::de::Deserializer::from(given.clone()))?;
        if config.task.text().is_none() {
            Preset::Small.fill(&mut config, |table, key| given_in(given.get_ref(), table, key));
        }
        Ok(config)
    }

    /// Writes the config as TOML, every field spelled out.
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).expect("every field of a config that was validated has a TOML form")
    }
}

/// Whether a file has `key` in the table `table`; an empty name is the file itself.
fn given_in(file: &toml::de::DeTable<'_>, table: &str, key: &str) -> bool {
    let within = if table.is_empty() { Some(file) } else { file.get(table).and_then(|at| at.get_ref().as_table()) };
    within.is_some_and(|within| within.contains_key(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_round_trip_keeps_every_preset() {
        for preset in Preset::ALL {
            let config = preset.config();
            assert_eq!(Config::from_toml(&config.to_toml()).unwrap(), config, "{preset:?}");
        }
    }

    #[test]
    fn a_misspelt_key_is_refused_by_name() {
        let error = Config::from_toml("[model]\nexpertz = 4\n").unwrap_err().to_string();
        assert!(error.contains("expertz") && error.contains("experts"), "{error}");
    }

    #[test]
    fn own_text_is_one_line_of_toml() {
        let config = Config::from_toml("text = { file = \"notes.txt\" }\n").unwrap();
        assert_eq!(config.task, TaskConfig::Text(Text::File("notes.txt".into())));
    }

    #[test]
    fn a_text_is_written_as_ever_and_another_task_as_a_table() {
        let text = Preset::Tiny.config().to_toml();
        assert!(text.contains("\ntext = \"moby-dick\"\n") && !text.contains("[task"), "{text}");
        let plane = PlaneConfig { data: PlaneData::Rings, seed: u64::MAX, classes: 3, ..PlaneConfig::default() };
        let config = Preset::Tiny.config_for(TaskConfig::Plane(plane.clone()));
        let text = config.to_toml();
        assert!(text.contains("\n[task.plane]\ndata = \"rings\"\n") && !text.contains("\ntext"), "{text}");
        assert_eq!(Config::from_toml(&text).unwrap(), config);
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&json).unwrap(), config);
    }

    #[test]
    fn keys_left_out_are_those_of_the_small_preset_for_the_task() {
        let small = |task| Preset::Small.config_for(task);
        for text in ["", "task = { text = \"moby-dick\" }\n", "text = \"moby-dick\"\n"] {
            assert_eq!(Config::from_toml(text).unwrap(), small(TaskConfig::default()), "{text}");
        }
        let plane = Config::from_toml("[task.plane]\n").unwrap();
        assert_eq!(plane, small(TaskConfig::Plane(PlaneConfig::default())));
        assert_eq!(plane.tokens_per_step(), plane.sequences);
        let given = "sequences = 8\nseed = 18446744073709551615\n[task.plane]\n[model]\nlayers = 3\n[cadence]\nprobe_every = 7\n";
        let mut expected = plane;
        (expected.sequences, expected.seed, expected.model.layers) = (8, u64::MAX, 3);
        expected.cadence.probe_every = 7;
        assert_eq!(Config::from_toml(given).unwrap(), expected);
    }

    #[test]
    fn two_tasks_are_refused() {
        let error = Config::from_toml("text = \"moby-dick\"\n[task.plane]\n").unwrap_err().to_string();
        assert!(error.contains("both text and task"), "{error}");
        let error = Config::from_toml("[task.planes]\n").unwrap_err().to_string();
        assert!(error.contains("planes") && error.contains("plane"), "{error}");
    }
}
