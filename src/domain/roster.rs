//! Roster of a layer: the identities of its experts, and where every slot comes from when their number changes.
//!
//! Colour, name and history follow the id, not the slot. A [`Change`] is one plain value; everything
//! that has an expert axis (weights, moments, router rows, histories) is gathered by it.

use serde::{Deserialize, Serialize};

/// Why experts cannot be merged before the first probe, and where no probe measures how alike they are.
const NOT_YET: &str = "how alike the experts are is not known yet; wait for the next probe, or drop the least used";
const SWITCHED_OFF: &str = "how alike the experts are is not known: output similarity is switched off. Set “Expert similarity” to \
“on” under Diagnostics in the rail and wait for the next probe, or drop the least used";

/// An expert's lasting name within its layer. Never reused. Shown as `id + 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExpertId(pub u32);

impl std::fmt::Display for ExpertId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0 + 1)
    }
}

/// The experts of one layer, slot by slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// Which expert sits in each slot of the stacked tensors.
    pub slots: Vec<ExpertId>,
    /// The id the next newcomer gets.
    pub next: u32,
}

/// Where the expert of one slot comes from. Numbers are slots before the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The same expert, wherever it sat.
    Kept(usize),
    /// A copy of `parent` with a little noise; starts a new history.
    Split {
        /// The slot copied.
        parent: usize,
    },
    /// A newcomer with fresh weights.
    Fresh,
    /// `kept` and `absorbed` as one: neurons matched, weights averaged by load; keeps the name of `kept`.
    Merged {
        /// The slot whose name goes on.
        kept: usize,
        /// The slot that ends.
        absorbed: usize,
    },
}

/// The origin of every slot after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// One entry per slot after the change.
    pub origins: Vec<Origin>,
}

/// How to reach another number of experts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Surgery {
    /// Grow: split the busiest expert, again and again (its share counts half after each split).
    SplitBusiest,
    /// Grow: add experts with fresh weights.
    AddFresh,
    /// Shrink: drop the least used.
    DropLeastUsed,
    /// Shrink: merge the two whose outputs are most alike, again and again.
    MergeMostAlike,
}

impl Surgery {
    /// The two ways to grow.
    pub const GROW: [Self; 2] = [Self::SplitBusiest, Self::AddFresh];
    /// The two ways to shrink.
    pub const SHRINK: [Self; 2] = [Self::DropLeastUsed, Self::MergeMostAlike];

    /// The name in menus and journals.
    pub fn label(self) -> &'static str {
        match self {
            Self::SplitBusiest => "split the busiest",
            Self::AddFresh => "add fresh experts",
            Self::DropLeastUsed => "drop the least used",
            Self::MergeMostAlike => "merge the most alike",
        }
    }

    /// Whether it makes more experts.
    pub fn grows(self) -> bool {
        matches!(self, Self::SplitBusiest | Self::AddFresh)
    }
}

impl Change {
    /// The change that changes nothing.
    pub fn identity(experts: usize) -> Self {
        Self { origins: (0..experts).map(Origin::Kept).collect() }
    }

    /// Number of experts after the change.
    pub fn experts(&self) -> usize {
        self.origins.len()
    }

    /// Plans a change to `target` experts in one layer.
    ///
    /// - `load`: `[experts]` share (or count) of tokens per slot; ties go to the lower slot
    /// - `similarity`: `[experts × experts]`, row-major mean output cosine; only read by `MergeMostAlike`
    /// - `measured`: whether probes measure it; where none does, waiting for the next one is no use
    ///
    /// Going to the present number is the identity, whatever the surgery.
    ///
    /// # Errors
    /// If the surgery goes the other way, the target is outside 1 to 256, or a needed measure is missing.
    pub fn plan(
        surgery: Surgery,
        target: usize,
        load: &[f64],
        similarity: &[f64],
        measured: bool,
    ) -> Result<Self, String> {
        let experts = load.len();
        if !(1..=256).contains(&target) {
            return Err(format!("{target} experts asked; expected 1 to 256"));
        }
        if target == experts {
            return Ok(Self::identity(experts));
        }
        if surgery.grows() != (target > experts) {
            let (verb, ways) = if target > experts { ("grow", Surgery::GROW) } else { ("shrink", Surgery::SHRINK) };
            return Err(format!(
                "“{}” cannot {verb} {experts} experts to {target}; choose “{}” or “{}”",
                surgery.label(),
                ways[0].label(),
                ways[1].label()
            ));
        }
        let mut change = Self::identity(experts);
        match surgery {
            Surgery::AddFresh => change.origins.resize(target, Origin::Fresh),
            Surgery::SplitBusiest => {
                let mut share = load.to_vec();
                while change.experts() < target {
                    let parent = (0..experts).rev().max_by(|&a, &b| share[a].total_cmp(&share[b])).unwrap_or(0);
                    share[parent] /= 2.0;
                    change.origins.push(Origin::Split { parent });
                }
            }
            Surgery::DropLeastUsed => {
                let mut order: Vec<usize> = (0..experts).collect();
                order.sort_by(|&a, &b| load[b].total_cmp(&load[a]).then(a.cmp(&b)));
                let mut kept = order[..target].to_vec();
                kept.sort_unstable();
                change.origins = kept.into_iter().map(Origin::Kept).collect();
            }
            Surgery::MergeMostAlike => {
                if similarity.len() != experts * experts {
                    return Err(if measured { NOT_YET } else { SWITCHED_OFF }.into());
                }
                change.origins = merge_pairs(target, load, similarity)?;
            }
        }
        Ok(change)
    }
}

/// Merges disjoint pairs, most alike first, until `target` are left; the busier of a pair keeps its name.
fn merge_pairs(target: usize, load: &[f64], similarity: &[f64]) -> Result<Vec<Origin>, String> {
    let experts = load.len();
    let merges = experts - target;
    if 2 * merges > experts {
        return Err(format!(
            "merging pairs can take {experts} experts to {} at the least, {target} asked; do it in two goes, or drop the least used",
            experts.div_ceil(2)
        ));
    }
    let mut pairs: Vec<(usize, usize)> = (0..experts).flat_map(|i| (i + 1..experts).map(move |j| (i, j))).collect();
    pairs.sort_by(|a, b| similarity[b.0 * experts + b.1].total_cmp(&similarity[a.0 * experts + a.1]));
    let mut origin: Vec<Option<Origin>> = (0..experts).map(|slot| Some(Origin::Kept(slot))).collect();
    let mut taken = vec![false; experts];
    let mut done = 0;
    for (i, j) in pairs {
        if done == merges {
            break;
        }
        if taken[i] || taken[j] {
            continue;
        }
        let (kept, absorbed) = if load[j] > load[i] { (j, i) } else { (i, j) };
        origin[kept] = Some(Origin::Merged { kept, absorbed });
        origin[absorbed] = None;
        (taken[i], taken[j]) = (true, true);
        done += 1;
    }
    Ok(origin.into_iter().flatten().collect())
}

impl Roster {
    /// Experts 1 to `experts`, in order.
    pub fn new(experts: usize) -> Self {
        Self { slots: (0..experts as u32).map(ExpertId).collect(), next: experts as u32 }
    }

    /// Number of experts.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no expert, which a running layer never has.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The roster after a change: kept and merged experts keep their names, newcomers get new ones.
    pub fn after(&self, change: &Change) -> Self {
        let mut next = self.next;
        let slots = change
            .origins
            .iter()
            .map(|origin| match *origin {
                Origin::Kept(slot) | Origin::Merged { kept: slot, .. } => self.slots[slot],
                Origin::Split { .. } | Origin::Fresh => {
                    next += 1;
                    ExpertId(next - 1)
                }
            })
            .collect();
        Self { slots, next }
    }

    /// What a change does, in words: `+9 from 3, +10 from 3` or `−2, 5 into 1`.
    pub fn describe(&self, change: &Change) -> String {
        let after = self.after(change);
        let mut parts = Vec::new();
        let mut gone: Vec<ExpertId> = self.slots.iter().copied().filter(|id| !after.slots.contains(id)).collect();
        for (origin, id) in change.origins.iter().zip(&after.slots) {
            match *origin {
                Origin::Kept(_) => {}
                Origin::Split { parent } => parts.push(format!("+{id} from {}", self.slots[parent])),
                Origin::Fresh => parts.push(format!("+{id} fresh")),
                Origin::Merged { absorbed, .. } => {
                    let absorbed = self.slots[absorbed];
                    gone.retain(|&g| g != absorbed);
                    parts.push(format!("{absorbed} into {id}"));
                }
            }
        }
        parts.extend(gone.into_iter().map(|id| format!("−{id}")));
        if parts.is_empty() { "no change".into() } else { parts.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_busiest_is_split_until_another_is_busier() {
        let change = Change::plan(Surgery::SplitBusiest, 5, &[0.2, 0.7, 0.1], &[], true).unwrap();
        assert_eq!(change.origins[3..], [Origin::Split { parent: 1 }, Origin::Split { parent: 1 }]);
        let roster = Roster::new(3);
        assert_eq!(roster.after(&change).slots[3..], [ExpertId(3), ExpertId(4)]);
        assert_eq!(roster.describe(&change), "+4 from 2, +5 from 2");
    }

    #[test]
    fn the_least_used_go_and_the_rest_keep_order_and_names() {
        let roster = Roster::new(4);
        let change = Change::plan(Surgery::DropLeastUsed, 2, &[0.1, 0.4, 0.0, 0.5], &[], true).unwrap();
        assert_eq!(roster.after(&change).slots, [ExpertId(1), ExpertId(3)]);
        assert_eq!(roster.describe(&change), "−1, −3");
    }

    #[test]
    fn the_most_alike_merge_into_the_busier() {
        #[rustfmt::skip]
        let alike = [1.0, 0.1, 0.9,
                     0.1, 1.0, 0.2,
                     0.9, 0.2, 1.0];
        let change = Change::plan(Surgery::MergeMostAlike, 2, &[0.2, 0.3, 0.5], &alike, true).unwrap();
        assert_eq!(change.origins, [Origin::Kept(1), Origin::Merged { kept: 2, absorbed: 0 }]);
        assert_eq!(Roster::new(3).describe(&change), "1 into 3");
    }

    #[test]
    fn refusals_say_what_to_do() {
        let load = [0.5, 0.5];
        let wrong_way = Change::plan(Surgery::AddFresh, 1, &load, &[], true).unwrap_err();
        assert!(wrong_way.contains("drop the least used"), "{wrong_way}");
        assert!(Change::plan(Surgery::AddFresh, 257, &load, &[], true).unwrap_err().contains("1 to 256"));
        let merged = |alike: &[f64], measured| Change::plan(Surgery::MergeMostAlike, 1, &load, alike, measured);
        assert!(merged(&[], true).unwrap_err().contains("wait for the next probe"));
        let off = merged(&[], false).unwrap_err();
        assert!(
            off.contains("switched off") && off.contains("“Expert similarity”") && off.contains("Diagnostics"),
            "{off}"
        );
        assert!(merged(&[1.0; 4], false).is_ok(), "what an earlier probe measured still serves");
        let too_far = Change::plan(Surgery::MergeMostAlike, 1, &[0.2; 4], &[1.0; 16], true).unwrap_err();
        assert!(too_far.contains("2 at the least"), "{too_far}");
    }

    #[test]
    fn names_are_never_reused() {
        let roster = Roster::new(2);
        let grown = roster.after(&Change::plan(Surgery::AddFresh, 3, &[0.5, 0.5], &[], true).unwrap());
        let shrunk = grown.after(&Change { origins: vec![Origin::Kept(0), Origin::Kept(1)] });
        assert_eq!(shrunk.slots, roster.slots);
        let again = shrunk.after(&Change { origins: vec![Origin::Kept(0), Origin::Fresh] });
        assert_eq!(again.slots[1], ExpertId(3));
    }

    proptest! {
        #[test]
        fn a_plan_has_the_asked_size_and_uses_each_old_slot_at_most_once(
            load in prop::collection::vec(0.0..1.0f64, 1..20), target in 1usize..30, which in 0usize..4
        ) {
            let surgery = [Surgery::GROW, Surgery::SHRINK].concat()[which];
            let n = load.len();
            let similarity: Vec<f64> = (0..n * n).map(|i| ((i * 7919) % 101) as f64 / 101.0).collect();
            if let Ok(change) = Change::plan(surgery, target, &load, &similarity, true) {
                prop_assert_eq!(change.experts(), target);
                let mut used = vec![0; n];
                for origin in &change.origins {
                    match *origin {
                        Origin::Kept(slot) => used[slot] += 1,
                        Origin::Merged { kept, absorbed } => { used[kept] += 1; used[absorbed] += 1; }
                        Origin::Split { parent } => prop_assert!(parent < n),
                        Origin::Fresh => {}
                    }
                }
                prop_assert!(used.iter().all(|&u| u <= 1));
                let mut ids = Roster::new(n).after(&change).slots;
                ids.sort();
                ids.dedup();
                prop_assert_eq!(ids.len(), target);
            }
        }
    }
}
