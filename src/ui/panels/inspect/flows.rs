//! Who gave tokens to whom between two checkpoints, as ribbons; and how far each expert's weights went.

use eframe::egui::{Align2, Color32, Mesh, Rect, Shape, Ui, pos2, vec2};

use super::InspectedSight;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::view::inspected::changes::LayerFlows;
use crate::ui::view::inspected::{InspectedView, name};
use crate::ui::words::{self, inspected_changes as inspected};

/// Height of a heading, and of the words below the ribbons.
const HEAD: f32 = 22.0;
const FOOT: f32 = 18.0;
/// Pieces of a ribbon.
const PIECES: usize = 20;
/// Height of a bar of the weights.
const ROW: f32 = 21.0;

/// Draws the ribbons from givers at the left to takers at the right.
pub(super) fn flows_ui(ui: &mut Ui, rect: Rect, flows: &LayerFlows, view: &mut InspectedView) {
    let theme = theme::of(ui);
    let title = inspected::GAVE.said();
    let head =
        paint::text_in(ui, rect.min, Align2::LEFT_TOP, title, fonts::strong(size::BODY), theme.ink, rect.width());
    let caption = inspected::of_tokens(flows.tokens.0, flows.tokens.1);
    let at = pos2(head.right() + 8.0, rect.top() + 1.0);
    paint::text_in(ui, at, Align2::LEFT_TOP, &caption, fonts::regular(size::CAPTION), theme.ink3, rect.right() - at.x);
    let body = paint::sound(rect.with_min_y(rect.top() + HEAD).with_max_y(rect.bottom() - FOOT));
    let all: u32 = flows.gave.iter().sum();
    let (left, right) = (body.left() + 26.0, body.right() - 66.0);
    if all == 0 || right - left < 40.0 || body.height() < 40.0 {
        let font = fonts::regular(size::BODY);
        paint::text_in(
            ui,
            body.center(),
            Align2::CENTER_CENTER,
            &inspected::NONE_MOVED,
            font,
            theme.ink3,
            body.width(),
        );
        return;
    }
    let gap = (body.height() * 0.25 / flows.experts.len() as f32).min(6.0);
    let unit = (body.height() - gap * flows.experts.len() as f32) / all as f32;
    let stack = |counts: &[u32]| {
        let mut top = body.top();
        let begin = |count: &u32| {
            let at = top;
            top += *count as f32 * unit + gap;
            at
        };
        counts.iter().map(begin).collect::<Vec<f32>>()
    };
    let (gave, took) = (stack(&flows.gave), stack(&flows.took));
    let (mut from, mut to) = (gave.clone(), took.clone());
    for &(giver, taker, tokens) in &flows.ribbons {
        let high = tokens as f32 * unit;
        let id = name(flows.experts[giver]);
        let lit = view.lit().is_none_or(|lit| lit == flows.experts[giver] || lit == flows.experts[taker]);
        let color = theme.expert(id).gamma_multiply(if lit { 0.42 } else { 0.1 });
        ribbon(ui, [left + 6.0, right - 6.0], [from[giver], to[taker]], high, color);
        from[giver] += high;
        to[taker] += high;
    }
    for (place, &expert) in flows.experts.iter().enumerate() {
        let (id, strength) = (name(expert), view.strength(expert));
        let sides = [(left, gave[place], flows.gave[place]), (right - 6.0, took[place], flows.took[place])];
        for (x, top, count) in sides {
            let bar = Rect::from_min_size(pos2(x, top), vec2(6.0, count as f32 * unit));
            paint::fill_expert(ui.painter(), bar, 0, id, theme, strength);
        }
        let middle = |top: f32, count: u32| top + count as f32 * unit / 2.0;
        if flows.gave[place] > 0 {
            let at = pos2(left - 13.0, middle(gave[place], flows.gave[place]));
            paint::chip(ui.painter(), at, 13.0, id, theme, strength);
        }
        let y = middle(took[place], flows.took[place]);
        paint::chip(ui.painter(), pos2(right + 14.0, y), 13.0, id, theme, strength);
        let net = numbers::signed(flows.net[place] as f64, 0);
        let font = fonts::regular(size::CAPTION);
        paint::value_in(ui, pos2(body.right(), y), Align2::RIGHT_CENTER, &net, font, theme.ink2, 36.0);
        let spot = Rect::from_center_size(pos2(right + 30.0, y), vec2(72.0, 15.0));
        let said = inspected::gave_and_took(id, flows.gave[place], flows.took[place], &net);
        let response = paint::say(ui, spot, ("flow", place), &said);
        if response.hovered() {
            view.hover(expert);
        }
        response.on_hover_text(said);
    }
    let small = fonts::regular(size::TICK);
    let y = rect.bottom() - 6.0;
    let feet = [
        (left, Align2::CENTER_CENTER, inspected::FOOT_GAVE),
        (right, Align2::CENTER_CENTER, inspected::FOOT_TOOK),
        (body.right(), Align2::RIGHT_CENTER, inspected::FOOT_NET),
    ];
    for (x, align, words) in feet {
        paint::text_in(ui, pos2(x, y), align, &words, small.clone(), theme.ink3, 60.0);
    }
}

/// A band of one height that bends from one side to the other.
fn ribbon(ui: &Ui, [left, right]: [f32; 2], [from, to]: [f32; 2], high: f32, color: Color32) {
    let mut mesh = Mesh::default();
    for piece in 0..=PIECES {
        let part = piece as f32 / PIECES as f32;
        let bent = part * part * (3.0 - 2.0 * part);
        let (x, y) = (left + (right - left) * part, from + (to - from) * bent);
        mesh.colored_vertex(pos2(x, y), color);
        mesh.colored_vertex(pos2(x, y + high.max(0.6)), color);
        if piece > 0 {
            let next = 2 * piece as u32;
            mesh.add_triangle(next - 2, next - 1, next);
            mesh.add_triangle(next - 1, next, next + 1);
        }
    }
    ui.painter().add(Shape::mesh(mesh));
}

/// How far the weights of each expert went, and the router: where not all have room, those that went farthest.
pub(super) fn far_ui(ui: &mut Ui, rect: Rect, sight: InspectedSight<'_>, view: &mut InspectedView) {
    let theme = theme::of(ui);
    let title = inspected::HOW_FAR.said();
    let head =
        paint::text_in(ui, rect.min, Align2::LEFT_TOP, title, fonts::strong(size::BODY), theme.ink, rect.width());
    paint::say(ui, head, "far", title).on_hover_text(inspected::ABOUT_HOW_FAR.said());
    let layer = sight.seen.layer(&view.choice).and_then(|layer| layer.compared);
    let Some(layer) = layer.and_then(|place| sight.of.difference.as_ref()?.layers().get(place)) else { return };
    let mut rows: Vec<(usize, f64)> = layer
        .experts()
        .iter()
        .filter_map(|expert| Some((expert.now(), expert.whole().filter(|far| far.is_finite())?)))
        .collect();
    let fits = ((rect.height() - HEAD - ROW) / ROW).max(0.0) as usize;
    if rows.len() > fits {
        rows.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        rows.truncate(fits);
    }
    let most = rows.iter().map(|row| row.1).chain(layer.router()).fold(1e-12, f64::max);
    let line = |place: usize| rect.top() + HEAD + ROW * (place as f32 + 0.5);
    let bar_ui = |ui: &mut Ui, left: f32, y: f32, far: f64, fill: Color32| {
        let bar = Rect::from_min_max(pos2(left, y - 4.5), pos2(rect.right() - 54.0, y + 4.5));
        paint::floor_bar(ui.painter(), bar, far / most, None, fill, theme);
        let at = pos2(rect.right(), y);
        let font = fonts::regular(size::BODY);
        paint::value_in(ui, at, Align2::RIGHT_CENTER, &numbers::percent(far), font, theme.ink, 50.0);
    };
    for (place, &(expert, far)) in rows.iter().enumerate() {
        let (id, y, strength) = (name(expert), line(place), view.strength(expert));
        paint::chip(ui.painter(), pos2(rect.left() + 10.0, y), 14.0, id, theme, strength);
        bar_ui(ui, rect.left() + 28.0, y, far, theme.expert(id).gamma_multiply(strength));
        let spot = Rect::from_center_size(pos2(rect.center().x, y), vec2(rect.width(), ROW));
        let response = paint::say(ui, spot, ("far", place), &inspected::expert_far(id, &numbers::percent(far)));
        if response.hovered() {
            view.hover(expert);
        }
    }
    if let Some(far) = layer.router().filter(|far| far.is_finite()) {
        let y = line(rows.len()) + 2.0;
        let font = fonts::regular(size::BODY);
        let named =
            paint::text_in(ui, pos2(rect.left(), y), Align2::LEFT_CENTER, &inspected::ROUTER, font, theme.ink2, 60.0);
        bar_ui(ui, named.right() + 8.0, y, far, theme.ink2);
        let spot = Rect::from_center_size(pos2(rect.center().x, y), vec2(rect.width(), ROW));
        paint::say(ui, spot, "router-far", &words::named_value(&inspected::ROUTER, &numbers::percent(far)));
    }
}
