//! Health of the shipped folders against `expected.safetensors`, and the faults planted in them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;
use crate::inspect::layout::MixtureRole;
use crate::inspect::stored::StoredFiles;

fn public(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public").join(name)
}

/// Every checkpoint with its expected numbers and the description of its planted faults.
fn all() -> Vec<(String, PathBuf, PathBuf, Value)> {
    let folders =
        std::fs::read_dir(public("")).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().is_dir());
    let mut found: Vec<_> = folders
        .map(|entry| {
            let (name, folder) = (entry.file_name().into_string().unwrap(), entry.path());
            let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap();
            let (model, numbers) = if name == "gguf" {
                (folder.join("tiny-olmoe.gguf"), folder.join("tiny-olmoe.expected.safetensors"))
            } else {
                (folder.clone(), folder.join("expected.safetensors"))
            };
            (name, model, numbers, serde_json::from_str(&expected).unwrap())
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(found.len(), 18);
    found
}

#[track_caller]
fn near(found: &[Option<f64>], expected: &[f32], relative: f64, absolute: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        let expected = f64::from(*expected);
        let is_near = found.is_some_and(|found| (found - expected).abs() <= relative * expected.abs() + absolute);
        assert!(is_near, "{what} {place}: {found:?}, not {expected}");
    }
}

/// `[E × E]` row by row.
fn whole(matrix: Option<&LikenessMatrix>) -> Vec<Option<f64>> {
    let matrix = matrix.unwrap();
    (0..matrix.experts()).flat_map(|row| matrix.row(row)).collect()
}

#[test]
fn every_folder_is_as_healthy_as_its_library_says() {
    for (name, path, numbers, planted) in all() {
        let model = Model::open(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = StoredFiles::open(&numbers).unwrap();
        let planted = &planted["planted"];
        for mixture in model.mixtures().iter().filter(|mixture| mixture.role() == MixtureRole::Main) {
            let key = mixture.key();
            let health = measure(&model, mixture, true, &|_| true).unwrap().unwrap();
            let of = |what: &str| {
                expected.weight(&format!("{key}.health.{what}")).unwrap().map(|weight| weight.vector().unwrap())
            };
            let router = health.router().unwrap();
            near(&router.row_norm, &of("router_row_norm").unwrap(), 1e-4, 0.0, &format!("{name} {key} row norm"));
            let cosines = whole(router.row_cosine.as_ref());
            near(&cosines, &of("router_cosine").unwrap(), 0.0, 1e-5, &format!("{name} {key} row cosine"));
            let experts = health.experts().unwrap();
            assert_eq!(experts.gate.is_some(), of("gate_norm").is_some(), "{name}");
            for (part, found) in
                [("gate", experts.gate.as_ref()), ("up", Some(&experts.up)), ("down", Some(&experts.down))]
            {
                let Some(found) = found else { continue };
                let what = format!("{name} {key} {part}");
                near(&found.norm, &of(&format!("{part}_norm")).unwrap(), 1e-4, 0.0, &format!("{what} norm"));
                near(
                    &found.effective_rank,
                    &of(&format!("{part}_effective_rank")).unwrap(),
                    1e-4,
                    0.0,
                    &format!("{what} effective rank"),
                );
                near(
                    &found.stable_rank,
                    &of(&format!("{part}_stable_rank")).unwrap(),
                    1e-4,
                    0.0,
                    &format!("{what} stable rank"),
                );
                assert!(found.not_finite.iter().all(|count| *count == 0));
            }
            let cosines = whole(experts.weight_cosine.as_ref());
            near(&cosines, &of("weight_cosine").unwrap(), 0.0, 1e-5, &format!("{name} {key} weight cosine"));
            let matched = whole(experts.matched_cosine.as_ref());
            assert!(
                matched.iter().zip(&cosines).all(|(matched, lying)| matched.unwrap() > lying.unwrap() - 1e-9),
                "{name}"
            );

            // What was planted is found, and nothing else.
            let mut wanted = Vec::new();
            let mut want = |what: &str, rule: FindingRule, of: Option<&str>| {
                if planted[what]["block"] == key {
                    let experts = [&planted[what]["expert"], &planted[what]["experts"]];
                    let numbers: Vec<u64> = experts
                        .iter()
                        .flat_map(|value| match value {
                            Value::Array(list) => list.iter().filter_map(Value::as_u64).collect(),
                            value => value.as_u64().into_iter().collect::<Vec<_>>(),
                        })
                        .collect();
                    wanted.push((rule, numbers, of.map(str::to_owned)));
                }
            };
            want("dead_router_row", FindingRule::DeadRouterRow, Some("router"));
            want("twins", FindingRule::TwinExperts, None);
            want("rank_one_down", FindingRule::RankCollapsedExpert, Some("down"));
            want("faint", FindingRule::FaintExpert, None);
            let found: Vec<_> = health
                .findings()
                .iter()
                .map(|finding| {
                    let experts = finding.expert.into_iter().chain(finding.experts.clone().unwrap_or_default());
                    (
                        finding.rule,
                        experts.map(|expert| expert as u64).collect::<Vec<_>>(),
                        finding.of.map(str::to_owned),
                    )
                })
                .collect();
            assert_eq!(found, wanted, "{name} {key}");
        }
    }
}

/// A header that reads, with digits or letters changed: shapes that do not go together, names of nobody, experts that are missing.
#[test]
fn changed_headers_are_measured_or_refused_with_a_sentence() {
    use crate::domain::draw::{Draws, Purpose};
    let here = tempfile::tempdir().unwrap();
    let mut refused = 0;
    for (lane, name) in
        ["granitemoe", "jetmoe", "gpt_oss_mxfp4", "qwen2_moe", "switch_transformers", "llama4_text"].iter().enumerate()
    {
        let whole = std::fs::read(public(name).join("model.safetensors")).unwrap();
        let header = 8 + usize::try_from(u64::from_le_bytes(*whole.first_chunk().unwrap())).unwrap();
        std::fs::copy(public(name).join("config.json"), here.path().join("config.json")).unwrap();
        for case in 0..80 {
            let mut draws = Draws::new(case, Purpose::Probe, 0, lane as u64);
            let mut changed = whole.clone();
            for _ in 0..=draws.below(3) {
                let at = 8 + draws.below(header as u64 - 8) as usize;
                let drawn = draws.below(10) as u8;
                match changed[at] {
                    b'0'..=b'9' => changed[at] = b'0' + drawn,
                    b'a'..=b'z' => changed[at] = b'a' + drawn,
                    _ => {}
                }
            }
            let path = here.path().join("model.safetensors");
            std::fs::write(&path, &changed).unwrap();
            let told = Model::open(&path).and_then(|model| {
                for mixture in model.mixtures() {
                    measure(&model, mixture, true, &|_| true)?;
                    model.shared(mixture)?;
                }
                Ok(())
            });
            if let Err(error) = told {
                refused += 1;
                assert!(!error.to_string().is_empty(), "{name} {case}");
            }
        }
    }
    assert!(refused > 100, "{refused}");
}
