//! Cards: every number of a tile explains itself with today's numbers put in.

use std::sync::Arc;

use eframe::egui::Vec2;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::readings::{ByteClass, Counterfactual};
use moe_arena::domain::roster::ExpertId;
use moe_arena::store::history::{LayerMeasure, RunMeasure, SeriesKey};
use moe_arena::ui::App;
use moe_arena::ui::kit::theme;
use moe_arena::ui::panels::cards;
use moe_arena::ui::panels::cards::Card;
use moe_arena::ui::view::ViewState;
use moe_arena::ui::view::derived::{LayerLoad, stale};
use moe_arena::ui::words::measures::{self, MeasureWords};

use super::fixture::{self, USUAL, app};

const SIZE: [f32; 2] = [1600.0, 1000.0];

fn says(harness: &Harness<'static, App>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

/// Rests on the one that is called so, and returns what the window then says.
fn rest_on(harness: &mut Harness<'static, App>, name: &str) {
    let at = harness.get_by_label(name).rect().center();
    harness.hover_at(at);
    // A tooltip waits a moment; the harness lets a quarter of a second pass with each frame.
    for _ in 0..6 {
        harness.step();
    }
}

#[test]
fn every_number_of_a_tile_explains_itself() {
    let shot = fixture::running(USUAL);
    let probed = shot.newest.probe.as_ref().unwrap().layers[0].clone();
    let (agreement, worst) = (&probed.diagnosis.agreement, probed.diagnosis.similarity.worst_pair.unwrap().2);
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let (kappa, recall) = (format!("kappa {:.2}", agreement.kappa.unwrap()), percent(agreement.recall_at_k.unwrap()));
    let (mut harness, _writer) = app(shot, SIZE);
    harness.run();
    for (name, formula, number) in [
        ("CV 0.29", measures::CV.formula.said(), "÷ 12.5 % = 0.29"),
        ("7.7 of 8 effective experts, last 100 steps", measures::EFFECTIVE_EXPERTS.formula.said(), "= 7.7 of 8"),
        ("+40 % busiest over ideal", measures::OVER_IDEAL.formula.said(), "÷ 0.125 − 1 = +40 %"),
        (kappa.as_str(), measures::KAPPA.formula.said(), "÷ (1 − 0.145) = "),
        (&format!("Recall@2 {recall}"), measures::RECALL.formula.said(), "of 256 winners are picks"),
        (
            &format!("Top-1 match {}", percent(agreement.top1.unwrap())),
            measures::TOP1.formula.said(),
            "Chance at these loads: 14.5 %.",
        ),
        ("Load 7.7", measures::EFFECTIVE_EXPERTS.formula.said(), "exp("),
        ("Representation 78", measures::EFFECTIVE_RANK.formula.said(), "This probe could show 128 at most."),
        (&format!("Redundancy {worst:.2}"), measures::WORST.formula.said(), "the most of 28 pairs"),
    ] {
        rest_on(&mut harness, name);
        assert!(says(&harness, formula), "{name} does not show “{formula}”");
        assert!(says(&harness, number), "{name} does not put in “{number}”");
        harness.hover_at(eframe::egui::pos2(4.0, 4.0));
        harness.run();
    }
}

#[test]
fn a_card_says_over_what_and_how_often_it_was_measured() {
    let shot = fixture::running(USUAL);
    let view = ViewState::default();
    let of = |key| cards::of(key, &shot, &view).unwrap();
    let probed = of(SeriesKey::Layer(0, LayerMeasure::Kappa)).window;
    assert_eq!(probed, "layer 1 · probe of 128 bytes at step 2,100, every 50 steps");
    let stepped = of(SeriesKey::Layer(0, LayerMeasure::MaxVio)).window;
    assert_eq!(stepped, "layer 1 · batch of 2,048 bytes at step 2,138, each step");
    assert!(of(SeriesKey::Run(RunMeasure::Validation)).window.starts_with("taken at step 2,100, every"));
}

#[test]
fn every_measure_that_is_drawn_has_a_card_with_numbers_or_says_none() {
    let undrawn = [LayerMeasure::Competed, LayerMeasure::LoadCv];
    let undrawn = |measure| undrawn.contains(&measure) || measure == LayerMeasure::Staleness;
    for (_, shot) in fixture::all() {
        for layer in [0, 99] {
            let mut view = ViewState::default();
            view.layer = layer;
            for &measure in LayerMeasure::ALL {
                let card = cards::of(SeriesKey::Layer(layer, measure), &shot, &view);
                assert_eq!(card.is_none(), undrawn(measure), "{measure:?}");
            }
            for &measure in RunMeasure::ALL {
                assert!(cards::of(SeriesKey::Run(measure), &shot, &view).is_some(), "{measure:?}");
            }
        }
    }
}

#[test]
fn every_card_can_be_written_with_the_letters_there_are() {
    let mut shot = fixture::running(USUAL);
    let routes = vec![(vec![0, 3], 0.91), (vec![1, 2], 1.125)];
    let found = Counterfactual { step: 2100, layer: 0, token: 2, routes, taken: 1, all: 28 };
    shot.newest.counterfactual = Some(Arc::new(found.clone()));
    let mut harness =
        Harness::builder().with_size([400.0, 12000.0]).with_context_setup(theme::install).build_ui(move |ui| {
            let view = ViewState::default();
            let keys = LayerMeasure::ALL.iter().map(|&measure| SeriesKey::Layer(0, measure));
            let mut all: Vec<Card> = keys
                .chain(RunMeasure::ALL.iter().map(|&m| SeriesKey::Run(m)))
                .filter_map(|k| cards::of(k, &shot, &view))
                .collect();
            let (load, seen) = (LayerLoad::seen(&shot, &view).unwrap(), view.seen(&shot).unwrap());
            let curve = shot.memory.history.probes.unsettled(0, 2138);
            let classes = [(ByteClass::Vowel, 0.5), (ByteClass::Space, -1.0)]
                .map(|(class, lift)| (class.name().to_owned(), lift));
            let key = |measure| SeriesKey::Expert(0, ExpertId(0), measure);
            all.extend([
                cards::load::cv(&load, &shot, &view),
                cards::load::effective_experts(&load, &shot, &view),
                cards::load::over_ideal(&load, &shot, &view),
                cards::load::lorenz(&load, &shot, &view),
                cards::load::lift(&shot, &view),
                cards::load::together(&shot, &view),
                cards::load::settled(&curve, &shot, &view),
                cards::agreement::stale(&stale(&shot, &view).means, &shot, &view),
                cards::collapse::effective_experts(&shot, &view),
                cards::loss::task(&shot, &view),
                cards::loss::change(&shot, &view),
                cards::one::kept(&seen.layer.choices, 3),
                cards::one::byte_loss(Some(1.5), &shot, &view),
                cards::one::regret(&found),
                cards::one::answers(&classes, &shot, &view),
                cards::one::knock_out(shot.memory.history.get(SeriesKey::Run(RunMeasure::LossTask)), &shot, &view),
                cards::one::gradient(key, 8, &shot, &view),
                cards::one::moved(&seen, 0, &shot, &view),
                cards::one::pull(&seen, 0, &shot, &view),
                cards::one::nearest(Some((2, 0.4)), &seen, &shot, &view),
            ]);
            all.iter().for_each(|card| card.show(ui));
            let said: Vec<&Card> = all.iter().filter(|card| card.today.is_empty()).collect();
            // What the fixture has no numbers for.
            assert!(said.len() <= 16, "{} cards put nothing in", said.len());
        });
    harness.run();
}

#[test]
fn all_that_is_said_of_a_measure_is_said() {
    for (place, MeasureWords { name, short, formula, reading, source }) in measures::ALL.iter().enumerate() {
        for words in [name, short, formula, reading, source] {
            assert!(!words.trim().is_empty() && !words.contains("  "), "{name}: “{words}”");
        }
        let twice = measures::ALL[..place]
            .iter()
            .find(|other| (other.name.said(), other.formula.said()) == (name.said(), formula.said()));
        assert_eq!(twice, None, "{name} is said twice");
    }
}

#[test]
fn pictures_of_a_grown_tile_explain_themselves_too() {
    let (mut harness, _writer) = app(fixture::running(USUAL), SIZE);
    harness.set_size(Vec2::from(SIZE));
    harness.run();
    for (clicks, head, formula) in [
        (&["Grow load", "Specialization"][..], "Lift: ", measures::LIFT.formula.said()),
        (&["Shrink load", "Grow agreement"], "Calibration error: ", measures::ECE.formula.said()),
    ] {
        for name in clicks {
            harness.get_by_label(name).click();
            harness.run();
        }
        let name = harness.query_all_by_label_contains(head).next().unwrap();
        let at = name.rect().center();
        harness.hover_at(at);
        for _ in 0..6 {
            harness.step();
        }
        assert!(says(&harness, formula), "{head} shows no card");
    }
}

#[test]
fn dead_experts_are_counted_in_whole_numbers() {
    let (mut harness, _writer) = app(fixture::running(USUAL), SIZE);
    harness.run();
    harness.get_by_label("Grow load").click();
    harness.run();
    harness.get_by_label("Dead experts: 0; no tokens for longer than chance allows");
}
