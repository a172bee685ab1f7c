//! The recent files of the window, as far as they are known: looked up and written by a thread, so that no far disk holds
//! the window up.

use std::path::{Path, PathBuf};
use std::task::Poll;

use eframe::egui::Context;

use crate::domain::language::Language;
use crate::run::{RecentAbout, RecentFile, forget_files, recent_files, remember_files};
use crate::ui::shell::background::BackgroundWork;
use crate::ui::words::{notices, questions};
use crate::words::in_language;

/// Files opened, or saved by hand, newest first.
#[derive(Debug, Default)]
pub(crate) struct Recents {
    /// Where they are kept for other windows and later ones.
    list: Option<PathBuf>,
    files: Vec<RecentFile>,
    /// Those the list does not have yet, oldest first.
    added: Vec<PathBuf>,
    /// What they hold, and whether it takes the place of what is known.
    abouts: Vec<(PathBuf, RecentAbout, bool)>,
    /// Those that are to be taken out of it.
    gone: Vec<PathBuf>,
    again: bool,
    work: Option<BackgroundWork<Vec<RecentFile>>>,
}

impl Recents {
    /// Most files remembered where there is no list.
    const MOST: usize = 32;

    /// The recent files of `list`.
    pub fn of(list: Option<PathBuf>) -> Self {
        Self { again: list.is_some(), list, ..Self::default() }
    }

    /// The files known, newest first.
    pub fn files(&self) -> &[RecentFile] {
        &self.files
    }

    /// A file was opened, or saved by hand; `saved` says which of both. It holds what `about` says.
    pub fn add(&mut self, path: &Path, about: RecentAbout, saved: bool) {
        let known = self.files.iter().find(|file| file.path == path).and_then(|file| file.about.clone());
        let shown = if saved { None } else { known }.unwrap_or_else(|| about.clone());
        self.files.retain(|file| file.path != path);
        self.files.insert(0, RecentFile { path: path.into(), is_gone: false, about: Some(shown) });
        self.files.truncate(Self::MOST);
        self.added.retain(|other| other != path);
        self.added.push(path.into());
        self.abouts.push((path.into(), about, saved));
    }

    /// A folder was begun to be watched.
    pub fn add_folder(&mut self, path: &Path) {
        self.files.retain(|file| file.path != path);
        self.files.insert(0, RecentFile { path: path.into(), is_gone: false, about: None });
        self.files.truncate(Self::MOST);
        self.added.retain(|other| other != path);
        self.added.push(path.into());
    }

    /// Takes a file out of the list; the file itself stays.
    pub fn forget(&mut self, path: &Path) {
        self.files.retain(|file| file.path != path);
        self.added.retain(|other| other != path);
        self.gone.push(path.into());
    }

    /// Another window may have added some, and some may be gone.
    pub fn look_again(&mut self) {
        self.again = true;
    }

    /// Takes in what a thread has found, and sends one where there is something to find out or to write.
    pub fn pass(&mut self, ctx: &Context) {
        if let Some(Poll::Ready(found)) = self.work.as_ref().map(BackgroundWork::answer) {
            self.work = None;
            if let Some(files) = found {
                self.files = files;
            }
        }
        let Some(list) = self.list.clone().filter(|_| self.work.is_none()) else { return };
        if self.added.is_empty() && self.gone.is_empty() && !self.again {
            return;
        }
        (self.again, self.work) = (false, None);
        let added = std::mem::take(&mut self.added);
        let (abouts, gone) = (std::mem::take(&mut self.abouts), std::mem::take(&mut self.gone));
        let known: Vec<RecentFile> = self.files.clone();
        let work = move || {
            let kept = |done: std::io::Result<()>| {
                let told =
                    |error| in_language(Language::English, || tracing::warn!("{}", questions::recent_not_kept(&error)));
                done.unwrap_or_else(told);
            };
            if !gone.is_empty() {
                kept(forget_files(&list, &gone).map(drop));
            }
            if added.is_empty() {
                return recent_files(&list);
            }
            remember_files(&list, &added, &abouts).unwrap_or_else(|error| {
                kept(Err(error));
                known
            })
        };
        match BackgroundWork::start("recent-files", ctx, work) {
            Ok(work) => self.work = Some(work),
            Err(error) => in_language(Language::English, || tracing::warn!("{}", notices::no_thread(&error))),
        }
    }
}
