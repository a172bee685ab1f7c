//! Environment variables that libraries read: set before there is a second thread, and refused where they ask for too many.

use std::env;

use super::Refusal;
use crate::studies;
use crate::words::command;

/// Most threads that are started: more than any machine has cores, and few enough to start at once.
const MOST_THREADS: usize = 1024;
/// What sets how many threads compute.
const THREADS: &str = "RAYON_NUM_THREADS";
/// What lets nothing move by itself.
const MOTION: &str = "MOE_ARENA_REDUCE_MOTION";

/// Names the folder for sockets of the session where nothing does, as on a server: graphics drivers look for a window system
/// there even where none is wanted, and complain on standard error without a name. To be called before there is a
/// second thread.
pub fn prepare() {
    #[cfg(all(unix, not(target_os = "macos")))]
    if env::var_os("XDG_RUNTIME_DIR").is_none_or(|folder| folder.is_empty()) {
        // Where it would be, whether it is there or not.
        let folder = format!("/run/user/{}", rustix::process::getuid().as_raw());
        #[allow(unsafe_code)]
        // SAFETY: no other thread can read the environment meanwhile: there is none yet.
        unsafe {
            env::set_var("XDG_RUNTIME_DIR", folder);
        }
    }
}

/// Whether nothing is to move by itself in the window of somebody who has not chosen there: `MOE_ARENA_REDUCE_MOTION` is set, to
/// anything but nothing, `0`, `no`, `off` and `false`.
pub(super) fn reduces_motion() -> bool {
    env::var_os(MOTION).is_some_and(|value| asks_for(&value.to_string_lossy()))
}

fn asks_for(value: &str) -> bool {
    !["", "0", "no", "off", "false"].contains(&value.trim().to_ascii_lowercase().as_str())
}

/// Lets as many threads compute as `--threads` asks for, else as the environment does, else as there are cores: two threads of one core
/// share what computes.
///
/// # Errors
/// Exit code 2 with what was asked for and what may stand there, 1 if they cannot be started.
pub(super) fn use_threads(asked: Option<usize>) -> Result<(), Refusal> {
    if let Some(asked) = asked {
        threads("--threads", asked)?;
        return studies::use_threads(asked).map_err(Refusal::failure);
    }
    // What is no number counts as not set, and so does 0.
    let set = env::var_os(THREADS).and_then(|value| value.to_str()?.parse::<usize>().ok());
    match set.filter(|&set| set > 0) {
        // It is what the threads are started by.
        Some(set) => threads(THREADS, set),
        None => studies::use_threads(cores()).map_err(Refusal::failure),
    }
}

/// Cores that this process may use.
fn cores() -> usize {
    num_cpus::get_physical().min(num_cpus::get()).clamp(1, MOST_THREADS)
}

/// Sees that `asked` threads can be started; `name` is where that was asked for.
///
/// # Errors
/// Exit code 2 with what may stand there.
fn threads(name: &str, asked: usize) -> Result<(), Refusal> {
    let expected = match asked {
        0 => command::at_least_one().to_owned(),
        1..=MOST_THREADS => return Ok(()),
        _ => command::at_most_threads(MOST_THREADS),
    };
    Err(Refusal::usage(command::threads(name, asked, expected)))
}

#[cfg(test)]
mod tests {
    use super::asks_for;

    #[test]
    fn a_variable_asks_unless_it_says_no() {
        assert!(["1", "yes", "true", "reduce"].into_iter().all(asks_for));
        assert!(!["", " ", "0", "No", "off", "FALSE"].into_iter().any(asks_for));
    }
}
