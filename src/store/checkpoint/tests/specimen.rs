//! A run with everything that is easily lost, its file, and ways to falsify that.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};

use super::super::*;
use crate::domain::config::Preset;
use crate::domain::readings::{LayerProbe, LayerStep, LossTerms, ProbeReading, StepReading};
use crate::domain::roster::{ExpertId, Roster};
use crate::domain::schedule::Painted;
use crate::domain::state::{Array, Progress};
use crate::store::alerts::{Alerts, StepContext};
use crate::store::history::{RunMeasure, Series, SeriesKey, What};
use crate::tasks::{SplitSizes, TaskFingerprint};

/// Floats that are easily lost.
pub(super) const AWKWARD: [f32; 6] = [0.0, -0.0, f32::MIN_POSITIVE / 2.0, f32::MAX, f32::NEG_INFINITY, 0.1];

pub(super) fn arrays(sign: f32) -> Vec<Array> {
    let array = |name: &str, shape: &[usize]| Array {
        name: name.into(),
        shape: shape.to_vec(),
        values: (0..shape.iter().product()).map(|i| sign * AWKWARD[i % AWKWARD.len()]).collect(),
    };
    // Not in alphabetical order: the order of the network has to come back.
    vec![array("embedding", &[4, 3]), array("blocks.0.experts.keys", &[2, 3, 2]), array("blocks.0.attention", &[3, 3])]
}

pub(super) fn history() -> (History, Alerts) {
    let (mut history, mut alerts) = (History::default(), Alerts::default());
    let mut loss = Series::default();
    (1..=20u64).for_each(|step| loss.push(step, if step == 7 { f64::NAN } else { 1.0 / step as f64 }));
    history.insert(SeriesKey::Run(RunMeasure::LossTask), loss);
    let rosters = rosters();
    for step in [0, 50] {
        let mut layer = LayerProbe::default();
        layer.diagnosis.load.counts = Some(vec![3, 1, 0, 4]);
        let agreement = &mut layer.diagnosis.agreement;
        (agreement.won, agreement.kappa) = (Some(vec![2, 2, 2, 2]), Some(0.25));
        let cosine = |row: usize| (0..4).map(|column| Some((4 * row + column) as f64 / 16.0)).collect();
        layer.matrices.output_cosine = Some((0..4).map(cosine).collect());
        let layers = vec![layer.clone(), layer];
        let probe = ProbeReading { step, tokens: 8, layers, ..ProbeReading::default() };
        history.push_probe(&Arc::new(probe), &rosters);
    }
    let layer = LayerStep { competed: true, routed: vec![0, 9, 9, 9], won: None, gradients: None };
    let steps = (1..=100).map(|step| StepReading {
        step,
        tokens: step,
        loss: LossTerms { task: 1.0 / step as f64, ..LossTerms::default() },
        learning_rate: 0.1,
        gradient_norm: 0.3,
        layers: vec![layer.clone(), layer.clone()],
    });
    let context =
        StepContext { rosters: &rosters, top_k: 2, loads: &[], loss: None, classes: Some(256), clip_norm: 0.0 };
    let raised = |step| {
        history.take_tokens(&step, &rosters, 2);
        alerts.take_step(&step, context).len()
    };
    let raised: usize = steps.map(raised).sum();
    assert_eq!(raised, 2);
    // A file holds no probes to look back at.
    history.probes = Arc::default();
    history.journal_mut().push(3, What::NotFinite { place: "layer 1 – “keys”".into() });
    (history, alerts)
}

pub(super) fn rosters() -> Vec<Roster> {
    vec![Roster { slots: [5, 1, 2, 9].map(ExpertId).to_vec(), next: 10 }, Roster::new(4)]
}

pub(super) fn run() -> Checkpoint {
    let config = Config { seed: u64::MAX, ..Preset::Tiny.config() };
    let mut painted = Painted::default();
    painted.paint(1, 25, 40, Some(true)).unwrap();
    painted.paint(1, 30, 30, Some(false)).unwrap();
    let progress = Progress {
        step: 20,
        tokens: 1280,
        updates: 20,
        knobs: config.knobs.clone(),
        rosters: rosters(),
        lab: Vec::new(),
        painted,
    };
    let selection_bias = vec![vec![0.001, -0.1, 0.0, 1.0 / 3.0]; 2];
    let state = State { progress, weights: arrays(1.0), moment1: arrays(-1.0), moment2: arrays(0.5), selection_bias };
    let run = RunId::try_from("00c0ffee00c0ffee".to_owned()).unwrap();
    let text = TextIdentity { bytes: 405_550, sha256: Some("0".repeat(64)) };
    let sizes = SplitSizes { training: 324_440, validation: 40_555, test: 40_555 };
    let data = Some(TaskFingerprint { sha256: text.sha256.clone(), sizes });
    let (history, alerts) = history();
    Checkpoint {
        config,
        state,
        history,
        alerts,
        seconds: 12.345_678_9,
        flop: Some(u64::MAX - 1),
        run,
        text,
        data,
        loss: Some(1.875),
        text_beside: Vec::new(),
    }
}

/// Everything, with floats as bits: NaN equals itself and 0 is not −0.
pub(super) fn bits(checkpoint: &Checkpoint) -> String {
    let floats = |arrays: &[Array]| -> Vec<(String, Vec<usize>, Vec<u32>)> {
        let bits = |a: &Array| a.values.iter().map(|v| v.to_bits()).collect();
        arrays.iter().map(|a| (a.name.clone(), a.shape.clone(), bits(a))).collect()
    };
    let state = &checkpoint.state;
    let arrays = [&state.weights, &state.moment1, &state.moment2].map(|group| floats(group));
    let (progress, seconds) = (&state.progress, (checkpoint.seconds.to_bits(), checkpoint.flop));
    format!(
        "{:?} {progress:?} {arrays:?} {:?} {:?} {seconds:?} {:?}",
        checkpoint.config,
        state.selection_bias,
        (&checkpoint.history, &checkpoint.alerts),
        (&checkpoint.run, &checkpoint.text, &checkpoint.data)
    )
}

/// The bytes of a saved run.
pub(super) static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let (_folder, path) = place();
    save(&run(), &path).unwrap();
    fs::read(path).unwrap()
});

pub(super) fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    (folder, path)
}

/// Opens these bytes as a file.
pub(super) fn open_bytes(bytes: &[u8]) -> Result<Checkpoint, OpenError> {
    let (_folder, path) = place();
    fs::write(&path, bytes).unwrap();
    open(&path)
}

/// Tensors taken out of a file: name, type, shape, bytes.
pub(super) type Loose = Vec<(String, Dtype, Vec<usize>, Vec<u8>)>;

/// The saved run with `change` made to its tensors, metadata kept, sealed by nobody.
pub(super) fn retouched(change: impl FnOnce(&mut Loose)) -> Vec<u8> {
    let (_, header) = SafeTensors::read_metadata(&FILE).unwrap();
    let file = SafeTensors::deserialize(&FILE).unwrap();
    let names = header.offset_keys();
    let mut tensors: Vec<_> = names
        .into_iter()
        .map(|name| {
            let view = file.tensor(&name).unwrap();
            (name, view.dtype(), view.shape().to_vec(), view.data().to_vec())
        })
        .collect();
    change(&mut tensors);
    let views =
        tensors.iter().map(|(name, dtype, shape, data)| (name, TensorView::new(*dtype, shape.clone(), data).unwrap()));
    serialize(views, header.metadata().clone()).unwrap()
}

/// The saved run with `from` replaced by `to` in its manifest, header length put right, sealed anew.
pub(super) fn resealed(from: &str, to: &str) -> Vec<u8> {
    let size = u64::from_le_bytes(FILE[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&FILE[8..8 + size]).unwrap();
    assert!(header.contains(from), "{from}");
    let mut text = header.trim_end().replacen(from, to, 1).into_bytes();
    text.resize(text.len().next_multiple_of(8), b' ');
    let mut head = [&(text.len() as u64).to_le_bytes()[..], &text].concat();
    let old = seal::digits(&head).unwrap().to_owned();
    let at = head.windows(64).position(|window| window == old.as_bytes()).unwrap();
    head[at..at + 64].copy_from_slice(seal::OPEN_SEAL.as_bytes());
    let mut sum = seal::Seal::over(&head);
    sum.update(&FILE[8 + size..]);
    seal::close(&mut head, &sum.digits()).unwrap();
    [head, FILE[8 + size..].to_vec()].concat()
}
