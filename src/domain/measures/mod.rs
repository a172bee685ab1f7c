//! Every measure of routing as pure functions of plain numbers.
//!
//! Each file is a family with its formulas, their range and chance level, their sources, and tests computed by hand. Letters:
//! T tokens, N experts, k picks a token, D width, z router logits, p = softmax z, s responses (affinities), q = softmax s,
//! R a token's picks, C its winners. Equal scores go to the lower slot. What cannot be said is `None`.

pub mod agreement;
pub mod blocks;
pub mod borders;
pub mod calibration;
pub mod change;
pub mod choice;
pub mod cka;
pub mod coactivation;
pub mod collapse;
pub mod divergence;
pub mod dump;
pub(crate) mod gram;
pub mod heartland;
pub mod interpolation;
pub mod load;
pub mod matching;
pub mod ranks;
pub mod router;
mod router_vs_competition;
pub mod rows;
pub mod samples;
pub mod scatter;
pub mod similarity;
pub mod specialization;
pub mod spectral;
pub mod staleness;
pub mod territory;
pub(crate) mod trace;
pub mod window;
