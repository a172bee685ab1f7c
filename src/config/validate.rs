//! Every complaint about a config or a set of knobs, at once and in words a person can act on.

use std::fmt;

use super::{Config, Knobs, RouterForm, Text};

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
struct Complaints(Vec<Complaint>);

impl Complaints {
    fn require(&mut self, holds: bool, field: &'static str, found: impl ToString, expected: impl Into<String>) {
        if !holds {
            self.0.push(Complaint { field, found: found.to_string(), expected: expected.into() });
        }
    }

    fn within<T: PartialOrd + fmt::Display>(&mut self, field: &'static str, value: T, low: T, high: T) {
        let expected = format!("{low} to {high}");
        let holds = value >= low && value <= high;
        self.require(holds, field, value, expected);
    }

    fn at_least_zero(&mut self, field: &'static str, value: f64) {
        self.require(value >= 0.0 && value.is_finite(), field, value, "a finite number, at least 0");
    }

    fn positive(&mut self, field: &'static str, value: f64) {
        self.require(value > 0.0 && value.is_finite(), field, value, "a finite number above 0");
    }
}

impl Config {
    /// All that is wrong with this config; empty if it can run.
    pub fn validate(&self) -> Vec<Complaint> {
        let mut out = Complaints::default();
        if let Text::File(path) = &self.text {
            let found = path.to_string_lossy();
            out.require(
                path.to_str().is_some(),
                "text.file",
                found,
                "a path in UTF-8, or it could not be written down",
            );
        }
        let m = &self.model;
        out.require(self.steps >= 1, "steps", self.steps, "at least 1");
        out.within("sequences", self.sequences, 1, 4096);
        out.within("model.context", m.context, 2, 4096);
        out.within("model.heads", m.heads, 1, 64);
        out.within("model.width", m.width, 2, 4096);
        if m.heads > 0 {
            let whole = m.width.is_multiple_of(2 * m.heads);
            let expected = format!("a multiple of {} (twice model.heads)", 2 * m.heads);
            out.require(whole, "model.width", m.width, expected);
        }
        out.within("model.layers", m.layers, 1, 64);
        out.within("model.moe_every", m.moe_every, 1, 2);
        let mixtures = m.moe_every >= 1 && m.layers >= m.moe_every;
        out.require(mixtures, "model.layers", m.layers, "at least model.moe_every, so that one block has experts");
        out.within("model.experts", m.experts, 1, 256);
        out.within("model.expert_width", m.expert_width, 1, 16384);
        out.within("model.dense_width", m.dense_width, 1, 65536);
        if let RouterForm::Sigmoid { scale } = m.router {
            out.positive("model.router.sigmoid.scale", scale);
        }
        let o = &self.optimizer;
        for (field, beta) in [("optimizer.beta1", o.beta1), ("optimizer.beta2", o.beta2)] {
            out.require((0.0..1.0).contains(&beta), field, beta, "at least 0 and below 1");
        }
        out.positive("optimizer.epsilon", o.epsilon);
        out.at_least_zero("optimizer.weight_decay", o.weight_decay);
        out.positive("optimizer.clip_norm", o.clip_norm);
        let c = &self.cadence;
        for (field, every) in [
            ("cadence.validate_every", c.validate_every),
            ("cadence.probe_every", c.probe_every),
            ("cadence.autosave_every", c.autosave_every),
        ] {
            out.require(every >= 1, field, every, "at least 1 step");
        }
        out.within("cadence.validation_batches", c.validation_batches, 1, 1024);
        out.within("cadence.probe_sequences", c.probe_sequences, 1, 1024);
        let mut complaints = out.0;
        complaints.extend(self.knobs.validate(m.experts.max(1)));
        complaints
    }
}

impl Knobs {
    /// All that is wrong with these knobs for mixtures of `experts` experts; empty if they can be in force.
    pub fn validate(&self, experts: usize) -> Vec<Complaint> {
        let mut out = Complaints::default();
        out.positive("knobs.learning_rate", self.learning_rate);
        let holds = (1..=experts).contains(&self.top_k);
        let expected = format!("1 to {experts} (the number of experts)");
        out.require(holds, "knobs.top_k", self.top_k, expected);
        let rate = self.competition_rate;
        out.require((0.0..=1.0).contains(&rate), "knobs.competition_rate", rate, "0 to 1");
        for (field, weight) in [
            ("knobs.router_weight", self.router_weight),
            ("knobs.theta", self.theta),
            ("knobs.balance_weight", self.balance_weight),
            ("knobs.z_weight", self.z_weight),
            ("knobs.affinity_balance_weight", self.affinity_balance_weight),
            ("knobs.diversity_weight", self.diversity_weight),
        ] {
            out.at_least_zero(field, weight);
        }
        out.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::Preset;

    #[test]
    fn presets_are_sound() {
        for preset in Preset::ALL {
            assert_eq!(preset.config().validate(), [], "{preset:?}");
        }
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let mut config = Preset::Tiny.config();
        config.model.heads = 3;
        config.model.experts = 300;
        config.knobs.top_k = 301;
        config.knobs.learning_rate = f64::NAN;
        config.cadence.probe_every = 0;
        let fields: Vec<_> = config.validate().into_iter().map(|c| c.field).collect();
        assert_eq!(
            fields,
            ["model.width", "model.experts", "cadence.probe_every", "knobs.learning_rate", "knobs.top_k"]
        );
    }

    #[test]
    fn a_complaint_says_found_and_expected() {
        let mut config = Preset::Tiny.config();
        config.knobs.top_k = 9;
        assert_eq!(config.validate()[0].to_string(), "knobs.top_k is 9; expected 1 to 4 (the number of experts)");
    }
}
