//! A change of experts as the journal stores it: runs of neighbours instead of a list of all experts.

use serde::{Deserialize, Serialize};

use crate::domain::roster::{Change, Origin};

/// Why a packed change is none of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitChange {
    /// It names a slot that the layer has not.
    #[error("slot {slot} of a layer with {experts} experts")]
    Slot {
        /// The slot, from 0.
        slot: usize,
        /// Experts of the layer.
        experts: usize,
    },
    /// It leads to more experts than a layer can have.
    #[error("a change to {0} experts; expected at most {MOST}")]
    TooMany(usize),
}

/// Most experts of a layer.
const MOST: usize = 256;

/// Neighbouring slots after a change that have one kind of origin. Numbers are slots before the change.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Run {
    /// So many experts from this slot on, as they were.
    Kept(usize, usize),
    /// So many copies of this slot.
    Split(usize, usize),
    /// So many newcomers.
    Fresh(usize),
    /// The slot whose name goes on, the slot that ends, and the loads by which their weights were averaged.
    Merged(usize, usize, f64, f64),
}

/// The change of one layer, with the loads that merging used: all that is needed to do it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct PackedChange {
    runs: Vec<Run>,
}

/// What files hold: older ones the whole list, without loads.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Packed { runs: Vec<Run> },
    Whole(Change),
}

impl From<Stored> for PackedChange {
    fn from(stored: Stored) -> Self {
        match stored {
            Stored::Packed { runs } => Self { runs },
            Stored::Whole(change) => Self::new(&change, &[]),
        }
    }
}

impl PackedChange {
    /// Packs a change.
    ///
    /// - `loads`: `[experts before]` by which merged experts were weighed
    pub fn new(change: &Change, loads: &[f64]) -> Self {
        let load = |slot: usize| loads.get(slot).copied().unwrap_or(1.0);
        let mut runs: Vec<Run> = Vec::new();
        for &origin in &change.origins {
            match (origin, runs.last_mut()) {
                (Origin::Kept(slot), Some(Run::Kept(first, count))) if *first + *count == slot => *count += 1,
                (Origin::Split { parent }, Some(Run::Split(same, count))) if *same == parent => *count += 1,
                (Origin::Fresh, Some(Run::Fresh(count))) => *count += 1,
                (Origin::Kept(slot), _) => runs.push(Run::Kept(slot, 1)),
                (Origin::Split { parent }, _) => runs.push(Run::Split(parent, 1)),
                (Origin::Fresh, _) => runs.push(Run::Fresh(1)),
                (Origin::Merged { kept, absorbed }, _) => {
                    runs.push(Run::Merged(kept, absorbed, load(kept), load(absorbed)));
                }
            }
        }
        Self { runs }
    }

    /// The change, and `[experts]` loads by which merged experts are weighed (0 where none is needed), for a layer that has
    /// so many experts before it.
    ///
    /// # Errors
    /// If it is no change of a layer with so many experts.
    pub(crate) fn unpack(&self, experts: usize) -> Result<(Change, Vec<f64>), UnfitChange> {
        let mut loads = vec![0.0; experts];
        let mut origins = Vec::new();
        let there = |slot: usize| match slot < experts {
            true => Ok(slot),
            false => Err(UnfitChange::Slot { slot, experts }),
        };
        if self.experts() > MOST {
            return Err(UnfitChange::TooMany(self.experts()));
        }
        for &run in &self.runs {
            match run {
                Run::Kept(first, count) => {
                    for slot in first..first.saturating_add(count) {
                        origins.push(Origin::Kept(there(slot)?));
                    }
                }
                Run::Split(parent, count) => {
                    origins.extend(std::iter::repeat_n(Origin::Split { parent: there(parent)? }, count));
                }
                Run::Fresh(count) => origins.extend(std::iter::repeat_n(Origin::Fresh, count)),
                Run::Merged(kept, absorbed, load, other) => {
                    (loads[there(kept)?], loads[there(absorbed)?]) = (load, other);
                    origins.push(Origin::Merged { kept, absorbed });
                }
            }
        }
        Ok((Change { origins }, loads))
    }

    /// Experts after the change.
    fn experts(&self) -> usize {
        let count = |run: &Run| match *run {
            Run::Kept(_, count) | Run::Split(_, count) | Run::Fresh(count) => count,
            Run::Merged(..) => 1,
        };
        self.runs.iter().map(count).fold(0, usize::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::roster::Surgery;

    #[test]
    fn a_change_comes_back_as_it_was_with_its_loads() {
        let mut change = Change::plan(Surgery::DropLeastUsed, 255, &vec![0.5; 256], &[], true).unwrap();
        assert_eq!(PackedChange::new(&change, &[]).runs.len(), 1);
        change.origins.splice(3..9, [Origin::Fresh, Origin::Fresh, Origin::Split { parent: 7 }]);
        change.origins.push(Origin::Merged { kept: 255, absorbed: 9 });
        let loads: Vec<f64> = (0..256).map(|slot| f64::from(slot) / 7.0).collect();
        let packed = PackedChange::new(&change, &loads);
        let text = serde_json::to_string(&packed).unwrap();
        assert!(text.len() < 200, "{text}");
        let (again, weighed) = serde_json::from_str::<PackedChange>(&text).unwrap().unpack(256).unwrap();
        assert_eq!((again, weighed[255], weighed[9]), (change.clone(), loads[255], loads[9]));
        assert_eq!(packed.experts(), change.experts());
        assert!(packed.unpack(8).is_err());
    }

    #[test]
    fn the_whole_list_of_an_older_file_is_read() {
        let old = r#"{"origins":[{"kept":0},{"split":{"parent":1}},"fresh",{"merged":{"kept":2,"absorbed":3}}]}"#;
        let change: Change = serde_json::from_str(old).unwrap();
        let packed: PackedChange = serde_json::from_str(old).unwrap();
        assert_eq!(packed.unpack(4).unwrap().0, change);
    }

    #[test]
    fn counts_beyond_reason_allocate_nothing() {
        let packed: PackedChange = serde_json::from_str(r#"{"runs":[{"fresh":18446744073709551615}]}"#).unwrap();
        assert!(matches!(packed.unpack(4), Err(UnfitChange::TooMany(_))));
    }
}
