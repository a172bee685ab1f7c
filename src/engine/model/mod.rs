//! The network: a transformer, or blocks without attention, whose feed-forward layers are mixtures of experts.
//!
//! Letters used everywhere:
//!
//! | letter | means |
//! |---|---|
//! | B | sequences in a batch |
//! | S | positions in a sequence (the context, at most) |
//! | T | tokens, B·S, sequence by sequence |
//! | D | model width |
//! | H | hidden width of an expert |
//! | N | experts in a layer |
//! | k | experts that answer a token |
//! | z, p | router logits and their softmax, `[T, N]` |
//! | s, q | neural response (affinity) and its softmax, `[T, N]` |
//! | R, C | the router's picks and the competition's winners, as masks `[T, N]` |
//!
//! Formulas are those of CompeteSMoE (arXiv 2505.13380 and 2402.02526) and of the policies it is compared with.

mod block;
mod competing;
mod competition;
mod embed;
mod head;
mod layer;
mod lazy;
mod losses;
mod network;
mod order;
pub mod policies;
mod settings;

pub use block::Rotary;

pub(crate) use block::Attention;
pub use competing::target;
pub use competition::{Competition, TrackedCompetition};
pub use embed::NetworkInput;
pub(crate) use head::{Head, NetworkTarget};
pub use layer::{AuxiliaryTerms, LayerOutput, LayerTrace, Mixture, Mode, moe_layer};
pub use lazy::LazyTensor;
pub use losses::{LossWeights, distillation, divergence, diversity, router_losses, switch_balance, z_loss};
pub use network::{Network, Output};
pub(crate) use policies::{CompetitionPass, StaleCompetitionLosses, rescaled_part};
pub use policies::{Router, Routing, advanced_bias, rescaled, share_among};
pub use settings::{ForwardInputs, ForwardSettings, LayerInputs, LogitOverride, NEVER};
