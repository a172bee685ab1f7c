//! The handle of an inspection: sends commands to its thread and sees the newest value.

use std::sync::Arc;
use std::thread;

use super::shared::Shared;
use super::worker::Worker;
use super::{Inspection, InspectionCommand};
use crate::run::Reason;

/// The window's end of an inspection. Its thread ends when this is dropped.
#[derive(Debug)]
pub struct Inspector {
    shared: Arc<Shared>,
    /// Why there is no thread.
    failed: Option<Reason>,
}

impl Inspector {
    /// Starts the thread. `repaint` is called after each publication, from any thread.
    pub fn spawn(repaint: impl Fn() + Send + 'static) -> Self {
        let shared = Arc::new(Shared::new(Box::new(repaint)));
        let worker = Worker::new(shared.clone());
        let thread = thread::Builder::new().name("inspection".into()).spawn(move || worker.run());
        Self { shared, failed: thread.err().map(|error| Reason::NoThread(error.into())) }
    }

    /// Sends a command; never waits. A newer one gives up promptly what an older one of its kind has begun.
    pub fn send(&self, command: InspectionCommand) {
        match (&self.failed, command) {
            (None, command) => self.shared.send(command),
            (Some(why), InspectionCommand::Open(path)) => {
                let mut nothing = Inspection::of(path);
                nothing.now.fault = Some(why.clone());
                self.shared.publish(Some(nothing));
            }
            (Some(_), _) => {}
        }
    }

    /// The newest value; `None` while nothing is open.
    pub fn latest(&self) -> Option<Arc<Inspection>> {
        self.shared.latest()
    }
}

impl Drop for Inspector {
    fn drop(&mut self) {
        self.shared.close();
    }
}
