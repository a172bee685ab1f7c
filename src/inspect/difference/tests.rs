//! Differences of a shipped checkpoint and copies with planted changes, against plain loops over its tensors.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};

use super::*;
use crate::domain::draw::{Draws, Purpose};
use crate::inspect::layout::MixtureRole;
use crate::inspect::text::RoutedLayer;

/// Tensors of a checkpoint by name: shape and numbers.
type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

fn public(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public").join(name)
}

/// The tensors of the shipped Phi-3.5-MoE: two layers of eight experts, in F32.
fn shipped() -> Tensors {
    let bytes = std::fs::read(public("phimoe").join("model.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let numbers = |view: TensorView<'_>| {
        assert_eq!(view.dtype(), Dtype::F32);
        let values = view.data().chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap()));
        (view.shape().to_vec(), values.collect())
    };
    file.tensors().into_iter().map(|(name, view)| (name, numbers(view))).collect()
}

/// A folder with these tensors and the config of the shipped one.
fn folder(tensors: &Tensors) -> tempfile::TempDir {
    let here = tempfile::tempdir().unwrap();
    std::fs::copy(public("phimoe").join("config.json"), here.path().join("config.json")).unwrap();
    let bytes: Vec<(&String, &Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, (shape, values))| (name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
        .collect();
    let views =
        bytes.iter().map(|(name, shape, bytes)| (name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap()));
    std::fs::write(here.path().join("model.safetensors"), serialize(views, None).unwrap()).unwrap();
    here
}

fn part(layer: usize, expert: usize, part: &str) -> String {
    format!("model.layers.{layer}.block_sparse_moe.experts.{expert}.{part}.weight")
}

fn gate(layer: usize) -> String {
    format!("model.layers.{layer}.block_sparse_moe.gate.weight")
}

/// Gate, up and down as this family calls them.
const PARTS: [&str; 3] = ["w1", "w3", "w2"];

/// ‖now − then‖ ÷ ‖then‖ of several tensors together, in plain loops.
fn plain(now: &[&[f32]], then: &[&[f32]]) -> f64 {
    let (mut apart, mut whole) = (0.0, 0.0);
    for (now, then) in now.concat().iter().zip(then.concat()) {
        apart += (f64::from(*now) - f64::from(then)).powi(2);
        whole += f64::from(then).powi(2);
    }
    (apart / whole).sqrt()
}

fn of(now: &Path, then: &Path, layers: &[&str], quick: bool) -> Result<CheckpointDifference, InspectError> {
    let scope = InspectScope { layers: layers.iter().map(|key| (*key).to_owned()).collect(), quick };
    let (now, then) = (Model::open(now)?, Model::open(then)?);
    Ok(weights_difference(&now, &then, &scope, |_| {}, &|_| true)?.unwrap())
}

#[track_caller]
fn near(found: Option<f64>, expected: f64) {
    assert!(found.is_some_and(|found| (found - expected).abs() < 1e-9), "{found:?}, not {expected}");
}

#[test]
fn a_checkpoint_is_nothing_apart_from_itself() {
    let layouts = ["phimoe", "gpt_oss_mxfp4", "deepseek_v3_fp8", "llama4_text", "jetmoe", "switch_transformers"];
    for name in layouts {
        let found = of(&public(name), &public(name), &[], false).unwrap();
        assert!(found.is_nothing() && !found.layers().is_empty(), "{name}");
        for layer in found.layers() {
            assert_eq!((layer.matching().by(), layer.router()), (MatchedBy::AsStored, Some(0.0)), "{name}");
            for (number, expert) in layer.experts().iter().enumerate() {
                let all = [expert.whole(), expert.up(), expert.down(), expert.router_row()];
                assert_eq!((expert.now(), expert.then(), all), (number, Some(number), [Some(0.0); 4]), "{name}");
            }
        }
    }
    let routers = of(&public("phimoe"), &public("phimoe"), &["layer.1"], true).unwrap();
    let [layer] = routers.layers() else { panic!("{routers:?}") };
    assert!(layer.is_nothing() && layer.experts().iter().all(|expert| expert.whole().is_none()));
}

#[test]
fn planted_changes_are_found_exactly() {
    let then = shipped();
    let mut now = then.clone();
    for part_name in PARTS {
        now.get_mut(&part(0, 3, part_name)).unwrap().1.iter_mut().for_each(|value| *value *= 1.1);
    }
    now.get_mut(&part(0, 4, "w2")).unwrap().1[17] += 0.25;
    now.get_mut(&gate(1)).unwrap().1[5 * 32..6 * 32].fill(0.0);
    let (of_now, of_then) = (folder(&now), folder(&then));
    let found = of(of_now.path(), of_then.path(), &[], false).unwrap();
    let [first, second] = found.layers() else { panic!("{found:?}") };
    let numbers = |tensors: &Tensors, name: &str| tensors[name].1.clone();
    for (number, expert) in first.experts().iter().enumerate() {
        let parts = [expert.gate(), expert.up(), expert.down()];
        for (found, name) in parts.into_iter().zip(PARTS) {
            let name = part(0, number, name);
            near(found, plain(&[&numbers(&now, &name)], &[&numbers(&then, &name)]));
        }
        let all = |tensors: &Tensors| PARTS.map(|name| numbers(tensors, &part(0, number, name)));
        let (now, then) = (all(&now), all(&then));
        near(expert.whole(), plain(&now.each_ref().map(Vec::as_slice), &then.each_ref().map(Vec::as_slice)));
        assert_eq!(expert.whole() == Some(0.0), ![3, 4].contains(&number), "{number}");
    }
    assert!((first.experts()[3].whole().unwrap() - 0.1).abs() < 1e-6 && first.experts()[4].gate() == Some(0.0));
    assert_eq!((first.router(), first.is_nothing(), second.is_nothing()), (Some(0.0), false, false));
    // A row that became zeros is as far away as it was long; the others stayed.
    let rows: Vec<Option<f64>> = second.experts().iter().map(ExpertDifference::router_row).collect();
    assert_eq!(rows, [0, 0, 0, 0, 0, 1, 0, 0].map(|ratio| Some(f64::from(ratio))));
    near(second.router(), plain(&[&numbers(&now, &gate(1))], &[&numbers(&then, &gate(1))]));
    assert!(second.experts().iter().all(|expert| expert.whole() == Some(0.0)));
    // The other way round, zeros became something.
    let back = of(of_then.path(), of_now.path(), &["layer.1"], false).unwrap();
    assert_eq!((back.layers()[0].experts()[5].router_row(), back.is_nothing()), (None, false));
}

/// Experts of a layer in another order, with their router rows.
fn reordered(tensors: &Tensors, layer: usize, order: &[usize]) -> Tensors {
    let mut found = tensors.clone();
    found.retain(|name, _| !name.starts_with(&format!("model.layers.{layer}.block_sparse_moe.")));
    for (now, &then) in order.iter().enumerate() {
        for name in PARTS {
            found.insert(part(layer, now, name), tensors[&part(layer, then, name)].clone());
        }
    }
    let (shape, rows) = &tensors[&gate(layer)];
    let picked = order.iter().flat_map(|&then| rows[then * shape[1]..(then + 1) * shape[1]].to_vec()).collect();
    found.insert(gate(layer), (vec![order.len(), shape[1]], picked));
    found
}

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

#[test]
fn an_expert_that_is_gone_is_told() {
    let then = shipped();
    let order = [0, 1, 3, 4, 5, 6, 7];
    let pruned = reordered(&reordered(&then, 0, &order), 1, &order);
    let (now, then) = (folder(&pruned), folder(&then));
    let found = of(now.path(), then.path(), &[], false).unwrap();
    for layer in found.layers() {
        let told: Vec<_> = layer.experts().iter().map(|expert| expert.then().unwrap()).collect();
        assert_eq!((told, layer.matching().dropped()), (order.to_vec(), &[2][..]));
        assert!(layer.experts().iter().all(|expert| expert.whole() == Some(0.0)) && !layer.is_nothing());
    }
    let back = of(then.path(), now.path(), &["layer.0"], false).unwrap();
    let layer = &back.layers()[0];
    assert_eq!(layer.matching().added().collect::<Vec<_>>(), [2]);
    assert_eq!((layer.experts()[2].then(), layer.experts()[2].whole()), (None, None));
    assert_eq!((layer.experts()[3].then(), layer.experts()[3].whole()), (Some(2), Some(0.0)));
}

#[test]
fn what_cannot_be_compared_is_refused_in_words() {
    let refused = |now: &Path, then: &Path, layers: &[&str], words: &[&str]| {
        let error = of(now, then, layers, false).unwrap_err();
        let text = error.to_string();
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        matches!(error, InspectError::Incomparable(_))
    };
    assert!(refused(&public("phimoe"), &public("olmoe"), &[], &["phimoe", "olmoe", "families"]));
    let whole = shipped();
    let mut narrow = whole.clone();
    for expert in 0..8 {
        for name in PARTS {
            let (shape, values) = narrow.get_mut(&part(1, expert, name)).unwrap();
            *shape = if name == "w2" { vec![32, 20] } else { vec![20, 32] };
            values.truncate(640);
        }
    }
    let mut short = whole.clone();
    short.retain(|name, _| !name.starts_with("model.layers.1."));
    let (whole, narrow, short) = (folder(&whole), folder(&narrow), folder(&short));
    assert!(refused(whole.path(), narrow.path(), &[], &["layer.1", "width of an expert", "24 now", "20 then"]));
    assert!(refused(short.path(), whole.path(), &[], &["1 now", "2 then", "layer.1", "--layer"]));
    assert!(!refused(short.path(), whole.path(), &["layer.1"], &["layer.1", "there are: layer.0"]));
    assert!(of(short.path(), whole.path(), &["layer.0"], false).unwrap().is_nothing());
    let main = |path: &Path| Model::open(path).unwrap().mixtures()[0].role();
    assert_eq!(main(short.path()), MixtureRole::Main);
}

fn routed(picks: &[&[u32]], experts: usize, k: usize) -> RoutedLayer {
    let mut load = vec![0; experts];
    picks.iter().copied().flatten().for_each(|&expert| load[expert as usize] += 1);
    RoutedLayer {
        key: "layer.0".into(),
        experts,
        top_k: k,
        gate_mass: vec![0.0; experts],
        load_cv: 0.0,
        unused: 0,
        weight_sum: 1.0,
        routed_share: 1.0,
        weights: Vec::new(),
        competition: None,
        winners: None,
        load,
        picks: picks.iter().map(|picks| picks.to_vec()).collect(),
    }
}

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
