//! Choosing among experts: top-k as a mask, the first choice, indices as one-hot rows.
//!
//! Choices carry no gradient. Ties go to the lower slot on the CPU and to either on a GPU.

use burn::tensor::{Int, Tensor};

/// Marks the `k` largest of each row.
///
/// - `scores`: `[T, N]`, finite
/// - returns `[T, N]` of zeros and exactly `k` ones per row, not tracked
pub fn top_k_mask(scores: &Tensor<2>, k: usize) -> Tensor<2> {
    let scores = scores.clone().inner();
    let [tokens, experts] = scores.dims();
    if k >= experts {
        return scores.ones_like();
    }
    if k == 1 {
        return one_hot(scores.argmax(1).reshape([tokens]), experts);
    }
    let (_, index) = scores.topk_with_indices(k, 1);
    one_hot(index.reshape([tokens * k]), experts).reshape([tokens, k, experts]).sum_dim(1).squeeze_dim(1)
}

/// The largest of each row as a one-hot row: `[T, N]` to `[T, N]`, not tracked.
pub fn first_choice(scores: &Tensor<2>) -> Tensor<2> {
    top_k_mask(scores, 1)
}

/// Each index as a row with a one at its place.
///
/// - `index`: `[T]`, each below `classes`
/// - returns `[T, classes]`, not tracked
pub fn one_hot(index: Tensor<1, Int>, classes: usize) -> Tensor<2> {
    let ([rows], device) = (index.dims(), index.device());
    let names = Tensor::<1, Int>::arange(0..classes as i64, &device).unsqueeze::<2>().expand([rows, classes]);
    index.unsqueeze_dim::<2>(1).expand([rows, classes]).equal(names).float()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    fn mask(scores: [[f32; 4]; 2], k: usize) -> Vec<f32> {
        let scores = Tensor::<2>::from_data(scores, &Device::flex());
        top_k_mask(&scores, k).into_data().try_to_vec().unwrap()
    }

    #[test]
    fn marks_exactly_the_k_largest() {
        let scores = [[0.1, 0.4, 0.3, 0.2], [4.0, -3.0, 2.0, 1.0]];
        assert_eq!(mask(scores, 1), [0., 1., 0., 0., 1., 0., 0., 0.]);
        assert_eq!(mask(scores, 2), [0., 1., 1., 0., 1., 0., 1., 0.]);
        assert_eq!(mask(scores, 4), [1.0; 8]);
    }

    #[test]
    fn ties_still_mark_exactly_k_and_the_lower_slot() {
        assert_eq!(mask([[1.0; 4]; 2], 2), [1., 1., 0., 0., 1., 1., 0., 0.]);
        assert_eq!(mask([[1.0; 4]; 2], 1), [1., 0., 0., 0., 1., 0., 0., 0.]);
    }
}
