//! Version 1 of CompeteSMoE as published: its stale competition loss, which is never cleared and is added again.

use burn::tensor::Tensor;

use crate::domain::config::Form;
use crate::engine::model::ForwardSettings;

/// The competition losses that the published program of version 1 forgets to clear, one for each layer with experts: what
/// this policy adds to the loss beyond the terms of its layers. A layer's last competition loss counts again, with the
/// gradient it had, at every step at which the layer does not compete.
#[derive(Clone, Debug, Default)]
pub(crate) struct StaleCompetitionLosses(Vec<Option<StaleLoss>>);

/// A competition loss that was not cleared, with the gradient it had.
#[derive(Clone, Debug)]
struct StaleLoss {
    /// Weighted: `[1]`
    loss: Tensor<1>,
    /// `[P]`
    gradient: Tensor<1>,
}

/// A tracked forward pass from which a layer's competition loss can be taken.
pub(crate) struct CompetitionPass {
    /// All weights, one flat tensor per slot of the layout.
    pub leaves: Vec<Tensor<1>>,
    /// The weighted auxiliary loss of each layer with experts, `[1]`.
    pub auxiliary: Vec<Option<Tensor<1>>>,
}

impl StaleCompetitionLosses {
    /// None yet, for so many layers with experts.
    pub fn none(layers: usize) -> Self {
        Self(vec![None; layers])
    }

    /// Vectors as long as the weights that it holds.
    pub fn vectors(&self) -> usize {
        self.0.iter().flatten().count()
    }

    /// Whether a run that follows `settings` repeats the fault.
    fn repeated(settings: &ForwardSettings) -> bool {
        settings.faults.stale_competition_loss && settings.form == Form::Version1 && settings.policy.competes()
    }

    /// The stale losses of layers that do not compete now, as a term `[1]` of the loss with value and gradient as they
    /// were: g·w − (g·w as a constant) + loss. `None` if the fault is not repeated or nothing is stale.
    ///
    /// - `leaves`: all weights, one flat tensor per slot of the layout, tracked
    /// - `competing`: per layer with experts
    pub(crate) fn extra_loss(
        &self,
        settings: &ForwardSettings,
        leaves: &[Tensor<1>],
        competing: &[bool],
    ) -> Option<Tensor<1>> {
        if !Self::repeated(settings) {
            return None;
        }
        let weights = Tensor::cat(leaves.to_vec(), 0);
        let stale = self.0.iter().zip(competing).filter(|(_, competes)| !**competes).filter_map(|(s, _)| s.as_ref());
        stale
            .map(|StaleLoss { loss, gradient }| {
                let pull = (weights.clone() * gradient.clone().autodiff()).sum();
                pull.clone() - pull.inner().autodiff() + loss.clone().autodiff()
            })
            .reduce(|sum, term| sum + term)
    }

    /// What is stale after a step in which the layers `competing` competed; takes one more of the step's forward passes, and
    /// a backward pass, for each of them.
    ///
    /// # Errors
    /// Those of `forward`.
    pub fn after<E>(
        &self,
        settings: &ForwardSettings,
        competing: &[bool],
        forward: impl Fn() -> Result<CompetitionPass, E>,
    ) -> Result<Self, E> {
        let mut stale = self.clone();
        if !Self::repeated(settings) {
            return Ok(stale);
        }
        for layer in (0..competing.len()).filter(|&layer| competing[layer]) {
            let CompetitionPass { leaves, mut auxiliary } = forward()?;
            let Some(loss) = auxiliary[layer].take() else { continue };
            let mut gradients = loss.backward();
            let parts = leaves
                .into_iter()
                .map(|leaf| leaf.grad_remove(&mut gradients).unwrap_or_else(|| leaf.inner().zeros_like()));
            stale.0[layer] = Some(StaleLoss { loss: loss.inner(), gradient: Tensor::cat(parts.collect(), 0) });
        }
        Ok(stale)
    }

    /// Forgets all of them.
    pub(crate) fn forget(&mut self) {
        self.0.fill(None);
    }
}
