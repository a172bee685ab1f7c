//! What arrives between two frames: snapshots and notices of the run, files that were made or written, drops and pastes.

use std::path::Path;
use std::sync::Arc;

use eframe::egui::{Context, ViewportCommand};

use super::App;
use crate::run::{Fact, InspectionCommand, Notice, Snapshot, WindowMode};
use crate::ui::kit::theme;
use crate::ui::panels::ShownNotice;
use crate::ui::shell::exports::Written;
use crate::ui::shell::inspections::InspectedAbout;
use crate::ui::shell::setups;
use crate::ui::view::outbox::Ask;
use crate::ui::words;
use crate::ui::words::notices::WindowNotice;

impl App {
    /// Takes in what has arrived.
    pub(super) fn receive(&mut self, ctx: &Context) {
        let latest = self.reader.latest();
        if !Arc::ptr_eq(&latest.config, &self.shot.config) {
            self.screen.forget();
        }
        self.log_done(&latest);
        self.shot = latest;
        self.race = self.reader.race().into_iter().filter_map(|id| self.reader.latest_of(id)).collect();
        self.out.set_races(self.race.iter().any(|racer| racer.session == self.shot.session));
        let policy = match &self.shot.watched {
            Some(_) => words::watched::watching(&self.shot.data.badge.name),
            None => crate::words::policy_of((self.shot.knobs.policy, self.shot.knobs.form)),
        };
        if policy != self.titled {
            ctx.send_viewport_cmd(ViewportCommand::Title(words::window_title(&policy)));
            self.titled = policy;
        }
        for (session, notice) in self.reader.notices_by_session() {
            let racer = self.race.iter().position(|racer| racer.session == session);
            if let Some(place) = racer.filter(|_| session != self.shot.session) {
                self.take(ShownNotice::Racer(place + 1, Box::new(notice)));
                continue;
            }
            if matches!(
                notice,
                Notice::Refused { .. }
                    | Notice::Opened { .. }
                    | Notice::Failed(_)
                    | Notice::Reshaped { .. }
                    | Notice::Fact(Fact::WentBack { .. } | Fact::Undone(_) | Fact::Redone(_) | Fact::Rejoined(_))
            ) {
                self.screen.forget();
            }
            if let Notice::NotLeft { .. } = &notice {
                self.closing.stays(ctx);
            }
            self.questions.hear(&notice, &self.shot, &mut self.out);
            self.take(notice);
        }
        let ended = self.reader.has_ended();
        if self.closing.receive(ctx, ended, &mut self.out) && self.shot.saves.unsaved {
            self.take(words::notices::fact(words::notices::SAVING_TO_CLOSE.into()));
        }
        if ended && !self.told_end {
            self.told_end = true;
            self.take(WindowNotice { words: words::notices::RUN_ENDED.into(), bad: true });
        }
        if let Some(secs) = self.notices.pass(ctx.input(|i| i.time)) {
            ctx.request_repaint_after_secs(secs as f32);
        }
        self.screen.fit(&self.shot);
        self.screen.feed(&self.shot, &mut self.out);
        self.questions.receive(ctx, &self.shot, &mut self.out);
        match self.exports.picture(ctx) {
            Some(Ok(export)) => self.out.ask(Ask::Export(export.into())),
            Some(Err(notice)) => self.take(notice),
            None => {}
        }
        for report in self.exports.reports() {
            match report {
                Ok(export) => self.out.ask(Ask::Export(export.into())),
                Err(notice) => self.take(notice),
            }
        }
        for notice in self.clipboard.done() {
            self.take(notice);
        }
        for written in self.exports.done() {
            match written {
                Written::Told(notice) => self.take(notice),
                Written::Occupied { export, path, standing } => {
                    self.questions.occupied(export, path, standing);
                }
            }
        }
        match setups::pasted(ctx).filter(|_| !self.questions.cover()) {
            Some(Ok(setup)) => self.out.ask(Ask::Setup(setup)),
            Some(Err(notice)) => self.take(notice),
            None => {}
        }
        self.kept_hidden.pass(ctx);
        self.settings.pass(ctx);
        if let Some(path) = self.inspect_first.take() {
            self.inspections.send(InspectionCommand::Open(path), ctx);
        }
        if let Some(InspectedAbout { path, about, anew }) = self.inspections.receive() {
            self.questions.remember_inspected(&path, about, anew);
        }
        let dropped = ctx.input(|i| i.raw.dropped_files.clone());
        let dropped: Vec<&Path> = dropped.iter().map(|file| file.path()).collect();
        self.questions.dropped(&dropped, self.mode() == WindowMode::Inspect, ctx);
        if let Some(why) = self.questions.untold() {
            self.take(words::notices::fact(why));
        }
        theme::choose(ctx, self.dark);
        self.apply_look(ctx);
    }

    /// Notes in the log what was done to the run since the snapshot before: knobs, experts, what the fault lab did.
    fn log_done(&mut self, latest: &Snapshot) {
        let journal = &latest.memory.history.journal;
        let done = journal.dropped + journal.entries().len() as u64;
        let same = Arc::ptr_eq(&latest.config, &self.shot.config);
        if let Some(fresh) = done.checked_sub(self.journal_seen).filter(|_| same) {
            let fresh = usize::try_from(fresh).unwrap_or(usize::MAX).min(journal.entries().len());
            for entry in &journal.entries()[journal.entries().len() - fresh..] {
                if crate::words::flag(&entry.what).is_some() {
                    self.notices.note(entry.clone());
                }
            }
        }
        self.journal_seen = done;
    }
}
