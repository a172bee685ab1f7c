//! Weight similarity drawn by itself: what it says before, while and after weights are compared, and what it sends.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use eframe::egui::{Rect, Ui, Vec2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use moe_arena::domain::draw::{Draws, Purpose};
use moe_arena::domain::readings::WeightLikeness;
use moe_arena::run::{Command, Snapshot};
use moe_arena::ui::kit::theme;
use moe_arena::ui::panels::weights_ui;
use moe_arena::ui::view::Outbox;
use moe_arena::ui::view::ViewState;

use super::fixture::{self, Shape, USUAL, of_run};

/// What the picture is drawn from, and what it asked for.
struct Picture {
    shot: Snapshot,
    sight: ViewState,
    out: Outbox,
}

type Shared = Rc<RefCell<Picture>>;

fn shown(shot: Snapshot, size: [f32; 2]) -> (Harness<'static, Shared>, Shared) {
    let picture = Rc::new(RefCell::new(Picture { shot, sight: ViewState::default(), out: Outbox::default() }));
    let draw = |ui: &mut Ui, picture: &mut Shared| {
        let Picture { shot, sight, out } = &mut *picture.borrow_mut();
        weights_ui(ui, Rect::from_min_size(pos2(8.0, 8.0), ui.max_rect().size() - vec2(16.0, 16.0)), shot, sight, out);
        sight.end_frame();
    };
    let builder = Harness::builder().with_size(size).with_max_steps(12).with_context_setup(theme::install);
    let mut harness = builder.build_ui_state(draw, picture.clone());
    harness.run();
    (harness, picture)
}

/// The first `done` pairs compared; the last of them are the same expert in another order.
fn compared(shot: &Snapshot, layer: usize, done: usize) -> WeightLikeness {
    let roster = &shot.model.rosters[layer];
    let mut found = WeightLikeness::begun(1234, layer, roster.slots.clone());
    let mut draws = Draws::new(1, Purpose::Signs, 0, 0);
    let n = roster.len();
    for (one, other) in (0..n).flat_map(|one| (one + 1..n).map(move |other| (one, other))).take(done) {
        let last = found.done + 1 == found.pairs;
        let (lying, more) = (0.1 * draws.unit() as f32 - 0.05, 0.2 + 0.3 * draws.unit() as f32);
        found.take([one, other], lying, if last { 0.99 } else { more });
    }
    found.chance = (done > 0).then_some(0.17);
    found
}

fn small(experts: usize) -> Snapshot {
    fixture::running(Shape { steps: 120, layers: 2, experts, ..USUAL })
}

fn with(done: usize) -> Snapshot {
    let mut shot = small(8);
    shot.newest.weights = Some(Arc::new(compared(&shot, 0, done)));
    shot
}

fn says(harness: &Harness<'static, Shared>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

fn sent(picture: &Shared) -> Vec<Command> {
    picture.borrow().out.waiting().cloned().map(of_run).collect()
}

#[test]
fn before_a_comparison_it_says_so_and_offers_one() {
    let (mut harness, picture) = shown(small(8), [300.0, 300.0]);
    assert!(says(&harness, "Weights, neurons matched") && says(&harness, "not compared yet"));
    harness.get_by_label("Compare weights now").click();
    harness.run();
    assert_eq!(sent(&picture), [Command::CompareWeights { layer: 0 }]);
    let (harness, _) = shown(small(1), [300.0, 300.0]);
    assert!(says(&harness, "needs 2 experts") && !says(&harness, "Compare weights now"));
}

#[test]
fn a_comparison_under_way_shows_how_far_it_is_and_what_is_known() {
    let (mut harness, picture) = shown(with(12), [300.0, 300.0]);
    assert!(says(&harness, "Comparing weights, 12 of 28 pairs") && !says(&harness, "Compare weights now"));
    assert!(says(&harness, "Weights of every two experts, step 1,234 · unrelated about 0.17; most alike"));
    // Another layer has none; one may be asked for in place of this one.
    picture.borrow_mut().sight.layer = 1;
    harness.run();
    assert!(says(&harness, "not compared yet"));
    harness.get_by_label("Compare weights now").click();
    harness.run();
    assert_eq!(sent(&picture), [Command::CompareWeights { layer: 1 }]);
}

#[test]
fn a_pair_is_told_where_the_pointer_is_and_its_expert_is_lit() {
    let (mut harness, picture) = shown(with(28), [300.0, 300.0]);
    assert!(says(&harness, "most alike 7 and 8: 0.99"));
    let map = harness.get_by_label_contains("Weights of every two experts").rect();
    let cell = map.width() / 8.0;
    // Rows 7, column 8.
    harness.hover_at(map.min + vec2(7.5 * cell, 6.5 * cell));
    harness.run();
    let found = picture.borrow().shot.newest.weights.clone().unwrap();
    let lying = moe_arena::ui::kit::numbers::fixed(f64::from(found.as_they_lie[6 * 8 + 7]), 2);
    assert!(says(&harness, &format!("Experts 7 and 8: matched 0.99, unmatched {lying}")));
    assert_eq!(picture.borrow().sight.lit().map(|id| id.to_string()), Some("7".into()));

    harness.get_by_label("Weights unmatched").click();
    harness.run();
    assert!(picture.borrow().sight.as_they_lie && says(&harness, "Weights, unmatched"));
    assert!(says(&harness, "unrelated 0; most alike") && !says(&harness, "7 and 8: 0.99"));
    harness.get_by_label("Weights matched").click();
    harness.run();
    assert!(says(&harness, "Weights, neurons matched"));
}

#[test]
fn the_past_cannot_be_compared() {
    let (mut harness, picture) = shown(with(28), [300.0, 300.0]);
    let shot = picture.borrow().shot.clone();
    picture.borrow_mut().sight.look_at(60, &shot);
    harness.run();
    let button = harness.get_by_label("Compare weights now");
    assert!(button.accesskit_node().is_disabled());
    button.click();
    harness.run();
    assert_eq!(sent(&picture), []);
}

#[test]
fn it_draws_every_snapshot_at_every_size_and_settles() {
    let mut shots: Vec<Snapshot> = fixture::all().into_iter().map(|(_, shot)| shot).collect();
    shots.extend([0, 12, 28].map(with));
    let mut many = small(64);
    many.newest.weights = Some(Arc::new(compared(&many, 0, 2000)));
    shots.push(many);
    let mut bad = with(28);
    Arc::make_mut(bad.newest.weights.as_mut().unwrap()).matched.fill(f32::NAN);
    shots.push(bad);
    let (mut harness, picture) = shown(small(8), [300.0, 300.0]);
    for shot in shots {
        picture.borrow_mut().shot = shot;
        for size in [[800.0, 500.0], [300.0, 280.0], [180.0, 400.0], [90.0, 60.0], [20.0, 20.0], [0.0, 0.0]] {
            harness.set_size(Vec2::from(size));
            assert!(harness.run() <= 6, "{size:?}");
        }
    }
}

#[test]
#[ignore = "writes pictures into the folder named by MOE_ARENA_PICTURES; needs a Vulkan driver"]
fn weights_pictures() {
    let folder = std::path::PathBuf::from(std::env::var_os("MOE_ARENA_PICTURES").unwrap());
    for (name, shot, size) in [
        ("weights", with(28), [300.0, 320.0]),
        ("weights-under-way", with(12), [300.0, 320.0]),
        ("weights-none", small(8), [300.0, 320.0]),
        ("weights-narrow", with(28), [190.0, 240.0]),
        ("weights-wide", with(28), [420.0, 220.0]),
    ] {
        let picture = Rc::new(RefCell::new(Picture { shot, sight: ViewState::default(), out: Outbox::default() }));
        let draw = |ui: &mut Ui, picture: &mut Shared| {
            let Picture { shot, sight, out } = &mut *picture.borrow_mut();
            ui.painter().rect_filled(ui.max_rect(), 0, theme::of(ui).tile);
            let rect = Rect::from_min_size(pos2(8.0, 8.0), ui.max_rect().size() - vec2(16.0, 16.0));
            weights_ui(ui, rect, shot, sight, out);
        };
        let builder = Harness::builder().with_size(size).with_context_setup(theme::install).with_pixels_per_point(2.0);
        let mut harness = builder.wgpu().build_ui_state(draw, picture);
        harness.run();
        harness.render().expect("a picture").save(folder.join(format!("{name}.png"))).expect("a folder");
    }
}
