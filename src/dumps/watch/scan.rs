//! Scanner of a folder: which files to ask about in a round, and which to open, from names, lengths and times alone.
//!
//! It asks the file system nothing itself and waits for nothing, so that it can be tested without files and without time. In a
//! folder on another machine a question costs: a round asks about what it has not seen, and of what it has seen about
//! a bounded number in turn.

use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;
use std::time::{Duration, SystemTime};

use super::name;

/// Files that a round asks about again, of those that were taken or left aside: any of them may have been written anew.
const ASKED_AGAIN: usize = 32;
/// Most files that a round asks about, new ones included; there may be another round at once.
const ASKED: usize = 256;
/// After so long without a change it is said of a file that it is not whole.
const PATIENCE: Duration = Duration::from_secs(60);

/// Length and time of the last change of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileStamp {
    pub bytes: u64,
    pub modified: Option<SystemTime>,
}

/// What became of opening a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// It is measured.
    Taken,
    /// Its header or its length do not fit yet, and why.
    NotWhole(String),
    /// It is no dump that can be taken.
    Aside,
}

/// A file as it was found last.
#[derive(Clone, Debug)]
struct Known {
    stamp: FileStamp,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Taken,
    Aside,
    /// What it lacks, since when it stands so, and whether that was said.
    Waiting {
        why: String,
        since: Duration,
        said: bool,
    },
}

impl Known {
    fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting { .. })
    }
}

/// All files of a folder that may be dumps.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    known: BTreeMap<String, Known>,
    /// The file that was asked about last, of those that are done with.
    turn: String,
}

impl Scanner {
    /// The files to ask about in this round, and whether there are more that were never seen. `names` are all names in the
    /// folder; what is no longer there is forgotten.
    pub fn round(&mut self, mut names: Vec<String>) -> (Vec<String>, bool) {
        names.retain(|name| name::may_be_dump(name));
        // By step, and where a name has none, by name.
        names.sort_by_cached_key(|name| (name::step_of(name), name.clone()));
        let there: HashSet<&str> = names.iter().map(String::as_str).collect();
        self.known.retain(|name, _| there.contains(name.as_str()));
        let mut asked: Vec<String> = names.iter().filter(|name| !self.known.contains_key(*name)).cloned().collect();
        let more = asked.len() > ASKED;
        asked.truncate(ASKED);
        if more {
            return (asked, true);
        }
        let waiting = self.known.iter().filter(|(_, known)| known.is_waiting()).map(|(name, _)| name.clone());
        asked.extend(waiting.take(ASKED - asked.len()));
        // The rest in turn, from the one after the last.
        let done = |(name, known): (&String, &Known)| (!known.is_waiting()).then(|| name.clone());
        let after = (Bound::Excluded(self.turn.as_str()), Bound::Unbounded);
        let until = (Bound::Unbounded, Bound::Included(self.turn.as_str()));
        let rest = self.known.range::<str, _>(after).chain(self.known.range::<str, _>(until));
        let again: Vec<String> = rest.filter_map(done).take(ASKED_AGAIN).collect();
        if let Some(last) = again.last() {
            self.turn.clone_from(last);
        }
        asked.extend(again);
        // A run that began again has written several anew: it goes back to the first of them.
        asked.sort_by_cached_key(|name| (name::step_of(name), name.clone()));
        (asked, false)
    }

    /// Whether a file that stands so is to be opened: it was not seen before, or is another than it was.
    pub fn is_to_be_opened(&self, name: &str, stamp: FileStamp) -> bool {
        self.known.get(name).is_none_or(|known| known.stamp != stamp)
    }

    /// Whether it was taken before, so that it now is another file of that name.
    pub fn was_taken(&self, name: &str) -> bool {
        self.known.get(name).is_some_and(|known| matches!(known.state, State::Taken))
    }

    /// What became of a file that stood so when it was opened, `now` after the beginning.
    pub fn opened(&mut self, name: &str, stamp: FileStamp, opened: Opened, now: Duration) {
        let state = match opened {
            Opened::NotWhole(why) => State::Waiting { why, since: now, said: false },
            Opened::Taken => State::Taken,
            Opened::Aside => State::Aside,
        };
        self.known.insert(name.to_owned(), Known { stamp, state });
    }

    /// Files that have not been whole for longer than anybody writes, and what they lack; each is named once. All that wait if
    /// it is the `end`.
    pub fn overdue(&mut self, now: Duration, end: bool) -> Vec<(String, String)> {
        let mut overdue = Vec::new();
        for (name, known) in &mut self.known {
            let State::Waiting { why, since, said } = &mut known.state else { continue };
            if !*said && (end || now.saturating_sub(*since) >= PATIENCE) {
                *said = true;
                overdue.push((name.clone(), why.clone()));
            }
        }
        overdue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(bytes: u64, seconds: u64) -> FileStamp {
        FileStamp { bytes, modified: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)) }
    }

    fn names(steps: impl IntoIterator<Item = u64>) -> Vec<String> {
        steps.into_iter().map(|step| format!("step-{step}.safetensors")).collect()
    }

    #[test]
    fn new_files_come_in_the_order_of_their_steps() {
        let mut scanner = Scanner::default();
        let listed = ["step-900.safetensors", "step-1000.safetensors", "b.safetensors", "x.tmp", "step-20.safetensors"];
        let (asked, more) = scanner.round(listed.map(str::to_owned).to_vec());
        assert_eq!(asked, ["b.safetensors", "step-20.safetensors", "step-900.safetensors", "step-1000.safetensors"]);
        assert!(!more);
    }

    #[test]
    fn a_half_written_file_is_opened_again_only_when_it_has_changed_and_named_once() {
        let mut scanner = Scanner::default();
        let [name] = &names([1])[..] else { unreachable!() };
        let at = Duration::from_secs;
        assert!(scanner.is_to_be_opened(name, stamp(5, 0)));
        scanner.opened(name, stamp(5, 0), Opened::NotWhole("cut short".into()), at(0));
        assert_eq!(scanner.round(names([1])).0, names([1]), "it is asked about in every round");
        assert!(!scanner.is_to_be_opened(name, stamp(5, 0)) && !scanner.was_taken(name));
        assert_eq!(scanner.overdue(at(59), false), []);
        // It grows: the patience begins anew.
        assert!(scanner.is_to_be_opened(name, stamp(6, 30)));
        scanner.opened(name, stamp(6, 30), Opened::NotWhole("cut short".into()), at(59));
        assert_eq!(scanner.overdue(at(100), false), []);
        assert_eq!(scanner.overdue(at(119), false), [(name.clone(), "cut short".to_owned())]);
        assert_eq!(scanner.overdue(at(500), true), []);
        scanner.opened(name, stamp(7, 60), Opened::Taken, at(600));
        assert!(scanner.was_taken(name) && !scanner.is_to_be_opened(name, stamp(7, 60)));
        assert!(scanner.is_to_be_opened(name, stamp(7, 61)), "written anew");
    }

    #[test]
    fn ten_thousand_dumps_cost_a_round_no_more_than_a_few() {
        let mut scanner = Scanner::default();
        let all = names(1..=10_000);
        let mut rounds = 0;
        loop {
            let (asked, more) = scanner.round(all.clone());
            assert!(asked.len() <= ASKED + ASKED_AGAIN);
            asked.iter().for_each(|name| scanner.opened(name, stamp(1, 0), Opened::Taken, Duration::ZERO));
            rounds += 1;
            if !more {
                break;
            }
        }
        assert_eq!(rounds, 10_000usize.div_ceil(ASKED));
        // From then on each of them is asked about in its turn.
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..10_000usize.div_ceil(ASKED_AGAIN) {
            let (asked, _) = scanner.round(all.clone());
            assert_eq!(asked.len(), ASKED_AGAIN);
            seen.extend(asked);
        }
        assert_eq!(seen.len(), 10_000);
        // What is gone is forgotten.
        scanner.round(names([1]));
        assert_eq!(scanner.known.len(), 1);
    }
}
