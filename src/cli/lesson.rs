//! `moe-arena lesson list` and `moe-arena lesson check`: the built-in lessons, and whether a lesson can be passed as it says.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::arguments::{LessonCheckArguments, LessonCommand};
use super::output::{Output, aside};
use super::{Refusal, Spawn};
use crate::domain::quote;
use crate::lessons::{CheckStep, GoalReport, Lesson, LessonCheck, LessonReport, shipped};
use crate::run::{AppCommand, Autosave, From, Notice, Reader, Start, Status};
use crate::words::{self, command, lesson as said};

/// Longest wait before the clock is looked at.
const PATIENCE: Duration = Duration::from_millis(200);

/// A lesson as JSON lists it.
#[derive(Serialize)]
struct LessonEntry<'a> {
    id: &'a str,
    title: &'a str,
    about: &'a str,
    minutes: u32,
}

/// A checked lesson as JSON tells it.
#[derive(Serialize)]
struct CheckedEntry<'a> {
    id: &'a str,
    title: &'a str,
    holds: bool,
    steps: u64,
    seconds: f64,
    goals: Vec<GoalEntry>,
    faults: &'a [String],
}

/// A goal as JSON tells it; pages count from 1.
#[derive(Serialize)]
struct GoalEntry {
    page: usize,
    within: u64,
    reached: Option<u64>,
}

/// What came of one lesson.
struct Checked {
    lesson: Arc<Lesson>,
    report: LessonReport,
    seconds: f64,
    faults: Vec<String>,
}

/// Does what is asked with lessons.
///
/// # Errors
/// Exit code 2 if a file is no lesson, 1 if a lesson does not hold or the output cannot be written.
pub(super) fn lesson(asked: &LessonCommand, spawn: Spawn) -> Result<(), Refusal> {
    match asked {
        LessonCommand::List { json } => list(*json),
        LessonCommand::Check(arguments) => check(arguments, spawn),
    }
}

fn list(json: bool) -> Result<(), Refusal> {
    let mut output = Output::standard();
    let lessons = shipped();
    if json {
        let entry = |lesson: &'static Arc<Lesson>| LessonEntry {
            id: &lesson.id,
            title: &lesson.title,
            about: &lesson.about,
            minutes: lesson.minutes,
        };
        let entries: Vec<LessonEntry<'_>> = lessons.iter().map(entry).collect();
        output.json(&to_json(&entries)?);
    } else {
        for (place, lesson) in lessons.iter().enumerate() {
            output.line(&said::listed(place + 1, &lesson.id, &lesson.title, lesson.minutes, &lesson.about));
        }
    }
    output.finish()
}

fn to_json<T: Serialize>(value: &T) -> Result<String, Refusal> {
    serde_json::to_string_pretty(value).map_err(|error| Refusal::failure(command::no_json(error)))
}

fn check(arguments: &LessonCheckArguments, spawn: Spawn) -> Result<(), Refusal> {
    if arguments.seconds == 0 {
        return Err(Refusal::usage(said::some_seconds()));
    }
    let lessons = if arguments.files.is_empty() { shipped().to_vec() } else { read(arguments)? };
    let mut output = Output::standard();
    let mut all = Vec::new();
    for lesson in lessons {
        aside(&said::checking(&lesson.title));
        let checked = go_through(lesson, Duration::from_secs(arguments.seconds), spawn);
        if !arguments.json {
            lines(&checked).iter().for_each(|line| output.line(line));
        }
        all.push(checked);
    }
    if arguments.json {
        let entries: Vec<CheckedEntry<'_>> = all.iter().map(entry).collect();
        output.json(&to_json(&entries)?);
    }
    output.finish()?;
    match all.iter().filter(|checked| !checked.faults.is_empty()).count() {
        0 => Ok(()),
        failed => Err(Refusal::failure(said::not_all(failed, all.len()))),
    }
}

/// The files, all of which must be lessons.
fn read(arguments: &LessonCheckArguments) -> Result<Vec<Arc<Lesson>>, Refusal> {
    let (mut lessons, mut refused) = (Vec::new(), Vec::new());
    for file in &arguments.files {
        match Lesson::read(file) {
            Ok(lesson) => lessons.push(Arc::new(lesson)),
            Err(error) => refused.push(not_a_lesson(file, &error)),
        }
    }
    if refused.is_empty() { Ok(lessons) } else { Err(Refusal::usage(refused.join("\n"))) }
}

/// Why a file is no lesson; its faults each in a line of its own.
pub(super) fn not_a_lesson(file: &std::path::Path, error: &crate::lessons::LessonFileError) -> String {
    let words = words::lesson_file_error(error);
    let faults = matches!(error, crate::lessons::LessonFileError::Faults(_));
    let words = if faults { format!("\n  {}", words.replace('\n', "\n  ")) } else { words };
    said::file(quote::path(file), words)
}

/// Goes through one lesson with a run of its own.
fn go_through(lesson: Arc<Lesson>, patience: Duration, spawn: Spawn) -> Checked {
    let start = Start {
        from: From::Config(Box::new(lesson.config.clone())),
        device: "cpu".into(),
        out: None,
        overwrite: false,
        autosave: Autosave::Never,
    };
    let begun = Instant::now();
    let reader = spawn(start, Box::new(|| ()));
    let mut check = LessonCheck::new(lesson.clone());
    let broken = follow(&reader, &mut check, begun, patience);
    // Nothing is kept of it.
    let _ = reader.send(AppCommand::Discarding(Box::new(AppCommand::Quit)));
    let report = check.report().clone();
    let faults = report.faults.iter().map(words::check_fault).chain(broken).collect();
    Checked { lesson, report, seconds: begun.elapsed().as_secs_f64(), faults }
}

/// Drives the check to its end; what broke it off, if something did.
fn follow(reader: &Reader, check: &mut LessonCheck, begun: Instant, patience: Duration) -> Option<String> {
    let mut waiting: Vec<AppCommand> = Vec::new();
    loop {
        let ended = reader.has_ended();
        let shot = reader.latest();
        let page = check.page() + 1;
        if let Some(bad) = reader.notices().iter().find(|notice| matches!(notice, Notice::Refused { .. })) {
            return Some(said::refused(page, words::notice(bad)));
        }
        match &shot.status {
            Status::Failed(failure) => return Some(said::refused(page, words::failure(&failure.cause))),
            _ if ended => return Some(words::headless::thread_ended().to_owned()),
            _ if begun.elapsed() > patience => return Some(said::out_of_time(page, patience.as_secs())),
            _ => {}
        }
        if waiting.is_empty() {
            match check.next(&shot) {
                CheckStep::Done => return None,
                CheckStep::Send(commands) => waiting.extend(commands.into_iter().map(AppCommand::from)),
                CheckStep::Wait => {}
            }
        }
        while let Some(next) = waiting.first() {
            if reader.send(next.clone()).is_err() {
                break;
            }
            waiting.remove(0);
        }
        reader.wait_for_news(PATIENCE);
    }
}

/// What came of a lesson, in lines.
fn lines(checked: &Checked) -> Vec<String> {
    let Checked { lesson, report, seconds, faults } = checked;
    let mut lines = if faults.is_empty() {
        vec![said::holds(&lesson.id, &lesson.title, report.steps, format!("{seconds:.1}"))]
    } else {
        vec![said::fails(&lesson.id, &lesson.title)]
    };
    for goal in &report.goals {
        lines.extend(
            goal.reached.map(|reached| format!("  {}", said::goal_reached(goal.page + 1, reached, goal.within))),
        );
    }
    lines.extend(faults.iter().map(|fault| format!("  {fault}")));
    lines
}

fn entry(checked: &Checked) -> CheckedEntry<'_> {
    let goal = |&GoalReport { page, within, reached }: &GoalReport| GoalEntry { page: page + 1, within, reached };
    CheckedEntry {
        id: &checked.lesson.id,
        title: &checked.lesson.title,
        holds: checked.faults.is_empty(),
        steps: checked.report.steps,
        seconds: checked.seconds,
        goals: checked.report.goals.iter().map(goal).collect(),
        faults: &checked.faults,
    }
}
