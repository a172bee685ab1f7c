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

    /// What a file holds beside the frames: how many pushes make one that stays, and pushes so far.
    pub fn pace(&self) -> (u64, u64) {
        (self.every, self.pushes)
    }

    /// Keyframes from the parts of a file.
    ///
    /// # Errors
    /// If they could not have come from keyframes: too many, not square, or steps that do not ascend.
    pub fn from_parts(frames: Vec<Keyframe>, every: u64, pushes: u64) -> Result<Self, String> {
        let numbers: usize = frames.iter().map(|f| f.values.len()).sum();
        if frames.len() > Self::FRAMES || (frames.len() > 2 && numbers > Self::NUMBERS) || pushes < frames.len() as u64
        {
            return Err(format!("{} frames of {numbers} numbers after {pushes} pushes", frames.len()));
        }
        if let Some(odd) = frames.iter().find(|f| f.values.len() != f.experts.len() * f.experts.len()) {
            return Err(format!("{} numbers for {} experts at step {}", odd.values.len(), odd.experts.len(), odd.step));
        }
        if frames.windows(2).any(|w| w[0].step > w[1].step) {
            return Err("steps that do not ascend".into());
        }
        Ok(Self { frames, every, pushes })
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
        let (every, pushes) = frames.pace();
        assert_eq!(Keyframes::from_parts(frames.frames().to_vec(), every, pushes), Ok(frames));
    }

    #[test]
    fn parts_that_fit_no_keyframes_are_refused() {
        let frame =
            |step, numbers| Keyframe { step, experts: vec![ExpertId(0), ExpertId(1)], values: vec![0.5; numbers] };
        for (frames, pushes) in [
            (vec![frame(1, 3)], 1),
            (vec![frame(2, 4), frame(1, 4)], 2),
            (vec![frame(1, 4)], 0),
            (vec![frame(1, 4); Keyframes::FRAMES + 1], 1000),
        ] {
            assert!(Keyframes::from_parts(frames, 1, pushes).is_err());
        }
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
