//! Whether two checkpoints can be compared: one family, the same layers, experts of one size; else what differs, in a sentence.

use std::collections::BTreeMap;

use crate::domain::quote;
use crate::domain::roster::Roster;
use crate::inspect::fault::InspectError;
use crate::inspect::layout::MixturePlan;
use crate::inspect::model::Model;
use crate::inspect::report::{self, InspectScope};
use crate::inspect::stored::StoredFormat;
use crate::inspect::text::RoutedText;
use crate::store::checkpoint;

/// Why two checkpoints cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incomparable {
    /// Models of two families.
    #[error(
        "the two checkpoints are of different families, {} now and {} then; compare two saves of one model",
        quote::name(.now),
        quote::name(.then)
    )]
    Family {
        /// Of the one now.
        now: String,
        /// Of the one then.
        then: String,
    },
    /// Layers that only one of them has.
    #[error(
        "the two checkpoints have different layers with experts, {now} now and {then} then, and only one of them has “{only}”; \
         compare two saves of one model, or name a layer of both with --layer"
    )]
    Layers {
        /// Mixtures now.
        now: usize,
        /// Mixtures then.
        then: usize,
        /// A mixture of one of them alone.
        only: String,
    },
    /// Experts of different sizes.
    #[error(
        "in {key} the two checkpoints differ in {what}: {now} now and {then} then; experts can be compared if they are of one size, so \
         compare two saves of one model"
    )]
    Size {
        /// The mixture.
        key: String,
        /// What differs.
        what: &'static str,
        /// Now.
        now: usize,
        /// Then.
        then: usize,
    },
    /// A router, or the experts' gate, that only one of them has.
    #[error(
        "in {key} the checkpoint {who} has {what} and the other has none; expected two saves of one model, with the same tensors"
    )]
    Part {
        /// The mixture.
        key: String,
        /// What one of them lacks.
        what: &'static str,
        /// Who has it: now or then.
        who: &'static str,
    },
    /// Texts that are not the same tokens.
    #[error(
        "the two checkpoints make different tokens of this text, {now} now and {then} then, from token {place} on; what moved can be said \
         of equal tokens, so give them as --ids, or compare the weights without a text"
    )]
    Tokens {
        /// Tokens now.
        now: usize,
        /// Tokens then.
        then: usize,
        /// The first that differs, from 0.
        place: usize,
    },
}

impl Incomparable {
    /// Sees that two routed texts are the same tokens.
    pub(super) fn of_texts(now: &RoutedText, then: &RoutedText) -> Result<(), Self> {
        if now.ids == then.ids {
            return Ok(());
        }
        let place = now.ids.iter().zip(&then.ids).position(|(now, then)| now != then);
        let place = place.unwrap_or(now.ids.len().min(then.ids.len()));
        Err(Self::Tokens { now: now.ids.len(), then: then.ids.len(), place })
    }
}

/// A mixture now and the same one then.
pub(super) type Pair<'a> = (&'a MixturePlan, &'a MixturePlan);

/// The mixtures that are compared, each with its counterpart.
pub(super) fn pairs<'a>(now: &'a Model, then: &'a Model, scope: &InspectScope) -> Result<Vec<Pair<'a>>, InspectError> {
    report::check(now, scope)?;
    family(now, then)?;
    let wanted =
        |mixture: &&MixturePlan| scope.layers.is_empty() || scope.layers.iter().any(|key| key == mixture.key());
    let lacks = |here: &'a Model, there: &Model| {
        here.mixtures().iter().filter(wanted).find(|mixture| of_key(there, mixture.key()).is_none())
    };
    if let Some(only) = lacks(now, then).or_else(|| lacks(then, now)) {
        let (now, then, only) = (now.mixtures().len(), then.mixtures().len(), only.key().to_owned());
        return Err(Incomparable::Layers { now, then, only }.into());
    }
    let found =
        now.mixtures().iter().filter(wanted).filter_map(|mixture| Some((mixture, of_key(then, mixture.key())?)));
    found.map(|pair| same_size(pair).map(|()| pair).map_err(InspectError::from)).collect()
}

fn of_key<'a>(model: &'a Model, key: &str) -> Option<&'a MixturePlan> {
    model.mixtures().iter().find(|mixture| mixture.key() == key)
}

/// What is of no known family may be a file of any.
fn family(now: &Model, then: &Model) -> Result<(), Incomparable> {
    let named = |model: &Model| model.layout().family_name().map(str::to_owned);
    match (named(now), named(then)) {
        (Some(now), Some(then)) if now != then => Err(Incomparable::Family { now, then }),
        _ => Ok(()),
    }
}

fn same_size((now, then): Pair<'_>) -> Result<(), Incomparable> {
    let key = || now.key().to_owned();
    let sizes = [
        ("their width", now.hidden(), then.hidden()),
        ("the width of an expert", now.expert_width(), then.expert_width()),
    ];
    if let Some((what, now, then)) = sizes.into_iter().find(|(_, now, then)| now != then) {
        return Err(Incomparable::Size { key: key(), what, now, then });
    }
    let parts = [
        ("a gate in its experts", now.places().gate.is_some(), then.places().gate.is_some()),
        ("a router", now.router_place().is_some(), then.router_place().is_some()),
    ];
    match parts.into_iter().find(|(_, now, then)| now != then) {
        Some((what, has, _)) => Err(Incomparable::Part { key: key(), what, who: if has { "now" } else { "then" } }),
        None => Ok(()),
    }
}

/// The identities of the experts of each mixture by its key, now and then, if both are saves of one run of this program.
pub(super) fn rosters(now: &Model, then: &Model) -> Option<BTreeMap<String, [Roster; 2]>> {
    let manifest = |model: &Model| {
        let is_own = model.files().format() == StoredFormat::OwnCheckpoint;
        let file = model.files().files().first().filter(|_| is_own)?;
        checkpoint::peek(file.path()).ok()
    };
    let (of_now, of_then) = (manifest(now)?, manifest(then)?);
    if of_now.run != of_then.run {
        return None;
    }
    let pairs = of_now.progress.rosters.into_iter().zip(of_then.progress.rosters);
    Some(
        now.mixtures()
            .iter()
            .map(|mixture| mixture.key().to_owned())
            .zip(pairs.map(|(now, then)| [now, then]))
            .collect(),
    )
}
