//! A file that keeps what was chosen last, written by a thread, so that no far disk holds the window up.

use std::io;
use std::task::Poll;

use eframe::egui::Context;

use super::background::BackgroundWork;
use crate::domain::language::Language;
use crate::ui::words::notices;
use crate::words::in_language;

/// The thread that writes, if one does.
#[derive(Debug, Default)]
pub(super) struct KeptFile(Option<BackgroundWork<()>>);

impl KeptFile {
    /// Whether the next choice can be written: one at a time, so that the last one is written last.
    pub fn is_free(&mut self) -> bool {
        if matches!(self.0.as_ref().map(BackgroundWork::answer), Some(Poll::Ready(_))) {
            self.0 = None;
        }
        self.0.is_none()
    }

    /// Sends a thread to write; `told` is said in the log where that fails.
    pub fn write(
        &mut self,
        ctx: &Context,
        thread: &str,
        write: impl FnOnce() -> io::Result<()> + Send + 'static,
        told: fn(io::Error) -> String,
    ) {
        let work = move || {
            if let Err(error) = write() {
                in_language(Language::English, || tracing::warn!("{}", told(error)));
            }
        };
        match BackgroundWork::start(thread, ctx, work) {
            Ok(work) => self.0 = Some(work),
            Err(error) => in_language(Language::English, || tracing::warn!("{}", notices::no_thread(&error))),
        }
    }
}
