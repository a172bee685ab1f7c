//! Routing of a text through a whole model: which experts its tokens are sent to, layer by layer, and how well the model knows it.

use std::ops::ControlFlow;
use std::path::Path;

use serde::Serialize;

use super::compete::{Agreement, RoutingCompetition, compete};
use super::forward::{Decoder, DecoderStep, DecoderWatch, ForwardError, MixtureAnswer};
use super::layout::MixturePlan;
use super::model::Model;
use super::routing_dump::RoutingDump;
use crate::domain::measures::load;

/// How a text was routed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoutedText {
    /// `[T]` ids of its tokens.
    pub ids: Vec<u32>,
    /// Mean of −ln p of each token after the first, nats; `None` for a text of one token.
    pub loss: Option<f64>,
    /// `[T]` the id that the model expects after each token.
    pub expected: Vec<u32>,
    /// The layers with experts, in order.
    pub layers: Vec<RoutedLayer>,
}

/// How the tokens of a text were routed in one layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoutedLayer {
    /// `layer.N`.
    pub key: String,
    /// E.
    pub experts: usize,
    /// k.
    pub top_k: usize,
    /// `[E]` tokens sent to each expert.
    pub load: Vec<u32>,
    /// `[E]` weights that each expert's answers got, added up.
    pub gate_mass: Vec<f64>,
    /// Standard deviation of the load ÷ its mean; 0 is even.
    pub load_cv: f64,
    /// Experts without a token.
    pub unused: usize,
    /// Mean over tokens of the sum of a token's weights: 1 where weights are renormalised.
    pub weight_sum: f64,
    /// Mean over tokens of ‖what routed experts answer‖ ÷ ‖what the layer answers‖: 1 without a shared expert or a bias.
    pub routed_share: f64,
    /// `[T][k]` experts of each token, by falling weight.
    pub picks: Vec<Vec<u32>>,
    /// `[T][k]` their weights.
    pub weights: Vec<Vec<f32>>,
    /// How the router agrees with a competition of all experts, if they all answered.
    pub competition: Option<RoutingCompetition>,
    /// `[T]` the expert that answers each token strongest, by mean softplus, if they all answered; in a checkpoint of this program by
    /// the response of its run.
    pub winners: Option<Vec<u32>>,
}

/// What is wanted of a text beside its routing.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextWishes<'a> {
    /// Every expert answers every token.
    pub compete: bool,
    /// Where to write what the routers saw and did. As it holds every expert's response, all experts answer.
    pub dump: Option<&'a Path>,
}

/// Routes a text, given as ids, through a model.
///
/// - `progress`: is told often where the run is; may stop it
///
/// # Errors
/// A family of which no text is run, ids that are not the model's, tensors that lack, a dump that cannot be written, or
/// [`ForwardError::Stopped`].
pub fn route_text(
    model: &Model,
    ids: &[u32],
    wishes: TextWishes<'_>,
    progress: &mut dyn FnMut(DecoderStep) -> ControlFlow<()>,
) -> Result<RoutedText, ForwardError> {
    let decoder = Decoder::new(model)?;
    let dump = wishes.dump.map(|path| RoutingDump::create(path, &decoder, ids)).transpose()?;
    let mut watch = TextWatch { ids, dump, layers: Vec::new(), guesses: vec![Guess::default(); ids.len()], progress };
    decoder.run(ids, wishes.compete || wishes.dump.is_some(), &mut watch)?;
    let TextWatch { dump, layers, guesses, .. } = watch;
    if let Some(dump) = dump {
        dump.finish()?;
    }
    let followed = guesses.len().saturating_sub(1);
    let losses = guesses.iter().take(followed).map(Guess::loss);
    Ok(RoutedText {
        ids: ids.to_vec(),
        loss: (followed > 0).then(|| losses.sum::<f64>() / followed as f64),
        expected: guesses.iter().map(|guess| guess.best).collect(),
        layers,
    })
}

/// How often more arithmetic a competition costs than routing: every expert answers instead of k. The largest of all layers.
pub fn competition_factor(model: &Model) -> Result<f64, ForwardError> {
    let decoder = Decoder::new(model)?;
    let factors = decoder.mixtures().map(|plan| plan.experts() as f64 / plan.top_k().unwrap_or(1).max(1) as f64);
    Ok(factors.fold(1.0, f64::max))
}

/// What the logits of one token say so far, a panel of the vocabulary after the other.
#[derive(Clone, Copy)]
struct Guess {
    best: u32,
    largest: f64,
    /// Σ e^(logit − largest).
    sum: f64,
    /// The logit of the token that follows.
    next: f64,
}

impl Default for Guess {
    fn default() -> Self {
        Self { best: 0, largest: f64::NEG_INFINITY, sum: 0.0, next: f64::NEG_INFINITY }
    }
}

impl Guess {
    fn take(&mut self, first: usize, logits: &[f32], next: Option<u32>) {
        for (at, &logit) in logits.iter().enumerate() {
            let (id, logit) = (first + at, f64::from(logit));
            if logit > self.largest {
                self.sum *= (self.largest - logit).exp();
                (self.largest, self.best) = (logit, id as u32);
            }
            self.sum += (logit - self.largest).exp();
            if next.is_some_and(|next| next as usize == id) {
                self.next = logit;
            }
        }
    }

    /// −ln p of the token that follows.
    fn loss(&self) -> f64 {
        self.largest + self.sum.ln() - self.next
    }
}

struct TextWatch<'a> {
    ids: &'a [u32],
    dump: Option<RoutingDump>,
    layers: Vec<RoutedLayer>,
    guesses: Vec<Guess>,
    progress: &'a mut dyn FnMut(DecoderStep) -> ControlFlow<()>,
}

impl DecoderWatch for TextWatch<'_> {
    fn state(&mut self, index: usize, state: &[f32]) -> Result<(), ForwardError> {
        self.dump.as_mut().map_or(Ok(()), |dump| dump.state(index, state))
    }

    fn mixture(&mut self, plan: &MixturePlan, input: &[f32], answer: &MixtureAnswer) -> Result<(), ForwardError> {
        if let Some(dump) = &mut self.dump {
            dump.mixture(plan, input, answer)?;
        }
        self.layers.push(layer(plan, answer));
        Ok(())
    }

    fn logits(&mut self, first: usize, logits: &[f32]) -> Result<(), ForwardError> {
        let tokens = self.ids.len();
        if let Some(dump) = &mut self.dump {
            dump.logits(first, logits, tokens)?;
        }
        let width = logits.len().checked_div(tokens).unwrap_or(0).max(1);
        for (token, (guess, row)) in self.guesses.iter_mut().zip(logits.chunks_exact(width)).enumerate() {
            guess.take(first, row, self.ids.get(token + 1).copied());
        }
        Ok(())
    }

    fn step(&mut self, step: DecoderStep) -> ControlFlow<()> {
        (self.progress)(step)
    }
}

fn layer(plan: &MixturePlan, answer: &MixtureAnswer) -> RoutedLayer {
    let experts = plan.experts();
    let picks = answer.picks.iter().map(|picks| picks.iter().map(|pick| pick.expert as u32).collect()).collect();
    let weights = answer.picks.iter().map(|picks| picks.iter().map(|pick| pick.weight).collect()).collect();
    let top_k = plan.top_k().unwrap_or(0).min(experts);
    RoutedLayer {
        routed_share: routed_share(answer, plan.hidden()),
        competition: compete(answer, experts),
        winners: answer.responses.as_ref().map(|responses| strongest(&responses.softplus, experts)),
        ..RoutedLayer::of(plan.key().to_owned(), experts, top_k, picks, weights)
    }
}

impl RoutedLayer {
    /// A layer by its picks and their weights, `[T][k]` each, of experts of which no other answers, and without a competition.
    pub(crate) fn of(key: String, experts: usize, top_k: usize, picks: Vec<Vec<u32>>, weights: Vec<Vec<f32>>) -> Self {
        let (mut load, mut gate_mass) = (vec![0u32; experts], vec![0.0; experts]);
        for (&expert, &weight) in picks.iter().flatten().zip(weights.iter().flatten()) {
            // Experts without weights are chosen as well, and answer with the token itself.
            if let (Some(count), Some(mass)) = (load.get_mut(expert as usize), gate_mass.get_mut(expert as usize)) {
                *count += 1;
                *mass += f64::from(weight);
            }
        }
        Self {
            key,
            experts,
            top_k,
            load_cv: load::cv(&load),
            unused: load::dead(&load),
            weight_sum: gate_mass.iter().sum::<f64>() / picks.len().max(1) as f64,
            routed_share: 1.0,
            picks,
            weights,
            competition: None,
            winners: None,
            load,
            gate_mass,
        }
    }
}

/// The first expert with the largest response in each row of E; one that is not a number is no response.
fn strongest(responses: &[f32], experts: usize) -> Vec<u32> {
    let best = |row: &[f32]| {
        let better =
            |best: usize, expert: usize| if row[expert] > row[best] || row[best].is_nan() { expert } else { best };
        (0..row.len()).fold(0, better) as u32
    };
    responses.chunks_exact(experts.max(1)).map(best).collect()
}

/// Mean over tokens whose answer is not 0; 1 if there is none.
fn routed_share(answer: &MixtureAnswer, hidden: usize) -> f64 {
    let length = |row: &[f32]| row.iter().map(|&y| f64::from(y) * f64::from(y)).sum::<f64>().sqrt();
    let rows = answer.routed.chunks_exact(hidden.max(1)).zip(answer.output.chunks_exact(hidden.max(1)));
    let shares: Vec<f64> = rows
        .map(|(routed, output)| (length(routed), length(output)))
        .filter(|(_, output)| *output > 0.0)
        .map(|(routed, output)| routed / output)
        .collect();
    if shares.is_empty() { 1.0 } else { shares.iter().sum::<f64>() / shares.len() as f64 }
}

/// Columns of the table over layers.
const COLUMNS: [&str; 7] = ["layer", "experts", "top_k", "load_cv", "unused", "weight_sum", "tokens"];

impl RoutedText {
    /// A table over layers as CSV: load, and how router and competition agree by each response. Empty where nothing can be said.
    pub fn csv(&self) -> String {
        let responses = ["softplus", "norm"];
        let named =
            responses.iter().flat_map(|name| Agreement::COLUMNS.iter().map(move |column| format!("{name}_{column}")));
        let columns: Vec<String> = COLUMNS.iter().map(|column| (*column).to_owned()).chain(named).collect();
        let mut lines = vec![columns.join(",")];
        for layer in &self.layers {
            let mut cells = vec![
                layer.key.clone(),
                layer.experts.to_string(),
                layer.top_k.to_string(),
                layer.load_cv.to_string(),
                layer.unused.to_string(),
                layer.weight_sum.to_string(),
                self.ids.len().to_string(),
            ];
            for agreement in
                [layer.competition.as_ref().map(|c| &c.softplus), layer.competition.as_ref().map(|c| &c.norm)]
            {
                let numbers = agreement.map_or([None; 8], Agreement::columns);
                cells.extend(numbers.map(|number| number.map_or(String::new(), |number| number.to_string())));
            }
            lines.push(cells.join(","));
        }
        lines.join("\n") + "\n"
    }
}

#[cfg(test)]
mod tests;
