//! Which expert then is which now: by weights, by neurons, by the tokens that they answer.

use super::*;

#[test]
fn permuted_experts_are_matched_by_their_weights() {
    let then = shipped();
    let order = [0, 6, 2, 3, 4, 5, 1, 7];
    let mut now = reordered(&then, 1, &order);
    now.get_mut(&part(1, 6, "w3")).unwrap().1.iter_mut().for_each(|value| *value *= 0.5);
    let (now, then) = (folder(&now), folder(&then));
    let found = of(now.path(), then.path(), &[], false).unwrap();
    let [first, second] = found.layers() else { panic!("{found:?}") };
    assert!(first.is_nothing() && first.matching().by() == MatchedBy::AsStored && !found.is_nothing());
    let matching = second.matching();
    let told: Vec<_> = (0..8).map(|expert| matching.then_of(expert).unwrap()).collect();
    assert_eq!((matching.by(), told, matching.is_estimated()), (MatchedBy::Weights, order.to_vec(), false));
    assert!(matching.likeness().unwrap() > 0.99 && matching.likeness_as_stored().unwrap() < 0.8);
    for expert in second.experts() {
        assert_eq!((expert.then(), expert.router_row()), (Some(order[expert.now()]), Some(0.0)));
        assert_eq!((expert.gate(), expert.down()), (Some(0.0), Some(0.0)));
        near(expert.up(), if expert.now() == 6 { 0.5 } else { 0.0 });
    }
    // Without the experts, their router rows say the same.
    let quick = of(now.path(), then.path(), &["layer.1"], true).unwrap();
    let matching = quick.layers()[0].matching();
    assert_eq!(matching.by(), MatchedBy::RouterRows);
    assert!((0..8).all(|expert| matching.then_of(expert) == Some(order[expert])));
}

/// The neurons of every expert of a layer in the reverse order.
fn neurons_turned(tensors: &Tensors, layer: usize) -> Tensors {
    let mut found = tensors.clone();
    for expert in 0..8 {
        for name in PARTS {
            let (shape, values) = found.get_mut(&part(layer, expert, name)).unwrap();
            let width = shape[1];
            *values = match name {
                "w2" => values.chunks(width).flat_map(|row| row.iter().rev().copied().collect::<Vec<_>>()).collect(),
                _ => values.chunks(width).rev().flatten().copied().collect(),
            };
        }
    }
    found
}

#[test]
fn experts_whose_neurons_are_in_another_order_are_matched_as_well() {
    let then = shipped();
    let order = [7, 0, 1, 2, 3, 4, 5, 6];
    let now = neurons_turned(&reordered(&then, 0, &order), 0);
    let (now, then) = (folder(&now), folder(&then));
    let found = of(now.path(), then.path(), &["layer.0"], false).unwrap();
    let matching = found.layers()[0].matching();
    // Planted twins are as good in either place.
    let told: Vec<_> = (0..8).map(|expert| matching.then_of(expert).unwrap()).collect();
    assert_eq!((matching.by(), told), (MatchedBy::Neurons, order.to_vec()), "{matching:?}");
    assert!(matching.likeness().unwrap() > 0.999 && matching.likeness_by_chance().unwrap() < 0.7);
    assert!(!matching.are_strangers() && found.layers()[0].experts()[0].router_row() == Some(0.0));
}

#[test]
fn strangers_are_matched_by_the_tokens_they_answer() {
    let then = shipped();
    let mut now = then.clone();
    for expert in 0..8 {
        for (place, name) in PARTS.into_iter().enumerate() {
            let mut draws = Draws::new(3, Purpose::Weights, expert, place as u64);
            let values = &mut now.get_mut(&part(0, expert as usize, name)).unwrap().1;
            values.iter_mut().for_each(|value| *value = draws.normal() as f32);
        }
    }
    let (of_now, of_then) = (folder(&now), folder(&then));
    let found = of(of_now.path(), of_then.path(), &["layer.0"], false).unwrap();
    let matching = found.layers()[0].matching();
    assert_eq!((matching.by(), matching.are_strangers()), (MatchedBy::AsStored, true), "{matching:?}");
    // The same text by a router that calls expert e now e + 1: one token of 64 goes elsewhere.
    let picks = |shift: u32| -> Vec<Vec<u32>> { (0..64).map(|token| vec![(token * token + shift) % 8]).collect() };
    let text = |shift, changed: Option<u32>| {
        let mut picks = picks(shift);
        picks[9] = changed.map_or(picks[9].clone(), |expert| vec![expert]);
        let rows: Vec<&[u32]> = picks.iter().map(Vec::as_slice).collect();
        RoutedText { ids: (0..64).collect(), loss: None, expected: Vec::new(), layers: vec![routed(&rows, 8, 1)] }
    };
    let found = found.with_texts(&text(1, Some(6)), &text(0, None)).unwrap();
    let moved = found.layers()[0].moved().unwrap();
    assert_eq!((moved.matching().by(), moved.moved_at()), (MatchedBy::Picks, &[9][..]), "{moved:?}");
    near(moved.matching().likeness(), 63.0 / 64.0);
    assert_eq!(moved.net()[6], 1);
}

/// Experts of more numbers than are kept of each: five of width 256 in a layer of width 64.
#[test]
fn large_experts_are_matched_by_a_sample() {
    let mut then = Tensors::new();
    for expert in 0..5 {
        for (place, name) in PARTS.into_iter().enumerate() {
            let shape = if name == "w2" { vec![64, 256] } else { vec![256, 64] };
            let values = Draws::new(1, Purpose::Weights, expert, place as u64).normals(64 * 256, 0.02);
            then.insert(part(0, expert as usize, name), (shape, values));
        }
    }
    then.insert(gate(0), (vec![5, 64], Draws::new(1, Purpose::Weights, 9, 0).normals(5 * 64, 0.1)));
    let order = [0, 1, 4, 2, 3];
    let mut now = reordered(&then, 0, &order);
    // Training moved all of it by a tenth of its length.
    for (place, (_, values)) in now.values_mut().enumerate() {
        let noise = Draws::new(2, Purpose::Weights, 0, place as u64).normals(values.len(), 0.002);
        values.iter_mut().zip(noise).for_each(|(value, noise)| *value += noise);
    }
    let (of_now, of_then) = (folder(&now), folder(&then));
    let found = of(of_now.path(), of_then.path(), &[], false).unwrap();
    let layer = &found.layers()[0];
    let matching = layer.matching();
    assert_eq!((matching.by(), matching.is_estimated()), (MatchedBy::Weights, true), "{matching:?}");
    assert!((0..5).all(|expert| matching.then_of(expert) == Some(order[expert])), "{matching:?}");
    // Cosine of w and w + n, |n| = |w| / 10.
    assert!((matching.likeness().unwrap() - 1.0 / 1.01f64.sqrt()).abs() < 1e-3, "{matching:?}");
    for expert in layer.experts() {
        let all =
            |tensors: &Tensors, expert: usize| PARTS.map(|name| tensors[&part(0, expert, name)].1.clone()).concat();
        let (now, then) = (all(&now, expert.now()), all(&then, order[expert.now()]));
        near(expert.whole(), plain(&[&now], &[&then]));
    }
}
