//! What a tile shows, taken out of the window: the menu, the clipboard, and the files behind a typed path.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, OutputCommand};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::readings::WeightLikeness;
use moe_arena::domain::roster::ExpertId;
use moe_arena::run::{Snapshot, Writer, channel};
use moe_arena::ui::App;
use moe_arena::ui::kit::export::table::ExportTable;
use moe_arena::ui::kit::theme::DARK;
use moe_arena::ui::shell::clipboard::PutText;
use moe_arena::ui::view::ViewState;
use moe_arena::ui::view::export::tables;

use super::fixture::{self, Shape, USUAL, app};
use crate::devices::graphics;

const SIZE: [f32; 2] = [1600.0, 1000.0];
const TITLES: [&str; 4] = ["Load", "Agreement", "Collapse", "Loss"];
const ENTRIES: [&str; 5] = ["Copy what is seen", "Copy history", "Save CSV…", "Save PNG…", "Save SVG…"];
/// Longer than a small file takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

type Window = Harness<'static, App>;

fn small() -> Snapshot {
    fixture::running(Shape { steps: 400, ..USUAL })
}

fn open(shot: Snapshot) -> (Window, Writer) {
    let (mut harness, writer) = app(shot, SIZE);
    harness.run();
    (harness, writer)
}

fn table(title: &str, shot: &Snapshot) -> ExportTable {
    let view = ViewState::default();
    match title {
        "Load" => tables::load(shot, &view),
        "Agreement" => tables::agreement(shot, &view),
        "Collapse" => tables::collapse(shot, &view),
        _ => tables::loss(shot, &view),
    }
}

/// Chooses an entry of a tile's menu.
fn choose(harness: &mut Window, title: &str, entry: &str) {
    harness.get_by_label(&format!("{title} menu")).click();
    harness.run();
    harness.get_by_label(entry).click();
    harness.run();
}

/// Types a path into the files panel and saves there.
fn save(harness: &mut Window, path: &Path) {
    let field = harness.get_by_role_and_label(Role::TextInput, "Path");
    field.set_text_value_accesskit(&path.to_string_lossy());
    harness.run();
    harness.get_by_label("Save file").click();
    harness.run();
}

/// Draws until something whose name holds `part` is there; returns that name.
fn see(harness: &mut Window, part: &str) {
    let begun = Instant::now();
    while harness.query_all_by_label_contains(part).next().is_none() {
        assert!(begun.elapsed() < PATIENCE, "never saw “{part}”");
        std::thread::yield_now();
        harness.step();
    }
}

#[test]
fn a_right_click_and_a_button_that_the_keyboard_reaches_open_the_menu() {
    let (mut harness, _writer) = open(small());
    let shown = |harness: &Window| ENTRIES.iter().filter(|entry| harness.query_by_label(entry).is_some()).count();
    for title in TITLES {
        assert_eq!(shown(&harness), 0, "{title}");
        harness.get_by_label_contains(&format!("{title}, ")).click_secondary();
        harness.run();
        assert_eq!(shown(&harness), ENTRIES.len(), "{title} by right-click");
        harness.key_press(Key::Escape);
        harness.run();
        assert_eq!(shown(&harness), 0, "{title} after Esc");
        harness.get_by_label(&format!("{title} menu")).focus();
        harness.run();
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(shown(&harness), ENTRIES.len(), "{title} by keyboard");
        harness.key_press(Key::Escape);
        harness.run();
    }
}

#[test]
fn a_right_click_on_a_curve_or_a_bar_opens_the_menu_as_well() {
    for part in ["Expert 2: router", "kappa ticks", "Spectrum: ", "Loss curve over"] {
        let (mut harness, _writer) = open(small());
        let name = if part == "kappa ticks" { "kappa over the last" } else { part };
        harness.get_by_label_contains(name).click_secondary();
        harness.run();
        assert!(harness.query_by_label("Copy what is seen").is_some(), "{part}");
    }
}

/// What the frames after a click put on the clipboard.
fn copied(harness: &mut Window) -> Vec<String> {
    let mut copied = Vec::new();
    for _ in 0..6 {
        harness.step();
        let commands = &harness.output().platform_output.commands;
        copied.extend(commands.iter().filter_map(|command| match command {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        }));
    }
    copied
}

#[test]
fn copy_puts_tab_separated_values_on_the_clipboard() {
    let shot = small();
    for title in TITLES {
        for (entry, history, says) in [
            ("Copy what is seen", false, format!("Copied what is seen of {title}: ")),
            ("Copy history", true, format!("Copied the history of {title}: ")),
        ] {
            let (mut harness, _writer) = open(shot.clone());
            harness.get_by_label(&format!("{title} menu")).click();
            harness.run();
            harness.get_by_label(entry).click();
            let expected = table(title, &shot).part(history);
            if expected.is_empty() {
                assert_eq!((title, copied(&mut harness)), ("Collapse", vec![]));
                see(&mut harness, "Nothing was copied: Collapse has no history here");
                continue;
            }
            assert_eq!(copied(&mut harness), [expected.tabbed().unwrap()], "{title}");
            let rows = moe_arena::ui::kit::numbers::count(expected.len() as u64);
            see(&mut harness, &format!("{says}{rows} rows, tab-separated"));
            assert!(harness.query_by_label("Save file").is_none());
        }
    }
}

#[test]
fn a_copy_is_told_once_the_clipboard_has_it_and_a_clipboard_that_cannot_be_reached_says_so() {
    let copied = |put: PutText| {
        let (reader, writer) = channel(small(), Box::new(|| {}));
        let mut harness = Harness::builder()
            .with_size(SIZE)
            .with_max_steps(12)
            .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, true).with_clipboard(Some(put)));
        harness.run();
        choose(&mut harness, "Load", "Copy what is seen");
        (harness, writer)
    };
    let (mut harness, _writer) = copied(|_| Err("no selection owner\u{1b}[31m.".into()));
    see(&mut harness, "Copying Load failed: the clipboard cannot be reached (no selection owner\\u{1b}[31m)");
    assert!(harness.query_by_label_contains("Copied").is_none());
    let (mut harness, _writer) = copied(|text| if text.contains("busiest_over_ideal") { Ok(()) } else { Err(text) });
    see(&mut harness, "Copied what is seen of Load: ");
}

#[test]
fn csv_of_each_tile_holds_its_values_of_the_moment_it_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let shot = small();
    for (title, name) in TITLES.into_iter().zip(["load-layer-1", "agreement-layer-1", "collapse-layer-1", "loss"]) {
        let (mut harness, writer) = open(shot.clone());
        choose(&mut harness, title, "Save CSV…");
        let field = harness.get_by_role_and_label(Role::TextInput, "Path");
        let here = std::env::current_dir().unwrap().join(format!("{name}-step-400.csv"));
        assert_eq!(field.value(), Some(here.display().to_string()), "the folder is said");
        // The run goes on while a path is typed.
        writer.publish(fixture::running(Shape { steps: 420, ..USUAL }));
        // Without an ending it gets the usual one.
        save(&mut harness, &folder.path().join(title));
        see(&mut harness, &format!("Saved {} rows to", table(title, &shot).len()));
        let text = std::fs::read_to_string(folder.path().join(format!("{title}.csv"))).unwrap();
        assert_eq!(text, table(title, &shot).csv().unwrap());
        choose(&mut harness, title, "Save CSV…");
        let field = harness.get_by_role_and_label(Role::TextInput, "Path");
        let next = folder.path().join(format!("{name}-step-420.csv"));
        assert_eq!(field.value(), Some(next.display().to_string()), "the folder is kept");
    }
}

#[test]
fn nothing_is_written_when_the_panel_is_put_away_and_a_failure_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (mut harness, _writer) = open(small());
    choose(&mut harness, "Loss", "Save SVG…");
    harness.get_by_label("Cancel file").click();
    harness.run();
    assert!(harness.query_by_label("Save file").is_none());
    choose(&mut harness, "Loss", "Save CSV…");
    save(&mut harness, &folder.path().join("nowhere").join("loss.csv"));
    see(&mut harness, "Choose another place");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Where pictures go: a folder that passes away, or the one named by `MOE_ARENA_PICTURES`, to be looked at.
fn folder() -> (PathBuf, Option<tempfile::TempDir>) {
    match std::env::var_os("MOE_ARENA_PICTURES") {
        Some(folder) => (folder.into(), None),
        None => {
            let passing = tempfile::tempdir().unwrap();
            (passing.path().to_owned(), Some(passing))
        }
    }
}

/// Elements of a document and its texts; panics at what is not sound XML.
fn parse(document: &str) -> (usize, Vec<String>) {
    let mut reader = quick_xml::Reader::from_str(document);
    let (mut elements, mut texts) = (0, Vec::new());
    loop {
        match reader.read_event().expect("sound XML") {
            quick_xml::events::Event::Start(e) | quick_xml::events::Event::Empty(e) => {
                e.attributes().for_each(|a| assert!(a.is_ok(), "{a:?}"));
                elements += 1;
            }
            quick_xml::events::Event::Text(text) => {
                texts.push(String::from_utf8_lossy(&text).trim().to_owned());
            }
            quick_xml::events::Event::Eof => return (elements, texts),
            _ => {}
        }
    }
}

#[test]
fn svg_of_each_tile_is_sound_and_has_its_words() {
    let (folder, _passing) = folder();
    let says = [
        ("Load", "busiest over ideal"),
        ("Agreement", "Top-1 match"),
        ("Collapse", "Redundancy"),
        ("Loss", "uniform baseline"),
    ];
    let shapes = [8, 1, 64].map(|experts| fixture::running(Shape { steps: 120, experts, ..USUAL }));
    let nan = fixture::all().into_iter().find(|(name, _)| *name == "NaN").unwrap().1;
    let shots = shapes.into_iter().chain([nan, fixture::at_start()]);
    for (number, shot) in shots.enumerate() {
        let (mut harness, _writer) = open(shot.clone());
        for (title, words) in says {
            choose(&mut harness, title, "Save SVG…");
            let path = folder.join(format!("{title}-{number}.svg"));
            save(&mut harness, &path);
            see(&mut harness, &format!("{title}-{number}.svg"));
            let document = std::fs::read_to_string(&path).unwrap();
            let (elements, texts) = parse(&document);
            assert!(texts.iter().any(|t| t == title), "{title}: {texts:?}");
            assert!(!document.contains("NaN") && !document.contains("inf\""), "{document}");
            if shot.step > 0 {
                assert!(elements > 12 && texts.iter().any(|t| t == words), "{title} {number}: {texts:?}");
            }
            let [r, g, b, _] = DARK.tile.to_array();
            assert!(document.contains(&format!("fill=\"#{r:02x}{g:02x}{b:02x}\"")), "the tile's colour behind it");
        }
    }
}

#[test]
fn png_is_the_tile_without_menu_and_buttons_at_the_scale_of_the_screen() {
    if graphics("png_is_the_tile_without_menu_and_buttons_at_the_scale_of_the_screen").is_none() {
        return;
    }
    let (folder, _passing) = folder();
    for scale in [1.0, 2.0] {
        let (reader, _writer) = channel(small(), Box::new(|| {}));
        let mut harness = Harness::builder()
            .with_size([1280.0, 720.0])
            .with_pixels_per_point(scale)
            .with_max_steps(12)
            .with_render_cursor(false)
            .wgpu()
            .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, true));
        harness.run();
        choose(&mut harness, "Load", "Save PNG…");
        see(&mut harness, "Save the picture as PNG");
        let path = folder.join(format!("load-{scale}.png"));
        save(&mut harness, &path);
        see(&mut harness, "Saved the picture to");
        let mut reader = png::Decoder::new(std::io::Cursor::new(std::fs::read(&path).unwrap())).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert!(info.width as f32 >= 380.0 * scale && info.height as f32 >= 150.0 * scale, "{info:?}");
        let count = |color: [u8; 4]| pixels.chunks(3).filter(|p| **p == color[..3]).count();
        assert!(count(DARK.tile.to_array()) > pixels.len() / 3 / 3, "mostly the tile's own colour");
        assert_eq!(count(DARK.raised.to_array()), 0, "no menu, no notice, no question is in the picture");
        assert!(count(DARK.violet.to_array()) > 50, "wins are outlined");
        // Where the buttons are, there is nothing.
        let row = (22.0 * scale) as usize;
        let right: Vec<&[u8]> = pixels.chunks(info.width as usize * 3).nth(row).unwrap().chunks(3).collect();
        let buttons = &right[right.len() - (72.0 * scale) as usize..right.len() - (10.0 * scale) as usize];
        assert!(buttons.iter().all(|p| **p == DARK.tile.to_array()[..3]), "{buttons:?}");
    }
}

/// The rows of a part, as a reader of CSV sees them: by column name.
struct Part(Vec<Vec<(String, String)>>);

impl Part {
    fn of(table: &ExportTable, section: &str) -> Self {
        let text = table.csv().unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names: Vec<String> = reader.headers().unwrap().iter().map(ToOwned::to_owned).collect();
        let rows =
            reader.records().map(|r| names.iter().cloned().zip(r.unwrap().iter().map(ToOwned::to_owned)).collect());
        Self(rows.filter(|row: &Vec<(String, String)>| row[0].1 == section).collect())
    }

    fn texts(&self, column: &str) -> Vec<&str> {
        let at = |row: &Vec<(String, String)>| row.iter().position(|(name, _)| name == column).unwrap();
        self.0.iter().map(|row| row[at(row)].1.as_str()).collect()
    }

    /// NaN where nothing is said.
    fn numbers(&self, column: &str) -> Vec<f64> {
        let number = |text: &&str| if text.is_empty() { f64::NAN } else { text.parse().unwrap() };
        self.texts(column).iter().map(number).collect()
    }
}

#[test]
fn numbers_of_the_load() {
    for experts in [1, 8, 64] {
        let shot = fixture::running(Shape { steps: 300, experts, ..USUAL });
        let table = table("Load", &shot);
        let bars = Part::of(&table, "experts");
        let names: Vec<String> = (1..=experts).map(|i| i.to_string()).collect();
        assert_eq!(bars.texts("expert"), names);
        assert!((bars.numbers("routed").iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(bars.numbers("even").iter().all(|e| *e == 1.0 / experts as f64));
        assert_eq!(bars.texts("layer"), vec!["1"; experts]);
        let curve = Part::of(&table, "routed_over_time");
        assert_eq!(curve.numbers("n").iter().sum::<f64>(), 300.0 * experts as f64);
        let measures = Part::of(&table, "measures");
        assert_eq!(measures.texts("measure"), ["cv", "effective_experts_last_100_steps", "busiest_over_ideal"]);
        assert_eq!(measures.texts("value")[0].is_empty(), experts == 1, "one expert has no spread");
    }
}

#[test]
fn numbers_of_agreement_and_collapse() {
    for experts in [1, 8, 64] {
        let shot = fixture::running(Shape { steps: 300, experts, ..USUAL });
        let layer = &shot.newest.probe.as_ref().unwrap().layers[0];
        let table = table("Agreement", &shot);
        let measures = Part::of(&table, "measures");
        assert_eq!(Some(measures.numbers("value")[1]), layer.diagnosis.agreement.top1);
        assert_eq!(Some(measures.numbers("reference")[2]), layer.diagnosis.agreement.recall_chance);
        assert_eq!(measures.texts("at_step")[0], "300");
        let confusion = Part::of(&table, "confusion");
        let counts: Vec<f64> = layer.matrices.confusion.iter().flatten().flatten().map(|&c| f64::from(c)).collect();
        assert_eq!(confusion.numbers("tokens"), counts);
        assert_eq!(Part::of(&table, "kappa_over_time").numbers("n").iter().sum::<f64>(), 6.0);
        let table = self::table("Collapse", &shot);
        assert_eq!(Part::of(&table, "spectrum").0.len(), 128);
        let cosines: Vec<f32> =
            Part::of(&table, "output_cosine").texts("cosine").iter().map(|t| t.parse().unwrap()).collect();
        let measured = layer.matrices.output_cosine.iter().flatten().flatten();
        assert_eq!(cosines, measured.map(|cell| cell.unwrap() as f32).collect::<Vec<_>>());
        let worst = Part::of(&table, "measures");
        assert_eq!(worst.texts("value")[4].is_empty(), experts == 1, "one expert has no pair");
    }
}

#[test]
fn numbers_of_the_loss() {
    let shot = small();
    let table = table("Loss", &shot);
    let training = Part::of(&table, "training");
    assert_eq!(training.numbers("n").iter().sum::<f64>(), 400.0);
    let (min, mean, max) = (training.numbers("min"), training.numbers("mean"), training.numbers("max"));
    assert!((0..min.len()).all(|i| min[i] <= mean[i] && mean[i] <= max[i]));
    let newest = Part::of(&table, "validation").numbers("mean");
    assert_eq!(newest.last().copied(), shot.newest.validation.map(|v| v.loss));
    assert!(Part::of(&table, "changes").texts("change").iter().any(|words| words.contains("β")));
    assert_eq!(training.texts("layer"), vec![""; training.0.len()], "it is about the whole run");
}

#[test]
fn a_tile_that_has_grown_adds_what_it_shows() {
    let mut shot = small();
    let mut weights = WeightLikeness::begun(400, 0, vec![ExpertId(0), ExpertId(1), ExpertId(2)]);
    weights.take([0, 2], 0.25, 0.5);
    shot.newest.weights = Some(std::sync::Arc::new(weights));
    let mut view = ViewState::default();
    view.grown = Some(0);
    let seen = view.seen(&shot).unwrap();
    let curve = |table: &ExportTable, name: &str| {
        let curves = Part::of(table, "curves");
        let (names, n) = (curves.texts("measure"), curves.numbers("n"));
        names.iter().zip(n).filter(|(measure, _)| **measure == name).map(|(_, n)| n).sum::<f64>()
    };
    let load = tables::load(&shot, &view);
    assert_eq!((curve(&load, "max_vio"), curve(&load, "fluctuation")), (400.0, 7.0));
    let lift = Part::of(&load, "lift");
    assert_eq!((lift.texts("class")[0], lift.texts("expert")[0], lift.0.len() % 8), ("vowel", "1", 0));
    let share = Part::of(&load, "coactivation").numbers("share");
    assert_eq!((share.len(), share[0]), (64, 1.0));
    let lorenz = Part::of(&load, "lorenz").numbers("share_of_tokens");
    assert!(lorenz.len() == 9 && lorenz[0] == 0.0 && (lorenz[8] - 1.0).abs() < 1e-9, "{lorenz:?}");
    assert_eq!(Part::of(&load, "not_settled").numbers("share").last(), Some(&0.0));

    let agreement = tables::agreement(&shot, &view);
    assert_eq!(curve(&agreement, "repetition"), 8.0);
    let stale = Part::of(&agreement, "staleness");
    assert!(stale.0.len() >= 3 && stale.numbers("steps_since_competition").iter().all(|since| *since >= 0.0));
    let rows = Part::of(&agreement, "router_rows").texts("cosine").len();
    assert_eq!(rows, seen.roster.len().pow(2));

    let collapse = tables::collapse(&shot, &view);
    let weights = Part::of(&collapse, "weights");
    assert_eq!((weights.texts("matched")[2], weights.texts("as_they_lie")[2]), ("0.5", "0.25"));
    assert_eq!(weights.texts("matched")[1], "", "not compared yet");
    assert_eq!(curve(&tables::loss(&shot, &view), "loss_total"), 400.0);

    view.grown = None;
    assert!(Part::of(&tables::load(&shot, &view), "curves").0.is_empty());
}

#[test]
fn looking_back_gives_the_values_of_that_step() {
    let shot = fixture::running(Shape { steps: 300, ..USUAL });
    let mut view = ViewState::default();
    view.look_at(120, &shot);
    let load = Part::of(&tables::load(&shot, &view), "routed_over_time");
    // A bucket may reach one step further.
    assert!((120.0..122.0).contains(&load.numbers("last_step").into_iter().fold(0.0, f64::max)));
    assert_eq!(load.texts("at_step")[0], "120");
    let seen = view.seen(&shot).unwrap();
    let agreement = tables::agreement(&shot, &view);
    let measures = Part::of(&agreement, "measures");
    assert_eq!(Some(measures.numbers("value")[1]), seen.layer.diagnosis.agreement.top1);
    assert_eq!(measures.texts("at_step")[0], seen.probe.step.to_string());
    assert!(seen.probe.step <= 120);
    assert!(Part::of(&agreement, "competed").numbers("step").iter().all(|step| *step <= 120.0));
}

#[test]
fn what_was_not_measured_is_empty_and_what_was_not_finite_is_said() {
    for title in TITLES {
        let empty = table(title, &fixture::at_start());
        let rows = Part::of(&empty, "measures").0.len();
        assert!(rows <= 1, "{title}: {rows} measures before the first step");
        assert!(!empty.columns().is_empty());
    }
    let nan = fixture::all().into_iter().find(|(name, _)| *name == "NaN").unwrap().1;
    let training = Part::of(&table("Loss", &nan), "training");
    assert_eq!(training.numbers("not_finite").iter().sum::<f64>(), 181.0);
    assert!(training.texts("mean").contains(&"") && !training.texts("min").contains(&"inf"));
    let agreement = table("Agreement", &nan);
    let measures = Part::of(&agreement, "measures");
    assert_eq!(measures.texts("value")[..2], ["", "NaN"], "kappa cannot be said, the match is not a number");
    let collapse = table("Collapse", &nan);
    assert_eq!(Part::of(&collapse, "measures").texts("value")[2], "inf");
    assert!(Part::of(&collapse, "spectrum").texts("relative_singular_value").iter().all(|v| *v == "NaN"));
}
