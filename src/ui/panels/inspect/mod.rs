//! Panels of a checkpoint that is looked at, each a function of the inspection and of what is computed of it.
//!
//! - `strip`: which checkpoint, what it is compared with, resuming.
//! - `manifest` and `recents`: the rail at the left.
//! - `text`: the text with the expert of each token; `experts`: the table; `loads`: all layers; `likeness`: every two experts.
//! - `aside`: the tile at the right: `findings`, `changes` with `flows`, and the agreement with a `competition`.

mod aside;
mod changes;
mod competition;
mod experts;
mod findings;
mod flows;
mod likeness;
mod loads;
mod manifest;
mod recents;
mod strip;
mod text;

pub(crate) use aside::aside_ui;
pub(crate) use experts::experts_ui;
pub(crate) use likeness::likeness_ui;
pub(crate) use loads::loads_ui;
pub(crate) use manifest::manifest_ui;
pub(crate) use recents::{InspectedFiles, inviting_ui, picture_texture};
pub(crate) use strip::inspected_strip_ui;
pub(crate) use text::text_ui;

use eframe::egui::Ui;

use crate::run::Inspection;
use crate::ui::view::Outbox;
use crate::ui::view::inspected::{InspectedView, SeenCheckpoint};

/// A checkpoint, and what is computed of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InspectedSight<'a> {
    /// The checkpoint.
    pub of: &'a Inspection,
    /// What is computed.
    pub seen: &'a SeenCheckpoint,
}

/// A panel's drawing function.
pub(crate) type InspectedUi = fn(&mut Ui, InspectedSight<'_>, &mut InspectedView, &mut Outbox);
