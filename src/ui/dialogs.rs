//! The system's file dialogs, one at a time, and other work on a thread of its own, so that the window never waits.
//!
//! A portal that is missing answers at once with nothing, one that is broken never answers; the path field of
//! the files panel works in both cases.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::task::Poll;
use std::thread;

use eframe::egui::Context;

use super::export::Format;
use super::strings::{locate, questions};

/// Work on a thread of its own, so that the window never waits for it.
#[derive(Debug)]
pub struct Errand<T>(Receiver<T>);

impl<T: Send + 'static> Errand<T> {
    /// Begins `work`; the window is woken when it is done.
    pub fn start(name: &str, ctx: &Context, work: impl FnOnce() -> T + Send + 'static) -> Result<Self, String> {
        let (answer, receiver) = sync_channel(1);
        let ctx = ctx.clone();
        let whole = move || {
            // The window may have closed meanwhile; then nobody needs the answer.
            let _ = answer.send(work());
            ctx.request_repaint();
        };
        thread::Builder::new().name(name.into()).spawn(whole).map_err(|error| error.to_string())?;
        Ok(Self(receiver))
    }

    /// What came of it; ready with nothing if the work ended without an answer.
    pub fn answer(&self) -> Poll<Option<T>> {
        match self.0.try_recv() {
            Ok(answer) => Poll::Ready(Some(answer)),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }
}

/// Shows the system's dialog for a text; any file may be one.
pub fn choose_text(ctx: &Context) -> Result<Errand<Option<PathBuf>>, String> {
    Errand::start("file-dialog", ctx, || rfd::FileDialog::new().set_title(locate::DIALOG).pick_file())
}

/// What a dialog is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Choose a checkpoint to open.
    Open,
    /// Choose where to save one.
    Save,
    /// Choose where to save what a tile shows.
    Export(Format),
}

/// The dialog that is open, if one is.
#[derive(Debug, Default)]
pub struct Dialogs {
    open: Option<(Purpose, Errand<Option<PathBuf>>)>,
}

impl Dialogs {
    /// Whether a dialog is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Opens a dialog unless one is open; the window is woken when it is answered.
    pub fn ask(&mut self, purpose: Purpose, suggested: &str, ctx: &Context) -> Result<(), String> {
        if self.is_open() {
            return Ok(());
        }
        let suggested = suggested.to_owned();
        let work = move || {
            let dialog = rfd::FileDialog::new();
            let checkpoint =
                |dialog: rfd::FileDialog| dialog.add_filter(questions::CHECKPOINT_FILTER, &["safetensors"]);
            match purpose {
                Purpose::Open => checkpoint(dialog).set_title(questions::OPEN_TITLE).pick_file(),
                Purpose::Save => {
                    checkpoint(dialog).set_title(questions::SAVE_DIALOG).set_file_name(suggested).save_file()
                }
                Purpose::Export(format) => dialog
                    .add_filter(format.name(), &[format.ending()])
                    .set_title(questions::save_as(format.name()))
                    .set_file_name(suggested)
                    .save_file(),
            }
        };
        let errand = Errand::start("file-dialog", ctx, work)?;
        self.open = Some((purpose, errand));
        Ok(())
    }

    /// The answer, if there is one: what it was for, and the path unless it was put away.
    pub fn answer(&mut self) -> Option<(Purpose, Option<PathBuf>)> {
        let (purpose, errand) = self.open.as_ref()?;
        let Poll::Ready(path) = errand.answer() else {
            return None;
        };
        let purpose = *purpose;
        self.open = None;
        Some((purpose, path.flatten()))
    }
}
