//! Settings of the window, kept for the next one by a thread, so that no far disk holds this one up.

use std::path::PathBuf;
use std::task::Poll;

use eframe::egui::Context;

use super::background::BackgroundWork;
use crate::domain::language::Language;
use crate::run::{WindowSettings, remember_settings};
use crate::ui::words::{notices, strip};
use crate::words::in_language;

/// What is to be kept, and where.
#[derive(Debug, Default)]
pub(crate) struct KeptSettings {
    /// `None` where there is no place for it.
    file: Option<PathBuf>,
    settings: WindowSettings,
    /// Whether a person has changed them since they were written.
    changed: bool,
    work: Option<BackgroundWork<()>>,
}

impl KeptSettings {
    /// Begins with `settings` and keeps them in `file`.
    pub fn of(settings: WindowSettings, file: Option<PathBuf>) -> Self {
        Self { file, settings, ..Self::default() }
    }

    /// The settings in force.
    pub fn settings(&self) -> WindowSettings {
        self.settings
    }

    /// A person has chosen these.
    pub fn chosen(&mut self, settings: WindowSettings) {
        self.changed |= settings != self.settings;
        self.settings = settings;
    }

    /// Sends a thread where there is something to write; one at a time, so that the last choice is written last.
    pub fn pass(&mut self, ctx: &Context) {
        if matches!(self.work.as_ref().map(BackgroundWork::answer), Some(Poll::Ready(_))) {
            self.work = None;
        }
        let (Some(file), None, true) = (self.file.clone(), &self.work, self.changed) else { return };
        self.changed = false;
        let settings = self.settings;
        let work = move || {
            if let Err(error) = remember_settings(&file, &settings) {
                in_language(Language::English, || tracing::warn!("{}", strip::settings_not_kept(error)));
            }
        };
        match BackgroundWork::start("window-settings", ctx, work) {
            Ok(work) => self.work = Some(work),
            Err(error) => in_language(Language::English, || tracing::warn!("{}", notices::no_thread(&error))),
        }
    }
}
