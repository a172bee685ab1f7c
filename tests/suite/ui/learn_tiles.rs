//! Tiles of the screen that is learnt with: they grow and shrink, and the phases of a step light up what they touch.

use eframe::egui::epaint::ClippedShape;
use eframe::egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, Shape, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::{PlaneTarget, Preset};
use moe_arena::domain::readings::Phase;
use moe_arena::run::{Snapshot, WindowMode, Writer, channel};
use moe_arena::ui::App;
use moe_arena::ui::screens::layout::learn::{LearnLayout, LearnTiles};

use super::fixture::{self, Shape as RunShape, USUAL};
use super::fixture_phases::at_phase;

const BIG: [f32; 2] = [1600.0, 1000.0];

fn shot() -> Snapshot {
    let mut shot = fixture::plane(RunShape { steps: 240, layers: 1, experts: 4, ..USUAL }, PlaneTarget::Class);
    let mut config = Preset::Learn.config();
    config.cadence = shot.config.cadence.clone();
    shot.knobs = config.knobs.clone();
    shot.config = std::sync::Arc::new(config);
    shot
}

fn window(shot: Snapshot) -> (Harness<'static, App>, Writer) {
    let (reader, writer) = channel(shot, Box::new(|| {}));
    let mut harness = Harness::builder()
        .with_size(BIG)
        .with_step_dt(0.05)
        .with_max_steps(40)
        .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, true).in_mode(WindowMode::Learn));
    harness.run();
    (harness, writer)
}

fn says(harness: &Harness<'static, App>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

fn whole() -> Rect {
    Rect::from_min_size(Pos2::ZERO, vec2(BIG[0], BIG[1]))
}

/// The tiles in the order of their names.
fn places() -> Vec<Rect> {
    match LearnLayout::of(whole(), false, false, false).tiles {
        LearnTiles::All { maps, below } => maps.into_iter().chain(below).collect(),
        other => panic!("there is room for all: {other:?}"),
    }
}

const NAMES: [&str; 5] = ["competition", "router", "decision", "load", "loss"];
const SAY: [&str; 5] =
    ["The competition chooses: ", "The router chooses: ", "Decision of the whole network: ", "Load: ", "Loss: "];

#[test]
fn every_tile_grows_by_its_button_and_escape_shrinks_it() {
    for (place, name) in NAMES.into_iter().enumerate() {
        let (mut harness, _writer) = window(shot());
        assert!(SAY.iter().all(|words| says(&harness, words)));
        harness.get_by_label(&format!("Grow {name}")).click();
        harness.run();
        for (other, words) in SAY.into_iter().enumerate() {
            assert_eq!(says(&harness, words), other == place, "{name} has grown, “{words}”");
        }
        let grown =
            harness.query_all_by_label_contains(SAY[place]).map(|node| node.rect()).reduce(Rect::union).unwrap();
        let home = places()[place];
        assert!(grown.height() > home.height().min(600.0), "{name}: {grown:?} of {home:?}");
        harness.key_press(Key::Escape);
        harness.run();
        assert!(SAY.iter().all(|words| says(&harness, words)), "{name} is still there alone");
    }
}

#[test]
fn two_clicks_let_a_tile_grow_and_two_more_close_it() {
    let (mut harness, _writer) = window(shot());
    let twice = |harness: &mut Harness<'static, App>, pos: Pos2| {
        harness.event(Event::PointerMoved(pos));
        for pressed in [true, false, true, false] {
            harness.event(Event::PointerButton {
                pos,
                button: PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            });
        }
        harness.run();
        harness.remove_cursor();
        harness.run();
    };
    let title = places()[1].left_top() + vec2(60.0, 22.0);
    twice(&mut harness, title);
    assert!(says(&harness, SAY[1]) && !says(&harness, SAY[0]), "the router's map has not grown");
    twice(&mut harness, pos2(600.0, 80.0));
    assert!(SAY.iter().all(|words| says(&harness, words)), "it has not shrunk");
}

#[test]
fn a_tile_that_has_grown_on_the_training_screen_has_not_grown_here() {
    let (mut harness, _writer) = window(shot());
    harness.key_press(Key::F2);
    harness.run();
    harness.get_by_label("Grow load").click();
    harness.run();
    harness.key_press(Key::F1);
    harness.run();
    assert!(SAY.iter().all(|words| says(&harness, words)));
    harness.key_press(Key::F2);
    harness.run();
    assert!(says(&harness, "Shrink load"));
}

/// Whether a frame as around what is at work lies at `tile`.
fn is_framed(shapes: &[ClippedShape], tile: Rect) -> bool {
    fn found(shape: &Shape, tile: Rect) -> bool {
        match shape {
            Shape::Vec(all) => all.iter().any(|shape| found(shape, tile)),
            Shape::Rect(rect) => {
                rect.stroke.width == 1.5
                    && rect.rect.contains_rect(tile.shrink(2.0))
                    && tile.expand(2.0).contains_rect(rect.rect)
            }
            _ => false,
        }
    }
    shapes.iter().any(|clipped| found(&clipped.shape, tile))
}

#[test]
fn a_phase_frames_what_it_touches_and_shows_the_numbers_of_a_point() {
    let places = places();
    for (phase, competes, lit) in [
        (Phase::Route, true, [false, true, false]),
        (Phase::Compete, true, [true, false, false]),
        (Phase::Combine, true, [false, false, true]),
        (Phase::Learn, true, [false, true, true]),
        (Phase::Compete, false, [false, false, false]),
    ] {
        // The layer of the fixture competes if it has an even number of experts.
        let run = if competes {
            shot()
        } else {
            fixture::plane(RunShape { steps: 240, layers: 1, experts: 5, ..USUAL }, PlaneTarget::Class)
        };
        let (mut harness, _writer) = window(at_phase(run, phase));
        harness.run();
        let shapes = &harness.output().shapes;
        let framed: Vec<bool> = places[..3].iter().map(|&tile| is_framed(shapes, tile)).collect();
        assert_eq!(framed, lit, "{phase:?}, competes: {competes}");
        assert!(says(&harness, "the first of ") && says(&harness, "Next phase"), "{phase:?}");
        assert!(!says(&harness, SAY[3]) && !says(&harness, SAY[4]), "its numbers stand in their place");
        harness.get_by_label("Close the phases").click();
        harness.run();
        assert!(says(&harness, SAY[3]), "{phase:?} was not put away");
    }
}

#[test]
fn the_timeline_tells_competitions_and_kappa() {
    let (harness, _writer) = window(shot());
    assert!(says(&harness, "Competition steps: ") && says(&harness, "Agreement of router and competition, kappa: 0."));
    assert!(says(&harness, "Timeline: step 240 of "));
    let (harness, _writer) = fixture::app(fixture::running(USUAL), BIG);
    assert!(!says(&harness, "Competition steps: "), "where several layers are trained each has its lane");
}
