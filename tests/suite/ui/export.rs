//! What a tile shows, taken out of the window: the menu, the clipboard, and the files behind a typed path.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, OutputCommand};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::PlaneTarget;
use moe_arena::domain::digits::grouped;
use moe_arena::run::{Snapshot, Writer, channel};
use moe_arena::ui::App;
use moe_arena::ui::kit::export::table::ExportTable;
use moe_arena::ui::kit::theme::DARK;
use moe_arena::ui::shell::clipboard::PutText;
use moe_arena::ui::view::ViewState;
use moe_arena::ui::view::export::{stage, tables};
use moe_arena::words;

use super::fixture::{self, Shape, USUAL, app};
use crate::devices::graphics;

const SIZE: [f32; 2] = [1600.0, 1000.0];
pub(super) const TITLES: [&str; 4] = ["Load", "Agreement", "Collapse", "Loss"];
const ENTRIES: [&str; 5] = ["Copy what is shown", "Copy history", "Save CSV…", "Save PNG…", "Save SVG…"];
/// Longer than a small file takes; reaching it is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

type Window = Harness<'static, App>;

pub(super) fn small() -> Snapshot {
    fixture::running(Shape { steps: 400, ..USUAL })
}

fn open(shot: Snapshot) -> (Window, Writer) {
    let (mut harness, writer) = app(shot, SIZE);
    harness.run();
    (harness, writer)
}

pub(super) fn table(title: &str, shot: &Snapshot) -> ExportTable {
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
        assert!(harness.query_by_label("Copy what is shown").is_some(), "{part}");
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

/// The history of a tile as it is copied.
pub(super) fn copy_history(harness: &mut Window, title: &str) -> String {
    harness.get_by_label(&format!("{title} menu")).click();
    harness.run();
    harness.get_by_label("Copy history").click();
    let copied = copied(harness);
    assert_eq!(copied.len(), 1, "{title}: {copied:?}");
    copied.into_iter().next().unwrap_or_default()
}

#[test]
fn copy_puts_tab_separated_values_on_the_clipboard() {
    let shot = small();
    for title in TITLES {
        for (entry, history, says) in [
            ("Copy what is shown", false, format!("Copied what {title} shows: ")),
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
        choose(&mut harness, "Load", "Copy what is shown");
        (harness, writer)
    };
    let (mut harness, _writer) = copied(|_| Err("no selection owner\u{1b}[31m.".into()));
    see(&mut harness, "Copying Load failed: the clipboard cannot be reached (no selection owner\\u{1b}[31m)");
    assert!(harness.query_by_label_contains("Copied").is_none());
    let (mut harness, _writer) = copied(|text| if text.contains("busiest_over_ideal") { Ok(()) } else { Err(text) });
    see(&mut harness, "Copied what Load shows: ");
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
        see(&mut harness, &format!("Saved {} rows to", grouped(&table(title, &shot).len().to_string(), ',')));
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

#[test]
fn the_maps_of_the_plane_are_saved_as_cells_and_as_a_drawing_with_its_bitmaps() {
    let shot = fixture::plane(Shape { steps: 400, ..USUAL }, PlaneTarget::Class);
    let maps = shot.newest.maps.clone().expect("maps");
    let table = stage::maps(&shot, &ViewState::default());
    let file = table.csv().unwrap();
    let mut rows = csv::Reader::from_reader(file.as_bytes());
    let heads = rows.headers().unwrap().clone();
    let column = |name: &str| heads.iter().position(|head| head == name).unwrap();
    let all: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    let of = |section: &'static str| all.iter().filter(move |row| &row[0] == section);
    assert_eq!(of("cells").count(), maps.map.side * maps.map.side);
    // The shares follow from the cells, and the first cell lies at the upper left.
    for expert in of("experts") {
        let number = &expert[column("expert")];
        for (share, by) in [("won", "winner"), ("picked", "pick")] {
            let cells = of("cells").filter(|row| &row[column(by)] == number).count() as f64;
            let share: f64 = expert[column(share)].parse().unwrap();
            assert!((share - cells / of("cells").count() as f64).abs() < 1e-9, "{number} {by}");
        }
    }
    let first = of("cells").next().unwrap();
    assert!(first[column("x")].parse::<f32>().unwrap() < -0.9 && first[column("y")].parse::<f32>().unwrap() > 0.9);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("maps.svg");
    let (mut harness, _writer) = open(shot);
    choose(&mut harness, "Layer 1", "Save SVG…");
    save(&mut harness, &path);
    see(&mut harness, "maps.svg");
    let drawing = std::fs::read_to_string(&path).unwrap();
    assert_eq!(drawing.matches("<image ").count(), 3, "competition, router, answers");
}

#[test]
fn the_bytes_of_the_stage_are_saved_with_their_picks_and_winners() {
    let shot = small();
    let probe = shot.newest.probe.clone().expect("a probe");
    let choices = &probe.layers[0].choices;
    let file = stage::choices(&shot, &ViewState::default()).csv().unwrap();
    let mut rows = csv::Reader::from_reader(file.as_bytes());
    let heads = rows.headers().unwrap().clone();
    let column = |name: &str| heads.iter().position(|head| head == name).unwrap();
    let all: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(all.len(), choices.tokens() * choices.experts);
    for token in all.chunks(choices.experts) {
        let p: f64 = token.iter().map(|row| row[column("p")].parse::<f64>().unwrap()).sum();
        assert!((p - 1.0).abs() < 1e-3, "{p}");
        for column in [column("pick"), column("winner")] {
            let mut places: Vec<usize> = token.iter().filter_map(|row| row[column].parse().ok()).collect();
            places.sort_unstable();
            assert_eq!(places, (1..=choices.k).collect::<Vec<_>>());
        }
    }
}

#[test]
fn a_report_is_one_page_with_pictures_numbers_changes_alerts_and_the_config() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.html");
    for (shot, bitmaps) in [(small(), 0), (fixture::plane(Shape { steps: 400, ..USUAL }, PlaneTarget::Class), 3)] {
        let (seed, config) = (shot.config.seed, shot.config.to_toml());
        let changes = shot.memory.history.journal.entries().iter().filter_map(|entry| words::flag(&entry.what));
        let changes: Vec<String> = changes.collect();
        let alerts: Vec<String> = shot.memory.alerts.all().iter().map(words::alert).collect();
        let (mut harness, _writer) = open(shot);
        harness.get_by_label("Run menu").click();
        harness.run();
        harness.get_by_label("Save report…").click();
        see(&mut harness, "Save file");
        save(&mut harness, &path);
        see(&mut harness, "run.html");
        let page = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        // What an HTML page writes of a text.
        let escaped =
            |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        assert_eq!(page.matches("<svg ").count(), 6, "the layer, four tiles, the timeline");
        assert_eq!(page.matches("<image ").count(), bitmaps);
        assert!(page.contains(&format!("<td>{seed}</td>")) && page.contains(&escaped(&config)));
        for words in changes.iter().chain(&alerts) {
            assert!(page.contains(&escaped(words)), "“{words}” is not in the page");
        }
        assert!(
            !page.contains("http://")
                || page.matches("http://").count() == page.matches("http://www.w3.org/2000/svg").count()
        );
        assert!(!page.contains("https://") && !page.contains("<script"), "nothing is loaded");
    }
}
