//! Tests of the state machine of a headless run.

use std::sync::Arc;

use super::*;
use crate::domain::config::{Config, KnobId, Preset};
use crate::run::{FailureCause, Preparation, Saved, Way, WayOn, before_anything};

fn shot(step: u64, status: Status) -> Snapshot {
    let config = Config { steps: 10, ..Preset::Tiny.config() };
    Snapshot { status, step, ..before_anything(Arc::new(config)) }
}

fn paused(step: u64) -> Snapshot {
    shot(step, Status::Paused(PausedBy::Start))
}

fn saved(step: u64) -> Notice {
    Notice::Saved { step, path: "run.safetensors".into(), auto: false }
}

fn course(end: Option<u64>) -> Course {
    Course::new(end, "run.safetensors".into(), Overrides::default())
}

fn save() -> Command {
    Command::Save("run.safetensors".into())
}

#[test]
fn prepares_trains_saves_and_ends() {
    let mut course = course(None);
    assert_eq!(course.next(&shot(0, Status::Preparing(Preparation::Text)), &[], false), Act::Wait);
    assert_eq!(course.next(&paused(0), &[], false), Act::Send(vec![Command::Step(10)]));
    assert_eq!(course.next(&paused(0), &[], false), Act::Wait, "the snapshot from before the command");
    assert_eq!(course.next(&shot(4, Status::Running), &[], false), Act::Wait);
    let autosave = Notice::Saved { step: 5, path: "run.safetensors".into(), auto: true };
    assert_eq!(course.next(&shot(9, Status::Running), std::slice::from_ref(&autosave), false), Act::Wait);
    let end = shot(10, Status::Paused(PausedBy::Steps(1)));
    assert_eq!(course.next(&end, &[], false), Act::Send(vec![save()]));
    assert_eq!(course.next(&end, &[autosave], false), Act::Wait, "an autosave is not the save that was asked for");
    assert_eq!(course.next(&end, &[saved(10)], false), Act::End(RunEnd::Done(10)));
}

#[test]
fn a_signal_pauses_saves_and_ends() {
    let mut course = course(None);
    course.next(&paused(0), &[], false);
    let act = course.next(&shot(4, Status::Running), &[], true);
    assert_eq!(act, Act::Send(vec![Command::Pause, save()]));
    assert_eq!(course.next(&shot(5, Status::Saving), &[], true), Act::Wait);
    assert_eq!(
        course.next(&shot(5, Status::Paused(PausedBy::Person)), &[saved(5)], true),
        Act::End(RunEnd::Stopped(5))
    );
    let mut at_the_end = super::Course::new(None, "run.safetensors".into(), Overrides::default());
    at_the_end.next(&paused(0), &[], false);
    at_the_end.next(&shot(9, Status::Running), &[], true);
    assert_eq!(
        at_the_end.next(&shot(10, Status::Paused(PausedBy::Steps(1))), &[saved(10)], true),
        Act::End(RunEnd::Done(10)),
        "a run that was done all the same is done"
    );
    let early = super::Course::new(None, "run.safetensors".into(), Overrides::default()).next(
        &shot(0, Status::Preparing(Preparation::Text)),
        &[],
        true,
    );
    assert_eq!(early, Act::End(RunEnd::NothingSaved));
}

#[test]
fn goes_on_to_the_step_asked_for_and_past_the_plan() {
    assert_eq!(course(Some(14)).next(&paused(8), &[], false), Act::Send(vec![Command::Step(6)]));
    assert_eq!(course(None).next(&paused(10), &[], false), Act::End(RunEnd::AlreadyThere { step: 10, end: 10 }));
}

#[test]
fn a_run_that_pauses_by_itself_is_not_waited_for() {
    let failed = Notice::FileFailed {
        work: FileWork::SavingTheRun,
        why: std::io::Error::other("it had 9 bytes and has 3 now").into(),
    };
    let mut course = course(None);
    course.next(&paused(0), &[], false);
    assert_eq!(course.next(&shot(4, Status::Running), &[failed], false), Act::Wait);
    let Act::End(RunEnd::Failed(why)) = course.next(&shot(4, Status::Paused(PausedBy::Person)), &[], false) else {
        panic!("paused by nobody")
    };
    assert!(why.contains("has 3 now"), "{why}");
}

#[test]
fn knobs_typed_are_in_force_before_the_first_step() {
    let overrides = Overrides { top_k: Some(3), ..Overrides::default() };
    let mut knobs = paused(8).knobs;
    knobs.top_k = 3;
    let act = Course::new(None, "a".into(), overrides).next(&paused(8), &[], false);
    assert_eq!(act, Act::Send(vec![Command::SetKnobs(knobs), Command::Step(2)]));
    let overrides = Overrides { top_k: Some(5), lr: Some(0.0), ..Overrides::default() };
    let Act::End(RunEnd::CouldNotBegin(why)) = Course::new(None, "a".into(), overrides).next(&paused(8), &[], false)
    else {
        panic!("knobs that cannot be in force")
    };
    assert!(why.contains("knobs.top_k is 5") && why.contains("knobs.learning_rate is 0"), "{why}");
}

#[test]
fn failures_are_one_sentence_with_the_ways_on() {
    let way = Way { on: WayOn::Cpu, command: Command::MoveTo("cpu".into()) };
    let failure = Failure {
        cause: FailureCause::CannotBegin(std::io::Error::other("The device was lost.").into()),
        ways: vec![way],
    };
    let says = "The device was lost. What may help: --device cpu.".to_owned();
    let failed = shot(3, Status::Failed(failure));
    assert_eq!(course(None).next(&failed, &[], false), Act::End(RunEnd::CouldNotBegin(says.clone())));
    let mut on_the_way = course(None);
    on_the_way.next(&paused(0), &[], false);
    assert_eq!(on_the_way.next(&failed, &[], false), Act::End(RunEnd::Failed(says.clone())));
    let mut saving = course(None);
    saving.next(&paused(0), &[], false);
    saving.next(&shot(4, Status::Running), &[], true);
    assert_eq!(saving.next(&failed, &[], true), Act::End(RunEnd::Failed(says)));
}

#[test]
fn files_that_fail_and_steps_that_are_not_finite_end_it() {
    let failed = Notice::FileFailed {
        work: FileWork::Opening("run.safetensors".into()),
        why: std::io::Error::other("it is cut short").into(),
    };
    let act = course(None).next(
        &shot(0, Status::Preparing(Preparation::Kernels { begun: 0, of: 0 })),
        std::slice::from_ref(&failed),
        false,
    );
    assert!(matches!(act, Act::End(RunEnd::CouldNotBegin(why)) if why.contains("cut short")));
    let mut save_fails = course(None);
    save_fails.next(&paused(0), &[], false);
    save_fails.next(&paused(10), &[], false);
    assert_eq!(save_fails.next(&paused(10), &[failed], false), Act::Wait, "another file is not the save");
    let failed = Notice::FileFailed {
        work: FileWork::Saving("run.safetensors".into()),
        why: std::io::Error::other("no room").into(),
    };
    assert!(matches!(save_fails.next(&paused(10), &[failed], false), Act::End(RunEnd::Failed(_))));
    let mut diverges = course(None);
    diverges.next(&paused(0), &[], false);
    let causes = vec![Cause::Knob(KnobId::LearningRate, 1e30)];
    let place = PausedBy::NotFinite { step: 6, place: "layer 1, keys".into(), causes };
    let mut at = shot(6, Status::Paused(place));
    let back = |step, path: &str, good| Saved {
        step,
        path: path.into(),
        auto: true,
        at: std::time::SystemTime::UNIX_EPOCH,
        loss: None,
        good,
    };
    at.saves.newest = Some(back(6, "run.safetensors", false));
    at.saves.ways_back = Arc::new(vec![back(5, "run-last-good.safetensors", true), back(6, "run.safetensors", false)]);
    let Act::End(RunEnd::Failed(why)) = diverges.next(&at, &[], false) else { panic!("a step that is not finite") };
    assert!(why.contains("Step 7") && why.contains("layer 1, keys") && why.contains("--lr"), "{why}");
    assert!(why.contains("step 5 with --resume run-last-good.safetensors"), "{why}");
}

#[test]
fn a_step_that_is_not_finite_names_the_flag_of_its_cause() {
    let says = |causes: Vec<Cause>| {
        let mut diverges = course(None);
        diverges.next(&paused(0), &[], false);
        let place = PausedBy::NotFinite { step: 6, place: "the loss".into(), causes };
        match diverges.next(&shot(6, Status::Paused(place)), &[], false) {
            Act::End(RunEnd::Failed(why)) => why,
            other => panic!("{other:?}"),
        }
    };
    let first = "Step 7 is not finite (first in the loss).";
    assert_eq!(says(Vec::new()), first);
    assert_eq!(says(vec![Cause::Knob(KnobId::Theta, 1e29)]), format!("{first} What may help: a smaller --theta."));
    let both = vec![Cause::Knob(KnobId::RouterWeight, 1e20), Cause::Knob(KnobId::ZWeight, 1e30)];
    assert_eq!(says(both), format!("{first} What may help: a smaller --router-weight, and a smaller --z-weight."));
    let decay = says(vec![Cause::Epsilon(1e-38)]);
    assert_eq!(decay, format!("{first} What may help: a new run with a larger optimizer.epsilon in its config file."));
}

#[test]
fn a_full_disk_is_waited_for_until_a_signal() {
    let full = || Status::Paused(PausedBy::DiskFull { folder: "there".into(), bytes: 400 });
    let no_room = Notice::NoRoom { path: "run.safetensors".into(), folder: "there".into(), bytes: 400 };
    let mut waits = course(None);
    waits.next(&paused(0), &[], false);
    assert_eq!(waits.next(&shot(4, full()), std::slice::from_ref(&no_room), false), Act::Wait);
    assert_eq!(waits.next(&shot(4, full()), &[], false), Act::Wait);
    assert_eq!(waits.next(&shot(5, Status::Running), &[], false), Act::Wait);
    let end = shot(10, Status::Paused(PausedBy::Steps(1)));
    assert_eq!(waits.next(&end, &[], false), Act::Send(vec![save()]));
    assert_eq!(
        waits.next(&end, std::slice::from_ref(&no_room), false),
        Act::Wait,
        "the notice comes before the snapshot"
    );
    assert_eq!(waits.next(&shot(10, full()), &[], false), Act::Wait);
    let mut stopped = waits.clone();
    assert_eq!(waits.next(&end, &[saved(10)], false), Act::End(RunEnd::Done(10)));
    let Act::End(RunEnd::Failed(why)) = stopped.next(&shot(10, full()), &[], true) else { panic!("stopped") };
    assert!(why.contains("400 bytes") && why.contains("there"), "{why}");
    let mut asked = course(None);
    asked.next(&paused(0), &[], false);
    asked.next(&shot(4, Status::Running), &[], true);
    assert!(matches!(asked.next(&shot(4, full()), &[no_room], true), Act::End(RunEnd::Failed(_))));
}

#[test]
fn a_text_that_is_lost_names_the_way_on() {
    let mut course = course(None);
    course.next(&paused(0), &[], false);
    let why = std::io::Error::other(
        "notes.txt had 8400 bytes when it was opened and has 0 now. Put it back as it was, or locate the text",
    )
    .into();
    let lost = shot(6, Status::Paused(PausedBy::Text { why }));
    let Act::End(RunEnd::Failed(why)) = course.next(&lost, &[], false) else { panic!("a text that is lost") };
    assert!(why.contains("8400 bytes") && why.contains("--resume run.safetensors"), "{why}");
    assert!(why.contains("--text FILE"), "{why}");
}
