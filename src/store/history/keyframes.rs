//! Matrices over time, as keyframes.

use serde::{Deserialize, Serialize};

use super::thinned::{Framed, Thinned};
use crate::domain::roster::ExpertId;

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

/// Keyframes of one matrix.
pub(crate) type Keyframes = Thinned<Keyframe>;

impl Framed for Keyframe {
    const FRAMES: usize = 128;
    /// 4 MiB of f32.
    const NUMBERS: usize = 1 << 20;

    fn step(&self) -> u64 {
        self.step
    }

    fn numbers(&self) -> usize {
        self.values.len()
    }
}

impl Thinned<Keyframe> {
    /// Keyframes from the parts of a file.
    ///
    /// # Errors
    /// If they could not have come from keyframes: too many, not square, or steps that do not ascend.
    pub(crate) fn from_parts(frames: Vec<Keyframe>, every: u64, pushes: u64) -> Result<Self, String> {
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

    fn frame(step: u64, experts: &[ExpertId], values: &[f32]) -> Keyframe {
        Keyframe { step, experts: experts.to_vec(), values: values.to_vec() }
    }

    #[test]
    fn bounded_ascending_and_keeping_both_ends() {
        let ids = [ExpertId(0), ExpertId(1)];
        let mut frames = Keyframes::default();
        for step in 1..=5000 {
            frames.push(frame(step, &ids, &[step as f32; 4]));
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
        (1..=100).for_each(|step| frames.push(frame(step, &ids, &vec![0.0; 256 * 256])));
        let numbers: usize = frames.frames().iter().map(|f| f.values.len()).sum();
        assert!(numbers <= Keyframes::NUMBERS, "{numbers}");
        assert_eq!(frames.at(100).unwrap().step, 100);
    }
}
