//! Signals that ask this process to stop: Ctrl-C, a closing terminal or session, `timeout`, a process manager, the limit of
//! CPU time.
//!
//! A signal that was ignored when the process began (under `nohup`, in a background job) stays ignored. All others are one
//! request to save and end, however many come; only a second Ctrl-C, not sooner than a second after the first, ends at once.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::Ending;

/// Time after the first Ctrl-C in which another one is still the same request: `timeout` and wrapping programs send
/// a signal to a process and to its group.
const SAME_REQUEST: Duration = Duration::from_secs(1);

/// A signal that asks for an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopSignal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM: a process manager, `timeout`, the end of a session.
    Terminate,
    /// SIGHUP: the terminal is gone.
    Hangup,
    /// SIGXCPU: the limit of CPU time is reached (`ulimit -t`, a job engine).
    CpuTime,
}

impl StopSignal {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Interrupt, Self::Terminate, Self::Hangup, Self::CpuTime];

    /// Number of the signal, the same on every Unix.
    pub fn number(self) -> u8 {
        match self {
            Self::Hangup => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
            Self::CpuTime => 24,
        }
    }

    /// Exit code of a process that this signal has stopped, as a shell gives it: 128 and the number.
    pub fn exit_code(self) -> u8 {
        128 + self.number()
    }
}

/// What a signal leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// The first request: save and end.
    Stop,
    /// The same request again.
    Same,
    /// End at once, without a save.
    End,
}

/// Sorts signals as they arrive.
#[derive(Debug, Default)]
struct Requests {
    asked: bool,
    /// When Ctrl-C came first.
    interrupted: Option<Instant>,
}

impl Requests {
    fn take(&mut self, signal: StopSignal, now: Instant) -> Answer {
        if signal == StopSignal::Interrupt {
            match self.interrupted {
                Some(first) if now.saturating_duration_since(first) >= SAME_REQUEST => return Answer::End,
                Some(_) => {}
                None => self.interrupted = Some(now),
            }
        }
        if std::mem::replace(&mut self.asked, true) { Answer::Same } else { Answer::Stop }
    }
}

#[derive(Debug, Default)]
struct Shared {
    first: OnceLock<StopSignal>,
    worth_saving: AtomicBool,
}

/// Listens for signals that ask this process to stop, until it ends.
#[derive(Clone, Debug)]
pub(crate) struct StopSignals(Arc<Shared>);

impl StopSignals {
    /// Begins to listen. `stop` is called on a thread of its own after the first signal that came when there was something
    /// to save; see [`Self::begin_saving`]. Until then a signal calls `end` with it, which should end the process.
    ///
    /// # Errors
    /// What the system says if it hands out no signals.
    pub fn listen(stop: impl FnOnce(StopSignal) + Send + 'static, end: fn(StopSignal)) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (seen, mut requests, mut stop) = (shared.clone(), Requests::default(), Some(stop));
        system::on_signals(move |signal| {
            let answer = requests.take(signal, Instant::now());
            let first = *seen.first.get_or_init(|| signal);
            if !seen.worth_saving.load(Ordering::SeqCst) {
                end(first);
            }
            match answer {
                Answer::End => exit_at_once(StopSignal::Interrupt.exit_code()),
                Answer::Same => {}
                Answer::Stop => {
                    if let Some(stop) = stop.take() {
                        let thread = std::thread::Builder::new().name("moe-arena stop".into());
                        if let Err(error) = thread.spawn(move || stop(signal)) {
                            tracing::error!("no thread to stop on: {error}");
                        }
                    }
                }
            }
        })?;
        Ok(Self(shared))
    }

    /// From now on there may be something to save: a signal asks for that, and no longer ends the process by itself.
    pub fn begin_saving(&self) {
        self.0.worth_saving.store(true, Ordering::SeqCst);
    }

    /// Waits for a signal, though no longer than this; the one that asked for the end, if one has.
    pub fn wait(&self, patience: Duration) -> Option<StopSignal> {
        // Long enough to cost nothing, short enough for nobody to notice.
        const NAP: Duration = Duration::from_millis(50);
        let end = Instant::now() + patience;
        while self.first().is_none() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(NAP));
        }
        self.first()
    }

    /// The signal that asked for the end, if one has.
    pub fn first(&self) -> Option<StopSignal> {
        self.0.first.get().copied()
    }
}

/// Ends this process after `patience`, unless it has ended by then: for a thread that has nothing left to wait for.
pub(crate) fn exit_after(patience: Duration, code: u8) -> ! {
    std::thread::sleep(patience);
    exit_at_once(code)
}

/// Lets a run save itself when a library ends this process unasked, as that of the X Window System does when the display is
/// lost. Only the first run that is given is kept so.
pub(crate) fn save_at_exit(ending: Ending) {
    system::save_at_exit(ending);
}

/// Ends this process at once: no destructor and no hook runs.
pub(crate) fn exit_at_once(code: u8) -> ! {
    system::exit(code)
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::sync::Arc;

    use signal_hook::consts::SIGXFSZ;
    use signal_hook::iterator::Signals;

    use std::sync::OnceLock;
    use std::time::Duration;

    use super::{Ending, StopSignal};

    /// The run to wait for when the process ends.
    static LAST: OnceLock<Ending> = OnceLock::new();

    /// Asks the run to end and waits until it has.
    extern "C" fn wait_for_the_last() {
        if let Some(ending) = LAST.get() {
            ending.ask();
            while !ending.wait(Duration::from_secs(1)) {}
        }
    }

    #[allow(unsafe_code)]
    pub(crate) fn save_at_exit(ending: Ending) {
        if LAST.set(ending).is_ok() {
            // SAFETY: the function is there for as long as the process, touches only what is never freed, and does not unwind.
            let registered = unsafe { libc::atexit(wait_for_the_last) };
            if registered != 0 {
                tracing::warn!("a lost display would end the run without a save: no room for another function at exit");
            }
        }
    }

    /// Calls `take` for each signal to stop that this process was not told to ignore, on a thread of its own.
    pub(crate) fn on_signals(mut take: impl FnMut(StopSignal) + Send + 'static) -> io::Result<()> {
        if !is_ignored(SIGXFSZ) {
            // A file that would grow past the limit is then an error of writing, which can be told; else it is the end.
            signal_hook::flag::register(SIGXFSZ, Arc::default())?;
        }
        let heard = StopSignal::ALL.map(|signal| i32::from(signal.number()));
        let mut signals = Signals::new(heard.into_iter().filter(|&number| !is_ignored(number)))?;
        std::thread::Builder::new().name("moe-arena signals".into()).spawn(move || {
            for number in signals.forever() {
                let known = StopSignal::ALL.into_iter().find(|signal| i32::from(signal.number()) == number);
                known.into_iter().for_each(&mut take);
            }
        })?;
        Ok(())
    }

    /// Whether the parent process arranged for a signal to be ignored.
    #[allow(unsafe_code)]
    fn is_ignored(number: i32) -> bool {
        let mut present = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: without a new action, sigaction changes nothing and writes the present one into memory made for it, which
        // is valid for reading when all bytes are zero already.
        unsafe {
            libc::sigaction(number, std::ptr::null(), present.as_mut_ptr()) == 0
                && present.assume_init().sa_sigaction == libc::SIG_IGN
        }
    }

    pub(crate) fn exit(code: u8) -> ! {
        signal_hook::low_level::exit(i32::from(code))
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;

    use super::{Ending, StopSignal};

    pub(crate) fn save_at_exit(_: Ending) {}

    /// Calls `take` when Ctrl-C is pressed or the console is closed.
    pub(crate) fn on_signals(mut take: impl FnMut(StopSignal) + Send + 'static) -> io::Result<()> {
        ctrlc::set_handler(move || take(StopSignal::Interrupt)).map_err(io::Error::other)
    }

    pub(crate) fn exit(code: u8) -> ! {
        std::process::exit(i32::from(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StopSignal::{CpuTime, Hangup, Interrupt, Terminate};

    /// What signals at these milliseconds lead to.
    fn answers(signals: &[(u64, StopSignal)]) -> Vec<Answer> {
        let (mut requests, start) = (Requests::default(), Instant::now());
        signals.iter().map(|&(at, signal)| requests.take(signal, start + Duration::from_millis(at))).collect()
    }

    #[test]
    fn several_signals_are_one_request_to_stop() {
        for signals in [
            [(0, Terminate), (1, Terminate), (60_000, Terminate)],
            [(0, Terminate), (1, Interrupt), (2, Hangup)],
            [(0, Interrupt), (1, Interrupt), (999, Interrupt)],
            [(0, Interrupt), (5_000, Terminate), (9_000, Hangup)],
            [(0, Hangup), (5_000, Terminate), (9_000, Interrupt)],
        ] {
            assert_eq!(answers(&signals), [Answer::Stop, Answer::Same, Answer::Same], "{signals:?}");
        }
    }

    #[test]
    fn a_second_ctrl_c_after_a_second_ends_at_once() {
        assert_eq!(answers(&[(0, Interrupt), (1_000, Interrupt)]), [Answer::Stop, Answer::End]);
        let late = answers(&[(0, Terminate), (10, Interrupt), (500, Interrupt), (1_200, Interrupt)]);
        assert_eq!(late, [Answer::Stop, Answer::Same, Answer::Same, Answer::End]);
    }

    #[test]
    fn exit_codes_are_those_of_a_shell() {
        assert_eq!([Hangup, Interrupt, Terminate, CpuTime].map(StopSignal::exit_code), [129, 130, 143, 152]);
    }
}
