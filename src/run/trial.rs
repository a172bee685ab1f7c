//! Trials of the fault lab: what was done, which measures should notice, and whether they did.

use crate::domain::interventions::Tamper;
use crate::domain::readings::ProbeReading;
use crate::domain::roster::{ExpertId, Roster};

/// Something done on purpose, and its signs.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Steps done when it was done.
    pub step: u64,
    /// Layer with experts, from 0.
    pub layer: usize,
    /// What was done.
    pub tamper: Tamper,
    /// What should show it.
    pub signs: Vec<Sign>,
}

/// A measure that should notice.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    /// Which.
    pub measure: Shown,
    /// Whether it should rise; else it should fall.
    pub rises: bool,
    /// Right before; `None` if it could not be said.
    pub before: Option<f64>,
    /// At the newest probe since.
    pub after: Option<f64>,
    /// Whether it must move. The loss of a run that has learned little may go either way.
    pub certain: bool,
}

/// Measures that notice faults, all of one layer of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
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

impl Shown {
    /// Its name on screen.
    pub fn name(self) -> String {
        match self {
            Self::EffectiveExperts => "effective experts, this probe".into(),
            Self::MaxVio => "busiest over ideal".into(),
            Self::Share(id) => format!("load of {id}"),
            Self::Wins(id) => format!("wins of {id}"),
            Self::Kappa => "kappa".into(),
            Self::Recall => "recall@k".into(),
            Self::ResponseKept => "response kept".into(),
            Self::WorstCosine => "most alike pair".into(),
            Self::Moved(id) => format!("movement of {id}"),
            Self::Loss => "probe loss".into(),
        }
    }

    /// Its value in a probe.
    pub fn of(self, probe: &ProbeReading, layer: usize, roster: &Roster) -> Option<f64> {
        let seen = probe.layers.get(layer)?;
        let slot = |id: ExpertId| roster.slots.iter().position(|&other| other == id);
        // Who is gone gets nothing.
        let share = |counts: &[u32], id: ExpertId| {
            let (own, all) = (slot(id).and_then(|slot| counts.get(slot)), counts.iter().sum::<u32>());
            Some(f64::from(own.copied().unwrap_or(0)) / f64::from(all.max(1)))
        };
        let value = match self {
            Self::EffectiveExperts => Some(seen.collapse.effective_experts),
            Self::MaxVio => seen.diagnosis.load.max_vio,
            Self::Share(id) => share(&seen.routed, id),
            Self::Wins(id) => share(&seen.won, id),
            Self::Kappa => seen.agreement.kappa,
            Self::Recall => Some(seen.agreement.recall_at_k),
            Self::ResponseKept => Some(seen.agreement.response_captured),
            Self::WorstCosine => seen.collapse.worst_pair.map(|pair| pair.2),
            Self::Moved(id) => seen.moved.get(slot(id)?).map(|&share| f64::from(share)),
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

impl Sign {
    /// Whether it moved as it should; `None` as long as it cannot be said.
    pub fn reacted(&self) -> Option<bool> {
        let (before, after) = (self.before?, self.after?);
        if matches!(self.measure, Shown::Moved(_)) {
            return Some(if self.rises { after > 0.0 } else { after == 0.0 });
        }
        let change = if self.rises { after - before } else { before - after };
        Some(change >= self.measure.least())
    }
}

impl Trial {
    /// The trial of `tamper`, its signs as they stand in `before`.
    pub fn new(step: u64, layer: usize, tamper: Tamper, before: Option<&ProbeReading>, roster: &Roster) -> Self {
        let sign = |(measure, rises): (Shown, bool)| {
            let before = before.and_then(|probe| measure.of(probe, layer, roster));
            Sign { measure, rises, before, after: None, certain: measure != Shown::Loss }
        };
        Self { step, layer, tamper, signs: expected(tamper).into_iter().map(sign).collect() }
    }

    /// Reads the signs in a later probe.
    pub fn read(&mut self, probe: &ProbeReading, roster: &Roster) {
        for sign in &mut self.signs {
            // Nothing moves without a step.
            let too_soon = matches!(sign.measure, Shown::Moved(_)) && probe.step <= self.step;
            // What was noticed stays as it was noticed: training heals.
            if !too_soon && sign.reacted() != Some(true) {
                sign.after = sign.measure.of(probe, self.layer, roster).or(sign.after);
            }
        }
    }

    /// Whether every sign that must move and could be read has done so.
    pub fn noticed(&self) -> Option<bool> {
        let read: Vec<bool> = self.signs.iter().filter(|sign| sign.certain).filter_map(Sign::reacted).collect();
        (!read.is_empty()).then(|| read.iter().all(|&reacted| reacted))
    }
}

/// Which measures should move, and whether up.
fn expected(tamper: Tamper) -> Vec<(Shown, bool)> {
    use Shown::{EffectiveExperts, Kappa, Loss, MaxVio, Moved, Recall, ResponseKept, Share, Wins, WorstCosine};
    match tamper {
        Tamper::Mute { expert, on: true } => vec![(Share(expert), false), (Wins(expert), false), (Loss, true)],
        Tamper::Mute { expert, on: false } => vec![(Share(expert), true), (Loss, false)],
        Tamper::Freeze { expert, on } => vec![(Moved(expert), !on)],
        Tamper::Clone { .. } => vec![(WorstCosine, true)],
        Tamper::Reset { expert } => vec![(Share(expert), false), (Loss, true)],
        Tamper::PoisonRouter => vec![(Kappa, false), (Recall, false), (ResponseKept, false), (Loss, true)],
        Tamper::ForceBalance { on: true } => vec![(MaxVio, false), (Kappa, false), (Loss, true)],
        Tamper::ForceCollapse { onto: Some(_) } => vec![(EffectiveExperts, false), (MaxVio, true), (Loss, true)],
        Tamper::ForceBalance { on: false } => vec![(Kappa, true), (Loss, false)],
        Tamper::ForceCollapse { onto: None } => vec![(EffectiveExperts, true), (MaxVio, false), (Loss, false)],
    }
}
