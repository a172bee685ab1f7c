//! The arguments of the command line: every command and option that can be typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::bench;
use super::diagnose;
use super::inspect;
use super::overrides::{Overrides, whole};
use super::task::TaskOptions;
use crate::domain::config::Preset;
use crate::domain::language::Language;
use crate::lessons::demonstrations;
use crate::run::WindowLanguage;

/// Train small sparse Mixture-of-Experts models live and see every token being routed.
#[derive(Debug, Parser)]
#[command(name = "moe-arena", version, args_conflicts_with_subcommands = true, max_term_width = 110)]
pub(crate) struct Arguments {
    /// What to do; without it, the window opens.
    #[command(subcommand)]
    pub(super) command: Option<ProgramCommand>,
    /// How the window opens.
    #[command(flatten)]
    pub(super) window: WindowArguments,
}

/// The entry besides the window.
#[derive(Debug, Subcommand)]
pub(super) enum ProgramCommand {
    /// Train without a window.
    ///
    /// Writes config.toml, metrics.csv, events.jsonl and checkpoint.safetensors into one folder.
    /// Ctrl-C, SIGTERM, SIGHUP and SIGXCPU (ulimit -t) save and end with exit code 130, 143, 129 or 152; Ctrl-C again, at least a
    /// second later, ends without saving.
    Train(Box<TrainArguments>),
    /// Measure how fast this machine trains.
    ///
    /// Whole training steps of a preset, one layer of experts alone, and peak memory by competing layers: medians of
    /// repeated measurements with their quartiles. Run it on an otherwise idle machine.
    #[command(after_long_help = bench::KEYS)]
    Bench(bench::BenchArguments),
    /// Measure a routing dump: load, agreement, collapse and more, each beside its chance or ideal level.
    ///
    /// The dump is a safetensors file written by any trainer. Only router.logits is required; what needs a missing tensor
    /// is n/a (null in JSON). Of a dump of several layers, all of them side by side, or one of them with --layer.
    #[command(after_long_help = diagnose::help())]
    Diagnose(DiagnoseArguments),
    /// Watch a training of another program: the routing dumps that appear in a folder, or a run folder of this program.
    ///
    /// Says of each dump how its layers fare, what is missing, when the run begins again, and the alerts. The step is read from the
    /// digits in a dump's name (step-000100.safetensors), else from an entry “step” of its metadata. A dump that is not whole yet is
    /// waited for. Nothing is written or locked in the folder. Ctrl-C ends it.
    Watch(WatchArguments),
    /// Open a checkpoint of anybody: which experts it has, and how healthy they are.
    ///
    /// PATH is a checkpoint of MoE Arena, a .safetensors, the folder of a model (config.json, shards by its index), or a .gguf
    /// (of a split one any part). Headers are read first, then one expert after the other, so that a model may be larger than memory.
    #[command(after_long_help = inspect::help())]
    Inspect(InspectArguments),
    /// Lessons: list the built-in ones, check a file.
    #[command(subcommand)]
    Lesson(LessonCommand),
    /// List the devices of this machine, and which one `auto` takes.
    Devices {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What to diagnose.
#[derive(Debug, Args)]
pub(crate) struct DiagnoseArguments {
    /// The dump; its tensors are listed below.
    #[arg(value_name = "DUMP.safetensors")]
    pub file: PathBuf,
    /// Print one JSON object; the keys are listed below.
    #[arg(long)]
    pub json: bool,
    /// The layer to measure, by its key, of a dump of several; without it, all of them side by side.
    #[arg(long, value_name = "KEY")]
    pub layer: Option<String>,
    /// Experts that answer each token, where the dump has no topk.index: those with the largest logits.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>, value_name = "K")]
    pub top_k: Option<usize>,
}

/// What to watch.
#[derive(Debug, Args)]
pub(super) struct WatchArguments {
    /// The folder: dumps as `diagnose` takes them, or a run of this program (its metrics.csv).
    pub folder: PathBuf,
    /// Open the window on it: panels, timeline and alerts of a training that another process runs.
    #[arg(long, conflicts_with_all = ["once", "out"])]
    pub window: bool,
    /// End once everything that is there was told.
    #[arg(long)]
    pub once: bool,
    /// Seconds between two looks.
    #[arg(long, default_value_t = 2, allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub every: u64,
    /// Folder for metrics.csv, a row for each dump; without it, nothing is written.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Experts that answer each token, where a dump has no topk.index: those with the largest logits.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>, value_name = "K")]
    pub top_k: Option<usize>,
}

/// What to inspect.
#[derive(Debug, Args)]
pub(crate) struct InspectArguments {
    /// A checkpoint: a file, or the folder of a model.
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// Print one JSON object; the keys are listed below.
    #[arg(long)]
    pub json: bool,
    /// A layer to look at, such as layer.3, enc.layer.1; may be given several times. Without it, all.
    #[arg(long = "layer", value_name = "KEY")]
    pub layers: Vec<String>,
    /// Headers and routers only; no expert is read.
    #[arg(long)]
    pub quick: bool,
    /// Say what changed since another checkpoint of this model: how far the weights of each expert went, and with a text which
    /// tokens changed their expert. Experts in another order are matched first.
    #[arg(long, value_name = "PATH")]
    pub against: Option<PathBuf>,
    /// Write a report as one HTML file that needs nothing else: manifest, findings, experts, likeness, and with a text its routing.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// A text to route.
    #[command(flatten)]
    pub routing: RoutingArguments,
}

/// A text that goes through the whole model, and what is wanted of it.
#[derive(Clone, Debug, Args)]
pub(crate) struct RoutingArguments {
    /// Run this text through the whole model on the CPU, and say which experts its tokens go to. The experts' weights are then
    /// not measured. Tokens by the tokenizer.json beside the checkpoint, or by the vocabulary of a GGUF; of a run of this program
    /// they are bytes.
    #[arg(long, value_name = "TEXT", group = "routed", help_heading = "Routing of a text")]
    pub text: Option<String>,
    /// The same with the text of a file.
    #[arg(long, value_name = "FILE", group = "routed", help_heading = "Routing of a text")]
    pub text_file: Option<PathBuf>,
    /// The same with tokens that are given as ids, such as 5,17,3.
    #[arg(long, value_name = "IDS", value_delimiter = ',', group = "routed", help_heading = "Routing of a text")]
    pub ids: Vec<u32>,
    /// Let every expert answer every token, and hold the router's choice against the strongest answers: E ÷ k times the
    /// arithmetic of the experts.
    #[arg(long, requires = "routed", help_heading = "Routing of a text")]
    pub compete: bool,
    /// Write what every router saw and did, and the responses of all experts, as a .safetensors that `diagnose --layer KEY`
    /// reads. All experts answer, as with --compete.
    #[arg(long, value_name = "FILE", requires = "routed", help_heading = "Routing of a text")]
    pub dump: Option<PathBuf>,
    /// Write the table over layers as CSV.
    #[arg(long, value_name = "FILE", requires = "routed", help_heading = "Routing of a text")]
    pub csv: Option<PathBuf>,
    /// Let --dump, --csv and --report replace files that exist.
    #[arg(long)]
    pub overwrite: bool,
}

/// What to do with lessons.
#[derive(Debug, Subcommand)]
pub(super) enum LessonCommand {
    /// List the built-in lessons.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Check lessons by going through them: every name in them exists, doing nothing misses each goal, the shown way reaches it.
    ///
    /// Trains on the CPU, without a window. Exit code 0 if all hold, 1 if one does not, 2 if a file cannot be read as a lesson.
    Check(LessonCheckArguments),
}

/// Which lessons to check.
#[derive(Debug, Args)]
pub(super) struct LessonCheckArguments {
    /// The lessons (….lesson.toml); without any, the built-in ones.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print one JSON array; the keys of an entry are id, title, holds, steps, seconds, goals, faults.
    #[arg(long)]
    pub json: bool,
    /// Seconds that a lesson may take.
    #[arg(long, default_value_t = 60, allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub seconds: u64,
}

/// How the window opens.
#[derive(Debug, Default, Args)]
pub(super) struct WindowArguments {
    /// A checkpoint (.safetensors), a config (.toml), a lesson (.lesson.toml) or a set-up (.setup.toml); or a public model to be
    /// inspected, its folder, .safetensors or .gguf; or a folder that is watched while another process writes it: routing dumps, or
    /// a run with its metrics.csv. Without it, the run that the window shows first.
    pub(super) file: Option<PathBuf>,
    /// A set-up: the line that another window copied, or a file (….setup.toml).
    #[arg(long, value_name = "LINE|FILE", conflicts_with = "file")]
    pub(super) setup: Option<OsString>,
    /// Where to train: auto, gpu, gpu:1, cpu, a PCI address or part of an adapter's name.
    #[arg(long, default_value = "auto")]
    pub(super) device: String,
    /// The language of the window: system (German where the locale is German, else English), en or de. Without it, the one that was
    /// chosen last. Files, logs and the command line are English.
    #[arg(long, value_enum)]
    pub(super) language: Option<LanguageName>,
}

/// The languages of the window by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LanguageName {
    /// As the locale of the system says (LC_ALL, LC_MESSAGES, LANG).
    System,
    /// English.
    En,
    /// German.
    De,
}

impl From<LanguageName> for WindowLanguage {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::System => Self::System,
            LanguageName::En => Self::Chosen(Language::English),
            LanguageName::De => Self::Chosen(Language::German),
        }
    }
}

/// How to train without a window.
#[derive(Debug, Default, Args)]
pub(crate) struct TrainArguments {
    /// A config file; keys left out take their defaults.
    #[arg(conflicts_with = "preset")]
    pub config: Option<PathBuf>,
    /// A ready-made run; without it and without a config, small on a CPU and medium on a GPU.
    #[arg(long, value_enum)]
    pub preset: Option<PresetName>,
    /// A set-up: the line that the window copies, or a file (….setup.toml). It says all of the run; its changes are made at
    /// their steps.
    #[arg(long, value_name = "LINE|FILE", conflicts_with_all = ["config", "preset", "resume", "demonstration"])]
    pub setup: Option<OsString>,
    /// A run in which one phenomenon appears, as the window's menu of demonstrations begins it.
    #[arg(long, value_parser = demonstration_names(), conflicts_with_all = ["config", "preset", "resume"])]
    pub demonstration: Option<String>,
    /// Steps the run is planned for: the learning rate decays towards it and training ends there.
    /// With --resume, the step to end at; the plan of the file stays.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub steps: Option<u64>,
    /// End at this step and leave the plan as it is.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<u64>)]
    pub stop_at: Option<u64>,
    /// Where to train: auto, gpu, gpu:1, cpu, a PCI address or part of an adapter's name.
    #[arg(long, default_value = "auto")]
    pub device: String,
    /// Threads that compute on the CPU; without it, one for each core. The numbers are the same for any.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<usize>)]
    pub threads: Option<usize>,
    /// Folder for the files of the run. Without it: a new one in runs/; with --resume, the folder of the checkpoint.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Remove the run that the folder already holds, once the new one takes its first step. Files not written by moe-arena
    /// stay.
    #[arg(long)]
    pub overwrite: bool,
    /// Resume from a checkpoint.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "preset"])]
    pub resume: Option<PathBuf>,
    /// What the run learns.
    #[command(flatten)]
    pub task: TaskOptions,
    /// What differs from the config.
    #[command(flatten)]
    pub overrides: Overrides,
}

/// The demonstrations by name.
fn demonstration_names() -> PossibleValuesParser {
    PossibleValuesParser::new(demonstrations().iter().map(|shown| shown.id.as_str()))
}

/// The presets by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PresetName {
    /// Points in the plane, as a first start of the window shows them.
    Learn,
    /// For tests and quick experiments.
    Tiny,
    /// For training on a CPU.
    Small,
    /// For training on a GPU.
    Medium,
}

impl From<PresetName> for Preset {
    fn from(name: PresetName) -> Self {
        match name {
            PresetName::Learn => Self::Learn,
            PresetName::Tiny => Self::Tiny,
            PresetName::Small => Self::Small,
            PresetName::Medium => Self::Medium,
        }
    }
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
