//! Weights, moments and selection biases of a trainer, flat on its device: changed by whole updates only.

use std::ops::Range;

use burn::tensor::{Bool, Device, Tensor, Transaction};

use super::commit::{Commit, CutOff};
use super::optimizer::Moments;
use crate::domain::state::{Array, Layout, Slot, State};
use crate::engine::device::DeviceFailure;
use crate::engine::kernels::{AdamW, OptimizerState, UpdateMasks, adamw};
use crate::engine::model::advanced_bias;

/// What training moves. Moments belong to their weights, and none of them can be read while an update is under way.
#[derive(Clone, Debug)]
pub(super) struct Vectors {
    /// All weights, `[P]`.
    weights: Tensor<1>,
    moments: Moments,
    /// Whether weights and moments are those after whole updates.
    commit: Commit,
    /// 1 where weight decay applies: `[P]`.
    decaying: Tensor<1>,
    /// 1 as long as every step since the last read was finite, else 0; a step that finds 0 changes nothing: `[1]`.
    alive: Tensor<1>,
    /// b of the bias-balanced policy: `[layers with experts, N]`.
    bias: Tensor<2>,
}

/// A part of the weights that was changed for an update, and what it was before.
pub(super) type Before = (Range<usize>, Tensor<1>);

impl Vectors {
    /// The vectors of `state` on the device.
    ///
    /// # Errors
    /// If the arrays are not those of the layout, or the biases not those of so many layers with experts.
    pub fn new(state: &State, layout: &Layout, layers: usize, experts: usize, device: &Device) -> Result<Self, String> {
        let bias = biases(&state.selection_bias, layers, experts)?;
        let flat = |arrays: &[Array]| gathered(layout, arrays, device);
        let decays = layout.slots.iter();
        let decaying: Vec<f32> =
            decays.flat_map(|slot| std::iter::repeat_n(f32::from(u8::from(slot.decays())), slot.count())).collect();
        Ok(Self {
            weights: flat(&state.weights)?,
            moments: Moments {
                first: flat(&state.moment1)?,
                second: flat(&state.moment2)?,
                largest_first: largest_first(state),
            },
            commit: Commit::default(),
            decaying: Tensor::from_floats(decaying.as_slice(), device),
            alive: Tensor::ones([1], device),
            bias: Tensor::<1>::from_floats(bias.as_slice(), device).reshape([layers, experts]),
        })
    }

    /// Whether the last update came to its end, so that they can be read.
    ///
    /// # Errors
    /// If it was cut off.
    pub fn whole(&self) -> Result<(), CutOff> {
        self.commit.whole()
    }

    /// All weights, `[P]`.
    pub fn weights(&self) -> &Tensor<1> {
        &self.weights
    }

    /// Their moments.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// b of the bias-balanced policy: `[layers with experts, N]`.
    pub fn bias(&self) -> &Tensor<2> {
        &self.bias
    }

    /// 1 as long as every step since the last read was finite, else 0: `[1]`.
    pub fn alive(&self) -> &Tensor<1> {
        &self.alive
    }

    /// Weights, first and second moments and biases on the host, each flat. Waits for the device.
    ///
    /// # Errors
    /// If the device cannot be read, or an update was cut off part-way.
    pub fn read(&self) -> Result<[Vec<f32>; 4], DeviceFailure> {
        self.commit.whole()?;
        let data = Transaction::default()
            .register(self.weights.clone())
            .register(self.moments.first.clone())
            .register(self.moments.second.clone())
            .register(self.bias.clone())
            .try_execute()
            .map_err(|e| DeviceFailure::of(e.to_string()))?;
        let read = data.into_iter().map(|d| d.try_to_vec::<f32>().map_err(|e| DeviceFailure::Lost(format!("{e:?}"))));
        let read: Vec<Vec<f32>> = read.collect::<Result<_, _>>()?;
        read.try_into().map_err(|_| DeviceFailure::Lost("a tensor was not read".into()))
    }

    /// Replaces a part of the weights; gives back what it was.
    pub fn replace(&mut self, range: Range<usize>, values: Tensor<1>) -> Before {
        let before = self.weights.clone().slice_dim(0, range.clone());
        self.weights = self.weights.clone().slice_assign(range.clone(), values);
        (range, before)
    }

    /// From here until [`Vectors::finish`] they cannot be read.
    pub fn begin(&mut self) {
        self.commit.begin();
    }

    /// One update of the optimizer by the gradient in `parts`, but for what is `frozen`; gives back the norm of the
    /// gradient, `[1]`. An update that is not finite halts it, and every later one until [`Vectors::revive`].
    ///
    /// - `total`: the loss, `[1]`
    pub fn update(
        &mut self,
        settings: &AdamW,
        parts: Vec<Tensor<1>>,
        frozen: Option<&Tensor<1>>,
        total: &Tensor<1>,
    ) -> Tensor<1> {
        let masks = UpdateMasks { decaying: &self.decaying, frozen };
        // Taken, not lent: who holds a vector alone may write into it. What stands there meanwhile is nobody's weights;
        // the open commit keeps it from being read.
        let take = |vector: &mut Tensor<1>| std::mem::replace(vector, total.clone());
        let vectors = OptimizerState {
            weights: take(&mut self.weights),
            first: take(&mut self.moments.first),
            second: take(&mut self.moments.second),
            largest_first: self.moments.largest_first,
        };
        self.commit.panic_if_asked();
        let (vectors, norm, alive) = adamw(settings, vectors, parts, masks, total, self.alive.clone());
        self.weights = vectors.weights;
        let OptimizerState { first, second, largest_first, .. } = vectors;
        self.moments = Moments { first, second, largest_first };
        self.alive = alive;
        norm
    }

    /// Puts back what was replaced before an update that was halted.
    pub fn put_back_if_halted(&mut self, replaced: Vec<Before>) {
        let halted: Tensor<1, Bool> = self.alive.clone().equal_elem(0.0);
        for (place, before) in replaced {
            let after = self.weights.clone().slice_dim(0, place.clone());
            let kept = after.mask_where(halted.clone().expand([place.len()]), before);
            self.weights = self.weights.clone().slice_assign(place, kept);
        }
    }

    /// Moves the biases of the bias-balanced policy by how often each expert was picked, `[layers with experts, N]`, unless
    /// the update was halted.
    pub fn advance_bias(&mut self, picked: Tensor<2>) {
        let moved = advanced_bias(self.bias.clone(), picked);
        let halted: Tensor<2, Bool> = self.alive.clone().equal_elem(0.0).reshape([1, 1]).expand(self.bias.dims());
        self.bias = moved.mask_where(halted, self.bias.clone());
    }

    /// Everything that belongs to the update stands: they can be read again.
    pub fn finish(&mut self) {
        self.commit.finish();
    }

    /// Lets updates move weights again after one that was halted.
    pub fn revive(&mut self, device: &Device) {
        self.alive = Tensor::ones([1], device);
    }

    /// Lets the next update panic while the weights are taken apart.
    pub fn panic_in_next_update(&mut self) {
        self.commit.panic_next();
    }
}

/// What no first moment exceeds in size; infinite if a weight or moment is not finite, or a second moment below 0.
fn largest_first(state: &State) -> f64 {
    let all = |arrays: &[Array], sound: fn(f32) -> bool| arrays.iter().flat_map(|a| &a.values).all(|&x| sound(x));
    let sound = all(&state.weights, f32::is_finite) && all(&state.moment2, |v| v.is_finite() && v >= 0.0);
    let first = state.moment1.iter().flat_map(|array| &array.values);
    let largest =
        first.fold(0.0f64, |most, &m| if m.is_finite() { most.max(f64::from(m.abs())) } else { f64::INFINITY });
    if sound { largest } else { f64::INFINITY }
}

/// Arrays as one flat tensor in the layout's order; each is checked by name, shape and length.
fn gathered(layout: &Layout, arrays: &[Array], device: &Device) -> Result<Tensor<1>, String> {
    if arrays.len() != layout.slots.len() {
        return Err(format!("{} tensors; the network has {}", arrays.len(), layout.slots.len()));
    }
    let mut flat = Vec::with_capacity(layout.len);
    for (slot, array) in layout.slots.iter().zip(arrays) {
        if (&array.name, &array.shape) != (&slot.name, &slot.shape) || array.values.len() != slot.count() {
            return Err(format!("found {} {:?}, expected {} {:?}", array.name, array.shape, slot.name, slot.shape));
        }
        flat.extend_from_slice(&array.values);
    }
    Ok(Tensor::from_floats(flat.as_slice(), device))
}

/// The selection biases in one row; zeros where none were kept.
fn biases(kept: &[Vec<f32>], layers: usize, experts: usize) -> Result<Vec<f32>, String> {
    if kept.is_empty() {
        return Ok(vec![0.0; layers * experts]);
    }
    if kept.len() != layers || kept.iter().any(|row| row.len() != experts) {
        return Err(format!("selection biases of {} layers; expected {layers} of {experts} experts", kept.len()));
    }
    Ok(kept.concat())
}

/// The flat vector as named arrays.
pub(super) fn scattered(layout: &Layout, flat: &[f32]) -> Vec<Array> {
    let array =
        |slot: &Slot| Array { name: slot.name.clone(), shape: slot.shape.clone(), values: flat[slot.range()].to_vec() };
    layout.slots.iter().map(array).collect()
}
