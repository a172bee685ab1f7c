//! Standard output and standard error: what was asked for, and complaints. Nothing foreign passes here unescaped.
//!
//! Output that cannot be written is an error, told at the end, but for a pipe whose reader has gone (`| head`).

use std::io::{self, ErrorKind, Write};

use super::Refusal;
use crate::domain::quote;
use crate::words::command;

/// Standard output, and whether writing to it still works.
pub(super) struct Output<W = Box<dyn Write>> {
    writer: W,
    state: State,
}

#[derive(Debug)]
enum State {
    Writing,
    /// Nobody reads any more, which is as well.
    Gone,
    Failed(io::Error),
}

impl Output {
    /// The standard output of this process.
    pub(super) fn standard() -> Self {
        Self::to(standard())
    }
}

impl<W: Write> Output<W> {
    fn to(writer: W) -> Self {
        Self { writer, state: State::Writing }
    }

    /// Writes text of one or more lines.
    pub(super) fn line(&mut self, text: &str) {
        self.write(&quote::escaped_lines(text));
    }

    /// Writes JSON.
    pub(super) fn json(&mut self, json: &str) {
        self.write(&quote::escaped_json(json));
    }

    /// Writes the beginning of JSON of which more follows.
    pub(super) fn json_piece(&mut self, json: &str) {
        self.send(&quote::escaped_json(json));
    }

    fn write(&mut self, text: &str) {
        self.send(&format!("{text}\n"));
    }

    fn send(&mut self, whole: &str) {
        if !matches!(self.state, State::Writing) {
            return;
        }
        match self.writer.write_all(whole.as_bytes()).and_then(|()| self.writer.flush()) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.state = State::Gone,
            Err(error) => self.state = State::Failed(error),
        }
    }

    /// Whether everything could be written, or nobody wanted it.
    ///
    /// # Errors
    /// Exit code 1 with what the system said.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        match self.state {
            State::Writing | State::Gone => Ok(()),
            State::Failed(error) => Err(Refusal::failure(command::output_failed(error))),
        }
    }
}

/// Unbuffered where that is possible: the library's own standard output takes a descriptor that cannot be written for one
/// that is closed, and reports success.
#[cfg(unix)]
fn standard() -> Box<dyn Write> {
    use std::os::fd::AsFd;
    match io::stdout().as_fd().try_clone_to_owned() {
        Ok(own) => Box::new(std::fs::File::from(own)),
        Err(_) => Box::new(io::stdout()),
    }
}

#[cfg(not(unix))]
fn standard() -> Box<dyn Write> {
    Box::new(io::stdout())
}

/// One or more lines on standard error, the first marked.
pub(super) fn complain(says: &str) {
    aside(&command::complaint(says));
}

/// A remark on standard error, beside what was asked for.
pub(super) fn aside(text: &str) {
    // Nobody to tell if standard error is gone.
    let _ = writeln!(io::stderr().lock(), "{}", quote::escaped_lines(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A place that takes `room` bytes and then fails.
    struct Full {
        room: usize,
        kind: ErrorKind,
        at_flush: bool,
    }

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 && !self.at_flush {
                return Err(self.kind.into());
            }
            let taken = if self.at_flush { bytes.len() } else { bytes.len().min(self.room) };
            self.room = self.room.saturating_sub(taken);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            if self.room == 0 && self.at_flush { Err(self.kind.into()) } else { Ok(()) }
        }
    }

    fn ending(room: usize, kind: ErrorKind, at_flush: bool) -> Result<(), Refusal> {
        let mut output = Output::to(Full { room, kind, at_flush });
        (0..4).for_each(|_| output.line("ten bytes"));
        output.finish()
    }

    #[test]
    fn output_that_is_not_whole_is_a_failure() {
        for room in [0, 1, 10, 39] {
            for at_flush in [false, true] {
                let refusal = ending(room, ErrorKind::StorageFull, at_flush).unwrap_err();
                assert!(
                    refusal.code == 1 && refusal.says.contains("standard output could not be written"),
                    "{}",
                    refusal.says
                );
                assert!(ending(room, ErrorKind::BrokenPipe, at_flush).is_ok(), "a reader that has gone is no failure");
            }
        }
        assert!(ending(41, ErrorKind::StorageFull, false).is_ok());
    }

    #[test]
    fn nothing_foreign_is_written_raw() {
        let mut output = Output::to(Vec::new());
        output.line("a\u{1b}[31m\u{202e}b\nc");
        output.json("{\"a\u{9b}\": 1}");
        assert_eq!(String::from_utf8(output.writer).unwrap(), "a\\u{1b}[31m\\u{202e}b\nc\n{\"a\\u009b\": 1}\n");
    }
}
