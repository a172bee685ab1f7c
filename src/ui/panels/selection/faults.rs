//! The fault lab of a layer: what may be done to its router, and whether the measures noticed what was done.

use eframe::egui::{Align2, Rect, Ui, pos2, vec2};

use super::Column;
use crate::domain::interventions::{Forced, Intervention};
use crate::domain::roster::ExpertId;
use crate::run::{Command, ExpectedEffect, Snapshot};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{self, selection};

pub(super) fn faults_ui(
    ui: &mut Ui,
    column: &mut Column,
    shot: &Snapshot,
    sight: &ViewState,
    expert: Option<ExpertId>,
    out: &mut Outbox,
) {
    let theme = theme::of(ui);
    let rect = column.take(28.0);
    let font = fonts::strong(size::TITLE);
    let title = paint::text_in(
        ui,
        rect.left_center(),
        Align2::LEFT_CENTER,
        selection::FAULT_LAB.said(),
        font,
        theme.ink,
        120.0,
    );
    let at = pos2(title.right() + 10.0, rect.center().y);
    let router = selection::router_of(sight.layer);
    paint::text_in(ui, at, Align2::LEFT_CENTER, &router, fonts::regular(size::CAPTION), theme.ink3, 140.0);
    paint::say(ui, rect, "fault-lab", words::FAULT_LAB.said()).on_hover_text(words::FAULT_LAB.said());
    {
        let rect = column.take(32.0);
        let forced = shot.interventions.layers.get(sight.layer).and_then(|lab| lab.forced);
        let even = forced == Some(Forced::Even);
        let onto = matches!(forced, Some(Forced::Onto(_)));
        let whom = expert.or_else(|| sight.roster(shot).and_then(|roster| roster.slots.first().copied()));
        let collapse = if onto { None } else { whom };
        let named = selection::collapse_named(whom);
        let balance = Intervention::ForceBalance { on: !even };
        let buttons = [
            (
                selection::POISON.said(),
                selection::POISON_NAMED.said(),
                Intervention::PoisonRouter,
                false,
                words::POISON.said(),
            ),
            (
                selection::FORCE_EVEN.said(),
                selection::FORCE_EVEN_NAMED.said(),
                balance,
                even,
                words::about_force_even(),
            ),
            (
                selection::COLLAPSE.said(),
                named.as_str(),
                Intervention::ForceCollapse { onto: collapse },
                onto,
                words::about_force_collapse(),
            ),
        ];
        let width = (rect.width() - 12.0) / 3.0;
        for (place, (words, name, intervention, on, about)) in buttons.into_iter().enumerate() {
            let spot = Rect::from_min_size(rect.min + vec2((width + 6.0) * place as f32, 2.0), vec2(width, 26.0));
            let press = Press::words(words).named(name).look(Look::Raised).enabled(sight.is_live());
            let response = press.selected(on).size(size::CAPTION).show(ui, spot);
            if response.clicked() {
                out.push(Command::Intervene { layer: sight.layer, intervention });
            }
            response.on_hover_text(about);
        }
    }
    for (age, trial) in shot.interventions.trials.iter().rev().enumerate() {
        let (mark, ink) = match trial.noticed() {
            Some(true) => (selection::NOTICED, theme.ok),
            Some(false) => (selection::NOT_NOTICED, theme.red),
            None => (selection::WAITS, theme.amber),
        };
        let ink = if age == 0 { ink } else { ink.gamma_multiply(0.7) };
        let font = fonts::medium(size::CAPTION);
        let what = selection::trial(trial.step, trial.layer, &crate::words::intervention(trial.intervention));
        let mark_wide = paint::cut(ui, mark.said(), font.clone(), ink, 150.0).size().x;
        let room = column.width() - mark_wide - 8.0;
        let galley = ui.painter().layout(what.clone(), font.clone(), theme.ink2, room);
        let rect = column.take(galley.size().y + 8.0);
        let right = pos2(rect.right(), rect.top() + 10.0);
        paint::text_in(ui, right, Align2::RIGHT_CENTER, mark.said(), font, ink, mark_wide + 1.0);
        ui.painter().galley(rect.min + vec2(0.0, 3.0), galley, theme.ink2);
        let lines: Vec<String> = trial.signs.iter().map(line).collect();
        let said = selection::trial_with_signs(&what, &lines);
        paint::say(ui, rect, ("trial", age), &said).on_hover_text(&said);
        // The newest with its signs.
        for sign in trial.signs.iter().filter(|_| age == 0) {
            let ink = match (sign.reacted(), sign.certain) {
                (Some(true), _) => theme.ok,
                (Some(false), true) => theme.red,
                _ => theme.ink3,
            };
            column.words(ui, &line(sign), fonts::regular(size::CAPTION), ink, 10.0);
        }
    }
}

/// A sign in words: what it was, what it is, and whether that is what should happen.
fn line(sign: &ExpectedEffect) -> String {
    selection::sign(
        &crate::words::indicator(sign.measure),
        [sign.before, sign.after],
        sign.rises,
        sign.reacted(),
        sign.certain,
    )
}
