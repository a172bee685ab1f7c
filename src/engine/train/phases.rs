//! Phases of the next training step (route, compete, combine, learn), measured while its gradients are taken, outside the path of
//! training; and the update that a step made, by its parts.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::commit::StepError;
use super::forward::Tracked;
use super::gradients::Gradients;
use super::optimizer::{learning_rate, settings};
use super::readback::Pending;
use super::readback_layout::{ReadbackLayout, ReadbackWriter};
use super::trainer::Trainer;
use crate::domain::measures::choice::top_k;
use crate::domain::readings::{
    Choices, LayerLengths, LayerPhases, LossTerm, LossTermKind, NotCompeting, PartLengths, PhaseReading, ProbeItems,
    SharedAnswer,
};
use crate::engine::kernels::{AdamW, row_distances, row_lengths};
use crate::engine::model::{LayerOutput, Mixture, Network, target};

/// Most positions of which numbers are kept.
const POSITIONS: usize = 256;
/// Most numbers that are kept of all layers: 16 MiB.
const NUMBERS: usize = 1 << 22;
/// Most numbers of all answers of a layer at once, while they are computed.
const ANSWERS: usize = 1 << 24;
/// Numbers of an answer and of the output that are kept: the first of the model's width.
const COMPONENTS: usize = 3;

/// A part of the network, to which some of the weights belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartField {
    /// `[N]` each expert of a layer.
    Experts(usize),
    /// The router of a layer.
    Router(usize),
    /// The rest of its block.
    Rest(usize),
    /// What belongs to no layer with experts.
    Elsewhere,
}

/// A field of the vector of the phases; S positions, N experts, C components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PhaseField {
    /// `[S]`
    Losses,
    /// `[1]`
    Task,
    /// `[1]`
    Total,
    /// Of the gradient.
    Gradient(PartField),
    /// Of a layer.
    Layer(usize, LayerField),
}

/// A field of a layer in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LayerField {
    /// z: `[S, N]`
    Logits,
    /// p: `[S, N]`
    Probabilities,
    /// What the picks are the largest of: `[S, N]`
    Choice,
    /// Picks as ones: `[S, N]`
    Picks,
    /// The router's weights: `[S, N]`
    Weights,
    /// s: `[S, N]`, if the layer competes.
    Affinities,
    /// Winners as ones: `[S, N]`, if it competes.
    Winners,
    /// The winners' weights: `[S, N]`, if it competes.
    Shares,
    /// Answers of all experts: `[N, S, C]`
    Answers,
    /// Of the shared expert: `[S, C]`
    Shared,
    /// y: `[S, C]`
    Output,
    /// A term of the auxiliary loss: `[1]`
    Term(LossTermKind),
    /// What the layer adds to the loss: `[1]`
    Added,
}

/// What the host knows of the phases without reading them.
#[derive(Debug)]
pub(super) struct PhasesShape {
    layout: ReadbackLayout<PhaseField>,
    /// Of the update that would be made.
    optimizer: AdamW,
    /// All that is known already; the layers hold no numbers yet.
    known: PhaseReading,
    /// Experts N, how many answer k, components C, layers.
    sizes: [usize; 4],
    /// Why each layer would not compete.
    not_competing: Vec<NotCompeting>,
    /// What the terms of an auxiliary loss weigh.
    term_weights: [f64; 4],
    /// See [`crate::engine::model::ForwardSettings::share_of_shared`].
    share: Option<f64>,
}

impl Trainer {
    /// The gradients of the next step, as [`Trainer::gradients`]; and queues what it computes, phase by phase. Changes nothing.
    ///
    /// # Errors
    /// As [`Trainer::gradients`]; nothing is queued then.
    pub fn phases(&mut self) -> Result<Gradients, StepError> {
        let (config, step) = (self.config().clone(), self.progress().step);
        let batch = self.task().training_batch(config.seed, step, 0..config.sequences)?;
        let target = self.device_batch(&batch).target;
        let (experts, layers) = (self.experts(), self.progress().rosters.len());
        let (width, positions) = (config.model.width, config.tokens_per_step());
        let shown = shown(positions, layers, experts, width);
        let components = COMPONENTS.min(width);
        let orders = self.orders();
        let mut writer = ReadbackWriter::default();
        let (gradients, ()) = self.gradients_seen(|tracked, ready| {
            let losses = target.position_losses(tracked.output.logits.clone().inner());
            writer.push(PhaseField::Losses, losses.slice_dim(0, 0..shown));
            writer.push(PhaseField::Task, tracked.task.clone().inner());
            writer.push(PhaseField::Total, tracked.total.clone().inner());
            let network = Network::assemble(self.spec(), self.layout(), &self.leaves(ready));
            let mut write = |layer, field, numbers| writer.push(PhaseField::Layer(layer, field), numbers);
            for (layer, mixture) in network.mixtures().into_iter().enumerate() {
                let seen = SeenLayer { tracked, layer, mixture, shown, components };
                seen.write(|competition| target_of(competition, &orders), &mut |field, n| write(layer, field, n));
            }
        })?;
        for (part, length) in self.lengths(&gradients.parts, None) {
            writer.push(PhaseField::Gradient(part), length);
        }
        let (layout, numbers) = writer.finish();
        let items = (0..shown).map(|position| self.task().item(&batch, position)).collect();
        let rate = learning_rate(&config.optimizer, self.progress().knobs.learning_rate, step, config.steps);
        let known = PhaseReading {
            step: step + 1,
            positions,
            context: self.spec().task.positions,
            items: Arc::new(ProbeItems::new(items)),
            learning_rate: rate,
            ..PhaseReading::default()
        };
        let sizes = [experts, orders.k.min(experts), components, layers];
        let not_competing = (0..layers).map(|layer| self.not_competing(layer)).collect();
        let (term_weights, share) = (orders.term_weights(), orders.share_of_shared());
        let optimizer = settings(&config.optimizer, rate, self.progress().updates + 1);
        let shape = Box::new(PhasesShape { layout, optimizer, known, sizes, not_competing, term_weights, share });
        self.queue(Pending::Phases { shape, numbers });
        Ok(gradients)
    }

    /// Why a layer does not compete at the next step, if it does not.
    fn not_competing(&self, layer: usize) -> NotCompeting {
        let (progress, step) = (self.progress(), self.progress().step);
        match progress.painted.at(layer, step) {
            _ if !progress.knobs.policy.competes() => NotCompeting::Policy,
            Some(false) => NotCompeting::Painted,
            _ if step < progress.knobs.competition_warmup => NotCompeting::WarmUp,
            _ => NotCompeting::Schedule,
        }
    }

    /// As [`Trainer::apply`]; and queues how far the update moved each part of the weights.
    ///
    /// # Errors
    /// As [`Trainer::apply`]; nothing changes then.
    pub fn apply_measured(&mut self, gradients: Gradients) -> Result<(), StepError> {
        let before = self.vectors().weights().clone();
        self.apply(gradients)?;
        let (now, before) = (self.leaves(self.vectors().weights()), self.leaves(&before));
        let mut writer = ReadbackWriter::default();
        for (part, length) in self.lengths(&now, Some(&before)) {
            writer.push(part, length);
        }
        let (layout, numbers) = writer.finish();
        self.queue(Pending::Update { layout, numbers });
        Ok(())
    }

    /// Lengths by part of a vector, or of what is between it and `from`; both as one flat tensor per slot of the layout.
    fn lengths(&self, vector: &[Tensor<1>], from: Option<&[Tensor<1>]>) -> Vec<(PartField, Tensor<1>)> {
        let mut parts: Vec<(PartField, Vec<usize>)> = Vec::new();
        let blocks: Vec<usize> = self.config().model.moe_layers().collect();
        for (place, slot) in self.layout().slots.iter().enumerate() {
            let block = slot.name.strip_prefix("blocks.").and_then(|rest| rest.split('.').next()?.parse().ok());
            let layer = block.and_then(|block: usize| blocks.iter().position(|&other| other == block));
            let part = match (layer, slot.part()) {
                (None, _) => PartField::Elsewhere,
                (Some(layer), part) if part.starts_with("experts.") => PartField::Experts(layer),
                (Some(layer), part) if part.starts_with("router.") => PartField::Router(layer),
                (Some(layer), _) => PartField::Rest(layer),
            };
            match parts.iter_mut().find(|(known, _)| *known == part) {
                Some((_, places)) => places.push(place),
                None => parts.push((part, vec![place])),
            }
        }
        let length = |(part, places): (PartField, Vec<usize>)| {
            let rows = if matches!(part, PartField::Experts(_)) { self.experts() } else { 1 };
            let of = |vector: &[Tensor<1>]| places.iter().map(|&place| vector[place].clone()).collect::<Vec<_>>();
            let length = match from {
                Some(from) => row_distances(of(vector), of(from), rows),
                None => row_lengths(of(vector), rows),
            };
            (part, length)
        };
        parts.into_iter().map(length).collect()
    }
}

/// Positions of which numbers are kept: the first so many.
fn shown(positions: usize, layers: usize, experts: usize, width: usize) -> usize {
    let fit = (NUMBERS / (layers * experts * (8 + COMPONENTS)).max(1)).min(ANSWERS / (experts * width).max(1));
    positions.min(POSITIONS).min(fit).max(1)
}

/// The winners' weights `[T, N]` of a layer that competes.
fn target_of(layer: &LayerOutput, orders: &crate::engine::model::ForwardSettings) -> Option<Tensor<2>> {
    layer.trace.competition.as_ref().map(|competition| plain(target(competition, orders)))
}

/// A constant.
fn plain<const R: usize>(tensor: Tensor<R>) -> Tensor<R> {
    if tensor.is_autodiff() { tensor.inner() } else { tensor }
}

/// One layer of a forward pass, and which part of it is kept.
struct SeenLayer<'a> {
    tracked: &'a Tracked,
    layer: usize,
    mixture: &'a Mixture,
    shown: usize,
    components: usize,
}

impl SeenLayer<'_> {
    /// Hands all fields of the layer to `write`. `shares` are the winners' weights.
    fn write(&self, shares: impl Fn(&LayerOutput) -> Option<Tensor<2>>, write: &mut impl FnMut(LayerField, Tensor<1>)) {
        let output = &self.tracked.output.layers[self.layer];
        let routing = &output.trace.routing;
        let rows = |table: Tensor<2>| {
            let rows = plain(table).slice_dim(0, 0..self.shown);
            let len = rows.dims().iter().product::<usize>();
            rows.reshape([len])
        };
        write(LayerField::Logits, rows(routing.logits.clone()));
        write(LayerField::Probabilities, rows(routing.probabilities()));
        write(LayerField::Choice, rows(routing.choice.clone()));
        write(LayerField::Picks, rows(routing.picks.clone()));
        write(LayerField::Weights, rows(routing.weights()));
        if let Some(competition) = &output.trace.competition {
            write(LayerField::Affinities, rows(competition.affinity.clone()));
            write(LayerField::Winners, rows(competition.winners.clone()));
        }
        if let Some(shares) = shares(output) {
            write(LayerField::Shares, rows(shares));
        }
        let entering = plain(self.tracked.output.entering[self.layer].clone()).slice_dim(0, 0..self.shown);
        let kept = |answers: Tensor<3>| {
            let answers = answers.slice_dim(2, 0..self.components);
            let len = answers.dims().iter().product::<usize>();
            answers.reshape([len])
        };
        write(LayerField::Answers, kept(self.mixture.experts.answers(entering.clone())));
        if let Some(shared) = &self.mixture.shared {
            write(LayerField::Shared, kept(shared.answers(entering)));
        }
        write(LayerField::Output, rows(output.y.clone().slice_dim(1, 0..self.components)));
        let terms = &output.terms;
        let terms = [&terms.router, &terms.balance, &terms.affinity_balance, &terms.diversity];
        for (kind, term) in LossTermKind::ALL.into_iter().zip(terms) {
            if let Some(term) = term {
                write(LayerField::Term(kind), plain(term.clone()));
            }
        }
        if let Some(added) = &output.auxiliary {
            write(LayerField::Added, plain(added.clone()));
        }
    }
}

impl PhasesShape {
    /// The reading of the phases from their vector.
    pub fn reading(&self, numbers: &[f32]) -> PhaseReading {
        let get = |field| self.layout.get(numbers, field);
        let one = |field| f64::from(get(field)[0]);
        let [.., layers] = self.sizes;
        let lengths = |part| self.layout.find(numbers, PhaseField::Gradient(part));
        let gradients = gathered(layers, lengths);
        PhaseReading {
            clipping: f64::from(self.optimizer.clip(gradients.norm() as f32)),
            losses: get(PhaseField::Losses).to_vec(),
            task: one(PhaseField::Task),
            total: one(PhaseField::Total),
            layers: (0..layers).map(|layer| self.layer(numbers, layer)).collect(),
            gradients,
            ..self.known.clone()
        }
    }

    fn layer(&self, numbers: &[f32], layer: usize) -> LayerPhases {
        let find = |field| self.layout.find(numbers, PhaseField::Layer(layer, field));
        let get = |field| find(field).unwrap_or_default();
        let [experts, k, components, _] = self.sizes;
        let shown = self.known.shown();
        let share = self.share.unwrap_or(1.0) as f32;
        let picks = marked(get(LayerField::Picks), get(LayerField::Choice), experts, k);
        let winners = marked(get(LayerField::Winners), get(LayerField::Affinities), experts, k);
        let at = |table: &[f32], slots: &[u16]| -> Vec<f32> {
            let place = |(i, &slot): (usize, &u16)| table[i / k * experts + usize::from(slot)];
            slots.iter().enumerate().map(place).collect()
        };
        let routed = at(get(LayerField::Weights), &picks);
        let competes = find(LayerField::Affinities).is_some();
        let (answering, weights) = if competes {
            (&winners, at(get(LayerField::Shares), &winners))
        } else {
            (&picks, routed.iter().map(|weight| weight * share).collect())
        };
        let all = get(LayerField::Answers);
        let answer = |(i, &slot): (usize, &u16)| &all[(usize::from(slot) * shown + i / k) * components..][..components];
        let answers = answering.iter().enumerate().flat_map(answer).copied().collect();
        let shared = self.share.and_then(|_| find(LayerField::Shared));
        let term = |(kind, weight): (LossTermKind, f64)| {
            find(LayerField::Term(kind)).map(|value| LossTerm { kind, value: f64::from(value[0]), weight })
        };
        LayerPhases {
            competes,
            not_competing: (!competes).then(|| self.not_competing[layer]),
            logits: get(LayerField::Logits).to_vec(),
            weights,
            components,
            answers,
            shared: shared.map(|answers| SharedAnswer { weight: share, answers: answers.to_vec() }),
            output: get(LayerField::Output).to_vec(),
            terms: LossTermKind::ALL.into_iter().zip(self.term_weights).filter_map(term).collect(),
            added: find(LayerField::Added).map_or(0.0, |added| f64::from(added[0])),
            choices: Choices {
                experts,
                k,
                p: get(LayerField::Probabilities).to_vec(),
                s: get(LayerField::Affinities).to_vec(),
                picks,
                weights: routed,
                winners,
            },
        }
    }
}

/// The k marked slots of each row, those with the largest of `by` first: `[S, N]` to `[S, k]`.
fn marked(marks: &[f32], by: &[f32], experts: usize, k: usize) -> Vec<u16> {
    let row = |(marks, by): (&[f32], &[f32])| {
        let of = |(&mark, &by): (&f32, &f32)| if mark > 0.5 { f64::from(by) } else { f64::NEG_INFINITY };
        top_k(&marks.iter().zip(by).map(of).collect::<Vec<f64>>(), k)
    };
    let rows = marks.chunks_exact(experts).zip(by.chunks_exact(experts));
    rows.flat_map(row).map(|slot| slot as u16).collect()
}

/// The lengths of the parts of an update from its vector.
pub(super) fn part_lengths(layout: &ReadbackLayout<PartField>, numbers: &[f32]) -> PartLengths {
    let layers = (0..).take_while(|&layer| layout.find(numbers, PartField::Experts(layer)).is_some()).count();
    gathered(layers, |part| layout.find(numbers, part))
}

fn gathered<'a>(layers: usize, find: impl Fn(PartField) -> Option<&'a [f32]>) -> PartLengths {
    let one = |part| find(part).map_or(0.0, |length| f64::from(length[0]));
    let layer = |layer| LayerLengths {
        experts: find(PartField::Experts(layer)).unwrap_or_default().iter().map(|&length| f64::from(length)).collect(),
        router: one(PartField::Router(layer)),
        rest: one(PartField::Rest(layer)),
    };
    PartLengths { layers: (0..layers).map(layer).collect(), elsewhere: one(PartField::Elsewhere) }
}
