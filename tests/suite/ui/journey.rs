//! A whole journey through the window with a real run behind it: run, pause, step, top-k, experts, rate, save, close,
//! reopen, resume. Waits for the run's own wake-ups, never on time.

use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::Preset;
use moe_arena::run::{Autosave, From, Start, WindowMode, spawn, window_settings};
use moe_arena::store::checkpoint;
use moe_arena::store::history::What;
use moe_arena::ui::App;
use moe_arena::words;

/// Longer than anything here takes; reaching it is a failure.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub struct Window {
    pub harness: Harness<'static, App>,
    news: Receiver<()>,
}

impl Window {
    pub fn open(from: From) -> Self {
        Self::open_in(from, WindowMode::Train)
    }

    pub fn open_in(from: From, mode: WindowMode) -> Self {
        Self::with(from, move |app| app.in_mode(mode).with_lesson(None))
    }

    /// The window as a program that was never started before opens it: `folder` is where it would keep anything, and empty.
    pub fn first_start(folder: &Path) -> Self {
        let [settings, recent] = ["window.json", "recent-files.json"].map(|name| folder.join(name));
        let kept = window_settings(&settings);
        let mode = kept.mode.unwrap_or(WindowMode::Learn);
        Self::with(From::Config(Box::new(Preset::Learn.config())), move |app| {
            let app = app.in_mode(mode).with_lesson(None).with_settings(kept, Some(settings));
            app.with_recent_files(Some(recent))
        })
    }

    fn with(from: From, set_up: impl FnOnce(App) -> App + 'static) -> Self {
        let (wake, news) = sync_channel(1);
        let start = Start { from, device: "cpu".into(), out: None, overwrite: false, autosave: Autosave::Never };
        let repaint = Box::new(move || {
            // Full means that a wake-up is waiting already.
            let _ = wake.try_send(());
        });
        let reader = spawn(start, repaint);
        let harness = Harness::builder()
            .with_size([1600.0, 1000.0])
            .with_max_steps(12)
            .build_eframe(move |cc| set_up(App::new(&cc.egui_ctx, reader, true)));
        Self { harness, news }
    }

    /// Draws until something whose name holds `part` is there.
    pub fn see(&mut self, part: &str) {
        loop {
            self.harness.run();
            if self.harness.query_all_by_label_contains(part).next().is_some() {
                return;
            }
            self.news.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("never saw “{part}”"));
        }
    }

    /// Draws until something of exactly this name is there.
    pub fn see_button(&mut self, name: &str) {
        loop {
            self.harness.run();
            if self.harness.query_by_label(name).is_some() {
                return;
            }
            self.news.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("never saw “{name}”"));
        }
    }

    /// Draws until one of several things of exactly these names is there; the first of them.
    pub fn see_one<'a>(&mut self, names: &[&'a str]) -> &'a str {
        loop {
            self.harness.run();
            if let Some(name) = names.iter().find(|name| self.harness.query_by_label(name).is_some()) {
                return name;
            }
            self.news.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("never saw one of {names:?}"));
        }
    }

    pub fn click(&mut self, name: &str) {
        self.harness.run();
        self.harness.get_by_label(name).click();
        self.harness.run();
    }
}

/// `1,234`, as the window writes numbers.
fn grouped(number: u64) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

/// Steps done, knobs and experts in a checkpoint.
fn look(path: &Path) -> (u64, usize, f64, usize) {
    let progress = checkpoint::peek(path).unwrap().progress;
    (progress.step, progress.knobs.top_k, progress.knobs.competition_rate, progress.rosters[0].len())
}

#[test]
fn run_pause_step_change_save_close_reopen_resume() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journey.safetensors");
    let mut config = Preset::Tiny.config();
    config.model.experts = 8;
    config.cadence.probe_every = 5;

    let mut window = Window::open(From::Config(Box::new(config)));
    window.see("Step 0");
    window.see("First probe at step 5");
    window.click("Run");
    window.see("Agreement: kappa");
    window.click("Pause");
    window.see("Paused");
    window.click("Step");

    window.click("Top-k: one more");
    window.click("Apply top-k");
    window.see("top-k 2 → 3");
    (0..4).for_each(|_| window.click("Experts: one more"));
    window.click("Apply experts");
    window.see("experts 8 → 12");
    window.click("Step");
    (0..6).for_each(|_| window.click("Experts: one fewer"));
    window.click("Apply experts");
    window.see("experts 12 → 6");
    window.harness.get_by_role_and_label(Role::Slider, "Competition rate").set_value_accesskit(0.5);
    window.see("competition rate 0.07 → 0.5");

    window.click("Run menu");

    window.click("Save checkpoint…");
    window.harness.get_by_role_and_label(Role::TextInput, "Path").set_text_value_accesskit(&path.to_string_lossy());
    window.harness.run();
    window.click("Save file");
    window.see("saved at step");
    drop(window);
    let (step, top_k, rate, experts) = look(&path);
    assert_eq!((top_k, rate, experts), (3, 0.5, 6));

    let mut window = Window::open(From::File(path.clone()));
    window.see(&format!("Step {}", grouped(step)));
    window.click("Step");
    window.see(&format!("Step {}", grouped(step + 1)));
    window.click("Run menu");
    window.click("Save checkpoint…");
    let again = folder.path().join("again.safetensors");
    window.harness.get_by_role_and_label(Role::TextInput, "Path").set_text_value_accesskit(&again.to_string_lossy());
    window.harness.run();
    window.click("Save file");
    window.see(&format!("saved at step {}", grouped(step + 1)));
    assert_eq!(look(&again), (step + 1, 3, 0.5, 6));
    let entries = checkpoint::peek(&again).unwrap().journal.entries().to_vec();
    let flags: Vec<String> = entries.iter().filter_map(|e| words::flag(&e.what)).collect();
    assert_eq!(flags, ["top-k 2 → 3", "experts 8 → 12", "experts 12 → 6", "competition rate 0.07 → 0.5"]);
    assert!(matches!(entries.last().unwrap().what, What::Started { .. }), "the reopened run began anew");
}
