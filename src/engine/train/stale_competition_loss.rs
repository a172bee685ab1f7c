//! A fault of version 1: a layer's competition loss is never cleared and is added again at its router steps.

use burn::tensor::Tensor;

use super::trainer::Trainer;
use crate::domain::config::Form;
use crate::tasks::text::TextError;

/// A competition loss that was left lying, with the gradient it had.
#[derive(Clone, Debug)]
pub(super) struct StaleLoss {
    /// Weighted: `[1]`
    loss: Tensor<1>,
    /// `[P]`
    gradient: Tensor<1>,
}

impl Trainer {
    /// Whether the fault is repeated.
    fn repeats_stale(&self) -> bool {
        let knobs = &self.progress.knobs;
        self.config.faults.stale_competition_loss && knobs.form == Form::Version1 && knobs.policy.competes()
    }

    /// The losses left lying in layers that do not compete now, as a term `[1]` of the loss with value and gradient as
    /// they were: g·w − (g·w as a constant) + loss.
    pub(super) fn stale_term(&self, leaves: &[Tensor<1>], competing: &[bool]) -> Option<Tensor<1>> {
        if !self.repeats_stale() {
            return None;
        }
        let weights = Tensor::cat(leaves.to_vec(), 0);
        let lying =
            self.stale.iter().zip(competing).filter(|(_, competes)| !**competes).filter_map(|(s, _)| s.as_ref());
        lying
            .map(|StaleLoss { loss, gradient }| {
                let pull = (weights.clone() * gradient.clone().autodiff()).sum();
                pull.clone() - pull.inner().autodiff() + loss.clone().autodiff()
            })
            .reduce(|sum, term| sum + term)
    }

    /// What this step's competitions leave lying; taken by a forward and backward pass for each.
    ///
    /// # Errors
    /// If the text can no longer be read.
    pub(super) fn collect_stale_losses(
        &self,
        weights: &Tensor<1>,
        competing: &[bool],
    ) -> Result<Vec<Option<StaleLoss>>, TextError> {
        let mut stale = self.stale.clone();
        if !self.repeats_stale() {
            return Ok(stale);
        }
        for layer in (0..competing.len()).filter(|&layer| competing[layer]) {
            let tracked = self.tracked(weights)?;
            let Some(loss) = tracked.output.layers[layer].auxiliary.clone() else { continue };
            let mut gradients = loss.backward();
            let parts = tracked
                .leaves
                .iter()
                .map(|leaf| leaf.grad_remove(&mut gradients).unwrap_or_else(|| leaf.clone().inner().zeros_like()));
            stale[layer] = Some(StaleLoss { loss: loss.inner(), gradient: Tensor::cat(parts.collect(), 0) });
        }
        Ok(stale)
    }
}
