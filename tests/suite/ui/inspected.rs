//! The screen of a checkpoint that is looked at: its tiles, what their buttons do, resuming, and the way back to the run.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eframe::egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use moe_arena::run::{Command, WindowMode, Writer, channel};
use moe_arena::ui::App;

use super::dropped::drop_on;
use super::fixture::{self, all_commands};

/// Longer than anything here takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(120);
const BIG: [f32; 2] = [1600.0, 1000.0];
type Window = Harness<'static, App>;

fn shipped(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn says(harness: &Window, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

/// A window of this size that looks at a checkpoint, all of which has been read.
fn looking_at(path: &Path, size: [f32; 2]) -> (Window, Writer) {
    let (reader, writer) = channel(fixture::paused(), Box::new(|| {}));
    let mut harness = Harness::builder()
        .with_size(size)
        .with_max_steps(12)
        .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, true));
    harness.run();
    harness.key_press(Key::F3);
    harness.run();
    drop_on(&mut harness, &[path]);
    let begun = Instant::now();
    while !says(&harness, "complete") {
        assert!(begun.elapsed() < PATIENCE, "{path:?} was not read");
        std::thread::yield_now();
        harness.step();
    }
    harness.run();
    (harness, writer)
}

fn click(harness: &mut Window, name: &str) {
    harness.get_by_label(name).click();
    harness.run();
}

/// The experts in the order of the table.
fn rows(harness: &Window) -> Vec<String> {
    let rows = harness.query_all_by_label_contains(", findings ");
    rows.filter_map(|row| row.accesskit_node().label()).filter(|label| label.starts_with("Expert ")).collect()
}

#[test]
fn all_tiles_stand_side_by_side_in_a_large_window() {
    let (harness, writer) = looking_at(&shipped("public/olmoe"), BIG);
    for tile in ["Your text", "Experts, layer 1 of", "All layers", "Weight similarity", "Findings"] {
        assert!(says(&harness, tile), "{tile}");
    }
    for fact in ["Family", "Weights in all", "Layers with experts", "Scoring"] {
        assert!(says(&harness, fact), "{fact}");
    }
    assert!(says(&harness, "Looking at a checkpoint; nothing is being trained"));
    assert!(harness.query_by_label("Resume training").is_none(), "a model of somebody else is not trained here");
    assert_eq!(all_commands(&writer), []);
}

#[test]
fn a_press_on_a_column_orders_the_rows() {
    let (mut harness, _writer) = looking_at(&shipped("public/olmoe"), BIG);
    let by_number = rows(&harness);
    assert!(by_number[0].starts_with("Expert 1:") && by_number[1].starts_with("Expert 2:"), "{by_number:?}");
    click(&mut harness, "Order by No.");
    let falling = rows(&harness);
    assert!(falling[0].starts_with("Expert ") && !falling[0].starts_with("Expert 1:"), "{falling:?}");
    click(&mut harness, "Order by No.");
    assert_eq!(rows(&harness), by_number);
    click(&mut harness, "Order by Norm");
    assert_ne!(rows(&harness), by_number);
}

#[test]
fn keys_choose_the_layer_and_the_expert() {
    let (mut harness, _writer) = looking_at(&shipped("public/olmoe"), BIG);
    harness.key_press(Key::CloseBracket);
    harness.run();
    assert!(says(&harness, "Experts, layer 2 of"));
    harness.key_press(Key::OpenBracket);
    harness.run();
    assert!(says(&harness, "Experts, layer 1 of"));
}

#[test]
fn a_small_window_shows_one_tile_at_a_time() {
    let (mut harness, _writer) = looking_at(&shipped("public/mixtral"), [1280.0, 720.0]);
    click(&mut harness, "Show weight similarity");
    assert!(says(&harness, "Similarity of every two experts"));
    click(&mut harness, "Show findings");
    assert!(says(&harness, "in all layers"));
}

#[test]
fn one_of_ours_is_resumed_by_one_press_and_put_away_by_another() {
    let own = shipped("checkpoints/version_5.safetensors");
    let (mut harness, writer) = looking_at(&own, BIG);
    assert!(says(&harness, "Seed") && says(&harness, "Validation loss"));
    click(&mut harness, "Resume training");
    let opened: Vec<Command> = all_commands(&writer).iter().filter_map(|asked| asked.of_run().cloned()).collect();
    assert_eq!(opened, [Command::Open(own)]);
    assert_eq!(harness.state().mode(), WindowMode::Train);
    harness.key_press(Key::F3);
    harness.run();
    click(&mut harness, "Checkpoint that is looked at");
    click(&mut harness, "Back to the present run");
    let begun = Instant::now();
    while !says(&harness, "This is the present run") {
        assert!(begun.elapsed() < PATIENCE, "the run is not shown again");
        std::thread::yield_now();
        harness.step();
    }
}
