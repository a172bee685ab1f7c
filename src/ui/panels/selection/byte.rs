//! One byte of the probe: what the router and the competition say of it, and what other routes would have cost.

use eframe::egui::{Align2, Rect, Stroke, StrokeKind, Ui, pos2, vec2};

use super::{Column, known};
use crate::domain::measures::agreement::ResponseSums;
use crate::domain::roster::ExpertId;
use crate::run::{Command, Snapshot};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::cards;
use crate::ui::panels::stage::text;
use crate::ui::view::derived::listed_slots;
use crate::ui::view::state::SeenLayer;
use crate::ui::view::watched::trains;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{self, selection};

/// Experts listed one by one at most.
const LISTED: usize = 12;

pub(super) fn byte_ui(
    ui: &mut Ui,
    column: &mut Column,
    shot: &Snapshot,
    sight: &mut ViewState,
    token: usize,
    out: &mut Outbox,
) {
    let Some(seen) = sight.seen(shot) else { return };
    head_ui(ui, column, &seen, token);
    context_ui(ui, column, &seen, token);
    bars_ui(ui, column, &seen, token, sight);
    chosen_ui(ui, column, &seen, token);
    kept_ui(ui, column, &seen, token);
    let loss = seen.probe.losses.get(token).map(|&loss| f64::from(loss));
    column.fact(ui, selection::BYTE_LOSS.said(), &selection::nats(&known(loss, 3)), || {
        cards::one::byte_loss(loss, shot, sight)
    });
    routes_ui(ui, column, shot, sight, &seen, token, out);
}

fn head_ui(ui: &Ui, column: &mut Column, seen: &SeenLayer<'_>, token: usize) {
    let theme = theme::of(ui);
    let rect = column.take(30.0);
    let y = rect.center().y;
    let byte = seen.probe.items.bytes()[token];
    let title = fonts::strong(size::TITLE);
    let word =
        paint::text_in(ui, pos2(rect.left(), y), Align2::LEFT_CENTER, selection::BYTE.said(), title, theme.ink, 60.0);
    let first = seen.roster.slots[usize::from(seen.layer.choices.picks(token)[0])];
    let chip = Rect::from_center_size(pos2(word.right() + 18.0, y), vec2(20.0, 18.0));
    ui.painter().rect_filled(chip, 4, theme.expert(first));
    let mono = fonts::mono(size::BODY);
    ui.painter().text(chip.center(), Align2::CENTER_CENTER, text::glyph(byte), mono, theme.on_expert(first, 1.0));
    let context = seen.probe.context.max(1);
    let words = selection::byte_place(byte, token / context, token % context);
    let at = pos2(chip.right() + 10.0, y);
    let font = fonts::regular(size::CAPTION);
    paint::text_in(ui, at, Align2::LEFT_CENTER, &words, font, theme.ink3, rect.right() - at.x);
    paint::say(ui, rect, "byte-head", &selection::byte_head(&words::flow::byte_name(byte), &words));
}

/// The byte in its line.
fn context_ui(ui: &Ui, column: &mut Column, seen: &SeenLayer<'_>, token: usize) {
    let theme = theme::of(ui);
    let rect = column.take(24.0);
    let field = rect.shrink2(vec2(0.0, 2.0));
    ui.painter().rect_filled(field, 4, theme.field);
    let (font, pitch) = (fonts::mono(size::CAPTION), 6.6f32);
    let fit = ((field.width() - 12.0) / pitch) as usize;
    let context = seen.probe.context.max(1);
    let start = token / context * context;
    let from = token.saturating_sub(fit / 2).max(start);
    for (place, at) in (from..(from + fit).min(start + context).min(seen.probe.items.bytes().len())).enumerate() {
        let x = field.left() + 6.0 + pitch * (place as f32 + 0.5);
        let own = at == token;
        let ink = if own { theme.ink } else { theme.ink3 };
        let sign = match seen.probe.items.bytes()[at] {
            b' ' => ' ',
            byte => text::glyph(byte),
        };
        ui.painter().text(pos2(x, field.center().y), Align2::CENTER_CENTER, sign, font.clone(), ink);
        if own {
            let under = pos2(x - pitch / 2.0, field.bottom() - 2.0);
            ui.painter().rect_filled(Rect::from_min_size(under, vec2(pitch, 1.6)), 0, theme.ink);
        }
    }
}

/// The experts listed: all, or those that matter to this byte.
fn listed(seen: &SeenLayer<'_>, token: usize) -> Vec<usize> {
    let choices = &seen.layer.choices;
    let matter = choices.picks(token).iter().chain(choices.winners(token)).copied();
    listed_slots(choices.experts, LISTED, matter, |slot| f64::from(choices.p(token)[slot]))
}

fn bars_ui(ui: &mut Ui, column: &mut Column, seen: &SeenLayer<'_>, token: usize, sight: &mut ViewState) {
    let theme = theme::of(ui);
    let choices = &seen.layer.choices;
    let (p, s) = (choices.p(token), choices.s(token));
    let half = (column.width() - 28.0) / 2.0;
    {
        let rect = column.take(20.0);
        let font = fonts::regular(size::CAPTION);
        let at = |x: f32| pos2(x, rect.center().y);
        paint::text_in(
            ui,
            at(rect.left() + 28.0),
            Align2::LEFT_CENTER,
            selection::ROUTER_P.said(),
            font.clone(),
            theme.ink3,
            half,
        );
        let violet = theme.violet;
        paint::text_in(
            ui,
            at(rect.left() + 34.0 + half),
            Align2::LEFT_CENTER,
            selection::RESPONSE_S.said(),
            font,
            violet,
            half,
        );
    }
    let (low, high) = s.iter().fold((f32::MAX, f32::MIN), |(low, high), &v| (low.min(v), high.max(v)));
    // Responses lie close together: the bars show where each stands between nothing and the strongest.
    let floor = if low > 0.0 && low > 0.5 * high { low - (high - low) * 0.6 } else { low.min(0.0) };
    for slot in listed(seen, token) {
        let rect = column.take(19.0);
        let id = seen.roster.slots[slot];
        let strength = sight.strength(id);
        let (picked, won) =
            (choices.picks(token).contains(&(slot as u16)), choices.winners(token).contains(&(slot as u16)));
        let y = rect.center().y;
        paint::chip(ui.painter(), pos2(rect.left() + 9.0, y), 15.0, id, theme, strength);
        let places = [
            (p[slot], p[slot].clamp(0.0, 1.0), picked, 2),
            (s[slot], (s[slot] - floor) / (high - floor).max(1e-9), won, 3),
        ];
        for (side, (value, share, chosen, decimals)) in places.into_iter().enumerate() {
            let left = rect.left() + 28.0 + (half + 6.0) * side as f32;
            let bar = Rect::from_min_size(pos2(left, y - 4.0), vec2(half - 46.0, 8.0));
            ui.painter().rect_filled(bar, 2, theme.track.gamma_multiply(0.7));
            let fill = match (side, chosen) {
                (0, true) => theme.ink,
                (0, false) => theme.ink3.gamma_multiply(0.6),
                (_, true) => theme.violet,
                (_, false) => theme.violet_dim,
            };
            let wide = bar.width() * if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
            ui.painter().rect_filled(Rect::from_min_size(bar.min, vec2(wide, 8.0)), 2, fill.gamma_multiply(strength));
            let font = if chosen { fonts::strong(size::CAPTION) } else { fonts::regular(size::CAPTION) };
            let ink = if chosen { theme.ink } else { theme.ink3 };
            let at = pos2(left + half - 6.0, y);
            // A probability that is all but nothing is that; a response may be of any size.
            let value = f64::from(value);
            let value = if side == 0 { numbers::fixed(value, decimals) } else { numbers::fit(value, decimals, 6) };
            paint::value_in(ui, at, Align2::RIGHT_CENTER, &value, font, ink, 40.0);
        }
        let words = selection::byte_expert(id, p[slot], s[slot], picked, won);
        let response = paint::say(ui, rect, ("byte-expert", slot), &words);
        if response.hovered() {
            sight.hover(id);
        }
    }
}

/// Who was wanted, and who won: side by side, or below each other where they are many.
fn chosen_ui(ui: &Ui, column: &mut Column, seen: &SeenLayer<'_>, token: usize) {
    let choices = &seen.layer.choices;
    let (picks, winners) = (choices.picks(token), choices.winners(token));
    let rect = column.take(28.0);
    let end = chosen_row_ui(ui, rect, (selection::ROUTER_WANTED.said(), picks, false), seen);
    if picks.len() + winners.len() <= 4 {
        chosen_row_ui(ui, rect.with_min_x(end), (selection::WON.said(), winners, true), seen);
    } else {
        let rect = column.take(28.0);
        chosen_row_ui(ui, rect, (selection::WON.said(), winners, true), seen);
    }
}

/// A name and as many experts as there is room for, ringed if they won. Returns where they end.
fn chosen_row_ui(ui: &Ui, rect: Rect, (name, slots, ringed): (&str, &[u16], bool), seen: &SeenLayer<'_>) -> f32 {
    let theme = theme::of(ui);
    let font = fonts::regular(size::BODY);
    let name =
        paint::text_in(ui, rect.left_center(), Align2::LEFT_CENTER, name, font.clone(), theme.ink2, rect.width());
    let mut at = pos2(name.right() + 18.0, rect.center().y);
    for (place, &slot) in slots.iter().enumerate() {
        let left = slots.len() - place;
        // The last place is kept for how many more there are.
        if at.x + if left > 1 { 40.0 } else { 12.0 } > rect.right() {
            let more = format!("+{left}");
            paint::text_in(ui, at - vec2(8.0, 0.0), Align2::LEFT_CENTER, &more, font, theme.ink2, 40.0);
            break;
        }
        paint::chip(ui.painter(), at, 15.0, seen.roster.slots[usize::from(slot)], theme, 1.0);
        if ringed {
            let frame = Rect::from_center_size(at, vec2(20.0, 18.0));
            ui.painter().rect_stroke(frame, 4, Stroke::new(1.5, theme.violet), StrokeKind::Outside);
        }
        at.x += 25.0;
    }
    at.x
}

/// How much of the winners' response the router keeps.
fn kept_ui(ui: &Ui, column: &mut Column, seen: &SeenLayer<'_>, token: usize) {
    let choices = &seen.layer.choices;
    let value = ResponseSums::of(choices, token).captured().map_or(words::UNKNOWN.into(), numbers::percent);
    let rect = column.line(ui, selection::RESPONSE_KEPT.said(), &value);
    let response = paint::say(ui, rect, "response-kept", &selection::response_kept(&value));
    cards::explain(response, || cards::one::kept(choices, token));
}

/// Other routes, if they were asked for.
fn routes_ui(
    ui: &mut Ui,
    column: &mut Column,
    shot: &Snapshot,
    sight: &ViewState,
    seen: &SeenLayer<'_>,
    token: usize,
    out: &mut Outbox,
) {
    let theme = theme::of(ui);
    let found = shot.newest.counterfactual.as_ref().filter(|found| {
        sight.is_live() && (found.layer, found.token) == (sight.layer, token) && !found.routes.is_empty()
    });
    let Some(found) = found else {
        let rect = column.take(34.0);
        let button = Rect::from_min_size(rect.min + vec2(0.0, 6.0), vec2(rect.width(), 26.0));
        let press = Press::words(selection::TRY_ROUTES.said())
            .look(Look::Raised)
            .enabled(sight.is_live() && trains(shot))
            .size(size::BODY);
        let response = press.show(ui, button);
        if response.clicked() {
            out.push(Command::Explain { layer: sight.layer, token });
        }
        response.on_hover_text(words::ROUTES.said());
        return;
    };
    let regret = found.regret();
    let of = selection::routes_tried(found.routes.len(), found.all);
    let value = selection::nats(&known(regret, 3));
    let rect = column.line(ui, selection::REGRET.said(), &value);
    let response = paint::say(ui, rect, "regret", &selection::regret(&value, &of));
    cards::explain(response, || cards::one::regret(found));
    let best = found.routes.iter().enumerate().take(3);
    let taken = found.routes.get(found.taken).map(|route| (found.taken, route)).filter(|(place, _)| *place >= 3);
    for (place, (route, loss)) in best.chain(taken) {
        let rect = column.take(19.0);
        let y = rect.center().y;
        let font = fonts::regular(size::CAPTION);
        let own = place == found.taken;
        let rank = format!("{}.", place + 1);
        paint::text_in(ui, pos2(rect.left() + 2.0, y), Align2::LEFT_CENTER, &rank, font.clone(), theme.ink3, 26.0);
        let mut x = rect.left() + 40.0;
        for &slot in route.iter().take(6) {
            let id: Option<&ExpertId> = seen.roster.slots.get(usize::from(slot));
            if let Some(&id) = id {
                paint::chip(ui.painter(), pos2(x, y), 14.0, id, theme, 1.0);
            }
            x += 22.0;
        }
        if own {
            paint::text_in(
                ui,
                pos2(x, y),
                Align2::LEFT_CENTER,
                selection::TAKEN.said(),
                font.clone(),
                theme.ink2,
                60.0,
            );
        }
        let value = numbers::fixed(f64::from(*loss), 3);
        ui.painter().text(
            pos2(rect.right(), y),
            Align2::RIGHT_CENTER,
            value,
            font,
            if own { theme.ink } else { theme.ink2 },
        );
    }
}
