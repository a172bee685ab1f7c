//! Tests of the complaints about a config.

use super::super::{Preset, RealField};
use super::*;

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
    assert_eq!(fields, ["model.width", "model.experts", "cadence.probe_every", "knobs.learning_rate", "knobs.top_k"]);
}

fn complained_of(real: &RealField, value: f64) -> Vec<Complaint> {
    let mut config = Preset::Tiny.config();
    real.set(&mut config, value);
    config.validate()
}

fn of(field: &str) -> RealField {
    RealField::all().into_iter().find(|real| real.field == field).unwrap()
}

#[test]
fn numbers_that_single_precision_cannot_hold_are_refused_by_name() {
    assert_eq!(RealField::all().len(), 13);
    for real in RealField::all() {
        let field = real.field;
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e39, 1e300, 0.999_999_999 + 1e31] {
            let found = complained_of(&real, value);
            assert_eq!(found.iter().map(|c| c.field).collect::<Vec<_>>(), [field], "{value:e}");
        }
        // Betas may be as small as one likes: they only forget faster.
        let tiny = complained_of(&real, 1e-46);
        assert_eq!(tiny.is_empty(), field.starts_with("optimizer.beta"), "{tiny:?}");
    }
    for beta in [1.0, 0.999_999_99, 1.0 - f64::EPSILON] {
        assert_eq!(complained_of(&of("optimizer.beta1"), beta).len(), 1, "{beta} rounds to 1");
        assert_eq!(complained_of(&of("optimizer.beta2"), beta).len(), 1, "{beta} rounds to 1");
    }
    let complaint = complained_of(&of("optimizer.epsilon"), 1e-46)[0].to_string();
    assert_eq!(complaint, "optimizer.epsilon is 1e-46; expected a number from 1.2e-38 to 1e30");
}

#[test]
fn what_is_accepted_is_a_normal_number_in_single_precision() {
    for real in RealField::all() {
        let field = real.field;
        for exponent in -60..60 {
            let value = 10f64.powi(exponent);
            let accepted = complained_of(&real, value).is_empty();
            let single = value as f32;
            assert!(!accepted || single.is_normal() || field.starts_with("optimizer.beta"), "{field} {value:e}");
        }
        assert!(complained_of(&real, 0.5).is_empty(), "{field}");
    }
}

#[test]
fn a_published_schedule_too_long_to_be_drawn_is_refused_beforehand() {
    let mut config = Preset::Tiny.config();
    config.steps = 10_000_000_000;
    assert_eq!(config.validate(), []);
    config.competition.schedule = ScheduleForm::Published;
    let complaints = config.validate();
    assert_eq!(complaints.len(), 1);
    let words = complaints[0].to_string();
    assert!(words.contains("steps is 10000000000") && words.contains("\"live\""), "{words}");
    config.steps = SCHEDULED / 2;
    assert_eq!(config.validate(), []);
    config.model.layers = usize::MAX;
    assert!(config.validate().iter().any(|c| c.field == "model.layers"));
}

#[test]
fn absurd_heads_are_the_only_complaint() {
    for heads in [0, 65, usize::MAX / 2 + 1, usize::MAX] {
        let mut config = Preset::Tiny.config();
        config.model.heads = heads;
        let fields: Vec<_> = config.validate().into_iter().map(|c| c.field).collect();
        assert_eq!(fields, ["model.heads"], "{heads}");
    }
}

#[test]
fn a_complaint_says_found_and_expected() {
    let mut config = Preset::Tiny.config();
    config.knobs.top_k = 9;
    assert_eq!(config.validate()[0].to_string(), "knobs.top_k is 9; expected 1 to 4 (the number of experts)");
}
