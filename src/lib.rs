//! MoE Arena: train small sparse Mixture-of-Experts models live and see every token being routed.
//!
//! Modules are listed in dependency order: each may use only those above it. `tests/suite/architecture.rs` reads the sources
//! and holds them to that order, inside the folders as well.
//!
//! [`domain`]: plain values and pure functions. No tensors, threads or windows.
//!
//! - [`domain::quote`]: foreign text made safe to show: names from files, paths, what parsers and drivers say.
//! - [`domain::file_kind`]: what kind of file a path leads to, so that a complaint can name what was given.
//! - [`domain::config`]: what a run is (fixed) and its knobs (may change while it runs), with all complaints at once.
//! - [`domain::arithmetic`]: floating-point operations of a training step, forward and backward.
//! - [`domain::roster`]: the experts' identities, and where every slot comes from when their number changes.
//! - [`domain::interventions`]: what may be done to experts and routers on purpose, to see which measure notices.
//! - [`domain::language`]: the languages that people read, and which one an environment asks for.
//! - [`domain::draw`]: randomness as a function of seed, step and purpose.
//! - [`domain::schedule`]: which layers compete at which step, and what is painted over it by hand.
//! - [`domain::readings`]: what one step, one probe, one validation measured, in plain numbers.
//! - [`domain::measures`]: every measure of routing as pure functions.
//! - [`domain::state`]: weights, moments and progress as named plain arrays, and the surgery that changes the experts.
//!
//! [`tasks`]: what a run learns: examples, their split and batches, labels and the metric. No tensors.
//!
//! - [`tasks::text`]: byte text: the corpus, its split, and batch n of seed s.
//! - [`tasks::plane`]: points in the plane: moons, rings, spirals and more, to be classified or given a value.
//!
//! [`engine`]: tensors. Burn lives here and nowhere else; no threads, files or windows.
//!
//! - [`engine::device`]: chooses where the tensors live: a GPU through wgpu, or the CPU.
//! - [`engine::kernels`]: every operation of a step, forward and backward: native on the CPU, shaders on a GPU.
//! - [`engine::model`]: router, experts, competition and the transformer around them.
//! - [`engine::train`]: one training step: forward, losses, gradients, AdamW; the probe.
//!
//! [`store`]: what is kept of a run, in memory and in files. No tensors.
//!
//! - [`store::atomic_file`]: writes a file whole or not at all, and clears what killed writes left.
//! - [`store::history`]: bounded series, marks and keyframes of a run of any length; its CSV and journal.
//! - [`store::alerts`]: rules over measures: what has been wrong for long enough not to be luck.
//! - [`store::checkpoint`]: one safetensors file that holds a whole run.
//!
//! [`inspect`]: checkpoints of anybody: their files, and their tensors as numbers. No tensors of Burn, no threads.
//!
//! [`dumps`]: routing dumps of any trainer: every measure of one, and the watch over a folder of them. No tensors of the engine.
//!
//! Threads and user interfaces.
//!
//! - [`run`]: the worker thread that owns a run: commands in, snapshots and notices out.
//! - [`studies`]: what needs many steps, without a window: the benchmark.
//! - [`lessons`]: lesson files, how far somebody has come in one, and whether one can be passed; demonstrations, set-ups.
//! - [`words`]: every sentence that people read, from one table, for window and command line alike.
//! - [`report`]: what was found as an HTML page that needs nothing else, for window and command line alike.
//! - [`cli`]: the run without a window.
//! - [`ui`]: the window.
//! - [`ui::kit`]: theme, fonts, icons, buttons, number fields, plots: pieces that know neither a run nor any words.
//! - [`ui::words`]: all words of the window in one table.
//! - [`ui::view`]: what is looked at, what is computed from a snapshot to show it, what a frame wants done.
//! - [`ui::panels`]: one question about the run each.
//! - [`ui::screens`]: which panels, and where.
//! - [`ui::shell`]: the application around a screen: keys, files, dialogs, clipboard, closing.

pub mod domain;

pub mod tasks;

pub mod engine;

pub mod store;

pub mod inspect;

pub mod dumps;

pub mod run;

pub mod studies;

pub mod lessons;

pub mod words;

pub mod report;

pub mod cli;
pub mod ui;
