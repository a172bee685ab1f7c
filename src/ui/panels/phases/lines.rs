//! What is said of a phase for one position: what happens in it, its formulas, and the same with today's numbers put in. Pure.

use crate::domain::measures::choice::{powers, probability, softmax};
use crate::domain::readings::{Item, LayerPhases, Phase, PhaseReading};
use crate::domain::roster::ExpertId;
use crate::run::Snapshot;
use crate::ui::kit::numbers::{fixed, small};
use crate::ui::view::phases::SeenPhases;
use crate::ui::words::flow::byte_name;
use crate::ui::words::phases::{self as words, Sum};
use crate::words::language::FixedText;

/// Terms of a sum that are written out.
const TERMS: usize = 8;
/// Answers of an output that are written out.
const ANSWERS: usize = 6;
/// Logits up to this size are written as powers as they are.
const PLAIN: f64 = 12.0;
/// Farther than this from each other, two shares or weights are not the same.
const SAME: f64 = 1e-3;

/// What is said of a phase.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PhaseText {
    /// Which position.
    pub position: String,
    /// What happens.
    pub about: String,
    /// Formulas, as letters.
    pub formulas: Vec<&'static str>,
    /// The same with numbers, a line each.
    pub today: Vec<String>,
    /// All of it in one sentence.
    pub spoken: String,
}

impl PhaseText {
    /// Of what is seen.
    pub fn of(seen: &SeenPhases<'_>, layer: usize, shot: &Snapshot) -> Self {
        let of = Position { seen, layer };
        let (formulas, today, what): (Vec<FixedText>, _, _) = match seen.phase {
            Phase::Route => (vec![words::OF_SHARES], of.route(), of.said_route()),
            Phase::Compete if seen.layer.competes => {
                let gated = shot.knobs.combine_gate.then_some(words::OF_GATED);
                let formulas = gated.into_iter().chain([words::response(shot.knobs.response()), words::OF_WINNERS]);
                (formulas.collect(), of.compete(), of.said_compete())
            }
            Phase::Compete => (vec![], vec![], words::about(seen.phase, seen.layer.not_competing, shot)),
            Phase::Combine => (vec![words::OF_OUTPUT], of.combine(), of.said_combine()),
            Phase::Learn => (vec![words::OF_UPDATE], of.learn(shot), of.said_learn()),
        };
        let position = position(seen);
        let spoken = words::said(&words::state(seen.reading.step, seen.phase, seen.layer.competes), &position, &what);
        let not_competing = if seen.layer.competes { None } else { seen.layer.not_competing };
        let about = words::about(seen.phase, not_competing, shot);
        Self { position, about, formulas: formulas.into_iter().map(FixedText::said).collect(), today, spoken }
    }
}

/// Which position it is.
fn position(seen: &SeenPhases<'_>) -> String {
    let what = match seen.reading.items.all().get(seen.position) {
        Some(Item::Byte(byte)) => words::of_byte(&byte_name(*byte)),
        Some(Item::Point(at)) => words::of_point(*at),
        None => String::new(),
    };
    if seen.chosen {
        words::position(&what, seen.position, seen.reading.shown())
    } else {
        words::position_first(&what, seen.reading.shown())
    }
}

/// One position in one layer.
struct Position<'a> {
    seen: &'a SeenPhases<'a>,
    layer: usize,
}

impl Position<'_> {
    fn phases(&self) -> &LayerPhases {
        self.seen.layer
    }

    fn reading(&self) -> &PhaseReading {
        self.seen.reading
    }

    fn id(&self, slot: u16) -> ExpertId {
        self.seen.roster.slots[usize::from(slot)]
    }

    fn listed(&self, slots: &[u16]) -> String {
        slots.iter().map(|&slot| self.id(slot).to_string()).collect::<Vec<_>>().join(", ")
    }

    fn route(&self) -> Vec<String> {
        let (phases, at) = (self.phases(), self.seen.position);
        let (z, p) = (wide(phases.logits(at)), wide(phases.choices.p(at)));
        let picks = phases.choices.picks(at);
        let Some(&first) = picks.first() else { return Vec::new() };
        let (id, first) = (self.id(first), usize::from(first));
        let plain = softmax(&z).iter().zip(&p).all(|(soft, p)| (soft - p).abs() < SAME);
        let share = if plain {
            // Powers of large logits are written less the largest, which changes no share.
            let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let shift = if z.iter().all(|z| z.abs() <= PLAIN) { 0.0 } else { largest };
            let (each, sum) = powers(&z, shift);
            let exponent = |z: f64| fixed(z - shift, 2);
            let all = written(z.iter().map(|&z| words::power(&exponent(z))));
            words::share_of(id, &exponent(z[first]), &all, each[first], sum, p[first])
        } else {
            words::share_own(id, p[first])
        };
        vec![share, words::sum(Sum::P, p.iter().sum()), words::picks(&self.listed(picks))]
    }

    fn said_route(&self) -> String {
        let (phases, at) = (self.phases(), self.seen.position);
        let picks = phases.choices.picks(at);
        let shares = picks.iter().map(|&slot| fixed(f64::from(phases.choices.p(at)[usize::from(slot)]), 3));
        words::routed(&self.listed(picks), &shares.collect::<Vec<_>>().join(", "))
    }

    fn foreseen(&self) -> usize {
        let (choices, at) = (&self.phases().choices, self.seen.position);
        choices.winners(at).iter().filter(|slot| choices.picks(at).contains(slot)).count()
    }

    fn compete(&self) -> Vec<String> {
        let (choices, at) = (&self.phases().choices, self.seen.position);
        let (s, winners) = (choices.s(at), choices.winners(at));
        let mut lines = vec![words::winners(&self.listed(winners), self.foreseen(), choices.k)];
        let loser = (0..choices.experts as u16)
            .filter(|slot| !winners.contains(slot))
            .max_by(|a, b| s[usize::from(*a)].total_cmp(&s[usize::from(*b)]));
        if let (Some(&last), Some(loser)) = (winners.last(), loser) {
            let of = |slot: u16| f64::from(s[usize::from(slot)]);
            lines.push(words::margin(self.id(last), of(last), self.id(loser), of(loser)));
        }
        lines
    }

    fn said_compete(&self) -> String {
        words::competed(&self.listed(self.phases().choices.winners(self.seen.position)), self.foreseen())
    }

    fn combine(&self) -> Vec<String> {
        let (phases, at) = (self.phases(), self.seen.position);
        let (slots, weights) = (phases.answering(at), wide(phases.weights(at)));
        let (of, basis) = if phases.competes { (Sum::S, phases.choices.s(at)) } else { (Sum::P, phases.choices.p(at)) };
        let basis: Vec<f64> = slots.iter().map(|&slot| f64::from(basis[usize::from(slot)])).collect();
        let sum: f64 = basis.iter().sum();
        let is_ratio = weights.iter().zip(&basis).all(|(w, value)| (w - value / sum).abs() < SAME);
        let Some(&first) = slots.first() else { return Vec::new() };
        let weight = if is_ratio {
            let values = written(basis.iter().map(|&value| fixed(value, 3)));
            words::weight_of(of, self.id(first), basis[0], &values, weights[0])
        } else {
            words::weight_own(self.id(first), weights[0])
        };
        let mut lines = vec![weight, words::sum(Sum::W, weights.iter().sum())];
        for (place, &w) in weights.iter().enumerate().take(ANSWERS) {
            let say = if place == 0 { words::output_of } else { words::output_and };
            lines.push(say(w, &components(phases.answer(at, place))));
        }
        if weights.len() > ANSWERS {
            lines.push(words::output_more(weights.len() - ANSWERS));
        }
        if let Some((w, answer)) = phases.shared_answer(at) {
            lines.push(words::output_shared(f64::from(w), &components(answer)));
        }
        lines.push(words::output(&components(phases.output(at))));
        lines
    }

    fn said_combine(&self) -> String {
        let (phases, at) = (self.phases(), self.seen.position);
        let weights = phases.weights(at).iter().map(|&w| fixed(f64::from(w), 3)).collect::<Vec<_>>().join(", ");
        words::combined(&self.listed(phases.answering(at)), &weights)
    }

    fn learn(&self, shot: &Snapshot) -> Vec<String> {
        let (reading, phases) = (self.reading(), self.phases());
        let mut lines = Vec::new();
        if let Some(&loss) = reading.losses.get(self.seen.position) {
            let loss = f64::from(loss);
            let classes = shot.config.task_shape().classes().is_some();
            lines.push(if classes { words::class_loss(probability(loss), loss) } else { words::value_loss(loss) });
        }
        lines.push(words::task(reading.positions, reading.task));
        let mut terms: Vec<String> =
            phases.terms.iter().map(|term| words::term(term.kind, term.weight, term.value)).collect();
        if !phases.competes && shot.knobs.z_weight > 0.0 {
            terms.push(words::z_term(phases.beside_terms()));
        }
        lines.push(if terms.is_empty() {
            words::layer_adds_nothing(self.layer)
        } else {
            words::layer_adds(self.layer, &terms.join(" + "), phases.added)
        });
        let parts = if reading.layers.len() < TERMS {
            let added = reading.layers.iter().map(|layer| added(layer.added));
            std::iter::once(fixed(reading.task, 4)).chain(added).collect::<String>()
        } else {
            fixed(reading.task, 4) + &added(reading.total - reading.task)
        };
        lines.push(words::total(&parts, reading.total));
        let (norm, most) = (reading.gradients.norm(), shot.config.optimizer.clip_norm);
        lines.push(words::gradient(norm, most, reading.clipping));
        lines.extend(reading.update.as_ref().map(|update| words::update(reading.learning_rate, update.norm())));
        lines
    }

    fn said_learn(&self) -> String {
        let reading = self.reading();
        words::learned(reading.task, reading.total, reading.update.as_ref().map_or(0.0, |update| update.norm()))
    }
}

/// A number that is added, with its sign before it.
fn added(value: f64) -> String {
    format!(" {} {}", if value < 0.0 { '−' } else { '+' }, fixed(value.abs(), 4))
}

/// The numbers that are kept of an answer.
pub(super) fn components(answer: &[f32]) -> String {
    answer.iter().map(|&value| small(f64::from(value))).collect::<Vec<_>>().join(", ")
}

/// A sum of so many terms, the first of them written out.
fn written(terms: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = terms.collect();
    if all.len() > TERMS {
        all.truncate(TERMS / 2);
        all.push("…".into());
    }
    all.join(" + ")
}

fn wide(row: &[f32]) -> Vec<f64> {
    row.iter().map(|&value| f64::from(value)).collect()
}
