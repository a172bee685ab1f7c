//! The log file, and what becomes of a panic: it is written there whole, and the terminal gets one sentence.

use std::backtrace::Backtrace;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{panic, thread};

use tracing_subscriber::EnvFilter;

use super::state_file::state_file;
use crate::domain::quote;
use crate::words::command;

/// A log larger than this begins anew, bytes.
const LARGEST: u64 = 1 << 20;

/// Starts the log in the user's state folder and sends panics there. `RUST_LOG` sets what is written.
///
/// Returns where it is; `None` if there is no place for it.
pub fn start() -> Option<PathBuf> {
    let path = state_file("moe-arena.log")?;
    let file = fs::create_dir_all(path.parent()?).and_then(|()| open(&path)).ok()?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,moe_arena=info"));
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(Plain(file)));
    // Somebody else's log, as in a test, is as good.
    let _ = subscriber.try_init();
    Some(path)
}

/// A log file into which nothing foreign is written raw.
struct Plain(File);

impl Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // One call holds one entry.
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(quote::escaped_lines(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let full = fs::metadata(path).is_ok_and(|metadata| metadata.len() > LARGEST);
    OpenOptions::new().create(true).write(true).append(!full).truncate(full).open(path)
}

/// Sends panics to the log. Those of the main thread also say one sentence on standard error; the worker's are
/// told by the run, as a failure with its ways on.
pub fn catch_panics(log: Option<PathBuf>) {
    panic::set_hook(Box::new(move |panic| {
        let thread = thread::current();
        let name = thread.name().unwrap_or("unnamed");
        let calls = calls(&Backtrace::force_capture().to_string());
        tracing::error!("panic in thread {name}: {panic}\n{calls}");
        if name == "main" {
            super::output::complain(&match &log {
                Some(log) => command::internal_error_logged(message(panic), quote::path(log)),
                None => command::internal_error(message(panic)),
            });
        }
    }));
}

/// A backtrace, or how to get one, where the program holds no names of functions: a release build is stripped. Any Rust path will do, since
/// the functions of this package may all have been inlined.
fn calls(backtrace: &str) -> String {
    if backtrace.contains("::") {
        return backtrace.to_owned();
    }
    "no backtrace: this build holds no names of functions. One built with \
     `cargo build --release --config 'profile.release.strip=\"debuginfo\"'` tells which call led here."
        .to_owned()
}

fn message(panic: &panic::PanicHookInfo<'_>) -> String {
    panic.payload_as_str().unwrap_or(command::no_message()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_is_logged_raw() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("moe-arena.log");
        Plain(open(&path).unwrap()).write_all("WARN a\u{1b}[31m\u{202e}b\n".as_bytes()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "WARN a\\u{1b}[31m\\u{202e}b\n");
    }

    #[test]
    fn a_backtrace_without_names_says_how_to_get_them() {
        let named = Backtrace::force_capture().to_string();
        assert_eq!(calls(&named), named, "tests are built with names");
        let stripped = calls("   0: <unknown>\n   1: <unknown>\n   2: __libc_start_main_impl\n");
        assert!(stripped.contains("strip=\"debuginfo\"") && !stripped.contains("<unknown>"), "{stripped}");
    }

    #[test]
    fn large_logs_begin_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("moe-arena.log");
        fs::write(&path, vec![b'x'; LARGEST as usize]).unwrap();
        drop(open(&path).unwrap());
        assert_eq!(fs::metadata(&path).unwrap().len(), LARGEST);
        fs::write(&path, vec![b'x'; LARGEST as usize + 1]).unwrap();
        drop(open(&path).unwrap());
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    }
}
