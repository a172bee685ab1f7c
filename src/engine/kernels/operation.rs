//! The trait of kernels of our own: one per operation, one place for device and gradient.
//!
//! An [`Operation`] says how it runs on the host (plain slices) and on a graphics device (its shaders), forward and
//! backward. This file picks the device, `graph.rs` hangs the backward pass into Burn's graph; nothing else knows of
//! either.

use std::fmt::Debug;
use std::sync::Arc;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::tensor::FloatTensor;
use burn::backend::wgpu::{CubeTensor, into_contiguous};
use burn::backend::{Autodiff, Backend, Cube, Dispatch, DispatchTensor, Flex, backend_extension};
use burn::tensor::{DType, Shape, Tensor};

use super::graph::tracked;
use super::host::pool::Buffer;
use super::host::profile::{KernelPass, timed};

/// Numbers on the host that somebody else owns: row-major.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostView<'a> {
    /// Sizes, outermost first.
    pub shape: &'a [usize],
    /// The numbers.
    pub values: &'a [f32],
}

/// Numbers on the host: row-major.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HostTensor {
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// The numbers.
    pub values: Buffer,
}

impl HostTensor {
    /// Numbers of this shape.
    pub fn new<const R: usize>(shape: [usize; R], values: impl Into<Buffer>) -> Self {
        let values = values.into();
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        Self { shape: shape.to_vec(), values }
    }

    /// Numbers in the shape of `slab`.
    pub fn like(slab: &HostView<'_>, values: impl Into<Buffer>) -> Self {
        let values = values.into();
        debug_assert_eq!(slab.values.len(), values.len());
        Self { shape: slab.shape.to_vec(), values }
    }
}

/// Outputs of a forward pass.
#[derive(Clone, Debug)]
pub(crate) struct Forward<T, K> {
    /// The results: first those that carry gradient ([`Operation::TRACKED`]), then the facts, which carry none.
    pub outputs: Vec<T>,
    /// What the backward pass will want to see again besides inputs and results.
    pub kept: Vec<K>,
}

impl<T, K> Forward<T, K> {
    /// One result.
    pub fn one(output: T, kept: Vec<K>) -> Self {
        Self { outputs: vec![output], kept }
    }

    /// One result whose backward pass needs nothing more.
    pub fn bare(output: T) -> Self {
        Self::one(output, Vec::new())
    }
}

/// Tensors saved by the forward pass for the backward pass.
#[derive(Debug)]
pub(crate) struct SavedTensors<'a, T, K> {
    /// The inputs, contiguous, without the first [`Operation::UNREAD_INPUTS`].
    pub inputs: &'a [T],
    /// The results named in [`Operation::READS_OUTPUTS`].
    pub outputs: &'a [T],
    /// What was kept.
    pub kept: &'a [K],
}

/// One operation on both kinds of device, with its own backward pass.
///
/// The values of the struct are the settings that are not tensors. Inputs arrive contiguous. The backward pass gets the
/// gradient of each tracked result, zeros for one that nothing was made of, and gives one gradient per input: `None` for
/// an input that is a constant (a mask, a table); a tracked tensor passed there gets no gradient.
pub(crate) trait Operation: Clone + Debug + Send + Sync + 'static {
    /// What it is called in a profile.
    const NAME: &'static str;

    /// How many of the results, the first ones, carry gradient.
    const TRACKED: usize = 1;

    /// An input whose gradient is that of another one: which, and whose. It is `None` in what the backward pass gives.
    const ALIKE: Option<(usize, usize)> = None;

    /// Which results the backward pass reads, by place: no others are saved, so that their memory is free as soon as nobody else
    /// reads them.
    const READS_OUTPUTS: &'static [usize] = &[];

    /// How many of the inputs, the first ones, the backward pass does not read: they are not saved.
    const UNREAD_INPUTS: usize = 0;

    /// Forward on the host.
    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer>;

    /// Gradients of the inputs, on the host, from those of the tracked results.
    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>>;

    /// Forward on a graphics device.
    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor>;

    /// Gradients of the inputs, on a graphics device.
    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>>;
}

/// A backend that can run an [`Operation`].
pub(crate) trait Native: Backend {
    /// What it keeps for the backward pass.
    type Kept: Clone + Debug + Send + 'static;

    /// Forward: the results.
    fn run<O: Operation>(op: &O, inputs: &[FloatTensor<Self>]) -> (Vec<FloatTensor<Self>>, Self::Kept);

    /// Backward: `gradients` are those of the tracked results.
    fn back<O: Operation>(
        op: &O,
        seen: &SavedState<Self>,
        gradients: Vec<FloatTensor<Self>>,
    ) -> Vec<Option<FloatTensor<Self>>>;
}

/// A tensor on the host as a slice; its memory is in the order of its rows.
fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.as_slice::<f32>().is_some() { tensor } else { tensor.to_contiguous() }
}

/// The numbers of a contiguous tensor, row by row.
pub(super) fn slice(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice::<f32>().expect("made contiguous, in f32")
}

fn slab(tensor: &FlexTensor) -> HostView<'_> {
    HostView { shape: tensor.layout().shape().as_slice(), values: slice(tensor) }
}

fn slabs(tensors: &[FlexTensor]) -> Vec<HostView<'_>> {
    tensors.iter().map(slab).collect()
}

/// A block as a tensor, without a copy.
pub(super) fn hosted(block: HostTensor) -> FlexTensor {
    let layout = Layout::contiguous(Shape::from(block.shape));
    FlexTensor::new(block.values.into_bytes(), layout, DType::F32)
}

impl Native for Flex {
    type Kept = Arc<Vec<Buffer>>;

    fn run<O: Operation>(op: &O, inputs: &[FlexTensor]) -> (Vec<FlexTensor>, Self::Kept) {
        let inputs: Vec<FlexTensor> = inputs.iter().cloned().map(contiguous).collect();
        let made = timed(O::NAME, KernelPass::Forward, || op.host(&slabs(&inputs)));
        (made.outputs.into_iter().map(hosted).collect(), Arc::new(made.kept))
    }

    fn back<O: Operation>(op: &O, seen: &SavedState<Self>, gradients: Vec<FlexTensor>) -> Vec<Option<FlexTensor>> {
        let inputs: Vec<FlexTensor> = seen.inputs.iter().cloned().map(contiguous).collect();
        let gradients: Vec<FlexTensor> = gradients.into_iter().map(contiguous).collect();
        let (inputs, outputs) = (slabs(&inputs), slabs(&seen.outputs));
        let past = SavedTensors { inputs: &inputs, outputs: &outputs, kept: &seen.kept };
        let made = timed(O::NAME, KernelPass::Backward, || op.host_back(past, &slabs(&gradients)));
        made.into_iter().map(|block| block.map(hosted)).collect()
    }
}

impl Native for Cube {
    type Kept = Vec<CubeTensor>;

    fn run<O: Operation>(op: &O, inputs: &[CubeTensor]) -> (Vec<CubeTensor>, Self::Kept) {
        let inputs: Vec<CubeTensor> = inputs.iter().cloned().map(into_contiguous).collect();
        let made = op.device(&inputs);
        (made.outputs, made.kept)
    }

    fn back<O: Operation>(op: &O, seen: &SavedState<Self>, gradients: Vec<CubeTensor>) -> Vec<Option<CubeTensor>> {
        let inputs: Vec<CubeTensor> = seen.inputs.iter().cloned().map(into_contiguous).collect();
        let gradients: Vec<CubeTensor> = gradients.into_iter().map(into_contiguous).collect();
        op.device_back(SavedTensors { inputs: &inputs, outputs: &seen.outputs, kept: &seen.kept }, &gradients)
    }
}

/// Tensors saved by the forward pass for the backward pass, as a backend keeps them.
#[derive(Clone, Debug)]
pub(crate) struct SavedState<B: Native> {
    /// The inputs that are read.
    pub inputs: Vec<FloatTensor<B>>,
    /// The results that are read.
    pub outputs: Vec<FloatTensor<B>>,
    /// What else was kept.
    pub kept: B::Kept,
}

/// One method per number of inputs, as Burn's dispatch wants it.
#[expect(clippy::too_many_arguments, reason = "seven tensors go into a mixture with biases")]
#[backend_extension(Cube, Flex, Autodiff)]
pub trait Kernels: Backend {
    /// One input.
    fn one<O: Operation>(op: O, a: FloatTensor<Self>) -> Vec<FloatTensor<Self>>;

    /// Two inputs.
    fn two<O: Operation>(op: O, a: FloatTensor<Self>, b: FloatTensor<Self>) -> Vec<FloatTensor<Self>>;

    /// Three inputs.
    fn three<O: Operation>(
        op: O,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
    ) -> Vec<FloatTensor<Self>>;

    /// Four inputs.
    fn four<O: Operation>(
        op: O,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
    ) -> Vec<FloatTensor<Self>>;

    /// Five inputs.
    fn five<O: Operation>(
        op: O,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        e: FloatTensor<Self>,
    ) -> Vec<FloatTensor<Self>>;

    /// Six inputs.
    fn six<O: Operation>(
        op: O,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        e: FloatTensor<Self>,
        f: FloatTensor<Self>,
    ) -> Vec<FloatTensor<Self>>;

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
    ) -> Vec<FloatTensor<Self>>;
}

macro_rules! methods {
    ($($run:tt)+) => {
        fn one<O: Operation>(op: O, a: FloatTensor<Self>) -> Vec<FloatTensor<Self>> {
            $($run)+(op, [a])
        }
        fn two<O: Operation>(op: O, a: FloatTensor<Self>, b: FloatTensor<Self>) -> Vec<FloatTensor<Self>> {
            $($run)+(op, [a, b])
        }
        fn three<O: Operation>(op: O, a: FloatTensor<Self>, b: FloatTensor<Self>, c: FloatTensor<Self>) -> Vec<FloatTensor<Self>> {
            $($run)+(op, [a, b, c])
        }
        fn four<O: Operation>(op: O, a: FloatTensor<Self>, b: FloatTensor<Self>, c: FloatTensor<Self>, d: FloatTensor<Self>) -> Vec<FloatTensor<Self>> {
            $($run)+(op, [a, b, c, d])
        }
        fn five<O: Operation>(op: O, a: FloatTensor<Self>, b: FloatTensor<Self>, c: FloatTensor<Self>, d: FloatTensor<Self>, e: FloatTensor<Self>) -> Vec<FloatTensor<Self>> {
            $($run)+(op, [a, b, c, d, e])
        }
        fn six<O: Operation>(op: O, a: FloatTensor<Self>, b: FloatTensor<Self>, c: FloatTensor<Self>, d: FloatTensor<Self>, e: FloatTensor<Self>, f: FloatTensor<Self>) -> Vec<FloatTensor<Self>> {
            $($run)+(op, [a, b, c, d, e, f])
        }
        fn seven<O: Operation>(op: O, a: FloatTensor<Self>, b: FloatTensor<Self>, c: FloatTensor<Self>, d: FloatTensor<Self>, e: FloatTensor<Self>, f: FloatTensor<Self>, g: FloatTensor<Self>) -> Vec<FloatTensor<Self>> {
            $($run)+(op, [a, b, c, d, e, f, g])
        }
    };
}

fn on_flex<O: Operation, const N: usize>(op: O, inputs: [FlexTensor; N]) -> Vec<FlexTensor> {
    Flex::run(&op, &inputs).0
}

fn on_cube<O: Operation, const N: usize>(op: O, inputs: [CubeTensor; N]) -> Vec<CubeTensor> {
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
pub(super) fn apply<O: Operation, const N: usize>(op: O, inputs: [DispatchTensor; N]) -> Vec<DispatchTensor> {
    let mut inputs = inputs.into_iter();
    let mut next = || inputs.next().expect("as many inputs as the array is long");
    match N {
        1 => Dispatch::one(op, next()),
        2 => Dispatch::two(op, next(), next()),
        3 => Dispatch::three(op, next(), next(), next()),
        4 => Dispatch::four(op, next(), next(), next(), next()),
        5 => Dispatch::five(op, next(), next(), next(), next(), next()),
        6 => Dispatch::six(op, next(), next(), next(), next(), next(), next()),
        7 => Dispatch::seven(op, next(), next(), next(), next(), next(), next(), next()),
        _ => unreachable!("an operation with {N} inputs"),
    }
}

/// The same for an operation with one result.
pub(super) fn apply_one<O: Operation, const N: usize, const R: usize>(op: O, inputs: [DispatchTensor; N]) -> Tensor<R> {
    Tensor::from_dispatch(apply(op, inputs).pop().expect("an operation has a result"))
}

/// A fact on its own, as masks are handed about: no part of any graph.
pub(super) fn without_gradient<const R: usize>(fact: Tensor<R>) -> Tensor<R> {
    if fact.is_autodiff() { fact.inner() } else { fact }
}

/// A tensor that lives on the host ([`on_host`]), contiguous and without its graph, to be read by [`slice`].
pub(super) fn host_tensor<const R: usize>(tensor: Tensor<R>) -> FlexTensor {
    let tensor = without_gradient(tensor).try_into_primitive::<Flex>();
    contiguous(tensor.expect("all tensors of an operation are on one device"))
}

/// Whether a tensor lives on the host.
pub(super) fn on_host<const R: usize>(tensor: &Tensor<R>) -> bool {
    tensor.clone().inner().try_into_primitive::<Flex>().is_ok()
}
