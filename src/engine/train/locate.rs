//! Where a number that is not finite was seen first: which layer, which tensor, and in an update, which knob made it.

use std::fmt;

use burn::tensor::{Tensor, Transaction};

use super::forward::{Tracked, gradient_of};
use super::frozen::FrozenMask;
use super::optimizer::{learning_rate, settings};
use super::trainer::Trainer;
use crate::domain::config::{Cause, KnobId};
use crate::engine::device::DeviceFailure;
use crate::engine::kernels::{AdamW, Tried, gradient_norm, update_is_finite};

/// What was not finite first.
#[derive(Clone, Debug, PartialEq)]
pub enum NonFinite {
    /// Nothing could be computed: the data can no longer be read.
    Data,
    /// A tensor of the forward or backward pass, or of the network: in words.
    Tensor(String),
    /// The length of the gradient, though each of its parts is finite.
    GradientNorm,
    /// Weights or moments as the optimizer would have written them; all that went into the update is finite.
    Update {
        /// Path of the tensor in the network, e.g. `blocks.0.experts.keys`.
        tensor: String,
        /// The number in the config that makes it so, if there is one.
        cause: Option<Cause>,
    },
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data => f.write_str("the data, which can no longer be read"),
            Self::Tensor(name) => f.write_str(name),
            Self::GradientNorm => f.write_str("the gradient norm, which overflowed"),
            Self::Update { tensor, cause: None } => write!(f, "the update of {tensor}"),
            Self::Update { tensor, cause: Some(cause) } => write!(f, "the update of {tensor}: {cause}"),
        }
    }
}

impl Trainer {
    /// Runs the next step's batch forward and backward without changing anything and names the first tensor that is
    /// not finite, in the order: weights, forward pass, loss, gradients, what the optimizer would write. Waits for the
    /// device.
    ///
    /// # Errors
    /// If the device cannot be read, or an update was cut off part-way.
    pub fn locate(&self) -> Result<NonFinite, DeviceFailure> {
        self.vectors().whole()?;
        let ready = self.ready();
        let Ok(Tracked { leaves, output, total, .. }) = self.tracked(&ready) else {
            return Ok(NonFinite::Data);
        };
        let mut suspects: Vec<(String, Tensor<1>)> = Vec::new();
        let mut suspect =
            |name: String, tensor: Tensor<1>| suspects.push((name, tensor.inner().is_finite().float().min()));
        for (slot, leaf) in self.layout().slots.iter().zip(&leaves) {
            suspect(format!("the weights {}", slot.name), leaf.clone());
        }
        let layers = self.config().model.moe_layers().zip(output.layers.iter().zip(&output.entering));
        for (block, (layer, entering)) in layers {
            let flat = |t: &Tensor<2>| t.clone().reshape([-1]);
            let place = |what: &str| format!("block {}, {what}", block + 1);
            suspect(place("hidden states entering the experts"), flat(entering));
            suspect(place("router logits"), flat(&layer.trace.routing.logits));
            if let Some(competition) = &layer.trace.competition {
                suspect(place("responses of the experts"), flat(&competition.affinity));
            }
            suspect(place("output of the experts"), flat(&layer.y));
            if let Some(auxiliary) = &layer.auxiliary {
                suspect(place("auxiliary loss"), auxiliary.clone());
            }
        }
        suspect("the logits".into(), output.logits.clone().reshape([-1]));
        suspect("the loss".into(), total.clone());
        let parts = gradient_of(&total, leaves);
        for (slot, gradient) in self.layout().slots.iter().zip(&parts) {
            let flag = gradient.clone().is_finite().float().min();
            suspects.push((format!("the gradient of {}", slot.name), flag));
        }
        let flags = read(suspects.iter().map(|(_, flag)| flag.clone()))?;
        let first = suspects.iter().zip(&flags).find(|(_, flag)| flag.contains(&0.0));
        match first {
            Some(((name, _), _)) => Ok(NonFinite::Tensor(name.clone())),
            None => self.locate_in_update(&ready, parts),
        }
    }

    /// The first tensor that the next update would make not finite, from the weights `ready` `[P]` and the gradient in
    /// the parts of the layout.
    fn locate_in_update(&self, ready: &Tensor<1>, parts: Vec<Tensor<1>>) -> Result<NonFinite, DeviceFailure> {
        let (config, progress) = (self.config(), self.progress());
        let vectors = [ready.clone(), self.vectors().moments().first.clone(), self.vectors().moments().second.clone()];
        let vectors = read(vectors.into_iter().chain(parts))?;
        let [weights, first, second, parts @ ..] = vectors.as_slice() else {
            return Err(DeviceFailure::Lost("a tensor was not read".into()));
        };
        let norm = gradient_norm(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
        if !norm.is_finite() {
            return Ok(NonFinite::GradientNorm);
        }
        let rate = learning_rate(&config.optimizer, progress.knobs.learning_rate, progress.step, config.steps);
        let settings = settings(&config.optimizer, rate, progress.updates + 1);
        let mut mask = FrozenMask::default();
        let mask = mask.of(config, self.layout(), progress, &self.orders(), self.device());
        let mask = match mask {
            Some(mask) => read(std::iter::once(mask.clone()))?.pop(),
            None => None,
        };
        for (slot, gradient) in self.layout().slots.iter().zip(parts) {
            let [weights, first, second] = [weights, first, second].map(|vector| &vector[slot.range()]);
            let frozen = mask.as_ref().map(|mask| &mask[slot.range()]);
            let tried = Tried { weights, first, second, gradient, frozen };
            let is_finite = |settings: &AdamW| update_is_finite(settings, tried, slot.decays(), norm);
            if !is_finite(&settings) {
                let cause = self.cause(&settings, is_finite);
                return Ok(NonFinite::Update { tensor: slot.name.clone(), cause });
            }
        }
        // The device adds up in another order, and came to more than a number holds.
        Ok(NonFinite::GradientNorm)
    }

    /// The first number of the config that, made usual, makes the update finite.
    fn cause(&self, settings: &AdamW, is_finite: impl Fn(&AdamW) -> bool) -> Option<Cause> {
        /// A usual learning rate, and ε.
        const USUAL: (f64, f64) = (1e-3, 1e-8);
        let (optimizer, rate) = (&self.config().optimizer, self.progress().knobs.learning_rate);
        let (learning_rate, decay) = (USUAL.0, USUAL.0 * optimizer.weight_decay);
        let tries = [
            (Cause::Epsilon(optimizer.epsilon), AdamW { epsilon: USUAL.1, ..*settings }),
            (Cause::Knob(KnobId::LearningRate, rate), AdamW { learning_rate, decay, ..*settings }),
            (Cause::WeightDecay(optimizer.weight_decay), AdamW { decay: 0.0, ..*settings }),
        ];
        tries.into_iter().find(|(_, usual)| is_finite(usual)).map(|(cause, _)| cause)
    }
}

/// Tensors on the host, in one read.
pub(super) fn read(tensors: impl Iterator<Item = Tensor<1>>) -> Result<Vec<Vec<f32>>, DeviceFailure> {
    let read = tensors.fold(Transaction::default(), Transaction::register);
    let data = read.try_execute().map_err(|error| DeviceFailure::of(error.to_string()))?;
    let values = |data: burn::tensor::TensorData| data.try_to_vec::<f32>();
    data.into_iter().map(values).collect::<Result<_, _>>().map_err(|error| DeviceFailure::Lost(format!("{error:?}")))
}
