//! Tests of what is computed of an inspection: against plain loops over the same numbers, on a public checkpoint and made-up routing.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::columns::{ExpertColumn, ExpertMatrix, TableOrder, order};
use super::experts::InspectedExpert;
use super::layers::InspectedLayer;
use super::map::{MapRow, rows};
use super::pairs::WAYS;
use super::tokens::counts;
use super::*;
use crate::inspect::{InspectMeasure, LayerReport, Model, RoutedLayer, RoutedText};
use crate::run::{InspectedFile, InspectedText};

/// Routing of `tokens` tokens: token t goes to expert t % E first, then to t / 2 % E; the next one wins every third token.
fn routed(key: &str, experts: usize, tokens: usize) -> RoutedLayer {
    let picks: Vec<Vec<u32>> =
        (0..tokens).map(|t| vec![(t % experts) as u32, ((t / 2 + 1) % experts) as u32]).collect();
    let mut load = vec![0u32; experts];
    picks.iter().flatten().for_each(|&expert| load[expert as usize] += 1);
    RoutedLayer {
        key: key.to_owned(),
        experts,
        top_k: 2,
        gate_mass: load.iter().map(|count| f64::from(*count) / 2.0).collect(),
        load_cv: crate::domain::measures::load::cv_population(&load),
        unused: 0,
        weight_sum: 1.0,
        routed_share: 1.0,
        weights: vec![vec![0.5, 0.5]; tokens],
        competition: None,
        winners: Some((0..tokens).map(|t| ((t + usize::from(t % 3 == 0)) % experts) as u32).collect()),
        load,
        picks,
    }
}

/// A public checkpoint, measured, with a text that was routed as [`routed`] says.
fn inspection(folder: &str) -> Arc<Inspection> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public").join(folder);
    let model = Model::open(&path).unwrap();
    let measure = |mixture| LayerReport::measure(&model, mixture, false, &|_| true).unwrap().map(Arc::new).unwrap();
    let layers: Vec<Arc<LayerReport>> = model.mixtures().iter().map(measure).collect();
    let text = "the whale, the boat";
    let keys: Vec<String> = layers.iter().map(|layer| layer.key().to_owned()).collect();
    let routed = keys.iter().map(|key| routed(key, layers[0].experts(), text.len())).collect();
    let text = InspectedText {
        typed: text.into(),
        routed_of: text.into(),
        routed: Some(Arc::new(RoutedText {
            ids: vec![0; text.len()],
            loss: None,
            expected: Vec::new(),
            layers: routed,
        })),
        pieces: Arc::new(text.chars().map(String::from).collect()),
        spans: Arc::new((0..text.len()).map(|at| Some(at..at + 1)).collect()),
        ..InspectedText::default()
    };
    let now = InspectedFile {
        path,
        measured: layers.len(),
        layers: Arc::new(layers),
        planned: Arc::new(keys),
        ..InspectedFile::default()
    };
    Arc::new(Inspection { now, text, ..Inspection::default() })
}

#[test]
fn shares_of_experts_are_those_of_a_plain_loop() {
    let inspection = inspection("mixtral");
    let seen = InspectedView::default().seen(&inspection);
    let report = &inspection.now.layers[0];
    let layer = &inspection.text.routed.as_ref().unwrap().layers[0];
    let all: f64 = layer.load.iter().map(|count| f64::from(*count)).sum();
    assert_eq!(seen.experts.len(), report.experts());
    for (number, expert) in seen.experts.iter().enumerate() {
        assert_eq!(expert.expert, number);
        assert!((expert.load.unwrap() - f64::from(layer.load[number]) / all).abs() < 1e-12);
        assert_eq!(expert.row_norm, report.measured(InspectMeasure::RouterNorm).unwrap()[number]);
        assert_eq!(expert.norms[2], report.measured(InspectMeasure::DownNorm).unwrap()[number]);
        assert_eq!(
            expert.of_matrix(ExpertMatrix::Up)[1],
            report.measured(InspectMeasure::UpEffectiveRank).unwrap()[number]
        );
        let named = report.findings().iter().filter(|finding| {
            finding.expert == Some(number) || finding.experts.iter().flatten().any(|other| *other == number)
        });
        assert_eq!(expert.findings, named.count());
        assert_eq!(expert.moved, None, "nothing is compared");
    }
    let tokens = inspection.text.pieces.len();
    assert_eq!(counts(&seen.tokens, seen.experts.len()).iter().sum::<u64>(), tokens as u64);
    let away = (0..tokens).filter(|t| t % 3 == 0).count();
    assert_eq!(seen.tokens.iter().filter(|token| token.disagrees()).count(), away);
    assert!(seen.tokens.iter().enumerate().all(|(at, token)| token.span == Some(at..at + 1)));
}

#[test]
fn the_mean_and_the_most_alike_pair_are_those_of_a_plain_loop() {
    let inspection = inspection("olmoe");
    let seen = InspectedView::default().seen(&inspection);
    for (way, found) in WAYS.into_iter().zip(seen.pairs) {
        let matrix = inspection.now.layers[0].likeness(way).unwrap();
        let (mut sum, mut count, mut most) = (0.0, 0, (0, 0, f64::NEG_INFINITY));
        for one in 0..matrix.experts() {
            for other in one + 1..matrix.experts() {
                let cosine = matrix.at(one, other).unwrap();
                (sum, count) = (sum + cosine, count + 1);
                if cosine > most.2 {
                    most = (one, other, cosine);
                }
            }
        }
        let found = found.unwrap();
        assert!((found.mean - sum / f64::from(count)).abs() < 1e-9, "{way:?}");
        assert!((found.most.2 - most.2).abs() < 1e-9, "{way:?}");
    }
}

#[test]
fn what_was_not_measured_comes_last_in_either_order() {
    let expert = |expert: usize, load: Option<f64>| InspectedExpert { expert, load, ..InspectedExpert::default() };
    let experts =
        [expert(0, Some(0.2)), expert(1, None), expert(2, Some(f64::NAN)), expert(3, Some(0.5)), expert(4, Some(0.2))];
    let by = |falls| order(&experts, TableOrder { by: ExpertColumn::Load, falls }, ExpertMatrix::Up);
    assert_eq!(by(true), [3, 0, 4, 1, 2]);
    assert_eq!(by(false), [0, 4, 3, 1, 2]);
    let order = TableOrder::default().pressed(ExpertColumn::Load);
    assert_eq!(order, TableOrder { by: ExpertColumn::Load, falls: true }, "the largest first");
    assert!(!order.pressed(ExpertColumn::Load).falls && !order.pressed(ExpertColumn::Number).falls);
}

/// Healthy layers with these spreads, as they are before their experts are read.
fn layers(spreads: &[f64]) -> Vec<InspectedLayer> {
    let layer = |(place, spread): (usize, &f64)| InspectedLayer {
        key: format!("layer.{place}"),
        load: Some(vec![0.25; 4]),
        load_cv: Some(*spread),
        ..InspectedLayer::default()
    };
    spreads.iter().enumerate().map(layer).collect()
}

#[test]
fn layers_that_are_alike_are_folded_and_the_worst_may_come_first() {
    let mut spreads = vec![0.2; 20];
    spreads[9] = 0.9;
    let layers = layers(&spreads);
    let shown = rows(&layers, &InspectedChoice::default());
    let places = |row: &MapRow| match row {
        MapRow::Layer { place, .. } => *place..*place + 1,
        MapRow::Alike { places, .. } => places.clone(),
    };
    assert_eq!(shown.iter().map(places).collect::<Vec<_>>(), [0..9, 9..10, 10..20]);
    let unfolded = InspectedChoice { unfolded: BTreeSet::from([10]), ..InspectedChoice::default() };
    assert_eq!(rows(&layers, &unfolded).len(), 1 + 1 + 10);
    let worst = rows(&layers, &InspectedChoice { worst_first: true, ..InspectedChoice::default() });
    assert_eq!((worst.len(), places(&worst[0])), (20, 9..10), "nothing is folded in this order");
    assert_eq!(rows(&layers[..12], &InspectedChoice::default()).len(), 12, "few layers are all shown");
}

#[test]
fn it_is_computed_once_and_anew_for_another_choice_only() {
    let inspection = inspection("mixtral");
    let mut view = InspectedView::default();
    let first = view.seen(&inspection);
    assert!(Arc::ptr_eq(&first, &view.seen(&inspection)));
    view.choice.order = view.choice.order.pressed(ExpertColumn::Load);
    let second = view.seen(&inspection);
    assert!(!Arc::ptr_eq(&first, &second) && second.count > first.count);
    view.step_layer(1000);
    view.seen(&inspection);
    assert_eq!(view.choice.layer, inspection.now.planned.len() - 1, "it stays among the layers");
    view.keep(1000);
    assert_eq!(view.lit(), None, "there is no such expert");
    view.keep(1);
    assert_eq!(view.lit(), Some(1));
    assert!(view.let_go() && !view.let_go());
}

#[test]
fn nothing_is_known_of_a_checkpoint_that_was_not_read() {
    let seen = InspectedView::default().seen(&Arc::new(Inspection::default()));
    assert!(seen.layers.is_empty() && seen.experts.is_empty() && seen.rows.is_empty() && seen.tokens.is_empty());
    assert!(seen.changes.is_none() && seen.flows.is_none());
}
