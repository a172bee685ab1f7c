//! `moe-arena diagnose` on dumps made here: numbers computed by hand, what is absent, and every way a dump can be wrong.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::Value;

use crate::program::{self, complaint, out};

/// A tensor to be written: name, type, shape, bytes.
pub type Entry = (&'static str, Dtype, Vec<usize>, Vec<u8>);

pub fn floats(name: &'static str, shape: &[usize], values: &[f32]) -> Entry {
    (name, Dtype::F32, shape.to_vec(), values.iter().flat_map(|value| value.to_le_bytes()).collect())
}

pub fn whole(name: &'static str, shape: &[usize], values: &[i64]) -> Entry {
    (name, Dtype::I64, shape.to_vec(), values.iter().flat_map(|value| value.to_le_bytes()).collect())
}

pub fn write(folder: &Path, entries: &[Entry]) {
    let views = entries
        .iter()
        .map(|(name, dtype, shape, bytes)| (*name, TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    fs::write(folder.join("dump.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
}

pub fn run(folder: &Path, words: &str) -> Output {
    program::run(folder, &format!("diagnose {words}"))
}

#[track_caller]
fn json(folder: &Path, words: &str) -> Value {
    let output = run(folder, &format!("dump.safetensors --json {words}"));
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    serde_json::from_str(&out(&output)).unwrap()
}

/// Ends 2, names the file and each of `words` on standard error, and nothing on standard output.
#[track_caller]
pub fn refused(entries: &[Entry], arguments: &str, words: &[&str]) {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), entries);
    let output = run(here.path(), &format!("dump.safetensors --json {arguments}"));
    let text = complaint(&output);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""), "{text}");
    for word in ["dump.safetensors"].iter().chain(words) {
        assert!(text.contains(word) && !text.contains("panicked"), "“{word}” in: {text}");
    }
}

/// Four tokens, two experts, k 1: p = (3/4, 1/4) or its mirror, q uniform but for the last token.
pub fn small() -> Vec<Entry> {
    let (low, high) = (0.0, 3f32.ln());
    vec![
        floats("router.logits", &[4, 2], &[high, low, high, low, high, low, low, high]),
        floats("affinity.scores", &[4, 2], &[1.0, 1.0, 2.0, 1.0, 1.0, 3.0, 1.0, 3.0]),
        whole("topk.index", &[4, 1], &[0, 0, 0, 1]),
        floats("hidden", &[4, 2], &[0.0, 0.0, 2.0, 0.0, 1.0, 0.0, 5.0, 0.0]),
        floats("expert_outputs", &[4, 2, 1], &[1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, -1.0]),
        whole("labels", &[4], &[0, 0, 2, 2]),
    ]
}

#[track_caller]
fn near(report: &Value, path: &str, expected: f64) {
    let found = path.split('.').fold(report, |value, step| match step.parse::<usize>() {
        Ok(place) => &value[place],
        Err(_) => &value[step],
    });
    let close = found.as_f64().is_some_and(|found| (found - expected).abs() < 1e-6 * expected.abs().max(1.0));
    assert!(close, "{path} is {found}, not {expected}");
}

#[test]
fn numbers_by_hand() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), &small());
    let report = json(here.path(), "");
    let nats = 0.562_335_144_618_808_3;
    let ln2 = 2f64.ln();
    // p averages (5/8, 3/8).
    let marginal = -(0.625 * 0.625f64.ln() + 0.375 * 0.375f64.ln());
    // First choices: router 0 0 0 1; competition 0 (a tie), 0, 1, 1.
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let q = [0.5, sigmoid(1.0), 1.0 - sigmoid(2.0), 1.0 - sigmoid(2.0)];
    let p = [0.75, 0.75, 0.75, 0.25];
    let of_pairs = |f: &dyn Fn(f64, f64) -> f64| p.iter().zip(q).map(|(&p, q)| f(p, q)).sum::<f64>();
    let divergence = |q: f64, p: f64| q * (q / p).ln() + (1.0 - q) * ((1.0 - q) / (1.0 - p)).ln();
    for (path, expected) in [
        ("load.fraction.0", 0.75),
        ("load.cv", 2f64.sqrt() / 2.0),
        ("load.cv_population", 0.5),
        ("load.max_vio", 0.5),
        ("load.entropy_norm", nats / ln2),
        ("load.effective_experts", nats.exp()),
        ("load.gini", 0.25),
        ("load.dead", 0.0),
        ("router.token_entropy", nats / ln2),
        ("router.marginal_entropy", marginal / ln2),
        ("router.information", marginal - nats),
        ("router.margin", 0.5),
        ("router.z_loss", 4f64.ln().powi(2)),
        ("agreement.top1", 0.75),
        ("agreement.chance", 0.5),
        ("agreement.kappa", 0.5),
        ("agreement.recall_at_k", 0.75),
        ("agreement.recall_chance", 0.5),
        ("agreement.jaccard", 0.75),
        ("agreement.response_captured", (3.0 + 1.0 / 3.0) / 4.0),
        ("agreement.kl", of_pairs(&|p, q| divergence(q, p)) / 4.0),
        ("agreement.skill", 1.0 - of_pairs(&|p, q| (p - q).powi(2)) / of_pairs(&|_, q| (0.5 - q).powi(2))),
        // The first token's scores are tied; the others give 1, −1, 1.
        ("agreement.spearman", 1.0 / 3.0),
        // One bin: three of four right at 3/4.
        ("agreement.ece", 0.0),
        ("agreement.confusion.0.0", 2.0),
        ("agreement.confusion.1.0", 1.0),
        ("agreement.confusion.1.1", 1.0),
        // Class 1 has one token: one class is left.
        ("collapse.effective_rank", 1.0),
        ("collapse.stable_rank", 1.0),
        ("collapse.participation_ratio", 1.0),
        // Centred at 2: −2, 0, −1, 3 on a line; pairs (−1)·1 of three signs and a zero: 1 − 1 − 1 of six.
        ("collapse.anisotropy", -1.0 / 6.0),
        ("collapse.spectrum.1", 0.0),
        // 0, 2, 1 and 5 among eight numbers.
        ("input.rms", (30.0f64 / 8.0).sqrt()),
        ("input.largest", 5.0),
        ("left_out.masked_tokens", 0.0),
        ("left_out.dropped_picks", 0.0),
        // Signs agree in two of four.
        ("similarity.output_cosine.0.1", 0.0),
        ("similarity.output_cosine.1.1", 1.0),
        ("similarity.cka.0.1", 0.0),
        ("similarity.mean_cka", 0.0),
        ("similarity.cka_tokens", 4.0),
        // With ones added 3 1 / 2 2: columns 5 and 3 of 8.
        ("specialization.lift.0.0", (0.75f64 / 0.625).log2()),
        ("specialization.lift.2.1", (0.5f64 / 0.375).log2()),
        // Counts 2 0 / 1 1: I = ½ ln(4/3) + ¼ ln(2/3) + ¼ ln 2.
        (
            "specialization.nmi",
            2.0 * (0.5 * (4.0f64 / 3.0).ln() + 0.25 * (2.0f64 / 3.0).ln() + 0.25 * ln2) / (ln2 + nats),
        ),
        ("coactivation.0.0", 1.0),
        ("coactivation.1.0", 0.0),
    ] {
        near(&report, path, expected);
    }
    assert!(report["collapse"]["rc"].is_null() && report["specialization"]["lift"][1][0].is_null());
    assert_eq!(report["load"]["dead_slots"], serde_json::json!([]));
}

/// The paths of a JSON object that lead to something other than an object.
fn paths(value: &Value, head: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            paths(value, &if head.is_empty() { key.clone() } else { format!("{head}.{key}") }, into);
        }),
        _ => drop(into.insert(head.to_owned())),
    }
}

#[test]
fn the_help_names_exactly_the_keys_there_are() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), &small());
    let mut found = BTreeSet::new();
    paths(&json(here.path(), ""), "", &mut found);
    let help = out(&run(here.path(), "--help"));
    let (_, keys) = help.split_once("JSON keys.").unwrap();
    // A key stands alone on a line two blanks in; what it means further in.
    let said: BTreeSet<String> = keys
        .lines()
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ') && !rest.contains(' ')))
        .map(str::to_owned)
        .collect();
    assert_eq!(found, said);
    let asked = "load.fraction load.cv load.cv_population load.max_vio load.entropy_norm load.effective_experts load.gini \
                 load.dead router.token_entropy router.marginal_entropy router.information router.margin router.z_loss \
                 agreement.top1 agreement.chance agreement.kappa agreement.recall_at_k agreement.recall_chance \
                 agreement.jaccard agreement.response_captured agreement.kl agreement.skill agreement.spearman \
                 agreement.ece agreement.confusion collapse.rc collapse.effective_rank collapse.stable_rank \
                 collapse.participation_ratio collapse.anisotropy collapse.spectrum similarity.output_cosine \
                 similarity.cka similarity.mean_output_cosine similarity.mean_cka specialization.lift \
                 specialization.nmi coactivation";
    assert!(asked.split_whitespace().all(|key| found.contains(key)), "{found:?}");
    for name in [
        "router.logits [T, N]",
        "affinity.scores",
        "topk.index",
        "topk.weight [T, k]",
        "hidden",
        "expert_outputs",
        "labels",
    ] {
        assert!(help.contains(name), "{name} in: {help}");
    }
}

#[test]
fn what_is_absent_gives_null_and_what_is_there_does_not_change() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), &small());
    let whole = json(here.path(), "");
    let nulls = |value: &Value| {
        let mut all = BTreeSet::new();
        paths(value, "", &mut all);
        let null = |path: &String| path.split('.').fold(value, |value, step| &value[step]).is_null();
        all.into_iter().filter(null).collect::<BTreeSet<String>>()
    };
    let always = nulls(&whole);
    // Left out in turn, and which keys then are null.
    for (absent, begin) in [
        ("affinity.scores", &["agreement."][..]),
        ("hidden", &["collapse.", "input."]),
        ("expert_outputs", &["similarity."]),
        ("labels", &["specialization."]),
    ] {
        let rest: Vec<Entry> = small().into_iter().filter(|entry| entry.0 != absent).collect();
        write(here.path(), &rest);
        let report = json(here.path(), "");
        let mut all = BTreeSet::new();
        paths(&report, "", &mut all);
        let expected =
            all.into_iter().filter(|path| begin.iter().any(|begin| path.starts_with(begin)) || always.contains(path));
        assert_eq!(nulls(&report), expected.collect(), "without {absent}");
        for family in ["load", "router", "agreement", "collapse", "similarity", "specialization", "coactivation"] {
            assert!(
                begin.contains(&format!("{family}.").as_str()) || report[family] == whole[family],
                "{family} without {absent}"
            );
        }
    }
    // Without picks, what needs k; --top-k takes the largest logits, which these picks are.
    let rest: Vec<Entry> = small().into_iter().filter(|entry| entry.0 != "topk.index").collect();
    write(here.path(), &rest);
    assert_eq!(json(here.path(), "--top-k 1"), whole);
    let report = json(here.path(), "");
    assert!(report["load"].as_object().unwrap().values().all(Value::is_null) && report["coactivation"].is_null());
    for key in ["recall_at_k", "recall_chance", "jaccard", "response_captured"] {
        assert!(report["agreement"][key].is_null(), "{key}");
    }
    assert!(report["specialization"]["lift"].is_null());
    assert_eq!(report["specialization"]["nmi"], whole["specialization"]["nmi"]);
    assert_eq!((&report["router"], &report["collapse"]), (&whole["router"], &whole["collapse"]));
    // Nothing but logits.
    write(here.path(), &rest[..1]);
    let report = json(here.path(), "--top-k 2");
    assert_eq!(report["load"]["cv"], serde_json::json!(0.0));
    assert!(report["agreement"]["top1"].is_null() && report["collapse"]["rc"].is_null());
}

#[test]
fn the_table_sets_each_number_beside_its_level() {
    let here = tempfile::tempdir().unwrap();
    let mut entries = small();
    entries.push(floats("router.logit", &[1], &[0.0]));
    write(here.path(), &entries);
    let output = run(here.path(), "dump.safetensors");
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    let text = out(&output);
    assert!(text.starts_with("dump.safetensors: 4 tokens, 2 experts, 1 of them a token"), "{text}");
    for line in [
        "  kappa                 0.5000       chance 0, best 1",
        "  top1                  0.7500       chance is agreement.chance, best 1; here chance 0.5000",
        "  rc                    n/a          smaller is more collapsed",
        "  (balance loss)        1.1250       N Σ f P; even 1",
        "            2         0",
    ] {
        assert!(text.lines().any(|found| found == line), "“{line}” in: {text}");
    }
    assert!(text.contains("too few tokens: it may be luck, 11 are needed"), "{text}");
    assert!(complaint(&output).contains("note: no measure uses router.logit"), "{}", complaint(&output));
}

#[test]
fn extremes_have_a_diagnosis() {
    let here = tempfile::tempdir().unwrap();
    // One token, one expert.
    write(
        here.path(),
        &[
            floats("router.logits", &[1, 1], &[3.0]),
            floats("affinity.scores", &[1, 1], &[0.0]),
            floats("hidden", &[1, 1], &[1.0]),
            floats("expert_outputs", &[1, 1, 1], &[0.0]),
            whole("labels", &[1], &[0]),
        ],
    );
    let report = json(here.path(), "--top-k 1");
    near(&report, "load.fraction.0", 1.0);
    near(&report, "agreement.top1", 1.0);
    near(&report, "router.z_loss", 9.0);
    let mut all = BTreeSet::new();
    paths(&report, "", &mut all);
    for null in [
        "router.token_entropy",
        "agreement.kappa",
        "agreement.response_captured",
        "collapse.anisotropy",
        "collapse.effective_rank",
        "similarity.mean_cka",
        "specialization.nmi",
    ] {
        assert!(all.contains(null));
        let value = null.split('.').fold(&report, |value, step| &value[step]);
        assert!(value.is_null(), "{null}: {value}");
    }
    // k = N, all the same everywhere.
    let same = |name, shape: &[usize]| floats(name, shape, &vec![0.1; shape.iter().product()]);
    write(
        here.path(),
        &[
            same("router.logits", &[50, 3]),
            same("affinity.scores", &[50, 3]),
            same("hidden", &[50, 7]),
            same("expert_outputs", &[50, 3, 2]),
            ("topk.index", Dtype::U8, vec![50, 3], [2, 0, 1].repeat(50)),
        ],
    );
    let report = json(here.path(), "");
    // Equal scores: all tokens choose slot 0, whatever the order of the picks.
    near(&report, "agreement.confusion.0.0", 50.0);
    near(&report, "agreement.recall_at_k", 1.0);
    near(&report, "agreement.response_captured", 1.0);
    near(&report, "load.gini", 0.0);
    near(&report, "coactivation.0.2", 1.0);
    near(&report, "similarity.mean_output_cosine", 1.0);
    for null in ["kappa", "skill", "spearman"] {
        assert!(report["agreement"][null].is_null(), "{null}");
    }
    assert!(report["collapse"].as_object().unwrap().values().all(Value::is_null), "{}", report["collapse"]);
    assert!(report["similarity"]["mean_cka"].is_null());
}
