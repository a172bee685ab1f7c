//! The command that a session follows: which it is, so that it can be asked for again, and whether it may lose work.

use crate::run::AppCommand;

/// The newest command, and the permission that came with it. The permission ends with the command.
#[derive(Default)]
pub(super) struct FollowedCommand {
    asked: Option<AppCommand>,
    may_lose: bool,
}

impl FollowedCommand {
    /// A command is followed from now on. `may_lose`: whether work that no save holds may be lost by it.
    pub fn begin(&mut self, asked: AppCommand, may_lose: bool) {
        (self.asked, self.may_lose) = (Some(asked), may_lose);
    }

    /// It is followed; nothing may be lost any more.
    pub fn end(&mut self) {
        self.may_lose = false;
    }

    /// Whether work that no save holds may be lost.
    pub fn may_lose(&self) -> bool {
        self.may_lose
    }

    /// The newest command, to be asked for again.
    pub fn command(&self) -> AppCommand {
        self.asked.clone().unwrap_or(AppCommand::Quit)
    }
}
