//! The mode that the window shows, kept for the next window by a thread, so that no far disk holds this one up.

use std::path::PathBuf;
use std::task::Poll;

use eframe::egui::Context;

use super::background::BackgroundWork;
use crate::run::{WindowMode, remember_mode};
use crate::ui::words::{notices, strip};

/// What is to be kept, and where.
#[derive(Debug, Default)]
pub(crate) struct LastMode {
    /// `None` where there is no place for it.
    file: Option<PathBuf>,
    wanted: Option<WindowMode>,
    work: Option<BackgroundWork<()>>,
}

impl LastMode {
    /// Keeps it in `file`.
    pub fn of(file: Option<PathBuf>) -> Self {
        Self { file, ..Self::default() }
    }

    /// A person has chosen this mode.
    pub fn chosen(&mut self, mode: WindowMode) {
        self.wanted = Some(mode);
    }

    /// Sends a thread where there is something to write; one at a time, so that the last choice is written last.
    pub fn pass(&mut self, ctx: &Context) {
        if matches!(self.work.as_ref().map(BackgroundWork::answer), Some(Poll::Ready(_))) {
            self.work = None;
        }
        let (Some(file), None) = (&self.file, &self.work) else { return };
        let (Some(mode), file) = (self.wanted.take(), file.clone()) else { return };
        let work = move || {
            if let Err(error) = remember_mode(&file, mode) {
                tracing::warn!("{}", strip::mode_not_kept(error));
            }
        };
        match BackgroundWork::start("window-mode", ctx, work) {
            Ok(work) => self.work = Some(work),
            Err(error) => tracing::warn!("{}", notices::no_thread(&error)),
        }
    }
}
