//! Indices as one-hot rows.

use burn::tensor::{Int, Tensor};

/// Each index as a row with a one at its place. Carries no gradient.
///
/// - `index`: `[T]`, each below `classes`
/// - returns `[T, classes]`
pub(crate) fn one_hot(index: Tensor<1, Int>, classes: usize) -> Tensor<2> {
    let index = index.inner();
    let ([rows], device) = (index.dims(), index.device());
    let names = Tensor::<1, Int>::arange(0..classes as i64, &device).unsqueeze::<2>().expand([rows, classes]);
    index.unsqueeze_dim::<2>(1).expand([rows, classes]).equal(names).float()
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn one_at_its_place() {
        let index = Tensor::<1, Int>::from_data([2, 0], &Device::flex());
        let rows: Vec<f32> = one_hot(index, 3).into_data().try_to_vec().unwrap();
        assert_eq!(rows, [0., 0., 1., 1., 0., 0.]);
    }
}
