//! The window, without a window: panels draw hand-made snapshots, clicks and keys give exactly the expected commands.

mod cards;
mod clicks;
mod closing;
mod drawing;
mod dropped;
mod entry;
mod export;
mod export_numbers;
mod files;
mod fixture;
mod fixture_probe;
mod journey;
mod keys;
mod learn;
mod locate;
mod looking;
mod modes;
mod painted_shapes;
mod pictures;
mod plane;
mod race;
mod rewind;
mod territories;
mod walk;
mod weights;
mod wild;
