//! Validation and probe: measure the network without training it; the probe compares the router with the competition.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::commit::StepError;
use super::data::{repeated, repeated_target};
use super::probe_numbers::{FromWeights, LayerNumbers, layer_numbers};
use super::readback::{Pending, ProbeField, ProbeShape, RoutesShape, ValidationField};
use super::readback_layout::ReadbackWriter;
use super::trainer::Trainer;
use crate::domain::config::ProbeFamilies;
use crate::domain::draw::{Draws, Purpose};
use crate::domain::readings::ProbeItems;
use crate::domain::state::{ROUTES, Slot};
use crate::engine::kernels::{row_distances, row_lengths};
use crate::engine::model::{ForwardInputs, LogitOverride, Mode, NEVER};
use crate::tasks::{TaskBatch, TaskError};

/// Layers whose experts are knocked out at one probe, one of each; the others' turn comes at the next.
const KNOCKED_LAYERS: usize = 4;

impl Trainer {
    /// Queues what a run looks at as often as its cadence says: a probe, and if they are asked for knock-outs, of one expert
    /// each of some layers. All layers take their turns, then the next expert does; `turn` counts them.
    ///
    /// # Errors
    /// If the text can no longer be read, or an update was cut off part-way.
    pub fn look(&mut self, measures: ProbeFamilies, turn: &mut usize) -> Result<(), StepError> {
        self.probe(measures)?;
        self.anchor();
        let (layers, experts) = (self.progress().rosters.len(), self.experts());
        for _ in 0..if measures.knock_out { layers.min(KNOCKED_LAYERS) } else { 0 } {
            let place = *turn % (layers * experts);
            self.knock_out(place % layers, place / layers)?;
            *turn += 1;
        }
        Ok(())
    }

    /// Queues a probe: on the run's fixed probe batch the router routes and, beside it, every expert answers.
    ///
    /// # Errors
    /// If the text can no longer be read, or an update was cut off part-way; nothing is queued then.
    pub fn probe(&mut self, measures: ProbeFamilies) -> Result<(), StepError> {
        self.vectors().whole()?;
        let (config, probe) = (self.config().clone(), self.probe_task_batch()?);
        let modes = vec![Mode::Probe; config.model.moe_count()];
        let batch = self.device_batch(&probe);
        let (context, tokens) = (self.spec().task.positions, batch.weights.dims()[0]);
        let extras = self.extras(false, tokens);
        let output = self.network().forward(batch.input, self.rotary(), &modes, &self.orders(), &extras);
        let sizes = LayerNumbers {
            tokens,
            experts: self.experts(),
            top_k: self.progress().knobs.top_k,
            width: config.model.width,
            dimensions: config.model.width,
            measures,
            context,
        };
        let mut writer = ReadbackWriter::default();
        writer.push(ProbeField::Losses, batch.target.position_losses(output.logits));
        let mut layers = Vec::new();
        for (place, (layer, x)) in output.layers.iter().zip(&output.entering).enumerate() {
            let weights = FromWeights { moved: self.moved(place), rows: self.router_rows(place) };
            let (layout, numbers) = layer_numbers(&layer.trace, x, weights, sizes);
            writer.push(ProbeField::Layer(place), numbers);
            layers.push(layout);
        }
        let (layout, numbers) = writer.finish();
        let items = (0..tokens).map(|position| self.task().item(&probe, position)).collect();
        let labels = probe.labels.into_iter().next().unwrap_or_default();
        let first = self.spec().first_mixture_dimensions();
        let shape =
            ProbeShape { sizes, first, layout, layers, context, items: Arc::new(ProbeItems::new(items)), labels };
        self.queue(Pending::Probe { step: self.progress().step, shape, numbers });
        Ok(())
    }

    /// How far each expert of a layer has moved since [`Trainer::anchor`], as a share of the length of its weights: `[N]`
    fn moved(&self, layer: usize) -> Option<Tensor<1>> {
        let before = self.anchored()?;
        let experts = self.experts();
        let parts = |vector: &Tensor<1>| -> Vec<Tensor<1>> {
            let slots = self.expert_slots(layer).map(|place| &self.layout().slots[place]);
            slots.map(|slot| vector.clone().slice_dim(0, slot.range())).collect()
        };
        let (now, then) = (parts(self.vectors().weights()), parts(before));
        let length = row_lengths(then.clone(), experts);
        Some(row_distances(now, then, experts) / length.clamp_min(1e-15))
    }

    /// Places in the layout of the weights of a layer's experts.
    pub(super) fn expert_slots(&self, layer: usize) -> impl Iterator<Item = usize> {
        let of_experts = move |slot: &Slot| slot.expert_layer == Some(layer) && slot.part().starts_with("experts.");
        let slots = self.layout().slots.iter().enumerate();
        slots.filter(move |(_, slot)| of_experts(slot)).map(|(place, _)| place)
    }

    /// `[N, D]` the rows of a layer's router, if the policy in force has such.
    fn router_rows(&self, layer: usize) -> Option<Tensor<2>> {
        let of_router = |slot: &&Slot| slot.expert_layer == Some(layer) && slot.part() == "router.weight";
        let slot = self.layout().slots.iter().find(of_router)?;
        let policy = self.progress().knobs.policy;
        let reads = self.config().parts_for(policy, self.progress().knobs.form, self.config().model.experts);
        let read = reads.iter().any(|part| part.name == "router.weight");
        read.then(|| {
            self.vectors().weights().clone().slice_dim(0, slot.range()).reshape([slot.shape[0], slot.shape[1]])
        })
    }

    /// Queues the loss of the probe batch without one expert: its logit is −∞. Nothing is queued if fewer than k experts
    /// would be left, or there is no such expert.
    ///
    /// # Errors
    /// If the text can no longer be read, or an update was cut off part-way; nothing is queued then.
    pub fn knock_out(&mut self, layer: usize, slot: usize) -> Result<(), StepError> {
        self.vectors().whole()?;
        let (experts, unmuted) = (self.experts(), self.unmuted(layer));
        if !unmuted.contains(&slot) || unmuted.len() <= self.progress().knobs.top_k {
            return Ok(());
        }
        let batch = self.device_batch(&self.probe_task_batch()?);
        let mut without = vec![0.0; experts];
        without[slot] = NEVER;
        let extras = self.with_override(layer, &without, batch.weights.dims()[0]);
        let modes = vec![Mode::Infer; self.config().model.moe_count()];
        let output = self.network().forward(batch.input, self.rotary(), &modes, &self.orders(), &extras);
        let numbers = batch.target.loss(output.logits, batch.weights);
        self.queue(Pending::KnockOut { step: self.progress().step, layer, slot, numbers });
        Ok(())
    }

    /// Queues the losses of one token of the probe by other routes through one layer: all C(N, k) of them if there are up
    /// to `ROUTES`, else as many drawn at random, and always the route it takes. Every other token and layer routes as
    /// it does. Nothing is queued if there is no such layer or token.
    ///
    /// - `taken`: the slots it is routed to now
    ///
    /// # Errors
    /// If the text can no longer be read, or an update was cut off part-way; nothing is queued then.
    pub fn counterfactual(&mut self, layer: usize, token: usize, taken: &[u16]) -> Result<(), StepError> {
        self.vectors().whole()?;
        let (context, experts) = (self.spec().task.positions, self.experts());
        let (probe, unmuted) = (self.probe_task_batch()?, self.unmuted(layer));
        if token >= probe.examples * context
            || unmuted.len() < taken.len()
            || taken.is_empty()
            || taken.iter().any(|&slot| usize::from(slot) >= experts)
        {
            return Ok(());
        }
        let mut taken = taken.to_vec();
        taken.sort_unstable();
        let (step, seed) = (self.progress().step, self.config().seed);
        let (routes, all) = routes(&unmuted, &taken, &mut Draws::new(seed, Purpose::Routes, step, token as u64));
        // What comes after a token does not reach it.
        let position = token % context;
        let (length, count, outputs) = (position + 1, routes.len(), self.spec().task.outputs());
        let input = repeated(&probe.input, token - position..token + 1, self.spec().input_rows(), count);
        let input = self.device_input(&input, count);
        let target = self.device_target(&repeated_target(&probe.target, token, outputs, count));
        let mut forced = vec![0.0; count * length * experts];
        for (place, route) in routes.iter().enumerate() {
            let row = &mut forced[((place + 1) * length - 1) * experts..][..experts];
            row.fill(NEVER);
            route.iter().for_each(|&slot| row[usize::from(slot)] = 0.0);
        }
        let extras = self.with_override(layer, &forced, count * length);
        let modes = vec![Mode::Infer; self.config().model.moe_count()];
        let output = self.network().forward(input, self.rotary(), &modes, &self.orders(), &extras);
        let logits = output.logits.reshape([count, length, outputs]).slice_dim(1, position..length);
        let numbers = target.position_losses(logits.reshape([count, outputs]));
        let shape = RoutesShape { step, layer, token, routes, taken, all };
        self.queue(Pending::Routes { shape, numbers });
        Ok(())
    }

    /// Slots of a layer that are not muted; none if there is no such layer.
    fn unmuted(&self, layer: usize) -> Vec<usize> {
        let roster = self.progress().rosters.get(layer);
        roster.map(|roster| self.progress().interventions(layer).active(roster)).unwrap_or_default()
    }

    /// What layers are given when only looking, with `logits` (rows of N) added in one of them.
    fn with_override(&self, layer: usize, logits: &[f32], tokens: usize) -> ForwardInputs {
        let mut extras = self.extras(false, tokens);
        extras.overrides.resize_with(self.progress().rosters.len(), LogitOverride::default);
        let added = self.rows(logits, logits.len() / self.experts());
        let there = &mut extras.overrides[layer].logits;
        *there = Some(match there.take() {
            Some(before) => before + added,
            None => added,
        });
        extras
    }

    /// The run's fixed probe batch.
    pub(super) fn probe_task_batch(&self) -> Result<TaskBatch, TaskError> {
        self.task().probe_batch(self.config().seed, self.config().cadence.probe_sequences)
    }

    /// Queues a validation: the fixed validation batches, router only.
    ///
    /// # Errors
    /// If the text can no longer be read, or an update was cut off part-way; nothing is queued then.
    pub fn validate(&mut self) -> Result<(), StepError> {
        self.validate_on(self.config().cadence.validation_batches)
    }

    /// Queues a validation on the first `batches` of the validation batches: quicker and less exact.
    ///
    /// # Errors
    /// If the text can no longer be read, or an update was cut off part-way; nothing is queued then.
    pub(crate) fn validate_on(&mut self, batches: usize) -> Result<(), StepError> {
        self.vectors().whole()?;
        let config = self.config().clone();
        let (network, orders, extras) = (self.network(), self.orders(), self.extras(false, config.tokens_per_step()));
        let modes = vec![Mode::Infer; config.model.moe_count()];
        let (mut losses, mut hits) = (Vec::with_capacity(batches), Vec::new());
        for number in 0..batches as u64 {
            let batch = self.device_batch(&self.task().validation_batch(config.seed, number, config.sequences)?);
            let output = network.forward(batch.input, self.rotary(), &modes, &orders, &extras);
            if self.counts_hits() {
                hits.extend(batch.target.hits(&output.logits, &batch.weights));
            }
            losses.push(batch.target.loss(output.logits, batch.weights));
        }
        let mut writer = ReadbackWriter::default();
        writer.push(ValidationField::Loss, Tensor::cat(losses, 0).mean());
        if !hits.is_empty() {
            writer.push(ValidationField::Hits, Tensor::cat(hits, 0).mean());
        }
        let (layout, numbers) = writer.finish();
        self.queue(Pending::Validation { step: self.progress().step, layout, numbers });
        Ok(())
    }
}

/// Routes to try, slots ascending, the one taken among them; and how many there are in all.
fn routes(unmuted: &[usize], taken: &[u16], draws: &mut Draws) -> (Vec<Vec<u16>>, u64) {
    let k = taken.len();
    let all = (0..k).fold(1u64, |ways, i| ways.saturating_mul((unmuted.len() - i) as u64) / (i as u64 + 1));
    let mut routes = vec![taken.to_vec()];
    if all <= ROUTES as u64 {
        each_choice(unmuted, k, &mut Vec::new(), &mut routes);
    } else {
        while routes.len() < ROUTES {
            let mut slots: Vec<u16> = unmuted.iter().map(|&slot| slot as u16).collect();
            for place in 0..k {
                let other = place + (draws.unit() * (slots.len() - place) as f64) as usize;
                slots.swap(place, other.min(unmuted.len() - 1));
            }
            slots.truncate(k);
            slots.sort_unstable();
            if !routes.contains(&slots) {
                routes.push(slots);
            }
        }
    }
    (routes, all)
}

/// Adds every choice of `k` more of `slots` to those `chosen`, but for what is there already.
fn each_choice(slots: &[usize], k: usize, chosen: &mut Vec<u16>, routes: &mut Vec<Vec<u16>>) {
    if k == 0 {
        if !routes.contains(chosen) {
            routes.push(chosen.clone());
        }
        return;
    }
    for (place, &slot) in slots.iter().enumerate() {
        chosen.push(slot as u16);
        each_choice(&slots[place + 1..], k - 1, chosen, routes);
        chosen.pop();
    }
}
