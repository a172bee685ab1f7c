//! Roles and keys of mixtures: what a mixture is to the model, and how reports call it.

use super::gather::{Gathered, Kind};
use super::mixture::MixtureRole;
use crate::inspect::config::CheckpointConfig;

/// Whether a dotted name has this piece.
pub(super) fn has_piece(stack: &str, piece: &str) -> bool {
    stack.split('.').any(|found| found == piece)
}

/// What a mixture is to the model.
pub(super) fn role(layer: &Gathered, config: &CheckpointConfig, has_encoder: bool) -> MixtureRole {
    let predicts = layer.stack.split('.').any(|piece| piece.starts_with("mtp"));
    let behind = !has_encoder && config.layers().is_some_and(|layers| layer.layer >= layers);
    match layer.in_attention {
        _ if predicts || behind => MixtureRole::Extra,
        true => MixtureRole::Attention,
        false if layer.kind == Some(Kind::Vision) => MixtureRole::Vision,
        false => MixtureRole::Main,
    }
}

/// How reports call a mixture.
pub(super) fn key(layer: &Gathered, role: MixtureRole, has_encoder: bool) -> String {
    let predicts = layer.stack.split('.').any(|piece| piece.starts_with("mtp"));
    let apart = match role {
        MixtureRole::Attention => "attention.",
        MixtureRole::Vision => "vision.",
        MixtureRole::Extra if predicts => "mtp.",
        MixtureRole::Main | MixtureRole::Extra => "",
    };
    let stack = match has_encoder {
        true if has_piece(&layer.stack, "encoder") => "enc.",
        true if has_piece(&layer.stack, "decoder") => "dec.",
        _ => "",
    };
    format!("{apart}{stack}layer.{}", layer.layer)
}
