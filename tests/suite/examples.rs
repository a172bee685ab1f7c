//! The programs in `examples/`, run as their first lines say.
//!
//! Those in Python need python3, without any package; `MOE_ARENA_NEED_PYTHON=1` makes its absence an error; continuous
//! integration sets it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use moe_arena::store::checkpoint::{VERSION, open};

use crate::program::{complaint, out};

#[path = "../../examples/train_headless.rs"]
mod train_headless;

/// Runs an example in Python; `None`, said aloud, where there is none and none is demanded.
fn python(test: &str, script: &str, word: &Path) -> Option<Output> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples").join(script);
    match Command::new("python3").arg(script).arg(word).output() {
        Ok(output) => Some(output),
        Err(error) => {
            let demanded = std::env::var_os("MOE_ARENA_NEED_PYTHON").is_some_and(|value| value != "0");
            assert!(!demanded, "{test}: MOE_ARENA_NEED_PYTHON is set and python3 does not start: {error}");
            // Straight to the stream: what a passing test prints by macro is never shown.
            let words = format!("SKIPPED {test}: python3 does not start ({error})\n");
            let _ = std::io::stderr().write_all(words.as_bytes());
            None
        }
    }
}

/// The number that stands behind `word`.
#[track_caller]
fn after(text: &str, word: &str) -> f64 {
    let rest = text.split_once(word).unwrap_or_else(|| panic!("“{word}” in: {text}")).1;
    let number = rest.split_whitespace().next().unwrap().trim_end_matches([',', ')']);
    number.parse().unwrap_or_else(|_| panic!("“{number}” behind “{word}” in: {text}"))
}

#[test]
fn a_run_is_trained_through_the_library() {
    train_headless::main().unwrap();
    // It says where it saved, and in that file the run stands at its last step.
    let path = std::env::temp_dir().join(format!("train_headless-{}.safetensors", std::process::id()));
    assert_eq!(open(&path).unwrap().state.progress.step, 150);
    fs::remove_file(path).unwrap();
}

#[test]
fn a_dump_made_in_python_is_measured() {
    let program = Path::new(env!("CARGO_BIN_EXE_moe-arena"));
    let Some(output) = python("a_dump_made_in_python_is_measured", "diagnose_dump.py", program) else { return };
    assert!(output.status.success(), "{}", complaint(&output));
    let said = out(&output);
    // What the made-up layer is: uneven, and with a router that knows something, but not all.
    assert!((6.0..7.9).contains(&after(&said, "effective experts ")), "{said}");
    assert!((0.3..0.6).contains(&after(&said, "kappa ")), "{said}");
    assert!(after(&said, "recall at 2 ") > 0.4, "{said}");
    let recall_chance = said.rsplit_once("chance ").unwrap().1;
    assert!(recall_chance.starts_with("0.250"), "2 of 8: {said}");
}

#[test]
fn a_checkpoint_of_any_version_is_read_in_python_and_a_changed_one_is_noticed() {
    let test = "a_checkpoint_of_any_version_is_read_in_python_and_a_changed_one_is_noticed";
    for version in 1..=VERSION {
        let name = format!("tests/checkpoints/version_{version}.safetensors");
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
        let Some(output) = python(test, "read_checkpoint.py", &path) else { return };
        assert!(output.status.success(), "{}", complaint(&output));
        let said = out(&output);
        assert_eq!((after(&said, "format ") as u64, after(&said, "step ") as u64), (version, 12), "{said}");
        // The same weights, as this program reads them.
        let state = open(&path).unwrap().state;
        let router = state.weights.iter().find(|array| array.name == "blocks.1.router.weight").unwrap();
        let row = &router.values[..router.shape[1]];
        let norm = row.iter().map(|weight| f64::from(*weight).powi(2)).sum::<f64>().sqrt();
        let told = after(&said, "model/blocks.1.router.weight norm of each expert's row: ");
        assert!((told - norm).abs() < 1e-4, "{told}, {norm}");

        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        let here = tempfile::tempdir().unwrap();
        let changed = here.path().join("changed.safetensors");
        fs::write(&changed, bytes).unwrap();
        let output = python(test, "read_checkpoint.py", &changed).unwrap();
        assert!(!output.status.success() && complaint(&output).contains("not those that were saved"));
    }
}
