//! Health of experts from their weights alone: norms and ranks of every matrix, how alike experts and router rows are, and what of it
//! is out of the ordinary.

mod findings;
mod likeness;
mod likeness_matrix;
pub(super) mod matched;
mod router;
mod spectrum;

pub use findings::{Finding, FindingRule};
pub use likeness_matrix::LikenessMatrix;
pub use router::RouterHealth;
pub use spectrum::MatrixHealth;

use super::fault::{InspectError, TensorFault};
use super::layout::MixturePlan;
use super::model::Model;

/// Most experts of a layer whose pairs are compared.
pub(super) const MOST_COMPARED: usize = 2048;

/// Told of numbers that have been read since it was last told; says whether to go on.
pub type Watch<'a> = &'a (dyn Fn(u64) -> bool + Sync);

/// The health of one mixture.
#[derive(Clone, Debug)]
pub struct MixtureHealth {
    router: Option<RouterHealth>,
    experts: Option<ExpertsHealth>,
    unread: Option<String>,
    findings: Vec<Finding>,
}

/// The health of the experts of a mixture.
#[derive(Clone, Debug)]
pub struct ExpertsHealth {
    /// Absent in experts without a gate.
    pub gate: Option<MatrixHealth>,
    /// Of every expert's `up`.
    pub up: MatrixHealth,
    /// Of every expert's `down`.
    pub down: MatrixHealth,
    /// Cosine of gate, up and down in one vector as they lie, `[E × E]`; `None` for experts without numbers or of zeros. `None`
    /// as a whole above 2,048 experts.
    pub weight_cosine: Option<LikenessMatrix>,
    /// The same after the best order of one expert's neurons; `None` where that is too much work.
    pub matched_cosine: Option<LikenessMatrix>,
}

impl ExpertsHealth {
    /// Whether ranks of any of the matrices are estimated, not from all singular values.
    pub fn are_ranks_estimated(&self) -> bool {
        self.gate.iter().chain([&self.up, &self.down]).any(|matrix| matrix.is_estimated)
    }
}

impl MixtureHealth {
    /// Of its router; `None` if there is none.
    pub fn router(&self) -> Option<&RouterHealth> {
        self.router.as_ref()
    }

    /// Of its experts; `None` if they were not looked at, or cannot be read.
    pub fn experts(&self) -> Option<&ExpertsHealth> {
        self.experts.as_ref()
    }

    /// Why the experts cannot be read.
    pub fn unread(&self) -> Option<&str> {
        self.unread.as_deref()
    }

    /// What is out of the ordinary.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// Measures a mixture; `with_weights` says whether its experts are read at all. `None` if `watch` did not want to go on.
///
/// # Errors
/// A file that cannot be read. Numbers stored in an unknown way are no error but [`MixtureHealth::unread`].
pub(crate) fn measure(
    model: &Model,
    mixture: &MixturePlan,
    with_weights: bool,
    watch: Watch<'_>,
) -> Result<Option<MixtureHealth>, InspectError> {
    let router = model.router(mixture)?.map(|weights| RouterHealth::of(&weights));
    let mut health = MixtureHealth { router, experts: None, unread: None, findings: Vec::new() };
    if with_weights && !mixture.is_packed() {
        match experts(model, mixture, watch) {
            Ok(Some(found)) => health.experts = Some(found),
            Ok(None) => return Ok(None),
            Err(error) if is_unknown(&error) => health.unread = Some(error.to_string()),
            Err(error) => return Err(error),
        }
    }
    health.findings = findings::of(health.router.as_ref(), health.experts.as_ref());
    Ok(Some(health))
}

/// Numbers that [`measure`] reads of the experts of a mixture.
pub(crate) fn work(mixture: &MixturePlan) -> u64 {
    let numbers = mixture.expert_parameters().saturating_mul(mixture.experts() as u64);
    if mixture.is_packed() { 0 } else { numbers.saturating_mul(if mixture.experts() > MOST_COMPARED { 1 } else { 2 }) }
}

/// Whether numbers are stored in a way that is not known, so that nothing can be said of them.
pub(super) fn is_unknown(error: &InspectError) -> bool {
    matches!(
        error,
        InspectError::Tensor {
            fault: TensorFault::UnknownKind { .. }
                | TensorFault::UnknownQuantisation { .. }
                | TensorFault::Scales { .. },
            ..
        }
    )
}

fn experts(model: &Model, mixture: &MixturePlan, watch: Watch<'_>) -> Result<Option<ExpertsHealth>, InspectError> {
    let places = mixture.places();
    let of = |place| spectrum::of(model, mixture, place, watch);
    let gate = match places.gate.as_ref().map(of).transpose()? {
        Some(None) => return Ok(None),
        found => found.flatten(),
    };
    let Some(up) = of(&places.up)? else { return Ok(None) };
    let Some(down) = of(&places.down)? else { return Ok(None) };
    let (mut weight_cosine, mut matched_cosine) = (None, None);
    if mixture.experts() <= MOST_COMPARED {
        weight_cosine = likeness::of(model, mixture, watch)?;
        if weight_cosine.is_none() {
            return Ok(None);
        }
        if matched::is_feasible(mixture) {
            matched_cosine = matched::of(model, mixture, watch)?;
            if matched_cosine.is_none() {
                return Ok(None);
            }
        }
    }
    Ok(Some(ExpertsHealth { gate, up, down, weight_cosine, matched_cosine }))
}

#[cfg(test)]
mod tests;
