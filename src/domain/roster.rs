//! Roster of a layer: the identities of its experts, and where every slot comes from when their number changes.
//!
//! Colour, name and history follow the id, not the slot. A [`Change`] is one plain value; everything
//! that has an expert axis (weights, moments, router rows, histories) is gathered by it.

use serde::{Deserialize, Serialize};

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

/// Why the number of experts cannot be changed in the way that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SurgeryRefusal {
    /// So many experts were asked for; a layer has 1 to 256.
    OutOfRange(usize),
    /// The surgery goes the other way.
    WrongWay {
        /// What was asked.
        surgery: Surgery,
        /// Experts now.
        experts: usize,
        /// Experts asked for.
        target: usize,
    },
    /// How alike the experts are is not known: no probe has measured it yet.
    NotMeasuredYet,
    /// How alike the experts are is not known: probes do not measure it.
    NotMeasured,
    /// Merging pairs does not lead so far.
    TooFar {
        /// Experts now.
        experts: usize,
        /// The least that merging pairs can reach.
        least: usize,
        /// Experts asked for.
        target: usize,
    },
    /// The changes of the layers do not lead to one number of experts.
    Uneven {
        /// Changes.
        changes: usize,
        /// Layers with experts.
        layers: usize,
    },
    /// Experts have too many neurons to be merged.
    TooWide {
        /// Neurons of an expert.
        neurons: usize,
        /// At most.
        most: usize,
    },
}

impl Surgery {
    /// The two ways to grow.
    pub(crate) const GROW: [Self; 2] = [Self::SplitBusiest, Self::AddFresh];
    /// The two ways to shrink.
    pub(crate) const SHRINK: [Self; 2] = [Self::DropLeastUsed, Self::MergeMostAlike];

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
    ) -> Result<Self, SurgeryRefusal> {
        let experts = load.len();
        if !(1..=256).contains(&target) {
            return Err(SurgeryRefusal::OutOfRange(target));
        }
        if target == experts {
            return Ok(Self::identity(experts));
        }
        if surgery.grows() != (target > experts) {
            return Err(SurgeryRefusal::WrongWay { surgery, experts, target });
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
                    return Err(if measured { SurgeryRefusal::NotMeasuredYet } else { SurgeryRefusal::NotMeasured });
                }
                change.origins = merge_pairs(target, load, similarity)?;
            }
        }
        Ok(change)
    }
}

/// Merges disjoint pairs, most alike first, until `target` are left; the busier of a pair keeps its name.
fn merge_pairs(target: usize, load: &[f64], similarity: &[f64]) -> Result<Vec<Origin>, SurgeryRefusal> {
    let experts = load.len();
    let merges = experts - target;
    if 2 * merges > experts {
        return Err(SurgeryRefusal::TooFar { experts, least: experts.div_ceil(2), target });
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
mod tests;
