//! Settings of the window that are chosen, mode and language, kept for the next window by a thread, so that no far disk holds this
//! one up.

use std::path::PathBuf;
use std::task::Poll;

use eframe::egui::Context;

use super::background::BackgroundWork;
use crate::domain::language::Language;
use crate::run::{WindowSettings, remember_settings, window_settings};
use crate::ui::words::{notices, strip};
use crate::words::in_language;

/// What is to be kept, and where.
#[derive(Debug, Default)]
pub(crate) struct KeptSettings {
    /// `None` where there is no place for it.
    file: Option<PathBuf>,
    wanted: Option<WindowSettings>,
    work: Option<BackgroundWork<()>>,
}

impl KeptSettings {
    /// Keeps them in `file`.
    pub fn of(file: Option<PathBuf>) -> Self {
        Self { file, ..Self::default() }
    }

    /// A person has chosen this.
    pub fn chosen(&mut self, settings: WindowSettings) {
        let before = self.wanted.unwrap_or_default();
        let (mode, language) = (settings.mode.or(before.mode), settings.language.or(before.language));
        self.wanted = Some(WindowSettings { mode, language, ..before });
    }

    /// Sends a thread where there is something to write; one at a time, so that the last choice is written last.
    pub fn pass(&mut self, ctx: &Context) {
        if matches!(self.work.as_ref().map(BackgroundWork::answer), Some(Poll::Ready(_))) {
            self.work = None;
        }
        let (Some(file), None) = (&self.file, &self.work) else { return };
        let (Some(settings), file) = (self.wanted.take(), file.clone()) else { return };
        let work = move || {
            let kept = window_settings(&file);
            let (mode, language) = (settings.mode.or(kept.mode), settings.language.or(kept.language));
            if let Err(error) = remember_settings(&file, &WindowSettings { mode, language, ..kept }) {
                in_language(Language::English, || tracing::warn!("{}", strip::mode_not_kept(error)));
            }
        };
        match BackgroundWork::start("window-settings", ctx, work) {
            Ok(work) => self.work = Some(work),
            Err(error) => in_language(Language::English, || tracing::warn!("{}", notices::no_thread(&error))),
        }
    }
}
