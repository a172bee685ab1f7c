//! Ids of controls and panels of the window, by which a lesson shows, locks and lights them up.

use std::fmt;

use super::nearest::nearest;
use crate::domain::config::{Config, KNOBS, KnobId, KnobKind, Knobs, TaskConfig};

/// Something a person can set or press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ControlId {
    /// A knob of the run, by its name in config files with hyphens: `top-k`, `competition-rate`.
    Knob(KnobId),
    /// The shape on which points lie, `data`.
    Data,
    /// How far points stray from it, `noise`.
    Noise,
    /// How many experts there are, `experts`.
    Experts,
    /// The seed of the run, `seed`.
    Seed,
    /// The button that trains and pauses, `run`.
    Run,
    /// The button that takes one step, `step`.
    Step,
}

impl ControlId {
    /// Those that are no knobs, in the order of the window.
    const OTHERS: [(Self, &str); 6] = [
        (Self::Data, "data"),
        (Self::Noise, "noise"),
        (Self::Experts, "experts"),
        (Self::Seed, "seed"),
        (Self::Run, "run"),
        (Self::Step, "step"),
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::OTHERS.into_iter().map(|(id, _)| id).chain(KNOBS.iter().map(|spec| Self::Knob(spec.id)))
    }

    /// The control of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::all().find(|id| id.to_string() == name)
    }

    /// Its number in a run, for those that are numbers.
    pub(super) fn number(self, knobs: &Knobs, config: &Config, experts: usize) -> Option<f64> {
        match self {
            Self::Knob(id) => match id.spec().kind {
                KnobKind::Real { get, .. } => Some(get(knobs)),
                KnobKind::Whole { get, .. } => Some(get(knobs) as f64),
                KnobKind::Choice { .. } => None,
            },
            Self::Experts => Some(experts as f64),
            Self::Seed => Some(config.seed as f64),
            Self::Noise => match &config.task {
                TaskConfig::Plane(plane) => Some(plane.noise),
                TaskConfig::Text(_) => None,
            },
            Self::Data | Self::Run | Self::Step => None,
        }
    }

    /// The name that was probably meant by one that is no control's.
    pub fn meant(name: &str) -> Option<String> {
        nearest(name, Self::all().map(|id| id.to_string()))
    }
}

impl fmt::Display for ControlId {
    /// Its name in a lesson.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Knob(id) => f.write_str(&id.spec().field.replace("knobs.", "").replace('_', "-")),
            other => f.write_str(Self::OTHERS.iter().find(|(id, _)| id == other).map_or("", |(_, name)| name)),
        }
    }
}

/// A part of the window that shows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PanelId {
    /// Which expert wins where, `competition-map`.
    CompetitionMap,
    /// Which expert the router picks where, `router-map`.
    RouterMap,
    /// What the whole network says of each point, `decision-map`.
    DecisionMap,
    /// How the router spreads tokens, `load`.
    Load,
    /// The losses, `loss`.
    Loss,
    /// Router against competition, `agreement`.
    Agreement,
    /// The three collapses, `collapse`.
    Collapse,
    /// What the router is sure of, `router`.
    Router,
    /// Competitions, changes and alerts over the steps, `timeline`.
    Timeline,
    /// What is wrong now, `alerts`.
    Alerts,
    /// What is known of the chosen point, byte or expert, `selection`.
    Selection,
    /// What can be done to experts on purpose, `fault-lab`.
    FaultLab,
}

impl PanelId {
    /// All of them, with their names in a lesson.
    const NAMES: [(Self, &str); 12] = [
        (Self::CompetitionMap, "competition-map"),
        (Self::RouterMap, "router-map"),
        (Self::DecisionMap, "decision-map"),
        (Self::Load, "load"),
        (Self::Loss, "loss"),
        (Self::Agreement, "agreement"),
        (Self::Collapse, "collapse"),
        (Self::Router, "router"),
        (Self::Timeline, "timeline"),
        (Self::Alerts, "alerts"),
        (Self::Selection, "selection"),
        (Self::FaultLab, "fault-lab"),
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMES.into_iter().map(|(id, _)| id)
    }
}

impl fmt::Display for PanelId {
    /// Its name in a lesson.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAMES.iter().find(|(id, _)| id == self).map_or("", |(_, name)| name))
    }
}

/// What a page of a lesson lights up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anchor {
    /// Something to set or press.
    Control(ControlId),
    /// Something to look at.
    Panel(PanelId),
}

impl Anchor {
    /// What has this name.
    pub fn of(name: &str) -> Option<Self> {
        let panel = PanelId::all().find(|id| id.to_string() == name).map(Self::Panel);
        panel.or_else(|| ControlId::of(name).map(Self::Control))
    }

    /// The name that was probably meant by one that is nothing's.
    pub fn meant(name: &str) -> Option<String> {
        let controls = ControlId::all().map(|id| id.to_string());
        nearest(name, PanelId::all().map(|id| id.to_string()).chain(controls))
    }
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control(id) => id.fmt(f),
            Self::Panel(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_leads_back_and_means_one_thing() {
        let mut names = BTreeSet::new();
        for anchor in ControlId::all().map(Anchor::Control).chain(PanelId::all().map(Anchor::Panel)) {
            let name = anchor.to_string();
            assert_eq!(Anchor::of(&name), Some(anchor));
            assert!(!name.is_empty() && !name.contains(['_', '.', ' ']), "{name}");
            assert!(names.insert(name.clone()), "{name} twice");
        }
        for name in ["top-k", "policy", "competition-rate", "learning-rate", "noise", "run"] {
            assert!(ControlId::of(name).is_some(), "{name}");
        }
        assert_eq!((Anchor::of("router-maps"), Anchor::meant("router-maps")), (None, Some("router-map".into())));
        assert_eq!(ControlId::meant("topk").as_deref(), Some("top-k"));
    }
}
