//! Where a number that is not finite was seen first: which layer, which tensor.

use burn::tensor::{Tensor, Transaction};

use super::step::Tracked;
use super::trainer::Trainer;
use crate::device::DeviceFailure;

impl Trainer {
    /// Runs the next step's batch forward and backward without changing anything and names the first tensor that is
    /// not finite, in the order: weights, forward pass, loss, gradients. Waits for the device.
    ///
    /// # Errors
    /// If the device cannot be read, or an update was cut off part-way.
    pub fn locate(&self) -> Result<String, DeviceFailure> {
        self.commit.whole()?;
        let Ok(Tracked { leaves, output, total, .. }) = self.tracked(&self.ready()) else {
            return Ok("the text, which can no longer be read".into());
        };
        let mut suspects: Vec<(String, Tensor<1>)> = Vec::new();
        let mut suspect =
            |name: String, tensor: Tensor<1>| suspects.push((name, tensor.inner().is_finite().float().min()));
        for (slot, leaf) in self.layout.slots.iter().zip(&leaves) {
            suspect(format!("the weights {}", slot.name), leaf.clone());
        }
        let layers = self.config.model.moe_layers().zip(output.layers.iter().zip(&output.entering));
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
        let mut gradients = total.backward();
        for (slot, leaf) in self.layout.slots.iter().zip(&leaves) {
            if let Some(gradient) = leaf.grad_remove(&mut gradients) {
                suspects.push((format!("the gradient of {}", slot.name), gradient.is_finite().float().min()));
            }
        }
        let mut transaction = Transaction::default();
        for (_, flag) in &suspects {
            transaction = transaction.register(flag.clone());
        }
        let flags = transaction.try_execute().map_err(|e| DeviceFailure::of(e.to_string()))?;
        let bad = |data: &burn::tensor::TensorData| data.iter::<f32>().any(|flag| flag == 0.0);
        let first = suspects.iter().zip(&flags).find(|(_, flag)| bad(flag)).map(|((name, _), _)| name.clone());
        Ok(first.unwrap_or_else(|| "the norm of the gradient, which is too large to be a number".into()))
    }
}
