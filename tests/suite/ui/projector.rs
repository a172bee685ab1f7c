//! A window for a projector: larger, thicker, one tile at a time; and one in which nothing moves by itself.

use std::time::{Duration, Instant};

use eframe::egui::epaint::ClippedShape;
use eframe::egui::{Key, Modifiers, Rect, Shape, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::PlaneTarget;
use moe_arena::run::{Snapshot, WindowMode, WindowSettings, Writer, channel, window_settings};
use moe_arena::ui::App;

use super::fixture::{self, Shape as RunShape, USUAL};
use super::painted_shapes::{Sheet, faults, texts, widgets};

/// Windows of 1280 × 720 and 1920 × 1080 pixels on a projector, in its larger points.
const SIZES: [[f32; 2]; 2] = [[1280.0 / 1.4, 720.0 / 1.4], [1920.0 / 1.4, 1080.0 / 1.4]];

const ON: WindowSettings = WindowSettings { mode: None, language: None, projector: true, still: None };

fn points() -> Snapshot {
    fixture::plane(RunShape { steps: 240, layers: 1, experts: 4, ..USUAL }, PlaneTarget::Class)
}

fn window(
    shot: Snapshot,
    size: [f32; 2],
    mode: WindowMode,
    settings: WindowSettings,
) -> (Harness<'static, App>, Writer) {
    let (reader, writer) = channel(shot, Box::new(|| {}));
    let mut harness = Harness::builder()
        .with_size(size)
        .with_max_steps(12)
        .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, true).in_mode(mode).with_settings(settings, None));
    harness.run();
    harness.run();
    (harness, writer)
}

fn says(harness: &Harness<'static, App>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

fn press(harness: &mut Harness<'static, App>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run();
}

/// Widths of all lines that are drawn.
fn widths(shapes: &[ClippedShape]) -> Vec<f32> {
    fn of(shape: &Shape, all: &mut Vec<f32>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| of(shape, all)),
            Shape::LineSegment { stroke, .. } => all.push(stroke.width),
            Shape::Path(path) => all.push(path.stroke.width),
            Shape::Circle(circle) => all.push(circle.stroke.width),
            Shape::Rect(rect) => all.push(rect.stroke.width),
            _ => {}
        }
    }
    let mut all = Vec::new();
    shapes.iter().for_each(|clipped| of(&clipped.shape, &mut all));
    all.retain(|&width| width > 0.0);
    all
}

#[test]
fn a_key_makes_everything_larger_and_lines_thicker_and_the_key_again_ends_it() {
    let (mut harness, _writer) =
        window(fixture::paused(), [1600.0, 1000.0], WindowMode::Train, WindowSettings::default());
    // Hairs are a point wide.
    let count = |harness: &Harness<'static, App>, wide: f32| {
        widths(&harness.output().shapes).into_iter().filter(|width| (width - wide).abs() < 1e-3).count()
    };
    let scale = harness.ctx.zoom_factor();
    assert!(count(&harness, 1.0) > 20);
    assert!(
        says(&harness, "Load: expert ")
            && says(&harness, "Loss: ")
            && says(&harness, "not saved yet") | says(&harness, "saved")
    );
    press(&mut harness, Modifiers::NONE, Key::P);
    harness.run();
    assert!((harness.ctx.zoom_factor() / scale - 1.4).abs() < 1e-4);
    assert!(count(&harness, 1.0) == 0 && count(&harness, 1.5) > 10);
    assert!(!says(&harness, "Log ("), "the status line is still there");
    press(&mut harness, Modifiers::NONE, Key::P);
    harness.run();
    assert!((harness.ctx.zoom_factor() / scale - 1.0).abs() < 1e-4 && count(&harness, 1.0) > 20);
    assert!(says(&harness, "Load: expert ") && says(&harness, "Loss: "));
}

#[test]
fn the_menu_has_it_too_and_says_whether_it_is_on() {
    let (mut harness, _writer) =
        window(fixture::paused(), [1600.0, 1000.0], WindowMode::Train, WindowSettings::default());
    for factor in [1.4, 1.0] {
        harness.get_by_label("Run menu").click();
        harness.run();
        harness.get_by_label("Projector mode").click();
        harness.run();
        harness.run();
        assert!((harness.ctx.zoom_factor() - factor).abs() < 1e-4);
    }
}

#[test]
fn one_tile_is_shown_at_a_time_and_tab_shows_the_next() {
    type Says = &'static [&'static str];
    let modes: [(WindowMode, Snapshot, Says); 4] = [
        (
            WindowMode::Learn,
            points(),
            &["The competition chooses: ", "The router chooses: ", "Decision of the ", "Load: ", "Loss: "],
        ),
        (WindowMode::Train, fixture::paused(), &["Load: ", "Agreement: ", "Collapse: ", "Loss: ", "Flow: "]),
        (WindowMode::Inspect, fixture::paused(), &["Experts: of ", "Load by layer: ", "Weights of every two experts"]),
        (WindowMode::Compare, fixture::paused(), &[]),
    ];
    for (mode, shot, tiles) in modes {
        for size in SIZES {
            let (mut harness, _writer) = window(shot.clone(), size, mode, ON);
            let shown = |harness: &Harness<'static, App>| -> Vec<bool> {
                tiles.iter().map(|words| says(harness, words)).collect()
            };
            for place in 0..tiles.len() {
                let wanted: Vec<bool> = (0..tiles.len()).map(|other| other == place).collect();
                assert_eq!(shown(&harness), wanted, "{mode:?} {size:?}, tile {place}");
                press(&mut harness, Modifiers::NONE, Key::Tab);
            }
            if !tiles.is_empty() {
                // In a circle, perhaps past a page without a picture of its own, and back.
                if !shown(&harness)[0] {
                    press(&mut harness, Modifiers::NONE, Key::Tab);
                }
                assert!(shown(&harness)[0], "{mode:?} {size:?}: {:?}", shown(&harness));
                press(&mut harness, Modifiers::SHIFT, Key::Tab);
                assert!(!shown(&harness)[0], "{mode:?} {size:?}");
                press(&mut harness, Modifiers::NONE, Key::Tab);
                assert!(shown(&harness)[0], "{mode:?} {size:?}");
            }
            assert!(harness.ctx.memory(|memory| memory.focused().is_none()), "Tab has moved the focus as well");
        }
    }
}

#[test]
fn tab_moves_the_focus_on_a_desk() {
    let (mut harness, _writer) =
        window(fixture::paused(), [1600.0, 1000.0], WindowMode::Train, WindowSettings::default());
    press(&mut harness, Modifiers::NONE, Key::Tab);
    assert!(harness.ctx.memory(|memory| memory.focused().is_some()));
}

#[test]
fn ten_bytes_are_shown_at_most() {
    let (mut harness, _writer) = window(fixture::paused(), SIZES[1], WindowMode::Train, ON);
    (0..4).for_each(|_| press(&mut harness, Modifiers::NONE, Key::Tab));
    assert!(says(&harness, "Flow: of 10 bytes shown"));
}

#[test]
fn nothing_is_cut_or_overlaps_on_a_projector() {
    let mut found = Vec::new();
    let modes = [
        (WindowMode::Learn, points(), 5),
        (WindowMode::Train, fixture::paused(), 5),
        (WindowMode::Inspect, fixture::paused(), 3),
        (WindowMode::Compare, fixture::paused(), 1),
    ];
    for (turn, size) in SIZES.into_iter().enumerate() {
        for (which, (mode, shot, tiles)) in modes.iter().enumerate() {
            let (reader, _writer) = channel(shot.clone(), Box::new(|| {}));
            let (mode, dark) = (*mode, (turn + which) % 2 == 0);
            let mut harness = Harness::builder()
                .with_size(size)
                .with_max_steps(12)
                .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, dark).in_mode(mode).with_settings(ON, None));
            harness.run();
            for tile in 0..*tiles {
                harness.remove_cursor();
                harness.run();
                let window = Rect::from_min_size(pos2(0.0, 0.0), vec2(size[0], size[1]));
                let scrolls = [window.with_max_x(240.0).with_min_y(52.0), window.with_min_y(110.0)];
                let scrolls = &scrolls[..if mode == WindowMode::Inspect { 2 } else { 1 }];
                let widgets = widgets(&harness);
                let sheet = Sheet { window, scrolls, over: &[], widgets: &widgets };
                let all = faults(&texts(&harness.output().shapes), &sheet);
                found.extend(all.into_iter().map(|fault| format!("{mode:?} {size:?}, tile {tile}: {fault}")));
                press(&mut harness, Modifiers::NONE, Key::Tab);
            }
        }
    }
    assert!(found.is_empty(), "{} faults: {found:#?}", found.len());
}

#[test]
fn what_is_chosen_is_kept_for_the_next_window() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("window.json");
    let (reader, _writer) = channel(fixture::paused(), Box::new(|| {}));
    let kept = file.clone();
    let mut harness = Harness::builder().with_size([1600.0, 1000.0]).with_max_steps(12).build_eframe(move |cc| {
        App::new(&cc.egui_ctx, reader, true).with_settings(WindowSettings::default(), Some(kept))
    });
    harness.run();
    press(&mut harness, Modifiers::NONE, Key::P);
    harness.get_by_label("Run menu").click();
    harness.run();
    harness.get_by_label("Reduce motion").click();
    harness.run();
    let begun = Instant::now();
    while window_settings(&file) != (WindowSettings { mode: None, language: None, projector: true, still: Some(true) })
    {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", window_settings(&file));
        harness.step();
        std::thread::yield_now();
    }
}

/// A window of which each frame is a hundredth of a second.
fn slow(shot: Snapshot, settings: WindowSettings, still: bool) -> (Harness<'static, App>, Writer) {
    let (reader, writer) = channel(shot, Box::new(|| {}));
    let mut harness =
        Harness::builder().with_size([1600.0, 1000.0]).with_step_dt(0.01).with_max_steps(200).build_eframe(move |cc| {
            App::new(&cc.egui_ctx, reader, true).with_settings(settings, None).still_unless_chosen(still)
        });
    harness.run();
    (harness, writer)
}

#[test]
fn with_reduced_motion_everything_happens_at_once_and_a_paused_window_rests() {
    let chosen = |still| WindowSettings { still, ..WindowSettings::default() };
    for (settings, by_default, moves) in [
        (chosen(None), false, true),
        (chosen(Some(false)), true, true),
        (chosen(Some(true)), false, false),
        (chosen(None), true, false),
    ] {
        let (mut harness, _writer) = slow(fixture::paused(), settings, by_default);
        assert_eq!(harness.run(), 1, "a paused window asks for no frame of its own");
        // Growing tiles, menus and tooltips.
        for name in ["Grow load", "Shrink load", "Run menu"] {
            harness.get_by_label(name).click();
            let frames = harness.run();
            if !moves {
                assert!(frames <= 4, "{name} took {frames} frames: {settings:?}, {by_default}");
            } else if name == "Grow load" {
                assert!(frames > 8, "{name} came at once, in {frames} frames: {settings:?}, {by_default}");
            }
        }
        harness.remove_cursor();
        harness.run();
        assert_eq!(harness.run(), 1, "nothing goes on moving: {settings:?}, {by_default}");
    }
}

#[test]
fn with_reduced_motion_no_dot_drifts_along_the_ribbons() {
    let dots = |still| {
        let (harness, _writer) =
            slow(fixture::running(USUAL), WindowSettings { still: Some(still), ..WindowSettings::default() }, false);
        fn of(shape: &Shape) -> usize {
            match shape {
                Shape::Vec(all) => all.iter().map(of).sum(),
                Shape::Circle(circle) => usize::from(circle.radius == 1.3),
                _ => 0,
            }
        }
        harness.output().shapes.iter().map(|clipped| of(&clipped.shape)).sum::<usize>()
    };
    assert_eq!((dots(true), dots(false) > 10), (0, true));
}
