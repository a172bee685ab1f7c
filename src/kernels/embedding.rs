//! Bytes as vectors.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::{Int, Tensor};

use super::host::pool::Buffer;
use super::one_hot;
use super::operation::{Block, Made, Operation, Past, Slab, apply, on_host};

/// The row of each index: `[T]` and `[V, D]` to `[T, D]`.
///
/// On a graphics device a one-hot product: the backward pass of a stock lookup walks all tokens serially there.
pub fn embedding(index: Tensor<1, Int>, table: Tensor<2>) -> Tensor<2> {
    if on_host(&table) {
        return apply(Embedding, [index.inner().float().into_dispatch(), table.into_dispatch()]);
    }
    let [rows, _] = table.dims();
    let bytes = one_hot(index, rows);
    let bytes = if table.is_autodiff() { bytes.autodiff() } else { bytes };
    bytes.matmul(table)
}

/// Inputs: indices `[T]` as whole numbers in f32, table `[V, D]`. Output `[T, D]`.
#[derive(Clone, Debug)]
struct Embedding;

impl Operation for Embedding {
    fn host(&self, inputs: &[Slab<'_>]) -> Made<Block, Buffer> {
        let (index, table) = (inputs[0].values, inputs[1]);
        let width = table.shape[1];
        let mut out = Vec::with_capacity(index.len() * width);
        for &i in index {
            out.extend_from_slice(&table.values[i as usize * width..(i as usize + 1) * width]);
        }
        Made::bare(Block::new([index.len(), width], out))
    }

    fn host_back(&self, past: Past<'_, Slab<'_>, Buffer>, gradient: &[f32]) -> Vec<Option<Block>> {
        let (index, table) = (past.inputs[0].values, past.inputs[1]);
        let width = table.shape[1];
        let mut sums = vec![0.0; table.values.len()];
        for (&i, g) in index.iter().zip(gradient.chunks_exact(width)) {
            sums[i as usize * width..(i as usize + 1) * width].iter_mut().zip(g).for_each(|(sum, &g)| *sum += g);
        }
        vec![None, Some(Block::like(&table, sums))]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Made<CubeTensor, CubeTensor> {
        unreachable!("{} inputs: a one-hot product on a graphics device", inputs.len())
    }

    fn device_back(&self, past: Past<'_, CubeTensor, CubeTensor>, gradient: CubeTensor) -> Vec<Option<CubeTensor>> {
        unreachable!("{} kept, {:?}: a one-hot product on a graphics device", past.kept.len(), gradient.dtype)
    }
}
