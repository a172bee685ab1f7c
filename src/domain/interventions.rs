//! Interventions: what may be done to experts and routers on purpose, to see which measure notices (the fault lab).

use serde::{Deserialize, Serialize};

use crate::domain::roster::{ExpertId, Roster};

/// Something done to one layer on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intervention {
    /// The expert answers no token and wins none, until it is unmuted.
    Mute {
        /// Who.
        expert: ExpertId,
        /// Whether it begins or ends.
        on: bool,
    },
    /// The expert no longer learns, until it is unfrozen.
    Freeze {
        /// Who.
        expert: ExpertId,
        /// Whether it begins or ends.
        on: bool,
    },
    /// Another expert's place is taken by a copy of this one, with a hundredth of noise so that the two can part.
    Clone {
        /// Who is copied.
        of: ExpertId,
        /// Who is replaced.
        over: ExpertId,
    },
    /// The expert begins anew with fresh weights.
    Reset {
        /// Who.
        expert: ExpertId,
    },
    /// Every expert gets its neighbour's row of the router.
    PoisonRouter,
    /// Tokens are dealt out evenly, whatever the router says.
    ForceBalance {
        /// Whether it begins or ends.
        on: bool,
    },
    /// Every token's first pick is this expert, whatever the router says; `None` ends it.
    ForceCollapse {
        /// Who.
        onto: Option<ExpertId>,
    },
}

/// What is being done to a layer, as long as it lasts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LayerInterventions {
    /// Muted experts.
    pub muted: Vec<ExpertId>,
    /// Who does not learn.
    pub frozen: Vec<ExpertId>,
    /// What the router's choice is replaced by.
    pub forced: Option<Forced>,
}

/// What takes the place of the router's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forced {
    /// Token t goes to experts t·k, t·k + 1, … of the active ones, in turn.
    Even,
    /// Everybody's first pick.
    Onto(ExpertId),
}

/// Why an intervention cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterventionRefusal {
    /// There is no such expert in the layer.
    NoExpert(ExpertId),
    /// Fewer experts would be active than answer each token.
    TooFewActive {
        /// So many would be active.
        active: usize,
        /// So many answer each token.
        k: usize,
    },
    /// An expert cannot be copied over itself.
    OntoItself,
}

impl LayerInterventions {
    /// Whether nothing is done.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// After `intervention`, in a layer of `roster` where `k` experts answer a token. What is done once (copy, reset, poison)
    /// changes nothing here.
    ///
    /// # Errors
    /// If an expert is not there, or fewer than k would be active.
    pub fn after(&self, intervention: Intervention, roster: &Roster, k: usize) -> Result<Self, InterventionRefusal> {
        let there = |id: ExpertId| match roster.slots.contains(&id) {
            true => Ok(()),
            false => Err(InterventionRefusal::NoExpert(id)),
        };
        let mut next = self.clone();
        let switch = |list: &mut Vec<ExpertId>, id: ExpertId, on: bool| {
            list.retain(|&other| other != id);
            if on {
                list.push(id);
            }
        };
        match intervention {
            Intervention::Mute { expert, on } => {
                there(expert)?;
                switch(&mut next.muted, expert, on);
                let active = next.active(roster).len();
                if active < k {
                    return Err(InterventionRefusal::TooFewActive { active, k });
                }
            }
            Intervention::Freeze { expert, on } => {
                there(expert)?;
                switch(&mut next.frozen, expert, on);
            }
            Intervention::Clone { of, over } => {
                there(of)?;
                there(over)?;
                if of == over {
                    return Err(InterventionRefusal::OntoItself);
                }
            }
            Intervention::Reset { expert } => there(expert)?,
            Intervention::PoisonRouter => {}
            Intervention::ForceBalance { on } => next.forced = on.then_some(Forced::Even),
            Intervention::ForceCollapse { onto } => {
                onto.map_or(Ok(()), there)?;
                next.forced = onto.map(Forced::Onto);
            }
        }
        Ok(next)
    }

    /// Slots of the active experts: those that are not muted.
    pub fn active(&self, roster: &Roster) -> Vec<usize> {
        (0..roster.len()).filter(|&slot| !self.muted.contains(&roster.slots[slot])).collect()
    }

    /// Slots that do not learn.
    pub(crate) fn frozen_slots(&self, roster: &Roster) -> Vec<usize> {
        (0..roster.len()).filter(|&slot| self.frozen.contains(&roster.slots[slot])).collect()
    }

    /// The same in a layer whose experts have changed: what was done to one that is gone has ended, and so has muting if
    /// fewer than `k` would be active.
    pub(crate) fn in_roster(&self, roster: &Roster, k: usize) -> Self {
        let stay = |list: &[ExpertId]| list.iter().copied().filter(|id| roster.slots.contains(id)).collect();
        let forced = self.forced.filter(|forced| match forced {
            Forced::Even => true,
            Forced::Onto(id) => roster.slots.contains(id),
        });
        let mut next = Self { muted: stay(&self.muted), frozen: stay(&self.frozen), forced };
        if next.active(roster).len() < k {
            next.muted.clear();
        }
        next
    }
}

impl Intervention {
    /// Whether it lasts until it is taken back by hand; the others change weights once, and only a save leads back.
    pub(crate) fn can_be_taken_back(self) -> bool {
        !matches!(self, Self::Clone { .. } | Self::Reset { .. } | Self::PoisonRouter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_kept_and_what_cannot_be_is_refused() {
        let roster = Roster::new(3);
        let [a, b, c] = [ExpertId(0), ExpertId(1), ExpertId(2)];
        let mute = |expert| Intervention::Mute { expert, on: true };
        let one = LayerInterventions::default().after(mute(b), &roster, 2).unwrap();
        assert_eq!((one.active(&roster), one.is_nothing()), (vec![0, 2], false));
        assert_eq!(one.after(mute(a), &roster, 2), Err(InterventionRefusal::TooFewActive { active: 1, k: 2 }));
        assert!(one.after(mute(a), &roster, 1).is_ok());
        assert_eq!(one.after(mute(ExpertId(7)), &roster, 1), Err(InterventionRefusal::NoExpert(ExpertId(7))));
        assert!(one.after(Intervention::Clone { of: c, over: c }, &roster, 2).is_err());
        let both = one.after(Intervention::Freeze { expert: c, on: true }, &roster, 2).unwrap();
        assert_eq!(both.frozen_slots(&roster), [2]);
        let none = both.after(Intervention::Mute { expert: b, on: false }, &roster, 2).unwrap();
        assert!(none.after(Intervention::Freeze { expert: c, on: false }, &roster, 2).unwrap().is_nothing());
        let forced = none.after(Intervention::ForceCollapse { onto: Some(c) }, &roster, 2).unwrap();
        assert_eq!(forced.forced, Some(Forced::Onto(c)));
        let gone = forced.in_roster(&Roster::new(2), 1);
        assert!(gone.is_nothing());
        assert_eq!(one.in_roster(&Roster::new(2), 1), one);
        assert!(one.in_roster(&Roster::new(2), 2).is_nothing(), "both are needed");
        assert_eq!(
            forced.after(Intervention::ForceBalance { on: true }, &roster, 2).unwrap().forced,
            Some(Forced::Even)
        );
    }
}
