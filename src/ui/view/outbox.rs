//! What a frame wants done: commands for the run and requests to the window. Filled by panels, emptied by the app.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use super::export::Export;
use crate::domain::config::Config;
use crate::lessons::{ControlId, Demonstration, Lesson, Setup};
use crate::run::{AppCommand, Command, InspectionCommand, Reader, WindowLanguage, WindowMode};
use crate::ui::kit::export::png::Frame;
use crate::ui::words::measures::MeasureWords;
use crate::ui::words::notices::WindowNotice;

/// Values of a tile that are to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Copied {
    /// The tile.
    pub what: String,
    /// What is said once they are copied.
    pub told: String,
    /// All of it, tab-separated.
    pub text: String,
}

/// A request to the window itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ask {
    /// Show the panel that opens a checkpoint.
    Open,
    /// Show the panel that opens one to be inspected.
    OpenInspection,
    /// Show the panel that opens one to be compared with the one that is inspected.
    OpenOther,
    /// Tell the inspection of checkpoints this.
    Inspect(InspectionCommand),
    /// Show the panel that saves one.
    Save,
    /// Show the panel that locates the text that is wanted.
    Locate,
    /// Show the panel that begins another run.
    NewRun,
    /// Show the same with this config.
    NewConfig(Box<Config>),
    /// Switch between light and dark.
    Theme,
    /// Draw for a projector, or for a desk again.
    Projector,
    /// Let nothing move by itself, or let it move again.
    Still,
    /// Of tiles of which one is shown at a time, show one so many further.
    Tile(isize),
    /// Show another screen of the run.
    Mode(WindowMode),
    /// Speak another language.
    Language(WindowLanguage),
    /// Show the palette.
    Palette,
    /// Show or hide the list of keys.
    Keys,
    /// Show the card of a measure.
    Measure(&'static MeasureWords),
    /// Draw points by hand, or put the drawing away.
    Draw,
    /// Begin a lesson.
    Lesson(Arc<Lesson>),
    /// Choose a lesson file.
    OpenLesson,
    /// Ask whether a demonstration is to begin; `control`: the same run without its cause.
    Demonstration {
        /// Which.
        shown: &'static Demonstration,
        /// Whether without its cause.
        control: bool,
    },
    /// A demonstration was begun, or its line is to be put away.
    Demonstrated(Option<&'static Demonstration>),
    /// Ask whether a set-up is to begin.
    Setup(Box<Setup>),
    /// Copy the set-up of the run as a line.
    CopySetup,
    /// Show the field that takes such a line.
    PasteSetup,
    /// Choose a file with a set-up.
    OpenSetup,
    /// Save the set-up as a file.
    SaveSetup,
    /// Hide these controls, and no others.
    Hide(Vec<ControlId>),
    /// Show the list of lessons.
    Lessons,
    /// Go on in the lesson that is open.
    GoOn,
    /// Show or hide the numbers about the window itself.
    Debug,
    /// Show or hide the log of notices.
    Log,
    /// Show or hide the knobs where they are folded away.
    Rail,
    /// Choose another layer: so many up or down.
    Layer(isize),
    /// Show or hide the selection where it is folded away.
    Drawer,
    /// Ask at which step to stop.
    StopAt,
    /// Show the alerts: the selection if it is folded away, scrolled to where they begin.
    Alerts,
    /// Let go of the last thing that is held.
    LetGo,
    /// Look at the newest step again.
    Live,
    /// Look so many steps further back or on.
    Cursor(i64),
    /// Keep the expert in this slot lit, or let it go.
    Expert(usize),
    /// Tell this in the notices.
    Tell(WindowNotice),
    /// Put the values of a tile into the clipboard.
    Copy(Copied),
    /// Show the panel that saves what a tile shows.
    Export(Arc<Export>),
    /// Make a report of the run, and then show the panel that saves it.
    Report,
    /// Take a picture of a tile, for a file of this name, and then show that panel.
    Picture(String, Frame),
    /// Write what a tile shows into a file.
    Write {
        /// What is written.
        export: Arc<Export>,
        /// The file.
        path: PathBuf,
        /// Whether a file that stands there may go.
        replace: bool,
    },
}

/// What a frame wants done.
#[derive(Debug, Default)]
pub struct Outbox {
    commands: VecDeque<AppCommand>,
    asks: Vec<Ask>,
    /// Whether the run that is shown races.
    races: bool,
}

impl Outbox {
    /// Most commands kept while the run does not take them; a person cannot click faster for long.
    const WAITING: usize = 64;

    /// Adds a command for the run or the program.
    pub(crate) fn push(&mut self, command: impl Into<AppCommand>) {
        if self.commands.len() < Self::WAITING {
            self.commands.push_back(command.into());
        }
    }

    /// Whether the run that is shown races, so that what drives it drives all runs of the race.
    pub(crate) fn set_races(&mut self, races: bool) {
        self.races = races;
    }

    /// Adds a command that makes the run that is shown train or stop; where it races, all runs of the race.
    pub(crate) fn drive(&mut self, command: Command) {
        self.push(if self.races { AppCommand::OfRace(command) } else { command.into() });
    }

    /// Adds a command if there is one.
    pub(crate) fn extend(&mut self, command: Option<Command>) {
        if let Some(command) = command {
            self.push(command);
        }
    }

    /// Adds a request to the window.
    pub(crate) fn ask(&mut self, ask: Ask) {
        self.asks.push(ask);
    }

    /// Takes the requests to the window.
    pub(crate) fn take_asks(&mut self) -> Vec<Ask> {
        std::mem::take(&mut self.asks)
    }

    /// Sends what can be sent and keeps the rest, in order, for the next frame.
    pub(crate) fn send(&mut self, reader: &Reader) {
        while let Some(command) = self.commands.pop_front() {
            if let Err(back) = reader.send(command) {
                self.commands.push_front(back);
                break;
            }
        }
    }

    /// Whether a save by hand is on its way to the run.
    pub(crate) fn saves(&self) -> bool {
        self.commands.iter().any(|command| matches!(command.of_run(), Some(Command::SaveAs { .. })))
    }

    /// The commands not sent yet, oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = &AppCommand> {
        self.commands.iter()
    }
}
