//! The text that a checkpoint routes: typed by hand, each token in the colour of its first expert, underlined where the competition
//! would have chosen another one.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{
    Align2, Checkbox, Color32, FontId, Rect, ScrollArea, Stroke, TextBuffer, TextEdit, Ui, UiBuilder, pos2, vec2,
};

use super::InspectedSight;
use crate::run::{InspectionCommand, TextTaken};
use crate::ui::kit::slider::{Reach, slider_ui};
use crate::ui::kit::theme::{self, Theme, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::Outbox;
use crate::ui::view::inspected::tokens::{SeenToken, counts};
use crate::ui::view::inspected::{InspectedView, export, name};
use crate::ui::view::outbox::Ask;
use crate::ui::words::{inspected, inspected_columns as columns};

/// Height of the counts below the text.
const COUNTS: f32 = 26.0;
/// Height of the switch and what it says.
const FOOT: f32 = 24.0;
/// Width of the choice of the layer.
const LAYER: f32 = 190.0;
/// Longest text that is taken, bytes.
const LONGEST: usize = 16 << 10;

/// Draws the tile.
pub(crate) fn text_ui(ui: &mut Ui, sight: InspectedSight<'_>, view: &mut InspectedView, out: &mut Outbox) {
    let rect = ui.max_rect();
    let beside = if rect.width() > 420.0 { LAYER + 10.0 } else { 0.0 };
    let about = inspected::about_text();
    let tile = Tile { title: &inspected::TEXT, caption: &inspected::TEXT_CAPTION, about, beside };
    let shown = tile.show_offering(ui, |ui, body| {
        if beside > 0.0 {
            layer_ui(ui, tile::beside(rect, LAYER, 24.0), sight, view);
        }
        let field = paint::sound(body.with_max_y(body.bottom() - COUNTS - FOOT - 8.0));
        field_ui(ui, field, sight, view, out);
        let below = field.bottom() + 6.0;
        counts_ui(ui, Rect::from_min_size(pos2(body.left(), below), vec2(body.width(), COUNTS)), sight, view);
        let foot = Rect::from_min_size(pos2(body.left(), below + COUNTS), vec2(body.width(), FOOT));
        foot_ui(ui, foot, sight, out);
    });
    shown.offer_file(ui, out, Some(view.choice.layer), || export::tokens(sight.of, sight.seen, view.choice.layer));
}

/// Which layer is shown.
fn layer_ui(ui: &mut Ui, rect: Rect, sight: InspectedSight<'_>, view: &mut InspectedView) {
    let theme = theme::of(ui);
    let count = sight.seen.layers.len();
    if count < 2 {
        return;
    }
    let font = fonts::regular(size::BODY);
    let y = rect.center().y;
    let label = paint::text_in(ui, rect.left_center(), Align2::LEFT_CENTER, &inspected::LAYER, font, theme.ink2, 60.0);
    let told = inspected::layer_of(view.choice.layer, count);
    let font = fonts::strong(size::BODY);
    let wide = paint::wide(ui, &inspected::layer_of(count.saturating_sub(1), count), font.clone());
    paint::text_in(ui, rect.right_center(), Align2::RIGHT_CENTER, &told, font, theme.ink, wide + 2.0);
    let track = Rect::from_min_max(pos2(label.right() + 12.0, y - 7.0), pos2(rect.right() - wide - 12.0, y + 7.0));
    if track.width() < 24.0 {
        return;
    }
    let mut value = (view.choice.layer + 1) as f64;
    let reach = Reach { low: 1.0, high: count as f64, finest: None, whole: true };
    let response = slider_ui(ui, track, &inspected::LAYER, reach, &mut value);
    if response.changed() {
        view.choice.layer = (value.round().max(1.0) as usize - 1).min(count - 1);
    }
    let key = sight.seen.layer(&view.choice).map_or("", |layer| layer.key.as_str());
    response.on_hover_text(inspected::about_layer(key));
}

/// The text itself.
fn field_ui(ui: &mut Ui, rect: Rect, sight: InspectedSight<'_>, view: &mut InspectedView, out: &mut Outbox) {
    let theme = theme::of(ui);
    let text = &sight.of.text;
    paint::boxed(ui.painter(), rect, theme::FIELD_RADIUS, theme.field, theme.line2);
    if let TextTaken::Nothing { why } = &text.takes {
        let said = inspected::no_text(&crate::words::reason(why));
        paint::paragraph(
            ui,
            rect.min + vec2(12.0, 10.0),
            &said,
            fonts::regular(size::BODY),
            theme.ink2,
            rect.width() - 24.0,
        );
        paint::say(ui, rect, "no-text", &said);
        return;
    }
    let hint = match &text.takes {
        TextTaken::Ids { why } => inspected::type_ids(&crate::words::reason(why)),
        _ => inspected::TYPE_HERE.said().to_owned(),
    };
    let mut typed = view.typed.clone().unwrap_or_else(|| text.typed.to_string());
    let tints = Tints { theme, sight, view, of: &text.routed_of };
    let mut layouter = |ui: &Ui, typed: &dyn TextBuffer, width: f32| {
        let job = tints.job(typed.as_str(), width);
        ui.painter().layout_job(job)
    };
    let mut hovered = None;
    let changed = paint::within(ui, rect.shrink2(vec2(11.0, 8.0)), "field", |ui| {
        let inner = ui.max_rect();
        ScrollArea::vertical()
            .auto_shrink(false)
            .show(ui, |ui| {
                let edit = TextEdit::multiline(&mut typed)
                    .layouter(&mut layouter)
                    .frame(eframe::egui::Frame::NONE)
                    .char_limit(LONGEST)
                    .hint_text(hint)
                    .min_size(inner.size())
                    .desired_width(inner.width());
                let shown = edit.show(ui);
                let response = shown.response.response.accessible_name(inspected::TEXT.said());
                let changed = response.changed();
                let under = response.hover_pos().map(|at| shown.galley.cursor_from_pos(at - shown.galley_pos).index.0);
                let seen = under.and_then(|letter| token_at(sight, shown.galley.text(), letter));
                if let Some(token) = seen {
                    hovered = token.first;
                    response.on_hover_text_at_pointer(token_said(token));
                }
                changed
            })
            .inner
    });
    if let Some(expert) = hovered {
        view.hover(expert);
    }
    if changed {
        out.ask(Ask::Inspect(InspectionCommand::Text(typed.clone())));
        view.typed = Some(typed);
    }
}

/// The token that stands before the letter with this number.
fn token_at<'a>(sight: InspectedSight<'a>, typed: &str, letter: usize) -> Option<&'a SeenToken> {
    let (at, _) = typed.char_indices().nth(letter)?;
    let same = same_bytes(typed, &sight.of.text.routed_of);
    sight
        .seen
        .tokens
        .iter()
        .find(|token| token.span.as_ref().is_some_and(|span| span.contains(&at) && span.end <= same))
}

/// A token of the text, as it is told.
fn token_said(token: &SeenToken) -> String {
    let Some(first) = token.first else { return inspected::nowhere(&token.piece) };
    let hue = columns::HUES[first % columns::HUES.len()].said();
    match token.winner {
        Some(winner) if Some(winner) != token.first => {
            inspected::token_lost(&token.piece, name(first), hue, name(winner))
        }
        Some(_) => inspected::token_won(&token.piece, name(first), hue),
        None => inspected::token(&token.piece, name(first), hue),
    }
}

/// How the tokens of a text are tinted.
struct Tints<'a> {
    theme: &'a Theme,
    sight: InspectedSight<'a>,
    view: &'a InspectedView,
    /// The text that was routed.
    of: &'a str,
}

impl Tints<'_> {
    /// The text with every routed token in the colour of its first expert. What was typed since is left plain.
    fn job(&self, typed: &str, width: f32) -> LayoutJob {
        let font = fonts::mono(size::STRIP);
        let mut job =
            LayoutJob { wrap: eframe::egui::text::TextWrapping::wrap_at_width(width), ..LayoutJob::default() };
        let plain = self.format(font.clone(), None, false);
        let same = same_bytes(typed, self.of);
        let mut done = 0;
        for token in &self.sight.seen.tokens {
            let Some(span) = token.span.clone().filter(|span| span.start >= done && span.end <= same) else { continue };
            let (Some(before), Some(piece)) = (typed.get(done..span.start), typed.get(span.clone())) else { continue };
            if !before.is_empty() {
                job.append(before, 0.0, plain.clone());
            }
            job.append(piece, 0.0, self.format(font.clone(), token.first, token.disagrees()));
            done = span.end;
        }
        if let Some(rest) = typed.get(done..).filter(|rest| !rest.is_empty()) {
            job.append(rest, 0.0, plain);
        }
        job
    }

    fn format(&self, font: FontId, expert: Option<usize>, disagrees: bool) -> TextFormat {
        let theme = self.theme;
        let tint = |expert: usize| {
            let strength = self.view.strength(expert) * if theme.dark { 0.5 } else { 0.45 };
            theme.field.lerp_to_gamma(theme.expert(name(expert)), strength)
        };
        TextFormat {
            font_id: font,
            color: theme.ink,
            background: expert.map_or(Color32::TRANSPARENT, tint),
            expand_bg: 0.0,
            underline: if disagrees { Stroke::new(2.0, theme.violet) } else { Stroke::NONE },
            line_height: Some(24.0),
            ..TextFormat::default()
        }
    }
}

/// Bytes at the beginning that two texts share, up to a letter's end.
fn same_bytes(one: &str, other: &str) -> usize {
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    (0..=same).rev().find(|end| one.is_char_boundary(*end)).unwrap_or(0)
}

/// How many tokens each expert is the first of, and how many the competition would send elsewhere.
fn counts_ui(ui: &mut Ui, rect: Rect, sight: InspectedSight<'_>, view: &mut InspectedView) {
    let theme = theme::of(ui);
    let tokens = &sight.seen.tokens;
    let y = rect.center().y;
    let competed = tokens.iter().any(|token| token.winner.is_some());
    let mut right = rect.right();
    if competed {
        let away = tokens.iter().filter(|token| token.disagrees()).count();
        let words = inspected::disagrees(away, tokens.len());
        let font = fonts::regular(size::BODY);
        let place =
            paint::text_in(ui, pos2(right, y), Align2::RIGHT_CENTER, &words, font, theme.ink2, rect.width() * 0.5);
        ui.painter().hline(place.left() - 22.0..=place.left() - 8.0, y + 1.0, Stroke::new(2.0, theme.violet));
        paint::say(ui, place, "disagrees", &words).on_hover_text(inspected::ABOUT_DISAGREES.said());
        right = place.left() - 32.0;
    }
    if tokens.is_empty() {
        return;
    }
    let mut all: Vec<(usize, u64)> = counts(tokens, sight.seen.experts.len()).into_iter().enumerate().collect();
    // Where not all have room, those with most tokens.
    let fits = ((right - rect.left()) / 46.0).max(0.0) as usize;
    if all.len() > fits {
        all.sort_by_key(|(expert, count)| (std::cmp::Reverse(*count), *expert));
        all.truncate(fits);
    }
    for (place, &(expert, count)) in all.iter().enumerate() {
        let left = rect.left() + 46.0 * place as f32;
        let spot = Rect::from_min_size(pos2(left, rect.top()), vec2(44.0, rect.height()));
        paint::chip(ui.painter(), pos2(left + 9.0, y), 16.0, name(expert), theme, view.strength(expert));
        let font = fonts::regular(size::BODY);
        paint::value_in(ui, pos2(left + 22.0, y), Align2::LEFT_CENTER, &numbers::count(count), font, theme.ink, 24.0);
        let said = inspected::first_of(name(expert), columns::HUES[expert % columns::HUES.len()].said(), count);
        let response = paint::say(ui, spot, ("count", expert), &said);
        if response.hovered() {
            view.hover(expert);
        }
        response.on_hover_text(said);
    }
}

/// The switch that lets all experts answer, with what it costs.
fn foot_ui(ui: &mut Ui, rect: Rect, sight: InspectedSight<'_>, out: &mut Outbox) {
    let text = &sight.of.text;
    if matches!(text.takes, TextTaken::Nothing { .. }) {
        return;
    }
    let mut competes = text.competes;
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("competes").layout(*ui.layout()));
    child.horizontal_centered(|ui| {
        let words = text.cost.map_or_else(
            || inspected::LET_ALL_ANSWER.said().to_owned(),
            |cost| inspected::let_all_answer(&numbers::fixed(cost, 1)),
        );
        let response = ui.add(Checkbox::new(&mut competes, words));
        if response.on_hover_text(inspected::about_competition()).changed() {
            out.ask(Ask::Inspect(InspectionCommand::Compete(competes)));
        }
        if let Some(fault) = &text.fault {
            ui.colored_label(theme::of(ui).amber, crate::words::reason(fault));
        } else if let Some(loss) = text.routed.as_ref().and_then(|routed| routed.loss) {
            let label = ui.weak(inspected::loss(&numbers::fixed(loss, 3)));
            label.on_hover_text(inspected::ABOUT_LOSS.said());
        }
    });
}
