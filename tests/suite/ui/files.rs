//! Files that are named in the window: whole paths, nothing replaced unasked, and a sentence where no dialog can be shown.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::Preset;
use moe_arena::run::{
    AppCommand, Command, From, LeftRun, LeftRuns, Notice, Snapshot, Standing, Start, channel, recent_files, spawn,
};
use moe_arena::store::checkpoint;
use moe_arena::ui::App;

use super::fixture::{self, USUAL, all_commands, app, commands};

const SIZE: [f32; 2] = [1600.0, 1000.0];
/// Longer than anything here takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(120);
type Window = Harness<'static, App>;

/// A window with a real run behind it.
fn with_run() -> Window {
    let mut config = Preset::Tiny.config();
    config.cadence.probe_every = 1000;
    let start = Start {
        from: From::Config(Box::new(config)),
        device: "cpu".into(),
        out: None,
        overwrite: false,
        autosave: moe_arena::run::Autosave::Never,
    };
    let reader = spawn(start, Box::new(|| {}));
    let mut harness = Harness::builder()
        .with_size(SIZE)
        .with_max_steps(12)
        .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, true));
    see(&mut harness, "Paused at the start");
    harness
}

/// Draws until something whose name holds `part` is there.
fn see(harness: &mut Window, part: &str) {
    let begun = Instant::now();
    while harness.query_all_by_label_contains(part).next().is_none() {
        assert!(begun.elapsed() < PATIENCE, "never saw “{part}”");
        std::thread::yield_now();
        harness.step();
    }
    harness.run();
}

fn click(harness: &mut Window, name: &str) {
    harness.get_by_label(name).click();
    harness.run();
}

/// Types a path into the panel of files and presses its button.
fn save_at(harness: &mut Window, typed: &str) {
    click(harness, "Run menu");
    click(harness, "Save checkpoint…");
    name_file(harness, typed);
}

fn name_file(harness: &mut Window, typed: &str) {
    harness.get_by_role_and_label(Role::TextInput, "Path").set_text_value_accesskit(typed);
    harness.run();
    click(harness, "Save file");
}

fn step_in(path: &Path) -> u64 {
    checkpoint::peek(path).unwrap().progress.step
}

#[test]
fn a_checkpoint_that_stands_there_is_replaced_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.safetensors");
    let typed = path.display().to_string();
    let mut harness = with_run();
    save_at(&mut harness, &typed);
    see(&mut harness, &format!("Saved step 0 to {typed}"));
    click(&mut harness, "Step");
    see(&mut harness, "Step 1 of");
    save_at(&mut harness, &typed);
    see(&mut harness, "This overwrites an existing file");
    see(&mut harness, "A checkpoint of seed 18 at step 0, written ");
    assert_eq!(step_in(&path), 0);
    click(&mut harness, "Cancel file");
    assert_eq!(step_in(&path), 0, "putting the question away keeps the file");

    save_at(&mut harness, &typed);
    see(&mut harness, "This overwrites an existing file");
    click(&mut harness, "Choose another name");
    let other = folder.path().join("other");
    name_file(&mut harness, &other.display().to_string());
    see(&mut harness, &format!("Saved step 1 to {}.safetensors", other.display()));
    assert_eq!((step_in(&path), step_in(&other.with_extension("safetensors"))), (0, 1));

    save_at(&mut harness, &typed);
    see(&mut harness, "This overwrites an existing file");
    click(&mut harness, "Overwrite");
    see(&mut harness, &format!("Saved step 1 to {typed}"));
    assert_eq!(step_in(&path), 1);
}

#[test]
fn what_is_no_checkpoint_is_never_replaced_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("notes.txt"), "three weeks of notes").unwrap();
    fs::write(at("notes.safetensors"), "not a checkpoint either").unwrap();
    fs::create_dir(at("folder")).unwrap();
    let mut harness = with_run();
    for (name, words) in [
        ("notes.txt", "exists and is not a checkpoint of MoE Arena"),
        ("notes.safetensors", "exists and is not a checkpoint of MoE Arena"),
        ("folder/", "is a folder"),
        ("nowhere/x.safetensors", "does not exist. Choose another place."),
    ] {
        save_at(&mut harness, &at(name).display().to_string());
        see(&mut harness, words);
        assert!(harness.query_by_label("Overwrite").is_none(), "{name}");
        click(&mut harness, "Cancel file");
    }
    assert_eq!(fs::read_to_string(at("notes.txt")).unwrap(), "three weeks of notes");
    assert_eq!(fs::read_to_string(at("notes.safetensors")).unwrap(), "not a checkpoint either");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn a_save_is_told_with_its_whole_path_before_and_after() {
    let home = std::env::home_dir().expect("a home folder");
    let here = std::env::current_dir().unwrap();
    for (typed, path) in [
        ("~/no-such-folder/x", home.join("no-such-folder/x.safetensors")),
        ("bare", here.join("bare.safetensors")),
        ("runs/mine.safetensors", here.join("runs/mine.safetensors")),
        (" /a/b.safetensors ", PathBuf::from("/a/b.safetensors")),
    ] {
        let (mut harness, writer) = app(fixture::paused(), SIZE);
        harness.run();
        click(&mut harness, "Run menu");
        click(&mut harness, "Save checkpoint…");
        harness.get_by_role_and_label(Role::TextInput, "Path").set_text_value_accesskit(typed);
        harness.run();
        if typed.trim() != path.display().to_string() {
            harness.get_by_label(&format!("Full path: {}", path.display()));
        }
        click(&mut harness, "Save file");
        assert_eq!(commands(&writer), [Command::SaveAs { path, replace: false }], "{typed}");
    }
}

#[test]
fn opening_takes_a_path_with_a_home_in_it_and_proposes_no_file_that_never_was() {
    let (mut harness, writer) = app(fixture::paused(), SIZE);
    harness.run();
    click(&mut harness, "Run menu");
    click(&mut harness, "Open checkpoint…");
    assert_eq!(harness.get_by_role_and_label(Role::TextInput, "Path").value().unwrap_or_default(), "");
    harness.get_by_role_and_label(Role::TextInput, "Path").set_text_value_accesskit("~/x.safetensors");
    harness.run();
    click(&mut harness, "Open file");
    let home = std::env::home_dir().expect("a home folder");
    assert_eq!(commands(&writer).last(), Some(&Command::Open(home.join("x.safetensors"))));
}

#[test]
fn the_question_is_asked_when_the_run_says_that_a_file_stands_there() {
    let (mut harness, writer) = app(fixture::paused(), SIZE);
    harness.run();
    let path = PathBuf::from("/runs/mine.safetensors");
    let standing = Standing::Checkpoint { step: 157, seed: 7, at: None };
    writer.notice(Notice::Occupied { path: path.clone(), standing });
    harness.run();
    harness.get_by_label("A checkpoint of seed 7 at step 157.");
    click(&mut harness, "Overwrite");
    assert_eq!(commands(&writer), [Command::SaveAs { path, replace: true }]);
}

#[test]
fn an_export_asks_before_it_replaces_any_file_and_leaves_it_whole() {
    let folder = tempfile::tempdir().unwrap();
    for (entry, name) in [("Save CSV…", "notes.csv"), ("Save SVG…", "picture.svg")] {
        let path = folder.path().join(name);
        fs::write(&path, "mine").unwrap();
        let (mut harness, _writer) = app(small(), SIZE);
        harness.run();
        click(&mut harness, "Load menu");
        click(&mut harness, entry);
        name_file(&mut harness, &path.display().to_string());
        see(&mut harness, "This overwrites an existing file");
        click(&mut harness, "Cancel file");
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        click(&mut harness, "Load menu");
        click(&mut harness, entry);
        name_file(&mut harness, &path.display().to_string());
        see(&mut harness, "This overwrites an existing file");
        click(&mut harness, "Overwrite");
        see(&mut harness, &format!("to {}", path.display()));
        assert_ne!(fs::read_to_string(&path).unwrap(), "mine");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left behind");
}

#[test]
fn a_run_that_cannot_be_saved_is_asked_about_before_it_is_left() {
    let asked = |answer: &str| {
        let (mut harness, writer) = app(fixture::paused(), SIZE);
        harness.run();
        let command = Box::new(Command::Reset { seed: None }.into());
        writer.notice(Notice::NotLeft { command, why: fixture::reason("the disk is full") });
        harness.run();
        assert!(harness.query_all_by_label_contains("Unsaved steps: ").next().is_some());
        click(&mut harness, answer);
        (harness, writer)
    };
    let (_harness, writer) = asked("Discard");
    assert_eq!(all_commands(&writer), [AppCommand::Discarding(Box::new(Command::Reset { seed: None }.into()))]);
    let (harness, writer) = asked("Cancel leaving");
    assert_eq!(commands(&writer), []);
    assert!(harness.query_by_label("Discard").is_none());
    let (mut harness, writer) = asked("Save elsewhere…");
    name_file(&mut harness, "/runs/elsewhere.safetensors");
    let path = PathBuf::from("/runs/elsewhere.safetensors");
    assert_eq!(commands(&writer), [Command::SaveAs { path: path.clone(), replace: false }]);
    writer.notice(Notice::Saved { step: 2138, path, auto: false });
    harness.run();
    assert_eq!(commands(&writer), [Command::Reset { seed: None }], "saved, and then what was asked for");
    let (mut harness, writer) = asked("Save elsewhere…");
    click(&mut harness, "Cancel file");
    writer.notice(Notice::Saved { step: 2138, path: "/runs/later.safetensors".into(), auto: false });
    harness.run();
    assert_eq!(commands(&writer), [], "put away, it is not followed later");
}

#[test]
fn open_lists_the_runs_that_were_left() {
    let run = |seed: u64, in_use: bool| LeftRun {
        path: format!("/left/{seed}.safetensors").into(),
        seed,
        step: 900,
        at: std::time::UNIX_EPOCH,
        loss: Some(1.5),
        in_use,
    };
    let left = LeftRuns { folder: Some("/left".into()), runs: vec![run(7, false), run(8, true)], damaged: Vec::new() };
    let mut shot = fixture::paused();
    shot.saves.left = std::sync::Arc::new(left);
    let (mut harness, writer) = app(shot, SIZE);
    harness.run();
    click(&mut harness, "Run menu");
    click(&mut harness, "Open checkpoint…");
    assert_eq!(commands(&writer), [Command::ListRuns]);
    assert!(harness.query_all_by_label_contains("Runs that were left, in /left").next().is_some());
    assert!(harness.query_all_by_label_contains("open in another window").next().is_some());
    harness.get_by_label_contains("seed 7 · step 900 · validation loss 1.500").click();
    harness.run();
    assert_eq!(commands(&writer), [Command::Open("/left/7.safetensors".into())]);
}

/// Windows that share a list of recent files.
#[test]
fn recent_files_outlive_their_window_and_those_that_are_gone_are_shown_as_gone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let list = at("state/recent-files.json");
    let open = || {
        let (reader, writer) = channel(fixture::paused(), Box::new(|| {}));
        let shared = list.clone();
        let mut harness = Harness::builder()
            .with_size(SIZE)
            .with_max_steps(12)
            .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, true).with_recent_files(Some(shared)));
        harness.run();
        (harness, writer)
    };
    let [here, gone] = ["here.safetensors", "gone.safetensors"].map(at);
    fs::write(&here, "a run").unwrap();
    let kept = |path: &Path| recent_files(&list).iter().any(|file| file.path == path);
    let (mut first, writer) = open();
    let (mut second, other) = open();
    writer.notice(Notice::Opened { step: 3, path: here.clone() });
    other.notice(Notice::Saved { step: 4, path: gone.clone(), auto: false });
    other.notice(Notice::Saved { step: 5, path: at("autosave.safetensors"), auto: true });
    let begun = Instant::now();
    while !(kept(&here) && kept(&gone)) {
        assert!(begun.elapsed() < PATIENCE, "never kept");
        first.step();
        second.step();
    }
    drop((first, second));
    let (mut third, writer) = open();
    click(&mut third, "Run menu");
    click(&mut third, "Open checkpoint…");
    see(&mut third, "gone · gone.safetensors · seed 18 · step ");
    assert!(third.query_by_label_contains("autosave.safetensors").is_none());
    third.get_by_label_contains("gone · ").click();
    third.run();
    assert_eq!(commands(&writer), [Command::ListRuns], "what is gone cannot be opened");
    third.get_by_label("Remove from the list").click();
    third.run();
    assert!(third.query_by_label_contains("gone · ").is_none());
    while kept(&gone) {
        assert!(begun.elapsed() < PATIENCE, "never taken out");
        third.step();
    }
    third.get_by_label_contains("here.safetensors · seed 18 · step ").click();
    third.run();
    assert_eq!(commands(&writer), [Command::Open(here)]);
}

fn small() -> Snapshot {
    fixture::running(fixture::Shape { steps: 400, ..USUAL })
}
