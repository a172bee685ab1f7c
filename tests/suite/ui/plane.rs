//! The window on points in the plane: territory maps, what hovering, clicks and keys do on them, and no word of bytes.

use std::collections::BTreeSet;

use eframe::egui::{Key, Rect, Vec2, pos2, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};
use moe_arena::domain::config::{Config, PlaneConfig, PlaneTarget, Preset, TaskConfig};
use moe_arena::domain::roster::ExpertId;
use moe_arena::run::{Command, MapRequest, Snapshot, Status, Writer};
use moe_arena::ui::App;

use super::fixture::{self, Shape, USUAL, app, commands};
use super::painted_shapes::texts;

const SIZES: [[f32; 2]; 3] = [[1600.0, 1000.0], [1280.0, 720.0], [1024.0, 600.0]];
const SHAPE: Shape = Shape { steps: 240, layers: 2, ..USUAL };

fn shot() -> Snapshot {
    fixture::plane(SHAPE, PlaneTarget::Class)
}

fn window(shot: Snapshot) -> (Harness<'static, App>, Writer) {
    let (mut harness, writer) = app(shot, SIZES[0]);
    harness.run();
    (harness, writer)
}

fn says(harness: &Harness<'static, App>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

/// What was asked for, each once however often it was repeated.
fn asked(writer: &Writer) -> Vec<Command> {
    let mut asked = commands(writer);
    asked.dedup();
    asked
}

/// Moves the pointer to a place of the map whose name begins so, (0, 0) its left top.
fn point_at(harness: &mut Harness<'static, App>, map: &str, place: Vec2) {
    let node = harness.query_all_by_label_contains(map).next();
    let rect = node.unwrap_or_else(|| panic!("nothing is called “{map}”")).rect();
    harness.hover_at(rect.min + rect.size() * place);
    harness.run();
}

#[test]
fn the_maps_are_asked_for_once_and_say_whose_how_much_is() {
    let (mut harness, writer) = window(shot());
    let request = |layer, alone| Command::Maps(MapRequest { layer, alone });
    assert_eq!(asked(&writer), [request(0, None)]);
    for words in [
        "The competition chooses: expert 1 ",
        "The router chooses: expert 1 ",
        "Decision of the whole network: class 0 has ",
    ] {
        assert!(says(&harness, words), "nobody says “{words}”");
    }
    assert!(says(&harness, "Router and competition agree on ") && says(&harness, "; kappa 0."));
    assert!(says(&harness, "accuracy 98.2 % on held-out points; chance 50.0 %"));
    // A request holds for a second: eight frames of a quarter of one.
    (0..8).for_each(|_| harness.step());
    let again = commands(&writer);
    assert!((1..=3).contains(&again.len()) && again.iter().all(|command| *command == request(0, None)), "{again:?}");
    // Another layer has other maps, which are not there yet.
    harness.get_by_label("Show layer 2").click();
    harness.run();
    assert_eq!(asked(&writer).last(), Some(&request(1, None)));
    assert!(says(&harness, "Drawing the maps…") && !says(&harness, "The router chooses"));
}

#[test]
fn a_place_lights_its_expert_and_its_own_answers_and_says_the_numbers() {
    let (mut harness, writer) = window(shot());
    commands(&writer);
    // Near the middle of expert 2 of 8: 0.6 at an eighth of a turn.
    point_at(&mut harness, "The competition chooses: ", vec2(0.75, 0.25));
    harness.run();
    assert_eq!(asked(&writer).last(), Some(&Command::Maps(MapRequest { layer: 0, alone: Some(ExpertId(1)) })));
    for words in ["x 0.50, y 0.50", "Expert 2 wins by ", "affinity", "router score", "class 0: "] {
        assert!(says(&harness, words), "nobody says “{words}”");
    }
    // The stage has the answers of that one; the selection tells of it.
    assert!(says(&harness, "Expert 2, layer 1"));
    harness.remove_cursor();
    harness.run();
    assert!(!says(&harness, "x 0.50, y 0.50"));
}

#[test]
fn a_click_keeps_the_expert_escape_lets_go_and_arrows_move_the_cross() {
    let (mut harness, writer) = window(shot());
    let map = "The competition chooses: ";
    harness.query_all_by_label_contains(map).next().unwrap().click();
    harness.run();
    harness.remove_cursor();
    harness.run();
    commands(&writer);
    let place = |harness: &Harness<'static, App>| {
        let name =
            harness.query_all_by_label_contains(map).next().unwrap().accesskit_node().label().unwrap_or_default();
        name.rsplit_once("; ").map(|(_, place)| place.to_owned())
    };
    harness.query_all_by_label_contains(map).next().unwrap().focus();
    harness.run();
    let before = place(&harness).expect("the place is said");
    harness.key_press(Key::ArrowRight);
    harness.run();
    let after = place(&harness).expect("the place is said");
    assert_ne!(before, after);
    assert!(commands(&writer).iter().all(|command| matches!(command, Command::Maps(_))), "arrows move nothing else");
    harness.key_press(Key::Escape);
    harness.run();
    harness.key_press(Key::Escape);
    harness.run();
    harness.step();
    let asked = asked(&writer);
    assert_eq!(asked.last(), Some(&Command::Maps(MapRequest { layer: 0, alone: None })), "{asked:?}");
}

#[test]
fn shares_in_the_legend_are_buttons_of_their_experts() {
    let (mut harness, writer) = window(shot());
    commands(&writer);
    // Where not all have room, those of the largest shares are there.
    let name = |label: Option<String>| label.filter(|name| name.ends_with("of the square"));
    let mut shares =
        harness.query_all_by_label_contains("Expert ").filter_map(|node| name(node.accesskit_node().label()));
    let name = shares.next().expect("an expert's share is listed");
    drop(shares);
    let number: u32 = name.trim_start_matches("Expert ").split(':').next().unwrap().parse().unwrap();
    harness.get_by_label(&name).click();
    harness.run();
    let asked = asked(&writer);
    let wanted = Command::Maps(MapRequest { layer: 0, alone: Some(ExpertId(number - 1)) });
    assert_eq!(asked.last(), Some(&wanted), "{asked:?}");
}

#[test]
fn values_are_scored_by_the_squared_error() {
    let (harness, _writer) = window(fixture::plane(SHAPE, PlaneTarget::Value));
    assert!(says(&harness, "mean squared error ") && says(&harness, "chance 0.5"));
    assert!(!says(&harness, "accuracy"));
}

#[test]
fn without_maps_it_says_what_it_waits_for() {
    let (harness, writer) = window(fixture::without_maps(shot()));
    assert!(says(&harness, "Drawing the maps…"));
    assert_eq!(asked(&writer).len(), 1);
    let failed = Snapshot { status: fixture::failed().status, ..fixture::without_maps(shot()) };
    assert!(matches!(failed.status, Status::Failed(_)));
    let (harness, _writer) = window(failed);
    assert!(!says(&harness, "Drawing the maps…"));
    let (mut harness, _writer) = window(shot());
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert!(says(&harness, "The maps show the newest step only"));
}

/// Everything that can be read in the window: what is drawn, and what is said to those who cannot see it.
pub fn read(harness: &Harness<'static, App>) -> Vec<String> {
    let said = harness.root().children_recursive().filter_map(|node| node.accesskit_node().label());
    said.chain(texts(&harness.output().shapes).into_iter().map(|painted| painted.text)).collect()
}

/// The same, with every tooltip there is of what is not in `known`, a set of names, yet.
pub fn read_with_tooltips(harness: &mut Harness<'static, App>, known: &mut BTreeSet<String>) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = read(harness).into_iter().collect();
    let window = Rect::from_min_size(pos2(0.0, 0.0), Vec2::from(SIZES[0]));
    let mut places = |harness: &Harness<'static, App>| {
        let new = |node: &Node<'_>| node.accesskit_node().label().is_some_and(|name| known.insert(name));
        let nodes = harness.root().children_recursive().filter(new);
        let at = nodes.map(|node| node.rect().center().round()).filter(|at| window.contains(*at));
        at.map(|at| [at.x as u32, at.y as u32]).collect::<BTreeSet<_>>()
    };
    for at in places(harness) {
        harness.hover_at(pos2(at[0] as f32, at[1] as f32));
        harness.run();
        all.extend(read(harness));
    }
    all
}

/// A run on points speaks of points, and a run on a text of bytes.
#[test]
fn nothing_on_a_run_of_points_speaks_of_bytes_or_text() {
    const OF_A_TEXT: [&str; 8] = ["byte", "token", "text", "sequence", "attention", "position", "character", "moby"];
    let pages: [&[&str]; 8] = [
        &[],
        &["Grow load"],
        &["Grow load", "Specialization"],
        &["Grow agreement"],
        &["Grow agreement", "Router alone"],
        &["Grow collapse"],
        &["Grow collapse", "Weights"],
        &["Grow loss"],
    ];
    let mut faults = BTreeSet::new();
    let mut check = |all: BTreeSet<String>, what: &str| {
        let of_a_text = |words: &String| OF_A_TEXT.iter().any(|part| words.to_lowercase().contains(part));
        faults.extend(all.into_iter().filter(of_a_text).map(|words| format!("{what}: “{words}”")));
    };
    let mut known = BTreeSet::new();
    for clicks in pages {
        let (mut harness, _writer) = window(shot());
        // Something is selected, so that the selection tells of it.
        harness.key_press(Key::Num3);
        harness.run();
        for name in clicks {
            harness.get_by_label(name).click();
            harness.run();
        }
        check(read_with_tooltips(&mut harness, &mut known), &clicks.join(", "));
    }
    for target in [PlaneTarget::Class, PlaneTarget::Value] {
        for size in SIZES {
            let (mut harness, _writer) = app(fixture::plane(SHAPE, target), size);
            harness.run();
            check(read(&harness).into_iter().collect(), &format!("{target:?}, {size:?}"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    let (harness, _writer) = window(fixture::running(USUAL));
    assert!(says(&harness, "byte") && says(&harness, "each token"));
    let (harness, _writer) = window(shot());
    assert!(says(&harness, "the router's top 2 answered each point"));
}

#[test]
fn a_run_on_points_is_drafted_from_one_on_a_text_and_back() {
    let (mut harness, writer) = window(fixture::running(USUAL));
    harness.get_by_label("New run…").click();
    harness.run();
    harness.get_by_label("points in the plane").click();
    harness.run();
    for words in ["Data", "Predicts", "Classes", "Noise", "Points", "Points' seed", "Points a step", "Network"] {
        assert!(harness.query_all_by_label(words).next().is_some(), "nothing is called “{words}”");
    }
    assert!(
        harness.query_all_by_label("Context").next().is_none() && harness.query_all_by_label("Heads").next().is_none()
    );
    harness.get_by_label("Start new run").click();
    harness.run();
    let drafted = commands(&writer);
    let [Command::New(config)] = &drafted[..] else { panic!("{drafted:?}") };
    let of_shot = fixture::running(USUAL).config;
    let plane = TaskConfig::Plane(PlaneConfig::default());
    assert_eq!(**config, Config { seed: of_shot.seed, steps: of_shot.steps, ..Preset::Small.config_for(plane) });
    assert_eq!(config.validate(), []);
    let (mut harness, writer) = window(shot());
    harness.get_by_label("New run…").click();
    harness.run();
    harness.get_by_label("a text").click();
    harness.run();
    harness.get_by_label("Start new run").click();
    harness.run();
    let drafted = commands(&writer);
    assert!(
        drafted.iter().any(|command| matches!(command, Command::New(config) if config.task == TaskConfig::default())),
        "{drafted:?}"
    );
}
