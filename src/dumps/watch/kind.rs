//! What a folder is watched as: routing dumps of anybody, or a run of this program.

use std::fs;
use std::io;
use std::path::Path;

use super::super::file::DumpFile;
use super::name;
use super::own_run::RunWatch;

/// Files beside which tensors are a model, not dumps.
const OF_A_MODEL: [&str; 2] = ["config.json", "model.safetensors.index.json"];
/// Most names that are looked at, and most files that are opened, to tell what a folder holds.
const NAMES: usize = 1 << 16;
const OPENED: usize = 8;

/// What a folder is watched as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WatchedKind {
    /// Routing dumps of any trainer.
    Dumps,
    /// A run of this program that another process trains, or has trained.
    OwnRun,
}

impl WatchedKind {
    /// What a folder holds that can be watched, by what is in it: rows of a run of this program, or at least one routing dump that is
    /// no tensor file of a model. `None` for any other.
    ///
    /// # Errors
    /// What the file system says; `NotADirectory` for anything that is no folder.
    pub fn of(folder: &Path) -> io::Result<Option<Self>> {
        if RunWatch::is_run(folder) {
            return Ok(Some(Self::OwnRun));
        }
        let mut candidates = Vec::new();
        for entry in fs::read_dir(folder)?.take(NAMES) {
            let Ok(name) = entry?.file_name().into_string() else { continue };
            if OF_A_MODEL.contains(&name.as_str()) {
                return Ok(None);
            }
            if candidates.len() < OPENED && name::may_be_dump(&name) {
                candidates.push(folder.join(name));
            }
        }
        let is_dump = |path: &Path| DumpFile::open(path).is_ok_and(|file| file.has_logits());
        Ok(candidates.iter().any(|path| is_dump(path)).then_some(Self::Dumps))
    }
}

#[cfg(test)]
mod tests {
    use safetensors::Dtype;
    use safetensors::tensor::TensorView;

    use super::*;

    fn tensors(name: &str) -> Vec<u8> {
        let one = [0; 16];
        safetensors::serialize([(name, TensorView::new(Dtype::F32, vec![2, 2], &one).unwrap())], None).unwrap()
    }

    #[test]
    fn a_folder_is_known_by_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        let put = |name: &str, bytes: &[u8]| fs::write(here.join(name), bytes).unwrap();
        assert_eq!(WatchedKind::of(here).unwrap(), None);
        put("weights.safetensors", &tensors("model.embed.weight"));
        put("half.safetensors", &tensors("layer.0.router_logits")[..30]);
        assert_eq!(WatchedKind::of(here).unwrap(), None);
        for name in ["router.logits", "layer.3.router_logits"] {
            put("step-1.safetensors", &tensors(name));
            assert_eq!(WatchedKind::of(here).unwrap(), Some(WatchedKind::Dumps));
        }
        put("config.json", b"{}");
        assert_eq!(WatchedKind::of(here).unwrap(), None, "a model whose tensors bear such a name");
        put("metrics.csv", b"step,seconds\n");
        assert_eq!(WatchedKind::of(here).unwrap(), Some(WatchedKind::OwnRun));
        assert_eq!(WatchedKind::of(&here.join("config.json")).unwrap_err().kind(), io::ErrorKind::NotADirectory);
        assert_eq!(WatchedKind::of(&here.join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
