//! The panels: each a function of a snapshot that changes only its own view and puts commands into the outbox.

mod agreement;
mod begin;
pub mod cards;
mod collapse;
mod demonstration;
mod draft;
mod experts_table;
mod facts;
mod flags;
mod ghosts;
pub(crate) mod grown;
pub(crate) mod inspect;
mod layer_loads;
mod learn;
mod leaving;
mod lesson;
mod load;
mod loss;
mod notices;
mod phases;
mod race;
mod rail;
mod selection;
pub(crate) mod stage;
mod status;
mod strip;
pub(crate) mod tile;
mod timeline;
mod trouble;
mod watched;
mod weights;

pub(crate) use agreement::agreement_ui;
pub(crate) use begin::{BeginView, begin_ui};
pub(crate) use collapse::collapse_ui;
pub(crate) use demonstration::{DemonstrationView, HEIGHT as DEMONSTRATION, demonstration_ui};
pub(crate) use draft::closes;
pub use draft::{DraftView, draft_ui};
pub use experts_table::experts_table_ui;
pub use facts::facts_ui;
pub use layer_loads::layer_loads_ui;
pub(crate) use learn::{LearnRailView, learn_rail_ui};
pub(crate) use leaving::{LeavingView, leaving_ui};
pub use lesson::{LessonView, lesson_ui};
pub(crate) use load::load_ui;
pub(crate) use loss::loss_ui;
pub(crate) use notices::ShownNotice;
pub use notices::{NoticesView, notices_ui};
pub(crate) use phases::phases_ui;
pub(crate) use race::{curve_title, plot_name, race_curve_ui, race_head_ui};
pub use rail::{RailView, rail_ui};
pub(crate) use selection::{SelectionView, selection_ui};
pub use stage::stage_ui;
pub use status::{StatusView, status_ui};
pub use strip::{StripView, strip_ui};
pub(crate) use timeline::learn_timeline_ui;
pub use timeline::timeline_ui;
pub(crate) use trouble::trouble;
pub use trouble::trouble_ui;
pub(crate) use watched::watched_ui;
pub use weights::{similarity_ui, weights_ui};

use eframe::egui::Ui;

use crate::run::Snapshot;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::tiles;

/// A tile's drawing function.
pub(crate) type TileUi = fn(&mut Ui, &Snapshot, &mut ViewState, &mut Outbox);

/// The four tiles, in reading order, by name.
pub fn all_tiles() -> [(&'static str, TileUi); 4] {
    let uis: [TileUi; 4] = [load_ui, agreement_ui, collapse_ui, loss_ui];
    let names = [tiles::LOAD, tiles::AGREEMENT, tiles::COLLAPSE, tiles::LOSS];
    std::array::from_fn(|place| (names[place].said(), uis[place]))
}
