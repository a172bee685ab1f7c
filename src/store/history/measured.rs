//! What one step's counts and one probe say of a layer, by name.

use super::LayerMeasure;
use crate::domain::readings::LayerProbe;

/// What one step's counts say about the load of one layer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LoadNumbers {
    /// Sample standard deviation ÷ mean of the router's counts; 0 is even.
    pub cv: f64,
    /// Entropy ÷ ln N; 1 is even.
    pub entropy: f64,
    /// Experts whose silence rules luck out: see [`LastTokens::take_step`](super::LastTokens::take_step).
    pub dead: usize,
    /// (max c − c̄) ÷ c̄; 0 is even.
    pub max_vio: Option<f64>,
}

/// What a probe says of a layer, by name.
pub(super) fn measured(probe: &LayerProbe) -> [(LayerMeasure, Option<f64>); 27] {
    use LayerMeasure as M;
    let all = &probe.diagnosis;
    let (agreement, router, collapse) = (&all.agreement, &all.router, &all.collapse);
    [
        (M::Kappa, agreement.kappa),
        (M::Top1, agreement.top1),
        (M::Chance, agreement.chance),
        (M::Recall, agreement.recall_at_k),
        (M::ResponseCaptured, agreement.response_captured),
        (M::ResponseChance, all.beside.captured_at_random),
        (M::Skill, agreement.skill),
        (M::OutputCosine, all.similarity.mean_output_cosine),
        (M::EffectiveRank, collapse.effective_rank),
        (M::Jaccard, agreement.jaccard),
        (M::Kl, agreement.kl),
        (M::Spearman, agreement.spearman),
        (M::Ece, agreement.ece),
        (M::TokenEntropy, router.token_entropy),
        (M::MarginalEntropy, router.marginal_entropy),
        (M::Information, router.information),
        (M::Margin, router.margin),
        (M::ZLoss, router.z_loss),
        (M::Rc, collapse.rc),
        (M::StableRank, collapse.stable_rank),
        (M::ParticipationRatio, collapse.participation_ratio),
        (M::Anisotropy, collapse.anisotropy),
        (M::WorstCosine, all.similarity.worst_pair.map(|pair| pair.2)),
        (M::Cka, all.similarity.mean_cka),
        (M::Nmi, all.specialization.nmi),
        (M::Repetition, router.repetition),
        (M::ResponseChoice, router.response_choice),
    ]
}
