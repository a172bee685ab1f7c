//! Tokens whose expert changed, and what measures say of both.

use super::*;

#[test]
fn moved_tokens_by_hand() {
    let then = routed(&[&[0, 1], &[1, 2], &[2, 0], &[0, 2], &[]], 3, 2);
    let now = routed(&[&[0, 2], &[2, 1], &[2, 0], &[1, 0], &[1, 0]], 3, 2);
    let moved = moved_tokens(&then, &now, &ExpertMatching::as_stored(3, 3));
    assert_eq!((moved.tokens(), moved.moved(), moved.moved_at()), (4, 2, &[1, 3][..]));
    assert_eq!(moved.flows(), [[1, 1, 0], [0, 0, 1], [0, 0, 1]]);
    assert_eq!(moved.net(), [-1, 0, 1]);
    assert_eq!(moved.share(), Some(0.5));
    // First picks then 2 1 1, now 1 1 2 of 4.
    assert_eq!(moved.share_by_chance(), Some(1.0 - (2.0 + 1.0 + 2.0) / 16.0));
    // In common 1 2 2 1 0 of 2.
    assert_eq!(moved.saturation(), Some(6.0 / 2.0 / 5.0));
    // Tokens with each among their picks: then 3 2 3, now 4 3 3 of 5.
    near(moved.saturation_by_chance(), (3.0 * 4.0 + 2.0 * 3.0 + 3.0 * 3.0) / 25.0 / 2.0);

    // The same experts under other numbers, and one that is gone: nobody moved but its token.
    let was = routed(&[&[3], &[0], &[1], &[2]], 4, 1);
    let is = routed(&[&[0], &[2], &[1], &[1]], 3, 1);
    let matching = ExpertMatching::new(MatchedBy::Weights, vec![Some(3), Some(1), Some(0)], 4);
    let moved = moved_tokens(&was, &is, &matching);
    assert_eq!((moved.moved_at(), moved.net(), moved.saturation()), (&[3][..], &[0, 1, 0][..], Some(0.75)));
    assert_eq!(moved.share_by_chance(), Some(1.0 - (1.0 + 2.0 + 1.0) / 16.0));
    let none = moved_tokens(&routed(&[], 3, 2), &routed(&[], 3, 2), &ExpertMatching::as_stored(3, 3));
    assert_eq!((none.share(), none.share_by_chance(), none.saturation_by_chance()), (None, None, None));
}

#[test]
fn texts_of_other_tokens_are_refused() {
    let text = |ids: &[u32]| RoutedText { ids: ids.to_vec(), loss: None, expected: Vec::new(), layers: Vec::new() };
    let nothing = CheckpointDifference::default();
    let error = nothing.clone().with_texts(&text(&[1, 2, 3]), &text(&[1, 3, 3])).unwrap_err();
    assert_eq!(error, Incomparable::Tokens { now: 3, then: 3, place: 1 });
    let error = nothing.clone().with_texts(&text(&[1, 2]), &text(&[1, 2, 4])).unwrap_err();
    assert_eq!(error, Incomparable::Tokens { now: 2, then: 3, place: 2 });
    assert_eq!(nothing.clone().with_texts(&text(&[1, 2]), &text(&[1, 2])), Ok(nothing));
}

#[test]
fn measures_of_weights_and_curves_say_what_is_better() {
    use crate::inspect::report::InspectReport;
    use crate::store::history::{History, LayerMeasure, RunMeasure, Series, SeriesKey};

    let then = shipped();
    let mut now = then.clone();
    for name in PARTS {
        now.insert(part(0, 1, name), then[&part(0, 0, name)].clone());
    }
    let (of_now, of_then) = (folder(&now), folder(&then));
    let measured = |path: &Path| {
        let (model, mut layers) = (Model::open(path).unwrap(), Vec::new());
        let mut take = |_, layer| {
            layers.push(layer);
            Ok(())
        };
        assert!(InspectReport::measure(&model, &InspectScope::default(), |_| {}, &|_| true, &mut take).unwrap());
        layers
    };
    let (is, was) = (measured(of_now.path()), measured(of_then.path()));
    let found = of(of_now.path(), of_then.path(), &[], false).unwrap().with_health(&is, &was);
    let of_layer = |measure, key: &str| {
        let fits = |change: &&MeasureChange| change.measure() == measure && change.layer() == Some(key);
        found.measures().iter().find(fits).unwrap().clone()
    };
    let alike = of_layer(ComparedMeasure::WorstWeightCosine, "layer.0");
    near(Some(alike.now()), 1.0);
    assert!(alike.then() < 0.999 && alike.verdict() == ChangeVerdict::Worse, "{alike:?}");
    let rank = of_layer(ComparedMeasure::WeightRank, "layer.1");
    assert_eq!((rank.now(), rank.verdict()), (rank.then(), ChangeVerdict::Neither));

    let history = |loss: f64, entropy: f64| {
        let mut history = History::default();
        for (key, value) in
            [(SeriesKey::Run(RunMeasure::Validation), loss), (SeriesKey::Layer(1, LayerMeasure::TokenEntropy), entropy)]
        {
            let mut series = Series::new(key.limits());
            series.push(10, 9.0);
            series.push(20, value);
            history.insert(key, series);
        }
        history
    };
    let compared = of(of_now.path(), of_then.path(), &[], true).unwrap();
    let told = compared.with_histories(&history(1.5, 0.4), &history(1.75, 0.5));
    let told: Vec<_> =
        told.measures().iter().map(|c| (c.measure(), c.layer(), c.then(), c.now(), c.verdict())).collect();
    assert_eq!(
        told,
        [
            (ComparedMeasure::ValidationLoss, None, 1.75, 1.5, ChangeVerdict::Better),
            (ComparedMeasure::RouterEntropy, Some("layer.1"), 0.5, 0.4, ChangeVerdict::Neither),
        ]
    );
}
