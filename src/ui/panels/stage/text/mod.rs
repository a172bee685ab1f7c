//! The byte flow: bytes of the probe, the experts that the router picks, those that win, and the output.
//!
//! - `batch`: the batch of a step, phase by phase.
//! - `scene`: what is drawn, as plain rectangles and shares. Pure.
//! - `strip`: the text around the bytes shown.
//! - `links`: ribbons from bytes to experts and on to the output.

mod batch;
mod links;
mod scene;
mod strip;

use eframe::egui::{Align2, Color32, Pos2, Rect, Sense, Stroke, Ui, pos2, vec2};

use crate::domain::roster::ExpertId;
use crate::run::Snapshot;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, icons, numbers, paint};
use crate::ui::panels::stage::lights::{Lights, drawn};
use crate::ui::view::ViewState;
use crate::ui::view::spoken;
use crate::ui::view::state::SeenLayer;
use crate::ui::words::flow as words;
use crate::words::language::FixedText;

pub(crate) use batch::batch_flow_ui;
pub(crate) use scene::{Flow, ScenePlaces};
pub(crate) use strip::glyph;

/// Draws the bytes of a probe and the experts they go to in `body`, each part as strongly as `lights` say.
pub(crate) fn byte_flow_ui(
    ui: &mut Ui,
    body: Rect,
    shot: &Snapshot,
    seen: &SeenLayer<'_>,
    lights: Lights,
    view: &mut ViewState,
) {
    let text = Rect::from_min_size(body.min, vec2(body.width(), 22.0));
    let foot = Rect::from_min_max(pos2(body.left(), body.bottom() - 20.0), body.max);
    let table =
        paint::sound(Rect::from_min_max(pos2(body.left(), text.bottom() + 8.0), pos2(body.right(), foot.top())));
    let rows =
        ((table.height() - scene::TITLES) / 15.5).floor().clamp(1.0, if view.projector { 10.0 } else { 16.0 }) as usize;
    let first = view.window.unwrap_or(0).min(seen.probe.tokens.saturating_sub(rows));
    let rows = rows.min(seen.probe.tokens - first);
    let flow = Flow::of(seen, first..first + rows, view.by_winners);
    let places = ScenePlaces::new(table, rows, seen.roster.len());
    let (ids, bytes) = (&seen.roster.slots, seen.probe.items.bytes());
    let first_of: Vec<u16> = (0..seen.probe.tokens).map(|token| flow_first(seen, token, view.by_winners)).collect();
    let missed: Vec<bool> = (0..seen.probe.tokens)
        .map(|token| {
            let (picks, winners) = (seen.layer.choices.picks(token), seen.layer.choices.winners(token));
            !winners.is_empty() && picks.first() != winners.first()
        })
        .collect();
    strip::text_ui(ui, text, &strip::Strip { bytes, first: &first_of, missed: &missed, ids, rows }, first, view);
    let carriers: Vec<ExpertId> = flow.rows.iter().map(|row| ids[usize::from(row.carriers[0].0)]).collect();
    if let Some(said) = spoken::flow(&carriers, flow.predicted) {
        paint::say(ui, table, "picture", &said);
    }
    titles_ui(ui, &places, view);
    drawn(ui, lights.ribbons, |ui| links::links_ui(ui, &places, &flow, ids, shot, view));
    rows_ui(ui, &places, &flow, bytes, (ids, lights), view);
    experts_ui(ui, &places, &flow, (ids, lights), view);
    foot_ui(ui, foot, &flow, view);
}

/// Who carries a token first.
fn flow_first(seen: &SeenLayer<'_>, token: usize, by_winners: bool) -> u16 {
    let choices = &seen.layer.choices;
    let carriers = if by_winners { choices.winners(token) } else { choices.picks(token) };
    carriers.first().copied().unwrap_or(0)
}

fn titles_ui(ui: &Ui, places: &ScenePlaces, view: &ViewState) {
    let theme = theme::of(ui);
    let font = fonts::regular(size::CAPTION);
    let y = places.rect.top() + 7.0;
    let carried = if view.by_winners { words::WINNERS_CARRY } else { words::PICKS_CARRY };
    let mut titles = vec![(words::BYTE, places.byte.min), (words::ROUTER_P, places.p.min), (carried, places.links.min)];
    if places.shares > 60.0 {
        titles.push((words::EXPERT, places.expert.0 - 20.0));
    }
    if places.mix.span() > 40.0 {
        titles.push((words::OUTPUT_MIX, places.mix.min));
    }
    if places.predicted.span() > 30.0 {
        titles.push((words::PREDICTED, places.predicted.min));
    }
    let ends: Vec<f32> = titles.iter().skip(1).map(|t| t.1).chain([places.rect.right()]).collect();
    for ((words, x), end) in titles.into_iter().zip(ends) {
        paint::text_in(ui, pos2(x, y), Align2::LEFT_CENTER, words.said(), font.clone(), theme.ink3, end - x - 6.0);
    }
    if places.shares > 60.0 {
        let at = |x: f32| pos2(x, y);
        paint::text_in(
            ui,
            at(places.load_x()),
            Align2::RIGHT_CENTER,
            words::LOAD.said(),
            font.clone(),
            theme.ink3,
            34.0,
        );
        paint::text_in(ui, at(places.wins_x()), Align2::RIGHT_CENTER, words::WINS.said(), font, theme.violet, 34.0);
    }
}

/// Bytes on the left, and what becomes of them on the right.
fn rows_ui(
    ui: &mut Ui,
    places: &ScenePlaces,
    flow: &Flow,
    bytes: &[u8],
    (ids, lights): (&[ExpertId], Lights),
    view: &mut ViewState,
) {
    let theme = theme::of(ui);
    let (mono, tick) = (fonts::mono(size::CAPTION), fonts::medium(size::TICK));
    for (row, line) in flow.rows.iter().enumerate() {
        let (y, height) = (places.y(row), places.pitch.min(15.0));
        let lit = view.lit_token() == Some(line.token);
        let whole = Rect::from_min_max(
            pos2(places.rect.left() - 6.0, y - places.pitch / 2.0),
            pos2(places.rect.right(), y + places.pitch / 2.0),
        );
        if lit {
            ui.painter().rect_filled(whole, 3, theme.raised.gamma_multiply(0.55));
            ui.painter().rect_filled(Rect::from_min_size(whole.min, vec2(2.0, whole.height())), 0, theme.ink);
        }
        let carrier = ids[usize::from(line.carriers[0].0)];
        let strength = view.strength(carrier);
        let chip = Rect::from_center_size(pos2(places.byte.min + 10.0, y), vec2(20.0, height - 1.5));
        let byte = bytes[line.token];
        drawn(ui, lights.router, |ui| {
            ui.painter().rect_filled(chip, 3, theme.expert(carrier).gamma_multiply(strength));
            let ink = theme.on_expert(carrier, strength);
            ui.painter().text(chip.center(), Align2::CENTER_CENTER, glyph(byte), mono.clone(), ink);
        });
        p_ui(ui, places, line, y, (ids, lights), view);
        if places.mix.span() > 20.0 {
            let mut x = places.mix.min;
            for &(slot, weight) in &line.carriers {
                let wide = places.mix.span() * weight;
                let part =
                    Rect::from_min_size(pos2(x, y - height / 2.0 + 1.0), vec2((wide - 1.0).max(0.0), height - 2.0));
                let id = ids[usize::from(slot)];
                let strength = view.strength(id) * lights.output;
                ui.painter().rect_filled(part, 0, theme.expert(id).gamma_multiply(0.8 * strength));
                if part.width() > 14.0 {
                    let ink = theme.on_expert(id, strength);
                    ui.painter().text(part.center(), Align2::CENTER_CENTER, id.to_string(), tick.clone(), ink);
                }
                x += wide;
            }
        }
        for (place, &predicted) in line.predicted.iter().enumerate() {
            let at = pos2(places.predicted.min + 5.0 + 12.0 * place as f32, y);
            if at.x > places.predicted.max {
                break;
            }
            let ink = |ink: Color32| ink.gamma_multiply(lights.competition);
            if predicted {
                ui.painter().circle_filled(at, 3.2, ink(theme.ink));
            } else {
                ui.painter().circle_stroke(at, 3.0, Stroke::new(1.0, ink(theme.ink3)));
            }
        }
        // The other half belongs to the experts.
        let spot = whole.with_max_x(places.links.center());
        let response = ui.interact(spot, ui.scope_id().with(("byte", row)), Sense::click());
        let words = line.words(byte, ids);
        response.widget_info(|| {
            eframe::egui::WidgetInfo::selected(eframe::egui::Role::Button, true, view.is_kept(line.token), &words)
        });
        if response.hovered() || response.has_focus() {
            view.hover_token(line.token);
        }
        if response.clicked() {
            view.keep_token(line.token);
        }
    }
}

/// The router's probabilities as small bars: in colour what it picked, underlined in violet what won.
fn p_ui(
    ui: &Ui,
    places: &ScenePlaces,
    line: &scene::Line,
    y: f32,
    (ids, lights): (&[ExpertId], Lights),
    view: &ViewState,
) {
    let theme = theme::of(ui);
    let pitch = places.p.span() / line.p.len().max(1) as f32;
    let tall = places.pitch - 4.0;
    let top = line.p.iter().copied().fold(1e-6f32, f32::max).max(0.3);
    for (slot, &p) in line.p.iter().enumerate() {
        let x = places.p.min + pitch * slot as f32;
        let height = (tall * p / top).max(1.0);
        let base = y + tall / 2.0;
        let bar = Rect::from_min_max(pos2(x, base - height), pos2(x + (pitch - 1.0).max(0.6), base));
        let id = ids[slot];
        let picked = line.picked.contains(&(slot as u16));
        let color = if picked { theme.expert(id).gamma_multiply(view.strength(id)) } else { theme.track };
        ui.painter().rect_filled(bar, 0, color.gamma_multiply(lights.router));
        if line.won.contains(&(slot as u16)) {
            let under = Rect::from_min_size(pos2(x, base + 0.5), vec2((pitch - 1.0).max(0.6), 1.6));
            ui.painter().rect_filled(under, 0, theme.violet.gamma_multiply(lights.competition));
        }
    }
}

/// Discs by load, rings by wins.
fn experts_ui(
    ui: &mut Ui,
    places: &ScenePlaces,
    flow: &Flow,
    (ids, lights): (&[ExpertId], Lights),
    view: &mut ViewState,
) {
    let theme = theme::of(ui);
    let even = 1.0 / ids.len() as f32;
    let font = fonts::regular(size::CAPTION);
    for (slot, &id) in ids.iter().enumerate() {
        let at = places.disc(slot);
        let of_expert = view.strength(id);
        let (strength, of_ring) = (of_expert * lights.experts, of_expert * lights.competition);
        // Area is the share; an even one fills three fifths of the place.
        let radius = |share: f32| {
            paint::radius_of_area(places.disc_radius * 0.78, share / even).clamp(1.0, places.disc_radius * 1.25)
        };
        let (disc, ring) = (radius(flow.load[slot]), radius(flow.wins[slot]));
        if view.lit() == Some(id) {
            ui.painter().circle_filled(at, disc.max(ring) + 4.0, theme.raised);
        }
        ui.painter().circle_filled(at, disc, theme.expert(id).gamma_multiply(strength));
        let pen = Stroke::new(if places.disc_radius > 6.0 { 1.8 } else { 1.0 }, theme.violet.gamma_multiply(of_ring));
        let ring = ring.max(disc * 0.4) + 0.5;
        if flow.wins[slot].is_finite() {
            ui.painter().circle_stroke(at, ring, pen);
        }
        let number = (places.disc_radius > 6.5).then(|| number_ui(ui, at, (disc, ring), id, strength));
        if places.shares > 60.0 && places.disc_radius > 4.5 {
            let text = |share: f32| numbers::fixed(f64::from(share) * 100.0, 1);
            let ink = theme.ink.gamma_multiply(of_expert.max(0.5) * lights.experts);
            let p = ui.painter();
            p.text(pos2(places.load_x(), at.y), Align2::RIGHT_CENTER, text(flow.load[slot]), font.clone(), ink);
            let violet = theme.violet.gamma_multiply(of_expert.max(0.5) * lights.competition);
            p.text(pos2(places.wins_x(), at.y), Align2::RIGHT_CENTER, text(flow.wins[slot]), font.clone(), violet);
        }
        let half = (places.table_height() / ids.len() as f32 / 2.0).max(2.0);
        let mut spot = Rect::from_center_size(at, vec2(places.disc_radius * 2.6, half * 2.0));
        spot.max.x = number.map_or(spot.max.x, |end| spot.max.x.max(end));
        let response = ui.interact(spot, ui.scope_id().with(("disc", id.0)), Sense::click());
        let say = if view.is_in_batch() { words::batch_shares } else { words::shares };
        let words = say(id, flow.load[slot], flow.wins[slot], even);
        response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Button, true, &words));
        if response.hovered() || response.has_focus() {
            view.hover(id);
        }
        if response.clicked() {
            view.keep(id);
        }
        response.on_hover_text_at_pointer(words);
    }
}

/// An expert's number: on its disc, or beside it where the disc is too small to stand behind it or the ring would cross
/// it. Returns its right end.
fn number_ui(ui: &Ui, at: Pos2, (disc, ring): (f32, f32), id: ExpertId, strength: f32) -> f32 {
    let theme = theme::of(ui);
    let font = fonts::strong(size::CAPTION);
    let number = |ink: Color32| ui.painter().layout_no_wrap(id.to_string(), font.clone(), ink);
    let ink = theme.on_expert(id, strength);
    let galley = number(ink);
    // Digits are less high than their line.
    let reach = vec2(galley.size().x, galley.size().y * 0.62).length() / 2.0;
    if reach <= disc && reach <= ring {
        let right = at.x + galley.size().x / 2.0;
        ui.painter().galley(at - galley.size() / 2.0, galley, ink);
        return right;
    }
    let galley = number(theme.ink.gamma_multiply(strength.max(0.6)));
    let left = at.x + disc.max(ring) + 3.0;
    let right = left + galley.size().x;
    ui.painter().galley(pos2(left, at.y - galley.size().y / 2.0), galley, theme.ink);
    right
}

/// What the signs mean, and how many winners were predicted.
fn foot_ui(ui: &Ui, rect: Rect, flow: &Flow, view: &ViewState) {
    let theme = theme::of(ui);
    let (font, y) = (fonts::regular(size::CAPTION), rect.center().y);
    let said = if flow.predicted.1 > 0 {
        words::predicted(flow.predicted.0, flow.predicted.1)
    } else {
        words::NO_COMPETITION.said().to_owned()
    };
    let right = pos2(rect.right(), y);
    let counted =
        paint::text_in(ui, right, Align2::RIGHT_CENTER, &said, fonts::strong(size::CAPTION), theme.ink, 160.0);
    let dashed = if view.by_winners { words::DASHED } else { words::CROSS };
    let mut x = rect.left();
    for (sign, words) in [words::DISC, words::RING, words::RIBBON, dashed].into_iter().enumerate() {
        let room = counted.left() - 14.0 - x - 16.0;
        let Some(words) = paint::fitting(ui, &words.map(FixedText::said), &font, room) else { break };
        let at = pos2(x + 6.0, y);
        match sign {
            0 => {
                ui.painter().circle_filled(at, 4.0, theme.ink3);
            }
            1 => icons::ring(ui.painter(), at, 4.0, theme),
            2 => {
                let ends = [at - vec2(6.0, 0.0), at + vec2(6.0, 0.0)];
                ui.painter().line_segment(ends, Stroke::new(3.0, theme.ink3));
            }
            _ if view.by_winners => {
                let pen = Stroke::new(1.2, theme.ink3);
                paint::dashed(ui.painter(), at - vec2(6.0, 0.0), at + vec2(6.0, 0.0), pen);
            }
            _ => links::cross(ui.painter(), at, Stroke::new(1.2, theme.violet)),
        }
        let at = pos2(x + 16.0, y);
        let text = paint::text_in(ui, at, Align2::LEFT_CENTER, words, font.clone(), theme.ink3, room + 1.0);
        x = text.right() + 18.0;
    }
    paint::say(ui, rect, "flow-foot", &words::foot(view.by_winners, &said));
}
