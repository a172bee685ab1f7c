//! One expert: its load and wins over time, what it specializes in, the loss without it, the most similar expert.

use eframe::egui::{Align2, Rect, Shape, Stroke, Ui, pos2, vec2};

use super::{Column, SelectionView, known};
use crate::domain::interventions::Intervention;
use crate::domain::roster::ExpertId;
use crate::run::{Command, Snapshot};
use crate::store::history::{Bucket, ExpertMeasure, SeriesKey};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::cards;
use crate::ui::view::state::SeenLayer;
use crate::ui::view::watched::{counts_dumps, trains};
use crate::ui::view::{Outbox, ViewState, experts};
use crate::ui::words::{self, selection};

pub(super) fn expert_ui(
    ui: &mut Ui,
    column: &mut Column,
    shot: &Snapshot,
    sight: &mut ViewState,
    id: ExpertId,
    view: &mut SelectionView,
    out: &mut Outbox,
) {
    let theme = theme::of(ui);
    let rect = column.take(28.0);
    paint::chip(ui.painter(), pos2(rect.left() + 9.0, rect.center().y), 17.0, id, theme, 1.0);
    let at = pos2(rect.left() + 26.0, rect.center().y);
    let title = selection::expert(id);
    let title = paint::text_in(ui, at, Align2::LEFT_CENTER, &title, fonts::strong(size::TITLE), theme.ink, 120.0);
    let lab = shot.interventions.layers.get(sight.layer).cloned().unwrap_or_default();
    let (muted, frozen) = (lab.muted.contains(&id), lab.frozen.contains(&id));
    let caption = selection::expert_caption(sight.layer, muted, frozen);
    let ink = if muted || frozen { theme.amber } else { theme.ink3 };
    let at = pos2(title.right() + 10.0, rect.center().y);
    paint::text_in(ui, at, Align2::LEFT_CENTER, &caption, fonts::regular(size::CAPTION), ink, rect.right() - at.x);
    paint::say(ui, rect, "expert-head", &selection::expert_head(id, &caption));
    curve_ui(ui, column, shot, sight, id);
    if let Some(seen) = sight.seen(shot)
        && let Some(slot) = seen.roster.slots.iter().position(|&other| other == id)
    {
        answers_ui(ui, column, shot, sight, &seen, slot);
        facts_ui(ui, column, shot, sight, &seen, slot, out);
    }
    // Of a training that is watched nothing can be changed.
    if trains(shot) {
        buttons_ui(ui, column, shot, sight, id, view, out);
    }
}

/// Share of picks in the expert's colour, of wins in violet, even dashed.
fn curve_ui(ui: &Ui, column: &mut Column, shot: &Snapshot, sight: &ViewState, id: ExpertId) {
    let theme = theme::of(ui);
    let rect = column.take(40.0);
    let plot = rect.shrink2(vec2(0.0, 4.0));
    let step = sight.step(shot).max(1);
    let of = |measure| {
        shot.memory.history.get(SeriesKey::Expert(sight.layer, id, measure)).map_or(&[][..], |s| s.buckets_up_to(step))
    };
    let (routed, won) = (of(ExpertMeasure::Routed), of(ExpertMeasure::Won));
    let even = 1.0 / sight.roster(shot).map_or(1, |roster| roster.len()).max(1) as f64;
    let top = routed.iter().chain(won).filter_map(Bucket::mean).fold(even * 1.6, f64::max);
    let at = |x: f64, share: f64| {
        let x = plot.left() + plot.width() * (x / step as f64).clamp(0.0, 1.0) as f32;
        pos2(x, plot.bottom() - plot.height() * (share / top).clamp(0.0, 1.0) as f32)
    };
    let pen = Stroke::new(1.0, theme.ink3);
    ui.painter().extend(Shape::dashed_line(&[at(0.0, even), at(step as f64, even)], pen, 3.0, 3.0));
    for (buckets, color) in [(won, theme.violet), (routed, theme.expert_line(id))] {
        // Neighbours together, so that there are no more points than can be seen.
        let every = (buckets.len() / 128).max(1);
        for piece in buckets.split(|bucket| bucket.n == 0) {
            let points = piece.chunks(every).map(|part| {
                let n: u64 = part.iter().map(|b| b.n).sum();
                let sum: f64 = part.iter().map(|b| b.sum).sum();
                at(part[part.len() / 2].middle(), sum / n as f64)
            });
            ui.painter().line(points.collect(), Stroke::new(1.5, color));
        }
    }
    let last =
        |buckets: &[Bucket]| buckets.last().and_then(Bucket::mean).map_or(words::UNKNOWN.into(), numbers::percent);
    let words = selection::expert_curve(&last(routed), &last(won), even);
    paint::say(ui, rect, "expert-curve", &words).on_hover_text(words);
}

/// Classes of bytes it gets more than others do.
fn answers_ui(ui: &Ui, column: &mut Column, shot: &Snapshot, sight: &ViewState, seen: &SeenLayer<'_>, slot: usize) {
    let Some(classes) = experts::classes(shot, seen, slot) else { return };
    let best: Vec<&str> =
        classes.iter().take(2).filter(|c| c.1 > experts::PREFERS).map(|(class, _)| class.as_str()).collect();
    let value = match (best.is_empty(), classes.first()) {
        (false, Some((_, lift))) => selection::prefers(&best, *lift),
        _ => selection::NO_CLASS.into(),
    };
    column.fact(ui, selection::ANSWERS_TO.said(), &value, || cards::one::answers(&classes, shot, sight));
}

fn facts_ui(
    ui: &mut Ui,
    column: &mut Column,
    shot: &Snapshot,
    sight: &mut ViewState,
    seen: &SeenLayer<'_>,
    slot: usize,
    out: &mut Outbox,
) {
    let theme = theme::of(ui);
    let id = seen.roster.slots[slot];
    let worth = shot.memory.history.get(SeriesKey::Expert(sight.layer, id, ExpertMeasure::KnockOut));
    let more = worth.and_then(|series| series.at_or_before(sight.step(shot)));
    let measured = sight.is_live() && trains(shot);
    let none = if trains(shot) { selection::MEASURE } else { words::UNKNOWN };
    // No dump has it: what nobody can know here is left out.
    let can_be = |known: bool| known || !counts_dumps(shot);
    if can_be(more.is_some()) {
        let value = more.map_or(none.into(), |more| numbers::signed(more, 3));
        let rect = column.line(ui, selection::KNOCKED_OUT.said(), &value);
        let said = words::named_value(selection::KNOCKED_OUT.said(), &value);
        let response = ui.interact(rect, ui.scope_id().with("knock-out"), eframe::egui::Sense::click());
        response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Button, measured, &said));
        if response.clicked() && measured {
            out.push(Command::KnockOut { layer: sight.layer });
        }
        cards::explain(response, || cards::one::knock_out(worth, shot, sight));
    }
    let share = shot.memory.history.get(SeriesKey::Expert(sight.layer, id, ExpertMeasure::GradientShare));
    let share = share.and_then(|series| series.at_or_before(sight.step(shot)));
    let value = share.map_or(words::UNKNOWN.into(), numbers::percent);
    let key = |measure| SeriesKey::Expert(sight.layer, id, measure);
    let experts = seen.roster.len();
    if can_be(share.is_some()) {
        column.fact(ui, selection::GRADIENT.said(), &value, || cards::one::gradient(key, experts, shot, sight));
    }
    let moved = seen.layer.diagnosis.weights.moved.as_ref().and_then(|all| all.get(slot));
    let value = moved.map_or(words::UNKNOWN.into(), |&share| numbers::percent_with(f64::from(share), 2));
    if can_be(moved.is_some()) {
        column.fact(ui, selection::MOVED.said(), &value, || cards::one::moved(seen, slot, shot, sight));
    }
    let pull = seen.layer.diagnosis.collapse.pull.as_ref().and_then(|all| all.get(slot).copied().flatten());
    if can_be(pull.is_some()) {
        column.fact(ui, selection::pull(), &known(pull, 2), || cards::one::pull(seen, slot, shot, sight));
    }
    let nearest = experts::nearest(seen, slot);
    let value = nearest.map_or(words::UNKNOWN.into(), |(_, cosine)| numbers::fixed(cosine, 2));
    let rect = column.fact(ui, selection::NEAREST.said(), &value, || cards::one::nearest(nearest, seen, shot, sight));
    if let Some((other, _)) = nearest {
        let wide = paint::cut(ui, &value, fonts::strong(size::BODY), theme.ink, rect.width()).size().x;
        let at = pos2(rect.right() - wide.max(26.0) - 20.0, rect.center().y);
        paint::chip(ui.painter(), at, 14.0, seen.roster.slots[other], theme, 1.0);
    }
}

/// What may be done to it.
fn buttons_ui(
    ui: &mut Ui,
    column: &mut Column,
    shot: &Snapshot,
    sight: &mut ViewState,
    id: ExpertId,
    view: &mut SelectionView,
    out: &mut Outbox,
) {
    if let Some(of) = view.copying {
        return over_ui(ui, column, shot, sight, of, view, out);
    }
    let rect = column.take(36.0);
    let lab = shot.interventions.layers.get(sight.layer).cloned().unwrap_or_default();
    let (muted, frozen) = (lab.muted.contains(&id), lab.frozen.contains(&id));
    let live = sight.is_live() && shot.step > 0;
    let alone = sight.roster(shot).is_none_or(|roster| roster.len() < 2);
    let mute = if muted { selection::UNMUTE } else { selection::MUTE };
    let freeze = if frozen { selection::UNFREEZE } else { selection::FREEZE };
    let buttons = [mute, freeze, selection::CLONE, selection::RESET];
    let abouts = [words::about_mute(), words::FREEZE.said(), words::CLONE.said(), words::RESET_EXPERT.said()];
    let wide = buttons.map(|words| Press::words(words.said()).size(size::CAPTION).width(ui));
    let spare = (rect.width() - 18.0 - wide.iter().sum::<f32>()) / 4.0;
    let mut left = rect.left();
    for (place, (words, about)) in buttons.into_iter().zip(abouts).enumerate() {
        let spot = Rect::from_min_size(pos2(left, rect.top() + 8.0), vec2(wide[place] + spare, 26.0));
        left = spot.right() + 6.0;
        let enabled = live && (place != 2 || !alone);
        let name = selection::of_expert(words.said(), id);
        let press = Press::words(words.said()).named(&name).look(Look::Raised).enabled(enabled).size(size::CAPTION);
        let response = press.show(ui, spot);
        if response.clicked() {
            let intervention = match place {
                0 => Some(Intervention::Mute { expert: id, on: !muted }),
                1 => Some(Intervention::Freeze { expert: id, on: !frozen }),
                2 => {
                    view.copying = Some(id);
                    None
                }
                _ => Some(Intervention::Reset { expert: id }),
            };
            out.extend(intervention.map(|intervention| Command::Intervene { layer: sight.layer, intervention }));
        }
        response.on_hover_text(about);
    }
}

/// Asks whose place the copy takes.
fn over_ui(
    ui: &mut Ui,
    column: &mut Column,
    shot: &Snapshot,
    sight: &mut ViewState,
    of: ExpertId,
    view: &mut SelectionView,
    out: &mut Outbox,
) {
    let theme = theme::of(ui);
    let rect = column.take(22.0);
    let font = fonts::regular(size::CAPTION);
    let words = selection::copy_over_which(of);
    paint::text_in(ui, rect.left_center(), Align2::LEFT_CENTER, &words, font, theme.ink2, rect.width());
    let others: Vec<ExpertId> = sight
        .roster(shot)
        .map(|roster| roster.slots.iter().copied().filter(|&id| id != of).collect())
        .unwrap_or_default();
    let fit = (column.width() / 27.0) as usize;
    for row in others.chunks(fit.max(1)) {
        let rect = column.take(24.0);
        for (place, &over) in row.iter().enumerate() {
            let spot = Rect::from_min_size(rect.min + vec2(27.0 * place as f32, 1.0), vec2(22.0, 20.0));
            let name = selection::copy_over(over);
            let response = Press::words("").named(&name).look(Look::Ghost).show(ui, spot);
            paint::chip(ui.painter(), spot.center(), 15.0, over, theme, 1.0);
            if response.clicked() {
                out.push(Command::Intervene { layer: sight.layer, intervention: Intervention::Clone { of, over } });
                view.copying = None;
            }
        }
    }
}
