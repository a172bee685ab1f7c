//! Overrides: the options that put knobs and sizes into a config, and how their values are read.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::policy::{FormName, PolicyName};
use crate::domain::config::{Config, KnobId, Knobs, TaskConfig, Text};
use crate::words::command;

/// What differs from the config. The first group and --text can also be given with --resume; the rest is fixed for a run.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub(crate) struct Overrides {
    /// How the experts that answer a token are chosen. With --resume, only a policy whose tensors the run has.
    #[arg(long, value_enum, help_heading = "Knobs")]
    pub policy: Option<PolicyName>,
    /// Which of the papers' implementations the policy follows where they differ.
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
    /// θ: extra weight of the winners in the distillation loss.
    #[arg(long, allow_negative_numbers = true, value_parser = number, help_heading = "Knobs")]
    pub theta: Option<f64>,
    /// β: weight of the balance loss on router steps.
    #[arg(long, allow_negative_numbers = true, value_parser = number, help_heading = "Knobs")]
    pub balance_weight: Option<f64>,
    /// βc: weight of the affinity balance loss on competition steps.
    #[arg(long, allow_negative_numbers = true, value_parser = number, help_heading = "Knobs")]
    pub affinity_balance_weight: Option<f64>,
    /// βc: weight of the diversity loss.
    #[arg(long, allow_negative_numbers = true, value_parser = number, help_heading = "Knobs")]
    pub diversity_weight: Option<f64>,
    /// Weight of the z-loss on router steps.
    #[arg(long, allow_negative_numbers = true, value_parser = number, help_heading = "Knobs")]
    pub z_weight: Option<f64>,
    /// StableMoE: the step from which the light router decides.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<u64>, help_heading = "Knobs")]
    pub freeze_step: Option<u64>,
    /// Seed of all random draws.
    #[arg(long, allow_negative_numbers = true, value_parser = whole::<u64>, conflicts_with = "resume", help_heading = "Run")]
    pub seed: Option<u64>,
    /// Text: a file of your own, 4 KiB or more. With --resume, where the text is now; a different text is accepted too,
    /// with a notice.
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
