//! The screen that is learnt with: its few controls and what they send, its maps, and what it says of a run on a text.

use std::sync::Arc;

use eframe::egui::{Event, Key, Pos2, Rect, Shape, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use moe_arena::domain::config::{Config, PlaneConfig, PlaneData, PlaneTarget, Policy, Preset, TaskConfig};
use moe_arena::domain::roster::{Roster, Surgery};
use moe_arena::run::{Command, MapRequest, PausedBy, Snapshot, Status, WindowMode, Writer, channel};
use moe_arena::ui::App;
use moe_arena::ui::screens::layout::learn::LearnLayout;

use super::fixture::{self, USUAL, commands};
use super::painted_shapes::{Sheet, faults, texts, widgets};

const BIG: [f32; 2] = [1600.0, 1000.0];

/// A run as a first start begins it, in full flight.
fn shot() -> Snapshot {
    let mut shot = fixture::plane(fixture::Shape { steps: 240, layers: 1, experts: 4, ..USUAL }, PlaneTarget::Class);
    let mut config = Preset::Learn.config();
    config.cadence = shot.config.cadence.clone();
    shot.knobs = config.knobs.clone();
    shot.data.badge.name = "blobs".into();
    shot.config = Arc::new(config);
    shot
}

fn at_start() -> Snapshot {
    Snapshot { step: 0, status: Status::Paused(PausedBy::Start), ..shot() }
}

fn points(config: &Config) -> &PlaneConfig {
    let TaskConfig::Plane(points) = &config.task else { panic!("no run on points: {config:?}") };
    points
}

fn window_of(shot: Snapshot, size: [f32; 2], dark: bool) -> (Harness<'static, App>, Writer) {
    let (reader, writer) = channel(shot, Box::new(|| {}));
    let mut harness = Harness::builder()
        .with_size(size)
        .with_max_steps(12)
        .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, dark).in_mode(WindowMode::Learn));
    harness.run();
    (harness, writer)
}

fn window(shot: Snapshot) -> (Harness<'static, App>, Writer) {
    window_of(shot, BIG, true)
}

fn says(harness: &Harness<'static, App>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

fn click(harness: &mut Harness<'static, App>, name: &str) {
    harness.get_by_label(name).click();
    harness.run();
}

/// Middles of the discs of a shape.
fn discs(shape: &Shape) -> Vec<Pos2> {
    match shape {
        Shape::Vec(all) => all.iter().flat_map(discs).collect(),
        Shape::Circle(circle) => vec![circle.center],
        _ => Vec::new(),
    }
}

/// What was asked of the run, but for its maps.
fn asked(writer: &Writer) -> Vec<Command> {
    commands(writer).into_iter().filter(|command| !matches!(command, Command::Maps(_))).collect()
}

fn begun(writer: &Writer) -> Config {
    let asked = asked(writer);
    let [Command::New(config)] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(config.validate(), []);
    (**config).clone()
}

#[test]
fn the_learn_preset_is_what_a_first_start_shows() {
    let config = Preset::Learn.config();
    assert_eq!(config.validate(), []);
    assert_eq!((points(&config).data, points(&config).classes), (PlaneData::Blobs, 4));
    assert_eq!((config.model.experts, config.knobs.top_k, config.knobs.policy), (4, 1, Policy::CompeteSmoe));
    assert!(config.model.bare && config.model.layers == 1);
}

#[test]
fn two_large_maps_stand_over_decision_load_and_loss() {
    let (harness, writer) = window(shot());
    for words in [
        "The competition chooses: expert 1 ",
        "The router chooses: expert 1 ",
        "Decision of the whole network: class 0 has ",
        "Router and competition agree on ",
        "Load, layer 1",
        "Loss, ",
        "accuracy 98.2 %",
        "Now: step 240",
    ] {
        assert!(says(&harness, words), "nobody says “{words}”");
    }
    let map = harness.query_all_by_label_contains("The competition chooses: ").next().unwrap().rect();
    assert!(map.width() >= 436.0 && (map.width() - map.height()).abs() < 1.0, "{map:?}");
    assert!(commands(&writer).contains(&Command::Maps(MapRequest { layer: 0, alone: None })));
    assert!(!says(&harness, "Fault lab") && !says(&harness, "Learning rate"), "more than the few controls");
}

#[test]
fn f1_leads_here_and_the_cursor_stays() {
    let (mut harness, _writer) = fixture::app(shot(), BIG);
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    harness.key_press(Key::F1);
    harness.run();
    assert_eq!(harness.state().mode(), WindowMode::Learn);
    assert!(says(&harness, "The maps show the newest step only") && says(&harness, "Viewing step 239"));
}

#[test]
fn a_thumbnail_begins_a_run_on_its_shape_with_the_knobs_in_force() {
    let mut now = shot();
    now.knobs.competition_rate = 0.5;
    let (mut harness, writer) = window(now.clone());
    for data in PlaneData::ALL {
        assert!(says(&harness, &format!("Points: {}", data.label())));
    }
    click(&mut harness, "Points: blobs");
    assert_eq!(asked(&writer), [], "it has that shape");
    click(&mut harness, "Points: moons");
    let config = begun(&writer);
    assert_eq!((points(&config).data, points(&config).classes), (PlaneData::Moons, 2));
    assert_eq!((&config.knobs, config.seed, config.model.experts), (&now.knobs, now.config.seed, 4));
}

#[test]
fn thumbnails_are_drawn_from_the_points_of_each_shape() {
    let marks = |noise: f64| {
        let mut shot = shot();
        let mut config = (*shot.config).clone();
        let points = PlaneConfig { noise, ..points(&config).clone() };
        config.task = TaskConfig::Plane(points);
        shot.config = Arc::new(config);
        let (harness, _writer) = window(shot);
        let rect = harness.get_by_label("Points: moons").rect();
        let circles = harness.output().shapes.iter().flat_map(|clipped| discs(&clipped.shape));
        circles.filter(|at| rect.contains(*at)).collect::<Vec<Pos2>>()
    };
    let (clean, noisy) = (marks(0.0), marks(0.3));
    assert!(clean.len() >= 60, "{} points", clean.len());
    assert_ne!(clean, noisy, "noise moves the points of the thumbnails too");
}

#[test]
fn a_chip_begins_again_before_the_first_step_and_drafts_a_surgery_later() {
    let (mut harness, writer) = window(at_start());
    click(&mut harness, "6 experts");
    assert_eq!(begun(&writer).model.experts, 6);
    let (mut harness, writer) = window(shot());
    click(&mut harness, "6 experts");
    assert_eq!(asked(&writer), [], "it says first what it would do");
    assert!(says(&harness, "Other weights kept"));
    click(&mut harness, "Apply experts");
    assert_eq!(asked(&writer), [Command::Experts { target: 6, surgery: Surgery::SplitBusiest }]);
    let mut six = shot();
    six.model.rosters = Arc::new(vec![Roster::new(6)]);
    let (mut harness, writer) = window(six);
    click(&mut harness, "2 experts");
    click(&mut harness, "Keep 6 experts");
    assert_eq!(asked(&writer), []);
}

#[test]
fn winners_are_set_at_once_and_never_more_than_experts() {
    let (mut harness, writer) = window(shot());
    click(&mut harness, "2 winners per point");
    let asked = asked(&writer);
    assert!(matches!(&asked[..], [Command::SetKnobs(knobs)] if knobs.top_k == 2), "{asked:?}");
    let mut one = at_start();
    one.model.rosters = Arc::new(vec![Roster::new(2)]);
    let (harness, _writer) = window(one);
    assert!(says(&harness, "2 winners per point") && !says(&harness, "3 winners per point"));
}

#[test]
fn sliders_act_when_they_are_let_go() {
    let (mut harness, writer) = window(shot());
    let drag = |harness: &mut Harness<'static, App>, name: &str, share: f32| {
        let rect = harness.get_by_role_and_label(eframe::egui::Role::Slider, name).rect();
        let at = |share: f32| pos2(rect.left() + rect.width() * share, rect.center().y);
        harness.drag_at(at(0.3));
        harness.run();
        harness.event(Event::PointerMoved(at(share)));
        harness.run();
        assert_eq!(asked(&writer), [], "{name}: nothing while it is held");
        harness.drop_at(at(share));
        harness.run();
    };
    drag(&mut harness, "Competition rate", 0.98);
    let sent = asked(&writer);
    assert!(matches!(&sent[..], [Command::SetKnobs(knobs)] if knobs.competition_rate > 0.5), "{sent:?}");
    drag(&mut harness, "Noise", 0.5);
    let noise = points(&begun(&writer)).noise;
    assert!((noise - 0.25).abs() < 0.05, "{noise}");
}

#[test]
fn a_policy_without_competitions_has_no_rate() {
    let mut shot = shot();
    shot.knobs.policy = Policy::Smoe;
    let (harness, _writer) = window(shot);
    assert!(harness.query_by_role_and_label(eframe::egui::Role::Slider, "Competition rate").is_none());
    assert!(texts(&harness.output().shapes).iter().any(|text| text.text == "this policy holds no competitions"));
}

#[test]
fn a_new_seed_begins_again_and_the_seed_is_shown() {
    let (mut harness, writer) = window(shot());
    let seed = shot().config.seed;
    assert!(says(&harness, &format!("seed {seed}")));
    click(&mut harness, "New seed");
    assert_eq!(asked(&writer), [Command::Reset { seed: Some(seed + 1) }]);
}

#[test]
fn all_controls_are_a_click_away_and_back() {
    let (mut harness, _writer) = window(shot());
    assert!(texts(&harness.output().shapes).iter().any(|text| text.text.starts_with("This screen shows 6 of ")));
    click(&mut harness, "Show all controls");
    assert!(says(&harness, "Learning rate") && !says(&harness, "Points: moons"));
    click(&mut harness, "Show few controls");
    assert!(says(&harness, "Points: moons"));
}

#[test]
fn a_marked_place_says_on_each_map_who_has_it() {
    let (mut harness, _writer) = window(shot());
    let map = |harness: &Harness<'static, App>, name: &str| -> Rect {
        harness.query_all_by_label_contains(name).next().unwrap().rect()
    };
    let rect = map(&harness, "The competition chooses: ");
    harness.hover_at(rect.min + rect.size() * vec2(0.8, 0.5));
    harness.run();
    harness.run();
    assert!(says(&harness, "Router says expert ") && !says(&harness, "Competition says"), "the tooltip says more here");
    let name = harness
        .query_all_by_label_contains("The competition chooses: ")
        .next()
        .and_then(|node| node.accesskit_node().label())
        .unwrap();
    click(&mut harness, &name);
    harness.remove_cursor();
    harness.run();
    harness.run();
    assert!(says(&harness, "Router says expert ") && says(&harness, "Competition says expert "));
}

/// Draws from one place of the map of winners to another, (0, 0) its left top.
fn draw(harness: &mut Harness<'static, App>, from: [f32; 2], to: [f32; 2]) {
    let rect = harness.query_all_by_label("Draw points here").next().expect("a map to draw on").rect();
    let at = |share: f32| {
        let part = |axis: usize| from[axis] + (to[axis] - from[axis]) * share;
        rect.min + rect.size() * vec2(part(0), part(1))
    };
    harness.drag_at(at(0.0));
    harness.run();
    for step in 1..=20 {
        harness.event(Event::PointerMoved(at(step as f32 / 20.0)));
        harness.step();
    }
    harness.drop_at(at(1.0));
    harness.run();
}

#[test]
fn points_are_drawn_by_hand_and_a_run_begins_with_them() {
    let (mut harness, writer) = window(shot());
    harness.key_press(Key::D);
    harness.run();
    let begin = |harness: &Harness<'static, App>| {
        !harness.get_by_label("Begin with these points").accesskit_node().is_disabled()
    };
    assert!(!begin(&harness), "there is no point yet");
    draw(&mut harness, [0.1, 0.2], [0.9, 0.2]);
    assert!(!begin(&harness), "all are of one class");
    harness.key_press(Key::Num2);
    harness.run();
    draw(&mut harness, [0.1, 0.8], [0.9, 0.8]);
    assert!(begin(&harness));
    assert_eq!(asked(&writer), [], "nothing begins by itself");
    click(&mut harness, "Begin with these points");
    let config = begun(&writer);
    let data = points(&config);
    assert_eq!((data.data, data.classes), (PlaneData::Drawn, 2));
    let of = |class: u16| data.drawn.iter().filter(move |point| point.class == class);
    assert!(of(0).count() >= 15 && of(1).count() >= 15, "{:?}", data.drawn);
    assert!(of(0).all(|point| (point.at[1] - 0.6).abs() < 0.01) && of(1).all(|point| (point.at[1] + 0.6).abs() < 0.01));
    assert!(says(&harness, "Points: moons"), "the drawing is done");
}

#[test]
fn drawn_points_are_erased_cleared_and_put_away() {
    let (mut harness, writer) = window(shot());
    click(&mut harness, "Draw points");
    draw(&mut harness, [0.1, 0.5], [0.9, 0.5]);
    let count = |harness: &Harness<'static, App>| -> usize {
        let rail = |text: &super::painted_shapes::Painted| text.ink.right() < 264.0 && text.ink.top() < 90.0;
        let all = texts(&harness.output().shapes);
        all.iter().filter(|text| rail(text)).find_map(|text| text.text.parse().ok()).expect("how many there are")
    };
    let drawn = count(&harness);
    assert!(drawn >= 15);
    click(&mut harness, "Erase");
    draw(&mut harness, [0.1, 0.5], [0.5, 0.5]);
    assert!(count(&harness) < drawn && count(&harness) > 0);
    click(&mut harness, "Clear");
    assert_eq!(count(&harness), 0);
    harness.key_press(Key::Escape);
    harness.run();
    assert!(says(&harness, "Points: moons"));
    assert_eq!(asked(&writer), []);
}

#[test]
fn a_run_on_a_text_leads_to_points() {
    let (mut harness, writer) = window(fixture::paused());
    assert!(says(&harness, "Learn shows points in the plane") && !says(&harness, "The router chooses"));
    assert!(texts(&harness.output().shapes).iter().any(|text| text.text.contains("saved")), "what becomes of this run");
    click(&mut harness, "Begin with points");
    assert_eq!(begun(&writer), Preset::Learn.config());
    click(&mut harness, "Show this run in Train");
    assert_eq!(harness.state().mode(), WindowMode::Train);
}

#[test]
fn in_small_windows_maps_are_tabs_and_controls_a_drawer() {
    let (mut harness, writer) = window_of(shot(), [640.0, 420.0], true);
    assert!(says(&harness, "The competition chooses: ") && !says(&harness, "The router chooses: "));
    click(&mut harness, "Show router");
    assert!(says(&harness, "The router chooses: "));
    assert!(!says(&harness, "Points: moons"));
    click(&mut harness, "Knobs");
    click(&mut harness, "Points: moons");
    assert_eq!(points(&begun(&writer)).data, PlaneData::Moons);
}

#[test]
fn nothing_drawn_to_learn_with_is_cut_or_overlaps() {
    let mut found = Vec::new();
    let sizes =
        [[640.0, 400.0], [800.0, 600.0], [1024.0, 600.0], [1280.0, 720.0], [1450.0, 900.0], BIG, [2560.0, 1440.0]];
    let mut eight = fixture::plane(fixture::Shape { steps: 120, layers: 1, ..USUAL }, PlaneTarget::Value);
    eight.knobs.top_k = 2;
    let shots = [shot(), at_start(), fixture::without_maps(at_start()), fixture::paused(), eight];
    for (turn, size) in sizes.into_iter().enumerate() {
        for (which, shot) in shots.iter().enumerate() {
            for rail in [false, true] {
                let (mut harness, _writer) = window_of(shot.clone(), size, (turn + which) % 2 == 0);
                if rail {
                    if size[0] >= 1024.0 {
                        continue;
                    }
                    click(&mut harness, "Knobs");
                }
                harness.remove_cursor();
                harness.run();
                let whole = Rect::from_min_size(pos2(0.0, 0.0), vec2(size[0], size[1]));
                let layout = LearnLayout::of(whole, rail, false, false);
                // The button below the controls does not scroll.
                let points = shot.config.task.text().is_none();
                let scrolls: Vec<Rect> = layout.bands.rail.filter(|_| points).into_iter().collect();
                let scrolls: Vec<Rect> = scrolls.iter().map(|rail| rail.with_max_y(rail.bottom() - 48.0)).collect();
                let widgets = widgets(&harness);
                let sheet = Sheet { window: whole, scrolls: &scrolls, over: &[], widgets: &widgets };
                let faults = faults(&texts(&harness.output().shapes), &sheet);
                found.extend(faults.into_iter().map(|fault| format!("{which} {size:?} {rail}: {fault}")));
            }
        }
    }
    assert!(found.is_empty(), "{} faults: {found:#?}", found.len());
}
