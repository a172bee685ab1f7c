//! Keys of series: the name of everything that has a history.

use std::fmt;
use std::str::FromStr;

use super::series::SeriesLimits;
use crate::domain::roster::ExpertId;

/// Names one series. Shown and stored as a path: `loss/task`, `layer/0/kappa`, `layer/0/expert/3/routed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SeriesKey {
    /// A number of the whole run.
    Run(RunMeasure),
    /// A number of one layer with experts, counted from 0.
    Layer(usize, LayerMeasure),
    /// A number of one expert of one layer.
    Expert(usize, ExpertId, ExpertMeasure),
}

/// Declares an enum of measures with their stored names.
macro_rules! measures {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stored name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|m| m.name() == text).ok_or_else(|| format!("no measure is called “{text}”"))
            }
        }
    };
}

measures! {
    /// Numbers of the whole run.
    RunMeasure {
        /// Task loss plus all weighted terms, nats.
        LossTotal = "loss_total",
        /// Next-byte cross-entropy of the training batch, nats.
        LossTask = "loss_task",
        /// Distillation loss, mean over competing layers.
        LossRouter = "loss_router",
        /// Router balance, mean over routing layers.
        LossBalance = "loss_balance",
        /// Affinity balance, mean over competing layers.
        LossAffinityBalance = "loss_affinity_balance",
        /// Diversity, mean over competing layers.
        LossDiversity = "loss_diversity",
        /// Next-byte cross-entropy on the validation batches, nats.
        Validation = "validation",
        /// Learning rate in force.
        LearningRate = "learning_rate",
        /// Global gradient norm before clipping.
        GradientNorm = "gradient_norm",
        /// Tokens per second, wall clock.
        TokensPerSec = "tokens_per_sec",
        /// Floating-point operations of all training steps so far ([`step_flop`](crate::domain::arithmetic::step_flop)).
        Flop = "flop",
        /// Seconds spent training so far, pauses and the turns of other runs left out.
        Seconds = "seconds",
    }
}

measures! {
    /// Numbers of one layer.
    LayerMeasure {
        /// 1 if the layer competed at the step, else 0.
        Competed = "competed",
        /// Coefficient of variation of the router's load (sample std ÷ mean), this step's batch.
        LoadCv = "load_cv",
        /// Entropy of the router's load ÷ ln N, this step's batch.
        LoadEntropy = "load_entropy",
        /// Experts whose silence, since the last step with a token, rules luck out.
        DeadExperts = "dead_experts",
        /// Probe: Cohen's kappa of first choices.
        Kappa = "kappa",
        /// Probe: share of equal first choices.
        Top1 = "top1",
        /// Probe: chance level of `top1`.
        Chance = "chance",
        /// Probe: recall@k.
        Recall = "recall",
        /// Probe: response captured.
        ResponseCaptured = "response_captured",
        /// Probe: skill of the router's softmax over the uniform one.
        Skill = "skill",
        /// Probe: mean cosine of two experts' outputs.
        OutputCosine = "output_cosine",
        /// Probe: effective rank of the hidden states.
        EffectiveRank = "effective_rank",
        /// (max c − c̄) ÷ c̄ of the router's load, this step's batch.
        MaxVio = "max_vio",
        /// The same of the shares averaged over the last 100 steps.
        MaxVioGlobal = "max_vio_global",
        /// Probe: what `response_captured` would be for picks at random.
        ResponseChance = "response_chance",
        /// Probe: |R ∩ C| ÷ |R ∪ C|.
        Jaccard = "jaccard",
        /// Probe: KL(q‖p), nats.
        Kl = "kl",
        /// Probe: rank correlation of logits and responses.
        Spearman = "spearman",
        /// Probe: expected calibration error of the router's first choice.
        Ece = "ece",
        /// Probe: mean H(p_t) ÷ ln N.
        TokenEntropy = "token_entropy",
        /// Probe: H(mean p_t) ÷ ln N.
        MarginalEntropy = "marginal_entropy",
        /// Probe: H(mean p_t) less mean H(p_t), nats.
        Information = "information",
        /// Probe: mean of the largest p less the second.
        Margin = "margin",
        /// Probe: mean (ln Σ exp z)².
        ZLoss = "z_loss",
        /// Probe: Tr(Σ_W Σ_B†) of the hidden states by first pick.
        Rc = "rc",
        /// Probe: Σ σ² ÷ σ₁² of the hidden states.
        StableRank = "stable_rank",
        /// Probe: (Σ σ²)² ÷ Σ σ⁴ of the hidden states.
        ParticipationRatio = "participation_ratio",
        /// Probe: mean cosine of two centred hidden states.
        Anisotropy = "anisotropy",
        /// Probe: largest cosine of two experts' outputs.
        WorstCosine = "worst_cosine",
        /// Probe: mean CKA of two experts' outputs.
        Cka = "cka",
        /// Probe: normalised mutual information of byte class and first pick.
        Nmi = "nmi",
        /// Probe: share of its tokens whose first pick is another than at the probe before.
        Fluctuation = "fluctuation",
        /// Probe: |picks ∩ picks of the reference| ÷ k.
        Saturation = "saturation",
        /// Probe: steps since the layer last competed; 0 if it did at the step right before.
        Staleness = "staleness",
        /// Probe: share of neighbouring positions that have an expert in common.
        Repetition = "repetition",
        /// Probe: mean correlation of ‖E_i(x)‖ and p_i.
        ResponseChoice = "response_choice",
    }
}

measures! {
    /// Numbers of one expert.
    ExpertMeasure {
        /// Share of the router's picks, this step's batch; 1 ÷ N is even.
        Routed = "routed",
        /// Share of the probe's wins.
        Won = "won",
        /// Loss of the probe without the expert less the loss with it, nats.
        KnockOut = "knock_out",
        /// Its share of the lengths of all experts' gradients, at the step right before a probe; 1 ÷ N is even.
        GradientShare = "gradient_share",
        /// Steps since it last got a token, at the step right before a probe; 0 if that one brought some.
        Idle = "idle",
    }
}

impl LayerMeasure {
    /// How much its series holds: said of each measure, so that a new one changes the memory of no other.
    fn limits(self) -> SeriesLimits {
        match self {
            Self::Competed
            | Self::LoadCv
            | Self::LoadEntropy
            | Self::DeadExperts
            | Self::Kappa
            | Self::Top1
            | Self::Chance
            | Self::Recall
            | Self::ResponseCaptured
            | Self::Skill
            | Self::OutputCosine
            | Self::EffectiveRank => SeriesLimits::WIDE,
            Self::MaxVio
            | Self::MaxVioGlobal
            | Self::ResponseChance
            | Self::Jaccard
            | Self::Kl
            | Self::Spearman
            | Self::Ece
            | Self::TokenEntropy
            | Self::MarginalEntropy
            | Self::Information
            | Self::Margin
            | Self::ZLoss
            | Self::Rc
            | Self::StableRank
            | Self::ParticipationRatio
            | Self::Anisotropy
            | Self::WorstCosine
            | Self::Cka
            | Self::Nmi
            | Self::Fluctuation
            | Self::Saturation
            | Self::Staleness
            | Self::Repetition
            | Self::ResponseChoice => SeriesLimits::NARROW,
        }
    }
}

impl SeriesKey {
    /// How much its series holds.
    pub fn limits(self) -> SeriesLimits {
        match self {
            Self::Run(_) => SeriesLimits::WIDE,
            Self::Layer(_, measure) => measure.limits(),
            Self::Expert(..) => SeriesLimits::NARROW,
        }
    }
}

impl fmt::Display for SeriesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(measure) => write!(f, "run/{}", measure.name()),
            Self::Layer(layer, measure) => write!(f, "layer/{layer}/{}", measure.name()),
            Self::Expert(layer, id, measure) => write!(f, "layer/{layer}/expert/{}/{}", id.0, measure.name()),
        }
    }
}

impl FromStr for SeriesKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| part.parse().map_err(|_| format!("“{part}” in “{text}” is not a number"));
        match text.split('/').collect::<Vec<_>>()[..] {
            ["run", measure] => Ok(Self::Run(measure.parse()?)),
            ["layer", layer, measure] => Ok(Self::Layer(number(layer)?, measure.parse()?)),
            ["layer", layer, "expert", id, measure] => {
                let id = id.parse().map_err(|_| format!("“{id}” in “{text}” is no expert's number"))?;
                Ok(Self::Expert(number(layer)?, ExpertId(id), measure.parse()?))
            }
            _ => Err(format!("“{text}” names no series")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        let mut keys: Vec<SeriesKey> = RunMeasure::ALL.iter().map(|&m| SeriesKey::Run(m)).collect();
        keys.extend(LayerMeasure::ALL.iter().map(|&m| SeriesKey::Layer(3, m)));
        keys.extend(ExpertMeasure::ALL.iter().map(|&m| SeriesKey::Expert(1, ExpertId(7), m)));
        for key in keys {
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        assert!("layer/x/kappa".parse::<SeriesKey>().unwrap_err().contains("not a number"));
        assert!("loss".parse::<SeriesKey>().is_err());
    }

    #[test]
    fn a_number_that_is_no_experts_is_refused_and_not_cut() {
        let beyond = "layer/1/expert/4294967303/routed".parse::<SeriesKey>();
        assert!(beyond.as_ref().is_err_and(|why| why.contains("4294967303")), "{beyond:?}");
        assert!("layer/1/expert/-1/routed".parse::<SeriesKey>().is_err());
        assert_eq!("layer/1/expert/7/routed".parse(), Ok(SeriesKey::Expert(1, ExpertId(7), ExpertMeasure::Routed)));
    }

    #[test]
    fn each_measure_of_a_layer_has_the_memory_it_had() {
        let wide = LayerMeasure::ALL.iter().filter(|&&m| SeriesKey::Layer(0, m).limits() == SeriesLimits::WIDE);
        let wide: Vec<&str> = wide.map(|m| m.name()).collect();
        let expected = "competed load_cv load_entropy dead_experts kappa top1 chance recall response_captured skill \
                        output_cosine effective_rank";
        assert_eq!(wide.join(" "), expected);
    }
}
