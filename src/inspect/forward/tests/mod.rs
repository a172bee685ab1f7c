//! Every block and every whole decoder of `tests/public/` against the numbers of the families' own code.

mod expected;

use std::ops::ControlFlow;
use std::path::PathBuf;

use expected::Expected;

use super::architecture::Architecture;
use super::*;
use crate::inspect::config::CheckpointConfig;
use crate::inspect::layout::{Family, MixturePlan, MixtureRole};
use crate::inspect::model::Model;
use crate::inspect::tests::SAFETENSORS_FOLDERS;

fn public(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/public").join(folder)
}

/// A folder's checkpoint and its expected numbers.
fn open(folder: &str) -> (Model, Expected) {
    let (model, expected) = match folder {
        "gguf" => ("gguf/tiny-olmoe.gguf".to_owned(), "gguf/tiny-olmoe.expected.safetensors".to_owned()),
        _ => (folder.to_owned(), format!("{folder}/expected.safetensors")),
    };
    (Model::open(&public(&model)).unwrap(), Expected::open(&public(&expected)))
}

/// All folders.
fn folders() -> impl Iterator<Item = &'static str> {
    SAFETENSORS_FOLDERS.into_iter().chain(["gguf"])
}

/// Those of which no text is run.
const WITHOUT_TEXT: [&str; 4] = ["jetmoe", "minimax", "qwen3_next", "switch_transformers"];

fn near(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst <= tolerance && found.iter().all(|x| x.is_finite()), "{what}: {worst} > {tolerance}");
}

fn check_picks(what: &str, answer: &MixtureAnswer, expected: &Expected, key: &str, weight_tolerance: f32) {
    let index: Vec<i64> = answer.picks.iter().flatten().map(|pick| pick.expert as i64).collect();
    let weight: Vec<f32> = answer.picks.iter().flatten().map(|pick| pick.weight).collect();
    assert_eq!(index, expected.integers(&format!("{key}.topk_index")), "{what} {key}");
    near(&format!("{what} {key} weights"), &weight, &expected.floats(&format!("{key}.topk_weight")), weight_tolerance);
}

#[test]
fn every_block_answers_as_its_family_does() {
    let mut blocks = 0;
    for folder in folders() {
        let (model, expected) = open(folder);
        for plan in model.mixtures().iter().filter(|plan| plan.role() == MixtureRole::Main) {
            let key = plan.key();
            let input = expected.floats(&format!("{key}.input"));
            for compete in [false, true] {
                let answer =
                    answer_mixture(&model, plan, &input, compete, &mut |_, _| ControlFlow::Continue(())).unwrap();
                let what = |name: &str| format!("{folder} {key} {name}");
                near(&what("logits"), &answer.logits, &expected.floats(&format!("{key}.router_logits")), 1e-5);
                check_picks(folder, &answer, &expected, key, 1e-5);
                if let Some(routed) = expected.maybe(&format!("{key}.routed_output")) {
                    near(&what("routed"), &answer.routed, &routed, 5e-5);
                }
                near(&what("output"), &answer.output, &expected.floats(&format!("{key}.output")), 5e-5);
                assert_eq!(answer.responses.is_some(), compete);
            }
            blocks += 1;
        }
    }
    assert_eq!(blocks, 36);
}

/// Keeps all a decoder makes.
#[derive(Default)]
struct Kept {
    states: Vec<f32>,
    mixtures: Vec<(String, MixtureAnswer)>,
    /// `[V]` columns of `[T]`.
    logits: Vec<(usize, Vec<f32>)>,
    steps: usize,
    stop_at: Option<usize>,
}

impl DecoderWatch for Kept {
    fn state(&mut self, _: usize, state: &[f32]) -> Result<(), ForwardError> {
        self.states.extend_from_slice(state);
        Ok(())
    }

    fn mixture(&mut self, plan: &MixturePlan, _: &[f32], answer: &MixtureAnswer) -> Result<(), ForwardError> {
        self.mixtures.push((plan.key().to_owned(), answer.clone()));
        Ok(())
    }

    fn logits(&mut self, first: usize, logits: &[f32]) -> Result<(), ForwardError> {
        self.logits.push((first, logits.to_vec()));
        Ok(())
    }

    fn step(&mut self, _: DecoderStep) -> ControlFlow<()> {
        self.steps += 1;
        if self.stop_at == Some(self.steps) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Kept {
    /// `[T, V]`.
    fn all_logits(&self, tokens: usize, vocabulary: usize) -> Vec<f32> {
        let mut all = vec![f32::NAN; tokens * vocabulary];
        for (first, logits) in &self.logits {
            let width = logits.len() / tokens;
            for (token, row) in logits.chunks_exact(width).enumerate() {
                all[token * vocabulary + first..][..width].copy_from_slice(row);
            }
        }
        all
    }
}

#[test]
fn every_decoder_says_what_its_family_says() {
    let mut models = 0;
    for folder in folders().filter(|folder| !WITHOUT_TEXT.contains(folder)) {
        let (model, expected) = open(folder);
        let ids: Vec<u32> = expected.integers("input_ids").into_iter().map(|id| id as u32).collect();
        let decoder = Decoder::new(&model).unwrap_or_else(|error| panic!("{folder}: {error}"));
        let mut kept = Kept::default();
        decoder.run(&ids, false, &mut kept).unwrap_or_else(|error| panic!("{folder}: {error}"));
        near(&format!("{folder} states"), &kept.states, &expected.floats("hidden_states"), 1e-4);
        for (key, answer) in &kept.mixtures {
            near(&format!("{folder} {key}"), &answer.logits, &expected.floats(&format!("{key}.router_logits")), 1e-4);
            check_picks(folder, answer, &expected, key, 1e-4);
        }
        assert_eq!(kept.mixtures.len(), decoder.mixtures().count());
        let vocabulary = decoder.logit_count().unwrap();
        near(folder, &kept.all_logits(ids.len(), vocabulary), &expected.floats("logits"), 1e-3);
        models += 1;
    }
    assert_eq!(models, 14);
}

#[test]
fn every_other_family_and_variant_says_what_its_library_says() {
    let all = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/decoders");
    let mut models = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(all).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        let model = Model::open(&entry).unwrap();
        let expected = Expected::open(&entry.join("expected.safetensors"));
        let ids: Vec<u32> = expected.integers("input_ids").into_iter().map(|id| id as u32).collect();
        let mut kept = Kept::default();
        let decoder = Decoder::new(&model).unwrap_or_else(|error| panic!("{name}: {error}"));
        decoder.run(&ids, true, &mut kept).unwrap_or_else(|error| panic!("{name}: {error}"));
        let off = |found: &[f32], right: &[f32]| {
            assert_eq!(found.len(), right.len(), "{name}");
            found.iter().zip(right).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        let states = off(&kept.states, &expected.floats("hidden_states"));
        let logits = off(&kept.all_logits(ids.len(), decoder.logit_count().unwrap()), &expected.floats("logits"));
        if !(states < 1e-4 && logits < 1e-4) {
            wrong.push(format!("{name}: states {states}, logits {logits}"));
        }
        models += 1;
    }
    assert!(wrong.is_empty() && models == 18, "{models}: {wrong:?}");
}

#[test]
fn a_family_without_text_says_why() {
    for (folder, why) in WITHOUT_TEXT.iter().zip([
        "its attention is a mixture of experts itself",
        "some of its layers have linear attention",
        "some of its layers have linear attention",
        "it has an encoder beside its decoder",
    ]) {
        let (model, _) = open(folder);
        let fault = Decoder::new(&model).err().unwrap().to_string();
        assert!(fault.contains(why) && fault.contains("without a text"), "{folder}: {fault}");
    }
}

/// They lie in their files like models whose decoder is known: only their names tell.
#[test]
fn a_relative_with_another_decoder_is_refused() {
    for model_type in ["minimax_m3_vl_text", "glm4v_moe_text", "glm4_moe_lite", "mistral4"] {
        let (family, name) = Family::named(model_type);
        let refused = Architecture::of(&CheckpointConfig::default(), family, &name);
        assert!(matches!(refused, Err(ForwardError::Family { .. })), "{model_type}");
    }
    let (family, name) = Family::named("minimax_m2");
    let unsaid = Architecture::of(&CheckpointConfig::default(), family, &name);
    assert!(matches!(unsaid, Err(ForwardError::Unsaid { .. })));
}

#[test]
fn a_run_can_be_stopped_at_every_step_and_refuses_ids_that_are_none() {
    let (model, _) = open("qwen2_moe");
    let decoder = Decoder::new(&model).unwrap();
    let mut whole = Kept::default();
    decoder.run(&[5, 6, 7], false, &mut whole).unwrap();
    assert!(whole.steps > 5);
    for stop in 1..=whole.steps {
        let mut kept = Kept { stop_at: Some(stop), ..Kept::default() };
        assert!(matches!(decoder.run(&[5, 6, 7], false, &mut kept), Err(ForwardError::Stopped)), "{stop}");
        assert_eq!(kept.steps, stop);
    }
    let fault = |ids: &[u32]| decoder.run(ids, false, &mut Kept::default()).unwrap_err().to_string();
    assert!(fault(&[5, 256]).contains("256") && fault(&[5, 256]).contains("0 to 255"), "{}", fault(&[256]));
    assert!(fault(&[]).contains("no token"));
    assert!(fault(&[1; 20_000]).contains("20000"));
}
