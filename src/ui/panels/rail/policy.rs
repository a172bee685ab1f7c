//! The policy: who decides which experts answer. Switched while it runs where the network has what the other one reads;
//! else it is said what is missing, and a person may begin again with it.

use eframe::egui::Ui;

use super::RailView;
use super::choice::{ChoiceRow, MenuOption};
use super::structure::{Pending, Verdict};
use crate::domain::config::{Config, Form, Knobs, Policy};
use crate::run::{Command, Snapshot};
use crate::ui::view::{Outbox, dials};
use crate::ui::words::{self, knobs, rail};
use crate::words::named;

/// Of the row for the menu; the names beside it are short.
const SHARE: f32 = 0.6;

/// The menu of policies.
pub(crate) fn policies() -> Vec<MenuOption<Policy>> {
    let thing =
        |policy: Policy| MenuOption { value: policy, label: named(policy.label()), about: rail::policy(policy) };
    Policy::ALL.map(thing).into()
}

/// The menu of forms.
pub(crate) fn forms() -> Vec<MenuOption<Form>> {
    Form::ALL.map(|form| MenuOption { value: form, label: named(form.label()), about: rail::form(form) }).into()
}

/// Draws policy and form, and the draft of a policy that needs another network.
pub(crate) fn policy_ui(ui: &mut Ui, shot: &Snapshot, view: &mut RailView, out: &mut Outbox) {
    let start = ui.cursor().min;
    let back = ui.painter().add(eframe::egui::Shape::Noop);
    let base = view.asked().unwrap_or(&shot.knobs).clone();
    let running = (base.policy, base.form);
    let shown = view.structure.policy.unwrap_or(running);
    let policy = ChoiceRow {
        name: knobs::POLICY.said(),
        about: words::about_policy(),
        shown: shown.0,
        share: SHARE,
        old: dials::before(shot, |k| k.policy),
        all: &policies(),
    };
    let mut wanted = shown;
    if let Some(policy) = policy.show(ui) {
        wanted.0 = policy;
    }
    let note = if shown.0.published_in(shown.1) { "" } else { words::UNPUBLISHED.said() };
    let about = format!("{}{note}", words::FORM);
    let form = ChoiceRow {
        name: knobs::FORM.said(),
        about: &about,
        shown: shown.1,
        share: SHARE,
        old: dials::before(shot, |k| k.form),
        all: &forms(),
    };
    if let Some(form) = form.show(ui) {
        wanted.1 = form;
    }
    if wanted != shown {
        let knobs = Knobs { policy: wanted.0, form: wanted.1, ..base.clone() };
        if shot.config.lacks(&knobs).is_none() {
            view.structure.policy = None;
            view.ask(shot, out, |k| (k.policy, k.form) = wanted);
        } else {
            view.structure.policy = Some(wanted);
        }
    }
    let draft = view.structure.policy.map(|(policy, form)| Knobs { policy, form, ..base });
    let Some((knobs, why)) = draft.and_then(|knobs| shot.config.lacks(&knobs).map(|why| (knobs, why))) else {
        view.structure.policy = None;
        return;
    };
    let lines = [crate::words::lacking_parts(&why), rail::BEGINS_AGAIN.said().to_owned()];
    let keep = named(running.0.label());
    let pending = Pending { start, back, lines: &lines, keep, name: rail::DRAFT_POLICY.said(), possible: true };
    match pending.show(ui, None) {
        Verdict::Open => {}
        Verdict::Keep => view.structure.policy = None,
        Verdict::Apply => {
            let mut config = Config { knobs, ..Config::clone(&shot.config) };
            config.model.experts = shot.experts();
            out.push(Command::New(Box::new(config)));
            view.structure.policy = None;
            view.forget();
        }
    }
}
