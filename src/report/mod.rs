//! Reports as HTML pages that need nothing else, for the command line and the window alike.
//!
//! - `inspection`: the page of an inspection.
//! - `layers`: a layer of it: experts one by one, and how alike they are.
//! - `routing`: where a text went, and whether the router tells the truth.
//! - `pictures`: maps of numbers as inline SVG.

mod inspection;
mod layers;
mod pictures;
mod routing;

pub use inspection::InspectionPage;
