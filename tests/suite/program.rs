//! The program as a process: started in a folder of its own, with what it said in words.

use std::path::Path;
use std::process::{Command, Output};

/// The program with these words, in `folder`, which holds its state and data as well; without a display.
pub fn command(folder: &Path, words: &[&str]) -> Command {
    in_folder(folder, Command::new(env!("CARGO_BIN_EXE_moe-arena")), words)
}

/// The same, with signals that do what they do by default: the tests themselves may run where some are ignored, under
/// `nohup` or in the background of a script.
#[cfg(target_os = "linux")]
pub fn with_signals(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP,INT,TERM,XCPU", env!("CARGO_BIN_EXE_moe-arena")]);
    in_folder(folder, command, words)
}

fn in_folder(folder: &Path, mut command: Command, words: &[&str]) -> Command {
    command
        .args(words)
        .current_dir(folder)
        .env("XDG_STATE_HOME", folder.join("state"))
        .env("XDG_DATA_HOME", folder.join("data"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .stdin(std::process::Stdio::null());
    command
}

/// The same with words that blanks part.
pub fn typed(folder: &Path, words: &str) -> Command {
    command(folder, &words.split_whitespace().collect::<Vec<_>>())
}

/// Runs it to its end.
pub fn run(folder: &Path, words: &str) -> Output {
    typed(folder, words).output().unwrap()
}

/// What was written, as text.
pub fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Standard output.
pub fn out(output: &Output) -> String {
    said(&output.stdout)
}

/// Standard error.
pub fn complaint(output: &Output) -> String {
    said(&output.stderr)
}

/// Both.
pub fn text(output: &Output) -> String {
    out(output) + &complaint(output)
}
