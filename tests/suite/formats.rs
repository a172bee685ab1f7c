//! Checkpoint files of every format version, as the programs of then wrote them: each opens, says what it does not know,
//! and goes on as the program that wrote it went on.

use std::fs;
use std::path::PathBuf;

use moe_arena::domain::config::{Knobs, Policy};
use moe_arena::run::{Fact, From, Notice, Snapshot};
use moe_arena::store::checkpoint::{Manifest, VERSION, peek};
use moe_arena::store::history::{RunMeasure, SeriesKey};

use crate::program;
use crate::run::Session;

/// A file of each version: 12 steps of two layers with three experts on the built-in text.
///
/// Versions 1, 3, 4 and 5 are the same run, written by programs from before there was a policy to choose and from long after.
fn file(version: u64) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/checkpoints/version_{version}.safetensors"))
}

fn manifest(version: u64) -> Manifest {
    peek(&file(version)).unwrap_or_else(|error| panic!("version {version}: {error}"))
}

/// Length of the built-in text, and its SHA-256 as `sha256sum assets/moby-dick.txt` gives it.
const TEXT: (u64, &str) = (405_550, "f4d240a2d71ebe00bd8a6175281f502eb0d061a0ff6deb60e6deefaf7effba14");

/// Total loss at steps 13 to 16, taken from the `metrics.csv` of the program that wrote the file, and that went on with it.
const COMPETESMOE: [f64; 4] = [6.530_739_784, 5.897_837_162, 6.161_370_277, 6.009_409_904];
const BIAS_BALANCED: [f64; 4] = [6.515_316_486, 5.897_705_078, 6.214_756_489, 6.103_411_674];

/// Sums differ between vector widths, and these are of one machine.
const TOLERANCE: f64 = 1e-4;

fn opened(version: u64) -> Session {
    Session::of(From::File(file(version)), None, None)
}

fn losses(shot: &Snapshot) -> Vec<f64> {
    let series = shot.memory.history.get(SeriesKey::Run(RunMeasure::LossTotal)).unwrap();
    series.recent().filter(|(step, _)| *step > 12).map(|(_, loss)| loss).collect()
}

fn goes_on(version: u64, expected: [f64; 4]) {
    let session = opened(version);
    assert_eq!(session.reader.latest().step, 12, "version {version}");
    let found = losses(&session.steps(4));
    let off = |(found, expected): (&f64, &f64)| (found - expected).abs() > TOLERANCE;
    assert_eq!(found.len(), 4);
    assert!(!found.iter().zip(&expected).any(off), "version {version}: {found:?}; was {expected:?}");
}

#[test]
fn there_is_a_file_of_every_version() {
    for version in 1..=VERSION {
        assert_eq!(manifest(version).version, version);
    }
}

#[test]
fn version_1_goes_on_as_it_did() {
    let manifest = manifest(1);
    let knobs = Knobs { competition_rate: 0.3, learning_rate: 0.01, ..Knobs::default() };
    assert_eq!((manifest.progress.knobs, manifest.config.knobs.policy), (knobs, Policy::CompeteSmoe));
    assert!(manifest.selection_bias.is_empty(), "there were none");
    goes_on(1, COMPETESMOE);
}

#[test]
fn version_2_goes_on_as_it_did() {
    let manifest = manifest(2);
    assert_eq!(manifest.progress.knobs.policy, Policy::BiasBalanced);
    // An idle expert's bias grew by 0.001 a step, a busy one's fell.
    assert_eq!(manifest.selection_bias[0], [-0.008, 0.002, 0.004]);
    goes_on(2, BIAS_BALANCED);
}

#[test]
fn version_3_goes_on_as_it_did() {
    let manifest = manifest(3);
    assert_eq!(manifest.data, None);
    assert_eq!(manifest.loss, Some(6.031_758_785_247_803), "the validation of step 12");
    goes_on(3, COMPETESMOE);
}

#[test]
fn version_4_goes_on_as_it_did() {
    let data = manifest(4).data.unwrap();
    assert_eq!(data.sha256.as_deref(), Some(TEXT.1));
    assert_eq!(data.sizes.training + data.sizes.validation + data.sizes.test, TEXT.0);
    goes_on(4, COMPETESMOE);
}

#[test]
fn version_5_goes_on_as_it_did_and_knows_what_its_steps_cost() {
    // A router step of 16 bytes by hand, multiply-adds: head 49,152, attention 2 · 6656, routers 2 · 576, experts 2 · 3072.
    // Each of six competitions in these 12 steps has one expert more, 1536.
    assert_eq!(manifest(5).flop, Some(2 * (12 * (49_152 + 2 * (6_656 + 576 + 3_072)) + 6 * 1_536)));
    goes_on(5, COMPETESMOE);
    for version in 1..=VERSION {
        let shot = opened(version).steps(2);
        let flop = shot.memory.history.get(SeriesKey::Run(RunMeasure::Flop)).map(|spent| spent.parts().2.len());
        assert_eq!(flop, (version >= 5).then_some(14), "what is known in part is not known: version {version}");
    }
}

#[test]
fn what_a_file_does_not_know_of_its_text_is_said_until_it_is_saved_anew() {
    for version in 1..=VERSION {
        let text = manifest(version).text;
        let known = version >= 3;
        assert_eq!((text.bytes, text.sha256.as_deref()), (TEXT.0, known.then_some(TEXT.1)), "version {version}");
        let session = opened(version);
        session.steps(1);
        let says = |notice: &Notice| matches!(notice, Notice::Fact(Fact::TextUnproven { .. }));
        assert_eq!(session.reader.notices().iter().any(says), !known, "version {version}");
    }
    let here = tempfile::tempdir().unwrap();
    fs::copy(file(2), here.path().join("old.safetensors")).unwrap();
    let first = program::run(here.path(), "train --resume old.safetensors --steps 13 --device cpu --out run");
    assert!(first.status.success(), "{}", program::text(&first));
    assert!(program::text(&first).contains("texts were identified by their content"), "{}", program::text(&first));
    let saved = here.path().join("run/checkpoint.safetensors");
    assert_eq!(peek(&saved).unwrap().text.sha256.as_deref(), Some(TEXT.1));
    let second = program::run(here.path(), "train --resume run/checkpoint.safetensors --steps 14 --device cpu");
    assert!(second.status.success() && !program::text(&second).contains("by their content"));
}

#[test]
fn a_file_without_an_id_is_the_same_run_whenever_it_is_opened() {
    for version in 1..=VERSION {
        assert_eq!(manifest(version).run, manifest(version).run, "version {version}");
    }
    assert_ne!(manifest(1).run, manifest(2).run);
}
