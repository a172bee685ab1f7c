//! Files of what is shown: a table as CSV, pixels as PNG, shapes and text as SVG.

pub(crate) mod png;
pub(crate) mod svg;
pub mod table;
