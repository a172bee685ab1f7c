//! The worker: one named thread that owns trainer, history and files, and the loop it runs.
//!
//! It never waits for its readers. It waits for commands only when there is nothing to do, and for the device only to
//! read: every eight steps or 50 milliseconds, and before anything that needs the numbers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::autosaves::Home;
use super::build::Engine;
use super::compare::Comparison;
use super::control::Control;
use super::files::RunFiles;
use super::folder::RunFolder;
use super::left::{Headers, LeftRuns};
use super::maps::MapDesk;
use super::pace::Pace;
use super::publish::Shared;
use super::saves::Saves;
use super::saving::Clock;
use super::snapshot::{DeviceBadge, PausedBy, Status};
use super::text::WantedText;
use super::trial::InterventionTrial;
use super::{AppCommand, From, Gone, InjectedFault, Notice, Preparation, Reader, Reason, Start, Writer, channel};
use crate::domain::config::Config;
use crate::domain::readings::{Counterfactual, ProbeReading, StepReading, ValidationReading, WeightLikeness};
use crate::engine::device::{DeviceFailure, DeviceKind, TrainingDevice};
use crate::engine::train::StepError;
use crate::store::checkpoint::{self, Over};

/// Steps between two reads, at most.
const READ_STEPS: u64 = 8;
/// Least time between two snapshots while training.
const PUBLISH_EVERY: Duration = Duration::from_millis(50);
/// The worker's thread.
pub const THREAD: &str = "moe-arena run";

/// Everything the worker owns.
pub(super) struct Worker {
    pub writer: Writer,
    pub start: Start,
    /// The device wished for; changes with `MoveTo`.
    pub wish: String,
    pub place: Option<TrainingDevice>,
    pub engine: Option<Engine>,
    /// The config of the run, or of the one that could not be built.
    pub config: Arc<Config>,
    pub control: Control,
    pub pace: Pace,
    pub files: Option<RunFiles>,
    /// The folder of the files, which nobody else writes to meanwhile.
    pub folder: Option<RunFolder>,
    pub seen: NewestReadings,
    /// The saves of the present run.
    pub saves: Saves,
    /// Whether something other than steps changed since the last save.
    pub changed: bool,
    /// Where the run saves itself.
    pub home: Home,
    /// When it does.
    pub clock: Clock,
    /// The runs that were left, and the headers they are known by.
    pub left: Arc<LeftRuns>,
    pub headers: Headers,
    /// The command that is being followed.
    pub asked: Option<AppCommand>,
    /// Whether the run being left may be lost.
    pub discard: bool,
    /// A text that is needed and not there as it was.
    pub wants_text: Option<WantedText>,
    pub fault: Option<InjectedFault>,
    /// While a person saves: what may stand at the path.
    pub over: Option<Over>,
    /// Steps queued since the last read.
    pub queued: u64,
    pub published: Instant,
    /// The device as snapshots show it; finding out the choices asks the drivers, so it is kept.
    pub badge: Option<DeviceBadge>,
    /// What snapshots share as long as it does not change.
    pub shared: Shared,
    /// When the memory in it was looked at.
    pub weighed: Instant,
    /// Experts knocked out so far, in turn.
    pub knocked: usize,
    /// Weights being compared on a thread of their own; dropping it ends that.
    pub comparing: Option<Comparison>,
    /// Maps of points in the plane, while somebody looks at them.
    pub maps: MapDesk,
}

/// The newest readings.
#[derive(Default)]
pub(super) struct NewestReadings {
    pub last: Option<Arc<StepReading>>,
    pub probe: Option<Arc<ProbeReading>>,
    pub validation: Option<ValidationReading>,
    pub counterfactual: Option<Arc<Counterfactual>>,
    pub weights: Option<Arc<WeightLikeness>>,
    pub trials: Arc<Vec<InterventionTrial>>,
}

/// Starts a run. It comes up paused; `repaint` is called after each snapshot and notice, at most every 50 ms while
/// training. Dropping the reader ends the run.
pub fn spawn(start: Start, repaint: Box<dyn Fn() + Send>) -> Reader {
    let config = match &start.from {
        From::Config(config) => Arc::new(Config::clone(config)),
        From::File(_) | From::FileOn { .. } => Arc::new(Config::default()),
    };
    let first = super::publish::before_anything(config.clone());
    let (reader, writer) = channel(first, repaint);
    let worker = Worker {
        writer,
        home: Home::new(start.autosave.clone()),
        wish: start.device.clone(),
        start,
        place: None,
        engine: None,
        config,
        control: Control::paused(PausedBy::Start),
        pace: Pace::new(),
        files: None,
        folder: None,
        seen: NewestReadings::default(),
        saves: Saves::default(),
        changed: false,
        clock: Clock::new(),
        left: Arc::default(),
        headers: Headers::default(),
        asked: None,
        discard: false,
        wants_text: None,
        fault: None,
        over: None,
        queued: 0,
        published: Instant::now(),
        badge: None,
        shared: Shared::default(),
        weighed: Instant::now(),
        knocked: 0,
        comparing: None,
        maps: MapDesk::default(),
    };
    let spawned = std::thread::Builder::new().name(THREAD.into()).spawn(move || worker.live());
    if let Err(error) = spawned {
        // The worker's end was dropped with the closure, so the reader sees that the run has ended.
        tracing::error!("the training thread could not be started: {error}");
    }
    reader
}

impl Worker {
    fn live(mut self) {
        let mut going = self.guarded(Self::begin);
        while going {
            going = self.guarded(Self::turn);
        }
        self.guarded(|worker| {
            if !worker.discard {
                worker.save_at_the_end();
            }
            false
        });
        // Before the reader can see that the run has ended, and the program ends.
        self.files = None;
        self.folder = None;
    }

    /// Runs a part of the loop; a panic in it ends the run, not the program.
    fn guarded(&mut self, part: impl FnOnce(&mut Self) -> bool) -> bool {
        match catch_unwind(AssertUnwindSafe(|| part(self))) {
            Ok(going) => going,
            Err(payload) => {
                let text = payload.downcast_ref::<String>().cloned();
                let text = text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string));
                self.panicked(&text.unwrap_or_else(|| "no reason given".into()));
                true
            }
        }
    }

    /// Chooses the device and builds the first trainer.
    pub fn begin(&mut self) -> bool {
        if let Err(why) = self.claim_folder() {
            self.could_not_begin(why.into());
            return true;
        }
        self.list_left();
        // Before any driver is asked: what can never begin needs no device.
        if let From::File(path) | From::FileOn { file: path, .. } = &self.start.from
            && let Err(error) = checkpoint::peek(path)
        {
            let path = path.clone();
            self.not_opened(&path, Reason::Error(error.to_string()));
            self.publish(true);
            return true;
        }
        self.preparing(Preparation::Device);
        match super::device_check::choose(&self.wish) {
            Ok(place) => self.place = Some(place),
            Err(error) => {
                self.no_device(Reason::Error(error.to_string()));
                return true;
            }
        }
        match self.start.from.clone() {
            From::Config(config) => self.replace(PausedBy::Start, |place| Engine::fresh(*config, place)),
            From::File(path) => self.open(path),
            From::FileOn { file, text } => self.open_on(file, &text),
        }
        true
    }

    /// One turn: a command if there is one, else a step if one is wanted, else wait. `false` ends the loop.
    fn turn(&mut self) -> bool {
        self.take_compared();
        let step = self.engine.as_ref().map_or(0, |e| e.trainer.progress().step);
        let wanted = self.engine.is_some() && self.control.wants_step(step);
        let command = if !wanted {
            self.settle();
            self.draw_maps(false);
            self.publish(true);
            match self.until_save() {
                Some(wait) => self.writer.command_within(wait),
                None => self.writer.command(),
            }
        } else if let Some(wait) = self.pace.until_due(self.control.speed) {
            self.settle();
            let drawn = self.draw_maps(true);
            self.publish(drawn);
            self.writer.command_within(wait)
        } else {
            self.writer.try_command()
        };
        match command {
            Err(Gone) | Ok(Some(AppCommand::Quit)) => false,
            Ok(Some(AppCommand::Discarding(command))) if command.ends() => {
                self.discard = true;
                false
            }
            Ok(Some(AppCommand::Close)) => !self.may_close(),
            Ok(Some(AppCommand::Discarding(command))) => {
                self.discard = true;
                self.follow(*command);
                self.discard = false;
                true
            }
            Ok(Some(command)) => {
                self.follow(command);
                true
            }
            Ok(None) => {
                if !wanted {
                    self.save_by_clock();
                } else if self.pace.until_due(self.control.speed).is_none() {
                    self.advance();
                }
                true
            }
        }
    }

    /// Takes one step, with the probe, validation and save that fall due after it.
    fn advance(&mut self) {
        if self.fault.take_if(|f| *f == InjectedFault::Panic).is_some() {
            panic!("injected for a test");
        }
        if self.fault.take_if(|f| *f == InjectedFault::PanicInUpdate).is_some()
            && let Some(engine) = self.engine.as_mut()
        {
            engine.trainer.panic_in_next_update();
        }
        let on_cpu = self.place.as_ref().is_some_and(|place| place.kind == DeviceKind::Cpu);
        let Some(engine) = self.engine.as_mut() else { return };
        let began = Instant::now();
        let due = |every: u64, step: u64| step.is_multiple_of(every);
        let (cadence, mut looked) = (&self.config.cadence, false);
        let queued = engine.trainer.step().and_then(|()| {
            let step = engine.trainer.progress().step;
            self.queued += 1;
            if due(cadence.validate_every, step) {
                engine.trainer.validate()?;
            }
            if due(cadence.probe_every, step) {
                looked = true;
                if on_cpu {
                    self.pace.look();
                }
                engine.trainer.look(cadence.measures, &mut self.knocked)?;
            }
            Ok(step)
        });
        engine.seconds += self.pace.stepped(began, self.config.tokens_per_step() as u64);
        let step = match queued {
            Ok(step) => step,
            Err(StepError::Data(error)) => return self.lost_text(&error),
            Err(StepError::Interrupted | StepError::Input | StepError::OtherStep { .. }) => {
                return self.device_failed(&DeviceFailure::Interrupted);
            }
        };
        self.wants_text = None;
        let arrived = self.control.arrived(step);
        let by_clock = self.until_save().is_some_and(|wait| wait.is_zero());
        let save = !self.home.is_never() && (due(self.config.cadence.autosave_every, step) || by_clock);
        // A look is read at once where reading waits for nothing; else it comes with the next read that is due.
        if self.queued >= READ_STEPS || self.pace.read_is_due() || arrived || save || (looked && on_cpu) {
            self.settle();
            let drawn = self.draw_maps(!arrived);
            self.publish(drawn);
        }
        // Reading may have found that the step was not finite and gone back before it.
        let stands = self.engine.as_ref().is_some_and(|e| e.trainer.progress().step == step);
        if stands && !self.control.has_failed() {
            if save {
                // What became of it was said; the run goes on, or waits for room.
                let _ = self.autosave();
            }
            // A step taken by hand is seen without words; the end of the plan is worth them.
            if self.control.status() == Status::Paused(PausedBy::Plan) && arrived {
                self.writer.notice(Notice::Finished { step });
            }
        }
    }

    /// Says what is being prepared.
    pub fn preparing(&mut self, what: Preparation) {
        let mut snapshot = self.snapshot();
        snapshot.status = Status::Preparing(what);
        self.writer.publish(snapshot);
    }

    /// Publishes a snapshot, unless one was published just now and `always` is not asked for.
    pub fn publish(&mut self, always: bool) {
        if always || self.published.elapsed() >= PUBLISH_EVERY {
            self.published = Instant::now();
            let snapshot = self.snapshot();
            self.writer.publish(snapshot);
        }
    }

    /// Looks into the folder of autosaves.
    pub fn list_left(&mut self) {
        self.left = Arc::new(self.headers.list(self.home.folder(), self.home.own()));
    }
}
