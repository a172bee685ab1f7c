//! Lessons in the window, with a real run behind them: from the list to the last page, and a wrong move that does not pass.

use std::time::Instant;

use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::Preset;
use moe_arena::run::{From, WindowMode};

use super::journey::{PATIENCE, Window};

fn window() -> Window {
    Window::open_in(From::Config(Box::new(Preset::Learn.config())), WindowMode::Learn)
}

impl Window {
    /// Begins a lesson from the list.
    fn begin(&mut self, title: &str) {
        self.see("Lessons");
        self.click(&format!("Begin the lesson “{title}”"));
    }

    /// Goes on, as soon as that can be done, until a page with this mark is shown.
    fn next_to(&mut self, page: usize, all: usize, mark: &str) {
        self.see_button("Next");
        self.click("Next");
        self.see(&format!("Page {page} of {all}: {mark}"));
    }

    /// Sets a slider by its name.
    fn set(&mut self, name: &str, value: f64) {
        self.harness.get_by_role_and_label(Role::Slider, name).set_value_accesskit(value);
        self.harness.run();
    }

    /// The page that “Save report…” writes.
    fn report(&mut self) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lesson.html");
        self.click("Run menu");
        self.click("Save report…");
        self.see_work("Save file");
        let field = self.harness.get_by_role_and_label(Role::TextInput, "Path");
        field.set_text_value_accesskit(&path.to_string_lossy());
        self.harness.run();
        self.click("Save file");
        self.see_work("lesson.html");
        std::fs::read_to_string(&path).unwrap()
    }

    /// Draws until something whose name holds `part` is there, which a thread of the window makes: the run has no news of it.
    fn see_work(&mut self, part: &str) {
        let begun = Instant::now();
        while self.harness.query_all_by_label_contains(part).next().is_none() {
            assert!(begun.elapsed() < PATIENCE, "never saw “{part}”");
            std::thread::yield_now();
            self.harness.step();
        }
    }

    /// Tries the goal again, from its beginning.
    fn again(&mut self) {
        self.see_button("Try again");
        self.click("Try again");
        self.see_button("Run to the goal");
    }
}

#[test]
fn the_first_lesson_from_its_list_to_its_end() {
    let mut window = window();
    window.begin("Who answers loudest?");
    window.see("Lesson 1 of 9");
    window.see("Page 1 of 5: Look");
    window.next_to(2, 5, "Predict");
    window.set("Your guess for expert 2", 0.55);
    window.next_to(3, 5, "Run");
    window.next_to(4, 5, "Reveal");
    window.see("Expert 2: guessed 55.0 %, measured");
    window.next_to(5, 5, "Try");
    window.see_button("Run to the goal");

    // Doing nothing does not pass, and neither does another control that is shown.
    window.click("Run to the goal");
    window.see("Not reached: the steps are over");
    window.again();
    window.set("Learning rate", 0.004);
    window.see("learning rate 0.003");
    window.click("Run to the goal");
    window.see("Not reached: the steps are over");

    window.again();
    window.set("Competition rate", 0.5);
    window.see("competition rate 0.02");
    window.click("Run to the goal");
    window.see("Reached after");
    window.see_button("Finish");
    window.click("Finish");
    window.see("That was the lesson");
    let report = window.report();
    for said in ["Lesson: Who answers loudest?", "Expert 2: guessed 55.0 %, measured", "Reached after"] {
        assert!(report.contains(said), "“{said}” is not in the report");
    }
    window.click("All lessons");
    window.see("Done");
}

#[test]
fn the_third_lesson_and_the_push_in_the_wrong_place() {
    let mut window = window();
    window.begin("Load collapse and balance");
    window.next_to(2, 4, "Predict");
    // No guess, no way on.
    window.see("Guess first");
    window.click("Two or fewer (less than 2.5)");
    window.next_to(3, 4, "Reveal");
    window.see("this is what happened");
    window.next_to(4, 4, "Try");
    window.see_button("Run to the goal");
    window.set("Balance β", 1.0);
    window.see("balance β 0");
    window.click("Run to the goal");
    window.see("Not reached: the steps are over");

    window.again();
    window.set("Affinity βc", 1.0);
    window.click("Run to the goal");
    window.see("Reached after");
}

#[test]
fn the_seventh_lesson_and_a_shown_way() {
    let mut window = window();
    window.begin("Split an expert while it trains");
    window.next_to(2, 4, "Predict");
    window.click("No: 3.4 or fewer");
    window.next_to(3, 4, "Reveal");
    window.see("this is what happened");
    window.next_to(4, 4, "Try");
    window.see_button("Run to the goal");
    window.click("Run to the goal");
    window.see("Not reached: the steps are over");
    window.see_button("Show me");
    window.click("Show me");
    window.see("The program reached it in");
}
