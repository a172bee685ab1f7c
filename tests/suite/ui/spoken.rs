//! What a screen reader finds: a name for everything that can be used, and one sentence for every picture that says what it
//! shows now.

use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT;
use moe_arena::domain::config::PlaneTarget;
use moe_arena::domain::readings::Phase;
use moe_arena::run::{Snapshot, WindowMode, channel};
use moe_arena::ui::App;

use super::fixture::{self, Shape, USUAL};
use super::fixture_phases::at_phase;

fn points() -> Snapshot {
    fixture::plane(Shape { steps: 240, layers: 1, experts: 4, ..USUAL }, PlaneTarget::Class)
}

fn window(shot: Snapshot, mode: WindowMode, size: [f32; 2]) -> Harness<'static, App> {
    let (reader, _writer) = channel(shot, Box::new(|| {}));
    let mut harness = Harness::builder()
        .with_size(size)
        .with_max_steps(12)
        .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, true).in_mode(mode).with_lesson(None));
    harness.run();
    harness
}

/// What is said of every node of a kind that has to say something: its role and its words.
fn said(harness: &Harness<'static, App>) -> Vec<(Role, String)> {
    let speaks = |role: Role| {
        matches!(
            role,
            Role::Image
                | Role::Canvas
                | Role::Button
                | Role::CheckBox
                | Role::RadioButton
                | Role::Slider
                | Role::SpinButton
                | Role::ComboBox
                | Role::Link
                | Role::TextInput
                | Role::MenuItem
                | Role::Tab
        )
    };
    let nodes = harness.root().children_recursive().map(|node| node.accesskit_node());
    nodes
        .filter(|node| speaks(node.role()))
        .map(|node| (node.role(), node.label().or_else(|| node.value()).unwrap_or_default()))
        .collect()
}

/// The screens, and what the pictures of each say; each begins with its name and goes on with what it shows.
fn screens() -> Vec<(WindowMode, Snapshot, &'static [&'static str])> {
    const LEARN: &[&str] = &[
        "The competition chooses: expert 1 ",
        "The router chooses: expert 1 ",
        "Decision of the whole network: class 0 has ",
        "Router and competition agree on ",
        "Load: expert ",
        "Loss: ",
        "Timeline: step 240 of ",
        "Competition steps: ",
        "Agreement of router and competition, kappa: ",
        "Points: blobs",
    ];
    const TEXT: &[&str] = &[
        "Flow: of ",
        "Load: expert ",
        "Agreement: kappa ",
        "Collapse: ",
        "Loss: ",
        "Timeline: step 2,138 of 4,000; layer 1 competed at ",
    ];
    const POINTS: &[&str] = &[
        "The competition chooses: expert 1 ",
        "The router chooses: expert 1 ",
        "Decision of the whole network: class 0 has ",
        "Load: expert ",
        "Agreement: kappa ",
        "Collapse: ",
        "Loss: ",
        "Timeline: step ",
    ];
    const PHASES: &[&str] = &["Step 2,139", "Timeline: step "];
    const INSPECT: &[&str] =
        &["Experts: of 8 experts the busiest is expert ", "Load by layer: layer ", "Weights of every two experts"];
    vec![
        (WindowMode::Learn, points(), LEARN),
        (WindowMode::Train, fixture::running(USUAL), TEXT),
        (WindowMode::Train, points(), POINTS),
        (WindowMode::Train, at_phase(fixture::paused(), Phase::Compete), PHASES),
        (WindowMode::Inspect, fixture::running(USUAL), INSPECT),
        (WindowMode::Compare, fixture::running(USUAL), &["No race yet"]),
    ]
}

#[test]
fn every_picture_says_in_a_sentence_what_it_shows() {
    for (mode, shot, sentences) in screens() {
        let harness = window(shot, mode, [1600.0, 1000.0]);
        let said = said(&harness);
        for words in sentences {
            let found = said.iter().find(|(_, label)| label.contains(words));
            let (_, label) = found.unwrap_or_else(|| panic!("{mode:?}: no picture says “{words}”: {said:#?}"));
            assert!(!label.contains("NaN") && !label.contains('{'), "{label}");
        }
    }
}

#[test]
fn nothing_that_can_be_used_or_seen_is_without_a_name() {
    for size in [[1600.0, 1000.0], [1280.0, 720.0], [700.0, 500.0]] {
        for (mode, shot, _) in screens() {
            let harness = window(shot, mode, size);
            let all = said(&harness);
            assert!(all.len() > 10, "{mode:?}: {}", all.len());
            let nameless: Vec<&(Role, String)> = all.iter().filter(|(_, label)| label.trim().is_empty()).collect();
            assert!(nameless.is_empty(), "{mode:?} at {size:?}: {nameless:?}");
        }
    }
}

#[test]
fn the_sentence_of_the_load_has_the_numbers_of_its_bars() {
    let harness = window(points(), WindowMode::Learn, [1600.0, 1000.0]);
    let all = said(&harness);
    let find = |part: &str| all.iter().map(|(_, label)| label).find(|label| label.starts_with(part)).unwrap().clone();
    let sentence = find("Load: expert ");
    // Each bar says its own share; the ends of the sentence are among them.
    let number = |text: &str| text.split(" %").next().unwrap().rsplit(' ').next().unwrap().parse::<f64>().unwrap();
    let shares: Vec<f64> = (1..=4).map(|id| number(&find(&format!("Expert {id}: router")))).collect();
    let most = shares.iter().copied().fold(0.0, f64::max);
    let least = shares.iter().copied().fold(100.0, f64::min);
    let parts: Vec<&str> = sentence.split(", expert ").collect();
    assert!((number(parts[0]) - most).abs() < 0.11, "{sentence}: {shares:?}");
    assert!(
        (number(parts[1]) - least).abs() < 0.11 && sentence.ends_with("even would be 25.0 %"),
        "{sentence}: {shares:?}"
    );
}
