//! Files of what is shown: a table as CSV, pixels as PNG, shapes and text as SVG.

pub mod png;
pub mod svg;
pub mod table;
