//! What changed since the checkpoint that this one is compared with: tokens that moved, who gave to whom, how far the weights went,
//! measures then and now, and all of it in words.

use eframe::egui::text::{CCursor, LayoutJob, TextFormat, TextWrapping};
use eframe::egui::{Align2, CursorIcon, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::InspectedSight;
use super::flows::{far_ui, flows_ui};
use crate::inspect::{ChangeVerdict, MeasureChange};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::tile;
use crate::ui::view::inspected::changes::SeenChanges;
use crate::ui::view::inspected::{InspectedView, name};
use crate::ui::words::{self, inspected_changes as inspected};
use crate::words::{change_verdict, compared_measure, measured_on};

/// Most layers whose shares stand side by side with their numbers.
const NUMBERED: usize = 4;
/// Heights of the parts.
const SHARES: f32 = 44.0;
const MOVED: f32 = 96.0;
const FLOWS: f32 = 250.0;
const ROW: f32 = 21.0;

/// Draws all of it over `rect`, scrolled where it has no room.
pub(super) fn changes_ui(ui: &mut Ui, rect: Rect, sight: InspectedSight<'_>, view: &mut InspectedView) {
    let Some(changes) = &sight.seen.changes else {
        let why = match (&sight.of.then, &sight.of.work) {
            (None, _) => inspected::COMPARED_WITH_NONE.said(),
            (Some(_), Some(_)) => inspected::COMPARING.said(),
            (Some(_), None) => inspected::NOT_COMPARED.said(),
        };
        return tile::empty(ui, rect, why);
    };
    paint::within(ui, rect, "changes", |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 8.0;
            ui.set_width(rect.width() - 10.0);
            let part =
                |ui: &mut Ui, height: f32| ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover()).0;
            if changes.share.is_some() {
                headline_ui(ui, changes);
                let numbered = changes.shares.len() <= NUMBERED;
                let spot = part(ui, if numbered { ROW } else { SHARES });
                shares_ui(ui, spot, changes, view);
                let spot = part(ui, MOVED);
                moved_ui(ui, spot, sight, view);
            }
            let spot = part(ui, FLOWS);
            let (left, right) = spot.split_left_right_at_fraction(if sight.seen.flows.is_some() { 0.55 } else { 0.0 });
            if let Some(flows) = &sight.seen.flows {
                flows_ui(ui, left.with_max_x(left.right() - 12.0), flows, view);
            }
            far_ui(ui, right, sight, view);
            measures_ui(ui, sight, view);
            for sentence in &changes.said {
                ui.label(eframe::egui::RichText::new(sentence).color(theme::of(ui).ink2));
            }
        });
    });
}

/// The share of tokens that moved, beside chance.
fn headline_ui(ui: &mut Ui, changes: &SeenChanges) {
    let spot = ui.allocate_exact_size(vec2(ui.available_width(), 58.0), Sense::hover()).0;
    let unknown = || words::UNKNOWN.said().to_owned();
    let share = changes.share.map_or_else(unknown, numbers::percent);
    let chance = inspected::by_chance(&changes.chance.map_or_else(unknown, numbers::percent));
    tile::headline(ui, spot.min, &share, inspected::moved_unit(), &chance, spot.width());
    paint::say(ui, spot, "share", &inspected::share_said(&share, &chance)).on_hover_text(inspected::about_moved());
}

/// The share of each layer: few with their numbers, many as columns; a press chooses the layer.
fn shares_ui(ui: &mut Ui, rect: Rect, changes: &SeenChanges, view: &mut InspectedView) {
    let theme = theme::of(ui);
    let count = changes.shares.len().max(1);
    let wide = rect.width() / count as f32;
    let most = changes.shares.iter().flatten().copied().fold(1e-9, f64::max);
    for (place, share) in changes.shares.iter().enumerate() {
        let spot = Rect::from_min_size(pos2(rect.left() + wide * place as f32, rect.top()), vec2(wide, rect.height()));
        let chosen = view.choice.layer == place;
        let told = share.map_or(words::UNKNOWN.into(), numbers::percent);
        let said = inspected::layer_moved(place, &told);
        let response = ui.interact(spot, ui.scope_id().with(("share", place)), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &said));
        let part = share.map_or(0.0, |share| share / most);
        let ink = if chosen || response.hovered() { theme.ink } else { theme.ink3 };
        if count <= NUMBERED {
            let y = spot.top() + 10.0;
            let font = if chosen { fonts::strong(size::BODY) } else { fonts::regular(size::BODY) };
            let short = words::layer_short(place);
            let label =
                paint::text_in(ui, pos2(spot.left(), y), Align2::LEFT_CENTER, &short, font.clone(), theme.ink2, 40.0);
            let at = pos2(spot.right() - 12.0, y);
            let number = paint::value_in(ui, at, Align2::RIGHT_CENTER, &told, font, theme.ink, wide * 0.5);
            let bar = Rect::from_min_max(pos2(label.right() + 6.0, y - 3.0), pos2(number.left() - 6.0, y + 3.0));
            if bar.width() > 8.0 {
                paint::floor_bar(ui.painter(), bar, part, None, ink, theme);
            }
        } else {
            let gap = if wide > 5.0 { 1.0 } else { 0.0 };
            let column = spot.shrink2(vec2(gap, 0.0));
            ui.painter().rect_filled(column, 1, theme.track);
            ui.painter().rect_filled(column.with_min_y(spot.bottom() - spot.height() * part as f32), 1, ink);
        }
        if response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(said).clicked() {
            view.choice.layer = place;
        }
    }
}

/// The text with the tokens that moved: above them the colour of their first expert then, below that of now.
fn moved_ui(ui: &mut Ui, rect: Rect, sight: InspectedSight<'_>, view: &InspectedView) {
    let theme = theme::of(ui);
    let title = inspected::tokens_moved(view.choice.layer);
    paint::text_in(ui, rect.min, Align2::LEFT_TOP, &title, fonts::strong(size::BODY), theme.ink, rect.width());
    let text: &str = &sight.of.text.routed_of;
    let body = paint::sound(rect.with_min_y(rect.top() + 20.0));
    let font = fonts::mono(size::TITLE);
    let plain = TextFormat { font_id: font, color: theme.ink3, line_height: Some(24.0), ..TextFormat::default() };
    let lit = TextFormat { color: theme.ink, ..plain.clone() };
    let mut job = LayoutJob { wrap: TextWrapping::wrap_at_width(body.width() - 12.0), ..LayoutJob::default() };
    let mut marks = Vec::new();
    let (mut done, mut letters) = (0, 0);
    for token in &sight.seen.tokens {
        let Some(span) = token.span.clone().filter(|span| span.start >= done) else { continue };
        let (Some(before), Some(piece)) = (text.get(done..span.start), text.get(span.clone())) else { continue };
        let moved = token.then.is_some() && token.then != token.first;
        if !before.is_empty() {
            job.append(before, 0.0, plain.clone());
        }
        job.append(piece, 0.0, if moved { lit.clone() } else { plain.clone() });
        letters += before.chars().count();
        let begin = letters;
        letters += piece.chars().count();
        if let (true, Some(then), Some(now)) = (moved, token.then, token.first) {
            marks.push((begin, letters, then, now));
        }
        done = span.end;
    }
    let galley = ui.painter().layout_job(job);
    paint::within(ui, body, "moved", |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let place = ui.allocate_exact_size(galley.size(), Sense::hover()).0;
            for (begin, end, then, now) in marks {
                let [from, to] = [begin, end].map(|at| galley.pos_from_cursor(CCursor::new(at)));
                // A token that is broken over two lines is marked where it begins.
                let right = if to.top() > from.top() { from.left() + 8.0 } else { to.left() };
                let spot = Rect::from_min_max(from.min, pos2(right, from.bottom())).translate(place.min.to_vec2());
                let strip = |top: f32| Rect::from_min_size(pos2(spot.left(), top), vec2(spot.width().max(3.0), 3.5));
                let color = |expert: usize| theme.expert(name(expert)).gamma_multiply(view.strength(expert));
                ui.painter().rect_filled(strip(spot.center().y - 10.5), 0, color(then));
                ui.painter().rect_filled(strip(spot.center().y + 7.5), 0, color(now));
            }
            ui.painter().galley(place.min, galley.clone(), theme.ink3);
        });
    });
    paint::say(ui, rect.with_max_y(body.top()), "moved-title", &title)
        .on_hover_text(inspected::ABOUT_TOKENS_MOVED.said());
}

/// Measures then and now: those of the whole model, and of the layer that is chosen.
fn measures_ui(ui: &mut Ui, sight: InspectedSight<'_>, view: &InspectedView) {
    let Some(difference) = &sight.of.difference else { return };
    let key = sight.seen.layer(&view.choice).map(|layer| layer.key.as_str());
    let shown: Vec<&MeasureChange> =
        difference.measures().iter().filter(|change| change.layer().is_none() || change.layer() == key).collect();
    if shown.is_empty() {
        return;
    }
    let theme = theme::of(ui);
    let height = ROW * (shown.len() + 1) as f32;
    let rect = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover()).0;
    let ends = [0.58, 0.72, 0.86, 1.0].map(|share| rect.left() + rect.width() * share);
    let small = fonts::regular(size::CAPTION);
    let heads = [inspected::THEN, inspected::NOW, inspected::CHANGE];
    let y = rect.top() + ROW / 2.0;
    paint::text_in(
        ui,
        pos2(rect.left(), y),
        Align2::LEFT_CENTER,
        &inspected::MEASURE,
        small.clone(),
        theme.ink3,
        120.0,
    );
    for (head, end) in heads.iter().zip(ends) {
        paint::text_in(ui, pos2(end, y), Align2::RIGHT_CENTER, head, small.clone(), theme.ink3, 70.0);
    }
    for (place, change) in shown.iter().enumerate() {
        let y = y + ROW * (place + 1) as f32;
        let row = Rect::from_center_size(pos2(rect.center().x, y), vec2(rect.width(), ROW));
        let shown = format!("{} · {}", compared_measure(change.measure()), measured_on(change.on()));
        let named = match change.layer() {
            Some(_) => inspected::in_layer(&shown, view.choice.layer),
            None => shown.clone(),
        };
        let font = fonts::regular(size::BODY);
        let room = ends[0] - rect.left() - 60.0;
        paint::text_in(ui, pos2(rect.left(), y), Align2::LEFT_CENTER, &shown, font.clone(), theme.ink2, room);
        let digits = if change.measure().is_count() { 0 } else { 2 };
        let [then, now] = [change.then(), change.now()].map(|value| numbers::fit(value, digits, 7));
        let by = numbers::signed(change.now() - change.then(), digits);
        let verdict = change_verdict(change.verdict());
        let ink = match change.verdict() {
            ChangeVerdict::Better => theme.ok,
            ChangeVerdict::Worse => theme.amber,
            ChangeVerdict::Neither => theme.ink3,
        };
        let cells =
            [(&then, font.clone(), theme.ink3), (&now, fonts::strong(size::BODY), theme.ink), (&by, font.clone(), ink)];
        for ((text, font, ink), end) in cells.into_iter().zip(ends) {
            paint::value_in(ui, pos2(end, y), Align2::RIGHT_CENTER, text, font, ink, 62.0);
        }
        paint::text_in(ui, pos2(ends[3], y), Align2::RIGHT_CENTER, verdict, font, ink, 60.0);
        paint::say(ui, row, ("measure", place), &inspected::measure_said(&named, &then, &now, verdict));
    }
}
