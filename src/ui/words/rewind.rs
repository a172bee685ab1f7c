//! Going back: undo, redo, before a change, and the branches that were left.

use crate::run::{Ghost, Undoable};
use crate::ui::kit::numbers;
use crate::words::constants::texts;
use crate::words::table::sentences;
use crate::words::{left_branch, undoable};

texts! { "rewind":
    /// The button while there is nothing to undo.
    pub(crate) NO_UNDO;
    /// The button while there is nothing to redo.
    pub(crate) NO_REDO;
    /// In the menu of a flag: back to right before it.
    pub(crate) BEFORE_CHANGE;
    /// The same of a flag that stands for several.
    pub(crate) BEFORE_CHANGES;
    /// Why that cannot be pressed.
    pub(crate) NOT_HELD;
    /// A race of this run against one that does not have the change.
    pub(crate) WITHOUT_CHANGE;
    /// The same of a flag that stands for several.
    pub(crate) WITHOUT_CHANGES;
}

sentences! { "rewind":
    fn undo_of(what);
    fn redo_of(what);
    fn rejoin_to(what, step);
    fn ghost_named(what);
    /// In the menu of a flag: look at its step.
    pub(crate) fn look_at(step: u64) { step = numbers::count(step) };
}

/// What the button or key undoes.
pub(crate) fn undo(what: Option<&Undoable>) -> String {
    what.map_or_else(|| NO_UNDO.said().to_owned(), |what| undo_of(undoable(what)))
}

/// What it does again.
pub(crate) fn redo(what: Option<&Undoable>) -> String {
    what.map_or_else(|| NO_REDO.said().to_owned(), |what| redo_of(undoable(what)))
}

/// The way to the end of a branch that was left.
pub(crate) fn rejoin(ghost: &Ghost) -> String {
    rejoin_to(left_branch(ghost), numbers::count(ghost.to))
}

/// The curve of a branch that was left.
pub(crate) fn ghost(ghost: &Ghost) -> String {
    ghost_named(left_branch(ghost))
}
