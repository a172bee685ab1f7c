//! Forward pass of a public model on the CPU, layer by layer: every weight is read once, used and dropped.
//!
//! - `routing`: from a router's logits to chosen experts and weights.
//! - `expert`, `mixture`: an expert's formula; a mixture of them answering a text.
//! - `architecture`, `positions`, `reaches`, `names`: what config and family say of a decoder.
//! - `norms`, `rope`, `attention`, `linear`: what layers are made of.
//! - `layer`, `decode`: attention of a layer; the whole decoder.
//! - `fault`: why a text does not go through.

mod architecture;
mod attention;
mod decode;
mod expert;
mod fault;
mod layer;
mod linear;
mod mixture;
mod names;
mod norms;
mod positions;
mod reaches;
mod rope;
mod routing;

#[cfg(test)]
mod tests;

pub use decode::{Decoder, DecoderStep, DecoderWatch};
pub use fault::ForwardError;
pub use mixture::{MixtureAnswer, Responses, answer_mixture};
pub use routing::Pick;
