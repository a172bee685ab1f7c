//! Trials of the fault lab: what was done, which measures should notice, and whether they did.

use crate::domain::interventions::Intervention;
use crate::domain::readings::ProbeReading;
use crate::domain::roster::{ExpertId, Roster};

/// Something done on purpose, and its signs.
#[derive(Clone, Debug, PartialEq)]
pub struct InterventionTrial {
    /// Steps done when it was done.
    pub step: u64,
    /// Layer with experts, from 0.
    pub layer: usize,
    /// What was done.
    pub intervention: Intervention,
    /// What should show it.
    pub signs: Vec<ExpectedEffect>,
}

/// A measure that should notice.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedEffect {
    /// Which.
    pub measure: Indicator,
    /// Whether it should rise; else it should fall.
    pub rises: bool,
    /// Right before; `None` if it could not be said.
    pub before: Option<f64>,
    /// At the newest probe since.
    pub after: Option<f64>,
    /// Whether it must move. The loss of a run that has learned little may go either way.
    pub certain: bool,
}

/// Indicators: measures of one layer of a probe that should show an intervention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indicator {
    /// exp of the load's entropy.
    EffectiveExperts,
    /// (max c − c̄) ÷ c̄.
    MaxVio,
    /// An expert's share of the picks.
    Share(ExpertId),
    /// An expert's share of the wins.
    Wins(ExpertId),
    /// Cohen's kappa.
    Kappa,
    /// Recall@k.
    Recall,
    /// Response captured.
    ResponseKept,
    /// Largest cosine of two experts' outputs.
    WorstCosine,
    /// How far an expert moved since the probe before, as a share of its length.
    Moved(ExpertId),
    /// Mean next-byte cross-entropy of the probe.
    Loss,
}

impl Indicator {
    /// Its value in a probe.
    pub(crate) fn of(self, probe: &ProbeReading, layer: usize, roster: &Roster) -> Option<f64> {
        let seen = probe.layers.get(layer)?;
        let slot = |id: ExpertId| roster.slots.iter().position(|&other| other == id);
        // Who is gone gets nothing.
        let share = |counts: &[u32], id: ExpertId| {
            let (own, all) = (slot(id).and_then(|slot| counts.get(slot)), counts.iter().sum::<u32>());
            Some(f64::from(own.copied().unwrap_or(0)) / f64::from(all.max(1)))
        };
        let value = match self {
            Self::EffectiveExperts => seen.diagnosis.load.effective_experts,
            Self::MaxVio => seen.diagnosis.load.max_vio,
            Self::Share(id) => share(seen.diagnosis.load.counts.as_ref()?, id),
            Self::Wins(id) => share(seen.diagnosis.agreement.won.as_ref()?, id),
            Self::Kappa => seen.diagnosis.agreement.kappa,
            Self::Recall => seen.diagnosis.agreement.recall_at_k,
            Self::ResponseKept => seen.diagnosis.agreement.response_captured,
            Self::WorstCosine => seen.diagnosis.similarity.worst_pair.map(|pair| pair.2),
            Self::Moved(id) => seen.diagnosis.weights.moved.as_ref()?.get(slot(id)?).map(|&share| f64::from(share)),
            Self::Loss => probe.mean_loss(),
        };
        value.filter(|value| value.is_finite())
    }

    /// The least change that is no accident: probes are of the same tokens, so only training moves them.
    fn least(self) -> f64 {
        match self {
            Self::EffectiveExperts => 0.1,
            Self::MaxVio => 0.05,
            Self::Kappa | Self::Recall | Self::WorstCosine => 0.02,
            Self::Share(_) | Self::Wins(_) => 0.01,
            Self::ResponseKept | Self::Loss => 0.002,
            Self::Moved(_) => 0.0,
        }
    }
}

impl ExpectedEffect {
    /// Whether it moved as it should; `None` as long as it cannot be said.
    pub fn reacted(&self) -> Option<bool> {
        let (before, after) = (self.before?, self.after?);
        if matches!(self.measure, Indicator::Moved(_)) {
            return Some(if self.rises { after > 0.0 } else { after == 0.0 });
        }
        let change = if self.rises { after - before } else { before - after };
        Some(change >= self.measure.least())
    }
}

impl InterventionTrial {
    /// The trial of `intervention`, its signs as they stand in `before`.
    pub(crate) fn new(
        step: u64,
        layer: usize,
        intervention: Intervention,
        before: Option<&ProbeReading>,
        roster: &Roster,
    ) -> Self {
        let sign = |(measure, rises): (Indicator, bool)| {
            let before = before.and_then(|probe| measure.of(probe, layer, roster));
            ExpectedEffect { measure, rises, before, after: None, certain: measure != Indicator::Loss }
        };
        Self { step, layer, intervention, signs: expected(intervention).into_iter().map(sign).collect() }
    }

    /// Reads the signs in a later probe.
    pub(crate) fn read(&mut self, probe: &ProbeReading, roster: &Roster) {
        for sign in &mut self.signs {
            // Nothing moves without a step.
            let too_soon = matches!(sign.measure, Indicator::Moved(_)) && probe.step <= self.step;
            // What was noticed stays as it was noticed: training heals.
            if !too_soon && sign.reacted() != Some(true) {
                sign.after = sign.measure.of(probe, self.layer, roster).or(sign.after);
            }
        }
    }

    /// Whether every sign that must move and could be read has done so.
    pub fn noticed(&self) -> Option<bool> {
        let read: Vec<bool> =
            self.signs.iter().filter(|sign| sign.certain).filter_map(ExpectedEffect::reacted).collect();
        (!read.is_empty()).then(|| read.iter().all(|&reacted| reacted))
    }
}

/// Which measures should move, and whether up.
fn expected(intervention: Intervention) -> Vec<(Indicator, bool)> {
    use Indicator::{EffectiveExperts, Kappa, Loss, MaxVio, Moved, Recall, ResponseKept, Share, Wins, WorstCosine};
    match intervention {
        Intervention::Mute { expert, on: true } => vec![(Share(expert), false), (Wins(expert), false), (Loss, true)],
        Intervention::Mute { expert, on: false } => vec![(Share(expert), true), (Loss, false)],
        Intervention::Freeze { expert, on } => vec![(Moved(expert), !on)],
        Intervention::Clone { .. } => vec![(WorstCosine, true)],
        Intervention::Reset { expert } => vec![(Share(expert), false), (Loss, true)],
        Intervention::PoisonRouter => vec![(Kappa, false), (Recall, false), (ResponseKept, false), (Loss, true)],
        Intervention::ForceBalance { on: true } => vec![(MaxVio, false), (Kappa, false), (Loss, true)],
        Intervention::ForceCollapse { onto: Some(_) } => vec![(EffectiveExperts, false), (MaxVio, true), (Loss, true)],
        Intervention::ForceBalance { on: false } => vec![(Kappa, true), (Loss, false)],
        Intervention::ForceCollapse { onto: None } => vec![(EffectiveExperts, true), (MaxVio, false), (Loss, false)],
    }
}
