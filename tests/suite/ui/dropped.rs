//! What is dropped on the window: taken, asked about, or refused in words.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::{Config, PlaneConfig, PlaneData, Preset, TaskConfig, Text};
use moe_arena::run::{Command, From, Notice, Writer};
use moe_arena::ui::App;

use super::fixture::{self, app, commands};
use super::journey::Window;
use crate::run::Session;

/// Longer than anything here takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(120);

/// A file as the window system hands it over.
#[derive(Debug)]
struct Dropped(PathBuf);

impl eframe::egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it here".into())
    }
}

pub fn drop_on(harness: &mut Harness<'static, App>, paths: &[&Path]) {
    for path in paths {
        harness.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path.into())));
    }
    harness.step();
    harness.input_mut().dropped_files.clear();
}

fn dropped(paths: &[&Path]) -> (Harness<'static, App>, Writer) {
    let (mut harness, writer) = app(fixture::paused(), [1600.0, 1000.0]);
    harness.run();
    drop_on(&mut harness, paths);
    (harness, writer)
}

/// Draws until something whose name holds `part` is there.
fn see(harness: &mut Harness<'static, App>, part: &str) {
    let begun = Instant::now();
    while harness.query_all_by_label_contains(part).next().is_none() {
        assert!(begun.elapsed() < PATIENCE, "never saw “{part}”");
        std::thread::yield_now();
        harness.step();
    }
    harness.run();
}

#[test]
fn a_dropped_checkpoint_is_opened_and_a_dropped_text_asks_first() {
    let folder = tempfile::tempdir().unwrap();
    let [old, notes] = ["old.SafeTensors", "notes.txt"].map(|name| folder.path().join(name));
    fs::write(&old, "a run").unwrap();
    fs::write(&notes, "a text").unwrap();
    let (mut harness, writer) = dropped(&[&old]);
    let begun = Instant::now();
    let sent = loop {
        let sent = commands(&writer);
        if !sent.is_empty() {
            break sent;
        }
        assert!(begun.elapsed() < PATIENCE, "nothing was opened");
        harness.step();
    };
    assert_eq!(sent, [Command::Open(old)]);
    let (mut harness, writer) = dropped(&[&notes]);
    see(&mut harness, "Train on this file?");
    assert_eq!(commands(&writer), []);
    harness.get_by_label("Start on this text").click();
    harness.run();
    let mut config = (*fixture::paused().config).clone();
    config.task = TaskConfig::Text(Text::File(notes));
    assert_eq!(commands(&writer), [Command::New(Box::new(config))]);
}

#[test]
fn a_drop_that_is_not_taken_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let notes = folder.path().join("notes.txt");
    fs::write(&notes, "a text").unwrap();
    let missing = folder.path().join("moved\nrun.safetensors");
    for (paths, says) in [
        (vec![folder.path()], "no public model. Drop one file out of it"),
        (vec![missing.as_path()], "moved\\nrun.safetensors. It may have been moved"),
        (vec![Path::new("")], "What was dropped has no path on this machine."),
        (vec![notes.as_path(), missing.as_path()], "2 files were dropped and none was opened."),
        #[cfg(unix)]
        (vec![Path::new("/dev/null")], "is not a regular file"),
    ] {
        let (mut harness, writer) = dropped(&paths);
        see(&mut harness, says);
        assert_eq!(commands(&writer), [], "{says}");
    }
}

/// A small run on points.
fn points() -> Config {
    let plane = PlaneConfig { data: PlaneData::Rings, points: 200, ..PlaneConfig::default() };
    Preset::Tiny.config_for(TaskConfig::Plane(plane))
}

/// Takes a step of a run and saves it.
fn saved(config: &Config, path: &Path) {
    let mut session = Session::new(config);
    session.steps(1);
    let save = Command::SaveAs { path: path.into(), replace: false };
    session.answer(save, |notice| matches!(notice, Notice::Saved { .. }));
}

#[test]
fn a_dropped_config_of_points_begins_a_run_whose_maps_appear() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rings.toml");
    fs::write(&path, "seed = 5\n[task.plane]\ndata = \"rings\"\npoints = 200\n[model]\nexperts = 4\n").unwrap();
    let mut window = Window::open(From::Config(Box::new(Preset::Tiny.config())));
    window.see("Step 0");
    drop_on(&mut window.harness, &[&path]);
    see(&mut window.harness, "Start new run");
    window.click("Start new run");
    window.see("Seed 5");
    window.harness.key_press(eframe::egui::Key::S);
    window.see("The competition chooses: expert 1 ");
    window.see("The router chooses: expert 1 ");
    window.see("Decision of the whole network: class 0 has ");
    window.see("accuracy ");
}

#[test]
fn a_dropped_config_with_a_fault_says_the_key_and_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.toml");
    // What cannot be read is said; what can be is shown in the form, which does not start.
    for (wrong, says) in [
        ("data = \"moon\"", "unknown value `moon`, expected one of"),
        ("noises = 0.1", "unknown key `noises`, expected one of"),
        ("points = -3", "expected a whole number from 0 to"),
    ] {
        fs::write(&path, format!("[task.plane]\n{wrong}\n")).unwrap();
        let (mut harness, writer) = dropped(&[&path]);
        see(&mut harness, says);
        assert!(harness.query_all_by_label_contains(wrong).next().is_some(), "the line is not shown: {wrong}");
        assert!(harness.query_all_by_label_contains("Start").next().is_none(), "nothing is to be started");
        assert_eq!(commands(&writer), [], "{wrong}");
    }
    for (wrong, says) in [
        ("noise = 5.0", "task.plane.noise is 5; expected 0 to 1"),
        ("classes = 9", "task.plane.classes is 9; expected 2 (the only number of classes of moons)"),
        ("points = 3", "task.plane.points is 3; expected 10 to 1000000"),
    ] {
        fs::write(&path, format!("[task.plane]\n{wrong}\n")).unwrap();
        let (mut harness, writer) = dropped(&[&path]);
        see(&mut harness, says);
        harness.get_by_label("Start new run").click();
        harness.run();
        assert_eq!(commands(&writer), [], "{wrong}");
    }
}

#[test]
fn a_checkpoint_of_another_task_takes_the_place_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let [of_points, of_text] = ["points", "text"].map(|name| folder.path().join(format!("{name}.safetensors")));
    saved(&points(), &of_points);
    saved(&Preset::Tiny.config(), &of_text);
    let mut window = Window::open(From::Config(Box::new(Preset::Tiny.config())));
    window.see("Step 0");
    for turn in 0..2 {
        drop_on(&mut window.harness, &[&of_points]);
        window.see("points.safetensors at step 1");
        window.see("The competition chooses: expert 1 ");
        assert!(window.harness.query_all_by_label_contains("each token").next().is_none(), "{turn}");
        drop_on(&mut window.harness, &[&of_text]);
        window.see("text.safetensors at step 1");
        window.see("Text of the probe, bytes 1 to ");
        assert!(window.harness.query_all_by_label_contains("The competition chooses").next().is_none(), "{turn}");
    }
}
