//! The system's file dialogs, one at a time on a thread of their own, so that the window never waits for them.
//!
//! A portal that is missing answers at once with nothing, one that is broken never answers; the path field of
//! the files panel works in both cases.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

use eframe::egui::Context;

/// What a dialog is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Choose a checkpoint to open.
    Open,
    /// Choose where to save one.
    Save,
}

/// The dialog that is open, if one is.
#[derive(Debug, Default)]
pub struct Dialogs {
    open: Option<(Purpose, Receiver<Option<PathBuf>>)>,
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
        let (answer, receiver) = sync_channel(1);
        let (ctx, suggested) = (ctx.clone(), suggested.to_owned());
        let work = move || {
            let dialog = rfd::FileDialog::new().add_filter("Checkpoint", &["safetensors"]);
            let path = match purpose {
                Purpose::Open => dialog.set_title("Open a checkpoint").pick_file(),
                Purpose::Save => dialog.set_title("Save a checkpoint").set_file_name(suggested).save_file(),
            };
            // The window may have closed meanwhile; then nobody needs the answer.
            let _ = answer.send(path);
            ctx.request_repaint();
        };
        thread::Builder::new().name("file dialog".into()).spawn(work).map_err(|error| error.to_string())?;
        self.open = Some((purpose, receiver));
        Ok(())
    }

    /// The answer, if there is one: what it was for, and the path unless it was put away.
    pub fn answer(&mut self) -> Option<(Purpose, Option<PathBuf>)> {
        let (purpose, receiver) = self.open.as_ref()?;
        let path = match receiver.try_recv() {
            Ok(path) => path,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => None,
        };
        let purpose = *purpose;
        self.open = None;
        Some((purpose, path))
    }
}
