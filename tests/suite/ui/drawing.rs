//! Nothing that is drawn is cut, lies on something else or loses a sign, at any size, scale and magnitude; alerts, fault
//! lab and selection can be reached wherever the window is small.

use std::sync::Arc;

use eframe::egui::{Event, Key, Modifiers, MouseWheelUnit, Rect, TouchPhase, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use moe_arena::run::{FailureCause, Notice, PausedBy, Snapshot, Status, Writer, channel};
use moe_arena::store::history::What;
use moe_arena::ui::App;
use moe_arena::ui::screens::layout::Screen;

use super::fixture::{self, Shape, USUAL};
use super::painted_shapes::{Painted, Sheet, faults, texts, widgets};
use super::wild::{standing, wild, wild_first};

/// Sizes in points with pixels a point: windows of 1024 × 600, 1280 × 720, 1600 × 1000 and 2560 × 1440 pixels at the
/// scales 1, 1.25 and 2, and some that are smaller or scaled more.
const SCREENS: [([f32; 2], f32); 18] = [
    ([640.0, 400.0], 1.0),
    ([640.0, 400.0], 3.0),
    ([533.0, 333.0], 3.0),
    ([1024.0, 600.0], 1.0),
    ([819.0, 480.0], 1.25),
    ([512.0, 300.0], 2.0),
    ([1024.0, 600.0], 1.25),
    ([1280.0, 720.0], 1.0),
    ([1024.0, 576.0], 1.25),
    ([640.0, 360.0], 2.0),
    ([1280.0, 800.0], 1.25),
    ([1600.0, 1000.0], 1.0),
    ([800.0, 500.0], 2.0),
    ([1600.0, 1000.0], 2.0),
    ([2560.0, 1440.0], 1.0),
    ([2048.0, 1152.0], 1.25),
    ([1280.0, 720.0], 2.0),
    ([1450.0, 900.0], 1.0),
];

/// What a person has done to the window before it is looked at.
const DONE: [&[&str]; 14] = [
    &[],
    &["key 3", "byte"],
    &["drawer", "key 3", "byte"],
    &["alerts"],
    &["Show agreement"],
    &["Show collapse", "back"],
    &["Show loss"],
    &["Grow load"],
    &["Show agreement", "Grow agreement"],
    &["Show collapse", "Grow collapse"],
    &["Show loss", "Grow loss", "notices"],
    &["Knobs", "scroll the knobs"],
    &["scroll the knobs", "drawer"],
    &["New run…"],
];

fn window(shot: Snapshot, size: [f32; 2], scale: f32, dark: bool) -> (Harness<'static, App>, Writer) {
    let (reader, writer) = channel(shot, Box::new(|| {}));
    let builder = Harness::builder().with_size(size).with_pixels_per_point(scale).with_max_steps(12);
    let mut harness = builder.build_eframe(move |cc| App::new(&cc.egui_ctx, reader, dark));
    harness.run();
    (harness, writer)
}

fn says(harness: &Harness<'static, App>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

/// Clicks what is called so, if it is there.
fn click(harness: &mut Harness<'static, App>, name: &str) -> bool {
    let Some(node) = harness.query_all_by_label(name).next() else { return false };
    node.click();
    harness.run();
    true
}

fn press(harness: &mut Harness<'static, App>, key: Key) {
    harness.key_press(key);
    harness.run();
}

fn painted(harness: &Harness<'static, App>) -> Vec<Painted> {
    texts(&harness.output().shapes)
}

#[test]
fn nothing_drawn_is_cut_overlaps_or_loses_a_sign() {
    let usual = |steps| fixture::running(Shape { steps, ..USUAL });
    let shots =
        [wild(1), wild_first(2), wild(3), fixture::at_start(), wild(2), usual(240), wild_first(1), wild(4), usual(1)];
    // A fifth of all there is; all of it where somebody asks for that.
    let all = std::env::var_os("MOE_ARENA_EVERY_DRAWING").is_some();
    let mut found = std::collections::BTreeMap::<String, String>::new();
    let mut frames = 0;
    for (place, &(size, scale)) in SCREENS.iter().enumerate() {
        for (turn, done) in DONE.iter().enumerate().filter(|(turn, _)| all || (place + turn) % 5 == 0) {
            let which = (place * 4 + turn) % shots.len();
            let (mut harness, writer) = window(shots[which].clone(), size, scale, (place + turn) % 2 == 0);
            let mut drawer = false;
            for what in *done {
                match *what {
                    "key 3" => press(&mut harness, Key::Num3),
                    "alerts" => {
                        press(&mut harness, Key::A);
                        drawer = true;
                    }
                    "drawer" => {
                        press(&mut harness, Key::I);
                        drawer = true;
                    }
                    "scroll the knobs" => {
                        harness.hover_at(pos2(100.0, size[1] / 2.0));
                        harness.event(Event::MouseWheel {
                            unit: MouseWheelUnit::Point,
                            source: eframe::egui::MouseWheelSource::Wheel,
                            delta: vec2(0.0, -4000.0),
                            phase: TouchPhase::Move,
                            modifiers: Modifiers::NONE,
                        });
                        harness.run();
                    }
                    "back" => press(&mut harness, Key::ArrowLeft),
                    "notices" => {
                        writer.notice(Notice::Failed(FailureCause::CannotBegin(fixture::reason(
                            "the disk is full; 12345678 bytes were wanted",
                        ))));
                        harness.run();
                    }
                    "byte" => {
                        let byte = harness.query_all_by_label_contains("Byte “").next().map(|node| node.click());
                        byte.map(|()| harness.run());
                    }
                    name => {
                        click(&mut harness, name);
                    }
                }
            }
            harness.remove_cursor();
            harness.run();
            frames += 1;
            let whole = Rect::from_min_size(pos2(0.0, 0.0), vec2(size[0], size[1]));
            let screen = Screen::of(whole, done.contains(&"Knobs"), drawer, false);
            // The rail's legend, at its foot, does not scroll.
            let rail = screen.rail.map(|rail| rail.with_max_y(rail.bottom() - 32.0));
            let scrolls: Vec<Rect> = rail.into_iter().chain(screen.selection).collect();
            let over: Vec<Rect> = screen.selection.filter(|rect| rect.intersects(screen.grown)).into_iter().collect();
            let widgets = widgets(&harness);
            let sheet = Sheet { window: whole, scrolls: &scrolls, over: &over, widgets: &widgets };
            for fault in faults(&painted(&harness), &sheet) {
                let kind = fault.chars().filter(|c| !c.is_ascii_digit() && !".[]- ".contains(*c)).take(70).collect();
                found.entry(kind).or_insert(format!("run {which}, {size:?} at {scale}, {done:?}: {fault}"));
            }
        }
    }
    assert!(frames >= 2 * SCREENS.len(), "{frames} windows");
    let told: Vec<&String> = found.values().take(400).collect();
    assert!(found.is_empty(), "{} faults, of which {told:#?}", found.len());
}

#[test]
fn alerts_fault_lab_and_selection_are_reached_at_every_size() {
    for (size, scale) in SCREENS {
        let shot = wild(1);
        let (mut harness, _writer) = window(shot, size, scale, true);
        let at = format!("{size:?} at {scale}");
        assert!(harness.query_all_by_label("9 alerts").next().is_some(), "nobody counts the alerts, {at}");
        if size[0] < Screen::WIDE {
            assert!(!says(&harness, "Break something on purpose"), "{at}");
            assert!(click(&mut harness, "Selection"), "no button leads to the selection, {at}");
            assert!(says(&harness, "Break something on purpose"), "{at}");
            // It can be put away again by a button of its own, and by the one that showed it.
            assert!(click(&mut harness, "Hide the selection"), "{at}");
            assert!(!says(&harness, "Break something on purpose"), "{at}");
            harness.query_all_by_label("9 alerts").last().unwrap().click();
            harness.run();
        } else {
            press(&mut harness, Key::A);
        }
        let shown = harness.query_all_by_label_contains("Hidden states entering layer 1 spread over").count();
        assert!(shown >= 3, "only {shown} of the alerts are there, {at}");
        // Every alert can be pressed, and none is as low as its words are high.
        let rows: Vec<Rect> = harness.query_all_by_label_contains("Try: ").map(|n| n.rect()).collect();
        assert!(rows.len() >= 9, "{at}: {rows:?}");
        let seen = painted(&harness);
        let first = seen.iter().find(|text| text.text.ends_with("2.1 of at most 32")).expect("the first alert is seen");
        assert!(rows.iter().any(|row| row.expand(1.0).contains_rect(first.ink)), "{at}: {first:?}");
    }
}

#[test]
fn the_selection_lies_beside_the_tiles_at_1280() {
    let (mut harness, _writer) = window(wild(1), [1280.0, 720.0], 1.0, true);
    press(&mut harness, Key::I);
    for name in ["Show layer 3", "Grow load", "About load"] {
        let spot = harness.get_by_label(name).rect();
        assert!(spot.right() < 1280.0 - 296.0, "“{name}” lies under the selection: {spot:?}");
    }
    assert!(click(&mut harness, "Show layer 3") && says(&harness, "Load, layer 3"));
}

#[test]
fn picture_and_timeline_are_pages_where_they_have_no_room() {
    let (mut harness, _writer) = window(fixture::running(USUAL), [533.0, 333.0], 3.0, true);
    assert!(!says(&harness, "winners among") && !says(&harness, "Now: step 2,138"));
    assert!(click(&mut harness, "Show layer") && says(&harness, "winners among"));
    assert!(click(&mut harness, "Show run") && says(&harness, "Now: step 2,138, live"));
    assert!(click(&mut harness, "Show load") && says(&harness, "Load, layer 1"));
}

#[test]
fn two_changes_at_a_step_are_one_flag_that_names_both() {
    // Two at 250, another at 252: within a flag's width of each other.
    let (mut harness, _writer) = window(wild(2), [1600.0, 1000.0], 1.0, true);
    let name = "Steps 250 to 252: L2 expert 1 muted\nL2 expert 2 muted\nL2 expert 3 muted";
    assert!(painted(&harness).iter().any(|text| text.text == "3 changes"), "nobody counts the changes");
    assert!(click(&mut harness, name), "no flag names all three");
    assert!(says(&harness, "Viewing step 252 of 360"));
}

#[test]
fn what_is_not_planned_yet_is_not_drawn_as_a_plan_without_competitions() {
    let mut shot = fixture::running(USUAL);
    Arc::make_mut(&mut shot.config).steps = 9_000;
    let (harness, _writer) = window(shot.clone(), [1600.0, 1000.0], 1.0, true);
    let channel = harness.get_by_label_contains("Step viewed: ").rect();
    let unknown = harness.get_by_label("not planned yet").rect();
    let known = (shot.step + shot.model.ahead.len() as u64) as f32 / 9_000.0;
    assert!((unknown.left() - (channel.left() + channel.width() * known)).abs() < 2.0, "{unknown:?} in {channel:?}");
    Arc::make_mut(&mut shot.config).steps = shot.step + shot.model.ahead.len() as u64;
    let (harness, _writer) = window(shot, [1600.0, 1000.0], 1.0, true);
    assert!(!says(&harness, "not planned yet"));
}

#[test]
fn count_and_share_of_competitions_say_over_what_they_are_taken() {
    let mut shot = fixture::running(USUAL);
    let (harness, _writer) = window(shot.clone(), [1600.0, 1000.0], 1.0, true);
    assert!(says(&harness, " in the whole run; ") && says(&harness, " of the last 512 steps, 7.0 % asked"));
    assert!(painted(&harness).iter().any(|text| text.text.ends_with(" in all")));
    assert!(painted(&harness).iter().any(|text| text.text.ends_with("% of last 512")));
    // Right after the rate was changed nothing is known of the new one, and the bar is empty.
    let mut now = shot.knobs.clone();
    now.competition_rate = 0.0;
    let changes = shot.knobs.changes(&now);
    Arc::make_mut(&mut shot.memory.history).journal_mut().push(shot.step, What::Knobs { now: now.clone(), changes });
    shot.knobs = now;
    let (harness, _writer) = window(shot, [1600.0, 1000.0], 1.0, true);
    assert!(says(&harness, "n/a of the last 0 steps, 0.0 % asked"));
}

#[test]
fn looking_back_shows_the_alerts_of_that_step() {
    let mut shot = fixture::paused();
    *Arc::make_mut(&mut shot.memory.alerts) = standing(5, 1_000);
    let (mut harness, _writer) = window(shot, [1600.0, 1000.0], 1.0, true);
    // The timeline has all alerts there ever were; the selection those of the step shown.
    let rows =
        |harness: &Harness<'static, App>| harness.query_all_by_label_contains("gets 8 % of an even share").count();
    assert!(says(&harness, "5 alerts") && !says(&harness, "alerts at step"));
    assert_eq!(rows(&harness), 2);
    let channel = harness.get_by_label("Step viewed: 2,138 of 2,138").rect();
    let look = |harness: &mut Harness<'static, App>, step: f32| {
        let at = pos2(channel.left() + channel.width() * step / 4000.0, channel.center().y);
        harness.drag_at(at);
        harness.run();
        harness.drop_at(at);
        harness.run();
    };
    look(&mut harness, 390.0);
    assert!(says(&harness, "Viewing step 3") && !says(&harness, "alerts at step"));
    assert_eq!(rows(&harness), 1);
    look(&mut harness, 1_400.0);
    assert!(says(&harness, "5 alerts at step 1,"));
}

#[test]
fn a_run_of_one_step_is_told_in_the_singular_and_on_a_sane_axis() {
    let mut shot = fixture::running(Shape { steps: 1, ..USUAL });
    shot.status = Status::Paused(PausedBy::Steps(1));
    let (harness, _writer) = window(shot, [1600.0, 1000.0], 1.0, true);
    assert!(says(&harness, "Load, layer 1 · last step"));
    assert!(painted(&harness).iter().any(|text| text.text == "Paused: 1 step done"), "the badge does not say how many");
    let zeros = painted(&harness).iter().filter(|text| text.text == "0" && text.mark).count();
    assert!(zeros <= 4, "{zeros} marks read 0");
}

#[test]
fn the_number_of_an_expert_can_be_read_while_another_one_is_lit() {
    for dark in [true, false] {
        let (mut harness, _writer) = window(fixture::paused(), [1600.0, 1000.0], 1.0, dark);
        press(&mut harness, Key::Num3);
        let chips: Vec<Painted> = painted(&harness)
            .into_iter()
            .filter(|text| text.text.parse::<u32>().is_ok() && text.ground.is_some_and(|ground| ground.width() < 40.0))
            .collect();
        assert!(chips.len() >= 12, "{} chips", chips.len());
        let weak: Vec<&Painted> = chips.iter().filter(|text| text.contrast < 2.5).collect();
        assert!(weak.is_empty(), "dark {dark}: {weak:#?}");
    }
}

/// “1 steps” and the like, if it is said.
fn plural_of_one(words: &str) -> Option<String> {
    const COUNTED: [&str; 16] = [
        "alerts",
        "batches",
        "bytes",
        "changes",
        "competitions",
        "experts",
        "layers",
        "pairs",
        "passes",
        "probes",
        "rows",
        "saves",
        "steps",
        "tokens",
        "validations",
        "winners",
    ];
    let words: Vec<&str> =
        words.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).collect();
    let pair = words.windows(2).find(|pair| pair[0] == "1" && COUNTED.contains(&pair[1]))?;
    Some(pair.join(" "))
}

#[test]
fn one_of_anything_is_told_in_the_singular() {
    assert_eq!(plural_of_one("mean of 1 steps, 2 bits").as_deref(), Some("1 steps"));
    let one = |steps, layers, experts| fixture::running(Shape { steps, layers, experts, ..USUAL });
    for (shot, status) in [
        (one(1, 1, 1), Status::Paused(PausedBy::Steps(1))),
        (one(1, 2, 8), Status::Running),
        (one(51, 1, 2), Status::Running),
        (wild_first(1), Status::Running),
    ] {
        let (mut harness, _writer) = window(Snapshot { status, ..shot }, [1600.0, 1000.0], 1.0, true);
        for grow in ["Grow load", "Grow agreement", "Grow collapse", "Grow loss"] {
            click(&mut harness, grow);
            let labels = harness.query_all_by(|_| true).filter_map(|node| node.accesskit_node().label());
            let said: Vec<String> = labels.chain(painted(&harness).into_iter().map(|text| text.text)).collect();
            let wrong: Vec<&String> = said.iter().filter(|words| plural_of_one(words).is_some()).collect();
            assert!(wrong.is_empty(), "{grow}: {wrong:?}");
            press(&mut harness, Key::Escape);
        }
    }
}

#[test]
fn text_that_is_cut_is_whole_under_the_pointer() {
    let (mut harness, _writer) = window(wild(2), [640.0, 400.0], 1.0, true);
    let policy = painted(&harness).into_iter().find(|text| text.text.ends_with('…') && text.text.len() > 8);
    let policy = policy.expect("something has no room in a small window");
    harness.hover_at(policy.ink.center());
    for _ in 0..6 {
        harness.step();
    }
    let begin: String = policy.text.chars().take(4).collect();
    let whole = painted(&harness).iter().any(|text| text.text.starts_with(&begin) && !text.text.ends_with('…'));
    assert!(whole, "nothing says what “{}” is", policy.text);
}
