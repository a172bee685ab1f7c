//! Presets: ready-made configs, sized for the device they are meant for.

use super::{
    Activation, CompetitionConfig, Config, Faults, Intervals, Knobs, ModelConfig, OptimizerConfig, PlaneConfig,
    PlaneData, RouterForm, TaskConfig,
};

/// A ready-made run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// What is learnt with: four blobs of points, four experts in one mixture alone, one of them for each point. Hundreds
    /// of steps a second on one core.
    Learn,
    /// For tests and the curious: a second per hundred steps on one core.
    Tiny,
    /// The start on a CPU: several steps a second on two cores, readable text statistics in minutes.
    Small,
    /// The start on a GPU, and the size of all published timings of this project.
    Medium,
}

impl Preset {
    /// All presets, smallest first.
    pub const ALL: [Self; 4] = [Self::Learn, Self::Tiny, Self::Small, Self::Medium];

    /// The name on the command line and in menus.
    pub fn label(self) -> &'static str {
        match self {
            Self::Learn => "learn",
            Self::Tiny => "tiny",
            Self::Small => "small",
            Self::Medium => "medium",
        }
    }

    /// The run itself: on the built-in text, that to be learnt with on points.
    pub fn config(self) -> Config {
        self.config_for(match self {
            Self::Learn => {
                let data = PlaneData::Blobs;
                TaskConfig::Plane(PlaneConfig { data, classes: data.usual_classes(), ..PlaneConfig::default() })
            }
            Self::Tiny | Self::Small | Self::Medium => TaskConfig::default(),
        })
    }

    /// The run of this size that learns `task`.
    pub fn config_for(self, task: TaskConfig) -> Config {
        let mut config = self.on_text();
        if task.text().is_none() {
            self.fill(&mut config, |_, _| false);
            config.model.bare = self == Self::Learn;
        }
        Config { task, ..config }
    }

    /// Puts the sizes of this preset for points in the plane into `config`, but for the keys that were given.
    ///
    /// - `given(table, key)`: whether a key was given, as spelled in TOML
    ///
    /// A step needs hundreds of points, as each of them is one token; two validations of 1000 points' held-out ones, or
    /// fewer and larger, see each of them exactly once.
    pub(super) fn fill(self, config: &mut Config, given: impl Fn(&str, &str) -> bool) {
        let (points, batches, width, layers, expert_width, learning_rate) = match self {
            Self::Learn => (100, 2, 16, 1, 16, 1e-2),
            Self::Tiny => (50, 4, 16, 1, 16, 1e-2),
            Self::Small => (100, 2, 32, 2, 32, 1e-2),
            Self::Medium => (200, 1, 64, 2, 64, 4e-3),
        };
        fn fill<T>(place: &mut T, value: T, given: bool) {
            if !given {
                *place = value;
            }
        }
        fill(&mut config.sequences, points, given("", "sequences"));
        let (model, cadence) = (&mut config.model, &mut config.cadence);
        fill(&mut model.width, width, given("model", "width"));
        fill(&mut model.layers, layers, given("model", "layers"));
        fill(&mut model.expert_width, expert_width, given("model", "expert_width"));
        fill(&mut model.dense_width, 4 * width, given("model", "dense_width"));
        fill(&mut cadence.validation_batches, batches, given("cadence", "validation_batches"));
        fill(&mut cadence.probe_sequences, 200, given("cadence", "probe_sequences"));
        fill(&mut config.knobs.learning_rate, learning_rate, given("knobs", "learning_rate"));
    }

    fn on_text(self) -> Config {
        let (context, width, heads, layers, expert_width, experts, sequences, learning_rate) = match self {
            Self::Learn | Self::Tiny => (16, 16, 2, 2, 16, 4, 4, 1e-2),
            Self::Small => (64, 64, 4, 2, 128, 8, 8, 4e-3),
            Self::Medium => (128, 128, 4, 4, 256, 8, 16, 2e-3),
        };
        let learn = self == Self::Learn;
        // The weight that version 1 publishes: with that of the others the router learns too little in a thousand steps.
        let (top_k, router_weight) = match Knobs::default() {
            _ if learn => (1, 0.05),
            knobs => (knobs.top_k, knobs.router_weight),
        };
        Config {
            seed: if learn { 2 } else { 18 },
            steps: if learn { 1000 } else { 4000 },
            sequences,
            task: TaskConfig::default(),
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
                bare: false,
            },
            optimizer: OptimizerConfig::default(),
            competition: CompetitionConfig::default(),
            faults: Faults::default(),
            cadence: Intervals::default(),
            knobs: Knobs { learning_rate, top_k, router_weight, ..Knobs::default() },
        }
    }
}
