//! Modes of the window: by key and by mouse, side by side or folded into a menu; what is open survives the switch.

use eframe::egui::{Key, Rect, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use moe_arena::run::{Command, Snapshot, WindowMode, WindowSettings, Writer, channel, window_settings};
use moe_arena::ui::App;
use moe_arena::ui::screens::layout::inspect::{InspectLayout, InspectTiles};

use super::fixture::{self, USUAL, app, commands};
use super::painted_shapes::{Sheet, faults, texts, widgets};
use super::wild::wild;

const BIG: [f32; 2] = [1600.0, 1000.0];
const SMALL: [f32; 2] = [1280.0, 720.0];

fn window(shot: Snapshot, size: [f32; 2]) -> (Harness<'static, App>, Writer) {
    let (mut harness, writer) = app(shot, size);
    harness.run();
    (harness, writer)
}

fn says(harness: &Harness<'static, App>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

fn click(harness: &mut Harness<'static, App>, name: &str) {
    harness.get_by_label(name).click();
    harness.run();
}

fn press(harness: &mut Harness<'static, App>, key: Key) {
    harness.key_press(key);
    harness.run();
}

#[test]
fn keys_and_the_switch_change_the_mode() {
    let (mut harness, writer) = window(fixture::paused(), BIG);
    assert_eq!(harness.state().mode(), WindowMode::Train);
    press(&mut harness, Key::F3);
    assert_eq!(harness.state().mode(), WindowMode::Inspect);
    press(&mut harness, Key::F2);
    assert_eq!(harness.state().mode(), WindowMode::Train);
    click(&mut harness, "Inspect");
    assert_eq!(harness.state().mode(), WindowMode::Inspect);
    click(&mut harness, "Train");
    assert_eq!(harness.state().mode(), WindowMode::Train);
    assert_eq!(commands(&writer), [], "another screen is no matter of the run");
}

#[test]
fn the_mode_that_is_chosen_is_kept_for_the_next_window() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("window.json");
    let (reader, _writer) = channel(fixture::paused(), Box::new(|| {}));
    let kept = file.clone();
    let mut harness = Harness::builder().with_size(BIG).with_max_steps(12).build_eframe(move |cc| {
        App::new(&cc.egui_ctx, reader, true)
            .in_mode(WindowMode::Learn)
            .with_settings(WindowSettings::default(), Some(kept))
    });
    harness.run();
    assert_eq!(window_settings(&file).mode, None, "nobody has chosen");
    press(&mut harness, Key::F2);
    press(&mut harness, Key::F3);
    // A thread writes it; the last choice is written last.
    while window_settings(&file).mode != Some(WindowMode::Inspect) {
        harness.step();
        std::thread::yield_now();
    }
    assert_eq!(harness.state().mode(), WindowMode::Inspect);
}

#[test]
fn in_a_narrow_window_the_modes_are_a_menu() {
    for size in [SMALL, [700.0, 500.0], [560.0, 400.0]] {
        let (mut harness, _writer) = window(fixture::paused(), size);
        assert!(harness.query_by_label("Inspect").is_none(), "{size:?}");
        click(&mut harness, "Mode");
        click(&mut harness, "Inspect");
        assert_eq!(harness.state().mode(), WindowMode::Inspect, "{size:?}");
    }
}

#[test]
fn what_is_open_survives_the_switch() {
    let (mut harness, _writer) = window(fixture::paused(), BIG);
    for key in [Key::CloseBracket, Key::Num3, Key::ArrowLeft, Key::F3] {
        press(&mut harness, key);
    }
    assert!(says(&harness, "Expert 3, layer 2"), "the selection is another one");
    assert!(says(&harness, "Experts, layer 2, step 2,137"), "layer or step is another one");
    for key in [Key::F2, Key::End] {
        press(&mut harness, key);
    }
    assert!(says(&harness, "Expert 3, layer 2") && says(&harness, "Layer 2:"));
}

#[test]
fn a_tile_that_has_grown_is_closed_where_it_is_seen_only() {
    let (mut harness, _writer) = window(fixture::paused(), BIG);
    click(&mut harness, "Grow load");
    for key in [Key::F3, Key::Escape, Key::F2] {
        press(&mut harness, key);
    }
    assert!(says(&harness, "Shrink load"));
    press(&mut harness, Key::Escape);
    assert!(!says(&harness, "Shrink load"));
}

#[test]
fn the_table_has_a_row_for_each_expert_and_a_click_keeps_it() {
    let (mut harness, writer) = window(fixture::paused(), BIG);
    press(&mut harness, Key::F3);
    let rows: Vec<String> =
        harness.query_all_by_label_contains(": load ").filter_map(|row| row.accesskit_node().label()).collect();
    assert_eq!(rows.len(), 8, "{rows:?}");
    let loads = rows.iter().filter_map(|row| row.split("load ").nth(1)?.split(" %").next()?.parse::<f64>().ok());
    assert!((loads.sum::<f64>() - 100.0).abs() < 2.0, "{rows:?}");
    let row = rows.iter().find(|row| row.starts_with("Expert 5")).unwrap().clone();
    click(&mut harness, &row);
    assert!(says(&harness, "Expert 5, layer 1"));
    click(&mut harness, "Show layer 3");
    assert!(says(&harness, "Experts, layer 3"));
    click(&mut harness, "Compare weights now");
    assert!(commands(&writer).contains(&Command::CompareWeights { layer: 2 }));
    assert!(says(&harness, "Seed 18") && says(&harness, "Learning rate 6e-4"));
}

#[test]
fn nothing_drawn_to_inspect_is_cut_or_overlaps() {
    let mut found = Vec::new();
    let sizes = [[640.0, 400.0], [1024.0, 600.0], SMALL, [1450.0, 900.0], BIG, [2560.0, 1440.0]];
    let shots = [fixture::running(USUAL), wild(1), fixture::at_start(), wild(3)];
    for (turn, size) in sizes.into_iter().enumerate() {
        for (which, shot) in shots.iter().enumerate() {
            let (reader, _writer) = channel(shot.clone(), Box::new(|| {}));
            let dark = (turn + which) % 2 == 0;
            let mut harness = Harness::builder()
                .with_size(size)
                .with_max_steps(12)
                .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, dark).in_mode(WindowMode::Inspect));
            harness.run();
            harness.remove_cursor();
            harness.run();
            let whole = Rect::from_min_size(pos2(0.0, 0.0), vec2(size[0], size[1]));
            let layout = InspectLayout::of(whole, false, false, false);
            let table = match layout.tiles {
                InspectTiles::All([table, ..]) => table,
                InspectTiles::Tabs { tile, .. } => tile,
            };
            // The buttons below the facts do not scroll, nor does the head of the table.
            let facts = layout.bands.rail.map(|rail| rail.with_max_y(rail.bottom() - 44.0));
            let table = table.with_min_y(table.top() + 50.0);
            let scrolls: Vec<Rect> = facts.into_iter().chain(layout.selection).chain([table]).collect();
            let widgets = widgets(&harness);
            let sheet = Sheet { window: whole, scrolls: &scrolls, over: &[], widgets: &widgets };
            found.extend(
                faults(&texts(&harness.output().shapes), &sheet).into_iter().map(|f| format!("{which} {size:?}: {f}")),
            );
        }
    }
    assert!(found.is_empty(), "{} faults: {found:#?}", found.len());
}
