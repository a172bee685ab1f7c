//! The run of a session: open with its trainer and records, or as yet only the config of one that could not be built.

use std::sync::Arc;

use crate::domain::config::Config;
use crate::domain::state::footprint_bytes;
use crate::run::From;
use crate::run::open_run::OpenRun;
use crate::run::text::WantedText;

/// The run that a session has, and what it was to begin with.
pub(super) struct SessionRun {
    from: From,
    open: Option<OpenRun>,
    /// Of the run that is not open yet.
    config: Arc<Config>,
    wants_text: Option<WantedText>,
}

impl SessionRun {
    /// None yet; it is to begin from `from`.
    pub fn new(from: From) -> Self {
        Self { config: from.config(), from, open: None, wants_text: None }
    }

    /// What the session was to begin with.
    pub fn from(&self) -> &From {
        &self.from
    }

    /// Another is to begin, should it not be this one's fault that none can. Without effect once a run is open.
    pub fn wish(&mut self, from: From) {
        if self.open.is_none() {
            self.from = from;
        }
    }

    /// The run that is open.
    pub fn open(&self) -> Option<&OpenRun> {
        self.open.as_ref()
    }

    /// The run that is open, to train and to be put down in.
    pub fn open_mut(&mut self) -> Option<&mut OpenRun> {
        self.open.as_mut()
    }

    /// None any more; what it was is gone.
    pub fn close(&mut self) {
        if let Some(run) = self.open.take() {
            self.config = run.trainer().config().clone();
        }
        self.wants_text = None;
    }

    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Another run is open now.
    pub fn begin(&mut self, run: OpenRun) {
        (self.open, self.wants_text) = (Some(run), None);
    }

    /// The run goes on with what surgery made of it.
    pub fn go_on_as(&mut self, run: OpenRun) {
        self.open = Some(run);
    }

    /// Its config, or that of the one that could not be built.
    pub fn config(&self) -> &Arc<Config> {
        self.open.as_ref().map_or(&self.config, |run| run.trainer().config())
    }

    /// Steps done.
    pub fn step(&self) -> u64 {
        self.open.as_ref().map_or(0, OpenRun::step)
    }

    /// Bytes that it needs.
    pub fn footprint(&self) -> f64 {
        self.open.as_ref().map_or(0.0, |run| footprint_bytes(run.trainer().config(), run.trainer().experts()))
    }

    /// The text that a checkpoint or the run needs and that is not there as it was.
    pub fn wants_text(&self) -> Option<&WantedText> {
        self.wants_text.as_ref()
    }

    /// A text is not there as it was.
    pub fn want_text(&mut self, text: WantedText) {
        self.wants_text = Some(text);
    }

    /// The text is there.
    pub fn has_text(&mut self) {
        self.wants_text = None;
    }
}
