//! The passage that is routed where nobody has typed a text: the beginning of Moby-Dick.

/// In plain ASCII, so that a byte is a character.
pub(super) const PASSAGE: &str = "Call me Ishmael. Some years ago - never mind how long precisely - having little or no money in my \
     purse, and nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of the world.";
