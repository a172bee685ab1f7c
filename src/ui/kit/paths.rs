//! Paths as they are typed: `~` is the home folder, and a relative path is told in full. Pure but for the home and the
//! working folder; no file is looked at.

use std::env;
use std::path::{Path, PathBuf, absolute};

/// The whole path that is meant by `typed`; a file name without an ending gets `ending`.
pub(crate) fn full(typed: &str, ending: Option<&str>) -> PathBuf {
    full_from(typed, env::home_dir().as_deref(), ending)
}

fn full_from(typed: &str, home: Option<&Path>, ending: Option<&str>) -> PathBuf {
    let typed = typed.trim();
    let path = match (typed.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) if rest.starts_with(['/', std::path::MAIN_SEPARATOR]) => {
            home.join(rest.trim_start_matches(['/', std::path::MAIN_SEPARATOR]))
        }
        _ => PathBuf::from(typed),
    };
    ended(absolute(&path).unwrap_or(path), ending)
}

/// The same path with `ending`, if its file name has none; a path that ends in a separator means a folder and gets none.
pub(crate) fn ended(path: PathBuf, ending: Option<&str>) -> PathBuf {
    let folder = path.to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]);
    match ending {
        Some(ending) if path.extension().is_none() && path.file_name().is_some() && !folder => {
            path.with_extension(ending)
        }
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_is_expanded_and_a_relative_path_is_told_in_full() {
        let home = Some(Path::new("/home/ada"));
        let full = |typed: &str| full_from(typed, home, Some("safetensors"));
        assert_eq!(full("~/x"), Path::new("/home/ada/x.safetensors"));
        assert_eq!(full(" ~/runs/x.safetensors "), Path::new("/home/ada/runs/x.safetensors"));
        assert_eq!(full_from("~", home, None), Path::new("/home/ada"));
        assert_eq!(full("/a/b.c"), Path::new("/a/b.c"));
        assert_eq!(full("bare"), env::current_dir().unwrap().join("bare.safetensors"));
        assert_eq!(
            full_from("~other/x", home, None),
            env::current_dir().unwrap().join("~other/x"),
            "nobody else's home"
        );
        assert_eq!(full_from("~/x", None, None), env::current_dir().unwrap().join("~/x"), "no home is known");
    }

    #[test]
    fn a_folder_gets_no_ending() {
        assert_eq!(ended("/a/b/".into(), Some("csv")), Path::new("/a/b/"));
        assert_eq!(ended("/a/b".into(), Some("csv")), Path::new("/a/b.csv"));
        assert_eq!(ended("/".into(), Some("csv")), Path::new("/"));
    }
}
