//! How an app begins: mode, settings, language, lesson, and the files in which the window keeps things.

use std::path::PathBuf;
use std::sync::Arc;

use super::App;
use crate::domain::language::Language;
use crate::lessons::{ControlId, Lesson};
use crate::run::{WindowLanguage, WindowMode, WindowSettings};
use crate::ui::shell::clipboard::{Clipboard, PutText};
use crate::ui::shell::kept_hidden::KeptHidden;
use crate::ui::shell::kept_settings::KeptSettings;
use crate::ui::shell::questions::Questions;

/// The file beside the recent ones in which it is kept which lessons were gone through.
const LESSONS: &str = "lessons.json";

/// The file beside the recent ones in which it is kept which controls are hidden.
const HIDDEN: &str = "hidden-controls.json";

impl App {
    /// The same app, which begins in this mode.
    #[must_use]
    pub fn in_mode(mut self, mode: WindowMode) -> Self {
        self.screen.begin_in(mode);
        self
    }

    /// The same app, which looks at this checkpoint first.
    #[must_use]
    pub fn inspecting(self, path: Option<PathBuf>) -> Self {
        Self { inspect_first: path, ..self }
    }

    /// The same app with these settings, which keeps what is chosen in `file`, for the next window.
    #[must_use]
    pub fn with_settings(self, settings: WindowSettings, file: Option<PathBuf>) -> Self {
        Self { settings: KeptSettings::of(settings, file), ..self }
    }

    /// The same app, in which nothing moves by itself where nobody has chosen, if `still`.
    #[must_use]
    pub fn still_unless_chosen(self, still: bool) -> Self {
        Self { still, ..self }
    }

    /// The same app, which speaks this language; `system` is that of the system.
    #[must_use]
    pub fn in_language(mut self, language: WindowLanguage, system: Language) -> Self {
        self.screen.choose_language(language);
        self.system = system;
        self.speak();
        self
    }

    /// The same app, which begins this lesson, or offers all of them where it is to be learnt.
    #[must_use]
    pub fn with_lesson(mut self, lesson: Option<Arc<Lesson>>) -> Self {
        if lesson.is_some() || self.mode() == WindowMode::Learn {
            self.screen.teach(lesson);
        }
        self
    }

    /// The same app, which does not show these controls at first.
    #[must_use]
    pub fn with_hidden(mut self, hidden: Vec<ControlId>) -> Self {
        if !hidden.is_empty() {
            self.screen.hide(hidden);
        }
        self
    }

    /// The same app, which keeps the recent files in `list`: a file that all windows share. Beside it lies what else is kept: which
    /// lessons were gone through, and which controls are hidden, unless others are already.
    #[must_use]
    pub fn with_recent_files(mut self, list: Option<PathBuf>) -> Self {
        self.screen.keep_lessons(list.as_deref().map(|list| list.with_file_name(LESSONS)));
        let (kept_hidden, hidden) = KeptHidden::of(list.as_deref().map(|list| list.with_file_name(HIDDEN)));
        if self.screen.hidden().is_empty() {
            self.screen.hide(hidden);
        }
        Self { questions: Questions::with_recent_files(list), kept_hidden, ..self }
    }

    /// The same app, whose copies are put into the system's clipboard by `put`, which tells whether they have arrived.
    #[must_use]
    pub fn with_clipboard(self, put: Option<PutText>) -> Self {
        Self { clipboard: Clipboard::of(put), ..self }
    }
}
