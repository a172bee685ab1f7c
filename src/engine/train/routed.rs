//! Routing of given ids through a network: picks and weights of every layer and, where all experts answer, their responses.

use burn::tensor::{Tensor, Transaction};

use super::probe_numbers::{LayerNumbers, Tables, chosen};
use super::readback_layout::{ReadbackLayout, ReadbackWriter};
use super::trainer::Trainer;
use crate::domain::config::{InputShape, ProbeFamilies};
use crate::domain::readings::Choices;
use crate::engine::device::DeviceFailure;
use crate::engine::kernels::{mix, row_lengths, softplus};
use crate::engine::model::{ForwardSettings, LayerOutput, Mixture, Mode};
use crate::tasks::{BatchInput, BatchTarget};

/// Why ids could not be routed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RoutedFailure {
    /// They are no sequence of this network: none, more than its context, or one that is not in its vocabulary.
    Input,
    /// The device failed.
    Device(DeviceFailure),
}

/// How a sequence of ids was routed; T of them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RoutedSequence {
    /// `[T]` −ln p of the id that follows each, nats; of the last one only if it was given.
    pub losses: Vec<f32>,
    /// `[T]` the id with the largest logit after each.
    pub expected: Vec<u32>,
    /// One for each layer with experts.
    pub layers: Vec<RoutedSequenceLayer>,
}

/// How a sequence was routed in one layer; T ids, N experts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RoutedSequenceLayer {
    /// Picks and weights; responses and winners by the run's own response where all experts answered, else none.
    pub choices: Choices,
    /// `[T, N]` mean softplus of the experts' answers, where all answered.
    pub softplus: Vec<f32>,
    /// `[T, N]` length of their answers, where all answered.
    pub norm: Vec<f32>,
    /// `[T]` ‖what routed experts answer‖ ÷ ‖what the layer answers‖; empty without a shared expert.
    pub routed_share: Vec<f32>,
}

/// A field of what is read back; T ids, N experts, layers counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RoutedField {
    /// `[T]`
    Losses,
    /// `[T]`
    Expected,
    /// p: `[T, N]`
    Probabilities(usize),
    /// What the picks are the largest of: `[T, N]`
    Choice(usize),
    /// Combining weights: `[T, N]`
    Weights(usize),
    /// Picks + 2 · winners: `[T, N]`
    Marks(usize),
    /// The run's own response: `[T, N]`
    Affinities(usize),
    /// Mean softplus of the answers: `[T, N]`
    Softplus(usize),
    /// Lengths of the answers: `[T, N]`
    Norm(usize),
    /// Lengths of what routed experts answer and of what the layer answers: `[2, T]`
    Lengths(usize),
}

impl Trainer {
    /// Routes one sequence of ids as a probe does, and waits for it. Changes nothing.
    ///
    /// - `next`: the id that follows the last one, if there is one
    /// - `compete`: all experts answer every position beside the router's choice
    ///
    /// # Errors
    /// Ids that are no sequence of this network, or a device that cannot be read.
    pub(crate) fn route_ids(
        &self,
        ids: &[u32],
        next: Option<u32>,
        compete: bool,
    ) -> Result<RoutedSequence, RoutedFailure> {
        self.vectors().whole().map_err(|cut_off| RoutedFailure::Device(cut_off.into()))?;
        let task = &self.spec().task;
        let InputShape::Ids { vocabulary } = task.input else { return Err(RoutedFailure::Input) };
        let known = ids.iter().chain(&next).all(|&id| (id as usize) < vocabulary);
        let Some(&last) = ids.last().filter(|_| known && ids.len() <= task.positions) else {
            return Err(RoutedFailure::Input);
        };
        let mode = if compete { Mode::Probe } else { Mode::Infer };
        let (modes, orders) = (vec![mode; self.config().model.moe_count()], self.orders());
        let (network, extras) = (self.network(), self.extras(false, ids.len()));
        let input = self.device_input(&BatchInput::Ids(ids.to_vec()), 1);
        let output = network.forward(input, self.rotary(), &modes, &orders, &extras);
        let follows = ids.iter().skip(1).copied().chain([next.unwrap_or(last)]).collect();
        let target = self.device_target(&BatchTarget::Classes(follows));
        let mut writer = ReadbackWriter::default();
        writer.push(RoutedField::Expected, output.logits.clone().argmax(1).float());
        writer.push(RoutedField::Losses, target.position_losses(output.logits));
        let mixtures = network.mixtures();
        for (place, (layer, x)) in output.layers.iter().zip(&output.entering).enumerate() {
            let shared = mixtures.get(place).and_then(|mixture| lengths(mixture, x, layer, &orders));
            push_layer(&mut writer, place, layer, shared);
        }
        let (layout, numbers) = writer.finish();
        let numbers = read(numbers).map_err(RoutedFailure::Device)?;
        Ok(self.sequence(&layout, &numbers, ids.len(), next.is_some()))
    }

    fn sequence(
        &self,
        layout: &ReadbackLayout<RoutedField>,
        numbers: &[f32],
        tokens: usize,
        is_followed: bool,
    ) -> RoutedSequence {
        let width = self.config().model.width;
        let sizes = LayerNumbers {
            tokens,
            experts: self.experts(),
            top_k: self.progress().knobs.top_k,
            width,
            dimensions: width,
            context: tokens,
            measures: ProbeFamilies { representation: false, similarity: false, knock_out: false },
        };
        let get = |field| layout.get(numbers, field);
        let mut losses = get(RoutedField::Losses).to_vec();
        if !is_followed {
            losses.pop();
        }
        RoutedSequence {
            losses,
            expected: get(RoutedField::Expected).iter().map(|&id| id as u32).collect(),
            layers: (0..self.progress().rosters.len()).map(|place| layer_of(layout, numbers, place, sizes)).collect(),
        }
    }
}

/// Lengths of what routed experts answer and of what the layer answers, `[2 · T]`, if a shared expert adds to it.
fn lengths(mixture: &Mixture, x: &Tensor<2>, layer: &LayerOutput, orders: &ForwardSettings) -> Option<Tensor<1>> {
    let (shared, share) = (mixture.shared.as_ref()?, orders.share_of_shared()?);
    let tokens = x.dims()[0];
    let all = Tensor::ones([tokens, 1], &x.device());
    let routed = layer.y.clone() - mix(shared, x.clone(), all.clone(), &all, 1) * share;
    let length = |rows: Tensor<2>| row_lengths(vec![rows.flatten(0, 1)], tokens);
    Some(Tensor::cat(vec![length(routed), length(layer.y.clone())], 0))
}

fn push_layer(writer: &mut ReadbackWriter<RoutedField>, place: usize, layer: &LayerOutput, lengths: Option<Tensor<1>>) {
    let routing = &layer.trace.routing;
    let mut marks = routing.picks.clone();
    if let Some(competition) = &layer.trace.competition {
        marks = marks + competition.winners.clone() * 2.0;
        writer.push(RoutedField::Affinities(place), competition.affinity.clone());
        if let Some(answers) = &competition.answers {
            let [experts, tokens, _] = answers.dims();
            let norm = row_lengths(vec![answers.clone().flatten(0, 2)], experts * tokens);
            writer.push(RoutedField::Norm(place), norm.reshape([experts, tokens]).transpose());
            let softplus: Tensor<2> = softplus(answers.clone()).mean_dim(2).reshape([experts, tokens]);
            writer.push(RoutedField::Softplus(place), softplus.transpose());
        }
    }
    writer.push(RoutedField::Probabilities(place), routing.probabilities());
    writer.push(RoutedField::Choice(place), routing.choice.clone());
    writer.push(RoutedField::Weights(place), routing.weights());
    writer.push(RoutedField::Marks(place), marks);
    if let Some(lengths) = lengths {
        writer.push(RoutedField::Lengths(place), lengths);
    }
}

fn read(numbers: Tensor<1>) -> Result<Vec<f32>, DeviceFailure> {
    let data = Transaction::default().register(numbers).try_execute().map_err(|e| DeviceFailure::of(e.to_string()))?;
    let numbers = data.into_iter().next().map(|data| data.try_to_vec::<f32>());
    numbers.transpose().map_err(|e| DeviceFailure::Lost(format!("{e:?}"))).map(Option::unwrap_or_default)
}

fn layer_of(
    layout: &ReadbackLayout<RoutedField>,
    numbers: &[f32],
    place: usize,
    sizes: LayerNumbers,
) -> RoutedSequenceLayer {
    let get = |field: fn(usize) -> RoutedField| layout.get(numbers, field(place));
    let p = get(RoutedField::Probabilities);
    let affinities = layout.find(numbers, RoutedField::Affinities(place));
    // Without a competition nobody is marked as a winner, and nothing is looked up.
    let tables = Tables {
        p,
        s: affinities.unwrap_or(p),
        choice: get(RoutedField::Choice),
        weights: get(RoutedField::Weights),
        marks: get(RoutedField::Marks),
    };
    let mut choices = chosen(&tables, sizes);
    if affinities.is_none() {
        choices.s.clear();
    }
    let (routed, answered) = get(RoutedField::Lengths).split_at(get(RoutedField::Lengths).len() / 2);
    let share = |(routed, answered): (&f32, &f32)| if *answered > 0.0 { routed / answered } else { 1.0 };
    RoutedSequenceLayer {
        choices,
        softplus: get(RoutedField::Softplus).to_vec(),
        norm: get(RoutedField::Norm).to_vec(),
        routed_share: routed.iter().zip(answered).map(share).collect(),
    }
}
