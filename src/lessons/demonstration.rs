//! Demonstrations: runs in which one phenomenon appears, such as a load collapse, with the alert that it raises:
//! `assets/demonstrations/`. What is said of each stands in the table of words.

use std::sync::LazyLock;

use super::ids::Anchor;
use super::setting::{Setting, config_with};
use crate::run::RunSetup;
use crate::store::alerts::Rule;

/// A run that shows a phenomenon.
#[derive(Clone, Debug, PartialEq)]
pub struct Demonstration {
    /// Its name for the program, and in the table of words.
    pub id: String,
    /// The run, and what is done to it.
    pub run: RunSetup,
    /// The alert that is raised; `None` where none of routing is.
    pub alert: Option<Rule>,
    /// Alerts that come along with it.
    pub with: Vec<Rule>,
    /// Panels that show it.
    pub lights: Vec<Anchor>,
    /// Steps within which the phenomenon is seen.
    pub within: u64,
    /// Settings of the run that take the cause away.
    pub(super) without: Vec<Setting>,
}

impl Demonstration {
    /// The same run without the cause: with other settings, or with nothing done to it.
    pub fn control(&self) -> RunSetup {
        let config = config_with(&self.without, &self.run.config);
        let kept = if self.without.is_empty() { &[][..] } else { &self.run.changes };
        RunSetup { config, text: None, changes: kept.to_vec() }
    }
}

/// The files.
const FILES: [(&str, &str); 5] = [
    ("healthy", include_str!("../../assets/demonstrations/healthy.toml")),
    ("load-collapse", include_str!("../../assets/demonstrations/load-collapse.toml")),
    ("frozen-router", include_str!("../../assets/demonstrations/frozen-router.toml")),
    ("twins", include_str!("../../assets/demonstrations/twins.toml")),
    ("left-behind", include_str!("../../assets/demonstrations/left-behind.toml")),
];

/// All of them, in the order of menus. One that cannot be read, which no build that passed its tests has, is left out.
pub fn demonstrations() -> &'static [Demonstration] {
    static ALL: LazyLock<Vec<Demonstration>> =
        LazyLock::new(|| FILES.iter().filter_map(|(_, text)| Demonstration::from_toml(text).ok()).collect());
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_demonstration_of_its_own_name_and_has_a_cause_to_take_away() {
        for (id, text) in FILES {
            let read = Demonstration::from_toml(text).unwrap_or_else(|faults| panic!("{id}: {faults:#?}"));
            assert_eq!(read.id, id);
            assert_eq!(read.alert.is_none(), read.control() == read.run, "{id}");
            assert!(read.run.changes.iter().all(|change| change.at < read.within), "{id}");
            assert!(read.within <= read.run.config.steps, "{id}");
        }
        assert_eq!(demonstrations().len(), FILES.len());
    }
}
