//! The import order: which module may name which, read from the sources.
//!
//! A room is a folder or file under `src` that has a place in [`ORDER`]; a file belongs to the longest one that begins its
//! path. What a file names is every path in its code that begins with `crate`, the crate's own name, `super` or `self`, with
//! each entry of a group in braces; comments and strings do not count.

mod source;
mod words;

use std::collections::BTreeMap;

use source::{Source, bare, names, sources};

/// Rooms in import order; each may name itself and those before it.
const ORDER: [&str; 42] = [
    "domain",
    "domain/quote",
    "domain/file_kind",
    "domain/config",
    "domain/arithmetic",
    "domain/roster",
    "domain/interventions",
    "domain/draw",
    "domain/schedule",
    "domain/readings",
    "domain/measures",
    "domain/state",
    "tasks",
    "tasks/text",
    "tasks/plane",
    "engine",
    "engine/device",
    "engine/kernels",
    "engine/model",
    "engine/train",
    "store",
    "store/atomic_file",
    "store/history",
    "store/alerts",
    "store/checkpoint",
    "inspect",
    "dumps",
    "run",
    "studies",
    "lessons",
    "words",
    "report",
    "cli",
    "ui",
    "ui/kit",
    "ui/words",
    "ui/view",
    "ui/panels",
    "ui/screens",
    "ui/shell",
    "lib",
    "main",
];

/// Crates that only some folders may name.
const GUARDED: [(&[&str], &[&str]); 2] =
    [(&["burn", "cubecl", "wgpu"], &["engine"]), (&["egui", "eframe", "egui_plot", "rfd", "winit"], &["ui", "main"])];

/// Where threads and channels may be named: a folder, or one file.
const THREADS: [&str; 2] = ["run/", "ui/shell/background.rs"];

/// Folders that may not name another: no task knows another one, what is kept knows no tensors, the outside knows no engine, and what the window is
/// drawn with knows no run.
const APART: [(&str, &[&str]); 7] = [
    ("tasks/plane", &["tasks/text"]),
    ("store", &["engine"]),
    ("inspect", &["engine", "tasks"]),
    ("tasks", &["engine"]),
    ("cli", &["engine", "ui"]),
    ("ui", &["engine", "cli", "tasks", "store/checkpoint", "store/atomic_file", "studies"]),
    ("ui/kit", &["run", "domain/readings"]),
];

/// Functions of which statistics are made, and the parts of `ui` that may call them: those that lay out, colour and round.
/// Everything else there shows what `domain/measures` computes.
const FORMULAS: ([&str; 18], [&str; 6]) = (
    [
        ".ln()",
        ".log2()",
        ".log10()",
        ".exp()",
        ".exp2()",
        ".sqrt()",
        ".cbrt()",
        ".powi(",
        ".powf(",
        ".ln_1p()",
        ".exp_m1()",
        ".tanh()",
        "f32::ln",
        "f64::ln",
        "f32::exp",
        "f64::exp",
        "f32::sqrt",
        "f64::sqrt",
    ],
    ["ui/kit/theme", "ui/kit/paint", "ui/kit/plots", "ui/kit/numbers", "ui/kit/slider", "ui/kit/entry"],
);

/// The place in [`ORDER`] of a path, and its name there; `None` outside.
fn room(path: &[String]) -> Option<(usize, &'static str)> {
    let begins = |room: &str| {
        let mut parts = path.iter();
        room.split('/').all(|part| parts.next().is_some_and(|found| found == part))
    };
    let all = ORDER.iter().enumerate().filter(|(_, room)| begins(room));
    all.max_by_key(|(_, room)| room.len()).map(|(place, room)| (place, *room))
}

fn within(room: &str, folder: &str) -> bool {
    room == folder || room.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// Every prohibition a file breaks, in words.
fn faults(source: &Source) -> Vec<String> {
    let code = bare(&source.text);
    let module = source.module();
    let mut faults = Vec::new();
    let mut fault = |what: String| faults.push(format!("src/{}: {what}", source.path));
    if !source.text.starts_with("//! ") {
        fault("the first line does not say what the file is for (//! …)".into());
    }
    let own = if module.is_empty() { vec![source.path.trim_end_matches(".rs").to_owned()] } else { module.clone() };
    for (crates, folders) in GUARDED {
        let may = own.first().is_some_and(|first| folders.contains(&first.as_str()));
        for name in crates.iter().filter(|name| !may && names(&code, name)) {
            fault(format!("names {name}, which only {} may", folders.join(", ")));
        }
    }
    // What a thread is called and how many processors there are starts no thread.
    let harmless = ["thread::current", "use std::{panic, thread}"];
    if names_threads(&code, &harmless) && !THREADS.iter().any(|place| source.path.starts_with(place)) {
        fault(format!("names threads or channels, which only {} may", THREADS.join(", ")));
    }
    let (formulas, drawing) = FORMULAS;
    let lays_out = drawing.iter().any(|part| within(&module.join("/"), part));
    if module.first().is_some_and(|first| first == "ui") && !lays_out {
        for formula in formulas.iter().filter(|formula| code.contains(**formula)) {
            fault(format!("computes {formula}, which domain/measures does for the window"));
        }
    }
    let Some((place, own)) = room(&own) else {
        fault("has no place in the import order".into());
        return faults;
    };
    let mut told = Vec::new();
    for named in source.named() {
        let Some((other, theirs)) = room(&named.path) else { continue };
        // What the window's own file hands on belongs to a room that may come later.
        if let (true, "ui", Some(item)) = (own != "ui" && within(own, "ui"), theirs, named.path.get(1)) {
            fault(format!("names {item} through ui/mod.rs; whoever needs it names its room"));
            continue;
        }
        // A folder's own file lists its rooms.
        if other == place || told.contains(&(theirs, named.exported)) || within(theirs, own) {
            continue;
        }
        let apart = APART.iter().find(|(folder, others)| {
            within(own, folder) && others.iter().any(|other| within(theirs, other)) && !matches!(own, "lib" | "main")
        });
        if other > place {
            fault(format!("names {theirs}, which comes later in the import order"));
        } else if apart.is_some() {
            fault(format!("names {theirs}, which {own} may not know"));
        } else if named.exported && !matches!(own, "lib") {
            fault(format!("hands on what belongs to {theirs}; whoever needs it names {theirs} itself"));
        } else {
            continue;
        }
        told.push((theirs, named.exported));
    }
    faults
}

/// Whether threads are mentioned otherwise than in a harmless way.
fn names_threads(code: &str, harmless: &[&str]) -> bool {
    let rest = harmless.iter().fold(code.to_owned(), |text, word| text.replace(word, ""));
    ["thread::", "mpsc", "std::thread"].iter().any(|word| rest.contains(word))
}

/// The names of types in a file that any room may name: structs, enums, traits and names for types.
fn public_types(source: &Source) -> Vec<String> {
    let code = bare(&source.text);
    let kinds = ["struct ", "enum ", "trait ", "type ", "union "];
    let after =
        ["pub ", "pub(crate) "].into_iter().flat_map(|open| code.match_indices(open)).filter_map(|(at, open)| {
            let rest = &code[at + open.len()..];
            kinds.iter().find_map(|kind| rest.strip_prefix(kind))
        });
    after.map(|rest| rest.chars().take_while(|&letter| source::is_word(letter)).collect()).collect()
}

#[test]
fn every_room_names_only_what_it_may() {
    let sources = sources();
    assert!(sources.len() > 40, "only {} sources found", sources.len());
    let faults: Vec<_> = sources.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_map_names_every_room_in_import_order() {
    let sources = sources();
    let lib = &sources.iter().find(|source| source.path == "lib.rs").unwrap().text;
    let mut last = 0;
    for room in ORDER.iter().filter(|room| !matches!(**room, "lib" | "main")) {
        let stands = sources.iter().any(|source| within(&source.path.replace(".rs", ""), room));
        assert!(stands, "src/{room} is in the import order and not there");
        let entry = format!("[`{}`]: ", room.replace('/', "::"));
        let at = lib.find(&entry).unwrap_or_else(|| panic!("{entry} is not in src/lib.rs"));
        assert!(at > last, "{entry} stands too early in src/lib.rs");
        last = at;
    }
}

#[test]
fn a_public_type_name_means_one_thing() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources() {
        for name in public_types(&source) {
            places.entry(name).or_default().push(source.path.clone());
        }
    }
    assert!(places.len() > 100, "only {} public types found", places.len());
    let twice: Vec<String> = places
        .into_iter()
        .filter(|(_, paths)| paths.len() > 1)
        .map(|(name, paths)| format!("{name}: {}", paths.join(", ")))
        .collect();
    assert!(twice.is_empty(), "{} names\n{}", twice.len(), twice.join("\n"));
}

/// The fields of a struct that other files can name, from its source.
fn open_fields(source: &Source, name: &str) -> Vec<String> {
    let code = bare(&source.text);
    let begin = code.find(&format!("struct {name} {{")).unwrap_or_else(|| panic!("no struct {name}"));
    let body = code[begin..].lines().skip(1).take_while(|line| !line.starts_with('}'));
    body.map(str::trim)
        .filter(|line| line.starts_with("pub ") || line.starts_with("pub("))
        .map(ToOwned::to_owned)
        .collect()
}

/// What many files work on is changed through its methods only, so that what must hold of it stands in one place.
#[test]
fn large_objects_keep_their_fields_to_themselves() {
    let sources = sources();
    for (path, name) in [
        ("engine/train/trainer.rs", "Trainer"),
        ("engine/train/vectors.rs", "Vectors"),
        ("engine/train/readback.rs", "ReadbackQueue"),
        ("run/worker.rs", "Worker"),
        ("run/open_run.rs", "OpenRun"),
        ("run/control.rs", "Control"),
        ("run/pace.rs", "Pace"),
        ("run/session/mod.rs", "Session"),
        ("run/session/run.rs", "SessionRun"),
        ("run/session/newest.rs", "SessionNewest"),
        ("run/session/followed.rs", "FollowedCommand"),
        ("run/session/shown.rs", "Shown"),
        ("run/session/saves.rs", "SessionSaves"),
        ("run/session/files.rs", "SessionFiles"),
        ("run/session/device.rs", "SessionDevice"),
        ("run/published.rs", "Published"),
    ] {
        let source = sources.iter().find(|source| source.path == path).unwrap_or_else(|| panic!("no {path}"));
        assert_eq!(open_fields(source, name), Vec::<String>::new(), "{path}: {name}");
    }
    let open = made_up(
        "run/worker.rs",
        "struct Worker {\n    own: u8,\n    pub(super) all: u8,\n}\npub struct B {\n    pub c: u8,\n}",
    );
    assert_eq!(open_fields(&open, "Worker"), ["pub(super) all: u8,"]);
}

fn made_up(path: &str, code: &str) -> Source {
    Source { path: path.into(), text: format!("//! A room.\n{code}\n") }
}

/// Each made-up file breaks exactly one rule.
#[test]
fn what_is_forbidden_is_found() {
    for (path, code, fault) in [
        ("ui/panels/load.rs", "use burn::tensor::Tensor;", "names burn"),
        ("run/worker.rs", "fn f(d: &wgpu::Device) {}", "names wgpu"),
        ("store/checkpoint/save.rs", "use ::cubecl as c;\nfn f() { cubecl::go() }", "names cubecl"),
        ("domain/measures/load.rs", "use burn::tensor::Tensor;", "names burn"),
        ("cli/mod.rs", "use eframe::egui;", "names eframe"),
        ("run/mod.rs", "pub fn f(ctx: &egui::Context) {}", "names egui"),
        ("store/history/mod.rs", "use std::thread;\nfn f() { thread::spawn(g); }", "threads or channels"),
        ("ui/shell/app.rs", "use std::sync::mpsc::sync_channel;", "threads or channels"),
        ("domain/config/mod.rs", "use crate::engine::model::Network;", "names engine/model, which comes later"),
        ("domain/config/mod.rs", "use super::state::Array;", "names domain/state, which comes later"),
        ("domain/config/knobs.rs", "fn f() { super::super::measures::load::cv(); }", "names domain/measures, which"),
        ("domain/config/knobs.rs", "mod tests { use super::super::super::state::Array; }", "names domain/state, which"),
        ("tasks/text/mod.rs", "use crate::{domain::config::Text, engine::train};", "names engine/train, which comes"),
        ("store/history/mod.rs", "use crate::{domain::config::{Config, Knobs}, run::Snapshot};", "names run, which"),
        (
            "store/checkpoint/open.rs",
            "use crate::engine::train::Trainer;",
            "names engine/train, which store/checkpoint",
        ),
        ("store/history/mod.rs", "use super::super::engine::device;", "names engine/device, which store/history may"),
        (
            "engine/model/mod.rs",
            "pub use crate::engine::kernels::ExpertWeights;",
            "hands on what belongs to engine/ker",
        ),
        (
            "studies/mod.rs",
            "pub use super::engine::kernels::{use_threads as threads};",
            "hands on what belongs to engi",
        ),
        ("cli/train.rs", "fn f() { crate::engine::device::choose(); }", "names engine/device, which cli may not"),
        ("ui/mod.rs", "fn f() { moe_arena::engine::device::choose(); }", "names engine/device, which ui may not"),
        ("ui/mod.rs", "use crate::cli::EntryPoints;", "names cli, which ui may not know"),
        (
            "ui/panels/cards/load.rs",
            "fn f(p: f64) -> f64 { -p * p.ln() }",
            "computes .ln(), which domain/measures does",
        ),
        ("ui/view/derived.rs", "fn f(v: f64) -> f64 { v.sqrt() }", "computes .sqrt(), which domain/measures does"),
        ("ui/kit/press.rs", "fn f(v: f32) -> f32 { v.powi(2) }", "computes .powi(, which domain/measures does"),
        ("ui/kit/paint.rs", "use crate::ui::words::tiles;", "names ui/words, which comes later"),
        ("ui/kit/plots/mod.rs", "use super::super::view::ViewState;", "names ui/view, which comes later"),
        ("ui/kit/theme.rs", "use crate::run::Snapshot;", "names run, which ui/kit may not know"),
        (
            "ui/words/tiles.rs",
            "use crate::ui::{kit::numbers, view::state::Cursor};",
            "names ui/view, which comes later",
        ),
        ("ui/view/derived.rs", "use super::super::panels::cards;", "names ui/panels, which comes later"),
        ("ui/panels/load.rs", "use crate::ui::screens::layout::Screen;", "names ui/screens, which comes later"),
        ("ui/screens/train.rs", "use crate::ui::shell::keys;", "names ui/shell, which comes later"),
        ("ui/panels/mod.rs", "pub use crate::ui::view::ViewState;", "hands on what belongs to ui/view"),
        ("ui/kit/press.rs", "use crate::ui::App;", "names App through ui/mod.rs"),
        ("ui/panels/load.rs", "fn f() { super::super::close(); }", "names close through ui/mod.rs"),
        ("ui/view/derived.rs", "fn f(v: f64) -> f64 { f64::sqrt(v) }", "computes f64::sqrt"),
        ("tasks/plane/grid.rs", "use super::super::text::Corpus;", "names tasks/text, which tasks/plane may not know"),
        ("utils.rs", "", "no place in the import order"),
    ] {
        let found = faults(&made_up(path, code));
        assert_eq!(found.len(), 1, "{path}: {code}: {found:?}");
        assert!(found[0].contains(fault), "{found:?}");
    }
    let headless = Source { path: "domain/draw.rs".into(), text: "use std::fmt;\n".into() };
    assert!(faults(&headless)[0].contains("first line"));
}

#[test]
fn what_is_allowed_is_not_a_fault() {
    for (path, code) in [
        ("engine/model/mod.rs", "use burn::tensor::Tensor;\nuse crate::domain::config::ModelConfig;"),
        ("ui/panels/mod.rs", "use eframe::egui;\nuse crate::run::Snapshot; use crate::ui::kit::theme;"),
        ("ui/shell/background.rs", "fn f() { std::thread::Builder::new(); let _ = rfd::FileDialog::new(); }"),
        ("run/worker.rs", "fn f() { std::thread::Builder::new(); }\nmod tests { use super::super::Command; }"),
        ("domain/mod.rs", "pub use config::Config;\npub use self::measures::load;"),
        (
            "cli/log.rs",
            "// burn::tensor is not named here\nconst A: &str = \"eframe::egui \\\" wgpu::x\"; /* crate::engine */",
        ),
        (
            "domain/config/mod.rs",
            "const A: &str = r#\"use \"burn::x\"; crate::ui\"#;\nfn heartburn() { self.burn::<u8>() }\npub(in crate::domain) fn f() {}",
        ),
        ("ui/kit/plots/axes.rs", "fn f(place: f64) -> f64 { place.ln() }"),
        ("ui/mod.rs", "pub mod kit;\npub use shell::{App, open};\npub use self::shell::close;"),
        ("main.rs", "use moe_arena::ui; use eframe::egui; fn f() { ui::open(); moe_arena::ui::close(); }"),
    ] {
        assert_eq!(faults(&made_up(path, code)), Vec::<String>::new(), "{path}");
    }
}

#[test]
fn public_types_are_found_whatever_they_are() {
    let code = "pub struct A(u8);\n/// pub struct Said;\npub enum B<T> { C(T) }\npub(crate) struct D;\npub trait E {}\npub type F = u8;";
    assert_eq!(public_types(&made_up("run/mod.rs", code)), ["A", "B", "E", "F", "D"]);
}

#[test]
fn paths_are_read_from_groups_and_through_super() {
    let code = "use crate::{a::{b, c::{self, d as e}}, f};\nuse super::g;\nmod tests { use super::*; use super::super::h; }\npub use self::i;";
    let named = made_up("run/worker.rs", code).named();
    let paths: Vec<(String, bool)> = named.into_iter().map(|named| (named.path.join("::"), named.exported)).collect();
    let paths: Vec<(&str, bool)> = paths.iter().map(|(path, exported)| (path.as_str(), *exported)).collect();
    let wanted = [
        ("a::b", false),
        ("a::c", false),
        ("a::c::d", false),
        ("f", false),
        ("run::g", false),
        ("run::worker", false),
        ("run::h", false),
        ("run::worker::i", true),
    ];
    assert_eq!(paths, wanted);
}
