//! Frames over time (matrices, probes): a bounded number of them, thinned evenly as the run grows.

use serde::{Deserialize, Serialize};

/// A picture of one moment.
pub trait Framed {
    /// Most of them held.
    const FRAMES: usize;
    /// Most numbers held over all of them.
    const NUMBERS: usize;

    /// Steps done when it was taken.
    fn step(&self) -> u64;

    /// Numbers it holds.
    fn numbers(&self) -> usize;
}

/// Pictures, oldest first; always keeps the first and the newest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thinned<F> {
    pub(super) frames: Vec<F>,
    /// Only every so many pushes is kept for good.
    pub(super) every: u64,
    pub(super) pushes: u64,
}

impl<F> Default for Thinned<F> {
    fn default() -> Self {
        Self { frames: Vec::new(), every: 0, pushes: 0 }
    }
}

impl<F: Framed> Thinned<F> {
    /// Most frames held.
    pub(crate) const FRAMES: usize = F::FRAMES;
    /// Most numbers held over all frames.
    pub(crate) const NUMBERS: usize = F::NUMBERS;

    /// Adds a picture.
    pub fn push(&mut self, frame: F) {
        let every = self.every.max(1);
        // The newest frame is provisional: unless its turn came, the next one takes its place.
        if self.pushes > 0 && !(self.pushes - 1).is_multiple_of(every) {
            self.frames.pop();
        }
        self.pushes += 1;
        self.frames.push(frame);
        let numbers = |frames: &[F]| frames.iter().map(Framed::numbers).sum::<usize>();
        while self.frames.len() > 2 && (self.frames.len() > F::FRAMES || numbers(&self.frames) > F::NUMBERS) {
            self.every = self.every.max(1) * 2;
            let newest = self.frames.len() - 1;
            let mut index = 0;
            self.frames.retain(|_| {
                index += 1;
                (index - 1) % 2 == 0 || index - 1 == newest
            });
        }
    }

    /// The frame in force at `step`: the newest at or before it.
    pub fn at(&self, step: u64) -> Option<&F> {
        let after = self.frames.partition_point(|frame| frame.step() <= step);
        self.frames[..after].last()
    }

    /// All frames, oldest first.
    pub fn frames(&self) -> &[F] {
        &self.frames
    }

    /// What a file holds beside the frames: how many pushes make one that stays, and pushes so far.
    pub fn pace(&self) -> (u64, u64) {
        (self.every, self.pushes)
    }
}
