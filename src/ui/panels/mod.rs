//! The panels: each a function of a snapshot that changes only its own view and puts commands into the outbox.

mod agreement;
pub mod cards;
mod collapse;
mod draft;
mod flags;
pub mod grown;
mod leaving;
mod load;
mod loss;
mod notices;
mod rail;
mod selection;
pub mod stage;
mod status;
mod strip;
pub mod tile;
mod timeline;
mod trouble;
mod weights;

pub use agreement::agreement_ui;
pub use collapse::collapse_ui;
pub use draft::{DraftView, closes, draft_ui};
pub use leaving::{LeavingView, leaving_ui};
pub use load::load_ui;
pub use loss::loss_ui;
pub use notices::{NoticesView, notices_ui};
pub use rail::{RailView, rail_ui};
pub use selection::{SelectionView, selection_ui};
pub use stage::stage_ui;
pub use status::{StatusView, status_ui};
pub use strip::{StripView, strip_ui};
pub use timeline::timeline_ui;
pub use trouble::{trouble, trouble_ui};
pub use weights::weights_ui;

use eframe::egui::Ui;

use crate::run::Snapshot;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::tiles;

/// A tile's drawing function.
pub type TileUi = fn(&mut Ui, &Snapshot, &mut ViewState, &mut Outbox);

/// The four tiles, in reading order, by name.
pub const TILES: [(&str, TileUi); 4] =
    [(tiles::LOAD, load_ui), (tiles::AGREEMENT, agreement_ui), (tiles::COLLAPSE, collapse_ui), (tiles::LOSS, loss_ui)];
