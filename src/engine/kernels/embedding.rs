//! Embedding: token ids to rows of a table.

use burn::backend::Cube;
use burn::backend::ops::FloatTensorOps;
use burn::backend::wgpu::CubeTensor;
use burn::tensor::{Int, Tensor};

use super::host::pool::Buffer;
use super::launch::sizes;
use super::one_hot;
use super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply_one};

/// The row of each index: `[T]` and `[V, D]` to `[T, D]`.
///
/// On a graphics device a one-hot product: the backward pass of a stock lookup walks all tokens serially there.
pub fn embedding(index: Tensor<1, Int>, table: Tensor<2>) -> Tensor<2> {
    apply_one(Embedding, [index.inner().float().into_dispatch(), table.into_dispatch()])
}

/// Inputs: indices `[T]` as whole numbers in f32, table `[V, D]`. Output `[T, D]`.
#[derive(Clone, Debug)]
struct Embedding;

impl Operation for Embedding {
    const NAME: &'static str = "embedding";

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let (index, table) = (inputs[0].values, inputs[1]);
        let width = table.shape[1];
        let mut out = Vec::with_capacity(index.len() * width);
        for &i in index {
            out.extend_from_slice(&table.values[i as usize * width..(i as usize + 1) * width]);
        }
        Forward::bare(HostTensor::new([index.len(), width], out))
    }

    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>> {
        let (index, table) = (past.inputs[0].values, past.inputs[1]);
        let width = table.shape[1];
        let mut sums = vec![0.0; table.values.len()];
        for (&i, g) in index.iter().zip(gradients[0].values.chunks_exact(width)) {
            sums[i as usize * width..(i as usize + 1) * width].iter_mut().zip(g).for_each(|(sum, &g)| *sum += g);
        }
        vec![None, Some(HostTensor::like(&table, sums))]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        let (index, table) = (&inputs[0], inputs[1].clone());
        let index = Tensor::<1>::from_primitive::<Cube>(index.clone()).int();
        let rows = one_hot(index, sizes(&table)[0]).try_into_primitive::<Cube>().expect("it was made on this device");
        Forward::one(Cube::float_matmul(rows.clone(), table), vec![rows])
    }

    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>> {
        let rows = Cube::float_swap_dims(past.kept[0].clone(), 0, 1);
        vec![None, Some(Cube::float_matmul(rows, gradients[0].clone()))]
    }
}
