//! Routing of a typed text through a public model: its tokens, and the whole decoder on the CPU, which is given up when something newer is
//! wanted.

use std::ops::ControlFlow;

use super::InspectionWorkKind;
use super::progress::WorkProgress;
use super::shared::Shared;
use super::typed::{RoutedPieces, Typed};
use crate::domain::quote;
use crate::inspect::{DecoderStep, ForwardError, Model, TextToken, TextWishes, Vocabulary, listed_ids, route_text};
use crate::run::Reason;

/// Units of work of a layer.
const LAYER: u64 = 1000;

/// Routes a text through a public model. `None` if something newer is wanted.
///
/// - `vocabulary`: that of the model; without one the text lists the ids of its tokens
/// - `ids`: those of its tokens where they are known, for a model without a vocabulary
///
/// # Errors
/// Why it has no tokens, or does not go through the model.
pub(super) fn route_public(
    shared: &Shared,
    model: &Model,
    vocabulary: Option<&Vocabulary>,
    typed: &Typed,
    ids: Option<&[u32]>,
) -> Result<Option<RoutedPieces>, Reason> {
    let (text, competes) = (&*typed.shown.typed, typed.shown.competes);
    let tokens = match (vocabulary, ids) {
        (Some(vocabulary), _) => vocabulary.tokens(text)?,
        (None, Some(ids)) => ids.iter().map(|&id| TextToken { id, span: None }).collect(),
        (None, None) => listed_ids(text)?,
    };
    let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
    let mut steps = Steps { shared, competes, progress: None };
    let wishes = TextWishes { compete: competes, dump: None };
    let routed = match route_text(model, &ids, wishes, &mut |step| steps.at(step)) {
        Ok(routed) => routed,
        Err(ForwardError::Stopped) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let piece = |(place, id): (usize, &u32)| {
        let span = tokens.get(place).and_then(|token| token.span.clone());
        let shown = span.and_then(|span| text.get(span)).map(str::to_owned).or_else(|| vocabulary?.piece(*id));
        shown.map_or_else(|| id.to_string(), |shown| quote::escaped(&shown).into_owned())
    };
    let pieces = ids.iter().enumerate().map(piece).collect();
    Ok(Some(RoutedPieces { routed, pieces, spans: tokens.into_iter().map(|token| token.span).collect() }))
}

/// Tells of the steps of a decoder.
struct Steps<'a> {
    shared: &'a Shared,
    competes: bool,
    progress: Option<WorkProgress<'a>>,
}

impl Steps<'_> {
    fn at(&mut self, step: DecoderStep) -> ControlFlow<()> {
        let kind = InspectionWorkKind::Text { layer: step.layer, layers: step.layers, competes: self.competes };
        // The logits are one layer more.
        let total = LAYER * (step.layers as u64 + 1);
        let begin = || WorkProgress::new(self.shared, kind.clone(), 0, total);
        let progress = self.progress.get_or_insert_with(begin);
        let within = LAYER * step.experts as u64 / step.of.max(1) as u64;
        let goes_on = progress.reach(kind.clone(), LAYER * step.layer as u64 + within);
        if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}
