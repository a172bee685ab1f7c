//! Ready-made runs, sized for the device they are meant for.

use super::{
    Activation, CompetitionConfig, Config, Faults, Intervals, Knobs, ModelConfig, OptimizerConfig, RouterForm, Text,
};

/// A ready-made run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// For tests and the curious: a second per hundred steps on one core.
    Tiny,
    /// The start on a CPU: several steps a second on two cores, readable text statistics in minutes.
    Small,
    /// The start on a GPU, and the size of all published timings of this project.
    Medium,
}

impl Preset {
    /// All presets, smallest first.
    pub const ALL: [Self; 3] = [Self::Tiny, Self::Small, Self::Medium];

    /// The name on the command line and in menus.
    pub fn label(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Small => "small",
            Self::Medium => "medium",
        }
    }

    /// The run itself.
    pub fn config(self) -> Config {
        let (context, width, heads, layers, expert_width, experts, sequences, learning_rate) = match self {
            Self::Tiny => (16, 16, 2, 2, 16, 4, 4, 1e-2),
            Self::Small => (64, 64, 4, 2, 128, 8, 8, 4e-3),
            Self::Medium => (128, 128, 4, 4, 256, 8, 16, 2e-3),
        };
        Config {
            seed: 18,
            steps: 4000,
            sequences,
            text: Text::MobyDick,
            model: ModelConfig {
                context,
                width,
                heads,
                layers,
                moe_every: 1,
                experts,
                expert_width,
                dense_width: 4 * width,
                activation: Activation::Relu,
                router: RouterForm::Linear,
                expert_bias: false,
            },
            optimizer: OptimizerConfig::default(),
            competition: CompetitionConfig::default(),
            faults: Faults::default(),
            cadence: Intervals::default(),
            knobs: Knobs { learning_rate, ..Knobs::default() },
        }
    }
}
