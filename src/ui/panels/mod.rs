//! The panels: each a function of a snapshot that changes only its own view and puts commands into the outbox.

mod agreement;
mod collapse;
mod draft;
pub mod flow;
pub mod grown;
mod leaving;
mod load;
mod loss;
mod notices;
mod policy;
mod rail;
mod selection;
mod status;
mod strip;
mod structure;
mod timeline;
mod trouble;
mod watch;
mod weights;

pub use agreement::agreement_ui;
pub use collapse::{GHOST_STEPS, collapse_ui};
pub use draft::{DraftView, draft_ui};
pub use flow::flow_ui;
pub use leaving::{LeavingView, leaving_ui};
pub use load::load_ui;
pub use loss::loss_ui;
pub use notices::{NoticesView, notices_ui};
pub use rail::{RailView, rail_ui};
pub use selection::{SelectionView, selection_ui};
pub use status::{StatusView, status_ui};
pub use strip::{StripView, strip_ui};
pub use structure::StructureView;
pub use timeline::timeline_ui;
pub use trouble::{trouble, trouble_ui};
pub use weights::weights_ui;

use super::strings::tiles;

/// A tile's drawing function.
pub type TileUi = fn(&mut eframe::egui::Ui, &crate::run::Snapshot, &mut super::ViewState, &mut super::Outbox);

/// The four tiles, in reading order, by name.
pub const TILES: [(&str, TileUi); 4] =
    [(tiles::LOAD, load_ui), (tiles::AGREEMENT, agreement_ui), (tiles::COLLAPSE, collapse_ui), (tiles::LOSS, loss_ui)];
