//! Validation of a config or a set of knobs: every complaint at once, in words a person can act on.
//!
//! Real numbers are typed in double precision and used in single precision: each is checked as what it becomes there.

use std::fmt;

use super::{Config, KNOBS, KnobKind, Knobs, Mixing, RealRange, RouterForm, ScheduleForm, WholeRange};

/// Smallest real number above 0 that keeps its digits in single precision; a smaller one loses them or becomes 0.
pub const SMALLEST: f64 = f32::MIN_POSITIVE as f64;

/// Largest real number a config may hold: far below the largest of single precision, 3.4e38, so that what is made of it in a
/// step (a rate over 1 − β1, say) stays finite there as well.
pub const LARGEST: f64 = 1e30;

/// Most layer-steps of a published schedule, which is drawn whole before the first step: seconds and some hundred MiB.
const SCHEDULED: u64 = 1 << 28;

/// One thing that cannot be: the field, what was found, what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The field as spelled in TOML, e.g. `model.heads`.
    pub field: &'static str,
    /// The value found.
    pub found: String,
    /// What would do.
    pub expected: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}; expected {}", self.field, self.found, self.expected)
    }
}

/// Collects complaints; each `require` is one rule.
#[derive(Default)]
pub(super) struct Complaints(Vec<Complaint>);

impl Complaints {
    pub(super) fn require(
        &mut self,
        holds: bool,
        field: &'static str,
        found: impl ToString,
        expected: impl Into<String>,
    ) {
        if !holds {
            self.0.push(Complaint { field, found: found.to_string(), expected: expected.into() });
        }
    }

    pub(super) fn within<T: PartialOrd + fmt::Display>(&mut self, field: &'static str, value: T, low: T, high: T) {
        let expected = format!("{low} to {high}");
        let holds = value >= low && value <= high;
        self.require(holds, field, value, expected);
    }

    pub(super) fn into_list(self) -> Vec<Complaint> {
        self.0
    }

    fn real(&mut self, field: &'static str, value: f64, range: RealRange) {
        self.require(range.holds(value), field, real(value), range.expected());
    }
}

/// A real number in few characters: `0.5`, `1e-46`, `NaN`.
fn real(value: f64) -> String {
    let plain = value == 0.0 || !value.is_finite() || (1e-4..1e6).contains(&value.abs());
    if plain { value.to_string() } else { format!("{value:e}") }
}

impl Config {
    /// All that is wrong with this config; empty if it can run.
    pub fn validate(&self) -> Vec<Complaint> {
        let mut out = Complaints::default();
        let m = &self.model;
        out.require(self.steps >= 1, "steps", self.steps, "at least 1");
        out.within("sequences", self.sequences, 1, 4096);
        out.within("model.context", m.context, 2, 4096);
        out.within("model.heads", m.heads, 1, 64);
        out.within("model.width", m.width, 2, 4096);
        if (1..=64).contains(&m.heads) && self.task_shape().mixing != Mixing::None {
            let whole = m.width.is_multiple_of(2 * m.heads);
            let expected = format!("a multiple of {} (twice model.heads)", 2 * m.heads);
            out.require(whole, "model.width", m.width, expected);
        }
        out.within("model.layers", m.layers, 1, 64);
        out.within("model.moe_every", m.moe_every, 1, 2);
        let mixtures = m.moe_every >= 1 && m.layers >= m.moe_every;
        out.require(mixtures, "model.layers", m.layers, "at least model.moe_every, so that one block has experts");
        let alone = m.layers == 1 && self.task_shape().mixing == Mixing::None;
        let expected = "false, unless model.layers is 1 and the task has no attention";
        out.require(!m.bare || alone, "model.bare", m.bare, expected);
        out.within("model.experts", m.experts, 1, 256);
        out.within("model.expert_width", m.expert_width, 1, 16384);
        out.within("model.dense_width", m.dense_width, 1, 65536);
        if let RouterForm::Sigmoid { scale } = m.router {
            out.real("model.router.sigmoid.scale", scale, RealRange::Positive);
        }
        let o = &self.optimizer;
        for (field, beta) in [("optimizer.beta1", o.beta1), ("optimizer.beta2", o.beta2)] {
            // A beta that rounds to 1 would never forget, and its correction would divide by 0.
            let holds = (0.0..1.0).contains(&beta) && (beta as f32) < 1.0;
            out.require(
                holds,
                field,
                beta,
                "at least 0 and at most 0.99999994, the last number below 1 in single precision",
            );
        }
        out.real("optimizer.epsilon", o.epsilon, RealRange::Positive);
        out.real("optimizer.weight_decay", o.weight_decay, RealRange::AtLeastZero);
        out.real("optimizer.clip_norm", o.clip_norm, RealRange::Positive);
        if self.competition.schedule == ScheduleForm::Published && (1..=64).contains(&m.layers) {
            let drawn = self.steps.saturating_sub(self.knobs.competition_warmup).saturating_mul(m.moe_count() as u64);
            let expected = format!(
                "at most {SCHEDULED} steps times layers with experts (here {drawn}) under competition.schedule = \"published\", \
                 which is drawn for all steps before the first; make steps fewer, or take the schedule \"live\""
            );
            out.require(drawn <= SCHEDULED, "steps", self.steps, expected);
        }
        let c = &self.cadence;
        for (field, every) in [
            ("cadence.validate_every", c.validate_every),
            ("cadence.probe_every", c.probe_every),
            ("cadence.autosave_every", c.autosave_every),
        ] {
            out.require(every >= 1, field, every, "at least 1 step");
        }
        let holds = (0.0..=1e6).contains(&c.autosave_minutes);
        out.require(holds, "cadence.autosave_minutes", real(c.autosave_minutes), "0 (never by the clock) to 1000000");
        out.within("cadence.validation_batches", c.validation_batches, 1, 1024);
        out.within("cadence.probe_sequences", c.probe_sequences, 1, 1024);
        let mut complaints = out.0;
        complaints.extend(self.task.validate());
        complaints.extend(self.knobs.validate(m.experts.max(1)));
        complaints
    }
}

impl Knobs {
    /// All that is wrong with these knobs for mixtures of `experts` experts; empty if they can be in force.
    pub fn validate(&self, experts: usize) -> Vec<Complaint> {
        let mut out = Complaints::default();
        for spec in KNOBS {
            match spec.kind {
                KnobKind::Real { get, range, .. } => out.real(spec.field, get(self), range),
                KnobKind::Whole { get, range: WholeRange::Experts, .. } => {
                    let holds = (1..=experts as u64).contains(&get(self));
                    let expected = match experts {
                        1 => "1 (there is one expert)".to_owned(),
                        _ => format!("1 to {experts} (the number of experts)"),
                    };
                    out.require(holds, spec.field, get(self), expected);
                }
                KnobKind::Whole { .. } | KnobKind::Choice { .. } => {}
            }
        }
        out.0
    }
}

#[cfg(test)]
mod tests;
