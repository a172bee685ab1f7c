//! Matrices over time: a bounded number of keyframes, thinned evenly as the run grows.

use serde::{Deserialize, Serialize};

use crate::roster::ExpertId;

/// One matrix of one layer at one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keyframe {
    /// Steps done when it was taken.
    pub step: u64,
    /// Who row and column i are.
    pub experts: Vec<ExpertId>,
    /// `[experts × experts]`, row-major.
    pub values: Vec<f32>,
}

/// Keyframes of one matrix, oldest first; always keeps the first and the newest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Keyframes {
    frames: Vec<Keyframe>,
    /// Only every so many pushes is kept for good.
    every: u64,
    pushes: u64,
}

impl Keyframes {
    /// Most frames held.
    pub const FRAMES: usize = 128;
    /// Most numbers held over all frames: 4 MiB of f32.
    pub const NUMBERS: usize = 1 << 20;

    /// Adds the matrix at `step`.
    pub fn push(&mut self, step: u64, experts: &[ExpertId], values: &[f32]) {
        let every = self.every.max(1);
        // The newest frame is provisional: unless its turn came, the next one takes its place.
        if self.pushes > 0 && !(self.pushes - 1).is_multiple_of(every) {
            self.frames.pop();
        }
        self.pushes += 1;
        self.frames.push(Keyframe { step, experts: experts.to_vec(), values: values.to_vec() });
        let numbers = |frames: &[Keyframe]| frames.iter().map(|f| f.values.len()).sum::<usize>();
        while self.frames.len() > 2 && (self.frames.len() > Self::FRAMES || numbers(&self.frames) > Self::NUMBERS) {
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
    pub fn at(&self, step: u64) -> Option<&Keyframe> {
        let after = self.frames.partition_point(|f| f.step <= step);
        self.frames[..after].last()
    }

    /// All frames, oldest first.
    pub fn frames(&self) -> &[Keyframe] {
        &self.frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_ascending_and_keeping_both_ends() {
        let ids = [ExpertId(0), ExpertId(1)];
        let mut frames = Keyframes::default();
        for step in 1..=5000 {
            frames.push(step, &ids, &[step as f32; 4]);
            let held = frames.frames();
            assert!(held.len() <= Keyframes::FRAMES);
            assert_eq!((held[0].step, held[held.len() - 1].step), (1, step));
        }
        let steps: Vec<u64> = frames.frames().iter().map(|f| f.step).collect();
        assert!(steps.windows(2).all(|w| w[0] < w[1]));
        let widest = steps.windows(2).map(|w| w[1] - w[0]).max();
        assert!(widest <= Some(5000 / 32), "{widest:?}");
    }

    #[test]
    fn large_matrices_are_bounded_by_numbers_too() {
        let ids: Vec<ExpertId> = (0..256).map(ExpertId).collect();
        let mut frames = Keyframes::default();
        (1..=100).for_each(|step| frames.push(step, &ids, &vec![0.0; 256 * 256]));
        let numbers: usize = frames.frames().iter().map(|f| f.values.len()).sum();
        assert!(numbers <= Keyframes::NUMBERS, "{numbers}");
        assert_eq!(frames.at(100).unwrap().step, 100);
    }
}
