//! `config.toml` in the folder of a run: says in its first line who wrote it and for which run, so that a file of the
//! user's is never replaced.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::domain::config::Config;
use crate::store::atomic_file::AtomicFile;
use crate::store::checkpoint::RunId;

/// Names a config is written under; the second where the first is the user's own.
pub(super) const NAMES: [&str; 2] = ["config.toml", "run-config.toml"];

const BEFORE_RUN: &str = "# Written by moe-arena for run ";
const BEFORE_DIGEST: &str = ". Edited, it is yours and stays. Digest ";
/// Most bytes of a config that are looked at; ours have about two thousand.
const LIMIT: u64 = 1 << 20;

/// Who a config file belongs to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// There is none, or an empty one.
    Nobody,
    /// The program wrote it for this run.
    Run(RunId),
    /// An earlier version of the program wrote it, which did not say for which run.
    AnyRun,
    /// It says what is about to be written, so that nothing is lost.
    Same,
    /// The user, who wrote or edited it.
    Person,
}

/// Writes `config` for `run`, whole or not at all.
///
/// # Errors
/// What the file system says.
pub(super) fn write(path: &Path, config: &Config, run: &RunId) -> io::Result<()> {
    AtomicFile::write(path, signed(&config.to_toml(), run).as_bytes())
}

/// Who the file at `path` belongs to, to a run with `config`.
pub(super) fn owner(path: &Path, config: &Config) -> Owner {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Owner::Nobody,
        Ok(there) if there.is_file() && there.len() == 0 => return Owner::Nobody,
        Ok(there) if there.is_file() && there.len() <= LIMIT => {}
        _ => return Owner::Person,
    }
    let Ok(text) = fs::read_to_string(path) else { return Owner::Person };
    let plain = config.to_toml();
    if text == plain {
        return Owner::Same;
    }
    if let Some(run) = signature(&text) {
        return Owner::Run(run);
    }
    match Config::from_toml(&text) {
        Ok(read) if read.to_toml() == text => Owner::AnyRun,
        _ => Owner::Person,
    }
}

fn signed(text: &str, run: &RunId) -> String {
    format!("{BEFORE_RUN}{run}{BEFORE_DIGEST}{}.\n{text}", digest(text, run))
}

/// The run in the first line, if nothing was changed since.
fn signature(text: &str) -> Option<RunId> {
    let (first, rest) = text.split_once('\n')?;
    let (run, digits) = first.strip_prefix(BEFORE_RUN)?.strip_suffix('.')?.split_once(BEFORE_DIGEST)?;
    let run = RunId::try_from(run.to_owned()).ok()?;
    (digits == digest(rest, &run)).then_some(run)
}

fn digest(text: &str, run: &RunId) -> String {
    let mut hash = Sha256::new();
    hash.update(run.as_str());
    hash.update(text);
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_is_ours_until_it_is_edited() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let (config, other) = (Config::default(), Config { seed: 5, ..Config::default() });
        let run = RunId::new();
        assert_eq!(owner(&path, &config), Owner::Nobody);
        write(&path, &config, &run).unwrap();
        assert_eq!(owner(&path, &other), Owner::Run(run));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(Config::from_toml(&text).unwrap(), config);
        for edited in
            [text.replace("seed = 18", "seed = 19"), format!("{text}\n# my notes\n"), format!("# mine\n{text}")]
        {
            assert_ne!(edited, text);
            fs::write(&path, edited).unwrap();
            assert_eq!(owner(&path, &other), Owner::Person);
        }
        fs::write(&path, config.to_toml()).unwrap();
        assert_eq!((owner(&path, &config), owner(&path, &other)), (Owner::Same, Owner::AnyRun));
        fs::write(&path, "seed = 4\n").unwrap();
        assert_eq!(owner(&path, &config), Owner::Person);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert_eq!(owner(&path, &config), Owner::Person);
    }
}
