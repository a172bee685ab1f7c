//! What the rules of alerts are told besides a reading's own numbers: who sat where, loads over some steps, the task's scale.

use crate::domain::measures::window::WindowLoad;
use crate::domain::roster::Roster;

/// What the rules need to know at a training step besides its own numbers.
#[derive(Clone, Copy, Debug)]
pub struct StepContext<'a> {
    /// Who sat where, per layer with experts.
    pub rosters: &'a [Roster],
    /// How many experts a token went to.
    pub top_k: usize,
    /// Per layer, the load over the last `LOAD_WINDOW` steps; empty where it is not known.
    pub loads: &'a [Option<WindowLoad>],
    /// Median training loss of the last `LOAD_WINDOW` steps, nats; `None` as long as there are not so many after warm-up.
    pub loss: Option<f64>,
    /// Classes that the task tells apart, by which a loss is held against an even guess; `None` if it predicts values.
    pub classes: Option<usize>,
    /// The length to which gradients are clipped: one that is no longer is no spike, whatever is usual.
    pub clip_norm: f64,
}

/// The load of one layer at a reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoadReading<'a> {
    /// `[N]` tokens that the router sends to each expert.
    pub counts: &'a [u32],
    /// How many experts a token went to.
    pub top_k: usize,
    /// The load averaged over some steps; `None` where it is not known over enough of them.
    pub average: Option<&'a WindowLoad>,
}

/// The reading that loads belong to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoadContext<'a> {
    /// Its step.
    pub step: u64,
    /// Who sat where, per layer with experts.
    pub rosters: &'a [Roster],
    /// Steps from one reading to the next, each of which stands for all of them; 1 where every step is read.
    pub stride: u64,
}
