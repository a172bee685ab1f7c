//! The hidden controls, kept for the next window by a thread, so that no far disk holds this one up.

use std::path::PathBuf;
use std::task::Poll;

use eframe::egui::Context;

use super::background::BackgroundWork;
use crate::lessons::{ControlId, hidden_controls, remember_hidden};
use crate::ui::words::{begin, notices};

/// What is to be kept, and where.
#[derive(Debug, Default)]
pub(crate) struct KeptHidden {
    /// `None` where there is no place for it.
    file: Option<PathBuf>,
    wanted: Option<Vec<ControlId>>,
    work: Option<BackgroundWork<()>>,
}

impl KeptHidden {
    /// Keeps them in `file`; with those that were kept there.
    pub fn of(file: Option<PathBuf>) -> (Self, Vec<ControlId>) {
        let hidden = file.as_deref().map(hidden_controls).unwrap_or_default();
        (Self { file, ..Self::default() }, hidden)
    }

    /// These are hidden from now on.
    pub fn chosen(&mut self, hidden: &[ControlId]) {
        self.wanted = Some(hidden.to_vec());
    }

    /// Sends a thread where there is something to write; one at a time, so that the last choice is written last.
    pub fn pass(&mut self, ctx: &Context) {
        if matches!(self.work.as_ref().map(BackgroundWork::answer), Some(Poll::Ready(_))) {
            self.work = None;
        }
        let (Some(file), None) = (&self.file, &self.work) else { return };
        let (Some(hidden), file) = (self.wanted.take(), file.clone()) else { return };
        let work = move || {
            if let Err(error) = remember_hidden(&file, &hidden) {
                tracing::warn!("{}", begin::hidden_not_kept(error));
            }
        };
        match BackgroundWork::start("hidden-controls", ctx, work) {
            Ok(work) => self.work = Some(work),
            Err(error) => tracing::warn!("{}", notices::no_thread(&error)),
        }
    }
}
