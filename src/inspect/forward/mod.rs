//! Forward pass of a public model on the CPU, layer by layer: every weight is read once, used and dropped.

mod attention;
mod expert;
mod norms;
mod product;
mod rope;
mod routing;
