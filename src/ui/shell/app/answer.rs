//! What a frame asks of the window: settings, notices, reports, copies and files.

use eframe::egui::Context;

use super::App;
use crate::run::{InspectionCommand, WindowMode, WindowSettings};
use crate::ui::shell::report::Reported;
use crate::ui::shell::setups;
use crate::ui::view::outbox::Ask;
use crate::ui::words::notices::WindowNotice;

impl App {
    /// Takes in a notice of the window's own, at the end of a frame.
    fn tell(&mut self, notice: WindowNotice, ctx: &Context) {
        self.take(notice);
        ctx.request_repaint();
    }

    /// Does what was asked of the window.
    pub(super) fn answer(&mut self, ctx: &Context) {
        for ask in self.out.take_asks() {
            let settings = self.settings.settings();
            if matches!(ask, Ask::Projector | Ask::Still) {
                // It is drawn so from the next frame on.
                ctx.request_repaint();
            }
            match &ask {
                Ask::Mode(mode) => self.settings.chosen(WindowSettings { mode: Some(*mode), ..settings }),
                Ask::Projector => {
                    self.settings.chosen(WindowSettings { projector: !settings.projector, ..settings });
                }
                Ask::Still => {
                    self.settings.chosen(WindowSettings { still: Some(!self.chosen_look().still), ..settings });
                }
                Ask::Language(language) => {
                    self.settings.chosen(WindowSettings { language: Some(*language), ..settings });
                    ctx.request_repaint();
                }
                Ask::Hide(hidden) => self.kept_hidden.chosen(hidden),
                _ => {}
            }
            let Some(ask) = self.screen.answer(ask, &self.shot) else { continue };
            let Some(ask) = self.questions.answer(ask, &self.shot, ctx, &mut self.out) else { continue };
            match ask {
                Ask::GoOn => self.screen.go_on(&self.shot, &mut self.out),
                Ask::Theme => self.dark = !self.dark,
                Ask::Log => self.notices.open = !self.notices.open,
                Ask::Tell(notice) => self.tell(notice, ctx),
                Ask::Copy(copied) => {
                    if let Some(notice) = self.clipboard.copy(copied, ctx) {
                        self.tell(notice, ctx);
                    }
                }
                Ask::Inspect(command) => {
                    if matches!(command, InspectionCommand::Open(_)) && self.mode() != WindowMode::Inspect {
                        self.out.ask(Ask::Mode(WindowMode::Inspect));
                    }
                    self.inspections.send(command, ctx);
                    ctx.request_repaint();
                }
                Ask::Report if self.inspected().is_some() => {
                    let notice = self.inspected().and_then(|found| self.exports.inspected(found, ctx));
                    if let Some(notice) = notice {
                        self.tell(notice, ctx);
                    }
                }
                Ask::Report => {
                    let reported = Reported {
                        shot: self.shot.clone(),
                        layer: self.screen.layer(),
                        lesson: self.screen.lesson().cloned(),
                        dark: self.dark,
                    };
                    if let Some(notice) = self.exports.report(reported, ctx) {
                        self.tell(notice, ctx);
                    }
                }
                Ask::CopySetup => match setups::copied(&self.shot, self.screen.hidden()) {
                    Ok(copied) => self.out.ask(Ask::Copy(copied)),
                    Err(notice) => self.tell(notice, ctx),
                },
                Ask::SaveSetup => match setups::file(&self.shot, self.screen.hidden()) {
                    Ok(export) => self.out.ask(Ask::Export(export)),
                    Err(notice) => self.tell(notice, ctx),
                },
                Ask::Picture(stem, frame) => self.exports.pose(stem, frame, ctx),
                Ask::Write { export, path, replace } => {
                    if let Some(notice) = self.exports.write(export, path, replace, ctx) {
                        self.tell(notice, ctx);
                    }
                }
                // The screen and the questions have answered the others.
                Ask::Debug
                | Ask::Mode(_)
                | Ask::Projector
                | Ask::Still
                | Ask::Tile(_)
                | Ask::Language(_)
                | Ask::Palette
                | Ask::Keys
                | Ask::Measure(_)
                | Ask::Draw
                | Ask::Rail
                | Ask::Lesson(_)
                | Ask::Lessons
                | Ask::OpenLesson
                | Ask::OpenSetup
                | Ask::PasteSetup
                | Ask::Demonstration { .. }
                | Ask::Demonstrated(_)
                | Ask::Setup(_)
                | Ask::Hide(_)
                | Ask::Layer(_)
                | Ask::Drawer
                | Ask::StopAt
                | Ask::Alerts
                | Ask::LetGo
                | Ask::Live
                | Ask::Cursor(_)
                | Ask::Expert(_)
                | Ask::Open
                | Ask::OpenInspection
                | Ask::OpenOther
                | Ask::Save
                | Ask::Locate
                | Ask::NewRun
                | Ask::NewConfig(_)
                | Ask::Export(_) => {}
            }
        }
    }
}
