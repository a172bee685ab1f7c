//! The table of a phase: a row for each expert with what the phase computes of it, and the same as bars.

use eframe::egui::{Align2, Color32, Rect, Stroke, StrokeKind, Ui, pos2, vec2};

use super::lines::components;
use crate::domain::readings::{LayerPhases, Phase};
use crate::domain::roster::ExpertId;
use crate::run::Snapshot;
use crate::ui::kit::numbers::{fit, fixed, small};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::ViewState;
use crate::ui::view::derived::listed_slots;
use crate::ui::view::phases::SeenPhases;
use crate::ui::words::phases as words;

/// Experts listed at most.
const LISTED: usize = 12;
/// Height of a row.
const ROW: f32 = 19.0;
/// Room for a chip or a name.
const NAME: f32 = 30.0;
/// The same where rows have names.
const LONG_NAME: f32 = 108.0;
/// Room for a number.
const NUMBER: f32 = 52.0;

/// A bar with its number.
struct Bar {
    /// 0 to 1.
    share: f64,
    number: String,
    fill: Color32,
    strong: bool,
}

/// Draws the table from the top of `rect`; returns the height it took.
pub(super) fn table_ui(ui: &mut Ui, rect: Rect, seen: &SeenPhases<'_>, shot: &Snapshot, view: &mut ViewState) -> f32 {
    match seen.phase {
        Phase::Route => route_ui(ui, rect, seen, view),
        Phase::Compete if seen.layer.competes => compete_ui(ui, rect, seen, view),
        Phase::Compete => 0.0,
        Phase::Combine => combine_ui(ui, rect, seen, view),
        Phase::Learn => learn_ui(ui, rect, seen, shot, view),
    }
}

/// The slots that are listed: all, or those that matter to the position and the largest of `by`.
fn listed(phases: &LayerPhases, position: usize, by: impl Fn(usize) -> f64) -> Vec<usize> {
    let matter = phases.answering(position).iter().chain(phases.choices.picks(position));
    listed_slots(phases.choices.experts, LISTED, matter.copied(), by)
}

fn head_ui(ui: &Ui, rect: Rect, from: f32, columns: &[&str]) {
    let theme = theme::of(ui);
    let wide = (rect.width() - from) / columns.len() as f32;
    for (place, words) in columns.iter().enumerate() {
        let at = pos2(rect.left() + from + wide * place as f32, rect.top() + ROW / 2.0);
        paint::text_in(ui, at, Align2::LEFT_CENTER, words, fonts::regular(size::CAPTION), theme.ink3, wide - 6.0);
    }
}

/// Bars side by side in what is left of a row.
fn bars_ui(ui: &Ui, row: Rect, from: f32, bars: &[Bar], strength: f32) {
    let theme = theme::of(ui);
    let wide = (row.width() - from) / bars.len() as f32;
    for (place, bar) in bars.iter().enumerate() {
        let left = row.left() + from + wide * place as f32;
        let track = Rect::from_min_size(pos2(left, row.center().y - 4.0), vec2((wide - NUMBER - 14.0).max(4.0), 8.0));
        ui.painter().rect_filled(track, 2, theme.track.gamma_multiply(0.7));
        let share = if bar.share.is_finite() { bar.share.clamp(0.0, 1.0) as f32 } else { 0.0 };
        let filled = Rect::from_min_size(track.min, vec2(track.width() * share, 8.0));
        ui.painter().rect_filled(filled, 2, bar.fill.gamma_multiply(strength));
        let (font, ink) = if bar.strong {
            (fonts::strong(size::CAPTION), theme.ink)
        } else {
            (fonts::regular(size::CAPTION), theme.ink3)
        };
        let at = pos2(track.right() + NUMBER + 4.0, row.center().y);
        paint::value_in(ui, at, Align2::RIGHT_CENTER, &bar.number, font, ink, NUMBER);
    }
}

/// The chip of an expert, ringed if it won; lights it under the pointer.
fn chip_ui(ui: &Ui, row: Rect, id: ExpertId, ringed: bool, said: &str, view: &mut ViewState) -> f32 {
    let theme = theme::of(ui);
    let strength = view.strength(id);
    let at = pos2(row.left() + 11.0, row.center().y);
    paint::chip(ui.painter(), at, 15.0, id, theme, strength);
    if ringed {
        let frame = Rect::from_center_size(at, vec2(20.0, 17.5));
        ui.painter().rect_stroke(frame, 4, Stroke::new(1.5, theme.violet), StrokeKind::Outside);
    }
    if paint::say(ui, row, ("phase-row", id.0), said).hovered() {
        view.hover(id);
    }
    strength
}

fn row(rect: Rect, place: usize) -> Rect {
    Rect::from_min_size(pos2(rect.left(), rect.top() + ROW * (place + 1) as f32), vec2(rect.width(), ROW))
}

fn height(rows: usize) -> f32 {
    ROW * (rows + 1) as f32
}

fn route_ui(ui: &Ui, rect: Rect, seen: &SeenPhases<'_>, view: &mut ViewState) -> f32 {
    let theme = theme::of(ui);
    let (phases, at) = (seen.layer, seen.position);
    let (z, p, picks) = (phases.logits(at), phases.choices.p(at), phases.choices.picks(at));
    head_ui(ui, rect, NAME, &[words::LOGIT.said(), words::SHARE.said()]);
    let slots = listed(phases, at, |slot| f64::from(p[slot]));
    let (low, high) = z.iter().fold((f32::MAX, f32::MIN), |(low, high), &z| (low.min(z), high.max(z)));
    for (place, &slot) in slots.iter().enumerate() {
        let (row, id) = (row(rect, place), seen.roster.slots[slot]);
        let picked = picks.contains(&(slot as u16));
        let strength = chip_ui(ui, row, id, false, &words::routed_expert(id, z[slot], p[slot], picked), view);
        let fill = if picked { theme.ink } else { theme.ink3.gamma_multiply(0.6) };
        let bars = [
            Bar {
                share: f64::from((z[slot] - low) / (high - low).max(1e-9)),
                number: fit(f64::from(z[slot]), 3, 7),
                fill: theme.ink3,
                strong: false,
            },
            Bar { share: f64::from(p[slot]), number: fixed(f64::from(p[slot]), 3), fill, strong: picked },
        ];
        bars_ui(ui, row, NAME, &bars, strength);
    }
    height(slots.len())
}

fn compete_ui(ui: &Ui, rect: Rect, seen: &SeenPhases<'_>, view: &mut ViewState) -> f32 {
    let theme = theme::of(ui);
    let (choices, at) = (&seen.layer.choices, seen.position);
    let (s, winners, picks) = (choices.s(at), choices.winners(at), choices.picks(at));
    head_ui(ui, rect, NAME, &[words::RESPONSE.said()]);
    let slots = listed(seen.layer, at, |slot| f64::from(s[slot]));
    let (low, high) = s.iter().fold((f32::MAX, f32::MIN), |(low, high), &s| (low.min(s), high.max(s)));
    // Responses lie close together: the bars show where each stands between nothing and the strongest.
    let floor = if low > 0.0 && low > 0.5 * high { low - (high - low) * 0.6 } else { low.min(0.0) };
    for (place, &slot) in slots.iter().enumerate() {
        let (row, id) = (row(rect, place), seen.roster.slots[slot]);
        let (won, picked) = (winners.contains(&(slot as u16)), picks.contains(&(slot as u16)));
        let strength = chip_ui(ui, row, id, won, &words::competing_expert(id, s[slot], won, picked), view);
        let share = f64::from((s[slot] - floor) / (high - floor).max(1e-9));
        let fill = if won { theme.violet } else { theme.violet_dim };
        bars_ui(ui, row, NAME, &[Bar { share, number: fit(f64::from(s[slot]), 4, 7), fill, strong: won }], strength);
    }
    height(slots.len())
}

fn combine_ui(ui: &Ui, rect: Rect, seen: &SeenPhases<'_>, view: &mut ViewState) -> f32 {
    let theme = theme::of(ui);
    let (phases, at) = (seen.layer, seen.position);
    let half = (rect.width() - NAME) / 2.0;
    head_ui(ui, rect, NAME, &[words::WEIGHT.said(), words::ANSWER.said()]);
    // As many of its numbers as there is room for.
    let answer_ui = |row: Rect, answer: &[f32]| {
        let ways: Vec<String> = (1..=answer.len()).rev().map(|count| components(&answer[..count])).collect();
        let ways: Vec<&str> = ways.iter().map(String::as_str).collect();
        let (font, place) = (fonts::mono(size::CAPTION), pos2(row.left() + NAME + half, row.center().y));
        if let Some(words) = paint::fitting(ui, &ways, &font, half - 4.0) {
            paint::text_in(ui, place, Align2::LEFT_CENTER, words, font, theme.ink2, half);
        }
    };
    let mut rows = 0;
    for (place, &slot) in phases.answering(at).iter().enumerate().take(LISTED) {
        let (row, id) = (row(rect, place), seen.roster.slots[usize::from(slot)]);
        let (w, answer) = (phases.weights(at)[place], phases.answer(at, place));
        let said = words::answering(&words::expert_name(id), w, &components(answer));
        let strength = chip_ui(ui, row, id, phases.competes, &said, view);
        let bar = Bar { share: f64::from(w), number: fixed(f64::from(w), 3), fill: theme.expert(id), strong: true };
        bars_ui(ui, row.with_max_x(row.left() + NAME + half), NAME, &[bar], strength);
        answer_ui(row, answer);
        rows += 1;
    }
    if let Some((w, answer)) = phases.shared_answer(at) {
        let row = row(rect, rows);
        paint::say(ui, row, "phase-row-shared", &words::answering(words::SHARED.said(), w, &components(answer)));
        let fill = theme.ink3;
        let bar = Bar { share: f64::from(w), number: fixed(f64::from(w), 3), fill, strong: true };
        bars_ui(ui, row.with_max_x(row.left() + NAME + half), NAME, &[bar], 1.0);
        answer_ui(row, answer);
        rows += 1;
    }
    height(rows)
}

fn learn_ui(ui: &Ui, rect: Rect, seen: &SeenPhases<'_>, shot: &Snapshot, view: &mut ViewState) -> f32 {
    let theme = theme::of(ui);
    let (reading, phases) = (seen.reading, seen.layer);
    let layer = view.layer;
    let Some(gradients) = reading.gradients.layers.get(layer) else { return 0.0 };
    let update = reading.update.as_ref().and_then(|update| update.layers.get(layer));
    head_ui(ui, rect, LONG_NAME, &[words::GRADIENT.said(), words::UPDATE.said()]);
    let slots = listed(phases, seen.position, |slot| gradients.experts.get(slot).copied().unwrap_or_default());
    let of_expert = |slot: usize| {
        let at = |of: &[f64]| of.get(slot).copied().unwrap_or_default();
        (at(&gradients.experts), update.map(|update| at(&update.experts)))
    };
    let mut parts = vec![(words::ROUTER.said(), gradients.router, update.map(|update| update.router))];
    // A mixture that stands alone has nothing besides.
    if !shot.config.model.bare {
        parts.push((words::REST.said(), gradients.rest, update.map(|update| update.rest)));
    }
    let all = || slots.iter().map(|&slot| of_expert(slot)).chain(parts.iter().map(|part| (part.1, part.2)));
    let most = |lengths: &mut dyn Iterator<Item = f64>| lengths.filter(|l| l.is_finite()).fold(1e-12, f64::max);
    let tops = [most(&mut all().map(|part| part.0)), most(&mut all().filter_map(|part| part.1))];
    let bars = |gradient: f64, update: Option<f64>, fill: Color32| {
        let number = |value: Option<f64>| value.map_or(super::UNKNOWN.said().to_owned(), small);
        [
            Bar { share: gradient / tops[0], number: small(gradient), fill, strong: true },
            Bar { share: update.unwrap_or_default() / tops[1], number: number(update), fill, strong: true },
        ]
    };
    for (place, &slot) in slots.iter().enumerate() {
        let (row, id) = (row(rect, place), seen.roster.slots[slot]);
        let (gradient, update) = of_expert(slot);
        let said = words::learning(&words::expert_name(id), gradient, update);
        let strength = chip_ui(ui, row, id, false, &said, view);
        bars_ui(ui, row, LONG_NAME, &bars(gradient, update, theme.expert(id)), strength);
    }
    for (place, (name, gradient, update)) in parts.iter().copied().enumerate() {
        let row = row(rect, slots.len() + place);
        let font = fonts::regular(size::CAPTION);
        paint::text_in(ui, row.left_center(), Align2::LEFT_CENTER, name, font, theme.ink2, LONG_NAME - 6.0);
        paint::say(ui, row, ("phase-part", place), &words::learning(name, gradient, update));
        bars_ui(ui, row, LONG_NAME, &bars(gradient, update, theme.ink3), 1.0);
    }
    height(slots.len() + parts.len())
}
