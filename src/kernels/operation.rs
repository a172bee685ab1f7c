//! The door through which every kernel of our own goes: one trait per operation, one place for device and gradient.
//!
//! An [`Operation`] says how it runs on the host (plain slices) and on a graphics device (its shaders), forward and
//! backward. This file picks the device and hangs the backward pass into Burn's graph; nothing else knows of either.

use std::fmt::Debug;
use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::tensor::FloatTensor;
use burn::backend::wgpu::{CubeTensor, into_contiguous};
use burn::backend::{Autodiff, Backend, Cube, Dispatch, DispatchTensor, Flex, backend_extension};
use burn::tensor::{Bytes, DType, Shape, Tensor};

use super::host::pool::Buffer;

/// Numbers on the host that somebody else owns: row-major.
#[derive(Clone, Copy, Debug)]
pub struct Slab<'a> {
    /// Sizes, outermost first.
    pub shape: &'a [usize],
    /// The numbers.
    pub values: &'a [f32],
}

/// Numbers on the host: row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// The numbers.
    pub values: Vec<f32>,
}

impl Block {
    /// Numbers of this shape.
    pub fn new<const R: usize>(shape: [usize; R], values: Vec<f32>) -> Self {
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        Self { shape: shape.to_vec(), values }
    }

    /// Numbers in the shape of `slab`.
    pub fn like(slab: &Slab<'_>, values: Vec<f32>) -> Self {
        debug_assert_eq!(slab.values.len(), values.len());
        Self { shape: slab.shape.to_vec(), values }
    }
}

/// What a forward pass makes.
#[derive(Clone, Debug)]
pub struct Made<T, K> {
    /// The result.
    pub output: T,
    /// What the backward pass will want to see again besides inputs and output.
    pub kept: Vec<K>,
}

impl<T, K> Made<T, K> {
    /// A result whose backward pass needs nothing more.
    pub fn bare(output: T) -> Self {
        Self { output, kept: Vec::new() }
    }
}

/// What a backward pass sees of the forward pass.
#[derive(Debug)]
pub struct Past<'a, T, K> {
    /// The inputs, contiguous.
    pub inputs: &'a [T],
    /// The result.
    pub output: T,
    /// What was kept.
    pub kept: &'a [K],
}

/// One operation on both kinds of device, with its own backward pass.
///
/// The values of the struct are the settings that are not tensors. Inputs arrive contiguous. A gradient is `None` for
/// an input that is a constant (a mask, a table); whoever passes a tracked tensor there gets no gradient for it.
pub trait Operation: Clone + Debug + Send + Sync + 'static {
    /// Forward on the host.
    fn host(&self, inputs: &[Slab<'_>]) -> Made<Block, Buffer>;

    /// Gradients of the inputs, on the host, from the gradient of the output.
    fn host_back(&self, past: Past<'_, Slab<'_>, Buffer>, gradient: &[f32]) -> Vec<Option<Block>>;

    /// Forward on a graphics device.
    fn device(&self, inputs: &[CubeTensor]) -> Made<CubeTensor, CubeTensor>;

    /// Gradients of the inputs, on a graphics device.
    fn device_back(&self, past: Past<'_, CubeTensor, CubeTensor>, gradient: CubeTensor) -> Vec<Option<CubeTensor>>;
}

/// A backend that can run an [`Operation`].
pub trait Native: Backend {
    /// What it keeps for the backward pass.
    type Kept: Clone + Debug + Send + 'static;

    /// Forward.
    fn run<O: Operation>(op: &O, inputs: &[FloatTensor<Self>]) -> (FloatTensor<Self>, Self::Kept);

    /// Backward.
    fn back<O: Operation>(op: &O, seen: &Seen<Self>, gradient: FloatTensor<Self>) -> Vec<Option<FloatTensor<Self>>>;
}

/// A tensor on the host as a slice; its memory is in the order of its rows.
fn contiguous(tensor: &FlexTensor) -> FlexTensor {
    if tensor.as_slice::<f32>().is_some() { tensor.clone() } else { tensor.to_contiguous() }
}

fn slab(tensor: &FlexTensor) -> Slab<'_> {
    let values = tensor.as_slice::<f32>().expect("made contiguous, in f32");
    Slab { shape: tensor.layout().shape().as_slice(), values }
}

/// A block as a tensor, without a copy.
pub(super) fn hosted(block: Block) -> FlexTensor {
    let layout = Layout::contiguous(Shape::from(block.shape));
    FlexTensor::new(Bytes::from_elems(block.values), layout, DType::F32)
}

impl Native for Flex {
    type Kept = Arc<Vec<Buffer>>;

    fn run<O: Operation>(op: &O, inputs: &[FlexTensor]) -> (FlexTensor, Self::Kept) {
        let inputs: Vec<FlexTensor> = inputs.iter().map(contiguous).collect();
        let slabs: Vec<Slab<'_>> = inputs.iter().map(slab).collect();
        let made = op.host(&slabs);
        (hosted(made.output), Arc::new(made.kept))
    }

    fn back<O: Operation>(op: &O, seen: &Seen<Self>, gradient: FlexTensor) -> Vec<Option<FlexTensor>> {
        let inputs: Vec<FlexTensor> = seen.inputs.iter().map(contiguous).collect();
        let slabs: Vec<Slab<'_>> = inputs.iter().map(slab).collect();
        let past = Past { inputs: &slabs, output: slab(&seen.output), kept: &seen.kept };
        let gradient = contiguous(&gradient);
        op.host_back(past, slab(&gradient).values).into_iter().map(|block| block.map(hosted)).collect()
    }
}

impl Native for Cube {
    type Kept = Vec<CubeTensor>;

    fn run<O: Operation>(op: &O, inputs: &[CubeTensor]) -> (CubeTensor, Self::Kept) {
        let inputs: Vec<CubeTensor> = inputs.iter().cloned().map(into_contiguous).collect();
        let made = op.device(&inputs);
        (made.output, made.kept)
    }

    fn back<O: Operation>(op: &O, seen: &Seen<Self>, gradient: CubeTensor) -> Vec<Option<CubeTensor>> {
        let inputs: Vec<CubeTensor> = seen.inputs.iter().cloned().map(into_contiguous).collect();
        let past = Past { inputs: &inputs, output: seen.output.clone(), kept: &seen.kept };
        op.device_back(past, into_contiguous(gradient))
    }
}

/// The backward pass of any operation with N inputs.
#[derive(Debug)]
struct Back<O, const N: usize>(O);

/// What a backward pass finds again.
#[derive(Clone, Debug)]
pub struct Seen<B: Native> {
    inputs: Vec<FloatTensor<B>>,
    output: FloatTensor<B>,
    kept: B::Kept,
}

impl<B: Native, O: Operation, const N: usize> Backward<B, N> for Back<O, N> {
    type State = Seen<B>;

    fn backward(self, ops: Ops<Self::State, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let parts = B::back(&self.0, &ops.state, gradient);
        for (parent, part) in ops.parents.into_iter().zip(parts) {
            if let (Some(parent), Some(part)) = (parent, part) {
                gradients.register::<B>(parent.id, part);
            }
        }
    }
}

fn tracked<O: Operation, B: Native, C: CheckpointStrategy, const N: usize>(
    op: O,
    inputs: [FloatTensor<Autodiff<B, C>>; N],
) -> FloatTensor<Autodiff<B, C>> {
    let nodes = inputs.each_ref().map(|input| input.node());
    let inputs: Vec<FloatTensor<B>> = inputs.into_iter().map(|input| input.into_primitive()).collect();
    let (output, kept) = B::run(&op, &inputs);
    match Back::<O, N>(op).prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(preparation) => preparation.finish(Seen { inputs, output: output.clone(), kept }, output),
        OpsKind::UnTracked(preparation) => preparation.finish(output),
    }
}

/// One method per number of inputs, as Burn's dispatch wants it.
#[expect(clippy::too_many_arguments, reason = "seven tensors go into a mixture with biases")]
#[backend_extension(Cube, Flex, Autodiff)]
pub trait Kernels: Backend {
    /// One input.
    fn one<O: Operation>(op: O, a: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Two inputs.
    fn two<O: Operation>(op: O, a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Four inputs.
    fn four<O: Operation>(
        op: O,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// Five inputs.
    fn five<O: Operation>(
        op: O,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        e: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// Six inputs.
    fn six<O: Operation>(
        op: O,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        e: FloatTensor<Self>,
        f: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// Seven inputs.
    fn seven<O: Operation>(
        op: O,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        e: FloatTensor<Self>,
        f: FloatTensor<Self>,
        g: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

macro_rules! methods {
    ($($run:tt)+) => {
        fn one<O: Operation>(op: O, a: FloatTensor<Self>) -> FloatTensor<Self> {
            $($run)+(op, [a])
        }
        fn two<O: Operation>(op: O, a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
            $($run)+(op, [a, b])
        }
        fn four<O: Operation>(op: O, a: FloatTensor<Self>, b: FloatTensor<Self>, c: FloatTensor<Self>, d: FloatTensor<Self>) -> FloatTensor<Self> {
            $($run)+(op, [a, b, c, d])
        }
        fn five<O: Operation>(op: O, a: FloatTensor<Self>, b: FloatTensor<Self>, c: FloatTensor<Self>, d: FloatTensor<Self>, e: FloatTensor<Self>) -> FloatTensor<Self> {
            $($run)+(op, [a, b, c, d, e])
        }
        fn six<O: Operation>(op: O, a: FloatTensor<Self>, b: FloatTensor<Self>, c: FloatTensor<Self>, d: FloatTensor<Self>, e: FloatTensor<Self>, f: FloatTensor<Self>) -> FloatTensor<Self> {
            $($run)+(op, [a, b, c, d, e, f])
        }
        fn seven<O: Operation>(op: O, a: FloatTensor<Self>, b: FloatTensor<Self>, c: FloatTensor<Self>, d: FloatTensor<Self>, e: FloatTensor<Self>, f: FloatTensor<Self>, g: FloatTensor<Self>) -> FloatTensor<Self> {
            $($run)+(op, [a, b, c, d, e, f, g])
        }
    };
}

fn on_flex<O: Operation, const N: usize>(op: O, inputs: [FlexTensor; N]) -> FlexTensor {
    Flex::run(&op, &inputs).0
}

fn on_cube<O: Operation, const N: usize>(op: O, inputs: [CubeTensor; N]) -> CubeTensor {
    Cube::run(&op, &inputs).0
}

impl Kernels for Flex {
    methods!(on_flex::<O, _>);
}

impl Kernels for Cube {
    methods!(on_cube::<O, _>);
}

impl<B: Native, C: CheckpointStrategy> Kernels for Autodiff<B, C> {
    methods!(tracked::<O, B, C, _>);
}

/// Runs `op` on tensors wherever they live; differentiable in those that are tracked, the others are constants.
pub(super) fn apply<O: Operation, const N: usize, const R: usize>(op: O, inputs: [DispatchTensor; N]) -> Tensor<R> {
    let mut inputs = inputs.into_iter();
    let mut next = || inputs.next().expect("as many inputs as the array is long");
    Tensor::from_dispatch(match N {
        1 => Dispatch::one(op, next()),
        2 => Dispatch::two(op, next(), next()),
        4 => Dispatch::four(op, next(), next(), next(), next()),
        5 => Dispatch::five(op, next(), next(), next(), next(), next()),
        6 => Dispatch::six(op, next(), next(), next(), next(), next(), next()),
        7 => Dispatch::seven(op, next(), next(), next(), next(), next(), next(), next()),
        _ => unreachable!("an operation with {N} inputs"),
    })
}

/// Whether a tensor lives on the host.
pub(super) fn on_host<const R: usize>(tensor: &Tensor<R>) -> bool {
    tensor.clone().inner().try_into_primitive::<Flex>().is_ok()
}
