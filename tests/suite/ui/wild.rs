//! Runs whose numbers are of every magnitude and sign, or no numbers at all: nothing that is drawn may depend on their
//! being well-behaved.

use std::sync::Arc;

use moe_arena::domain::draw::{Draws, Purpose};
use moe_arena::domain::interventions::Intervention;
use moe_arena::domain::readings::{LossTerms, StepReading, ValidationReading};
use moe_arena::domain::roster::ExpertId;
use moe_arena::run::{Snapshot, Timing};
use moe_arena::store::alerts::{Alert, Rule};
use moe_arena::store::history::{LoadNumbers, What};

use super::fixture::{self, Shape, USUAL};

/// Numbers drawn from a seed.
struct Lot {
    seed: u64,
    drawn: u64,
}

impl Lot {
    fn unit(&mut self) -> f64 {
        self.drawn += 1;
        Draws::new(self.seed, Purpose::Probe, self.drawn, 77).unit()
    }

    /// Of either sign, from 1e-9 to 1e9; now and then nothing, or no number.
    fn number(&mut self) -> f64 {
        let sign = if self.unit() < 0.5 { -1.0 } else { 1.0 };
        match self.unit() {
            u if u < 0.05 => f64::NAN,
            u if u < 0.08 => 0.0,
            _ => sign * 10f64.powf(18.0 * self.unit() - 9.0),
        }
    }

    /// A number that is there, whatever it is.
    fn some(&mut self) -> Option<f64> {
        Some(self.number())
    }

    fn maybe(&mut self) -> Option<f64> {
        (self.unit() > 0.1).then(|| self.number())
    }
}

/// A number over time: it stays near one value, wanders over its own size, or jumps over magnitudes.
struct Course {
    base: f64,
    spread: f64,
}

impl Course {
    fn new(lot: &mut Lot) -> Self {
        let spreads = [0.0, 1e-7, 0.01, 1.0, 40.0];
        Self { base: lot.number(), spread: spreads[(lot.unit() * 5.0) as usize % 5] }
    }

    fn next(&self, lot: &mut Lot) -> f64 {
        if lot.unit() < 0.03 { f64::NAN } else { self.base * (1.0 + self.spread * (lot.unit() - 0.5)) }
    }
}

/// A run of wild numbers.
pub fn wild(seed: u64) -> Snapshot {
    after(seed, 300, 60)
}

/// One that has done a single step, a wild one.
pub fn wild_first(seed: u64) -> Snapshot {
    after(seed, 0, 1)
}

/// A run that was well-behaved for so many steps, and then wild.
fn after(seed: u64, calm: u64, steps: u64) -> Snapshot {
    let lot = &mut Lot { seed, drawn: 0 };
    let experts = [8, 12, 3, 32][seed as usize % 4];
    let shape = Shape { steps: calm, layers: 3, experts, ..USUAL };
    let end = calm + steps;
    let mut shot = fixture::running(shape);
    let history = Arc::make_mut(&mut shot.memory.history);
    let courses: Vec<Course> = (0..9).map(|_| Course::new(lot)).collect();
    let last = fixture::running(Shape { steps: calm.max(1), ..shape }).newest.step.expect("a step");
    for step in calm + 1..=end {
        let mut next = |course: usize| courses[course].next(lot);
        let loss = LossTerms {
            total: next(0),
            task: next(1),
            accuracy: None,
            router: (step % 3 == 0).then(|| next(2)),
            balance: (step % 3 != 0).then(|| next(3)),
            affinity_balance: (step % 3 == 0).then(|| next(4)),
            diversity: (step % 6 == 0).then(|| next(5)),
        };
        let reading = StepReading { step, loss, gradient_norm: next(6), ..(*last).clone() };
        let derived =
            vec![LoadNumbers { cv: next(7), entropy: next(8), dead: 2, max_vio: Some(next(0)) }; shape.layers];
        history.push_step(&reading, &derived, &shot.model.rosters, 1e5);
        if step % 20 == 0 {
            history.push_validation(&ValidationReading { step, loss: courses[1].next(lot), accuracy: None });
            let mut probe = (**shot.newest.probe.as_ref().expect("a probe")).clone();
            probe.step = step;
            probe.losses.iter_mut().for_each(|loss| *loss = lot.number() as f32);
            for layer in &mut probe.layers {
                let d = &mut layer.diagnosis;
                let a = &mut d.agreement;
                (a.top1, a.chance, a.kappa, a.skill) = (lot.some(), lot.some(), lot.maybe(), lot.maybe());
                (a.recall_at_k, a.response_captured) = (lot.some(), lot.some());
                (d.load.effective_experts, d.load.entropy_norm) = (lot.some(), lot.some());
                d.collapse.effective_rank = lot.some();
                d.similarity.mean_output_cosine = lot.maybe();
                d.similarity.worst_pair = lot.maybe().map(|cosine| (0, 1, cosine));
                layer.choices.s.iter_mut().for_each(|s| *s = lot.number() as f32);
                d.weights.moved = Some((0..experts).map(|_| lot.number() as f32).collect());
                d.collapse.pull = Some((0..experts).map(|_| lot.some()).collect());
                (d.router.repetition, d.router.response_choice) = (lot.maybe(), lot.maybe());
                (d.router.z_loss, d.router.margin, d.agreement.kl) = (lot.maybe(), lot.maybe(), lot.maybe());
                (d.agreement.spearman, d.agreement.ece) = (lot.maybe(), lot.maybe());
                (d.collapse.rc, d.collapse.stable_rank) = (lot.maybe(), lot.maybe());
            }
            let probe = Arc::new(probe);
            history.push_probe(&probe, &shot.model.rosters);
            shot.newest.probe = Some(probe);
        }
    }
    let journal = history.journal_mut();
    let interventions = [(250, 0), (250, 1), (252, 2), (310, 0), (340, 1), (341, 2)];
    for (step, expert) in interventions.into_iter().filter(|(step, _)| *step <= end) {
        let intervention = Intervention::Mute { expert: ExpertId(expert), on: true };
        journal.push(step, What::Intervened { layer: 1, intervention });
    }
    *Arc::make_mut(&mut shot.memory.alerts) = standing(9, end.min(250));
    shot.newest.step = Some(Arc::new(StepReading { step: end, ..(*last).clone() }));
    shot.step = end;
    Arc::make_mut(&mut shot.config).seed = u64::MAX;
    Arc::make_mut(&mut shot.config).steps = [4_000, 1_000_000_000, 400, 90_000][seed as usize % 4];
    shot.pace.tokens_per_sec = lot.number().abs();
    shot.pace.timing = Timing { step_millis: lot.number().abs(), wait_millis: lot.number().abs() };
    shot.pace.seconds = 1e6 * lot.unit();
    shot.device.memory_bytes = Some((1e12 * lot.unit()) as u64);
    shot.device.name = "NVIDIA GeForce RTX 4060 Laptop GPU".into();
    shot.data.badge.name = "A-History-of-the-Decline-of-Everything-1776.txt".into();
    shot.saves.newest = (end > 340).then(|| fixture::saved(340));
    shot
}

/// So many alerts that stand since a step, with words of up to three lines.
pub fn standing(count: usize, step: u64) -> moe_arena::store::alerts::Alerts {
    let words = [
        "Hidden states entering layer 1 spread over 1.8 directions; the best so far was 2.1 of at most 32",
        "The router of layer 2 foresees the competition no better than chance: kappa 0.00 after 63 competitions in a row",
        "Expert 4 of layer 1 gets 8 % of an even share",
    ];
    let list: Vec<Alert> = (0..count)
        .map(|place| Alert {
            rule: Rule::ALL[place % Rule::ALL.len()],
            layer: Some(place % 2),
            expert: None,
            other: None,
            since: step,
            raised: step + place as u64,
            until: None,
            numbers: Vec::new(),
            told: Some(words[place % 3].into()),
        })
        .collect();
    serde_json::from_value(serde_json::json!({ "list": list })).expect("alerts as a history keeps them")
}
