//! The folder of a run: claimed by one process, and looked through before anything in it is changed.

use std::fs;
use std::path::{Path, PathBuf};

use super::FolderFact;
use super::config_file::{self, Owner};
use super::folder_refusal::{FolderFault, FolderRefusal, Occupant};
use super::found::{Found, Newcomer, events, is_same, metrics, said_of_missing, said_of_rows};
use super::lock::{LockError, LockFile};
use super::plan::{Begin, Plan};
use crate::domain::config::Config;
use crate::domain::quote;
use crate::store::atomic_file;
use crate::store::checkpoint::{self, RunId};
use crate::store::history::History;

/// The checkpoint of a run without a window, in its folder.
pub(crate) const CHECKPOINT: &str = "checkpoint.safetensors";
/// The last sane save of a run that went wrong, beside it.
const LAST_GOOD: &str = "checkpoint-last-good.safetensors";
/// Every step, a row each.
pub(super) const METRICS: &str = "metrics.csv";
/// What was done to the run, a line each.
pub(super) const EVENTS: &str = "events.jsonl";
pub(super) const LOCK: &str = "run.lock";

/// A folder that this process alone writes to, until the value is dropped.
#[derive(Debug)]
pub(super) struct RunFolder {
    /// The folder, without links.
    pub path: PathBuf,
    /// As it was asked for.
    pub shown: PathBuf,
    lock: Option<LockFile>,
    /// Folders that were made for it, the outermost first.
    made: Vec<PathBuf>,
    /// Whether the files of another run may be removed.
    overwrite: bool,
    /// The run whose files are written here, once there is one.
    run: Option<RunId>,
}

impl RunFolder {
    /// Takes the folder at `path` for this process, and removes what killed writes left there. Missing folders are made.
    ///
    /// # Errors
    /// What hinders it and what to do: no folder, no permission, another process.
    pub fn claim(path: &Path, overwrite: bool) -> Result<Self, FolderRefusal> {
        let refused = |why| FolderRefusal { folder: path.into(), why };
        let cannot = |error: std::io::Error| refused(FolderFault::NotMade(error.into()));
        if path.exists() && !path.is_dir() {
            return Err(refused(FolderFault::IsFile));
        }
        if path.is_symlink() && !path.exists() {
            return Err(refused(FolderFault::DanglingLink));
        }
        let made = missing(path);
        fs::create_dir_all(path).map_err(cannot)?;
        let full = fs::canonicalize(path).map_err(cannot)?;
        let mut folder = Self { path: full, shown: path.into(), lock: None, made, overwrite, run: None };
        match LockFile::take(&folder.path.join(LOCK)) {
            Ok(lock) => folder.lock = Some(lock),
            Err(LockError::Held(holder)) => return Err(refused(FolderFault::InUse(holder.map(Box::new)))),
            Err(LockError::File { source, .. }) => {
                return Err(refused(FolderFault::NotWritable { name: LOCK, error: source.into() }));
            }
            Err(error) => return Err(refused(FolderFault::Lock(error.into()))),
        }
        let cleared = atomic_file::clear_leftovers(&folder.path);
        if cleared > 0 {
            tracing::info!("removed {cleared} files that killed writes left in {}", quote::path(path));
        }
        Ok(folder)
    }

    /// Whether a new run may begin here; asked before the run is built, which takes time.
    ///
    /// # Errors
    /// What hinders it and what to do.
    pub fn admits_new(&self, config: &Config) -> Result<(), FolderRefusal> {
        let (run, history) = (RunId::new(), History::default());
        self.plan(&Newcomer { run: &run, config, history: &history, step: 0, resumed: None }).map(|_| ())
    }

    /// The checkpoint of another run that resuming `file` would write over; asked before the run is built.
    ///
    /// # Errors
    /// What hinders it and what to do.
    pub fn admits_resumed(&self, file: &Path) -> Result<(), FolderRefusal> {
        // What is wrong with the file itself is said when it is opened.
        let Ok(manifest) = checkpoint::peek(file) else { return Ok(()) };
        match self.checkpoint(&self.path.join(CHECKPOINT), &manifest.run, Some(file))? {
            Found::Other(why) if !self.overwrite => Err(self.refusal(CHECKPOINT, why, true)),
            _ => Ok(()),
        }
    }

    /// What is to be done in the folder before the run writes its first row, and what there is to say of it. Changes
    /// nothing.
    ///
    /// # Errors
    /// What hinders the run from writing here, and what to do.
    pub fn plan(&self, newcomer: &Newcomer<'_>) -> Result<(Plan, Vec<FolderFact>), FolderRefusal> {
        let mut plan = Plan::default();
        let mut says: Vec<FolderFact> = self.left_elsewhere().into_iter().collect();
        let at = |name: &str| self.path.join(name);
        for name in [CHECKPOINT, LAST_GOOD] {
            match self.checkpoint(&at(name), newcomer.run, newcomer.resumed)? {
                Found::Free => {}
                Found::Own(kept) => {
                    let later = kept.steps.map(|(step, _)| step).filter(|&step| step > newcomer.step);
                    if let Some(step) = later.filter(|_| name == CHECKPOINT) {
                        let aside = self.free_name(&format!("checkpoint-step-{step}"));
                        says.push(FolderFact::LaterSave {
                            step,
                            folder: self.shown.clone(),
                            kept: aside.file_name().unwrap_or_default().display().to_string(),
                            from: newcomer.step,
                        });
                        plan.aside = Some((at(CHECKPOINT), aside));
                    }
                }
                Found::Other(why) => self.replace(&mut plan, name, why, newcomer)?,
            }
        }
        if self.overwrite {
            plan.remove.extend(self.saves_of_others(newcomer));
        }
        let layers = newcomer.config.model.moe_count();
        let metrics = self.found(METRICS, metrics(&at(METRICS), layers, newcomer), newcomer)?;
        plan.metrics = match metrics {
            Found::Own(kept) => {
                says.extend(said_of_rows(&kept, newcomer.step));
                Begin::Keep(kept.bytes)
            }
            Found::Free => self.taken_over(METRICS, layers, newcomer, &mut says),
            Found::Other(why) => {
                self.replace(&mut plan, METRICS, why, newcomer)?;
                self.taken_over(METRICS, layers, newcomer, &mut says)
            }
        };
        let events = self.found(EVENTS, events(&at(EVENTS), newcomer), newcomer)?;
        plan.events = match events {
            Found::Own(kept) if kept.bytes > 0 => Begin::Keep(kept.bytes),
            Found::Own(_) => Begin::Journal,
            Found::Free => self.taken_over(EVENTS, layers, newcomer, &mut says),
            Found::Other(why) => {
                self.replace(&mut plan, EVENTS, why, newcomer)?;
                self.taken_over(EVENTS, layers, newcomer, &mut says)
            }
        };
        self.plan_config(&mut plan, newcomer, &mut says);
        if !plan.remove.is_empty() {
            let names = plan.remove.iter().filter_map(|path| Some(path.file_name()?.display().to_string())).collect();
            says.push(FolderFact::Removing { folder: self.shown.clone(), names });
        }
        Ok((plan, says))
    }

    /// What there is to say of a process of another machine that left its lock here: whether it still writes, only the file
    /// system knows, and those of networks have been wrong.
    fn left_elsewhere(&self) -> Option<FolderFact> {
        let holder = self.lock.as_ref()?.left_by().filter(|holder| holder.is_elsewhere())?;
        Some(FolderFact::LockLeft { name: LOCK, folder: self.shown.clone(), holder: holder.clone() })
    }

    /// The run whose files are written here, once there is one.
    pub fn run(&self) -> Option<&RunId> {
        self.run.as_ref()
    }

    /// From now on the folder is that of `run`.
    pub fn belongs_to(&mut self, run: &RunId) {
        if let Some(Err(error)) = self.lock.as_mut().map(|lock| lock.name_run(run)) {
            tracing::warn!("the lock file could not be written: {error}");
        }
        self.run = Some(run.clone());
    }

    /// Where the config goes: over one the program wrote for this run, else beside those that it may not replace.
    fn plan_config(&self, plan: &mut Plan, newcomer: &Newcomer<'_>, says: &mut Vec<FolderFact>) {
        let mut left = None;
        for name in config_file::NAMES {
            let path = self.path.join(name);
            let replaced = match config_file::owner(&path, newcomer.config) {
                Owner::Nobody | Owner::Same => true,
                Owner::Run(run) => run == *newcomer.run || self.overwrite,
                Owner::AnyRun => self.overwrite,
                Owner::Person => false,
            };
            if replaced {
                plan.config = Some(path);
                break;
            }
            left.get_or_insert(name);
        }
        let config = plan.config.as_ref().and_then(|path| path.file_name());
        if let Some(left) = left {
            let own = config.map(|name| name.display().to_string());
            says.push(FolderFact::ConfigStays { left, folder: self.shown.clone(), own });
        }
    }

    /// Plans to remove a file that the program wrote for another run, if that was asked for.
    fn replace(
        &self,
        plan: &mut Plan,
        name: &'static str,
        why: Occupant,
        newcomer: &Newcomer<'_>,
    ) -> Result<(), FolderRefusal> {
        let path = self.path.join(name);
        if !self.overwrite {
            return Err(self.refusal(name, why, newcomer.resumed.is_some()));
        }
        plan.remove.push(path);
        Ok(())
    }

    fn refusal(&self, name: &'static str, occupant: Occupant, resumes: bool) -> FolderRefusal {
        let checkpoint = self.shown.join(CHECKPOINT);
        let why = match resumes {
            true => FolderFault::OtherThanResumed { name, occupant },
            false => FolderFault::HoldsRun { name, occupant, checkpoint: checkpoint.exists().then_some(checkpoint) },
        };
        FolderRefusal { folder: self.shown.clone(), why }
    }

    /// Saves of other runs that the program set aside in the folder.
    fn saves_of_others(&self, newcomer: &Newcomer<'_>) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(&self.path) else { return Vec::new() };
        let paths = entries.flatten().map(|entry| entry.path());
        paths
            .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_set_aside))
            .filter(|path| !newcomer.resumed.is_some_and(|file| is_same(file, path)))
            .filter(|path| checkpoint::peek(path).is_ok_and(|manifest| manifest.run != *newcomer.run))
            .collect()
    }

    /// The first of `STEM.safetensors`, `STEM-2.safetensors`, … that is not there.
    fn free_name(&self, stem: &str) -> PathBuf {
        let first = self.path.join(format!("{stem}.safetensors"));
        let later = (2u64..).map(|count| self.path.join(format!("{stem}-{count}.safetensors")));
        std::iter::once(first.clone()).chain(later).find(|path| !path.exists()).unwrap_or(first)
    }

    /// How a file begins that is not there: with what stands beside the checkpoint that is resumed, if it is of this run.
    fn taken_over(&self, name: &str, layers: usize, newcomer: &Newcomer<'_>, says: &mut Vec<FolderFact>) -> Begin {
        let Some(resumed) = newcomer.resumed.filter(|_| newcomer.step > 0) else { return Begin::Anew };
        let step = newcomer.step + 1;
        let full = fs::canonicalize(resumed).unwrap_or_else(|_| resumed.to_owned());
        let folders = [full.parent(), resumed.parent()];
        let mut there =
            folders.into_iter().flatten().filter(|folder| fs::canonicalize(folder).ok().as_ref() != Some(&self.path));
        let Some(from) = there.find(|folder| folder.join(name).exists()).map(|folder| folder.join(name)) else {
            if name == METRICS {
                says.push(FolderFact::BeginsLate { name: name.into(), step });
            }
            return Begin::Journal;
        };
        let kept = if name == METRICS { metrics(&from, layers, newcomer) } else { events(&from, newcomer) };
        match kept {
            Ok(kept) => {
                if name == METRICS {
                    says.extend(said_of_missing(&kept, newcomer.step));
                    says.push(FolderFact::TakenOver { name: name.into(), from: from.clone() });
                }
                Begin::Copy { from, bytes: kept.bytes }
            }
            Err(why) => {
                if name == METRICS {
                    says.push(FolderFact::NotTakenOver { name: name.into(), step, from, why: why.into() });
                }
                Begin::Journal
            }
        }
    }
}

/// Removes the lock of this process from `folder`, if it holds one there: for a process that is about to end without waiting
/// for the worker that holds it.
pub(crate) fn abandon(folder: &Path) {
    let path = folder.join(LOCK);
    if let Ok(Some(Some(holder))) = LockFile::held_by(&path)
        && holder.pid == std::process::id()
        && !holder.is_elsewhere()
    {
        // What stays says that a process was killed here, and hinders nobody.
        let _ = fs::remove_file(path);
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        self.lock = None;
        // A run that wrote nothing leaves no folder. Only those go that are empty.
        for folder in self.made.iter().rev() {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}

/// The folders on the way to `path` that are not there, the outermost first.
fn missing(path: &Path) -> Vec<PathBuf> {
    let mut missing: Vec<_> = path
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .map(Path::to_owned)
        .collect();
    missing.reverse();
    missing
}

/// Whether the program gives such a name to a save that it sets aside.
fn is_set_aside(name: &str) -> bool {
    let step = name.strip_prefix("checkpoint-step-").and_then(|rest| rest.strip_suffix(".safetensors"));
    name == LAST_GOOD || step.is_some_and(|step| step.chars().all(|c| c.is_ascii_digit() || c == '-'))
}
