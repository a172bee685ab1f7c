//! MoE Arena: train small sparse Mixture-of-Experts models live and see every token being routed.
//!
//! The rooms stand in the order in which a number travels. Each may use only rooms above it;
//! `tests/suite/architecture.rs` reads the `use` lines and holds us to that.
//!
//! Plain ground: no tensors, no window, no threads.
//!
//! - [`quote`]: foreign text made safe to show: names from files, paths, what parsers and drivers say.
//! - [`file_kind`]: what kind of file a path leads to, so that a complaint can name what was given.
//! - [`config`]: what a run is (fixed) and its knobs (may change while it runs), with all complaints at once.
//! - [`roster`]: who the experts are, and where every slot comes from when their number changes.
//! - [`lab`]: what may be done to experts and routers on purpose, to see which measure notices.
//! - [`draw`]: randomness as a function of seed, step and purpose.
//! - [`schedule`]: which layers compete at which step, and what is painted over it by hand.
//! - [`readings`]: what one step, one probe, one validation measured, in plain numbers.
//! - [`tasks`]: what a run learns: examples, batches, labels and the metric of each task.
//! - [`atomic_file`]: writes a file whole or not at all, and clears what killed writes left.
//!
//! Tensors: no threads, no files, no window.
//!
//! - [`device`]: chooses where the tensors live: a GPU through wgpu, or the CPU.
//! - [`kernels`]: every operation of a step, forward and backward: native on the CPU, shaders on a GPU.
//! - [`model`]: router, experts, competition and the transformer around them.
//! - [`data`]: the text, its split, and batch n of seed s.
//! - [`diagnostics`]: every measure of routing as pure functions, and the probe that feeds some from the device.
//! - [`train`]: one step: forward, losses, gradients, AdamW; and the surgery that changes the experts.
//!
//! Memory and paper: plain values and files.
//!
//! - [`alerts`]: what has been wrong for long enough not to be luck: rules as data, and what is said.
//! - [`history`]: bounded series, marks and keyframes of a run of any length; its CSV and journal.
//! - [`checkpoint`]: one safetensors file that holds a whole run.
//! - [`study`]: what needs many steps or a whole file, without a window: the benchmark, the diagnosis of a dump.
//!
//! Time and light.
//!
//! - [`run`]: the worker thread that owns a run: commands in, snapshots and notices out.
//! - [`cli`]: the run without a window.
//! - [`ui`]: the window.
//!

pub mod atomic_file;
pub mod config;
pub mod draw;
pub mod file_kind;
pub mod lab;
pub mod quote;
pub mod readings;
pub mod roster;
pub mod schedule;
pub mod tasks;

pub mod device;
pub mod kernels;
pub mod model;

pub mod data;
pub mod diagnostics;
pub mod train;

pub mod alerts;
pub mod checkpoint;
pub mod history;
pub mod study;

pub mod run;

pub mod cli;
pub mod ui;
