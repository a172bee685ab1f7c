//! Closing the window: its run is saved first, and the window goes once it is. If the save fails the window stays, and
//! the leaving question is asked.

use eframe::egui::{Context, ViewportCommand};

use crate::run::AppCommand;
use crate::ui::view::Outbox;

/// Whether the window is about to close.
#[derive(Debug, Default)]
pub(crate) struct Closing {
    /// When the run was asked to save itself and end, seconds; `None` while it is not.
    since: Option<f64>,
}

impl Closing {
    /// Seconds after which somebody who closes the window again need not wait for its run: the program does.
    const PATIENCE: f64 = 3.0;

    /// Takes in a request to close the window. The run is asked to save itself first; whether it was asked just now.
    /// `ended`: whether the run has ended.
    pub fn receive(&self, ctx: &Context, ended: bool, out: &mut Outbox) -> bool {
        if ended {
            if self.since.is_some() {
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            return false;
        }
        let (asked, now) = ctx.input(|i| (i.viewport().close_requested(), i.time));
        if !asked || self.since.is_some_and(|since| now - since > Self::PATIENCE) {
            return false;
        }
        ctx.send_viewport_cmd(ViewportCommand::CancelClose);
        if self.since.is_none() {
            out.push(AppCommand::Close);
        }
        self.since.is_none()
    }

    /// Looks at the commands that are about to be sent: those that end the run close the window with it.
    pub fn watch(&mut self, out: &Outbox, now: f64) {
        if out.waiting().any(AppCommand::ends) {
            self.since.get_or_insert(now);
        }
    }

    /// The run stays, and the window with it: it comes forward if it was on its way out, for it has a question.
    pub fn stays(&mut self, ctx: &Context) {
        if self.since.take().is_some() {
            ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
            ctx.send_viewport_cmd(ViewportCommand::Focus);
        }
    }
}
