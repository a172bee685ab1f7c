//! Short runs of every policy and form, bit for bit: the hashes of weights, metrics and history after 200 steps of `tiny`
//! are those in `tests/golden/bits.csv`; and so is that of a run in which everything was done that a run can be told
//! (knobs, painting, surgery, every intervention, two policies), done again from its journal.
//!
//! Sums differ between vector widths, so that the hashes are kept per instruction set. On a set without hashes the losses
//! are compared with those of another set, to a tolerance, and that is said aloud. `MOE_ARENA_RECORD_BITS=1` adds the
//! hashes of this machine's set to the file if it has none yet.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{fs, thread};

use moe_arena::domain::config::{Config, Form, Policy};
use moe_arena::domain::state::Array;
use moe_arena::run::replay;
use moe_arena::store::history::Journal;
use safetensors::SafeTensors;
use sha2::{Digest, Sha256};

use crate::program;

/// Columns of the metrics that tell the time.
const TIMES: [&str; 2] = ["seconds", "tokens_per_sec"];
/// The series of the history that tell the time.
const PACE: [&str; 2] = ["run/tokens_per_sec", "run/seconds"];
/// How far a loss may be from that of another instruction set, relative to it.
const TOLERANCE: f64 = 0.05;

/// A run by name, and what it has besides the config of all runs: of the model, at the top level, of the knobs.
struct Case {
    name: String,
    layers: usize,
    model: &'static str,
    top: &'static str,
    knobs: String,
}

impl Case {
    /// The config; its cadence takes every measure a few times.
    fn toml(&self) -> String {
        let Self { layers, model, top, knobs, .. } = self;
        format!(
            "steps = 200\nsequences = 4\ncadence = {{ validate_every = 50, probe_every = 40 }}\n\
             optimizer = {{ warmup_steps = 20 }}\n{top}\n\
             [model]\ncontext = 16\nwidth = 16\nheads = 2\nexperts = 4\nexpert_width = 16\ndense_width = 32\n\
             layers = {layers}\n{model}\n\
             [knobs]\nlearning_rate = 0.01\ncompetition_rate = 0.3\nfreeze_step = 100\n{knobs}\n"
        )
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for policy in Policy::ALL {
        for form in Form::ALL {
            let knobs = format!("policy = \"{}\"\nform = \"{}\"", policy.name(), form.name());
            let name = format!("{} {}", policy.name(), form.name());
            cases.push(Case { name, layers: 2, model: "", top: "", knobs });
        }
    }
    for (name, layers, model, top, knobs) in [
        ("biased gelu experts", 2, "expert_bias = true\nactivation = \"gelu\"", "", "top_k = 1"),
        ("every second layer", 4, "moe_every = 2", "", "form = \"vision\"\ntop_k = 3"),
        ("cosine router", 2, "router = \"cosine\"", "", "distillation = \"plain\""),
        ("router of unit rows", 2, "router = \"unit-rows\"", "", "form = \"vision\"\ndistillation = \"three-way\""),
        ("sigmoid router", 2, "router = { sigmoid = { scale = 0.5 } }", "", "z_weight = 0.001"),
        ("published schedule", 2, "", "competition = { schedule = \"published\" }", "max_competing_layers = 1"),
        (
            "other divisors",
            2,
            "",
            "competition = { affinity_balance = \"from-scores\", diversity_divisor = \"pairs\" }",
            "form = \"vision\"\ndistillation = \"in-top-k\"\nresponse = \"mean-relu\"",
        ),
        ("stale loss", 2, "", "faults = { stale_competition_loss = true }", "form = \"v1\"\ncombine_gate = true"),
        (
            "logit order",
            2,
            "",
            "faults = { router_in_logit_order = true, responses_in_logit_order = true }",
            "form = \"v1\"\ndistillation = \"divergence\"\nresponse = \"mean-silu\"",
        ),
        ("no baseline balance", 2, "", "faults = { no_baseline_balance = true }", "form = \"v1\"\npolicy = \"smoe\""),
    ] {
        cases.push(Case { name: name.into(), layers, model, top, knobs: knobs.into() });
    }
    cases
}

/// What is kept of a run.
#[derive(Clone, Debug, PartialEq)]
struct Bits {
    name: String,
    /// Hash of weights, moments and biases.
    state: String,
    /// Hash of `metrics.csv` without times.
    metrics: String,
    /// Hash of the series of the history without times: every measure of every probe.
    history: String,
    /// Total loss of step 20, and the last validation in bits per byte.
    losses: [f64; 2],
}

fn run(case: &Case) -> Bits {
    let folder = tempfile::tempdir().unwrap();
    let config = case.toml();
    fs::write(folder.path().join("run.toml"), &config).unwrap();
    let output = program::run(folder.path(), "train run.toml --device cpu --out out");
    assert!(output.status.success(), "{}:\n{config}\n{}", case.name, program::text(&output));
    let out = folder.path().join("out");
    let (metrics, losses) = metrics(&fs::read_to_string(out.join("metrics.csv")).unwrap());
    let bytes = fs::read(out.join("checkpoint.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let hash = |wanted: &dyn Fn(&str) -> bool| {
        let mut names: Vec<&str> = tensors.names().into_iter().filter(|name| wanted(name)).collect();
        assert!(!names.is_empty(), "{}", case.name);
        names.sort_unstable();
        let mut hash = Sha256::new();
        for name in names {
            hash.update(name.as_bytes());
            hash.update(tensors.tensor(name).unwrap().data());
        }
        short(hash)
    };
    Bits {
        name: case.name.clone(),
        state: hash(&|name| !name.starts_with("history/")),
        metrics,
        history: hash(&|name| name.starts_with("history/") && !PACE.iter().any(|pace| name.ends_with(pace))),
        losses,
    }
}

fn short(hash: Sha256) -> String {
    hash.finalize()[..8].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The hash of metrics without times, by the names of their columns; and the two losses that are kept.
fn metrics(text: &str) -> (String, [f64; 2]) {
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = rows.next().unwrap();
    let rows: Vec<Vec<&str>> = rows.collect();
    assert_eq!(rows.len(), 200, "a row a step");
    let mut hash = Sha256::new();
    for (at, name) in names.iter().enumerate().filter(|(_, name)| !TIMES.contains(name)) {
        hash.update(name.as_bytes());
        rows.iter().for_each(|row| hash.update(format!("{},", row[at])));
    }
    let column = |name: &str| names.iter().position(|found| *found == name).unwrap();
    let number = |row: &Vec<&str>, name| row[column(name)].parse::<f64>().ok();
    let validation = rows.iter().filter_map(|row| number(row, "val_bits_per_byte")).next_back().unwrap();
    (short(hash), [number(&rows[19], "loss_total").unwrap(), validation])
}

/// The vector instructions that sums are made with on this machine, and whose library computes logarithms.
fn instruction_set() -> String {
    #[cfg(target_arch = "x86_64")]
    let width = if is_x86_feature_detected!("avx512f") {
        "avx512"
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        "avx2"
    } else {
        "sse"
    };
    #[cfg(not(target_arch = "x86_64"))]
    let width = "base";
    format!("{}-{}-{width}", std::env::consts::OS, std::env::consts::ARCH)
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/bits.csv")
}

const HEADER: &str = "set,run,state,metrics,history,loss_at_20,validation";

/// What is kept, by instruction set and run.
fn kept() -> BTreeMap<(String, String), Bits> {
    let text = fs::read_to_string(file()).unwrap_or_default();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let [set, run, state, metrics, history, first, last] = cells.as_slice() else { panic!("{line}") };
        let losses = [first, last].map(|cell| cell.parse().unwrap());
        let name = (*run).into();
        let bits =
            Bits { name, state: (*state).into(), metrics: (*metrics).into(), history: (*history).into(), losses };
        (((*set).into(), (*run).into()), bits)
    };
    text.lines().skip(1).map(row).collect()
}

/// Adds the hashes of `set` to what is kept.
fn record(set: &str, found: &[Bits]) {
    let mut text = fs::read_to_string(file()).unwrap_or_else(|_| format!("{HEADER}\n"));
    for Bits { name, state, metrics, history, losses } in found {
        writeln!(text, "{set},{name},{state},{metrics},{history},{},{}", losses[0], losses[1]).unwrap();
    }
    fs::write(file(), text).unwrap();
}

/// All cases, side by side; in the order of the cases.
fn run_all() -> Vec<Bits> {
    let waiting = Mutex::new(cases().into_iter().enumerate());
    let done = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                loop {
                    let Some((place, case)) = waiting.lock().unwrap().next() else { return };
                    let bits = run(&case);
                    done.lock().unwrap().insert(place, bits);
                }
            });
        }
    });
    done.into_inner().unwrap().into_values().collect()
}

/// Compares with what is kept for this machine's instruction set, or records it if that is asked and there is nothing.
fn are_as_ever(found: &[Bits]) {
    let (set, kept) = (instruction_set(), kept());
    let known = kept.keys().any(|(of, _)| *of == set);
    let recording = std::env::var_os("MOE_ARENA_RECORD_BITS").is_some();
    let missing = found.iter().all(|bits| !kept.contains_key(&(set.clone(), bits.name.clone())));
    if recording && missing {
        return record(&set, found);
    }
    if !known {
        // Straight to the stream: what a passing test prints by macro is never shown.
        let words =
            format!("NOT BIT FOR BIT: {set} has no hashes in tests/golden/bits.csv; losses within {TOLERANCE}\n");
        std::io::stderr().write_all(words.as_bytes()).unwrap();
    }
    let mut faults = Vec::new();
    for found in found {
        let name = &found.name;
        match kept.values().zip(kept.keys()).find(|(kept, (of, _))| kept.name == *name && (*of == set || !known)) {
            None => faults.push(format!("{name}: not in tests/golden/bits.csv")),
            Some((wanted, _)) if known && wanted != found => {
                faults.push(format!("{name}: expected {wanted:?}, found {found:?}"));
            }
            Some((wanted, _)) => {
                let far = |(a, b): (&f64, &f64)| (a - b).abs() > TOLERANCE * a.abs();
                if wanted.losses.iter().zip(&found.losses).any(far) {
                    faults.push(format!("{name}: losses {:?}, expected about {:?}", found.losses, wanted.losses));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} of {} runs differ on {set}:\n{}", faults.len(), found.len(), faults.join("\n"));
}

#[test]
fn two_hundred_steps_of_every_policy_and_form_are_the_same_bits_as_ever() {
    are_as_ever(&run_all());
}

/// On every machine, also on one whose set has no hashes: what is hashed tells nothing of the time or the machine's load.
#[test]
fn a_run_done_twice_is_the_same_bits() {
    let case = &cases()[0];
    assert_eq!(run(case), run(case));
}

#[test]
fn a_journal_of_everything_that_can_be_done_leads_to_the_same_bits_as_ever() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let read = |name: &str| fs::read_to_string(golden.join(name)).unwrap();
    let config = Config::from_toml(&read("journal.toml")).unwrap();
    let journal: Journal = serde_json::from_str(&read("journal.json")).unwrap();
    let state = replay(&config, &journal, 45, "cpu").unwrap();
    let mut hash = Sha256::new();
    for Array { name, values, .. } in state.weights.iter().chain(&state.moment1).chain(&state.moment2) {
        hash.update(name.as_bytes());
        values.iter().for_each(|value| hash.update(value.to_le_bytes()));
    }
    state.selection_bias.iter().flatten().for_each(|bias| hash.update(bias.to_le_bytes()));
    let size = |arrays: &[Array]| {
        let all = || arrays.iter().flat_map(|array| &array.values);
        all().map(|&value| f64::from(value.abs())).sum::<f64>() / all().count() as f64
    };
    // In the place of losses: the mean size of weights and of second moments.
    let losses = [size(&state.weights), size(&state.moment2)];
    let nothing = || "-".to_owned();
    let name = "a journal of everything".to_owned();
    are_as_ever(&[Bits { name, state: short(hash), metrics: nothing(), history: nothing(), losses }]);
}
