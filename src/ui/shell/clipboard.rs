//! Copying: text goes to the system's clipboard, and it is said once it is there, or why it is not.

use eframe::egui::Context;

use crate::ui::shell::background::BackgroundWork;
use crate::ui::view::outbox::Copied;
use crate::ui::words::notices;
use crate::ui::words::notices::WindowNotice;

/// Puts a text into the system's clipboard; why it is not there, if it is not.
pub type PutText = fn(String) -> Result<(), String>;

/// The clipboard, and what is on its way there.
#[derive(Debug, Default)]
pub(crate) struct Clipboard {
    /// Says whether a text has arrived; without it nobody can tell.
    put: Option<PutText>,
    copying: Vec<BackgroundWork<WindowNotice>>,
}

impl Clipboard {
    /// A clipboard that `put` writes to.
    pub fn of(put: Option<PutText>) -> Self {
        Self { put, copying: Vec::new() }
    }

    /// Begins to copy. What there is to say at once; [`Clipboard::done`] says the rest.
    pub fn copy(&mut self, copied: Copied, ctx: &Context) -> Option<WindowNotice> {
        ctx.copy_text(copied.text.clone());
        let told = notices::fact(copied.told);
        let Some(put) = self.put else { return Some(told) };
        let what = notices::copying(&copied.what);
        let failed = what.clone();
        let work = move || match put(copied.text) {
            Ok(()) => told,
            Err(why) => notices::failed(&what, &notices::no_clipboard(&why)),
        };
        match BackgroundWork::start("clipboard", ctx, work) {
            Ok(work) => {
                self.copying.push(work);
                None
            }
            Err(error) => Some(notices::failed(&failed, &notices::no_thread(&error))),
        }
    }

    /// What became of what was being copied.
    pub fn done(&mut self) -> Vec<WindowNotice> {
        BackgroundWork::take_finished(&mut self.copying).into_iter().flatten().collect()
    }
}

/// What puts text into this system's clipboard and can tell whether it has; `None` under Wayland, whose compositor answers
/// nobody but the window's own connection. `x11`: X11 was taken instead.
pub(crate) fn system(x11: bool) -> Option<PutText> {
    let wayland = std::env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty());
    (x11 || !wayland).then_some(put as PutText)
}

fn put(text: String) -> Result<(), String> {
    let mut clipboard = arboard::Clipboard::new().map_err(|error| error.to_string())?;
    clipboard.set_text(text).map_err(|error| error.to_string())
}
