//! Words of the window: which entry of the table of words is said where, and how numbers are put into it.
//!
//! - Here: what tooltips explain (formula, floor, source), and words that several areas share.
//! - One file per area for the rest: `knobs` and `rail`, `strip` with the status line, `flow`, `selection`,
//!   `timeline`, `tiles` and `grown` ones, `inspect` and `inspected`, `learn`, `notices` with trouble, `weights`, `plane`, `questions` for
//!   what is asked over the window, `entry` for numbers that are typed.
//!
//! What is said of each measure is in [`measures`]; `cards` puts today's numbers in.
//!
//! The texts themselves stand in `assets/words.toml`, a section for each file here. Fixed text is a constant ([`Text`](crate::words::FixedText)); a
//! sentence with numbers in it is a function, which is given layers counted from 0 and tells them from 1. What is said of a run (notices,
//! alerts, refusals) is in [`crate::words`]; what errors say, and names of policies and knobs, where they are defined.

pub(crate) mod actions;
pub(crate) mod begin;
pub(crate) mod cards;
pub(crate) mod entry;
pub(crate) mod flow;
pub(crate) mod grown;
pub(crate) mod inspect;
pub(crate) mod inspected;
pub(crate) mod inspected_changes;
pub(crate) mod inspected_columns;
pub(crate) mod knobs;
pub(crate) mod learn;
pub(crate) mod lesson;
pub(crate) mod locate;
pub mod measures;
pub(crate) mod notices;
pub(crate) mod one;
pub(crate) mod phases;
pub(crate) mod plane;
pub(crate) mod questions;
pub(crate) mod race;
pub(crate) mod rail;
pub(crate) mod report;
pub(crate) mod rewind;
pub(crate) mod selection;
pub(crate) mod spoken;
pub(crate) mod strip;
pub(crate) mod tiles;
pub(crate) mod timeline;
pub(crate) mod units;
pub(crate) mod watched;
pub(crate) mod weights;

use crate::ui::kit::numbers;
use crate::words::constants::texts;
use crate::words::language::FixedText;
use crate::words::table::sentences;

texts! { "window":
    /// The program.
    pub(crate) PROGRAM;
    /// Puts a question away.
    pub(crate) CANCEL;
    /// Shows the form of a new run.
    pub(crate) NEW_RUN;
    /// The loss tile.
    pub(crate) LOSS;
    /// The button of a tile's menu.
    pub(crate) EXPORT;
    /// Where a picture would wait for the first step of a run that could not begin.
    pub(crate) NO_RUN;
    /// Where a picture waits for the first step.
    pub(crate) PRESS_RUN;
    /// The form of a policy.
    pub(crate) FORM;
    /// Added to it where no program has the policy in that form.
    pub(crate) UNPUBLISHED;
    /// In the place of the competition's knobs.
    pub(crate) NO_COMPETITION;
    /// The response of a competition.
    pub(crate) RESPONSE;
    /// What a competition is won by.
    pub(crate) COMBINE_GATE;
    /// The distillation loss.
    pub(crate) DISTILLATION;
    /// How to tell the two kinds of knob apart.
    pub(crate) LEGEND_LIVE;
    /// The other kind.
    pub(crate) LEGEND_STRUCTURAL;
    /// What a probe costs.
    pub(crate) PROBE_COST;
    /// Hidden states.
    pub(crate) MEASURE_STATES;
    /// Similar answers.
    pub(crate) MEASURE_ALIKE;
    /// Knock-out.
    pub(crate) MEASURE_KNOCK_OUT;
    /// The flow's switch, first half.
    pub(crate) BY_ROUTER;
    /// Second half.
    pub(crate) BY_WINNERS;
    /// The selection while nothing is selected.
    pub(crate) NO_SELECTION;
    /// Other routes.
    pub(crate) ROUTES;
    /// Freezing.
    pub(crate) FREEZE;
    /// Cloning.
    pub(crate) CLONE;
    /// Resetting.
    pub(crate) RESET_EXPERT;
    /// The lab itself.
    pub(crate) FAULT_LAB;
    /// Poisoning.
    pub(crate) POISON;
    /// What is wrong.
    pub(crate) ALERTS;
}

sentences! { "window":
    /// The timeline.
    pub(crate) fn about_timeline();
    /// Collapse by force.
    pub(crate) fn about_force_collapse();
    /// Even load by force.
    pub(crate) fn about_force_even();
    /// Buttons of the fault lab.
    pub(crate) fn about_mute();
    /// What saturation is measured against.
    pub(crate) fn about_reference();
    /// How often the run is probed.
    pub(crate) fn about_probe_every();
    /// The policy.
    pub(crate) fn about_policy();
    /// The collapse tile.
    pub(crate) fn about_collapse();
    /// The agreement tile.
    pub(crate) fn about_agreement();
    /// The load tile.
    pub(crate) fn about_load();
    /// A layer, told in few letters.
    pub(crate) fn layer_short(layer: usize) { layer = layer + 1 };
}

/// In the place of a number that is not known.
pub(crate) const UNKNOWN: FixedText = numbers::UNKNOWN;

/// The window's title.
pub(crate) fn window_title(policy: &str) -> String {
    format!("{PROGRAM} · {policy}")
}

/// What is said of a thing and its value.
pub(crate) fn named_value(name: &str, value: &str) -> String {
    format!("{name} {value}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::table::{Declared, faults};
    use crate::words::terms::Terms;

    /// Constants that are shown on runs on a text only.
    const OF_TEXTS: &[&str] = &[
        "window.LOSS",
        "window.BY_ROUTER",
        "window.BY_WINNERS",
        "window.NO_SELECTION",
        "window.ROUTES",
        "cards.BYTES",
        "flow.BYTE",
        "flow.WINNERS_CARRY",
        "flow.PICKS_CARRY",
        "inspected.ABOUT_LOSS",
        "inspected.ABOUT_FILES",
        "inspected.ABOUT_TYPES",
        "inspected.ACTIVE",
        "inspected.ABOUT_ACTIVE",
        "inspected.ABOUT_AGAINST",
        "inspected.NO_COMPETITION",
        "inspected_columns.ABOUT_WINS",
        "inspected_columns.ABOUT_ANSWERS",
        "inspected_columns.ABOUT_TOP1",
        "locate.ABOUT",
        "locate.ABOUT_USE",
        "one.THIS_BYTE",
        "rail.ABOUT_TEXT",
        "rail.ABOUT_BATCH",
        "selection.BYTE",
        "selection.BYTE_LOSS",
        "tiles.CROSS_ENTROPY",
        "tiles.BITS_PER_BYTE",
        // What another trainer routes are tokens.
        "watched.ABOUT_EXPERTS_AND_K",
        "watched.TOKENS",
        "watched.ABOUT_TOKENS",
        "watched.NO_TOKENS",
    ];

    #[test]
    fn the_table_holds_what_the_code_declares_and_nothing_else() {
        let here: &[&[Declared]] = &[
            DECLARED,
            actions::DECLARED,
            begin::DECLARED,
            cards::DECLARED,
            entry::DECLARED,
            flow::DECLARED,
            grown::DECLARED,
            inspect::DECLARED,
            inspected::DECLARED,
            inspected_changes::DECLARED,
            knobs::DECLARED,
            lesson::DECLARED,
            learn::DECLARED,
            locate::DECLARED,
            notices::DECLARED,
            one::DECLARED,
            phases::DECLARED,
            plane::DECLARED,
            questions::DECLARED,
            race::DECLARED,
            rail::DECLARED,
            report::DECLARED,
            rewind::DECLARED,
            selection::DECLARED,
            spoken::DECLARED,
            strip::DECLARED,
            watched::DECLARED,
            tiles::DECLARED,
            timeline::DECLARED,
            weights::DECLARED,
            units::DECLARED,
        ];
        let texts: &[&[FixedText]] = &[
            TEXTS,
            actions::TEXTS,
            begin::TEXTS,
            crate::words::DEMONSTRATION_TEXTS,
            cards::TEXTS,
            flow::TEXTS,
            grown::TEXTS,
            inspect::TEXTS,
            inspected::TEXTS,
            inspected_changes::TEXTS,
            inspected_columns::TEXTS,
            knobs::TEXTS,
            lesson::TEXTS,
            learn::TEXTS,
            locate::TEXTS,
            notices::TEXTS,
            one::TEXTS,
            phases::TEXTS,
            plane::TEXTS,
            questions::TEXTS,
            race::TEXTS,
            rail::TEXTS,
            report::TEXTS,
            rewind::TEXTS,
            selection::TEXTS,
            strip::TEXTS,
            tiles::TEXTS,
            timeline::TEXTS,
            watched::TEXTS,
            weights::TEXTS,
            measures::TEXTS,
            crate::words::notation::TEXTS,
        ];
        let faults = faults(&[crate::words::DECLARED, here].concat(), texts);
        assert!(faults.is_empty(), "\n{}", faults.join("\n"));
        // A constant is the same on every run; those of measures are put into the terms of the run where they are drawn.
        let constants = texts.iter().copied().flatten().map(|text| text.entry());
        let constants = constants.filter(|(id, _)| !id.starts_with("measures."));
        let changing = constants.filter(|(_, text)| Terms::Points.of(text) != *text).map(|(id, _)| id);
        assert_eq!(changing.collect::<Vec<_>>(), OF_TEXTS, "a sentence that speaks of tokens is a function");
    }
}
