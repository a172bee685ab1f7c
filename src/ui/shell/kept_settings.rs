//! Settings of the window, kept for the next one.

use std::path::PathBuf;

use eframe::egui::Context;

use super::kept_file::KeptFile;
use crate::run::{WindowSettings, remember_settings};
use crate::ui::words::strip;

/// What is to be kept, and where.
#[derive(Debug, Default)]
pub(crate) struct KeptSettings {
    /// `None` where there is no place for it.
    file: Option<PathBuf>,
    settings: WindowSettings,
    /// Whether a person has changed them since they were written.
    changed: bool,
    written: KeptFile,
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

    /// Writes them where a person has changed them.
    pub fn pass(&mut self, ctx: &Context) {
        let Some(file) = self.file.clone().filter(|_| self.changed && self.written.is_free()) else { return };
        self.changed = false;
        let settings = self.settings;
        let write = move || remember_settings(&file, &settings);
        self.written.write(ctx, "window-settings", write, strip::settings_not_kept);
    }
}
