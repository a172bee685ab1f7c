//! A config as it is written: a text at the top, any other task as a table of its own, `[task.plane]`.

use serde::{Deserialize, Serialize};

use super::{
    CompetitionConfig, Config, Faults, Intervals, Knobs, ModelConfig, OptimizerConfig, Preset, TaskConfig, Text,
};

/// The keys of a config file; [`Config`] says what they mean.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Config", default, deny_unknown_fields)]
pub(super) struct WrittenConfig {
    seed: u64,
    steps: u64,
    sequences: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskConfig>,
    model: ModelConfig,
    optimizer: OptimizerConfig,
    competition: CompetitionConfig,
    faults: Faults,
    cadence: Intervals,
    knobs: Knobs,
}

/// A file names a text and another task.
#[derive(Debug, thiserror::Error)]
#[error("both text and task are given; expected one of them, as a run learns one thing")]
pub(super) struct TwoTasks;

impl Default for WrittenConfig {
    fn default() -> Self {
        let mut written = Self::from(Preset::Small.config());
        // Which task is learnt is for the file to say.
        (written.text, written.task) = (None, None);
        written
    }
}

impl From<Config> for WrittenConfig {
    fn from(config: Config) -> Self {
        let Config { seed, steps, sequences, task, model, optimizer, competition, faults, cadence, knobs } = config;
        let (text, task) = match task {
            TaskConfig::Text(text) => (Some(text), None),
            other @ TaskConfig::Plane(_) => (None, Some(other)),
        };
        Self { seed, steps, sequences, text, task, model, optimizer, competition, faults, cadence, knobs }
    }
}

impl TryFrom<WrittenConfig> for Config {
    type Error = TwoTasks;

    fn try_from(written: WrittenConfig) -> Result<Self, TwoTasks> {
        let WrittenConfig { seed, steps, sequences, text, task, model, optimizer, competition, faults, cadence, knobs } =
            written;
        let task = match (text, task) {
            (Some(_), Some(_)) => return Err(TwoTasks),
            (text, None) => TaskConfig::Text(text.unwrap_or_default()),
            (None, Some(task)) => task,
        };
        Ok(Self { seed, steps, sequences, task, model, optimizer, competition, faults, cadence, knobs })
    }
}
