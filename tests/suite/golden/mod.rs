//! Numbers made by running the authors' code: every tensor of every file.
//!
//! Reads `tests/golden/`, or the folder named by `MOE_ARENA_GOLDEN`. `tests/golden/README.md` says what the names
//! mean, how the numbers were made, and the tolerances used here. A file that cannot be read or is of no
//! known kind fails; a tensor that nothing compared fails too.

mod baseline;
mod layer;
mod leaves;
mod schedule;
mod table;
mod version1;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use burn::tensor::Device;

use crate::devices;
use table::{Known, Table};

fn folder() -> PathBuf {
    match std::env::var_os("MOE_ARENA_GOLDEN") {
        Some(folder) => folder.into(),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
    }
}

/// Runs every file in the folder on a device; `slack` multiplies the tolerances.
fn run_all(device: &Device, slack: f64) {
    let folder = folder();
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "safetensors"));
    paths.sort();
    let (mut compared, mut failures) = (0, Vec::new());
    for path in &paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut table = match Table::open(path, slack) {
            Ok(table) => table,
            Err(why) => {
                failures.push(format!("{name}: cannot be read: {why}"));
                continue;
            }
        };
        let known = match table.known() {
            Ok(known) => known,
            Err(why) => {
                failures.push(format!("{name}: {why}"));
                continue;
            }
        };
        // A file that cannot be computed fails by itself; the others are compared all the same.
        let ran = catch_unwind(AssertUnwindSafe(|| match known {
            Known::Layer(form) => layer::compare(&mut table, device, form),
            Known::Version1 => version1::compare(&mut table, device),
            Known::Baseline(policy, form) => baseline::compare(&mut table, device, policy, form),
            Known::Noisy => baseline::noisy(&mut table, device),
            Known::Schedule => schedule::compare(&mut table),
        }));
        if ran.is_err() {
            failures.push(format!("{name}: could not be computed; the panic above says why"));
        }
        compared += 1;
        println!("{name}: {}", table.summary());
        failures.extend(table.failures().map(|failure| format!("{name}: {failure}")));
    }
    println!("{compared} of {} files compared", paths.len());
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    assert!(compared > 0, "no file in {} was compared", folder.display());
}

#[test]
fn golden_on_the_cpu() {
    run_all(&devices::cpu().device, 1.0);
}

#[test]
fn golden_on_the_graphics_adapter() {
    if let Some(place) = devices::graphics("golden_on_the_graphics_adapter") {
        run_all(&place.device, 10.0);
    }
}

#[test]
fn a_wrong_number_is_noticed() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v2_lm_d8_h16_n4_k1_router.safetensors");
    let mut table = Table::open(&path, 1.0).unwrap();
    let mut output = table.floats("output");
    output[7] *= 1.001;
    table.forward("output", &output);
    assert_eq!(table.failures().filter(|f| f.contains("output")).count(), 1);
    assert!(table.failures().any(|f| f.contains("not compared")), "the other tensors were not compared");
}
