//! Actions: what each is called in the palette and in the list of keys.

use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "actions":
    /// Heading: the run.
    pub(crate) OF_RUN;
    /// Heading: what is looked at.
    pub(crate) OF_LOOK;
    /// Heading: files and the window.
    pub(crate) OF_WINDOW;
    /// Trains, or stops.
    pub(crate) RUN;
    /// One step.
    pub(crate) STEP;
    /// A part of a step.
    pub(crate) PHASE;
    /// Where to stop.
    pub(crate) STOP_AT;
    /// From step 0.
    pub(crate) RESET;
    /// From step 0 with another seed.
    pub(crate) NEW_SEED;
    /// Takes a change back.
    pub(crate) CANCEL_REWIND;
    /// Undoes.
    pub(crate) UNDO;
    /// Does it again.
    pub(crate) REDO;
    /// Another run.
    pub(crate) NEW_RUN;
    /// Keeps an expert lit.
    pub(crate) EXPERT;
    /// The layer after.
    pub(crate) LAYER_UP;
    /// The layer before.
    pub(crate) LAYER_DOWN;
    /// Moves the cursor.
    pub(crate) CURSOR;
    /// Moves it further.
    pub(crate) CURSOR_PROBE;
    /// Back to live.
    pub(crate) LIVE;
    /// Points by hand.
    pub(crate) DRAW;
    /// The drawer.
    pub(crate) SELECTION;
    /// What is wrong.
    pub(crate) ALERTS;
    /// The last thing held.
    pub(crate) LET_GO;
    /// The mode of learning.
    pub(crate) LEARN;
    /// The mode of training.
    pub(crate) TRAIN;
    /// The mode of inspecting.
    pub(crate) INSPECT;
    /// The mode of races.
    pub(crate) COMPARE;
    /// Opens a checkpoint or a config.
    pub(crate) OPEN;
    /// Saves the run.
    pub(crate) SAVE;
    /// Copies the set-up.
    pub(crate) COPY_SETUP;
    /// Begins one.
    pub(crate) PASTE_SETUP;
    /// Saves it.
    pub(crate) SAVE_SETUP;
    /// Begins one from a file.
    pub(crate) OPEN_SETUP;
    /// The list of lessons.
    pub(crate) LESSONS;
    /// Saves the run as a page.
    pub(crate) REPORT;
    /// The theme.
    pub(crate) THEME;
    /// What was told.
    pub(crate) LOG;
    /// Speaks as the system does.
    pub(crate) LANGUAGE_OF_SYSTEM;
    /// Speaks English.
    pub(crate) ENGLISH;
    /// Speaks German.
    pub(crate) GERMAN;
    /// The palette.
    pub(crate) PALETTE;
    /// The list of keys.
    pub(crate) KEYS;
    /// Frame times.
    pub(crate) DEBUG;
    /// The Escape key.
    pub(crate) ESC;
    /// Title of the list of keys.
    pub(crate) ALL_KEYS;
    /// In the empty field.
    pub(crate) TYPE;
    /// Nothing was found.
    pub(crate) NOTHING_FOUND;
    /// Beside a measure.
    pub(crate) MEASURE;
    /// Beside a preset.
    pub(crate) PRESET;
    /// Beside a lesson.
    pub(crate) LESSON;
    /// Beside a demonstration.
    pub(crate) DEMONSTRATION;
}

sentences! { "actions":
    /// Begins a run of a preset.
    pub(crate) fn begin_preset(name);
    /// Begins a lesson.
    pub(crate) fn lesson(number, title);
}
