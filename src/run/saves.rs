//! The saves of a run that can be gone back to, the good ones first; and whether a save is a good one, by its loss.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Cross-entropy of guessing every byte with equal probability, nats per byte: ln 256, the uniform baseline.
pub(super) const UNIFORM: f64 = 5.545_177_444_479_562;
/// How far above the best loss of its run a save may lie and still be a good one, nats per byte.
pub(super) const ABOVE_BEST: f64 = 1.0;

/// A finished save of the present run.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// Steps done when it was written.
    pub step: u64,
    /// The file.
    pub path: PathBuf,
    /// Whether the run saved itself.
    pub auto: bool,
    /// When it was written.
    pub at: SystemTime,
    /// Validation loss at that step, nats per byte; `None` where it was not measured.
    pub loss: Option<f64>,
    /// Whether it is a good save: its loss is at most 1 nat above the best of the run so far, and below the uniform
    /// baseline ln 256 once the run has been. A save whose loss is not known counts as good; one from right before a step
    /// that was not finite does not.
    pub good: bool,
}

/// Whether a loss is one to go back to. `best` is the lowest validation loss of the run so far.
pub(super) fn is_good(loss: Option<f64>, best: Option<f64>) -> bool {
    let best = best.unwrap_or(UNIFORM);
    let most = if best < UNIFORM { (best + ABOVE_BEST).min(UNIFORM) } else { best + ABOVE_BEST };
    loss.is_none_or(|loss| loss <= most)
}

/// The saves of a run that stand on the disk, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Saves(Vec<Saved>);

impl Saves {
    /// Most saves remembered; beyond them the oldest are forgotten (the files stay), but never the last good one.
    const KEPT: usize = 16;

    /// A run that was just opened from this save.
    pub fn opened(saved: Saved) -> Self {
        Self(vec![saved])
    }

    /// Adds a save; an older one at the same path no longer exists.
    pub fn push(&mut self, saved: Saved) {
        self.0.retain(|other| other.path != saved.path);
        self.0.push(saved);
        if self.0.len() > Self::KEPT {
            let last_good = self.0.iter().rposition(|saved| saved.good);
            let oldest = (0..self.0.len()).find(|place| Some(*place) != last_good);
            self.0.remove(oldest.unwrap_or(0));
        }
    }

    /// The save at a path was moved to another.
    pub fn moved(&mut self, from: &Path, to: &Path) {
        self.0.iter_mut().filter(|saved| saved.path == from).for_each(|saved| saved.path = to.into());
    }

    /// The newest.
    pub fn newest(&self) -> Option<&Saved> {
        self.0.last()
    }

    /// The save at this path.
    pub fn at(&self, path: &Path) -> Option<&Saved> {
        self.0.iter().find(|saved| saved.path == path)
    }

    /// All, in the order in which they are worth going back to: the good ones, newest first, then the others.
    pub fn best_first(&self) -> Vec<Saved> {
        let (good, bad): (Vec<&Saved>, Vec<&Saved>) = self.0.iter().rev().partition(|saved| saved.good);
        good.into_iter().chain(bad).cloned().collect()
    }

    /// The one to go back to.
    pub fn best(&self) -> Option<&Saved> {
        self.0.iter().rfind(|saved| saved.good).or_else(|| self.0.last())
    }
}

/// Where the last good save of `path` is kept when a worse one takes its place.
pub(super) fn last_good(path: &Path) -> PathBuf {
    beside(path, "last-good")
}

/// A file beside `path`: the same name with words before its ending.
pub(super) fn beside(path: &Path, words: &str) -> PathBuf {
    let stem = path.file_stem().map_or_else(|| "run".into(), |stem| stem.to_string_lossy());
    path.with_file_name(format!("{stem}-{words}.safetensors"))
}

/// The first of `path`, `path-2`, `path-3`, … that does not exist.
pub(super) fn free(path: PathBuf) -> PathBuf {
    let taken = |path: &Path| path.symlink_metadata().is_ok();
    let later = (2u64..).map(|count| beside(&path, &count.to_string()));
    std::iter::once(path.clone()).chain(later).find(|path| !taken(path)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(step: u64, path: &str, good: bool) -> Saved {
        Saved { step, path: path.into(), auto: true, at: SystemTime::UNIX_EPOCH, loss: None, good }
    }

    #[test]
    fn a_loss_is_good_near_the_best_and_below_guessing() {
        assert!(is_good(Some(5.9), None), "an untrained network");
        assert!(
            !is_good(Some(150_000.0), None) && !is_good(Some(f64::NAN), None) && !is_good(Some(f64::INFINITY), None)
        );
        assert!(is_good(Some(2.9), Some(2.0)) && !is_good(Some(3.1), Some(2.0)));
        assert!(is_good(Some(5.5), Some(5.0)) && !is_good(Some(5.6), Some(5.0)), "worse than guessing");
        assert!(is_good(Some(6.4), Some(5.6)), "never below it yet");
        assert!(is_good(None, Some(2.0)));
    }

    #[test]
    fn good_saves_come_first_and_the_last_good_one_is_never_forgotten() {
        let mut saves = Saves::default();
        saves.push(saved(157, "mine", true));
        for step in 0..40 {
            saves.push(saved(1000 + step, &format!("auto-{step}"), false));
        }
        let order: Vec<u64> = saves.best_first().iter().map(|saved| saved.step).collect();
        assert_eq!((order.len(), order[0], order[1]), (Saves::KEPT, 157, 1039));
        assert_eq!((saves.best().unwrap().step, saves.newest().unwrap().step), (157, 1039));
    }

    #[test]
    fn one_path_holds_one_save() {
        let mut saves = Saves::default();
        saves.push(saved(1, "a", true));
        saves.moved(Path::new("a"), Path::new("a-last-good"));
        saves.push(saved(2, "a", false));
        saves.push(saved(3, "a", false));
        let all: Vec<(u64, String)> =
            saves.best_first().iter().map(|s| (s.step, s.path.display().to_string())).collect();
        assert_eq!(all, [(1, "a-last-good".into()), (3, "a".into())]);
    }

    #[test]
    fn names_beside_a_file_are_clear_and_free() {
        assert_eq!(last_good(Path::new("x/checkpoint.safetensors")), Path::new("x/checkpoint-last-good.safetensors"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("left.safetensors");
        assert_eq!(free(path.clone()), path);
        std::fs::write(&path, "a run").unwrap();
        std::fs::write(folder.path().join("left-2.safetensors"), "another").unwrap();
        assert_eq!(free(path), folder.path().join("left-3.safetensors"));
    }
}
