//! Top-k as a mask over experts: exact for ties, for any k, on every device.
//!
//! The stock top-k will not do: on wgpu its kernel is unrolled over k (k = 255 takes a minute to compile and chooses
//! wrongly), and it reads a transposed view as if it were contiguous (burn 0.22.1). The shader is
//! `shaders/top_k.wgsl`, launched without any readback; its CPU twin works on slices.

use burn::backend::flex::FlexTensor;
use burn::backend::wgpu::{CubeTensor, into_contiguous};
use burn::backend::{Cube, Flex};
use burn::tensor::Tensor;
use rayon::prelude::*;

use super::host::Tasks;

use super::device::top_k::SHADER;
use super::launch::{blank, groups_for, sizes};

/// Marks the `k` largest of each row. Carries no gradient.
///
/// - `scores`: `[T, N]`
/// - returns `[T, N]` of zeros and exactly min(k, N) ones a row; equal scores go to the lower slot, NaN comes last
pub fn top_k_mask(scores: &Tensor<2>, k: usize) -> Tensor<2> {
    let scores = scores.clone().inner();
    match scores.clone().try_into_primitive::<Cube>() {
        Ok(scores) => Tensor::from_primitive::<Cube>(on_device(scores, k)),
        Err(_) => {
            let scores = scores.try_into_primitive::<Flex>().expect("a tensor is on wgpu or on the CPU backend");
            Tensor::from_primitive::<Flex>(on_host(scores, k))
        }
    }
}

/// The largest of each row as a one-hot row: `[T, N]` to `[T, N]`, without gradient.
pub fn first_choice(scores: &Tensor<2>) -> Tensor<2> {
    top_k_mask(scores, 1)
}

/// Launches the shader.
fn on_device(scores: CubeTensor, k: usize) -> CubeTensor {
    // A view's memory is in another order than its rows.
    let scores = into_contiguous(scores);
    let [tokens, experts] = sizes(&scores)[..] else { unreachable!("tokens and experts") };
    let mask = blank(&scores, &[tokens, experts]);
    let numbers = [tokens as u32, experts as u32, k as u32];
    SHADER.launch(&[&scores, &mask], &numbers, groups_for(tokens * experts, SHADER.group[0]));
    mask
}

/// The same on the host.
fn on_host(scores: FlexTensor, k: usize) -> FlexTensor {
    let scores = scores.to_contiguous();
    let shape = scores.layout().shape().clone();
    let mut mask = FlexTensor::zeros(shape.clone(), scores.dtype());
    mask_on_host(scores.storage::<f32>(), shape[1], k, mask.storage_mut::<f32>());
    mask
}

/// Whole numbers in the order of the floats: −0 equals 0, NaN is below all. The shader has the same function.
fn order(x: f32) -> u32 {
    let bits = x.to_bits();
    let magnitude = bits & 0x7fff_ffff;
    if magnitude > 0x7f80_0000 {
        0
    } else if magnitude == 0 {
        0x8000_0000
    } else if bits != magnitude {
        !bits
    } else {
        bits | 0x8000_0000
    }
}

/// Winners up to which a row is passed over once.
const FEW: usize = 8;

/// The slots of the `k` largest of `scores`, ascending, into `slots`: ties to the lower slot, NaN last.
#[inline]
pub(super) fn select(scores: &[f32], k: usize, slots: &mut Vec<usize>) {
    slots.clear();
    if k == 0 {
        return;
    }
    if k >= scores.len() {
        slots.extend(0..scores.len());
        return;
    }
    // For the few winners there usually are, one pass over the row beats sorting it.
    if k <= FEW {
        let mut best = [(0u32, 0usize); FEW];
        let mut found = 0;
        for (slot, &score) in scores.iter().enumerate() {
            let rank = order(score);
            if found == k && rank <= best[k - 1].0 {
                continue;
            }
            // Into its place, behind those that are as large.
            let mut place = found.min(k - 1);
            found = (found + 1).min(k);
            while place > 0 && best[place - 1].0 < rank {
                best[place] = best[place - 1];
                place -= 1;
            }
            best[place] = (rank, slot);
        }
        slots.extend(best[..k].iter().map(|&(_, slot)| slot));
    } else {
        slots.extend(0..scores.len());
        let before = |a: &usize, b: &usize| order(scores[*b]).cmp(&order(scores[*a])).then(a.cmp(b));
        slots.select_nth_unstable_by(k - 1, before);
        slots.truncate(k);
    }
    slots.sort_unstable();
}

/// Rows one task takes.
const ROWS: usize = 32;

/// Marks the `k` largest of each row of `scores` `[T × experts]` with 1 in `mask`, which comes in as zeros.
pub(crate) fn mask_on_host(scores: &[f32], experts: usize, k: usize, mask: &mut [f32]) {
    scores.par_chunks(ROWS * experts).zip(mask.par_chunks_mut(ROWS * experts)).tasks(|(scores, mask)| {
        let mut slots: Vec<usize> = Vec::with_capacity(experts);
        for (scores, mask) in scores.chunks_exact(experts).zip(mask.chunks_exact_mut(experts)) {
            select(scores, k, &mut slots);
            slots.iter().for_each(|&slot| mask[slot] = 1.0);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(scores: &[f32], k: usize) -> Vec<f32> {
        let mut mask = vec![0.0; scores.len()];
        mask_on_host(scores, 4, k, &mut mask);
        mask
    }

    #[test]
    fn marks_exactly_the_k_largest() {
        let scores = [0.1, 0.4, 0.3, 0.2, 4.0, -3.0, 2.0, 1.0];
        assert_eq!(mask(&scores, 1), [0., 1., 0., 0., 1., 0., 0., 0.]);
        assert_eq!(mask(&scores, 2), [0., 1., 1., 0., 1., 0., 1., 0.]);
        assert_eq!(mask(&scores, 4), [1.0; 8]);
    }

    #[test]
    fn ties_go_to_the_lower_slot_and_nan_comes_last() {
        assert_eq!(mask(&[1.0; 4], 2), [1., 1., 0., 0.]);
        assert_eq!(mask(&[0.0, -0.0, 0.0, -0.0], 3), [1., 1., 1., 0.]);
        assert_eq!(mask(&[f32::NAN, f32::NEG_INFINITY, f32::INFINITY, f32::NAN], 2), [0., 1., 1., 0.]);
        assert_eq!(mask(&[f32::NAN; 4], 2), [1., 1., 0., 0.]);
    }
}
