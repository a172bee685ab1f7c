//! Frozen parameters: which slots of the layout an update leaves as they are, as a mask for the optimizer.

use burn::tensor::{Device, Tensor};

use crate::domain::config::{Config, Form, Policy};
use crate::domain::state::{Layout, Progress};
use crate::engine::model::ForwardSettings;

/// The mask over all weights, kept until the policy, its stage or the experts frozen on purpose change.
#[derive(Clone, Debug, Default)]
pub(super) struct FrozenMask {
    made_for: Option<FrozenBy>,
    /// `[P]`, 1 where weight and moments stay as they are, else 0; `None` if everything moves.
    mask: Option<Tensor<1>>,
}

/// What decides which parameters are frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FrozenBy {
    policy: Policy,
    form: Form,
    /// StableMoE's second stage.
    second_stage: bool,
    /// Slots of the experts frozen on purpose, per layer with experts.
    experts: Vec<Vec<usize>>,
}

impl FrozenMask {
    /// The mask in force: tensors that the policy does not read or does not move, and experts frozen on purpose.
    ///
    /// Without a gradient a tensor would still move: by the momentum of its moments and by weight decay.
    pub fn of(
        &mut self,
        config: &Config,
        layout: &Layout,
        progress: &Progress,
        settings: &ForwardSettings,
        device: &Device,
    ) -> Option<&Tensor<1>> {
        let layers = progress.rosters.iter().enumerate();
        let experts = layers.map(|(layer, roster)| progress.interventions(layer).frozen_slots(roster)).collect();
        let (policy, form, second_stage) = (settings.policy, settings.form, settings.frozen);
        let by = FrozenBy { policy, form, second_stage, experts };
        if self.made_for.as_ref() != Some(&by) {
            let mask = mask(config, layout, settings, &by.experts);
            self.mask = mask.contains(&1.0).then(|| Tensor::from_floats(mask.as_slice(), device));
            self.made_for = Some(by);
        }
        self.mask.as_ref()
    }
}

/// 1 for every frozen parameter, else 0: `[P]`.
fn mask(config: &Config, layout: &Layout, settings: &ForwardSettings, experts: &[Vec<usize>]) -> Vec<f32> {
    let read = config.parts_for(settings.policy, settings.form, config.model.experts);
    let own = config.parts(config.model.experts);
    let stays = |part: &str| {
        let of_mixture = own.iter().any(|p| p.name == part);
        of_mixture && !(read.iter().any(|p| p.name == part) && settings.learns(part))
    };
    let mut mask = vec![0.0; layout.len];
    for slot in &layout.slots {
        if stays(slot.part()) {
            mask[slot.range()].fill(1.0);
        }
        let Some(layer) = slot.expert_layer.filter(|_| slot.part().starts_with("experts.")) else { continue };
        let each = slot.count() / slot.shape[0];
        for &expert in &experts[layer] {
            mask[slot.range()][expert * each..(expert + 1) * each].fill(1.0);
        }
    }
    mask
}
