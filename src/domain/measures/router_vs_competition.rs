//! Agreement of router and competition over many tokens: what both say of each, added up.

use super::agreement::{ResponseSums, first_choices, jaccard, recall};
use super::calibration::Reliability;
use super::choice::{first_choice, log_softmax, softmax, top_k};
use super::divergence::{
    brier, brier_of_uniform, js, kl, kl_of_uniform, skill, squared_error, squared_error_of_uniform,
};
use super::ranks::spearman;
use crate::domain::readings::{AgreementNumbers, DiagnosisContext};

/// Sums over tokens of what the router and the competition say of them.
pub(super) struct AgreementTally {
    tokens: f64,
    /// `[N × N]` winners in rows.
    confusion: Vec<u32>,
    /// Tokens with a pick, and their picks.
    picked: (f64, f64),
    recall: f64,
    jaccard: f64,
    /// `[N]` tokens won, as many winners a token as it has picks.
    won: Vec<u32>,
    /// Of tokens whose winners' responses do not sum to 0; how many, and two sums.
    captured: (f64, f64, f64),
    /// Of tokens without a masked logit: how many, and two sums.
    kl: (f64, f64, f64),
    js: f64,
    squared: f64,
    squared_of_uniform: f64,
    brier: f64,
    /// Of tokens where neither side is constant: how many, and the sum.
    spearman: (f64, f64),
    reliability: Reliability,
    negative: bool,
}

impl AgreementTally {
    pub fn new(experts: usize) -> Self {
        Self {
            tokens: 0.0,
            confusion: vec![0; experts * experts],
            picked: (0.0, 0.0),
            recall: 0.0,
            won: vec![0; experts],
            jaccard: 0.0,
            captured: (0.0, 0.0, 0.0),
            kl: (0.0, 0.0, 0.0),
            js: 0.0,
            squared: 0.0,
            squared_of_uniform: 0.0,
            brier: 0.0,
            spearman: (0.0, 0.0),
            reliability: Reliability::default(),
            negative: false,
        }
    }

    /// A token: logits, one of them at least not masked, responses, the router's first choice and its picks. A masked expert
    /// has p = 0, so that KL is infinite, and no rank: such a token takes no part in these two.
    pub fn add(&mut self, z: &[f64], s: &[f64], first: usize, picks: &[u32]) {
        let (p, q) = (softmax(z), softmax(s));
        let (log_p, log_q) = (log_softmax(z), log_softmax(s));
        let winner = first_choice(s);
        self.tokens += 1.0;
        self.confusion[winner * z.len() + first] += 1;
        let masked = z.contains(&f64::NEG_INFINITY);
        if !masked {
            self.kl.0 += 1.0;
            self.kl.1 += kl(&log_q, &log_p);
            self.kl.2 += kl_of_uniform(&log_q);
        }
        self.js += js(&p, &q);
        self.squared += squared_error(&p, &q);
        self.squared_of_uniform += squared_error_of_uniform(&q);
        self.brier += brier(&p, winner);
        self.reliability.add(p[first], first == winner);
        self.negative |= s.iter().any(|&response| response < 0.0);
        if let Some(correlation) = if masked { None } else { spearman(z, s) } {
            self.spearman.0 += 1.0;
            self.spearman.1 += correlation;
        }
        if !picks.is_empty() {
            self.picked.0 += 1.0;
            self.picked.1 += picks.len() as f64;
            let winners = top_k(s, picks.len());
            winners.iter().for_each(|&winner| self.won[winner as usize] += 1);
            self.recall += recall(picks, &winners);
            self.jaccard += jaccard(picks, &winners);
            let slots = |slots: &[u32]| slots.iter().map(|&slot| slot as usize).collect::<Vec<_>>();
            let sums = ResponseSums::new(s, slots(picks), slots(&winners).into_iter());
            if let (Some(share), Some(chance)) = (sums.captured(), sums.captured_at_random()) {
                self.captured.0 += 1.0;
                self.captured.1 += share;
                self.captured.2 += chance;
            }
        }
    }

    /// `[N × N]` tokens whose winner is the row and first choice the column.
    pub fn confusion(&self) -> Vec<Vec<u32>> {
        self.confusion.chunks_exact(self.confusion.len().isqrt()).map(<[u32]>::to_vec).collect()
    }

    /// What is said of all of them; what stands beside it goes into `beside`.
    pub(crate) fn finish(&self, k: Option<usize>, beside: &mut DiagnosisContext) -> AgreementNumbers {
        let mean = |sum: f64| sum / self.tokens;
        let experts = self.confusion.len().isqrt();
        let (picked, picks) = self.picked;
        let of_picked = |sum: f64| k.filter(|_| picked > 0.0).map(|_| sum / picked);
        let (compared, kl, of_uniform) = self.kl;
        let first = first_choices(&self.confusion);
        let (kept, captured, at_random) = self.captured;
        beside.captured_at_random = (kept > 0.0).then(|| at_random / kept);
        beside.kl_of_uniform = (compared > 0.0).then(|| of_uniform / compared);
        beside.js = Some(mean(self.js));
        beside.squared_errors = Some([mean(self.squared), mean(self.squared_of_uniform)]);
        beside.brier_skill = skill(mean(self.brier), brier_of_uniform(experts));
        beside.reliability = Some(self.reliability.bins());
        beside.negative_responses = self.negative;
        AgreementNumbers {
            top1: Some(first.top1),
            chance: Some(first.chance),
            kappa: first.kappa,
            recall_at_k: of_picked(self.recall),
            recall_chance: of_picked(picks).map(|_| picks / (picked * experts as f64)),
            jaccard: of_picked(self.jaccard),
            response_captured: (kept > 0.0).then(|| captured / kept),
            kl: (compared > 0.0).then(|| kl / compared),
            skill: skill(self.squared, self.squared_of_uniform),
            spearman: (self.spearman.0 > 0.0).then(|| self.spearman.1 / self.spearman.0),
            ece: self.reliability.ece(),
            won: of_picked(0.0).map(|_| self.won.clone()),
        }
    }
}
