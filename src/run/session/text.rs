//! The text of a session: what is done when it is missing, found elsewhere or replaced by another.

use std::path::{Path, PathBuf};

use super::Session;
use crate::domain::config::TaskConfig;
use crate::domain::quote;
use crate::run::build::text_task;
use crate::run::open_run::OpenRun;
use crate::run::snapshot::PausedBy;
use crate::run::text::{Found, NoText, TextWish, WantedText, find};
use crate::run::{Asked, Fact, Notice, Preparation, Reason};
use crate::store::history::What;
use crate::tasks::TaskError;

impl Session {
    /// Says that a text is wanted and what for.
    pub(super) fn want_text(&mut self, file: Option<PathBuf>, no_text: NoText) {
        let wanted = WantedText { file, why: no_text.why, other: no_text.other };
        self.run.want_text(wanted.clone());
        self.out.notice(Notice::TextWanted(wanted));
    }

    /// The text cannot be read any more, or is another: the run waits until it is back or another is given.
    pub(super) fn lost_text(&mut self, error: TaskError) {
        let why = Reason::from(error);
        self.flush_readings();
        self.control.pause(PausedBy::Text { why: why.clone() });
        self.want_text(None, NoText { why, other: None });
        self.publish(true);
    }

    /// Goes on with the text at `text`: the run that is shown, or the checkpoint `file`.
    pub(super) fn locate(&mut self, file: Option<PathBuf>, text: PathBuf, any: bool) {
        let wish = TextWish { at: Some(text), any };
        match file {
            Some(file) => self.open_on(file, &wish),
            None => self.change_text(&wish),
        }
        self.publish(true);
    }

    /// The run that is shown goes on with another file: the same text elsewhere, or knowingly another text.
    fn change_text(&mut self, wish: &TextWish) {
        self.flush_readings();
        let (Some(run), Some(place)) = (self.run.open(), self.device.place().cloned()) else {
            return self.refuse(Asked::OtherText, Reason::NoRun);
        };
        let mut whole = match run.whole() {
            Ok(whole) => whole,
            Err(failure) => return self.device_failed(&failure),
        };
        self.preparing(Preparation::Text);
        let found = match find(&whole, Path::new(""), wish, None) {
            Ok(found) => found,
            Err(no_text) => return self.want_text(None, no_text),
        };
        whole.config.task = TaskConfig::Text(found.text());
        let task = text_task(found.corpus.clone(), &whole.config);
        match task.and_then(|task| OpenRun::on(whole, task, &place)) {
            Ok(run) => {
                self.adopt(run, &place, PausedBy::Person);
                // Where the text lies is worth a save.
                self.keep.change();
                self.tell_text(&found);
            }
            Err(why) => self.want_text(None, NoText { why, other: None }),
        }
    }

    /// Says in a notice and in the journal that the run goes on with other bytes than before, or that nobody can know whether it
    /// does; else only where they lie now.
    pub(super) fn tell_text(&mut self, found: &Found) {
        self.run.has_text();
        let name = found.corpus.path().map_or_else(|| found.corpus.name().to_owned(), quote::path);
        if let Some(how) = &found.difference {
            self.journal(What::Text { text: found.text(), identity: found.corpus.identity().clone() });
            self.out.notice(Notice::Fact(Fact::TextDiffers { how: how.clone(), name }));
        } else if found.identity_unknown {
            self.out.notice(Notice::Fact(Fact::TextUnproven { name }));
        }
    }
}
