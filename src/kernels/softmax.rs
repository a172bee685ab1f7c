//! Softmax over all experts of a row, or over the marked ones.

use burn::tensor::Tensor;

/// Softmax over the marked entries of each row; 0 elsewhere. Rows without a mark are all 0.
///
/// - `scores`: `[T, N]`; `mask`: `[T, N]` of 0 and 1, a constant
pub fn masked_softmax(scores: Tensor<2>, mask: &Tensor<2>) -> Tensor<2> {
    let mask = if scores.is_autodiff() { mask.clone().autodiff() } else { mask.clone() };
    let hidden = mask.clone().equal_elem(0.0);
    let scores = scores.mask_fill(hidden, -1e30);
    burn::tensor::activation::softmax(scores, 1) * mask
}
