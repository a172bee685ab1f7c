//! Differences of a shipped checkpoint and copies with planted changes, against plain loops over its tensors.

mod matched;
mod texts;

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
