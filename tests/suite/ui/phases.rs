//! The phases of a step in the window: gone through by keys with a real run behind it, their numbers added up, and every phase
//! drawn at every size.

use std::sync::Arc;

use burn::tensor::Device;
use eframe::egui::{Key, Modifiers, Rect, Vec2, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use moe_arena::domain::config::{Config, PlaneConfig, PlaneTarget, Preset, TaskConfig};
use moe_arena::domain::readings::Phase;
use moe_arena::domain::state::State;
use moe_arena::engine::train::Trainer;
use moe_arena::run::{Command, From, Snapshot};
use moe_arena::tasks;
use moe_arena::ui::App;
use moe_arena::ui::screens::layout::Screen;

use super::fixture::{self, Shape, USUAL, app, commands};
use super::fixture_phases::at_phase;
use super::journey::Window;
use super::painted_shapes::{Sheet, faults, texts, widgets};

/// Both tasks, and whether the first step competes in the first layer.
fn configs() -> [(Config, bool); 4] {
    let of = |mut config: Config, rate: f64| {
        (config.knobs.competition_rate, config.knobs.max_competing_layers) = (rate, 8);
        (config, rate > 0.0)
    };
    let plane = || Preset::Tiny.config_for(TaskConfig::Plane(PlaneConfig { points: 60, ..PlaneConfig::default() }));
    [of(Preset::Tiny.config(), 1.0), of(Preset::Tiny.config(), 0.0), of(plane(), 1.0), of(plane(), 0.0)]
}

fn labels(harness: &Harness<'static, App>, part: &str) -> Vec<String> {
    let all = harness.query_all_by_label_contains(part);
    all.filter_map(|node| node.accesskit_node().label().or(node.accesskit_node().value())).collect()
}

/// The rows of the table: what is said of each expert, in order, from `part` on.
fn rows(harness: &Harness<'static, App>, part: &str) -> Vec<String> {
    labels(harness, part).into_iter().filter(|label| label.starts_with("Expert ")).collect()
}

/// The number after `name` in a label; the window's minus is a true one.
fn number(label: &str, name: &str) -> f64 {
    let rest = label.split(name).nth(1).unwrap_or_else(|| panic!("no {name} in {label}"));
    let text: String = rest.trim_start().chars().take_while(|c| c.is_ascii_digit() || "−.e".contains(*c)).collect();
    text.replace('−', "-").parse().unwrap_or_else(|_| panic!("{text} in {label}"))
}

/// The numbers of `(a, b, c, …)` or `a, b, c` at the end of a label.
fn numbers(label: &str) -> Vec<f64> {
    let list = label.trim_end_matches(", …)").rsplit(['(', 'r']).next().unwrap();
    list.split(", ").map(|text| text.trim().replace('−', "-").parse().unwrap()).collect()
}

fn next(window: &mut Window, state: &str) {
    window.harness.key_press_modifiers(Modifiers::SHIFT, Key::S);
    window.see(state);
}

/// How far a step taken at once moves each expert of the first layer.
fn moved(config: &Config) -> Vec<f64> {
    let task = tasks::open(config).unwrap();
    let before = State::initial(config);
    let mut trainer = Trainer::new(Arc::new(config.clone()), task, &Device::flex(), &before).unwrap();
    trainer.step().unwrap();
    trainer.read().unwrap();
    let after = trainer.state().unwrap();
    let mut squares = vec![0.0; config.model.experts];
    for (was, is) in before.weights.iter().zip(&after.weights).filter(|(was, _)| was.name.contains("blocks.0.experts."))
    {
        let each = was.values.len() / squares.len();
        for (place, (a, b)) in was.values.iter().zip(&is.values).enumerate() {
            squares[place / each] += (f64::from(*a) - f64::from(*b)).powi(2);
        }
    }
    squares.into_iter().map(f64::sqrt).collect()
}

#[test]
fn four_phases_by_keys_show_numbers_that_add_up_and_take_the_step() {
    for (config, competes) in configs() {
        let experts = config.model.experts;
        let k = config.knobs.top_k;
        let mut window = Window::open(From::Config(Box::new(config.clone())));
        window.see("Step 0");
        next(&mut window, "Step 1: routed");
        let harness = &window.harness;
        let routed = rows(harness, ": z ");
        assert_eq!(routed.len(), experts);
        let p: f64 = routed.iter().map(|row| number(row, ", p ")).sum();
        assert!((p - 1.0).abs() < 0.001 * experts as f64, "{routed:?}");
        assert_eq!(routed.iter().filter(|row| row.ends_with(", picked")).count(), k);
        assert!(labels(harness, "Σ p = 1.000").len() == 1 && labels(harness, "p_i = e^z_i").len() == 1);
        assert_eq!(labels(harness, "the first of").len(), 2, "that nobody chose is said, and in the sentence as well");

        if competes {
            next(&mut window, "Step 1: competed");
            let competed = rows(&window.harness, ": response ");
            let won = competed.iter().filter(|row| row.contains(", won")).count();
            assert_eq!((competed.len(), won), (experts, k), "{competed:?}");
            let least = competed.iter().filter(|row| row.contains(", won")).map(|row| number(row, "response "));
            let least = least.fold(f64::INFINITY, f64::min);
            let lost = competed.iter().filter(|row| !row.contains(", won")).map(|row| number(row, "response "));
            assert!(lost.fold(0.0, f64::max) <= least, "{competed:?}");
        } else {
            next(&mut window, "Step 1: nobody competed");
            assert!(!labels(&window.harness, "Nobody competes at this step: the schedule").is_empty());
            assert!(rows(&window.harness, ": response ").is_empty());
        }

        next(&mut window, "Step 1: combined");
        let combined = rows(&window.harness, ": weight ");
        assert_eq!(combined.len(), k);
        let w: Vec<f64> = combined.iter().map(|row| number(row, "weight ")).collect();
        assert!((w.iter().sum::<f64>() - 1.0).abs() < 0.001 * k as f64, "{combined:?}");
        let y = labels(&window.harness, "= (").into_iter().find(|label| label.starts_with("= (")).unwrap();
        for (component, y) in numbers(&y).into_iter().enumerate() {
            let sum: f64 = combined.iter().zip(&w).map(|(row, w)| w * numbers(row)[component]).sum();
            assert!((sum - y).abs() < 0.003 + 0.02 * y.abs(), "{y} is not {sum}: {combined:?}");
        }
        assert!(!labels(&window.harness, "Step 0 of").is_empty(), "nothing is applied yet");

        next(&mut window, "Step 1: learned");
        window.see("Step 1 of");
        let learned = rows(&window.harness, ": gradient ");
        assert_eq!(learned.len(), experts);
        for (row, expected) in learned.iter().zip(moved(&config)) {
            let found = number(row, "update ");
            assert!(
                (found - expected).abs() < 0.06 * expected + 1e-3 * f64::from(u8::from(expected > 0.01)),
                "{row}: {expected}"
            );
        }
        assert_eq!(labels(&window.harness, "total = ").len(), 2, "the formula, and with its numbers");
        // What was reached can be looked at again, and the next phase is that of the next step.
        window.click("Route");
        window.see("Σ p = 1.000");
        next(&mut window, "Step 2: routed");
    }
}

#[test]
fn a_change_in_between_puts_the_phases_away_and_says_so() {
    let (config, _) = configs()[0].clone();
    let mut window = Window::open(From::Config(Box::new(config)));
    window.see("Step 0");
    next(&mut window, "Step 1: routed");
    window.click("Top-k: one more");
    window.click("Apply top-k");
    window.see("nothing of it was applied");
    assert!(window.harness.query_by_label("Next phase").is_none(), "the tiles are back");
    next(&mut window, "Step 1: routed");
    window.click("Close the phases");
    assert!(window.harness.query_by_label("Next phase").is_none());
    next(&mut window, "Step 1: competed");
    window.harness.key_press(Key::S);
    window.see("Step 1: learned");
}

/// Makes a snapshot at a phase.
type Make<'a> = &'a dyn Fn(Phase) -> Snapshot;

fn text(phase: Phase) -> Snapshot {
    at_phase(fixture::running(Shape { steps: 120, ..USUAL }), phase)
}

fn plane(phase: Phase) -> Snapshot {
    at_phase(fixture::plane(Shape { steps: 120, layers: 2, ..USUAL }, PlaneTarget::Class), phase)
}

#[test]
fn a_byte_or_a_point_is_chosen_by_a_click() {
    let (mut harness, writer) = app(text(Phase::Route), [1280.0, 720.0]);
    harness.run();
    let third = labels(&harness, " at 2: router picks")[0].clone();
    harness.get_by_label(&third).click();
    harness.run();
    assert_eq!(labels(&harness, ", 3 of 128").len(), 2);
    assert!(commands(&writer).is_empty());

    let (mut harness, _writer) = app(plane(Phase::Route), [1280.0, 720.0]);
    harness.run();
    let first = labels(&harness, "Point (")[0].clone();
    let map = harness.query_all_by_label_contains("The router chooses").next().unwrap().rect();
    harness.hover_at(map.left_bottom() + vec2(30.0, -30.0));
    harness.run();
    let at = map.left_bottom() + vec2(30.0, -30.0);
    harness.drag_at(at);
    harness.drop_at(at);
    harness.run();
    let chosen = labels(&harness, "Point (")[0].clone();
    assert!(chosen != first && !chosen.contains("the first of"), "{first} {chosen}");
}

#[test]
fn keys_and_the_menu_of_steps_send_what_they_say() {
    let sent = |clicks: &[&str], keys: &[(Modifiers, Key)]| {
        let (mut harness, writer) = app(fixture::paused(), [1600.0, 1000.0]);
        harness.run();
        for name in clicks {
            harness.get_by_label(name).click();
            harness.run();
        }
        for &(modifiers, key) in keys {
            harness.key_press_modifiers(modifiers, key);
            harness.run();
        }
        commands(&writer)
    };
    assert_eq!(sent(&[], &[(Modifiers::SHIFT, Key::S)]), [Command::Phase]);
    for (name, command) in [
        ("One step (S)", Command::Step(1)),
        ("Next phase (Shift S)", Command::Phase),
        ("10 steps", Command::Step(10)),
        ("100 steps", Command::Step(100)),
        ("Run to it", Command::StopAt(2200)),
    ] {
        assert_eq!(sent(&["More steps", name], &[]), [command], "{name}");
    }
    // Typed: the key opens the menu with the number under the hand.
    let (mut harness, writer) = app(fixture::paused(), [1600.0, 1000.0]);
    harness.run();
    harness.key_press(Key::G);
    harness.run();
    harness.run();
    harness.event(eframe::egui::Event::Text("3000".into()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(commands(&writer), [Command::StopAt(3000)]);
    assert_eq!(harness.query_all_by_label("Run to it").count(), 0, "the menu is closed");
    let failed = app(fixture::failed(), [1600.0, 1000.0]);
    let (mut harness, writer) = failed;
    harness.run();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::S);
    harness.key_press(Key::G);
    harness.run();
    assert_eq!(commands(&writer), []);
}

#[test]
fn every_phase_is_drawn_at_every_size_and_nothing_is_cut_or_covered() {
    const SIZES: [[f32; 2]; 6] =
        [[1600.0, 1000.0], [1280.0, 720.0], [1024.0, 600.0], [640.0, 400.0], [320.0, 480.0], [60.0, 40.0]];
    let many = |phase| at_phase(fixture::running(Shape { steps: 60, experts: 64, ..USUAL }), phase);
    let one = |phase| at_phase(fixture::running(Shape { steps: 60, experts: 1, ..USUAL }), phase);
    let odd = |phase| {
        at_phase(fixture::plane(Shape { steps: 120, layers: 1, experts: 7, ..USUAL }, PlaneTarget::Value), phase)
    };
    let all: [(&str, usize, Make<'_>); 5] = [
        ("text", 2, &text),
        ("points", 1, &plane),
        ("points at a router step", 1, &odd),
        ("64 experts", 2, &many),
        ("one expert", 1, &one),
    ];
    for (name, layers, make) in all {
        for phase in Phase::ALL {
            for layer in 0..layers {
                let (mut harness, _writer) = app(make(phase), SIZES[0]);
                harness.run();
                (0..layer).for_each(|_| harness.key_press(Key::CloseBracket));
                for size in SIZES {
                    harness.set_size(Vec2::from(size));
                    let frames = harness.run();
                    let what = format!("{name}, {phase:?}, layer {}, {size:?}", layer + 1);
                    assert!(frames <= 6, "{what} took {frames} frames");
                    if size[0] < 600.0 {
                        continue;
                    }
                    let window = Rect::from_min_size(pos2(0.0, 0.0), vec2(size[0], size[1]));
                    let screen = Screen::of(window, false, false, false);
                    // The rail's legend, at its foot, does not scroll.
                    let rail = screen.rail.map(|rail| rail.with_max_y(rail.bottom() - 32.0));
                    let panel = screen.grown.with_min_y(screen.flow.bottom());
                    let scrolls: Vec<Rect> = rail.into_iter().chain(screen.selection).chain([panel]).collect();
                    let widgets = widgets(&harness);
                    let sheet = Sheet { window, scrolls: &scrolls, over: &[], widgets: &widgets };
                    let found = faults(&texts(&harness.output().shapes), &sheet);
                    assert!(found.is_empty(), "{what}: {found:#?}");
                }
            }
        }
    }
}

/// Contrast of the experts' loads with what they stand on, the weakest of them.
fn loads_contrast(phase: Phase) -> f32 {
    let (mut harness, _writer) = app(text(phase), [1600.0, 1000.0]);
    harness.run();
    let painted = texts(&harness.output().shapes);
    let title = painted.iter().find(|text| text.text == "load").expect("a title").ink;
    let below =
        |rect: Rect| rect.top() > title.bottom() && rect.top() < 430.0 && (rect.right() - title.right()).abs() < 3.0;
    let loads: Vec<f32> = painted.iter().filter(|text| below(text.ink)).map(|text| text.contrast).collect();
    assert_eq!(loads.len(), 8, "one for each expert");
    loads.into_iter().fold(f32::INFINITY, f32::min)
}

#[test]
fn what_a_phase_does_not_touch_is_dim() {
    assert!(loads_contrast(Phase::Route) < 2.0, "the router alone is at work");
    for phase in [Phase::Compete, Phase::Combine, Phase::Learn] {
        assert!(loads_contrast(phase) > 4.0, "{phase:?} is about the experts");
    }
}
