//! Runs in time: one worker thread with its sessions, each a run with model, optimizer and history.
//!
//! Commands go in (bounded, few), snapshots come out (the newest wins) and notices (bounded, counted
//! if they overflow). Window and command line are two readers of this one producer.

mod ahead;
mod asked;
mod autosaves;
mod build;
mod channel;
mod command;
mod config_file;
mod control;
mod device_check;
mod devices;
mod examples;
mod fact;
mod files;
mod folder;
mod folder_refusal;
mod found;
mod held;
mod inspection;
mod left;
mod lock;
mod memory;
mod notice;
mod open_run;
mod pace;
mod plan;
mod published;
mod reason;
mod recent;
mod recent_about;
mod replay;
mod rewound;
mod saves;
mod session;
mod setup;
mod signals;
mod snapshot;
mod standing;
mod start;
mod text;
mod trial;
mod utc;
mod watched;
mod window_language;
mod window_mode;
mod window_settings;
mod worker;

pub use ahead::Ahead;
pub use asked::{Asked, FileWork, Preparation};
pub use channel::{Ending, Gone, Reader, Writer, channel};
pub use command::{AppCommand, Command, InjectedFault, Racer};
pub(crate) use device_check::keep_device_checks;
pub(crate) use devices::{DeviceFault, DeviceLine, devices, kind_of};
pub use examples::plane_examples;
pub use fact::{Fact, FolderFact, Rescue};
pub(crate) use folder::{CHECKPOINT, abandon};
pub use folder_refusal::{FolderFault, FolderRefusal, Occupant};
pub use inspection::{
    InspectedFile, InspectedText, Inspection, InspectionCommand, InspectionWork, InspectionWorkKind, Inspector,
    OwnCheckpoint, OwnModel, OwnTextError, TextTaken, bytes_of_ids,
};
pub use left::{LeftRun, LeftRuns};
pub use lock::Holder;
pub(crate) use lock::{LockError, LockFile};
pub use notice::Notice;
pub use reason::{LibraryError, Reason};
pub use recent::{RecentFile, recent_files};
pub(crate) use recent::{forget_files, remember_files};
pub use recent_about::{RecentAbout, RecentPicture};
pub use replay::replay;
pub use rewound::{Ghost, GhostId, RewindTo, RunMoment, SnapshotRewind, Undoable};
pub use saves::Saved;
pub(crate) use session::MAP_SIDE;
#[cfg(test)]
pub(crate) use session::before_anything;
pub use session::{MapRequest, Maps, SessionId};
pub use setup::{Planned, PlannedChange, RunSetup};
pub(crate) use signals::{StopSignal, StopSignals, exit_after, exit_at_once, save_at_exit};
pub use snapshot::{
    DataBadge, DeviceBadge, Failure, FailureCause, Looks, Parameters, PausedBy, ShownPhases, Snapshot, SnapshotData,
    SnapshotInterventions, SnapshotMemory, SnapshotModel, SnapshotNewest, SnapshotPace, SnapshotSaves, Status, Timing,
    Way, WayOn,
};
pub use standing::Standing;
pub(crate) use standing::write_file;
pub use start::{Autosave, From, Start};
pub use text::{TextWish, WantedText};
pub use trial::{ExpectedEffect, Indicator, InterventionTrial};
pub(crate) use utc::utc;
pub use watched::{BeganAgain, NewestWatched, SnapshotWatched, WatchedFact, WatchedFolder};
pub use window_language::WindowLanguage;
pub use window_mode::WindowMode;
pub(crate) use window_settings::remember_settings;
pub use window_settings::{WindowSettings, window_settings};
pub use worker::spawn;

/// The version of the checkpoints that runs are saved as.
pub(crate) const CHECKPOINT_FORMAT: u64 = crate::store::checkpoint::VERSION;
