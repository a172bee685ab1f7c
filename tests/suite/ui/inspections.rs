//! Checkpoints that are looked at beside the run: dropped, opened by the panel, remembered; the run that is open stays as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::run::{RecentFile, WindowMode, Writer, channel, recent_files};
use moe_arena::ui::App;

use super::dropped::drop_on;
use super::fixture::{self, all_commands};

/// Longer than anything here takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(120);
type Window = Harness<'static, App>;

fn shipped(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// A window with a list of recent files.
fn window(list: &Path) -> (Window, Writer) {
    let (reader, writer) = channel(fixture::paused(), Box::new(|| {}));
    let list = list.to_owned();
    let mut harness = Harness::builder()
        .with_size([1600.0, 1000.0])
        .with_max_steps(12)
        .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, true).with_recent_files(Some(list)));
    harness.run();
    (harness, writer)
}

/// Draws until this holds.
fn until(harness: &mut Window, what: &str, holds: impl Fn(&Window) -> bool) {
    let begun = Instant::now();
    while !holds(harness) {
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        std::thread::yield_now();
        harness.step();
    }
}

/// The recent file of that path, once it is in the list.
fn remembered(harness: &mut Window, list: &Path, path: &Path) -> RecentFile {
    let find = || recent_files(list).into_iter().find(|file| file.path == path);
    until(harness, "remembered", |_| find().is_some_and(|file| file.about.is_some()));
    find().unwrap()
}

#[test]
fn a_dropped_public_model_is_looked_at_and_the_run_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("recent-files.json");
    for dropped in
        [shipped("public/olmoe"), shipped("public/olmoe/model.safetensors"), shipped("public/gguf/tiny-olmoe.gguf")]
    {
        let (mut harness, writer) = window(&list);
        drop_on(&mut harness, &[&dropped]);
        until(&mut harness, "the mode", |harness| harness.state().mode() == WindowMode::Inspect);
        let file = remembered(&mut harness, &list, &dropped);
        assert!(file.about.unwrap().model.is_some_and(|model| model.to_lowercase().contains("olmoe")), "{dropped:?}");
        assert_eq!(all_commands(&writer), [], "{dropped:?}");
    }
}

#[test]
fn one_of_ours_is_opened_where_it_is_trained_and_looked_at_where_checkpoints_are() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("recent-files.json");
    let own = shipped("checkpoints/version_5.safetensors");
    let (mut harness, writer) = window(&list);
    drop_on(&mut harness, &[&own]);
    let begun = Instant::now();
    while all_commands(&writer).is_empty() {
        assert!(begun.elapsed() < PATIENCE, "nothing was opened");
        std::thread::yield_now();
        harness.step();
    }
    assert_eq!(harness.state().mode(), WindowMode::Train);
    harness.key_press(eframe::egui::Key::F3);
    harness.run();
    drop_on(&mut harness, &[&own]);
    let about = remembered(&mut harness, &list, &own).about.unwrap();
    assert!(about.model.is_none() && about.step > 0, "{about:?}");
    assert_eq!(all_commands(&writer), []);
}

#[test]
fn a_folder_of_anything_else_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "a text").unwrap();
    let (mut harness, writer) = window(&folder.path().join("recent-files.json"));
    drop_on(&mut harness, &[folder.path()]);
    let refused =
        |harness: &Window| harness.query_all_by_label_contains("its config.json, is inspected").next().is_some();
    until(&mut harness, "the refusal", refused);
    assert_eq!((all_commands(&writer), harness.state().mode()), (Vec::new(), WindowMode::Train));
}

#[test]
fn a_public_model_among_the_recent_files_is_looked_at_again() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("recent-files.json");
    let model = shipped("public/olmoe");
    let (mut harness, _writer) = window(&list);
    drop_on(&mut harness, &[&model]);
    remembered(&mut harness, &list, &model);
    let (mut harness, writer) = window(&list);
    harness.get_by_label("Run menu").click();
    harness.run();
    harness.get_by_label("Open checkpoint…").click();
    let listed = |harness: &Window| harness.query_all_by_label_contains("olmoe · ").next().is_some();
    until(&mut harness, "the list", listed);
    harness.query_all_by_label_contains("olmoe · ").next().unwrap().click();
    until(&mut harness, "the mode", |harness| harness.state().mode() == WindowMode::Inspect);
    let opened: Vec<_> = all_commands(&writer).into_iter().filter_map(|asked| asked.of_run().cloned()).collect();
    assert!(!opened.iter().any(|command| matches!(command, moe_arena::run::Command::Open(_))), "{opened:?}");
}

#[test]
fn the_report_of_a_checkpoint_is_saved_from_its_strip() {
    let folder = tempfile::tempdir().unwrap();
    let (mut harness, writer) = window(&folder.path().join("recent-files.json"));
    drop_on(&mut harness, &[&shipped("public/olmoe")]);
    let has = |harness: &Window, label: &str| harness.query_all_by_label_contains(label).next().is_some();
    until(&mut harness, "all is measured", |harness| has(harness, "Findings: 4"));
    harness.get_by_label("Save report…").click();
    until(&mut harness, "the panel", |harness| has(harness, "Save file"));
    let path = folder.path().join("olmoe.html");
    let field = harness.get_by_role_and_label(Role::TextInput, "Path");
    field.set_text_value_accesskit(&path.to_string_lossy());
    harness.run();
    harness.get_by_label("Save file").click();
    until(&mut harness, "the file", |_| path.exists());
    let page = fs::read_to_string(&path).unwrap();
    for part in ["dead-router-row", "twin-experts", "rank-collapsed-expert", "faint-expert", "layer.1", "olmoe"] {
        assert!(page.contains(part), "“{part}” is not in the page");
    }
    assert_eq!(all_commands(&writer), []);
}
