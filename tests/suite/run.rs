//! A run through its commands, snapshots and notices, with its real thread. Waits on snapshots, never on time.

use std::path::Path;
use std::time::Duration;

use moe_arena::domain::config::{Config, Knobs, Preset, TaskConfig};
use moe_arena::domain::roster::{ExpertId, Surgery};
use moe_arena::run::{AppCommand, Autosave, Command, From, Notice, PausedBy, Reader, Snapshot, Start, Status, spawn};
use moe_arena::store::history::{ExpertMeasure, LayerMeasure, RunMeasure, SeriesKey, What};
use moe_arena::words;

/// Longer than anything here takes; reaching it is a failure, not a pass.
pub const PATIENCE: Duration = Duration::from_secs(300);

pub struct Session {
    pub reader: Reader,
    notices: Vec<Notice>,
}

impl Session {
    pub fn of(from: From, out: Option<&Path>, autosave: Option<&Path>) -> Self {
        let autosave = autosave.map_or(Autosave::Never, |path| Autosave::File(path.into()));
        Self::start(Start { from, device: "cpu".into(), out: out.map(Into::into), overwrite: false, autosave })
    }

    /// A run of a window whose autosaves go to `folder`.
    pub fn window(from: From, folder: &Path) -> Self {
        let autosave = Autosave::Folder(folder.into());
        Self::start(Start { from, device: "cpu".into(), out: None, overwrite: false, autosave })
    }

    /// Ends it as a closed window does, and waits until it has.
    pub fn close(self) {
        self.send(AppCommand::Quit);
        self.reader.wait(PATIENCE, |_| false);
        assert!(self.reader.has_ended());
    }

    pub fn start(start: Start) -> Self {
        let session = Self { reader: spawn(start, Box::new(|| ())), notices: Vec::new() };
        session.wait("ready", |s| !matches!(s.status, Status::Preparing(_)));
        session
    }

    pub fn new(config: &Config) -> Self {
        Self::of(From::Config(Box::new(config.clone())), None, None)
    }

    pub fn wait(&self, what: &str, mut done: impl FnMut(&Snapshot) -> bool) -> Snapshot {
        let shot = self.reader.wait(PATIENCE, &mut done);
        assert!(done(&shot), "never {what}: {:?} at step {}", shot.status, shot.step);
        Snapshot::clone(&shot)
    }

    pub fn send(&self, command: impl Into<AppCommand>) {
        self.reader.send(command).expect("the lane has room");
    }

    /// Trains `count` steps and waits for them.
    pub fn steps(&self, count: u64) -> Snapshot {
        let target = self.reader.latest().step + count;
        self.send(Command::Step(count));
        self.wait("stepped", |s| s.step == target && s.status == Status::Paused(PausedBy::Steps(count)))
    }

    /// Sends a command that is answered by a notice, and returns the first that `wanted` takes.
    pub fn answer(&mut self, command: impl Into<AppCommand>, wanted: impl Fn(&Notice) -> bool) -> Notice {
        self.send(command);
        loop {
            self.notices.extend(self.reader.notices());
            if let Some(place) = self.notices.iter().position(&wanted) {
                return self.notices.drain(..=place).next_back().expect("found just now");
            }
            assert!(!self.reader.has_ended(), "the run ended");
            self.reader.wait_for_news(PATIENCE);
        }
    }
}

pub fn tiny() -> Config {
    let mut config = Preset::Tiny.config();
    config.knobs.competition_rate = 0.3;
    config.cadence.probe_every = 5;
    config.cadence.validate_every = 10;
    config
}

#[test]
fn a_run_waits_steps_runs_and_pauses() {
    let session = Session::new(&tiny());
    let shot = session.reader.latest();
    assert_eq!((shot.status.clone(), shot.step), (Status::Paused(PausedBy::Start), 0));
    assert!(shot.newest.probe.is_none() && shot.newest.step.is_none());
    let shot = session.steps(3);
    assert_eq!(shot.newest.step.as_ref().unwrap().step, 3);
    session.send(Command::Run);
    session.wait("running on", |s| s.step > 12 && s.is_running());
    session.send(Command::Pause);
    let paused = session.wait("paused", |s| s.status == Status::Paused(PausedBy::Person));
    assert!(paused.newest.probe.is_some() && paused.newest.validation.is_some());
    let task = paused.memory.history.get(SeriesKey::Run(RunMeasure::LossTask)).unwrap();
    assert_eq!(task.last_step(), Some(paused.step), "a pause shows every step taken");
    // A paused run stays where it is: a step asked for now is the very next one.
    assert_eq!(session.steps(1).step, paused.step + 1);
}

#[test]
fn the_plan_ends_a_run_and_says_so() {
    let config = Config { steps: 7, ..tiny() };
    let mut session = Session::new(&config);
    let notice = session.answer(Command::Run, |n| matches!(n, Notice::Finished { .. }));
    assert_eq!(notice, Notice::Finished { step: 7 });
    session.wait("at the plan", |s| s.status == Status::Paused(PausedBy::Plan) && s.step == 7);
}

#[test]
fn knobs_take_force_at_a_step_boundary_and_are_journalled() {
    let mut session = Session::new(&tiny());
    session.steps(4);
    let knobs = Knobs { top_k: 3, competition_rate: 0.5, ..tiny().knobs };
    session.send(Command::SetKnobs(knobs.clone()));
    let shot = session.wait("in force", |s| s.knobs == knobs);
    let entry = shot.memory.history.journal.entries().last().unwrap().clone();
    assert_eq!((entry.step, words::flag(&entry.what).unwrap()), (4, "top-k 2 → 3, competition rate 0.3 → 0.5".into()));
    let routed = session.steps(1).newest.step.unwrap().layers[0].routed.iter().sum::<u32>();
    assert_eq!(routed as usize, 3 * tiny().tokens_per_step());

    let refused = Knobs { top_k: 9, ..knobs.clone() };
    let notice = session.answer(Command::SetKnobs(refused), |n| matches!(n, Notice::Refused { .. }));
    assert!(words::notice(&notice).contains("1 to 4"), "{notice:?}");
    assert_eq!(session.reader.latest().knobs, knobs, "a refused change changes nothing");
}

#[test]
fn experts_grow_and_shrink_while_histories_follow_their_expert() {
    let mut session = Session::new(&tiny());
    session.steps(10);
    let reshaped = |n: &Notice| matches!(n, Notice::Reshaped { .. });
    let notice = session.answer(Command::Experts { target: 7, surgery: Surgery::SplitBusiest }, reshaped);
    assert!(words::notice(&notice).contains("4 → 7"), "{notice:?}");
    let grown = session.steps(5);
    assert_eq!((grown.experts(), grown.newest.step.as_ref().unwrap().layers[0].routed.len()), (7, 7));
    let newcomer = SeriesKey::Expert(0, ExpertId(4), ExpertMeasure::Routed);
    assert_eq!(grown.memory.history.get(newcomer).unwrap().recent().next().unwrap().0, 11);

    session.answer(Command::Experts { target: 5, surgery: Surgery::DropLeastUsed }, reshaped);
    session.answer(Command::Experts { target: 6, surgery: Surgery::AddFresh }, reshaped);
    let shot = session.steps(5);
    assert_eq!(shot.experts(), 6);
    assert!(shot.model.rosters[0].slots.contains(&ExpertId(7)), "names are never reused: {:?}", shot.model.rosters[0]);
    for (layer, before) in grown.model.rosters.iter().enumerate() {
        for id in &before.slots {
            let series = shot.memory.history.get(SeriesKey::Expert(layer, *id, ExpertMeasure::Routed)).unwrap();
            let alive = shot.model.rosters[layer].slots.contains(id);
            assert_eq!(series.last_step(), Some(if alive { 20 } else { 15 }), "a dropped expert's history stays");
        }
    }
    // A probe at step 20 knows how alike they are.
    session.answer(Command::Experts { target: 3, surgery: Surgery::MergeMostAlike }, reshaped);
    let refused = session.answer(Command::Experts { target: 3, surgery: Surgery::AddFresh }, |n| n.is_bad());
    assert!(words::notice(&refused).contains("already has 3"), "{refused:?}");
    let flags: Vec<String> =
        shot.memory.history.journal.entries().iter().filter_map(|e| words::flag(&e.what)).collect();
    assert_eq!(flags, ["experts 4 → 7", "experts 7 → 5", "experts 5 → 6"]);
    assert_eq!(session.steps(3).experts(), 3);
}

#[test]
fn shrinking_below_top_k_lowers_it_and_says_so() {
    let mut session = Session::new(&tiny());
    let surgery = Command::Experts { target: 1, surgery: Surgery::DropLeastUsed };
    let notice = session.answer(surgery, |n| matches!(n, Notice::Reshaped { .. }));
    assert!(words::notice(&notice).contains("top-k lowered to 1"), "{notice:?}");
    assert_eq!(session.steps(2).knobs.top_k, 1);
}

#[test]
fn merging_without_the_measure_it_goes_by_says_where_to_switch_it_on() {
    let mut config = tiny();
    config.cadence.measures.similarity = false;
    let mut session = Session::new(&config);
    session.steps(5);
    let merge = Command::Experts { target: 3, surgery: Surgery::MergeMostAlike };
    let refused = words::notice(&session.answer(merge, |n| n.is_bad()));
    assert!(refused.contains("not measured") && refused.contains("Diagnostics"), "{refused}");
    let measures = moe_arena::domain::config::ProbeFamilies::default();
    session.send(Command::Watch { every: 5, measures });
    session.steps(5);
    let merge = Command::Experts { target: 3, surgery: Surgery::MergeMostAlike };
    session.answer(merge, |n| matches!(n, Notice::Reshaped { .. }));
}

/// The columns of `metrics.csv` without those of time, rows after step `from`.
fn rows(folder: &Path, from: u64) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(folder.join("metrics.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let timeless = |i: usize| !["seconds", "tokens_per_sec"].contains(&&header[i]);
    let all = reader.records().map(|r| r.unwrap());
    all.filter(|r| r[0].parse::<u64>().unwrap() > from)
        .map(|r| (0..r.len()).filter(|&i| timeless(i)).map(|i| r[i].to_owned()).collect())
        .collect()
}

#[test]
fn saving_and_opening_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let saved = |n: &Notice| matches!(n, Notice::Saved { auto: false, .. });
    let from = || From::Config(Box::new(tiny()));
    let mut straight = Session::of(from(), Some(&at("straight")), None);
    straight.steps(20);
    straight.answer(Command::Save(at("at20.safetensors")), saved);
    straight.steps(20);
    straight.answer(Command::Save(at("straight40.safetensors")), saved);

    let mut resumed = Session::of(From::File(at("at20.safetensors")), Some(&at("resumed")), None);
    let shot = resumed.reader.latest();
    assert_eq!((shot.status.clone(), shot.step), (Status::Paused(PausedBy::Opened), 20));
    assert_eq!(
        shot.newest.probe.as_ref().map(|p| p.step),
        Some(20),
        "an opened run can be looked at before its next step"
    );
    assert_eq!(shot.newest.validation.map(|v| v.step), Some(20));
    resumed.steps(20);
    resumed.answer(Command::Save(at("resumed40.safetensors")), saved);

    let (a, b) = (rows(&at("straight"), 20), rows(&at("resumed"), 0));
    assert_eq!((a.len(), a == b), (20, true), "{:?}\n{:?}", a.first(), b.first());
    let open = |name: &str| moe_arena::store::checkpoint::open(&at(name)).unwrap();
    let (a, b) = (open("straight40.safetensors"), open("resumed40.safetensors"));
    assert!(a.state == b.state, "weights, moments and progress after 40 steps");
    let kappa = SeriesKey::Layer(0, LayerMeasure::Kappa);
    assert_eq!(a.history.get(kappa), b.history.get(kappa));
    // What is measured against the probe before goes on as well, though a file holds no probe.
    let changed = SeriesKey::Layer(0, LayerMeasure::Fluctuation);
    assert!(a.history.get(changed).is_some_and(|series| series.last_step() == Some(40)));
    assert_eq!(a.history.get(changed), b.history.get(changed));
}

#[test]
fn a_row_holds_what_was_measured_after_its_step_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::of(From::Config(Box::new(tiny())), Some(folder.path()), None);
    session.steps(23);
    let mut reader = csv::Reader::from_path(folder.path().join("metrics.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 23);
    let filled = |name: &str| -> Vec<u64> {
        let column = header.iter().position(|column| column == name).unwrap();
        rows.iter().filter(|row| !row[column].is_empty()).map(|row| row[0].parse().unwrap()).collect()
    };
    assert_eq!((filled("val_bits_per_byte"), filled("agreement_top1_l0")), (vec![10, 20], vec![5, 10, 15, 20]));
}

#[test]
fn a_checkpoint_whose_text_has_changed_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (text, saved) = (folder.path().join("notes.txt"), folder.path().join("run.safetensors"));
    std::fs::write(&text, "All is well. ".repeat(500)).unwrap();
    let mut config = tiny();
    config.task = TaskConfig::Text(moe_arena::domain::config::Text::File(text.clone()));
    let mut session = Session::new(&config);
    session.answer(Command::Save(saved.clone()), |n| matches!(n, Notice::Saved { .. }));
    std::fs::write(&text, "All is well. ".repeat(600)).unwrap();
    let notice = session.answer(Command::Open(saved), |n| matches!(n, Notice::Fact(_)));
    assert!(words::notice(&notice).contains("6500 bytes and has 7800"), "{notice:?}");
}

#[test]
fn a_reset_keeps_what_is_set_and_begins_again() {
    let session = Session::new(&tiny());
    let first = session.steps(6);
    session.send(Command::Reset { seed: None });
    session.wait("reset", |s| s.step == 0 && s.status == Status::Paused(PausedBy::Start));
    let again = session.steps(6);
    assert_eq!(first.newest.step, again.newest.step, "the same seed is the same run");
    session.send(Command::Reset { seed: Some(99) });
    session.wait("reset", |s| s.step == 0 && s.config.seed == 99);
    assert_ne!(session.steps(6).newest.step, first.newest.step);
}

#[test]
fn a_run_saves_itself_and_once_more_when_its_reader_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("auto.safetensors");
    let mut config = tiny();
    config.cadence.autosave_every = 4;
    let session = Session::of(From::Config(Box::new(config)), None, Some(&path));
    session.steps(6);
    let step = || moe_arena::store::checkpoint::peek(&path).unwrap().progress.step;
    assert_eq!((step(), session.reader.latest().saves.newest.as_ref().map(|s| (s.step, s.auto))), (4, Some((4, true))));
    session.send(AppCommand::Quit);
    session.reader.wait(PATIENCE, |_| false);
    assert!(session.reader.has_ended());
    assert_eq!(step(), 6);
}

#[test]
fn snapshots_and_notices_never_make_the_worker_wait() {
    // Nobody reads for a thousand steps; then everything is there, bounded.
    let session = Session::new(&Config { steps: 1000, ..tiny() });
    session.send(Command::Run);
    let shot = session.wait("done", |s| s.status == Status::Paused(PausedBy::Plan));
    assert_eq!(shot.step, 1000);
    for (key, series) in shot.memory.history.iter() {
        assert!(series.buckets().len() <= 1024 && series.recent().len() <= 512, "{key}");
    }
    let competed = shot.memory.history.get(SeriesKey::Layer(0, LayerMeasure::Competed)).unwrap();
    let ticks: f64 = competed.buckets().iter().map(|b| b.sum).sum();
    assert!((ticks / 1000.0 - 0.3).abs() < 0.08, "{ticks} competitions at rate 0.3");
    let entries = shot.memory.history.journal.entries();
    assert!(matches!(entries[0].what, What::Started { .. }));
}
