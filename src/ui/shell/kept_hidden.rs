//! The hidden controls, kept for the next window.

use std::path::PathBuf;

use eframe::egui::Context;

use super::kept_file::KeptFile;
use crate::lessons::{ControlId, hidden_controls, remember_hidden};
use crate::ui::words::begin;

/// What is to be kept, and where.
#[derive(Debug, Default)]
pub(crate) struct KeptHidden {
    /// `None` where there is no place for it.
    file: Option<PathBuf>,
    wanted: Option<Vec<ControlId>>,
    written: KeptFile,
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

    /// Writes them where they were chosen anew.
    pub fn pass(&mut self, ctx: &Context) {
        let Some(file) = self.file.clone().filter(|_| self.written.is_free()) else { return };
        let Some(hidden) = self.wanted.take() else { return };
        let write = move || remember_hidden(&file, &hidden);
        self.written.write(ctx, "hidden-controls", write, begin::hidden_not_kept);
    }
}
