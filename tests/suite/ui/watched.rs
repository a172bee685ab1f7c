//! The window on somebody's training, with real dumps behind it: what is said of it, what is disabled, gaps, a restart, a file that is half
//! written, and a folder that is dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use moe_arena::domain::config::{Preset, TaskConfig};
use moe_arena::run::{From, WatchedFolder};
use moe_arena::ui::App;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::dropped::drop_on;
use super::journey::Window;
use super::plane::{read, read_with_tooltips};

/// Sizes of a dump: tokens, experts, picks of a token, width.
const SIZES: [usize; 4] = [48, 4, 2, 6];

/// A dump of two layers whose experts all answered, with the loss of its step if there is one.
fn dump(step: u64, loss: Option<f64>) -> Vec<u8> {
    dump_with(step, loss, None)
}

/// The same, with a first number of this tensor that is NaN.
fn dump_with(step: u64, loss: Option<f64>, spoiled: Option<&str>) -> Vec<u8> {
    dump_of(step, loss, spoiled, SIZES[1])
}

/// The same, whose router uses so many experts.
fn dump_of(step: u64, loss: Option<f64>, spoiled: Option<&str>, used: usize) -> Vec<u8> {
    let [tokens, experts, k, width] = SIZES;
    let mut state = step;
    let mut numbers = |count: usize| -> Vec<u8> {
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32 / (1 << 23) as f32 - 1.0).to_le_bytes()
        };
        (0..count).flat_map(|_| next()).collect()
    };
    let whole = |numbers: Vec<i32>| numbers.into_iter().flat_map(i32::to_le_bytes).collect::<Vec<u8>>();
    let picks = |token: usize| (0..k).map(move |pick| ((token + pick) % used) as i32);
    let mut tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for layer in ["layer.0", "layer.1"] {
        let mut put = |name: &str, shape: &[usize]| {
            tensors.push((format!("{layer}.{name}"), Dtype::F32, shape.to_vec(), numbers(shape.iter().product())));
        };
        put("router_logits", &[tokens, experts]);
        put("affinity", &[tokens, experts]);
        put("input", &[tokens, width]);
        put("expert_outputs", &[tokens, experts, width]);
        let index = whole((0..tokens).flat_map(picks).collect());
        tensors.push((format!("{layer}.topk_index"), Dtype::I32, vec![tokens, k], index));
    }
    tensors.push((
        "labels".into(),
        Dtype::I32,
        vec![tokens],
        whole((0..tokens).map(|token| token as i32 % 5).collect()),
    ));
    for (name, _, _, bytes) in &mut tensors {
        if spoiled == Some(name) {
            bytes[..4].copy_from_slice(&f32::NAN.to_le_bytes());
        }
    }
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| (name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    let told = loss.map(|loss| ("loss".to_owned(), loss.to_string()));
    let notes = [("step".to_owned(), step.to_string())].into_iter().chain(told).collect();
    safetensors::serialize(views, Some(notes)).unwrap()
}

fn put(folder: &Path, step: u64, bytes: &[u8]) {
    let hidden = folder.join(".next");
    fs::write(&hidden, bytes).unwrap();
    fs::rename(hidden, folder.join(format!("step-{step:06}.safetensors"))).unwrap();
}

/// The window on a folder, which it looks at when it is told to and never by the clock.
fn window(folder: &Path) -> Window {
    let every = Duration::from_secs(86_400);
    Window::open(From::Watched(WatchedFolder { folder: folder.into(), every, top_k: None }))
}

fn look_now(window: &mut Window) {
    window.harness.run();
    window.harness.get_all_by_label("Look now").next().unwrap().click();
    window.harness.run();
}

fn shows(harness: &Harness<'static, App>, part: &str) -> bool {
    harness.query_all_by_label_contains(part).next().is_some()
}

#[test]
fn what_is_said_of_a_strangers_training_is_what_its_dumps_hold() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    window.see("waiting for the first dump");
    assert!(!shows(&window.harness, "mean of 0 dumps"));
    for (step, loss) in [(10, 5.0), (20, 4.0), (30, 3.0)] {
        put(folder.path(), step, &dump(step, Some(loss)));
    }
    look_now(&mut window);
    window.see("step 30, ");
    // By hand: (5 + 4 + 3) ÷ 3.
    window.see("Loss as the trainer tells it: 4.00, mean of 3 dumps");
    let pages: [&[&str]; 6] = [
        &[],
        &["Grow load"],
        &["Grow load", "Specialization"],
        &["Grow agreement"],
        &["Grow collapse"],
        &["Grow loss"],
    ];
    let mut known = BTreeSet::new();
    let mut faults = BTreeMap::new();
    for clicks in pages {
        for name in clicks {
            window.click(name);
        }
        for words in read_with_tooltips(&mut window.harness, &mut known) {
            let lower = words.to_lowercase();
            let of_a_run =
                ["byte", "probe", "next-byte", "cross-entropy of", "blind guess", "uniform baseline", "every step"];
            if of_a_run.iter().any(|part| lower.contains(part)) {
                faults.insert(words, clicks.join(", "));
            }
        }
        if !clicks.is_empty() {
            window.harness.key_press(Key::Escape);
            window.harness.run();
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    // Without a loss it says what a dump would need.
    let without = tempfile::tempdir().unwrap();
    put(without.path(), 10, &dump(10, None));
    let mut window = self::window(without.path());
    window.see("step 10, ");
    assert!(shows(&window.harness, "These dumps tell no loss: write it into their metadata"));
}

#[test]
fn nothing_of_it_can_be_changed_and_every_screen_says_so() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), 10, &dump(10, Some(2.5)));
    let mut window = window(folder.path());
    window.see("step 10, ");
    let harness = &mut window.harness;
    let all: Vec<_> = harness.query_all_by_label("Step").map(|node| node.accesskit_node()).collect();
    assert!(all.iter().any(|node| node.is_disabled()), "{} of that name", all.len());
    // Keys that would drive or save a run say why they do nothing here.
    for key in [Key::Space, Key::S, Key::R] {
        harness.key_press(key);
        harness.run();
    }
    harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    harness.run();
    assert!(
        shows(harness, "step 10, ") && shows(harness, "This training belongs to another process and is only watched")
    );
    assert!(!shows(harness, "Save as"), "there is no run to save");
    harness.key_press(Key::Num1);
    harness.run();
    assert!(shows(harness, "Expert 1") && !shows(harness, "Share of gradient"), "no dump holds it");
    assert!(["Poison the router", "Force balance", "Mute expert 1"].iter().all(|name| !shows(harness, name)));
    harness.key_press(Key::F10);
    harness.run();
    assert!(shows(harness, "Keys that drive, change or save a run are left out"));
    let keys = read(harness);
    for (name, listed) in [
        ("Run or pause", false),
        ("Undo the last change", false),
        ("Save a checkpoint…", false),
        ("Next layer", true),
        ("View the dump before or after", true),
    ] {
        assert_eq!(keys.iter().any(|words| words == name), listed, "{name}");
    }
    harness.key_press(Key::Escape);
    harness.run();
    harness.key_press(Key::F1);
    harness.run();
    assert!(shows(
        harness,
        "This training belongs to another process and is only watched here; Train and Inspect show it"
    ));
    assert!(!shows(harness, "This run reads a text") && !shows(harness, "Competition steps"));
    harness.key_press(Key::F3);
    harness.run();
    assert!(shows(harness, "The weights of a training that is watched are not read"));
    assert!(shows(harness, "This is the training that is watched, as its dumps tell it"));
    assert!(!shows(harness, "present run"));
    let seen = read(harness);
    let columns = ["Wins, %", "Most alike", "Gradient", "Moved", "Loss without"]
        .map(|name| seen.iter().any(|words| words == name));
    assert_eq!(columns, [true, true, false, false, false], "what no dump can hold has no column");
    assert!(!read(harness).iter().any(|words| words.contains("no class in particular")), "it was not measured");
    harness.key_press(Key::F4);
    harness.run();
    assert!(shows(harness, "A training that is watched cannot race"));
    assert!(!shows(harness, "From here, without competition"));
    harness.key_press(Key::F2);
    harness.run();
    assert!(shows(harness, "Watching") && shows(harness, "Load by layer"), "the loads stand in the place of tokens");
}

#[test]
fn gaps_half_files_and_restarts_are_shown_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for step in [100, 200, 300, 400] {
        put(here, step, &dump(step, Some(step as f64)));
    }
    let mut window = window(here);
    window.see("step 400, ");
    assert!(!shows(&window.harness, "missing after step"));
    put(here, 700, &dump(700, Some(700.0)));
    look_now(&mut window);
    window.see("step 700, ");
    assert!(shows(&window.harness, "2 dumps are missing after step 400, where one came every 100 steps"));
    assert!(shows(&window.harness, "Missing 2"));
    // Half of a file is waited for, and nothing of it is said before it is overdue.
    let whole = dump(800, Some(800.0));
    put(here, 800, &whole[..whole.len() / 2]);
    look_now(&mut window);
    put(here, 900, &whole);
    look_now(&mut window);
    window.see("step 900, ");
    assert!(shows(&window.harness, "Taken 6"));
    // From step 200 on again: another file of that name.
    put(here, 200, &dump(200, None));
    look_now(&mut window);
    window.see("step 200, ");
    assert!(shows(&window.harness, "Began again 1") && shows(&window.harness, "Missing 0"));
    assert!(shows(&window.harness, "These dumps tell no loss"), "the curve of the loss begins anew");
    assert!(shows(&window.harness, "began again with step 200 after step 900"), "in the timeline");
}

#[test]
fn a_run_of_this_program_is_shown_by_what_its_files_say() {
    let folder = tempfile::tempdir().unwrap();
    let config = Preset::Learn.config();
    let data = match &config.task {
        TaskConfig::Plane(points) => points.data.label(),
        TaskConfig::Text(_) => panic!("points"),
    };
    fs::write(folder.path().join("config.toml"), config.to_toml()).unwrap();
    let rows = "step,loss_total,loss_task,load_cv_l0,load_entropy_l0\n1,1.5,1.5,0.5,0.9\n2,1.25,1.25,0.5,0.9\n";
    fs::write(folder.path().join("metrics.csv"), rows).unwrap();
    let mut window = window(folder.path());
    window.see("step 2, ");
    let harness = &mut window.harness;
    assert!(shows(harness, "metrics.csv does not say who answered what"));
    let named = |words: &String| words == &format!("Data {data}");
    assert!(read(harness).iter().any(named), "not the name of the folder");
    // Where nothing is planned here, nothing is said of it.
    assert!(!shows(harness, "not planned yet"));
    harness.key_press(Key::F3);
    harness.run();
    assert!(shows(harness, "This is the run that is watched, as its files tell it"));
}

#[test]
fn what_begins_another_run_speaks_of_that_run() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), 10, &dump(10, None));
    let mut window = window(folder.path());
    window.see("step 10, ");
    let harness = &mut window.harness;
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run();
    harness.event(Event::Text("New run".into()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert!(shows(harness, "This ends the watch. The training itself goes on"));
    let form = read(harness);
    assert!(form.iter().any(|words| words.starts_with("Probe every")), "{form:?}");
    assert!(!form.iter().any(|words| words == "this run"), "no dump says how such a run would begin");
}

#[test]
fn arrows_go_from_dump_to_dump() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    [200, 300, 600].into_iter().for_each(|step| put(here, step, &dump(step, None)));
    put(here, 100, &dump_of(100, None, None, 2));
    let mut window = window(here);
    window.see("step 600, ");
    for (key, seen) in [(Key::ArrowLeft, 300), (Key::ArrowLeft, 200), (Key::ArrowRight, 300), (Key::ArrowLeft, 200)] {
        window.harness.key_press(key);
        window.harness.run();
        assert!(shows(&window.harness, &format!("dump of step {seen}")), "{key:?} to {seen}");
    }
    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowLeft);
    window.harness.run();
    assert!(shows(&window.harness, "dump of step 100"), "ten back, as far as there are");
    // By hand: two of four experts get everything.
    assert!(shows(&window.harness, "layer 2 is the least even, CV 1.15"), "the loads of then");
    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    window.harness.run();
    assert!(shows(&window.harness, "dump of step 600"));
    assert!(shows(&window.harness, "layer 2 is the least even, CV 0.00"));
}

#[test]
fn a_training_that_breaks_down_is_shown_doing_so() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    put(here, 100, &dump(100, Some(3.0)));
    let mut window = window(here);
    window.see("step 100, ");
    put(here, 200, &dump_with(200, Some(f64::NAN), Some("layer.0.affinity")));
    look_now(&mut window);
    window.see("step 200, ");
    window.see("dump of step 200: layer.0.affinity holds NaN at [0, 0], and what it is needed for is not measured");
    assert!(shows(&window.harness, "layer.0.affinity holds NaN at [0, 0], so this is not measured"), "in its tile");
    window.see("Loss as the trainer tells it: not finite at step 200");
    window.harness.key_press(Key::A);
    window.harness.run();
    assert!(shows(&window.harness, "The loss that the trainer tells is not finite since step 200"));
    assert!(shows(&window.harness, "Layer 1: 1 tensor of its dump holds NaN or infinity"));
    // The other layer is measured as before.
    window.harness.key_press(Key::CloseBracket);
    window.harness.run();
    assert!(!shows(&window.harness, "so this is not measured"));
}

#[test]
fn a_dropped_folder_of_dumps_takes_the_place_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), 10, &dump(10, Some(2.5)));
    let mut window = Window::open(From::Config(Box::new(Preset::Tiny.config())));
    window.see("Step 0");
    drop_on(&mut window.harness, &[folder.path()]);
    window.see("step 10, ");
    assert!(shows(&window.harness, "Watching"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is written there");
}
