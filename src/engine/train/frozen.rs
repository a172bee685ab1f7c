//! What training leaves as it is: tensors the policy in force does not read, and those it holds frozen.

use burn::tensor::{Bool, Tensor};

use super::optimizer::Moments;
use super::trainer::Trainer;
use crate::domain::config::{Config, Form, Policy};
use crate::domain::state::Layout;
use crate::engine::model::{ForwardSettings, rescaled_part};

/// A mask over all weights, kept until the policy or its stage changes.
#[derive(Clone, Debug, Default)]
pub(super) struct FrozenMask {
    made_for: Option<(Policy, Form, bool, Vec<Vec<usize>>)>,
    /// `[P]`, true where nothing moves; `None` if everything does.
    mask: Option<Tensor<1, Bool>>,
}

/// Per slot of the layout, whether the policy leaves it as it is.
fn still_slots(config: &Config, layout: &Layout, orders: &ForwardSettings) -> Vec<bool> {
    let read = config.parts_for(orders.policy, orders.form, config.model.experts);
    let own = config.parts(config.model.experts);
    let stays = |part: &str| {
        let of_mixture = own.iter().any(|p| p.name == part);
        of_mixture && !(read.iter().any(|p| p.name == part) && orders.learns(part))
    };
    layout.slots.iter().map(|slot| stays(slot.part())).collect()
}

/// Weights and moments as they were before an update, where some of them must come back.
pub(super) struct Kept {
    weights: Tensor<1>,
    moments: Moments,
    /// Whether the update began from other weights than these.
    rescaled: bool,
}

impl Trainer {
    /// Puts the weights as the forward pass read them, `ready`, in the place of the present ones, and keeps those and
    /// the moments if some must come back. Else nothing is kept, so that the update may write in place.
    pub(super) fn before_update(&mut self, ready: Tensor<1>, orders: &ForwardSettings) -> Option<Kept> {
        let layers = self.progress.rosters.iter().enumerate();
        let frozen: Vec<Vec<usize>> =
            layers.map(|(layer, roster)| self.progress.interventions(layer).frozen_slots(roster)).collect();
        let key = (orders.policy, orders.form, orders.frozen, frozen);
        if self.still.made_for.as_ref() != Some(&key) {
            let slots = still_slots(&self.config, &self.layout, orders);
            let mask = || {
                let each = self.layout.slots.iter().zip(&slots);
                let mut mask: Vec<bool> =
                    each.flat_map(|(slot, &still)| std::iter::repeat_n(still, slot.count())).collect();
                for (slot, layer) in self.layout.slots.iter().filter_map(|slot| Some((slot, slot.expert_layer?))) {
                    let each = slot.count() / slot.shape[0];
                    let experts = key.3[layer].iter().filter(|_| slot.part().starts_with("experts."));
                    experts.for_each(|&expert| mask[slot.range()][expert * each..(expert + 1) * each].fill(true));
                }
                Tensor::<1, Bool>::from_data(mask.as_slice(), &self.device)
            };
            let some = slots.contains(&true) || key.3.iter().any(|layer| !layer.is_empty());
            let mask = some.then(mask);
            self.still = FrozenMask { made_for: Some(key), mask };
        }
        let rescaled = rescaled_part(orders.policy).is_some();
        let before = std::mem::replace(&mut self.weights, ready);
        let some_come_back = rescaled || self.still.mask.is_some();
        some_come_back.then(|| Kept { weights: before, moments: self.moments.clone(), rescaled })
    }

    /// Puts back what the step just taken must not have moved.
    ///
    /// Without gradient a tensor would still move: by its moments' momentum and by weight decay. And a halted step went
    /// back to the rescaled weights, though it must change nothing.
    pub(super) fn restore_frozen(&mut self, kept: Option<Kept>) {
        let Some(Kept { weights, moments, rescaled }) = kept else { return };
        let back = |new: &Tensor<1>, old: Tensor<1>, mask: &Tensor<1, Bool>| new.clone().mask_where(mask.clone(), old);
        if rescaled {
            let halted: Tensor<1, Bool> = self.alive.clone().equal_elem(0.0).expand([self.layout.len]);
            self.weights = back(&self.weights, weights.clone(), &halted);
        }
        if let Some(mask) = &self.still.mask {
            self.weights = back(&self.weights, weights, mask);
            self.moments.first = back(&self.moments.first, moments.first, mask);
            self.moments.second = back(&self.moments.second, moments.second, mask);
        }
    }
}
