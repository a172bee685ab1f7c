//! Errors of running a text through a public model: what was expected, what was found, what to do.

use std::io;
use std::path::PathBuf;

use crate::domain::quote;
use crate::inspect::fault::InspectError;

/// Why a text does not go through a model.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// The checkpoint cannot be read where it is needed.
    #[error(transparent)]
    Stored(#[from] InspectError),
    /// A family whose layers are not all causal attention and experts.
    #[error(
        "no text goes through {}: {reason}. Its experts and routers can be inspected without a text",
        quote::name(.family)
    )]
    Family {
        /// The family, as the config calls it.
        family: String,
        /// What is in the way.
        reason: &'static str,
    },
    /// A size that neither config nor tensors say.
    #[error(
        "the config does not say {what}; expected the key {key}. A config.json beside the weights has to be the model's own"
    )]
    Unsaid {
        /// What is needed.
        what: &'static str,
        /// The key it stands under.
        key: &'static str,
    },
    /// A value of the config that is not known.
    #[error("the config's {key} is “{}”; expected {expected}", quote::name(.found))]
    Unknown {
        /// The key.
        key: &'static str,
        /// What stands there.
        found: String,
        /// What is known.
        expected: &'static str,
    },
    /// Sizes that contradict each other.
    #[error("the config's sizes contradict each other: {what}")]
    Sizes {
        /// How.
        what: String,
    },
    /// A tensor that must be there.
    #[error("the tensor “{}” is missing; a text needs every tensor of the model", quote::name(.name))]
    Missing {
        /// Its name.
        name: String,
    },
    /// A tensor of another shape.
    #[error("the tensor “{}” has shape {found:?}; expected {expected}", quote::name(.name))]
    Shape {
        /// Its name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// What was expected, in words.
        expected: String,
    },
    /// A router without a rule.
    #[error("how the router of {} chooses is not known; expected a config.json with a known model_type", quote::name(.key))]
    NoRule {
        /// The mixture.
        key: String,
    },
    /// Nobody says how many experts answer a token.
    #[error("how many experts answer a token of {} is not known; expected num_experts_per_tok in the config", quote::name(.key))]
    NoTopK {
        /// The mixture.
        key: String,
    },
    /// No token.
    #[error("there is no token to route; expected a text of at least one token")]
    NoTokens,
    /// More tokens than are run at once.
    #[error("the text has {found} tokens; expected at most {limit}. Route a shorter one")]
    TooManyTokens {
        /// How many there are.
        found: usize,
        /// Most that are run.
        limit: usize,
    },
    /// A token that the model does not have.
    #[error("the token id {id} is not one of the model's; expected 0 to {last}")]
    Id {
        /// Which.
        id: u32,
        /// Largest id.
        last: usize,
    },
    /// A number in the model's answers that is none.
    #[error("the state of token {token} is not a finite number after {}; the weights or their scales are damaged", quote::name(.place))]
    NotFinite {
        /// After which layer.
        place: String,
        /// Which token, from 0.
        token: usize,
    },
    /// The dump cannot be written.
    #[error("the dump {} cannot be written: {error}", quote::path(.path))]
    Dump {
        /// Where it was to stand.
        path: PathBuf,
        /// What the file system says.
        error: io::Error,
    },
    /// Whoever asked has stopped it.
    #[error("stopped before the last layer")]
    Stopped,
}
