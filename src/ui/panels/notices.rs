//! Notices: what must not be missed is shown for a while, or until it is put away; the log keeps the last two hundred.

use std::collections::VecDeque;
use std::sync::Arc;

use eframe::egui::{Align2, Area, Frame, Id, Order, Rect, ScrollArea, Sense, Stroke, Ui, pos2, vec2};

use crate::run::{Failure, FailureCause, Notice, PausedBy, Snapshot, Status};
use crate::store::history::JournalEntry;
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::Outbox;
use crate::ui::words;
use crate::ui::words::notices::WindowNotice;

/// One line of the log: what it tells of, so that it is said in the language that is spoken when it is shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Logged {
    /// Steps done when it came.
    pub step: u64,
    told: Told,
}

/// What a line of the log tells of.
#[derive(Clone, Debug, PartialEq)]
enum Told {
    /// A notice.
    Notice(ShownNotice),
    /// Something that was done to the run.
    Done(Arc<JournalEntry>),
}

impl Logged {
    fn words(&self) -> String {
        match &self.told {
            Told::Notice(notice) => notice.words(),
            Told::Done(entry) => crate::words::flag(&entry.what).unwrap_or_default(),
        }
    }

    fn is_bad(&self) -> bool {
        matches!(&self.told, Told::Notice(notice) if notice.is_bad())
    }
}

/// A notice of the run or of the window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ShownNotice {
    /// What the run that is shown tells.
    Run(Box<Notice>),
    /// What another run of the race tells, and its place there, from 1.
    Racer(usize, Box<Notice>),
    /// What the window tells of itself.
    Window(WindowNotice),
}

impl ShownNotice {
    fn words(&self) -> String {
        match self {
            Self::Run(notice) => crate::words::notice(notice),
            Self::Racer(place, notice) => words::race::of_run(*place, &crate::words::notice(notice)),
            Self::Window(notice) => notice.words.clone(),
        }
    }

    fn is_bad(&self) -> bool {
        match self {
            Self::Run(notice) | Self::Racer(_, notice) => notice.is_bad(),
            Self::Window(notice) => notice.bad,
        }
    }

    /// Whether it goes to the log alone: an autosave, or what a panel asks about.
    fn is_for_the_log(&self) -> bool {
        let (Self::Run(notice) | Self::Racer(_, notice)) = self else { return false };
        matches!(**notice, Notice::Saved { auto: true, .. } | Notice::Occupied { .. } | Notice::NotLeft { .. })
    }
}

impl From<Notice> for ShownNotice {
    fn from(notice: Notice) -> Self {
        Self::Run(Box::new(notice))
    }
}

impl From<WindowNotice> for ShownNotice {
    fn from(notice: WindowNotice) -> Self {
        Self::Window(notice)
    }
}

/// A notice that is shown, and since when, seconds.
#[derive(Clone, Debug, PartialEq)]
struct Toast {
    notice: ShownNotice,
    since: Option<f64>,
}

/// The notices kept.
#[derive(Debug, Default)]
pub struct NoticesView {
    log: VecDeque<Logged>,
    stack: Vec<Toast>,
    /// Whether the log is shown.
    pub open: bool,
}

impl NoticesView {
    /// Most lines the log keeps.
    pub(crate) const LOG: usize = 200;
    /// Most notices shown at once; the log has the others.
    pub(crate) const STACK: usize = 4;
    /// Seconds for which a plain fact covers what is beneath it.
    pub(crate) const FACT_SECS: f64 = 8.0;
    /// Seconds for which what went wrong does, unless it is put away before; the log keeps it.
    pub(crate) const BAD_SECS: f64 = 30.0;

    /// Takes in a notice that came when `step` steps were done. Autosaves, and what a panel asks about, go to the log alone;
    /// a plain fact takes the place of the plain fact before, and nothing is shown twice.
    pub(crate) fn take(&mut self, notice: impl Into<ShownNotice>, step: u64) {
        let notice = notice.into();
        self.keep(Logged { step, told: Told::Notice(notice.clone()) });
        // That the run is being saved, which a panel now says it was not, is a plain fact as well.
        if !notice.is_bad() || notice.is_for_the_log() {
            self.stack.retain(|toast| toast.notice.is_bad());
        }
        if notice.is_for_the_log() {
            return;
        }
        self.stack.retain(|toast| toast.notice != notice);
        if self.stack.len() == Self::STACK {
            self.stack.remove(0);
        }
        self.stack.push(Toast { notice, since: None });
    }

    /// Adds to the log alone what was done to the run.
    pub(crate) fn note(&mut self, done: Arc<JournalEntry>) {
        self.keep(Logged { step: done.step, told: Told::Done(done) });
    }

    fn keep(&mut self, line: Logged) {
        if self.log.len() == Self::LOG {
            self.log.pop_front();
        }
        self.log.push_back(line);
    }

    /// Puts away what was shown long enough. `now` counts seconds; returns in how many to ask again.
    pub(crate) fn pass(&mut self, now: f64) -> Option<f64> {
        let left = |toast: &mut Toast| {
            let lasts = if toast.notice.is_bad() { Self::BAD_SECS } else { Self::FACT_SECS };
            *toast.since.get_or_insert(now) + lasts - now
        };
        self.stack.retain_mut(|toast| left(toast) > 0.0);
        self.stack.iter_mut().map(left).reduce(f64::min)
    }

    /// The lines kept, oldest first.
    pub(crate) fn log(&self) -> impl ExactSizeIterator<Item = &Logged> {
        self.log.iter()
    }
}

/// Whether the red line over the tiles says the same already.
fn is_said(notice: &ShownNotice, shot: &Snapshot) -> bool {
    let ShownNotice::Run(notice) = notice else { return false };
    match (&**notice, &shot.status) {
        (Notice::Failed(cause), Status::Failed(failure)) => *cause == failure.cause,
        (Notice::FileFailed { why, .. }, Status::Failed(failure)) => {
            crate::words::failure(&failure.cause).contains(&crate::words::reason(why))
        }
        (Notice::TextWanted(wanted), Status::Failed(Failure { cause: FailureCause::NoText(why), .. }))
        | (Notice::TextWanted(wanted), Status::Paused(PausedBy::Text { why })) => *why == wanted.why,
        (Notice::NoRoom { .. }, Status::Paused(PausedBy::DiskFull { .. })) => true,
        (Notice::NotFinite { step, .. }, Status::Paused(PausedBy::NotFinite { step: at, .. })) => step == at,
        _ => false,
    }
}

/// Draws the stack above the lower right corner of `ui`, newest at the bottom, and the log if it is open.
pub fn notices_ui(ui: &mut Ui, shot: &Snapshot, view: &mut NoticesView, _out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    let width = 340f32.min(rect.width() - 16.0);
    if width < 60.0 || rect.height() < 40.0 {
        return;
    }
    let mut bottom = rect.bottom() - 8.0;
    let mut closed = None;
    for (i, Toast { notice, .. }) in view.stack.iter().enumerate().rev().filter(|(_, t)| !is_said(&t.notice, shot)) {
        let words = notice.words();
        let font = fonts::regular(size::BODY);
        let galley = ui.painter().layout(words.clone(), font, theme.ink, width - 64.0);
        let height = galley.size().y + 18.0;
        if bottom - height < rect.top() {
            break;
        }
        let spot =
            Rect::from_min_max(pos2(rect.right() - width - 8.0, bottom - height), pos2(rect.right() - 8.0, bottom));
        let color = if notice.is_bad() { theme.red } else { theme.line2 };
        paint::boxed(ui.painter(), spot, RADIUS, theme.raised, color);
        let icon = if notice.is_bad() { Icon::Warning } else { Icon::Info };
        let ink = if notice.is_bad() { theme.red } else { theme.ink3 };
        icons::draw(ui.painter(), icon, pos2(spot.left() + 18.0, spot.top() + 17.0), 13.0, ink);
        ui.painter().galley(spot.min + vec2(36.0, 9.0), galley, theme.ink);
        // Swallows clicks, so that nothing beneath is pressed by accident.
        ui.interact(spot, ui.scope_id().with(("notice-body", i)), Sense::click());
        paint::say(ui, spot, ("notice", i), &words);
        let close = Rect::from_center_size(pos2(spot.right() - 16.0, spot.top() + 17.0), vec2(20.0, 20.0));
        let name = words::notices::put_away(i);
        if Press::icon(Icon::Close, &name).look(Look::Ghost).size(10.0).show(ui, close).clicked() {
            closed = Some(i);
        }
        bottom = spot.top() - 6.0;
    }
    if let Some(i) = closed {
        view.stack.remove(i);
    }
    if view.open {
        log_ui(ui, rect, view);
    }
}

fn log_ui(ui: &Ui, rect: Rect, view: &NoticesView) {
    let theme = theme::of(ui);
    let size = vec2(520f32.min(rect.width() - 16.0), 320f32.min(rect.height() - 16.0));
    let at = rect.right_bottom() - size - vec2(8.0, 8.0);
    let frame =
        Frame::new().fill(theme.raised).stroke(Stroke::new(1.0, theme.line2)).corner_radius(RADIUS).inner_margin(12);
    Area::new(Id::unique("log-of-notices")).order(Order::Foreground).fixed_pos(at).show(ui.ctx(), |ui| {
        frame.show(ui, |ui| {
            ui.set_width((size.x - 24.0).max(0.0));
            let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
            let title = words::notices::log(view.log.len());
            ui.painter().text(head.left_center(), Align2::LEFT_CENTER, &title, fonts::strong(size::TITLE), theme.ink);
            paint::say(ui, head, "log-title", &title);
            let height = (size.y - 60.0).max(20.0);
            ScrollArea::vertical()
                .max_height(height)
                .min_scrolled_height(height)
                .stick_to_bottom(true)
                .auto_shrink([false, true])
                .show(ui, |ui| {
                    for line in &view.log {
                        let ink = if line.is_bad() { theme.red } else { theme.ink2 };
                        ui.colored_label(ink, words::notices::logged(line.step, &line.words()));
                    }
                });
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{AppCommand, Asked};

    fn said(words: &str, bad: bool) -> WindowNotice {
        WindowNotice { words: words.into(), bad }
    }

    fn shown(view: &NoticesView) -> Vec<ShownNotice> {
        view.stack.iter().map(|toast| toast.notice.clone()).collect()
    }

    #[test]
    fn the_log_is_bounded_and_autosaves_do_not_pop_up() {
        let mut view = NoticesView::default();
        for step in 0..300 {
            view.take(Notice::Saved { step, path: "run.safetensors".into(), auto: true }, step);
        }
        assert_eq!((view.log.len(), view.stack.len()), (NoticesView::LOG, 0));
        assert_eq!(view.log.back().map(|line| line.step), Some(299), "a line carries its step");
        view.take(said("one", false), 300);
        view.take(said("bad", true), 300);
        view.take(said("two", false), 300);
        assert_eq!(shown(&view), [said("bad", true).into(), said("two", false).into()]);
    }

    #[test]
    fn what_is_shown_passes_into_the_log_and_bad_news_stays_longer() {
        let mut view = NoticesView::default();
        assert_eq!(view.pass(1.0), None);
        view.take(said("bad", true), 7);
        view.take(said("one", false), 7);
        assert_eq!((view.pass(10.0), view.pass(13.0)), (Some(8.0), Some(5.0)));
        view.take(said("two", false), 8);
        assert_eq!(view.pass(17.0), Some(8.0), "another fact has its own time");
        assert_eq!(view.pass(25.0), Some(15.0));
        assert_eq!(shown(&view), [said("bad", true).into()]);
        assert_eq!(view.pass(40.0), None);
        assert_eq!((view.stack.len(), view.log.len()), (0, 3));
    }

    #[test]
    fn what_a_panel_asks_about_is_in_the_log_alone_and_ends_the_fact_before() {
        let mut view = NoticesView::default();
        view.take(said("saving", false), 7);
        view.take(
            Notice::NotLeft {
                command: Box::new(AppCommand::Close),
                why: std::io::Error::other("the disk is full").into(),
            },
            7,
        );
        assert_eq!((shown(&view), view.log.len()), (Vec::new(), 2));
    }

    #[test]
    fn the_same_failure_is_shown_once() {
        let mut view = NoticesView::default();
        let refused = Notice::Refused { asked: Asked::Save, why: std::io::Error::other("there is none").into() };
        (0..3).for_each(|step| view.take(refused.clone(), step));
        assert_eq!((shown(&view), view.log.len()), (vec![refused.into()], 3));
    }
}
