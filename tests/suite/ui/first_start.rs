//! A first start, as a newcomer goes through it: an empty folder, the first lesson that is offered, and nothing but what is on
//! screen, to the end of it.

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};

use super::journey::Window;

/// What the main button of a lesson says while something can be done.
const MAIN: [&str; 6] =
    ["Begin the lesson “Who answers loudest?”", "Next", "Run to the goal", "Try again", "Go on", "Finish"];

/// The sliders that the lesson shows, by name.
fn controls(window: &Window) -> Vec<String> {
    let nodes = window.harness.query_all_by_role(Role::Slider);
    let at_left = nodes.filter(|node| node.rect().right() < 264.0 && node.rect().top() < 600.0);
    at_left.filter_map(|node| node.accesskit_node().label()).collect()
}

#[test]
fn a_newcomer_comes_to_the_end_of_the_first_lesson() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::first_start(folder.path());
    window.see("0 of 9 done");
    // The first lesson is the one that stands out; then the Space key, which the button names, does what comes next.
    window.click(MAIN[0]);
    let mut tried = Vec::new();
    loop {
        match window.see_one(&MAIN[1..]) {
            "Finish" => break,
            "Run to the goal" if tried.is_empty() => {
                // The page says to change one control; each that is shown is tried, one after the other.
                tried = controls(&window);
                assert!((1..=3).contains(&tried.len()), "few controls: {tried:?}");
                tried.reverse();
                let first = tried[tried.len() - 1].clone();
                window.harness.get_by_role_and_label(Role::Slider, &first).set_value_accesskit(1.0);
                window.harness.run();
                window.harness.key_press(Key::Space);
                window.harness.run();
            }
            "Try again" => {
                tried.pop();
                window.harness.key_press(Key::Space);
                window.see_one(&["Run to the goal"]);
                let next = tried.last().expect("a control that is shown reaches the goal").clone();
                window.harness.get_by_role_and_label(Role::Slider, &next).set_value_accesskit(1.0);
                window.harness.run();
            }
            _ => {
                window.harness.key_press(Key::Space);
                window.harness.run();
            }
        }
    }
    window.see("Reached after ");
    window.harness.key_press(Key::Space);
    window.see("That was the lesson");
    window.click("All lessons");
    window.see("1 of 9 done");
    // Nobody has chosen a mode, so that the next start begins here again, and remembers the lesson.
    drop(window);
    let mut again = Window::first_start(folder.path());
    again.see("1 of 9 done");
}
