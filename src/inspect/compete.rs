//! Competition on anybody's model: every expert answers every token, and the router's picks are held against the strongest answers.

use serde::Serialize;

use super::forward::{MixtureAnswer, Pick, Responses};
use crate::domain::measures::dump::{self, Dump, NO_PICK, Picks};
use crate::domain::measures::rows::Table;
use crate::domain::readings::AgreementNumbers;

/// How a layer's router agrees with the competition, by each of two responses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoutingCompetition {
    /// By the mean softplus of the experts' answers.
    pub softplus: Agreement,
    /// By their length.
    pub norm: Agreement,
}

/// Agreement by one response, each number beside its chance level. What cannot be said is `None`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// Share of tokens whose strongest expert is the router's first choice.
    pub top1: Option<f64>,
    /// What that would be if both chose at their own rates, independently.
    pub top1_chance: Option<f64>,
    /// Cohen's kappa of the two; chance 0.
    pub kappa: Option<f64>,
    /// Share of the k strongest that are among the k picks.
    pub recall_at_k: Option<f64>,
    /// k ÷ E.
    pub recall_chance: Option<f64>,
    /// Σ response of the picks ÷ Σ response of the k strongest, mean over tokens.
    pub response_captured: Option<f64>,
    /// What k picks at random capture.
    pub captured_chance: Option<f64>,
    /// Mean rank correlation of logits and responses; chance 0.
    pub spearman: Option<f64>,
    /// `[E]` tokens that each expert wins.
    pub won: Vec<u32>,
    /// `[E × E]` tokens whose strongest expert is the row and first choice the column.
    pub confusion: Vec<Vec<u32>>,
}

impl Agreement {
    /// Names of its numbers, in the order of [`Self::columns`].
    pub const COLUMNS: [&'static str; 8] = [
        "top1",
        "top1_chance",
        "kappa",
        "recall_at_k",
        "recall_chance",
        "response_captured",
        "captured_chance",
        "spearman",
    ];

    /// Of T tokens, E experts; nothing if a number is not finite.
    ///
    /// - `logits`: `[T, E]` by which the router ranks experts; only their order counts
    /// - `responses`: `[T, E]` of all experts
    /// - `index`: `[T, k]` the router's picks, its first choice first, or [`NO_PICK`]
    pub(crate) fn of(logits: &[f32], responses: &[f32], index: &[u32], k: usize, experts: usize) -> Option<Self> {
        let dump = Dump {
            logits: &Table::new(logits, experts),
            scores: Some(&Table::new(responses, experts)),
            picks: Picks::Ranked { index, k },
            weights: None,
            hidden: None,
            outputs: None,
            labels: None,
        };
        let (diagnosis, matrices) = dump::diagnose(&dump).ok()?;
        let confusion = matrices.confusion?;
        let AgreementNumbers { top1, chance, kappa, recall_at_k, recall_chance, response_captured, spearman, .. } =
            diagnosis.agreement;
        Some(Self {
            top1,
            top1_chance: chance,
            kappa,
            recall_at_k,
            recall_chance,
            response_captured,
            captured_chance: diagnosis.beside.captured_at_random,
            spearman,
            won: confusion.iter().map(|row| row.iter().sum()).collect(),
            confusion,
        })
    }

    /// Its numbers in the order of their columns, each before its chance level.
    pub fn columns(&self) -> [Option<f64>; 8] {
        [
            self.top1,
            self.top1_chance,
            self.kappa,
            self.recall_at_k,
            self.recall_chance,
            self.response_captured,
            self.captured_chance,
            self.spearman,
        ]
    }
}

/// Compares what a mixture chose with what all its experts answered; `None` if they did not all answer, or the router has no row
/// for some.
pub(super) fn compete(answer: &MixtureAnswer, experts: usize) -> Option<RoutingCompetition> {
    let responses: &Responses = answer.responses.as_ref()?;
    let k = answer.picks.iter().map(Vec::len).max().filter(|k| *k > 0 && experts > 0)?;
    // A token that a full expert did not take has fewer picks, and so has one sent to an expert without weights.
    let pick =
        |token: &Vec<Pick>, place: usize| token.get(place).map(|pick| pick.expert).filter(|&expert| expert < experts);
    let index: Vec<u32> = answer
        .picks
        .iter()
        .flat_map(|token| (0..k).map(move |place| pick(token, place).map_or(NO_PICK, |expert| expert as u32)))
        .collect();
    // Logits of experts without weights take no part.
    let rows = answer.logits.len().checked_div(answer.picks.len())?;
    if rows < experts {
        return None;
    }
    let logits: Vec<f32> = answer.logits.chunks_exact(rows).flat_map(|row| &row[..experts]).copied().collect();
    Some(RoutingCompetition {
        softplus: Agreement::of(&logits, &responses.softplus, &index, k, experts)?,
        norm: Agreement::of(&logits, &responses.norm, &index, k, experts)?,
    })
}
