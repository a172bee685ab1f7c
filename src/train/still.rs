//! What training leaves as it is: tensors the policy in force does not read, and those it holds frozen.

use burn::tensor::{Bool, Tensor};

use super::optimizer::Moments;
use super::trainer::Trainer;
use crate::config::{Config, Form, Policy};
use crate::model::{Layout, Orders};

/// A mask over all weights, kept until the policy or its stage changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Still {
    made_for: Option<(Policy, Form, bool)>,
    /// `[P]`, true where nothing moves; `None` if everything does.
    mask: Option<Tensor<1, Bool>>,
}

/// Per slot of the layout, whether it stays as it is.
pub fn still_slots(config: &Config, layout: &Layout, orders: &Orders) -> Vec<bool> {
    let read = config.parts_for(orders.policy, orders.form, config.model.experts);
    let own = config.parts(config.model.experts);
    let stays = |part: &str| {
        let of_mixture = own.iter().any(|p| p.name == part);
        of_mixture && !(read.iter().any(|p| p.name == part) && orders.learns(part))
    };
    layout.slots.iter().map(|slot| stays(slot.part())).collect()
}

impl Trainer {
    /// Puts back what the step just taken must not have moved.
    ///
    /// Without gradient a tensor would still move: by its moments' momentum and by weight decay.
    ///
    /// - `before`, `moments`: weights and moments before the step, weights before any rescale
    pub(super) fn hold_still(&mut self, before: &Tensor<1>, moments: &Moments, orders: &Orders, rescaled: bool) {
        if rescaled {
            // A halted step restored the rescaled weights, and it must change nothing.
            let halted: Tensor<1, Bool> = self.alive.clone().equal_elem(0.0).expand([self.layout.len]);
            self.weights = self.weights.clone().mask_where(halted, before.clone());
        }
        let key = (orders.policy, orders.form, orders.frozen);
        if self.still.made_for != Some(key) {
            let slots = still_slots(&self.config, &self.layout, orders);
            let mask = || {
                let each = self.layout.slots.iter().zip(&slots);
                let mask: Vec<bool> = each.flat_map(|(slot, &still)| std::iter::repeat_n(still, slot.len())).collect();
                Tensor::<1, Bool>::from_data(mask.as_slice(), &self.device)
            };
            self.still = Still { made_for: Some(key), mask: slots.contains(&true).then(mask) };
        }
        if let Some(mask) = &self.still.mask {
            let back = |new: &Tensor<1>, old: &Tensor<1>| new.clone().mask_where(mask.clone(), old.clone());
            self.weights = back(&self.weights, before);
            self.moments =
                Moments { first: back(&self.moments.first, &moments.first), second: back(&self.moments.second, &moments.second) };
        }
    }
}
