//! What can be typed, and how it becomes a config.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::policy::{FormName, PolicyName};
use super::task::TaskOptions;
use super::{Refusal, diagnose};
use crate::domain::config::{Complaint, Config, ConfigFileError, KnobId, Knobs, Preset, TaskConfig, Text};
use crate::domain::file_kind::FileKind;
use crate::domain::quote;
use crate::run::CHECKPOINT;
use crate::words::{self, command};

/// Train small sparse Mixture-of-Experts models live and see every token being routed.
#[derive(Debug, Parser)]
#[command(name = "moe-arena", version, args_conflicts_with_subcommands = true, max_term_width = 110)]
pub(crate) struct Arguments {
    /// What to do; without it, the window opens.
    #[command(subcommand)]
    pub(super) door: Option<Door>,
    /// How the window opens.
    #[command(flatten)]
    pub(super) window: WindowArguments,
}

/// The doors besides the window.
#[derive(Debug, Subcommand)]
pub(super) enum Door {
    /// Train without a window.
    ///
    /// Writes config.toml, metrics.csv, events.jsonl and checkpoint.safetensors into one folder.
    /// Ctrl-C, SIGTERM, SIGHUP and SIGXCPU (ulimit -t) save and end with exit code 130, 143, 129 or 152; Ctrl-C again, a second
    /// later, ends without.
    Train(Box<TrainArguments>),
    /// Measure how fast this machine trains.
    ///
    /// Whole training steps of a preset, one layer of experts alone, and peak memory by competing layers: medians of
    /// repeated measurements with their quartiles. Run it on a machine that does nothing else.
    #[command(after_long_help = BENCH_KEYS)]
    Bench(BenchArguments),
    /// Measure a routing dump: load, agreement, collapse and more, each beside its chance or ideal level.
    ///
    /// The dump is a safetensors file of any trainer. Only router.logits must be in it; what an absent tensor would be
    /// needed for is n/a (null in JSON).
    #[command(after_long_help = diagnose::help())]
    Diagnose(DiagnoseArguments),
    /// List the devices of this machine, and which one `auto` takes.
    Devices {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What the JSON of a benchmark holds.
const BENCH_KEYS: &str = "\
JSON keys. All times are in seconds; a spread is {median, low, high, repeats}, low and high being quartiles.
  version, device, kind, threads
  steps[]: whole training steps
    preset, step             step is `router`, or `competition`: then every layer competes
    seconds                  spread of a step, with one read every eighth step as in training
    tokens_per_second        tokens of a step ÷ median seconds
    forward_seconds, backward_seconds, optimizer_seconds
                             spreads of the parts, by a clock that waits for the device after each
    first_step_seconds       the very first step in this mode, compilation included
    shader_launches_per_step launches of the program's own shaders; 0 on the CPU
    readbacks_per_step, bytes_read_per_step
    peak_bytes               of the process on the CPU, of the device's pool on a graphics device; null if not told
  layers[]: one layer alone, 2048 tokens, width 128, expert width 256, k 2
    experts, step, seconds, forward_seconds, backward_seconds
  memory[]: three steps of the preset
    competing_layers, peak_bytes
  diagnostics: the same steps trained without and with probes, in turn; seconds are medians
    seconds_per_step_without, seconds_per_step_with
    share                    of the time with probes that they take
    probe_seconds            one probe with its knock-outs, and reading it
    probe_every              steps between two probes
    probe_parts: answers_seconds, similarity_seconds, host_seconds, knock_out_seconds
                             the network over the probe's tokens; how alike the answers are; measures on the host;
                             the passes without one expert each
  maps: the preset's network on points in the plane, as the window draws it
    side                     cells of a side
    seconds                  spread of a map: territories of the first layer with experts, and the answers
    alone_seconds            spread of the answers of one expert alone";

/// How to measure.
#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    /// As JSON; its keys are listed below.
    #[arg(long)]
    pub json: bool,
    /// Where to measure: auto, gpu, cpu or part of an adapter's name.
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// Threads that compute on the CPU; without it, all cores.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub threads: Option<usize>,
    /// Whose steps are timed.
    #[arg(long, value_enum, default_value = "medium")]
    pub preset: PresetName,
    /// Timed repeats of each measurement.
    #[arg(long, default_value_t = 40, allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub repeats: usize,
}

/// What to diagnose.
#[derive(Debug, Args)]
pub(crate) struct DiagnoseArguments {
    /// The dump; its tensors are listed below.
    #[arg(value_name = "DUMP.safetensors")]
    pub file: PathBuf,
    /// As one JSON object; its keys are listed below.
    #[arg(long)]
    pub json: bool,
    /// Experts that answer each token, where the dump has no topk.index: those with the largest logits.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>, value_name = "K")]
    pub top_k: Option<usize>,
}

/// How the window opens.
#[derive(Debug, Args)]
pub(super) struct WindowArguments {
    /// A checkpoint (.safetensors) or a config (.toml); without it, a run on the built-in text.
    pub(super) file: Option<PathBuf>,
    /// Where to train: auto, gpu, cpu or part of an adapter's name.
    #[arg(long, default_value = "auto")]
    pub(super) device: String,
}

/// How to train without a window.
#[derive(Debug, Default, Args)]
pub(crate) struct TrainArguments {
    /// A config; keys left out take their defaults.
    #[arg(conflicts_with = "preset")]
    pub config: Option<PathBuf>,
    /// A ready-made run; without it and without a config, small on a CPU and medium on a GPU.
    #[arg(long, value_enum)]
    pub preset: Option<PresetName>,
    /// Steps the run is planned for: the learning rate decays towards it and training ends there.
    /// With --resume, the step to end at; the plan of the file stays.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub steps: Option<u64>,
    /// End at this step and leave the plan as it is.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub stop_at: Option<u64>,
    /// Where to train: auto, gpu, cpu or part of an adapter's name.
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// Folder for the files of the run; without it, a new one in runs/, or with --resume that of the file.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Remove the run that the folder already holds, once the new one takes its first step. Files that moe-arena did not
    /// write stay.
    #[arg(long)]
    pub overwrite: bool,
    /// Go on from a checkpoint.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "preset"])]
    pub resume: Option<PathBuf>,
    /// What is learnt.
    #[command(flatten)]
    pub task: TaskOptions,
    /// What differs from the config.
    #[command(flatten)]
    pub overrides: Overrides,
}

/// The presets by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PresetName {
    /// For tests and the curious.
    Tiny,
    /// The start on a CPU.
    Small,
    /// The start on a GPU.
    Medium,
}

impl From<PresetName> for Preset {
    fn from(name: PresetName) -> Self {
        match name {
            PresetName::Tiny => Self::Tiny,
            PresetName::Small => Self::Small,
            PresetName::Medium => Self::Medium,
        }
    }
}

/// What differs from the config. The first group and --text can also be given with --resume; the rest is fixed for a run.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub(crate) struct Overrides {
    /// Who decides which experts answer a token. With --resume, one that reads no tensor the run lacks.
    #[arg(long, value_enum, help_heading = "Knobs")]
    pub policy: Option<PolicyName>,
    /// Which of the papers' programs the policy follows where they differ.
    #[arg(long, value_enum, help_heading = "Knobs")]
    pub form: Option<FormName>,
    /// Experts that answer each token: each byte of a text, each point.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>, help_heading = "Knobs")]
    pub top_k: Option<usize>,
    /// Chance that a layer competes at a step, 0 to 1.
    #[arg(long, allow_negative_numbers = true, value_parser = number, help_heading = "Knobs")]
    pub rate: Option<f64>,
    /// Peak learning rate.
    #[arg(long, allow_negative_numbers = true, value_parser = number, help_heading = "Knobs")]
    pub lr: Option<f64>,
    /// α: weight of the distillation loss.
    #[arg(long, allow_negative_numbers = true, value_parser = number, help_heading = "Knobs")]
    pub router_weight: Option<f64>,
    /// θ: weight of the winners' own term in it.
    #[arg(long, allow_negative_numbers = true, value_parser = number, help_heading = "Knobs")]
    pub theta: Option<f64>,
    /// β: weight of the router step's balance loss.
    #[arg(long, allow_negative_numbers = true, value_parser = number, help_heading = "Knobs")]
    pub balance_weight: Option<f64>,
    /// βc of the competition step's balance loss.
    #[arg(long, allow_negative_numbers = true, value_parser = number, help_heading = "Knobs")]
    pub affinity_balance_weight: Option<f64>,
    /// βc of the diversity loss.
    #[arg(long, allow_negative_numbers = true, value_parser = number, help_heading = "Knobs")]
    pub diversity_weight: Option<f64>,
    /// Weight of the z-loss on router steps.
    #[arg(long, allow_negative_numbers = true, value_parser = number, help_heading = "Knobs")]
    pub z_weight: Option<f64>,
    /// StableMoE: the step from which the light router decides.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<u64>, help_heading = "Knobs")]
    pub freeze_step: Option<u64>,
    /// Seed of every draw.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<u64>, conflicts_with = "resume", help_heading = "Run")]
    pub seed: Option<u64>,
    /// Text: one of your own, any file of 4 KiB or more. With --resume, where the text lies now; another text is taken as well,
    /// and said aloud.
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub text: Option<PathBuf>,
    /// Experts in each mixture.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>, conflicts_with = "resume", help_heading = "Run")]
    pub experts: Option<usize>,
    /// Hidden width of one expert.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>, conflicts_with = "resume", help_heading = "Run")]
    pub expert_width: Option<usize>,
    /// Blocks of the network.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>, conflicts_with = "resume", help_heading = "Run")]
    pub layers: Option<usize>,
    /// Model width.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>, conflicts_with = "resume", help_heading = "Run")]
    pub width: Option<usize>,
    /// Text: attention heads.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>, conflicts_with = "resume", help_heading = "Run")]
    pub heads: Option<usize>,
    /// Text: bytes the network sees at once.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>, conflicts_with = "resume", help_heading = "Run")]
    pub context: Option<usize>,
    /// Sequences of a text, or points, in one batch.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>, conflicts_with = "resume", help_heading = "Run")]
    pub sequences: Option<usize>,
}

/// A whole number, or what may stand in its place.
pub(super) fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    let largest = (1u128 << (8 * size_of::<T>())) - 1;
    text.trim().parse().map_err(|_| command::whole_number(largest))
}

/// A number, or what may stand in its place.
pub(super) fn number(text: &str) -> Result<f64, String> {
    let expected = if text.contains(',') { command::number_with_comma() } else { command::number() };
    text.trim().parse().map_err(|_| expected.to_owned())
}

pub(super) fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

impl Overrides {
    /// The first option that only runs on a text have, if one was given.
    pub fn of_text(&self) -> Option<&'static str> {
        let given =
            [("--text", self.text.is_some()), ("--heads", self.heads.is_some()), ("--context", self.context.is_some())];
        given.into_iter().find(|(_, given)| *given).map(|(option, _)| option)
    }

    /// These knobs with what was typed put in.
    pub fn knobs(&self, knobs: &Knobs) -> Knobs {
        let mut knobs = knobs.clone();
        put(&mut knobs.policy, self.policy.map(|name| name.0));
        put(&mut knobs.form, self.form.map(|name| name.0));
        let whole = [(KnobId::TopK, self.top_k.map(|top_k| top_k as u64)), (KnobId::FreezeStep, self.freeze_step)];
        for (id, value) in whole {
            value.into_iter().for_each(|value| id.spec().set_whole(&mut knobs, value));
        }
        for (id, value) in [
            (KnobId::CompetitionRate, self.rate),
            (KnobId::LearningRate, self.lr),
            (KnobId::RouterWeight, self.router_weight),
            (KnobId::Theta, self.theta),
            (KnobId::BalanceWeight, self.balance_weight),
            (KnobId::AffinityBalanceWeight, self.affinity_balance_weight),
            (KnobId::DiversityWeight, self.diversity_weight),
            (KnobId::ZWeight, self.z_weight),
        ] {
            value.into_iter().for_each(|value| id.spec().set_real(&mut knobs, value));
        }
        knobs
    }

    /// This config with what was typed put in.
    pub fn config(&self, mut config: Config) -> Config {
        config.knobs = self.knobs(&config.knobs);
        put(&mut config.seed, self.seed);
        put(&mut config.task, self.text.clone().map(|file| TaskConfig::Text(Text::File(file))));
        put(&mut config.sequences, self.sequences);
        let model = &mut config.model;
        put(&mut model.experts, self.experts);
        put(&mut model.expert_width, self.expert_width);
        put(&mut model.layers, self.layers);
        put(&mut model.width, self.width);
        put(&mut model.heads, self.heads);
        put(&mut model.context, self.context);
        config
    }
}

/// Reads a config file.
///
/// # Errors
/// Exit code 2 with what was given instead of one and what to do with that, or with the parser's message.
pub(super) fn read_config(path: &Path) -> Result<Config, Refusal> {
    Config::read(path).map_err(|error| Refusal::usage(not_a_config(path, &error)))
}

/// Why the file at `path` is no config, and what it can be given as.
fn not_a_config(path: &Path, error: &ConfigFileError) -> String {
    let (shown, file) = (quote::path(path), quote::shell_path(path));
    let named_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    let as_a_text = command::train_as_text(&file);
    let and_way = |way: String| command::file_error_and_way(&shown, error, way);
    match error {
        ConfigFileError::Unreadable(error) if error.kind() == ErrorKind::NotFound => command::no_config(shown),
        ConfigFileError::Unreadable(_) => command::config_error(shown, error),
        ConfigFileError::Checkpoint => and_way(command::resume_checkpoint(file)),
        ConfigFileError::TooLarge => command::file_error(shown, error),
        ConfigFileError::NotToml => and_way(as_a_text),
        ConfigFileError::Toml(_) if !named_toml => command::not_toml(shown, as_a_text, error),
        ConfigFileError::Encoding { .. } if !named_toml => and_way(as_a_text),
        ConfigFileError::Toml(_) | ConfigFileError::Encoding { .. } => command::config_error(shown, error),
        ConfigFileError::Other(FileKind::Folder) => match in_folder(path) {
            Some(way) => and_way(way),
            None => command::file_error(shown, error),
        },
        ConfigFileError::Other(FileKind::Safetensors) => and_way(command::diagnose_dump(file)),
        ConfigFileError::Other(_) => command::file_error(shown, error),
    }
}

/// What can be done with the run in a folder, if it holds one.
pub(super) fn in_folder(folder: &Path) -> Option<String> {
    let (checkpoint, config) = (folder.join(CHECKPOINT), folder.join("config.toml"));
    if checkpoint.is_file() {
        return Some(command::run_in_folder(quote::shell_path(&checkpoint)));
    }
    config.is_file().then(|| command::config_in_folder(quote::shell_path(&config)))
}

/// Sees that a config can run.
///
/// # Errors
/// Exit code 2 with all complaints, one a line.
pub(super) fn sound(config: Config) -> Result<Config, Refusal> {
    let complaints = config.validate();
    if !complaints.is_empty() {
        return Err(Refusal::usage(lines(command::config_cannot_run(), &complaints)));
    }
    Ok(config)
}

fn lines(first: &str, complaints: &[Complaint]) -> String {
    complaints.iter().fold(first.to_owned(), |text, complaint| format!("{text}\n  {}", words::complaint_of(complaint)))
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
