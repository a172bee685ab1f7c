//! A text through the shipped models: picks, dump, competition, and stopping.

use std::path::PathBuf;

use safetensors::{Dtype, SafeTensors};

use super::*;

fn public(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/public").join(file)
}

fn floats(tensors: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let tensor = tensors.tensor(name).unwrap_or_else(|_| panic!("no {name}"));
    assert_eq!(tensor.dtype(), Dtype::F32, "{name}");
    tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

fn integers(tensors: &SafeTensors<'_>, name: &str) -> Vec<i64> {
    let tensor = tensors.tensor(name).unwrap();
    tensor.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap())).collect()
}

fn on() -> impl FnMut(DecoderStep) -> ControlFlow<()> {
    |_| ControlFlow::Continue(())
}

#[test]
fn a_dump_holds_what_the_family_computes_and_the_report_what_the_dump_holds() {
    let model = Model::open(&public("olmoe")).unwrap();
    let expected = std::fs::read(public("olmoe/expected.safetensors")).unwrap();
    let expected = SafeTensors::deserialize(&expected).unwrap();
    let ids: Vec<u32> = integers(&expected, "input_ids").into_iter().map(|id| id as u32).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.safetensors");
    let routed = route_text(&model, &ids, TextWishes { compete: false, dump: Some(&path) }, &mut on()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let dump = SafeTensors::deserialize(&bytes).unwrap();
    for (name, tolerance) in [
        ("layer.0.input", 1e-4),
        ("layer.1.input", 1e-4),
        ("layer.1.router_logits", 1e-4),
        ("layer.1.topk_weight", 1e-4),
        ("hidden_states", 1e-4),
        ("logits", 1e-3),
    ] {
        assert_eq!(dump.tensor(name).unwrap().shape(), expected.tensor(name).unwrap().shape(), "{name}");
        let (found, right) = (floats(&dump, name), floats(&expected, name));
        assert!(found.iter().zip(&right).all(|(a, b)| (a - b).abs() <= tolerance), "{name}");
    }
    assert_eq!(integers(&dump, "input_ids"), integers(&expected, "input_ids"));
    for (layer, key) in routed.layers.iter().zip(["layer.0", "layer.1"]) {
        let index = integers(&dump, &format!("{key}.topk_index"));
        assert_eq!(index, integers(&expected, &format!("{key}.topk_index")));
        assert_eq!(layer.picks.concat(), index.iter().map(|&expert| expert as u32).collect::<Vec<_>>());
        assert_eq!(layer.load.iter().sum::<u32>() as usize, 2 * ids.len());
        let mass: f64 = floats(&dump, &format!("{key}.topk_weight")).iter().map(|&w| f64::from(w)).sum();
        assert!((layer.weight_sum - mass / ids.len() as f64).abs() < 1e-6 && layer.weight_sum < 1.0);
        assert_eq!(dump.tensor(&format!("{key}.affinity")).unwrap().shape(), [64, 12]);
        assert!(floats(&dump, &format!("{key}.affinity")).iter().all(|&s| s > 0.0));
    }
    // The loss and the expected ids, from the family's own logits.
    let logits = floats(&expected, "logits");
    let rows: Vec<Vec<f64>> = logits.chunks_exact(256).map(|row| row.iter().map(|&z| f64::from(z)).collect()).collect();
    let loss = |token: usize| {
        let total: f64 = rows[token].iter().map(|z| z.exp()).sum();
        total.ln() - rows[token][ids[token + 1] as usize]
    };
    let mean = (0..63).map(loss).sum::<f64>() / 63.0;
    assert!((routed.loss.unwrap() - mean).abs() < 1e-3);
    let best = |row: &Vec<f64>| (0..256).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap() as u32;
    assert_eq!(routed.expected, rows.iter().map(best).collect::<Vec<_>>());
}

#[test]
fn a_competition_is_held_against_chance_and_a_planted_weak_expert_wins_nothing() {
    let model = Model::open(&public("mixtral")).unwrap();
    let ids: Vec<u32> = (0..64).map(|i| 5 + (31 * i * i + 7 * i + 3) % 251).collect();
    let plain = route_text(&model, &ids, TextWishes::default(), &mut on()).unwrap();
    let routed = route_text(&model, &ids, TextWishes { compete: true, dump: None }, &mut on()).unwrap();
    for (with, without) in routed.layers.iter().zip(&plain.layers) {
        assert_eq!((&with.picks, &without.competition), (&without.picks, &None));
        let competition = with.competition.as_ref().unwrap();
        for agreement in [&competition.softplus, &competition.norm] {
            assert_eq!(agreement.won.iter().sum::<u32>(), 64);
            assert_eq!(agreement.recall_chance, Some(0.25));
            let first: Vec<u32> = agreement.confusion.iter().map(|row| row.iter().sum()).collect();
            assert_eq!(first, agreement.won);
            let match_at = |i: usize| f64::from(agreement.confusion[i][i]);
            let top1: f64 = (0..8).map(match_at).sum::<f64>() / 64.0;
            assert!((agreement.top1.unwrap() - top1).abs() < 1e-12);
            assert!(agreement.response_captured.unwrap() <= 1.0 + 1e-9);
            assert!(agreement.captured_chance.unwrap() < 1.0 && agreement.spearman.unwrap().abs() <= 1.0);
        }
        // Its answers are a twentieth of the others'.
        if with.key == "layer.1" {
            assert_eq!(competition.norm.won[3], 0);
        }
    }
    assert!((competition_factor(&model).unwrap() - 4.0).abs() < 1e-12);
    assert!(routed.layers.iter().all(|layer| layer.routed_share == 1.0));
    let shared = Model::open(&public("deepseek_v3")).unwrap();
    let shared = route_text(&shared, &ids, TextWishes::default(), &mut on()).unwrap();
    assert!(shared.layers.iter().all(|layer| (layer.routed_share - 1.0).abs() > 0.01));
    let csv = routed.csv();
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert!(lines.len() == 3 && lines.iter().all(|line| line.len() == 23));
    assert_eq!((lines[0][9], lines[1][0], lines[2][1]), ("softplus_kappa", "layer.0", "8"));
    let kappa = routed.layers[1].competition.as_ref().unwrap().norm.kappa.unwrap();
    assert_eq!(lines[2][17].parse::<f64>().unwrap(), kappa);
    assert!(plain.csv().lines().nth(1).unwrap().ends_with(",,,,,,,,"));
}

#[test]
fn what_is_stopped_or_refused_leaves_no_dump() {
    let model = Model::open(&public("mixtral")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.safetensors");
    let wishes = TextWishes { compete: false, dump: Some(&path) };
    let stopped = route_text(&model, &[5, 6], wishes, &mut |step| match step.layer {
        0 => ControlFlow::Continue(()),
        _ => ControlFlow::Break(()),
    });
    assert!(matches!(stopped, Err(ForwardError::Stopped)));
    assert!(matches!(route_text(&model, &[999], wishes, &mut on()), Err(ForwardError::Id { id: 999, last: 255 })));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let nowhere = folder.path().join("no/dump.safetensors");
    let refused = route_text(&model, &[5], TextWishes { compete: false, dump: Some(&nowhere) }, &mut on());
    assert!(refused.unwrap_err().to_string().contains("dump.safetensors"));
}
