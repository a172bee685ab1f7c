//! The runs that were left in the folder of autosaves, as far as their headers tell: what Open offers.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Reason;
use super::autosaves::{is_held, saves_in};
use crate::store::checkpoint;

/// Files looked at, the newest ones.
const MOST: usize = 64;

/// The saves in the folder of autosaves that are not the present run's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeftRuns {
    /// The folder; `None` where runs have no folder for their autosaves.
    pub folder: Option<PathBuf>,
    /// Those that can be opened, newest first.
    pub runs: Vec<LeftRun>,
    /// Those whose header cannot be read, and why.
    pub damaged: Vec<(PathBuf, Reason)>,
}

/// One save of a run that was left.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftRun {
    /// The file.
    pub path: PathBuf,
    /// Seed of the run.
    pub seed: u64,
    /// Steps done.
    pub step: u64,
    /// When it was written.
    pub at: SystemTime,
    /// Validation loss when it was written, nats per byte; `None` in files that do not say.
    pub loss: Option<f64>,
    /// Whether a living process, another window as a rule, is going on with it.
    pub in_use: bool,
}

/// What the header of a file said, by the file's path, time and length: they are read once.
#[derive(Debug, Default)]
pub(super) struct Headers(HashMap<PathBuf, (SystemTime, u64, Result<Header, Reason>)>);

#[derive(Clone, Debug)]
struct Header {
    seed: u64,
    step: u64,
    loss: Option<f64>,
}

impl Headers {
    /// The runs left in `folder`, without the file `own`.
    pub fn list(&mut self, folder: Option<&Path>, own: Option<&Path>) -> LeftRuns {
        let mut found = LeftRuns { folder: folder.map(Into::into), ..LeftRuns::default() };
        let mut files = folder.map_or_else(Vec::new, saves_in);
        files.retain(|(path, _)| own != Some(path));
        files.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| b.0.cmp(&a.0)));
        files.truncate(MOST);
        self.0.retain(|path, _| files.iter().any(|(other, _)| other == path));
        for (path, at) in files {
            let bytes = std::fs::metadata(&path).map_or(0, |about| about.len());
            let known = self.0.get(&path).filter(|known| (known.0, known.1) == (at, bytes));
            let header = known.map_or_else(|| read(&path), |known| known.2.clone());
            self.0.insert(path.clone(), (at, bytes, header.clone()));
            match header {
                Ok(Header { seed, step, loss }) => {
                    let in_use = is_held(&path);
                    found.runs.push(LeftRun { path, seed, step, at, loss, in_use });
                }
                Err(why) => found.damaged.push((path, why)),
            }
        }
        found
    }
}

fn read(path: &Path) -> Result<Header, Reason> {
    let manifest = checkpoint::peek(path)?;
    Ok(Header { seed: manifest.config.seed, step: manifest.progress.step, loss: manifest.loss })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Preset;
    use crate::domain::state::State;
    use crate::store::checkpoint::Checkpoint;

    fn save(path: &Path, seed: u64, step: u64, loss: Option<f64>) {
        let mut config = Preset::Tiny.config();
        config.seed = seed;
        let mut whole = Checkpoint::beginning(config.clone(), State::initial(&config));
        whole.state.progress.step = step;
        whole.loss = loss;
        checkpoint::save(&whole, path).unwrap();
    }

    #[test]
    fn runs_are_listed_by_what_their_headers_say_and_damaged_ones_with_why() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        save(&at("autosave.safetensors"), 7, 120, Some(2.5));
        save(&at("own.safetensors"), 8, 5, None);
        std::fs::write(at("cut.safetensors"), b"\x40\0\0\0\0\0\0\0{\"").unwrap();
        std::fs::write(at(".saving-x.safetensors"), "half").unwrap();
        std::fs::write(at("notes.txt"), "not one").unwrap();
        let mut headers = Headers::default();
        for _ in 0..2 {
            let found = headers.list(Some(folder.path()), Some(&at("own.safetensors")));
            let runs: Vec<_> = found.runs.iter().map(|run| (run.seed, run.step, run.loss, run.in_use)).collect();
            assert_eq!(runs, [(7, 120, Some(2.5), false)]);
            assert_eq!(found.damaged.len(), 1);
            let Reason::Error(why) = &found.damaged[0].1 else { panic!("{:?}", found.damaged) };
            assert!(why.to_string().contains("cut short"), "{why}");
        }
        save(&at("autosave.safetensors"), 7, 130, None);
        let found = headers.list(Some(folder.path()), None);
        let mut steps: Vec<u64> = found.runs.iter().map(|run| run.step).collect();
        steps.sort_unstable();
        assert_eq!(steps, [5, 130], "a file that changed is read again");
        assert_eq!(headers.list(None, None), LeftRuns::default());
    }
}
