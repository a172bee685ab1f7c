//! The system's file dialogs, one at a time, and other work on a thread of its own, so that the window never waits.
//!
//! A desktop without dialogs answers as if the dialog had been put away, one that is broken never answers. The first is
//! told from the second choice of a person, and said; the path field of the files panel works in all cases.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::task::Poll;
use std::time::{Duration, Instant};

use eframe::egui::Context;

use super::background::BackgroundWork;
use super::files::InspectedPlace;
use crate::ui::view::export::Format;
use crate::ui::words::{begin, lesson, locate, questions};

/// What a dialog is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DialogPurpose {
    /// Choose a checkpoint to open.
    Open,
    /// Choose a checkpoint to look at: a file, or the folder of a public one.
    Inspect {
        /// Which of two it is to be.
        place: InspectedPlace,
        /// Whether a folder is chosen.
        folder: bool,
    },
    /// Choose where to save one.
    Save,
    /// Choose where to save what a tile shows.
    Export(Format),
    /// Choose a text; any file may be one.
    Text,
    /// Choose a lesson.
    Lesson,
    /// Choose a set-up.
    Setup,
}

/// What came of a dialog: the path, nothing if it was put away, or why there was none.
type Answer = Result<Option<PathBuf>, String>;

/// The dialog that is open, if one is.
#[derive(Debug, Default)]
pub(crate) struct Dialogs {
    open: Option<(DialogPurpose, BackgroundWork<Answer>)>,
}

impl Dialogs {
    /// Nobody puts a dialog away sooner than this after it was asked for: there was none.
    const AT_ONCE: Duration = Duration::from_millis(250);

    /// Whether a dialog is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Opens a dialog unless one is open; the window is woken when it is answered. `suggested` is where it begins.
    ///
    /// # Errors
    /// In words, if the system gives no thread.
    pub fn ask(&mut self, purpose: DialogPurpose, suggested: &Path, ctx: &Context) -> Result<(), String> {
        if self.is_open() {
            return Ok(());
        }
        let suggested = suggested.to_owned();
        let work = move || {
            if !Desktop::here().has_dialogs() {
                return Err(questions::NO_DIALOG.into());
            }
            let asked = Instant::now();
            match shown(purpose, &suggested) {
                None if asked.elapsed() < Self::AT_ONCE => Err(questions::NO_DIALOG.into()),
                answer => Ok(answer),
            }
        };
        let work = BackgroundWork::start("file-dialog", ctx, work).map_err(|error| questions::no_dialog(&error))?;
        self.open = Some((purpose, work));
        Ok(())
    }

    /// The answer, if there is one: what it was for, and what came of it.
    pub fn answer(&mut self) -> Option<(DialogPurpose, Answer)> {
        let (purpose, work) = self.open.as_ref()?;
        let Poll::Ready(answer) = work.answer() else {
            return None;
        };
        let purpose = *purpose;
        self.open = None;
        // A dialog that ended without an answer was none.
        Some((purpose, answer.unwrap_or_else(|| Err(questions::NO_DIALOG.into()))))
    }
}

/// Shows the dialog and waits until it is answered.
fn shown(purpose: DialogPurpose, suggested: &Path) -> Option<PathBuf> {
    let mut dialog = rfd::FileDialog::new();
    if let Some(folder) = suggested.parent().filter(|folder| folder.is_dir()) {
        dialog = dialog.set_directory(folder);
    }
    let name = suggested.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let checkpoint =
        |dialog: rfd::FileDialog| dialog.add_filter(questions::CHECKPOINT_FILTER, &[questions::CHECKPOINT_ENDING]);
    match purpose {
        DialogPurpose::Open => checkpoint(dialog).set_title(questions::OPEN_TITLE).pick_file(),
        DialogPurpose::Inspect { place, folder: true } => dialog.set_title(inspect_title(place)).pick_folder(),
        DialogPurpose::Inspect { place, folder: false } => {
            let endings = ["safetensors", "gguf", "json"];
            dialog.add_filter(questions::INSPECT_FILTER, &endings).set_title(inspect_title(place)).pick_file()
        }
        DialogPurpose::Save => checkpoint(dialog).set_title(questions::SAVE_DIALOG).set_file_name(name).save_file(),
        DialogPurpose::Text => dialog.set_title(locate::DIALOG).pick_file(),
        DialogPurpose::Setup => dialog.add_filter(begin::THE_SETUP, &["toml"]).set_title(begin::OPEN_FILE).pick_file(),
        DialogPurpose::Lesson => dialog.add_filter(lesson::LESSON, &["toml"]).set_title(lesson::OPEN_FILE).pick_file(),
        DialogPurpose::Export(format) => dialog
            .add_filter(format.name(), &[format.ending()])
            .set_title(questions::save_as(format.name()))
            .set_file_name(name)
            .save_file(),
    }
}

/// What is asked for where a checkpoint is to be looked at.
pub(super) fn inspect_title(place: InspectedPlace) -> &'static str {
    match place {
        InspectedPlace::Now => questions::INSPECT_TITLE.said(),
        InspectedPlace::Then => questions::AGAINST_TITLE.said(),
    }
}

/// What a desktop must have for a file dialog: a portal behind the session bus, or zenity.
#[derive(Debug, Default)]
struct Desktop {
    /// Whether this system has dialogs of its own.
    own: bool,
    /// `DBUS_SESSION_BUS_ADDRESS`.
    bus: Option<OsString>,
    /// `XDG_RUNTIME_DIR`, where the bus is if it is named nowhere.
    runtime: Option<OsString>,
    /// `PATH`.
    programs: Option<OsString>,
    /// Folders with the services that the bus can start.
    services: Vec<PathBuf>,
}

impl Desktop {
    fn here() -> Self {
        let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let data = var("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".into());
        let home = var("XDG_DATA_HOME").map(PathBuf::from);
        let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".local/share")));
        Self {
            own: !cfg!(all(unix, not(target_os = "macos"))),
            bus: var("DBUS_SESSION_BUS_ADDRESS"),
            runtime: var("XDG_RUNTIME_DIR"),
            programs: var("PATH"),
            services: home.into_iter().chain(std::env::split_paths(&data)).collect(),
        }
    }

    fn has_dialogs(&self) -> bool {
        self.own || self.has_zenity() || self.has_bus() && self.has_portal()
    }

    fn has_zenity(&self) -> bool {
        self.programs.iter().flat_map(|path| std::env::split_paths(path)).any(|folder| folder.join("zenity").is_file())
    }

    /// Whether there is a session bus: one that is named and, if it is a socket in the file system, can be connected to.
    fn has_bus(&self) -> bool {
        let named = self.bus.as_ref().map(|bus| bus.to_string_lossy().into_owned());
        let at_home = self.runtime.as_ref().map(|runtime| Path::new(runtime).join("bus"));
        match (named, at_home) {
            (Some(named), _) => named.split(';').any(|address| match address.strip_prefix("unix:path=") {
                Some(path) => answers(Path::new(path.split(',').next().unwrap_or(path))),
                None => !address.is_empty(),
            }),
            (None, Some(path)) => answers(&path),
            (None, None) => false,
        }
    }

    fn has_portal(&self) -> bool {
        let service = Path::new("dbus-1/services/org.freedesktop.portal.Desktop.service");
        self.services.iter().any(|folder| folder.join(service).is_file())
    }
}

/// Whether somebody listens at a socket.
#[cfg(unix)]
fn answers(socket: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket).is_ok()
}

#[cfg(not(unix))]
fn answers(_socket: &Path) -> bool {
    false
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::net::UnixListener;

    #[test]
    fn a_desktop_without_portal_and_without_zenity_has_no_dialogs() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(!Desktop::default().has_dialogs());
        let address = |path: &Path| Some(format!("unix:path={},guid=1", path.display()).into());
        let dead = Desktop { bus: address(&at("bus")), services: vec![at("share")], ..Desktop::default() };
        fs::create_dir_all(at("share/dbus-1/services")).unwrap();
        fs::write(at("share/dbus-1/services/org.freedesktop.portal.Desktop.service"), "").unwrap();
        assert!(!dead.has_dialogs(), "nobody listens");
        let _bus = UnixListener::bind(at("bus")).unwrap();
        assert!(dead.has_dialogs());
        assert!(!Desktop { services: Vec::new(), ..dead }.has_dialogs(), "a bus without a portal");
        let runtime =
            Desktop { runtime: Some(folder.path().into()), services: vec![at("share")], ..Desktop::default() };
        assert!(runtime.has_dialogs(), "the bus need not be named");
        fs::write(at("zenity"), "").unwrap();
        assert!(Desktop { programs: Some(folder.path().into()), ..Desktop::default() }.has_dialogs());
        assert!(Desktop { own: true, ..Desktop::default() }.has_dialogs());
    }
}
