//! The text of a run: known by its content, found again where it lies now, never other bytes without a word.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Output};

use moe_arena::domain::config::{Config, Preset, TaskConfig, Text};
use moe_arena::run::{Command, From, Notice, PausedBy, Status, TextWish};
use moe_arena::store::checkpoint;
use moe_arena::store::history::What;
use moe_arena::words;

use crate::program;
use crate::run::Session;

fn moe_arena(folder: &Path, words: &[&str]) -> Output {
    program::command(folder, words).env("HOME", folder.join("home")).output().unwrap()
}

/// Trains in `folder` and sees that it ends well.
#[track_caller]
fn trains(folder: &Path, words: &str) -> String {
    let output = moe_arena(folder, &words.split_whitespace().collect::<Vec<_>>());
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{words}: {said}");
    said
}

/// Does not begin in `folder`: exit code 2 and each of `says`.
#[track_caller]
fn refuses(folder: &Path, words: &str, says: &[&str]) -> String {
    let output = moe_arena(folder, &words.split_whitespace().collect::<Vec<_>>());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{words}: {said}");
    for word in says {
        assert!(said.contains(word), "“{word}” in: {said}");
    }
    said
}

fn well() -> String {
    "All is well that ends well. ".repeat(300)
}

/// As long as [`well`].
fn lost() -> String {
    "All is lost that ends lost. ".repeat(300)
}

/// A folder, seen through no link, with `proj/notes.txt` in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = fs::canonicalize(folder.path()).unwrap();
    fs::create_dir(path.join("proj")).unwrap();
    fs::write(path.join("proj/notes.txt"), well()).unwrap();
    (folder, path)
}

fn text_in(path: &Path) -> Text {
    checkpoint::peek(path).unwrap().config.task.text().unwrap().clone()
}

#[test]
fn a_run_goes_on_from_any_folder() {
    let (_folder, here) = place();
    let proj = here.join("proj");
    trains(&proj, "train --preset tiny --device cpu --text notes.txt --steps 3 --out run");
    let config = Config::from_toml(&fs::read_to_string(proj.join("run/config.toml")).unwrap()).unwrap();
    assert_eq!(config.task, TaskConfig::Text(Text::File(proj.join("notes.txt"))), "absolute in what is written");
    let saved = checkpoint::peek(&proj.join("run/checkpoint.safetensors")).unwrap();
    assert_eq!(saved.config.task, config.task);
    assert_eq!(saved.text_beside[0].0, Path::new("../notes.txt"));
    trains(&here, "train --device cpu --resume proj/run/checkpoint.safetensors --steps 4");
    trains(&proj.join("run"), "train --device cpu --resume checkpoint.safetensors --steps 5");
    // The written config begins the same run from anywhere.
    trains(&here, "train proj/run/config.toml --device cpu --steps 2 --out again");
    assert_eq!(text_in(&here.join("again/checkpoint.safetensors")), *config.task.text().unwrap());
}

#[test]
fn a_text_in_a_config_is_relative_to_the_config() {
    let (_folder, here) = place();
    let config = Config { task: TaskConfig::Text(Text::File("notes.txt".into())), steps: 2, ..Preset::Tiny.config() };
    fs::write(here.join("proj/c.toml"), config.to_toml()).unwrap();
    // Not this one, beside the working folder's.
    fs::write(here.join("notes.txt"), lost()).unwrap();
    trains(&here, "train proj/c.toml --device cpu --out run");
    assert_eq!(text_in(&here.join("run/checkpoint.safetensors")), Text::File(here.join("proj/notes.txt")));
    // What is typed is relative to where it is typed.
    trains(&here, "train proj/c.toml --text notes.txt --device cpu --out typed");
    assert_eq!(text_in(&here.join("typed/checkpoint.safetensors")), Text::File(here.join("notes.txt")));
    fs::write(here.join("proj/home.toml"), config.to_toml().replace("notes.txt", "~/notes.txt")).unwrap();
    fs::create_dir(here.join("home")).unwrap();
    fs::write(here.join("home/notes.txt"), well()).unwrap();
    let output = Process::new(env!("CARGO_BIN_EXE_moe-arena"))
        .args(["train", "proj/home.toml", "--device", "cpu", "--out", "from-home"])
        .current_dir(&here)
        .env("HOME", here.join("home"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text_in(&here.join("from-home/checkpoint.safetensors")), Text::File(here.join("home/notes.txt")));
}

#[test]
fn a_text_moves_with_its_checkpoint() {
    let (_folder, here) = place();
    trains(&here.join("proj"), "train --preset tiny --device cpu --text notes.txt --steps 3 --out run");
    fs::rename(here.join("proj"), here.join("moved")).unwrap();
    // Another text where the old one was: the hash decides, not the path.
    fs::create_dir(here.join("proj")).unwrap();
    fs::write(here.join("proj/notes.txt"), lost()).unwrap();
    let said = trains(&here, "train --device cpu --resume moved/run/checkpoint.safetensors --steps 4");
    assert!(!said.contains("bit for bit"), "{said}");
    assert_eq!(text_in(&here.join("moved/run/checkpoint.safetensors")), Text::File(here.join("moved/notes.txt")));
}

#[test]
fn a_moved_text_is_given_anew_and_known_by_its_content() {
    let (_folder, here) = place();
    let proj = here.join("proj");
    trains(&proj, "train --preset tiny --device cpu --text notes.txt --steps 6 --stop-at 3 --out run");
    trains(&proj, "train --device cpu --resume run/checkpoint.safetensors --out straight");
    fs::rename(proj.join("notes.txt"), here.join("renamed.txt")).unwrap();
    let before = fs::read(proj.join("run/checkpoint.safetensors")).unwrap();
    let metrics = fs::read(proj.join("run/metrics.csv")).unwrap();
    let resume = "train --device cpu --resume proj/run/checkpoint.safetensors";
    refuses(&here, resume, &["trained on notes.txt", "no longer there", "--text FILE"]);
    refuses(&here, &format!("{resume} --text none.txt"), &["there is no file", "none.txt"]);
    assert_eq!(
        fs::read(proj.join("run/checkpoint.safetensors")).unwrap(),
        before,
        "what did not begin changes nothing"
    );
    assert_eq!(fs::read(proj.join("run/metrics.csv")).unwrap(), metrics);
    let said = trains(&here, &format!("{resume} --text renamed.txt"));
    assert!(!said.contains("bit for bit"), "equal content is taken silently: {said}");
    let open = |folder: &str| checkpoint::open(&proj.join(folder).join("checkpoint.safetensors")).unwrap();
    assert_eq!(open("run").state, open("straight").state, "bit for bit as if it had not moved");
    assert_eq!(open("run").config.task, TaskConfig::Text(Text::File(here.join("renamed.txt"))));
}

#[test]
fn an_edited_text_is_taken_only_when_it_is_named() {
    let (_folder, here) = place();
    let proj = here.join("proj");
    trains(&proj, "train --preset tiny --device cpu --text notes.txt --steps 3 --out run");
    let resume = "train --device cpu --resume run/checkpoint.safetensors --steps 5";
    for (edit, how) in
        [(lost(), "8400 bytes as before, but not the same ones"), (well() + "So.", "8400 bytes and has 8403")]
    {
        fs::write(proj.join("notes.txt"), edit).unwrap();
        refuses(&proj, resume, &["no longer the same", how, "--text FILE", "notes.txt"]);
    }
    let said = trains(&proj, &format!("{resume} --text notes.txt"));
    assert!(said.contains("no longer reproducible bit for bit"), "{said}");
    let saved = checkpoint::open(&proj.join("run/checkpoint.safetensors")).unwrap();
    let told = saved.history.journal.entries().iter().find_map(|entry| match &entry.what {
        What::Text { text, identity } => Some((entry.step, text.clone(), identity.clone())),
        _ => None,
    });
    assert_eq!(told, Some((3, Text::File(proj.join("notes.txt")), saved.text.clone())));
    assert_eq!(saved.text.bytes, 8403);
    // From then on it is the text of the run.
    trains(&proj, "train --device cpu --resume run/checkpoint.safetensors --steps 6");
}

#[test]
#[cfg(unix)]
fn a_text_behind_a_link_and_one_with_an_odd_name_come_back() {
    use std::os::unix::ffi::OsStrExt;

    let (_folder, here) = place();
    std::os::unix::fs::symlink(here.join("proj/notes.txt"), here.join("link.txt")).unwrap();
    trains(&here, "train --preset tiny --device cpu --text link.txt --steps 3 --out linked");
    fs::remove_file(here.join("link.txt")).unwrap();
    trains(&here, "train --device cpu --resume linked/checkpoint.safetensors --steps 4");

    // Not UTF-8, as an old disk may have it, and a sign that would colour a terminal.
    let odd = std::ffi::OsStr::from_bytes(b"gr\xfc\xdfe \x1b[31m.txt");
    fs::write(here.join(odd), well()).unwrap();
    let mut words =
        "train --preset tiny --device cpu --steps 3 --out odd --text".split_whitespace().collect::<Vec<_>>();
    let run = |words: &[&str], last: &std::ffi::OsStr| {
        let output = Process::new(env!("CARGO_BIN_EXE_moe-arena")).args(words).arg(last).current_dir(&here).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&words, odd);
    assert_eq!(text_in(&here.join("odd/checkpoint.safetensors")), Text::File(here.join(odd)));
    words = "train --device cpu --resume odd/checkpoint.safetensors --steps".split_whitespace().collect();
    run(&words, "4".as_ref());
    let written = Config::read(&here.join("odd/config.toml")).unwrap();
    assert_eq!(written.task, TaskConfig::Text(Text::File(here.join(odd))));
}

fn tiny(text: &Path) -> Config {
    Config { task: TaskConfig::Text(Text::File(text.into())), ..Preset::Tiny.config() }
}

fn saved(notice: &Notice) -> bool {
    matches!(notice, Notice::Saved { auto: false, .. })
}

fn wanted(notice: &Notice) -> bool {
    matches!(notice, Notice::TextWanted(_))
}

#[test]
fn a_checkpoint_without_its_text_asks_for_it_and_takes_it_from_anywhere() {
    let (_folder, here) = place();
    let (text, file) = (here.join("proj/notes.txt"), here.join("run.safetensors"));
    let mut first = Session::new(&tiny(&text));
    first.steps(3);
    first.answer(Command::Save(file.clone()), saved);
    let straight = first.steps(3);
    fs::rename(&text, here.join("elsewhere.txt")).unwrap();
    fs::write(here.join("wrong.txt"), lost()).unwrap();

    let mut session = Session::of(From::File(file.clone()), None, None);
    let shot = session.reader.latest();
    let Status::Failed(failure) = &shot.status else { panic!("{:?}", shot.status) };
    assert!(
        words::failure(&failure.cause).contains("trained on notes.txt, which is no longer there"),
        "{}",
        words::failure(&failure.cause)
    );
    let wants = shot.data.wants_text.clone().unwrap();
    assert_eq!((&wants.file, &wants.other), (&Some(file.clone()), &None));
    let locate = |name: &str, any| Command::Locate { file: Some(file.clone()), text: here.join(name), any };
    let none = session.answer(locate("none.txt", false), |n| wanted(n) && words::notice(n).contains("none.txt"));
    assert!(none.is_bad(), "{none:?}");
    let wrong = session.answer(locate("wrong.txt", false), |n| wanted(n) && words::notice(n).contains("wrong.txt"));
    let Notice::TextWanted(wrong) = wrong else { unreachable!() };
    let why = words::reason(&wrong.why);
    assert!(why.contains("another text") && why.contains("8400 bytes as before"), "{why}");
    assert_eq!(wrong.other, Some(here.join("wrong.txt")));
    session.answer(locate("elsewhere.txt", false), |n| matches!(n, Notice::Opened { step: 3, .. }));
    let shot = session.wait("open", |s| s.data.wants_text.is_none() && matches!(s.status, Status::Paused(_)));
    assert_eq!(shot.config.task, TaskConfig::Text(Text::File(here.join("elsewhere.txt"))));
    let again = session.steps(3);
    assert_eq!(again.newest.step, straight.newest.step, "the same text gives the same numbers");
    // Knowingly, the wrong one as well.
    let told = session.answer(locate("wrong.txt", true), |n| matches!(n, Notice::Fact(_)));
    assert!(words::notice(&told).contains("no longer reproducible bit for bit"), "{told:?}");
    session.steps(1);
}

#[test]
fn a_text_that_changes_under_a_run_pauses_it_until_it_is_back() {
    let (_folder, here) = place();
    let text = here.join("proj/notes.txt");
    let straight = Session::new(&tiny(&text)).steps(8);
    let mut session = Session::new(&tiny(&text));
    session.steps(4);
    for edit in [lost(), "gone".into(), String::new()] {
        fs::write(&text, edit).unwrap();
        let notice = session.answer(Command::Run, wanted);
        assert!(words::notice(&notice).contains("notes.txt"), "{notice:?}");
        let shot = session.wait("paused", |s| matches!(s.status, Status::Paused(PausedBy::Text { .. })));
        assert_eq!((shot.step, shot.data.wants_text.unwrap().file), (4, None), "no step was taken with other bytes");
    }
    fs::write(&text, well()).unwrap();
    let again = session.steps(4);
    assert_eq!(
        (again.newest.step, again.data.wants_text),
        (straight.newest.step, None),
        "put back, it goes on as if nothing had been"
    );
}

#[test]
fn a_run_goes_on_with_its_text_from_another_place_or_knowingly_with_another() {
    let (_folder, here) = place();
    let text = here.join("proj/notes.txt");
    let straight = Session::new(&tiny(&text)).steps(8);
    let folder = here.join("out");
    let mut session = Session::of(From::Config(Box::new(tiny(&text))), Some(&folder), None);
    session.steps(4);
    fs::write(here.join("copy.txt"), well()).unwrap();
    fs::write(&text, lost()).unwrap();
    session.answer(Command::Run, wanted);
    let locate = |name: &str, any| Command::Locate { file: None, text: here.join(name), any };
    session.send(locate("copy.txt", false));
    session.wait("ready", |s| s.data.wants_text.is_none() && s.status == Status::Paused(PausedBy::Person));
    assert_eq!(session.steps(4).newest.step, straight.newest.step);
    let written = Config::read(&folder.join("config.toml")).unwrap();
    assert_eq!(written.task, TaskConfig::Text(Text::File(here.join("copy.txt"))), "the folder says which text it is");
    session.answer(locate("proj/notes.txt", false), wanted);
    session.answer(locate("proj/notes.txt", true), |n| words::notice(n).contains("no longer reproducible bit for bit"));
    let shot = session.steps(1);
    assert!(shot.memory.history.journal.entries().iter().any(|e| matches!(e.what, What::Text { .. }) && e.step == 8));
}

#[test]
fn surgery_and_going_back_keep_the_text_that_is_open() {
    let (_folder, here) = place();
    let (text, file) = (here.join("proj/notes.txt"), here.join("run.safetensors"));
    let mut session = Session::new(&tiny(&text));
    session.steps(3);
    session.answer(Command::Save(file), saved);
    // Removed, the open file still has every byte.
    #[cfg(unix)]
    fs::remove_file(&text).unwrap();
    let surgery = moe_arena::domain::roster::Surgery::SplitBusiest;
    session.answer(Command::Experts { target: 5, surgery }, |n| matches!(n, Notice::Reshaped { .. }));
    session.steps(2);
    session.answer(Command::GoBack, |n| matches!(n, Notice::Opened { step: 3, .. }));
    session.steps(2);
}

#[test]
fn an_older_checkpoint_finds_a_text_that_was_relative_to_its_working_folder() {
    let (_folder, here) = place();
    let text = here.join("proj/notes.txt");
    fs::create_dir_all(here.join("proj/runs/seed-18")).unwrap();
    let file = here.join("proj/runs/seed-18/checkpoint.safetensors");
    let mut session = Session::new(&tiny(&text));
    session.steps(3);
    session.answer(Command::Save(file.clone()), saved);
    // As versions 1 and 2 had it: a path as it was typed, a length and no hash.
    let mut old = checkpoint::open(&file).unwrap();
    old.config.task = TaskConfig::Text(Text::File("notes.txt".into()));
    old.text.sha256 = None;
    checkpoint::save(&old, &file).unwrap();
    let wish = TextWish { at: None, any: false };
    let session = Session::of(From::FileOn { file, text: wish }, None, None);
    let shot = session.reader.latest();
    assert_eq!((shot.step, &shot.config.task), (3, &TaskConfig::Text(Text::File(text))), "{:?}", shot.status);
}
