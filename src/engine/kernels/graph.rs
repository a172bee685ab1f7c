//! Autodiff: puts the backward pass of an operation into Burn's graph, whatever the number of its results.
//!
//! Burn knows steps with one result. An operation with several tracked ones is a hub, which nobody else sees, and a
//! child of it for each result. Backward steps run by depth, so all children that the loss depends on come before the
//! hub: each lays its gradient into a slot that it shares with the hub, and the hub takes them all. Nothing is added up
//! on the way, and a result that nothing was made of gets zeros.

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::TensorMetadata;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::{Device, FloatTensor};
use burn::backend::{Autodiff, AutodiffBackend};
use burn::tensor::{FloatDType, Shape};

use super::operation::{Native, Operation, SavedState};

/// A gradient for each tracked result, as far as there is one.
type Slots<B> = Arc<Mutex<Vec<Option<FloatTensor<B>>>>>;

/// The backward pass of an operation with N inputs and one tracked result.
#[derive(Debug)]
struct Back<O, const N: usize>(O);

/// The same with several tracked results.
#[derive(Debug)]
struct Hub<O, const N: usize>(O);

/// The way from the hub to result number so and so.
#[derive(Debug)]
struct Child(usize);

/// What the hub finds again.
#[derive(Clone, Debug)]
struct HubSeen<B: Native> {
    seen: SavedState<B>,
    slots: Slots<B>,
    /// Of the tracked results.
    shapes: Vec<Shape>,
    device: Device<B>,
}

impl<B: Native, O: Operation, const N: usize> Backward<B, N> for Back<O, N> {
    type State = SavedState<B>;

    fn backward(self, ops: Ops<Self::State, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let parents = ops.parents.map(|parent| parent.map(|node| node.id));
        hand_on(&self.0, parents, &ops.state, vec![gradient], gradients);
    }
}

impl<B: Native> Backward<B, 1> for Child {
    type State = Slots<B>;

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        ops.state.lock().unwrap_or_else(PoisonError::into_inner)[self.0] = Some(gradient);
    }
}

impl<B: Native, O: Operation, const N: usize> Backward<B, N> for Hub<O, N> {
    type State = HubSeen<B>;

    fn backward(self, ops: Ops<Self::State, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let HubSeen { seen, slots, shapes, device } = ops.state;
        let slots = std::mem::take(&mut *slots.lock().unwrap_or_else(PoisonError::into_inner));
        let zeros = |shape: Shape| B::float_zeros(shape, &device, FloatDType::F32);
        let each = slots.into_iter().zip(shapes).map(|(slot, shape)| slot.unwrap_or_else(|| zeros(shape)));
        let (each, parents) = (each.collect(), ops.parents.map(|parent| parent.map(|node| node.id)));
        hand_on(&self.0, parents, &seen, each, gradients);
    }
}

/// Runs the backward pass and gives each input that is tracked its gradient.
fn hand_on<B: Native, O: Operation, const N: usize>(
    op: &O,
    parents: [Option<NodeId>; N],
    seen: &SavedState<B>,
    each: Vec<FloatTensor<B>>,
    gradients: &mut Gradients,
) {
    let mut parts = B::back(op, seen, each);
    if let Some((which, whose)) = O::ALIKE {
        parts[which] = parts[whose].clone();
    }
    for (parent, part) in parents.into_iter().zip(parts) {
        if let (Some(parent), Some(part)) = (parent, part) {
            gradients.register::<B>(parent, part);
        }
    }
}

/// Runs `op` and hangs its backward pass into the graph: its results, the facts among them untracked.
pub(super) fn tracked<O: Operation, B: Native, C: CheckpointStrategy, const N: usize>(
    op: O,
    inputs: [FloatTensor<Autodiff<B, C>>; N],
) -> Vec<FloatTensor<Autodiff<B, C>>> {
    let nodes = inputs.each_ref().map(|input| input.node());
    let inputs: Vec<FloatTensor<B>> = inputs.into_iter().map(|input| input.into_primitive()).collect();
    let (mut outputs, kept) = B::run(&op, &inputs);
    debug_assert!(O::TRACKED >= 1 && O::TRACKED <= outputs.len());
    let seen: SavedState<B> = SavedState {
        inputs: inputs.into_iter().skip(O::UNREAD_INPUTS).collect(),
        outputs: O::READS_OUTPUTS.iter().map(|&place| outputs[place].clone()).collect(),
        kept,
    };
    let facts = outputs.split_off(O::TRACKED);
    let mut results = if O::TRACKED == 1 {
        let output = outputs.remove(0);
        match Back::<O, N>(op).prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(preparation) => vec![preparation.finish(seen, output)],
            OpsKind::UnTracked(preparation) => vec![preparation.finish(output)],
        }
    } else {
        branches::<O, B, C, N>(op, nodes, seen, outputs)
    };
    results.extend(facts.into_iter().map(Autodiff::<B, C>::from_inner));
    results
}

/// The tracked results of an operation that has several.
fn branches<O: Operation, B: Native, C: CheckpointStrategy, const N: usize>(
    op: O,
    nodes: [NodeGuard; N],
    seen: SavedState<B>,
    outputs: Vec<FloatTensor<B>>,
) -> Vec<FloatTensor<Autodiff<B, C>>> {
    let slots: Slots<B> = Arc::new(Mutex::new(vec![None; O::TRACKED]));
    let preparation = match Hub::<O, N>(op).prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(preparation) => preparation,
        OpsKind::UnTracked(_) => return outputs.into_iter().map(Autodiff::<B, C>::from_inner).collect(),
    };
    let (shapes, device) = (outputs.iter().map(TensorMetadata::shape).collect(), outputs[0].device());
    let hub = preparation.finish(HubSeen { seen, slots: slots.clone(), shapes, device }, outputs[0].clone());
    let child = |(place, output)| match Child(place).prepare::<C>([hub.node()]).compute_bound().stateful() {
        OpsKind::Tracked(preparation) => preparation.finish(slots.clone(), output),
        OpsKind::UnTracked(preparation) => preparation.finish(output),
    };
    outputs.into_iter().enumerate().map(child).collect()
}

#[cfg(test)]
mod tests {
    use burn::backend::Cube;
    use burn::backend::ops::FloatTensorOps;
    use burn::backend::wgpu::CubeTensor;
    use burn::tensor::{Device, Tensor};

    use super::super::device::fixture::graphics;
    use super::super::host::pool::Buffer;
    use super::super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply, without_gradient};

    /// a and b, `[L]` each, to a·b, a + 2b and, as a fact, a, which the backward pass reads in the place of the input.
    #[derive(Clone, Debug)]
    struct Pair;

    impl Operation for Pair {
        const NAME: &'static str = "pair";

        const TRACKED: usize = 2;

        const READS_OUTPUTS: &'static [usize] = &[2];

        const UNREAD_INPUTS: usize = 1;

        fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
            let (a, b) = (inputs[0], inputs[1]);
            let with =
                |f: fn(f32, f32) -> f32| a.values.iter().zip(b.values).map(|(&a, &b)| f(a, b)).collect::<Vec<f32>>();
            let (product, sum) = (with(|a, b| a * b), with(|a, b| a + 2.0 * b));
            Forward {
                outputs: vec![
                    HostTensor::like(&a, product),
                    HostTensor::like(&a, sum),
                    HostTensor::like(&a, a.values.to_vec()),
                ],
                kept: vec![],
            }
        }

        fn host_back(
            &self,
            past: SavedTensors<'_, HostView<'_>, Buffer>,
            gradients: &[HostView<'_>],
        ) -> Vec<Option<HostTensor>> {
            assert_eq!((gradients.len(), past.inputs.len(), past.outputs.len()), (2, 1, 1));
            let with = |other: &[f32], times: f32| {
                let each = gradients[0].values.iter().zip(gradients[1].values).zip(other);
                each.map(|((product, sum), other)| product * other + times * sum).collect::<Vec<f32>>()
            };
            let (a, b) = (past.outputs[0], past.inputs[0]);
            vec![Some(HostTensor::like(&a, with(b.values, 1.0))), Some(HostTensor::like(&b, with(a.values, 2.0)))]
        }

        fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
            let (a, b) = (inputs[0].clone(), inputs[1].clone());
            let sum = Cube::float_add(a.clone(), Cube::float_mul_scalar(b.clone(), 2.0f32.into()));
            Forward { outputs: vec![Cube::float_mul(a.clone(), b), sum, a], kept: vec![] }
        }

        fn device_back(
            &self,
            past: SavedTensors<'_, CubeTensor, CubeTensor>,
            gradients: &[CubeTensor],
        ) -> Vec<Option<CubeTensor>> {
            let with = |other: &CubeTensor, times: f32| {
                let sum = Cube::float_mul_scalar(gradients[1].clone(), times.into());
                Cube::float_add(Cube::float_mul(gradients[0].clone(), other.clone()), sum)
            };
            vec![Some(with(&past.inputs[0], 1.0)), Some(with(&past.outputs[0], 2.0))]
        }
    }

    fn pair(a: &Tensor<1>, b: &Tensor<1>) -> [Tensor<1>; 2] {
        let results = apply(Pair, [a.clone().into_dispatch(), b.clone().into_dispatch()]);
        let [product, sum, fact] = results.try_into().unwrap();
        let fact = without_gradient(Tensor::<1>::from_dispatch(fact));
        assert!(!fact.is_autodiff());
        assert_eq!(fact.into_data(), a.clone().inner().into_data());
        [Tensor::from_dispatch(product), Tensor::from_dispatch(sum)]
    }

    fn stock(a: &Tensor<1>, b: &Tensor<1>) -> [Tensor<1>; 2] {
        [a.clone() * b.clone(), a.clone() + b.clone() * 2.0]
    }

    /// What is made of the two results, from two leaves.
    type Make = fn(&dyn Fn(&Tensor<1>, &Tensor<1>) -> [Tensor<1>; 2], &Tensor<1>, &Tensor<1>) -> Tensor<1>;

    fn gradients(
        device: &Device,
        make: Make,
        of: &dyn Fn(&Tensor<1>, &Tensor<1>) -> [Tensor<1>; 2],
        tracked: [bool; 2],
    ) -> Vec<Option<Vec<f32>>> {
        let leaf = |values: [f32; 3], tracked: bool| {
            let leaf = Tensor::<1>::from_floats(values, device).autodiff();
            if tracked { leaf.require_grad() } else { leaf }
        };
        let (a, b) = (leaf([0.5, -1.5, 2.0], tracked[0]), leaf([3.0, 0.25, -0.75], tracked[1]));
        let mut gradients = make(of, &a, &b).sum().backward();
        let mut of = |leaf: Tensor<1>| leaf.grad_remove(&mut gradients).map(|g| g.into_data().try_to_vec().unwrap());
        vec![of(a), of(b)]
    }

    fn check(device: &Device) {
        let ways: [(&str, Make); 6] = [
            ("the first", |of, a, b| of(a, b)[0].clone() * 0.7),
            ("the second", |of, a, b| of(a, b)[1].clone().square()),
            ("both", |of, a, b| {
                let [product, sum] = of(a, b);
                product.square() + sum * 3.0
            }),
            ("each twice", |of, a, b| {
                let [product, sum] = of(a, b);
                product.clone() * sum.clone() + product * 0.3 - sum.square()
            }),
            ("two after each other", |of, a, b| {
                let [product, sum] = of(a, b);
                let [product, _] = of(&sum, &(product.exp() + a.clone()));
                product
            }),
            ("one beside an input", |of, a, b| of(a, b)[1].clone() * a.clone() + b.clone()),
        ];
        for (name, make) in ways {
            for tracked in [[true, true], [true, false], [false, true]] {
                let (ours, theirs) =
                    (gradients(device, make, &pair, tracked), gradients(device, make, &stock, tracked));
                for (ours, theirs) in ours.iter().zip(&theirs) {
                    assert_eq!(ours.is_some(), theirs.is_some(), "{name}, {tracked:?}");
                    let (ours, theirs) = (ours.as_deref().unwrap_or(&[]), theirs.as_deref().unwrap_or(&[]));
                    assert_eq!(ours.len(), theirs.len(), "{name}, {tracked:?}");
                    for (ours, stock) in ours.iter().zip(theirs) {
                        let near = (ours - stock).abs() <= 1e-6 * (1.0 + stock.abs());
                        assert!(near, "{name}, {tracked:?}: {ours}, stock {stock}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_operation_with_two_results_has_the_gradients_of_a_stock_composition() {
        check(&Device::flex());
        if let Some(device) = graphics("an_operation_with_two_results") {
            check(&device);
        }
    }

    #[test]
    fn results_of_constants_are_constants() {
        let constant = |values: [f32; 3]| Tensor::<1>::from_floats(values, &Device::flex());
        let (a, b) = (constant([1.0, 2.0, 3.0]), constant([0.5, 0.25, 0.0]));
        let [product, sum] = pair(&a.clone().autodiff(), &b.clone().autodiff());
        assert!(!product.is_require_grad() && !sum.is_require_grad());
        assert_eq!(product.inner().into_data(), (a * b).into_data());
    }
}
