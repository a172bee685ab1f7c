//! The inspection of checkpoints beside the runs: its thread, begun with the first command, and what is remembered of files it has opened.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::Context;

use crate::run::{Inspection, InspectionCommand, Inspector, RecentAbout};
use crate::ui::view::recent_picture;

/// The window's end of the inspection.
#[derive(Debug, Default)]
pub(crate) struct Inspections {
    inspector: Option<Inspector>,
    latest: Option<Arc<Inspection>>,
    /// The file that was remembered last, and whether with a picture.
    remembered: Option<(PathBuf, bool)>,
}

/// What the list of recent files is to remember of a checkpoint.
#[derive(Debug)]
pub(crate) struct InspectedAbout {
    pub path: PathBuf,
    pub about: RecentAbout,
    /// Whether it takes the place of what is known.
    pub anew: bool,
}

impl Inspections {
    /// Sends a command; the thread wakes the window whenever there is something new.
    pub fn send(&mut self, command: InspectionCommand, ctx: &Context) {
        if matches!(command, InspectionCommand::Open(_) | InspectionCommand::Close) {
            self.remembered = None;
        }
        let begin = || {
            let ctx = ctx.clone();
            Inspector::spawn(move || ctx.request_repaint())
        };
        self.inspector.get_or_insert_with(begin).send(command);
    }

    /// Takes in what is new; what is to be remembered of the file, if it has been opened or routes a text.
    pub fn receive(&mut self) -> Option<InspectedAbout> {
        self.latest = self.inspector.as_ref()?.latest();
        let found = self.latest.as_ref()?;
        let (path, is_routed) = (&found.now.path, found.text.routed.is_some());
        let known = self.remembered.as_ref().filter(|(known, _)| known == path);
        if found.now.report.is_none() || found.now.fault.is_some() || known.is_some_and(|(_, with)| *with || !is_routed)
        {
            return None;
        }
        self.remembered = Some((path.clone(), is_routed));
        // What a run of ours has left of itself says more than a text that was typed.
        let anew = is_routed && found.now.own.is_none();
        Some(InspectedAbout { path: path.clone(), about: recent_picture::inspected(found), anew })
    }

    /// The newest value.
    pub fn latest(&self) -> Option<&Arc<Inspection>> {
        self.latest.as_ref()
    }
}
