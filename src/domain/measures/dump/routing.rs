//! Routing of a dump: what one pass over logits, responses and picks says of load, router and agreement.

use super::super::coactivation::{self, Together};
use super::super::router::Decisions;
use super::super::router_vs_competition::AgreementTally;
use super::super::rows::{NotFinite, Rows, block_rows, each_block};
use super::super::{change, load, specialization};
use super::{Dump, Input, NO_LABEL, NO_PICK, NonFiniteInput, by_rows};
use crate::domain::readings::{Diagnosis, DiagnosisContext, LeftOut, Load, Matrices, RouterNumbers, Specialization};

/// What one pass over logits and scores gathers.
pub(super) struct Routing {
    /// Tokens that are no padding, ascending; the T of all that follows.
    pub kept: Vec<usize>,
    /// `[T]` the router's first choice.
    pub first: Vec<u32>,
    counts: Vec<u32>,
    /// `[N]` sums of the weights of picks.
    gate: Vec<f64>,
    /// Whether one of them is below zero, so that they have no shares.
    negative_weights: bool,
    left_out: LeftOut,
    together: Together,
    /// `[C × N]` over all picks; empty without labels.
    crossing: Vec<u32>,
    decisions: Decisions,
    /// With scores only.
    tally: Option<AgreementTally>,
}

impl Routing {
    pub fn read(dump: &Dump<'_>) -> Result<Self, NonFiniteInput> {
        let (tokens, experts) = (dump.logits.count(), dump.logits.width());
        let classes = dump.labels.map_or(0, classes);
        let mut routing = Self {
            kept: Vec::with_capacity(tokens),
            first: Vec::with_capacity(tokens),
            counts: vec![0; experts],
            gate: vec![0.0; experts],
            negative_weights: false,
            left_out: LeftOut::default(),
            together: Together::new(experts),
            crossing: vec![0; classes * experts],
            decisions: Decisions::new(experts),
            tally: dump.scores.map(|_| AgreementTally::new(experts)),
        };
        let at_once = block_rows(experts);
        let mut scores = vec![0.0; at_once * experts];
        let k = dump.weights.map_or(0, Rows::width);
        let mut weights = vec![0.0; at_once * k];
        let mut broken = Ok(());
        each_block(dump.logits, (0, tokens), at_once, |from, block| {
            let count = block.len() / experts;
            let fault = |input| move |at| NonFiniteInput { input, at };
            if let Some(table) = dump.scores.filter(|_| broken.is_ok()) {
                broken = table.read(from, &mut scores[..block.len()]).map_err(fault(Input::Scores));
            }
            if let Some(table) = dump.weights.filter(|_| broken.is_ok()) {
                broken = table.read(from, &mut weights[..count * k]).map_err(fault(Input::Weights));
            }
            if broken.is_ok() {
                for (i, (z, s)) in block.chunks_exact(experts).zip(scores.chunks_exact(experts)).enumerate() {
                    routing.add(dump, from + i, z, s, &weights[i * k..][..k]);
                }
            }
        })
        .map_err(|at| NonFiniteInput { input: Input::Logits, at })?;
        broken?;
        match routing.kept.is_empty() {
            true => {
                let at = NotFinite { row: 0, column: 0, value: f64::NEG_INFINITY };
                Err(NonFiniteInput { input: Input::Logits, at })
            }
            false => Ok(routing),
        }
    }

    /// A token: its logits, responses and the weights of its picks, the last two empty where there are none.
    fn add(&mut self, dump: &Dump<'_>, token: usize, z: &[f64], s: &[f64], weights: &[f64]) {
        let masked = z.iter().filter(|&&logit| logit == f64::NEG_INFINITY).count();
        if masked == z.len() {
            self.left_out.masked_tokens += 1;
            return;
        }
        let given = dump.picks.given(token);
        self.left_out.masked_logits += masked as u64;
        self.left_out.dropped_picks += given.iter().filter(|&&pick| pick == NO_PICK).count() as u64;
        for (&expert, &weight) in given.iter().zip(weights).filter(|(pick, _)| **pick != NO_PICK) {
            self.gate[expert as usize] += weight;
            self.negative_weights |= weight < 0.0;
        }
        let label = dump.labels.map(|labels| labels[token]);
        self.left_out.ignored_labels += u64::from(label == Some(NO_LABEL));
        let label = label.filter(|&label| label != NO_LABEL);
        let picks = dump.picks.of(token, z);
        let first = dump.picks.first(token, z);
        self.kept.push(token);
        self.first.push(first as u32);
        self.decisions.add(z);
        self.together.add(&picks);
        for &expert in &picks {
            self.counts[expert as usize] += 1;
            if let Some(label) = label {
                self.crossing[label as usize * z.len() + expert as usize] += 1;
            }
        }
        if let Some(tally) = &mut self.tally {
            tally.add(z, s, first, &picks);
        }
    }

    /// All but what needs hidden states or answers.
    pub fn diagnosis(&self, dump: &Dump<'_>) -> Diagnosis {
        let (experts, k) = (dump.logits.width(), dump.picks.k());
        let router = self.decisions.finish();
        let mut beside = DiagnosisContext {
            tokens: self.first.len(),
            experts,
            top_k: k,
            silence_window: k.map(|k| load::silence_window(experts, k)),
            fifths: k.and_then(|_| load::fifths(&self.counts)),
            balance_loss: k.and(self.decisions.mean_probability()).and_then(|p| load::balance_loss(&self.counts, &p)),
            repetition_chance: k.map(|k| change::repetition_chance(experts, k)),
            coactivation_chance: k.and_then(|k| coactivation::chance(experts, k)),
            ..DiagnosisContext::default()
        };
        let agreement = self.tally.as_ref().map(|tally| tally.finish(k, &mut beside)).unwrap_or_default();
        let specialization = dump.labels.map(|labels| self.specialization(labels, experts, &mut beside));
        Diagnosis {
            load: k.and_then(|_| load_of(&self.counts)).map(|load| self.with_gates(load, dump)).unwrap_or_default(),
            router: RouterNumbers {
                token_entropy: router.and_then(|r| r.token_entropy),
                marginal_entropy: router.and_then(|r| r.marginal_entropy),
                information: router.and_then(|r| r.information),
                margin: router.and_then(|r| r.margin),
                z_loss: router.map(|r| r.z_loss),
                ..RouterNumbers::default()
            },
            agreement,
            left_out: self.left_out,
            specialization: specialization.unwrap_or_default(),
            beside,
            ..Diagnosis::default()
        }
    }

    /// The load with the shares of the experts' weights, if there are any and none is below zero.
    fn with_gates(&self, mut load: Load, dump: &Dump<'_>) -> Load {
        let mass = dump.weights.filter(|_| !self.negative_weights).and_then(|_| load::fraction(&self.gate));
        load.gate_effective_experts = mass.as_deref().map(load::effective_experts);
        load.gate_mass = mass;
        load
    }

    /// The matrices of picks.
    pub fn matrices(&self, dump: &Dump<'_>) -> Matrices {
        let (experts, k) = (dump.logits.width(), dump.picks.k());
        let lift = || by_rows(specialization::lift(&self.crossing, experts), experts);
        Matrices {
            confusion: self.tally.as_ref().map(AgreementTally::confusion),
            lift: dump.labels.and(k).map(|_| lift()),
            coactivation: k.map(|_| by_rows(self.together.shares(), experts)),
            ..Matrices::default()
        }
    }

    fn specialization(&self, labels: &[u32], experts: usize, beside: &mut DiagnosisContext) -> Specialization {
        let labelled = self.kept.iter().zip(&self.first).map(|(&token, &first)| (labels[token], first));
        let (of_tokens, first): (Vec<u32>, Vec<u32>) = labelled.filter(|(label, _)| *label != NO_LABEL).unzip();
        let first = specialization::crossing(&of_tokens, classes(labels), &first, experts);
        beside.classes = Some(first.chunks_exact(experts).filter(|row| row.iter().any(|&count| count > 0)).count());
        Specialization { nmi: specialization::nmi(&first, experts) }
    }
}

/// Classes up to the last label.
fn classes(labels: &[u32]) -> usize {
    labels.iter().filter(|&&label| label != NO_LABEL).max().map_or(0, |&last| last as usize + 1)
}

/// `None` if every pick was dropped.
fn load_of(counts: &[u32]) -> Option<Load> {
    let load = Load {
        counts: Some(counts.to_vec()),
        gate_mass: None,
        gate_effective_experts: None,
        fraction: load::fraction(counts),
        cv: Some(load::cv(counts)),
        cv_population: Some(load::cv_population(counts)),
        max_vio: load::max_vio(counts),
        entropy_norm: Some(load::normalised_entropy(counts)),
        effective_experts: Some(load::effective_experts(counts)),
        gini: load::gini(counts),
        dead: Some(load::dead(counts)),
        dead_slots: Some(load::dead_slots(counts)),
    };
    counts.iter().any(|&count| count > 0).then_some(load)
}
