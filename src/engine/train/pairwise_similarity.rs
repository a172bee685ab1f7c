//! Similarity of the experts' answers on the device: output cosine and linear CKA of every pair.
//!
//! The same numbers as [`crate::domain::measures::similarity::output_cosine`] and `cka::linear_cka` on the host, from the answers
//! where they lie. CKA by products of tokens: K_i = X_i X_iᵀ, ⟨K_i, K_j⟩ ÷ (‖K_i‖ ‖K_j‖).

use burn::tensor::{Tensor, s};

use crate::engine::kernels::{alike_on_host, unit_length};

/// Most numbers of all experts' products of tokens: 32 MiB.
const PRODUCTS: usize = 1 << 23;
/// Most tokens that CKA is computed on.
const TOKENS: usize = 512;

/// Tokens that CKA is computed on: all of `tokens`, or as many of them, evenly spread, as the memory allows.
pub(crate) fn tokens_compared(tokens: usize, experts: usize) -> usize {
    tokens.div_ceil(stride(tokens, experts))
}

/// Every how manieth token CKA is computed on.
fn stride(tokens: usize, experts: usize) -> usize {
    tokens.div_ceil((PRODUCTS / experts).isqrt().clamp(2, TOKENS)).max(1)
}

/// Mean cosine `[N × N]`, then CKA `[N × N]`, of `answers` `[N, T, D]`. CKA is NaN for an expert whose answers are all the
/// same.
pub fn compared(answers: Tensor<3>) -> Tensor<1> {
    let [experts, tokens, _] = answers.dims();
    match alike_on_host(&answers, stride(tokens, experts)) {
        Some(made) => made,
        None => by_stock(answers),
    }
}

/// The same by stock operations, on any device.
fn by_stock(answers: Tensor<3>) -> Tensor<1> {
    let [experts, tokens, _] = answers.dims();
    let units = unit_length(answers.clone()).reshape([experts as i32, -1]);
    let cosine = units.clone().matmul(units.transpose()) / tokens as f64;
    let stride = stride(tokens, experts) as i32;
    let sample = if stride > 1 { answers.slice(s![.., ..;stride, ..]) } else { answers };
    let centred = sample.clone() - sample.mean_dim(1);
    let products = centred.clone().matmul(centred.transpose()).reshape([experts as i32, -1]);
    let along = products.clone().matmul(products.transpose());
    // ‖K_i‖ of every expert, a column: the diagonal of the products' products.
    let diagonal = Tensor::<2>::eye(experts, &along.device()) * along.clone();
    let lengths = diagonal.sum_dim(1).sqrt();
    let cka = along / (lengths.clone().matmul(lengths.transpose()));
    Tensor::cat(vec![cosine.reshape([experts * experts]), cka.reshape([experts * experts])], 0)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::domain::measures::rows::Table;
    use crate::domain::measures::{cka, similarity};

    /// Every expert's answer, `[T][N × D]`, without a pattern; the last expert answers nearly as the first.
    fn answers(tokens: usize, experts: usize, width: usize) -> Vec<f64> {
        let own = |t: usize, e: usize, d: usize| ((t * 7919 + e * 104_729 + d * 31) as f64 * 0.618_033).sin();
        let twin = |e: usize| if e + 1 == experts { 0 } else { e };
        let of = |t: usize, e: usize, d: usize| own(t, twin(e), d) + 0.1 * own(t, e, d + 1) + 0.3;
        (0..tokens * experts * width).map(|i| of(i / (experts * width), i / width % experts, i % width)).collect()
    }

    #[test]
    fn the_device_says_what_the_host_says() {
        for (tokens, experts, width) in [(7, 1, 3), (64, 5, 8), (130, 8, 16), (600, 3, 4)] {
            let rows = answers(tokens, experts, width);
            let at = |e: usize, t: usize, d: usize| rows[(t * experts + e) * width + d] as f32;
            let flat: Vec<f32> = (0..experts * tokens * width)
                .map(|i| at(i / (tokens * width), i / width % tokens, i % width))
                .collect();
            let tensor = || {
                let flat = Tensor::<1>::from_floats(flat.as_slice(), &Device::flex());
                flat.reshape([experts, tokens, width])
            };
            let found: Vec<f32> = compared(tensor()).into_data().try_to_vec().unwrap();
            let stock: Vec<f32> = by_stock(tensor()).into_data().try_to_vec().unwrap();
            assert_eq!((found.len(), stock.len()), (2 * experts * experts, 2 * experts * experts));
            for (cell, (found, stock)) in found.iter().zip(&stock).enumerate() {
                let off = (found - stock).abs();
                assert!(
                    off < 1e-5,
                    "{tokens}×{experts}×{width}, {cell}: natively {found}, by stock operations {stock}"
                );
            }
            let cosine = similarity::output_cosine(&Table::new(&rows, experts * width), experts).unwrap();
            let kept: Vec<f64> =
                rows.chunks_exact(experts * width).step_by(stride(tokens, experts)).flat_map(<[f64]>::to_vec).collect();
            assert_eq!(kept.len() / (experts * width), tokens_compared(tokens, experts));
            let cka = cka::linear_cka(&Table::new(&kept, experts * width), experts).unwrap().matrix;
            for (cell, expected) in cosine.into_iter().chain(cka.into_iter().map(Option::unwrap)).enumerate() {
                let found = f64::from(found[cell]);
                assert!((found - expected).abs() < 1e-4, "{tokens}×{experts}×{width}, {cell}: {found}, not {expected}");
            }
        }
    }

    #[test]
    fn an_expert_that_always_answers_alike_has_no_cka() {
        let answers = Tensor::<3>::from_data([[[1.0, 2.0], [0.5, -1.0]], [[3.0, 3.0], [3.0, 3.0]]], &Device::flex());
        let found: Vec<f32> = compared(answers).into_data().try_to_vec().unwrap();
        assert!((found[4] - 1.0).abs() < 1e-5 && found[5..].iter().all(|value| value.is_nan()), "{found:?}");
    }
}
