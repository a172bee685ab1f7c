//! The benchmark as a stranger types it: its report, its help and its refusals.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use moe_arena::domain::config::Preset;

use crate::program::{command, complaint, out, run as moe_arena};

use crate::cli::refused;
use crate::devices::graphics;

/// Every key of a JSON value, at any depth.
fn keys(value: &serde_json::Value, into: &mut std::collections::BTreeSet<String>) {
    match value {
        serde_json::Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            into.insert(key.clone());
            keys(value, into);
        }),
        serde_json::Value::Array(values) => values.iter().for_each(|value| keys(value, into)),
        _ => {}
    }
}

#[test]
fn bench_measures_and_its_help_names_every_key() {
    let here = tempfile::tempdir().unwrap();
    let made = moe_arena(here.path(), "bench --json --profile --device cpu --threads 1 --preset tiny --repeats 1");
    assert_eq!(made.status.code(), Some(0), "{}", complaint(&made));
    let report: serde_json::Value = serde_json::from_str(&out(&made)).unwrap();
    assert_eq!((report["kind"].as_str(), report["threads"].as_u64()), (Some("CPU"), Some(1)));
    let steps = report["steps"].as_array().unwrap();
    let named = |name: &str| steps.iter().filter(|s| s["step"] == name && s["preset"] == "tiny").count();
    assert_eq!((steps.len(), named("router"), named("competition")), (2, 1, 1));
    for step in steps {
        assert!(step["seconds"]["median"].as_f64().unwrap() > 0.0 && step["tokens_per_second"].as_f64().unwrap() > 0.0);
        // At most one read every eight steps.
        assert_eq!(step["readbacks_per_step"].as_f64(), Some(0.125));
        assert_eq!(step["shader_launches_per_step"].as_f64(), Some(0.0));
        assert!(step["submissions_per_step"].is_null());
        // All of a step is told, whatever it is.
        let profile = step["profile"].as_array().unwrap();
        let of = |name: &str, pass: &str| {
            let line = profile.iter().find(|line| line["operation"] == name && line["pass"] == pass);
            line.unwrap_or_else(|| panic!("{name}, {pass} in {step}"))["calls_per_step"].as_f64().unwrap()
        };
        let layers = Preset::Tiny.config().model.layers as f64;
        assert_eq!([of("attention", "forward"), of("attention", "backward")], [layers; 2]);
        assert_eq!((of("optimizer", "update"), of("between operations", "step")), (1.0, 0.0));
        let experts = if step["step"] == "router" { "chosen experts" } else { "competition" };
        assert_eq!([of(experts, "forward"), of(experts, "backward")], [layers; 2]);
        // A share times the rate times the seconds is the operations that were made.
        let against = &step["against_products"];
        let of = |key: &str| against[key].as_f64().unwrap();
        let made = of("step_share") * of("product_flop_per_second") * step["seconds"]["median"].as_f64().unwrap();
        assert!((made / step["flop"].as_f64().unwrap() - 1.0).abs() < 1e-9, "{step}");
        assert!(of("forward_share") > 0.0 && of("backward_share") > 0.0, "{step}");
    }
    let layers = report["layers"].as_array().unwrap();
    let sizes: Vec<u64> = layers.iter().map(|l| l["experts"].as_u64().unwrap()).collect();
    assert_eq!(sizes, [8, 8, 16, 16, 32, 32, 64, 64]);
    let products = report["products"].as_array().unwrap();
    assert_eq!(products.len(), 3);
    for of in products {
        let size = |key: &str| of[key].as_u64().unwrap();
        let flop = 2 * size("tokens") * size("width") * size("expert_width") * size("experts");
        assert_eq!(size("flop"), flop, "{of}");
        assert!(["seconds", "stock_seconds"].iter().all(|key| of[*key]["median"].as_f64().unwrap() > 0.0), "{of}");
    }
    assert_eq!(report["memory"].as_array().unwrap().len(), Preset::Tiny.config().model.layers + 1);
    assert_eq!(report["maps"]["side"].as_u64(), Some(128));
    for key in ["seconds", "alone_seconds"] {
        assert!(report["maps"][key]["median"].as_f64().unwrap() > 0.0, "{key}");
    }
    assert!(report["rewind"]["held"].as_u64().unwrap() > 1);
    assert!(report["rewind"]["seconds"]["median"].as_f64().unwrap() > 0.0);
    let help = out(&moe_arena(here.path(), "bench --help"));
    let mut all = std::collections::BTreeSet::new();
    keys(&report, &mut all);
    for key in all {
        assert!(help.contains(&key), "{key} is in the report and not in: {help}");
    }
}

/// The step of the medium preset has twice the layers; each launch of its own once was a submission.
#[test]
fn a_step_on_a_graphics_adapter_is_few_submissions() {
    let Some(place) = graphics("a_step_on_a_graphics_adapter_is_few_submissions") else { return };
    let here = tempfile::tempdir().unwrap();
    let words = ["bench", "--json", "--preset", "tiny", "--repeats", "1", "--only", "steps", "--device", &place.name];
    let made = command(here.path(), &words).output().unwrap();
    assert_eq!(made.status.code(), Some(0), "{}", complaint(&made));
    let report: serde_json::Value = serde_json::from_str(&out(&made)).unwrap();
    for step in report["steps"].as_array().unwrap() {
        let (launches, submissions) = (&step["shader_launches_per_step"], &step["submissions_per_step"]);
        assert!(launches.as_f64().unwrap() > 32.0, "{step}");
        // Work goes to the device by 32 launches, and before each upload and read.
        assert!((1.0..=8.0).contains(&submissions.as_f64().unwrap()), "{step}");
    }
    assert_eq!(report["steps"].as_array().unwrap().len(), 2);
    for part in ["layers", "memory"] {
        assert_eq!(report[part].as_array().map(Vec::len), Some(0), "{part} was not asked for");
    }
    for part in ["diagnostics", "maps", "rewind"] {
        assert!(report[part].is_null(), "{part} was not asked for");
    }
}

#[test]
fn bench_refuses_what_makes_no_sense() {
    let here = tempfile::tempdir().unwrap();
    refused(&moe_arena(here.path(), "bench --repeats 0"), 2, &["--repeats is 0; expected at least 1"]);
    refused(&moe_arena(here.path(), "bench --threads 0"), 2, &["--threads is 0; expected at least 1"]);
    refused(&moe_arena(here.path(), "bench --only stairs"), 2, &["stairs", "steps", "layers", "memory"]);
    refused(&moe_arena(here.path(), "bench --device nothing-like-it"), 2, &["nothing-like-it", "CPU"]);
}
