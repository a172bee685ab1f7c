//! What is dropped on the window: taken, asked about, or refused in words.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::{TaskConfig, Text};
use moe_arena::run::{Command, Writer};
use moe_arena::ui::App;

use super::fixture::{self, app, commands};

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

fn dropped(paths: &[&Path]) -> (Harness<'static, App>, Writer) {
    let (mut harness, writer) = app(fixture::paused(), [1600.0, 1000.0]);
    harness.run();
    for path in paths {
        harness.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path.into())));
    }
    harness.step();
    harness.input_mut().dropped_files.clear();
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
        (vec![folder.path()], "is a folder. Drop one file out of it"),
        (vec![missing.as_path()], "moved\\nrun.safetensors. It may have been moved"),
        (vec![Path::new("")], "What was dropped has no path on this machine."),
        (vec![notes.as_path(), missing.as_path()], "2 files were dropped and none was taken."),
        #[cfg(unix)]
        (vec![Path::new("/dev/null")], "is no file that can be read to its end"),
    ] {
        let (mut harness, writer) = dropped(&paths);
        see(&mut harness, says);
        assert_eq!(commands(&writer), [], "{says}");
    }
}
