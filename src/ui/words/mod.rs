//! Words of the window: which entry of the table of words is said where, and how numbers are put into it.
//!
//! - Here: what tooltips explain (formula, floor, source), and words that several areas share.
//! - One file per area for the rest: [`knobs`] and [`rail`], [`strip`] with the status line, [`flow`], [`selection`],
//!   [`timeline`], [`tiles`] and [`grown`] ones, [`notices`] with trouble, [`weights`], [`plane`], [`questions`] for
//!   what is asked over the window, [`entry`] for numbers that are typed.
//!
//! What is said of each measure is in [`measures`]; [`cards`] puts today's numbers in.
//!
//! The texts themselves stand in `assets/words.toml`, a section for each file here. Fixed text is a constant; a sentence with
//! numbers in it is a function, which is given layers counted from 0 and tells them from 1. What is said of a run (notices,
//! alerts, refusals) is in [`crate::words`]; what errors say, and names of policies and knobs, where they are defined.

pub mod cards;
pub mod entry;
pub mod flow;
pub mod grown;
pub mod knobs;
pub mod locate;
pub mod measures;
pub mod notices;
pub mod one;
pub mod plane;
pub mod questions;
pub mod rail;
pub mod selection;
pub mod strip;
pub mod tiles;
pub mod timeline;
pub mod units;
pub mod weights;

use crate::ui::kit::numbers;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "window":
    /// The program.
    pub PROGRAM;
    /// Puts a question away.
    pub CANCEL;
    /// Shows the form of a new run.
    pub NEW_RUN;
    /// The loss tile.
    pub LOSS;
    /// The button of a tile's menu.
    pub EXPORT;
    /// Where a picture would wait for the first step of a run that could not begin.
    pub NO_RUN;
    /// Where a picture waits for the first step.
    pub PRESS_RUN;
    /// The form of a policy.
    pub FORM;
    /// Added to it where no program has the policy in that form.
    pub UNPUBLISHED;
    /// In the place of the competition's knobs.
    pub NO_COMPETITION;
    /// The response of a competition.
    pub RESPONSE;
    /// What a competition is won by.
    pub COMBINE_GATE;
    /// The distillation loss.
    pub DISTILLATION;
    /// How to tell the two kinds of knob apart.
    pub LEGEND_LIVE;
    /// The other kind.
    pub LEGEND_STRUCTURAL;
    /// What a probe costs.
    pub PROBE_COST;
    /// Hidden states.
    pub MEASURE_STATES;
    /// Similar answers.
    pub MEASURE_ALIKE;
    /// Knock-out.
    pub MEASURE_KNOCK_OUT;
    /// The flow's switch, first half.
    pub BY_ROUTER;
    /// Second half.
    pub BY_WINNERS;
    /// The selection while nothing is selected.
    pub NO_SELECTION;
    /// Other routes.
    pub ROUTES;
    /// Freezing.
    pub FREEZE;
    /// Cloning.
    pub CLONE;
    /// Resetting.
    pub RESET_EXPERT;
    /// The lab itself.
    pub FAULT_LAB;
    /// Poisoning.
    pub POISON;
    /// What is wrong.
    pub ALERTS;
    /// All keys, for the tooltip in the status line.
    pub KEYS;
}

sentences! { "window":
    /// The timeline.
    pub fn about_timeline();
    /// Collapse by force.
    pub fn about_force_collapse();
    /// Even load by force.
    pub fn about_force_even();
    /// Buttons of the fault lab.
    pub fn about_mute();
    /// What saturation is measured against.
    pub fn about_reference();
    /// How often the run is probed.
    pub fn about_probe_every();
    /// The policy.
    pub fn about_policy();
    /// The collapse tile.
    pub fn about_collapse();
    /// The agreement tile.
    pub fn about_agreement();
    /// The load tile.
    pub fn about_load();
    /// A layer, told in few letters.
    pub fn layer_short(layer: usize) { layer = layer + 1 };
}

/// In the place of a number that is not known.
pub const UNKNOWN: &str = numbers::UNKNOWN;

/// The window's title.
pub fn window_title(policy: &str) -> String {
    format!("{PROGRAM} · {policy}")
}

/// What is said of a thing and its value.
pub fn named_value(name: &str, value: &str) -> String {
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
        "locate.ABOUT",
        "locate.ABOUT_USE",
        "one.THIS_BYTE",
        "rail.ABOUT_TEXT",
        "rail.ABOUT_BATCH",
        "selection.BYTE",
        "selection.BYTE_LOSS",
        "tiles.CROSS_ENTROPY",
        "tiles.BITS_PER_BYTE",
    ];

    #[test]
    fn the_table_holds_what_the_code_declares_and_nothing_else() {
        let here: [&[Declared]; 18] = [
            DECLARED,
            cards::DECLARED,
            entry::DECLARED,
            flow::DECLARED,
            grown::DECLARED,
            knobs::DECLARED,
            locate::DECLARED,
            notices::DECLARED,
            one::DECLARED,
            plane::DECLARED,
            questions::DECLARED,
            rail::DECLARED,
            selection::DECLARED,
            strip::DECLARED,
            tiles::DECLARED,
            timeline::DECLARED,
            weights::DECLARED,
            units::DECLARED,
        ];
        let texts: [&[(&str, &str)]; 17] = [
            TEXTS,
            cards::TEXTS,
            flow::TEXTS,
            grown::TEXTS,
            knobs::TEXTS,
            locate::TEXTS,
            notices::TEXTS,
            one::TEXTS,
            plane::TEXTS,
            questions::TEXTS,
            rail::TEXTS,
            selection::TEXTS,
            strip::TEXTS,
            tiles::TEXTS,
            timeline::TEXTS,
            weights::TEXTS,
            measures::TEXTS,
        ];
        let faults = faults(&[crate::words::DECLARED, &here].concat(), &texts);
        assert!(faults.is_empty(), "\n{}", faults.join("\n"));
        // A constant is the same on every run; those of measures are put into the terms of the run where they are drawn.
        let constants = texts.iter().copied().flatten().filter(|(id, _)| !id.starts_with("measures."));
        let changing = constants.filter(|(_, text)| Terms::Points.of(text) != *text).map(|(id, _)| *id);
        assert_eq!(changing.collect::<Vec<_>>(), OF_TEXTS, "a sentence that speaks of tokens is a function");
    }
}
