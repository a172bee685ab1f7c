//! Lessons: files that teach by a real run, with pages, guesses, goals and a way shown to each; how far somebody has come in
//! one, and whether one can be passed at all. No window.

mod ids;
mod nearest;

pub use ids::{Anchor, ControlId, PanelId};
