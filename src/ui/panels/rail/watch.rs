//! Diagnostics in the rail: how often the run is looked at, what a look measures, and what it costs.

use eframe::egui::{Rect, Ui, vec2};

use super::choice::{ChoiceRow, MenuOption};
use super::knob::{self, fact_ui};
use crate::domain::config::ProbeFamilies;
use crate::run::{Command, Snapshot};
use crate::ui::kit::press::Press;
use crate::ui::kit::theme::size;
use crate::ui::view::Outbox;
use crate::ui::words::{self, knobs, rail};
use crate::words::language::FixedText;

/// Steps between probes to choose from.
const EVERY: [(u64, FixedText); 7] = [
    (10, rail::EVERY_10),
    (25, rail::EVERY_25),
    (50, rail::EVERY_50),
    (100, rail::EVERY_100),
    (200, rail::EVERY_200),
    (500, rail::EVERY_500),
    (1000, rail::EVERY_1000),
];

/// What looking costs, in a few words.
pub(crate) fn cost(shot: &Snapshot) -> String {
    match (shot.pace.looks.probe_millis, shot.pace.looks.share) {
        (Some(millis), Some(share)) => rail::probe_cost(millis, share),
        _ => String::new(),
    }
}

/// The rows of the group.
pub(crate) fn watch_ui(ui: &mut Ui, shot: &Snapshot, out: &mut Outbox) {
    let cadence = &shot.config.cadence;
    let (every, measures) = (cadence.probe_every, cadence.measures);
    let mut all: Vec<MenuOption<u64>> =
        EVERY.iter().map(|&(value, label)| MenuOption { value, label: label.said(), about: String::new() }).collect();
    if !EVERY.iter().any(|&(value, _)| value == every) {
        all.push(MenuOption { value: every, label: rail::EVERY_AS_SET.said(), about: rail::every(every) });
    }
    let (name, about) = (knobs::PROBE_EVERY, words::about_probe_every());
    let choice = ChoiceRow { name: name.said(), about, shown: every, share: 0.5, old: None, all: &all };
    if let Some(every) = choice.show(ui) {
        out.push(Command::Watch { every, measures });
    }
    type Place = fn(&mut ProbeFamilies) -> &mut bool;
    let families: [(&str, &str, Place); 3] = [
        (rail::HIDDEN_STATES.said(), words::MEASURE_STATES.said(), |m| &mut m.representation),
        (rail::ALIKE.said(), words::MEASURE_ALIKE.said(), |m| &mut m.similarity),
        (rail::KNOCK_OUT.said(), words::MEASURE_KNOCK_OUT.said(), |m| &mut m.knock_out),
    ];
    for (name, about, place) in families {
        let states = [(true, rail::MEASURED), (false, rail::OFF)];
        let all = states.map(|(value, label)| MenuOption { value, label: label.said(), about: String::new() });
        let mut next = measures;
        let shown = *place(&mut next);
        let choice = ChoiceRow { name, about, shown, share: 0.5, old: None, all: &all };
        if let Some(on) = choice.show(ui) {
            *place(&mut next) = on;
            out.push(Command::Watch { every, measures: next });
        }
    }
    let reference = shot.memory.history.reference.as_ref().map(|scene| scene.probe.step);
    let words = rail::reference(reference);
    let rect = knob::row(ui);
    let button = Rect::from_min_size(rect.min + vec2(16.0, 1.0), vec2(rect.width() - 16.0, 25.0));
    let press = Press::words(&words).named(rail::TAKE_REFERENCE.said()).enabled(shot.newest.probe.is_some());
    let response = press.size(size::BODY).show(ui, button);
    if response.clicked() {
        out.push(Command::Reference);
    }
    response.on_hover_text(words::about_reference());
    let cost = cost(shot);
    fact_ui(
        ui,
        rail::LAST_PROBE.said(),
        if cost.is_empty() { words::UNKNOWN.said() } else { &cost },
        words::PROBE_COST.said(),
    );
}
