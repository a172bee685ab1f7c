//! Whether a checkpoint's router agrees with a competition of all its experts: every layer beside chance, and the confusion of the
//! layer that is chosen.

use eframe::egui::{Align2, CursorIcon, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::InspectedSight;
use crate::inspect::{Agreement, RoutedLayer};
use crate::run::{InspectionCommand, TextTaken};
use crate::ui::kit::bitmap::sharp_bitmap_ui;
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::view::Outbox;
use crate::ui::view::inspected::{InspectedView, name};
use crate::ui::view::outbox::Ask;
use crate::ui::words::{self, inspected, inspected_columns as columns};

/// Height of a row, and of the two lines of the head.
const ROW: f32 = 24.0;
const HEAD: f32 = 36.0;
/// Width of the name of a layer.
const NAME: f32 = 40.0;
/// How many columns there are.
const COLUMNS: usize = 5;

/// Draws the table and the confusion over `rect`.
pub(super) fn competition_ui(
    ui: &mut Ui,
    rect: Rect,
    sight: InspectedSight<'_>,
    view: &mut InspectedView,
    out: &mut Outbox,
) {
    let layers: &[RoutedLayer] = sight.of.text.routed.as_ref().map_or(&[], |text| &text.layers);
    if layers.iter().all(|layer| layer.competition.is_none()) {
        return ask_ui(ui, rect, sight, out);
    }
    let rows: Vec<(usize, &Agreement)> = sight
        .seen
        .layers
        .iter()
        .enumerate()
        .filter_map(|(place, layer)| Some((place, &layers.get(layer.routed?)?.competition.as_ref()?.softplus)))
        .collect();
    let chosen = rows.iter().find(|(place, _)| *place == view.choice.layer).map(|(_, agreement)| *agreement);
    let map = if chosen.is_some() { (rect.height() * 0.5).min(rect.width() * 0.72) } else { 0.0 };
    let table = paint::sound(rect.with_max_y(rect.bottom() - map - 8.0));
    head_ui(ui, table.with_max_y(table.top() + HEAD));
    let list = paint::sound(table.with_min_y(table.top() + HEAD));
    paint::within(ui, list, "layers", |ui| {
        ScrollArea::vertical().auto_shrink(false).show_viewport(ui, |ui, seen| {
            let top = ui.max_rect().top();
            let area = Rect::from_min_size(pos2(list.left(), top), vec2(list.width(), ROW * rows.len() as f32));
            let mut inner = ui.new_child(UiBuilder::new().max_rect(area));
            let first = (seen.top() / ROW).floor().max(0.0) as usize;
            let last = (seen.bottom() / ROW).ceil().max(0.0) as usize;
            for (row, (place, agreement)) in rows.iter().enumerate().take(last).skip(first) {
                let at = pos2(list.left(), top + ROW * row as f32);
                row_ui(&mut inner, Rect::from_min_size(at, vec2(list.width() - 10.0, ROW)), *place, agreement, view);
            }
            ui.allocate_rect(area, Sense::hover());
        });
    });
    if let Some(agreement) = chosen {
        confusion_ui(ui, rect.with_min_y(rect.bottom() - map), agreement, view);
    }
}

/// Why there is nothing, and the switch that lets all experts answer, with its cost.
fn ask_ui(ui: &mut Ui, rect: Rect, sight: InspectedSight<'_>, out: &mut Outbox) {
    let theme = theme::of(ui);
    let text = &sight.of.text;
    let font = fonts::regular(size::BODY);
    let said = match (&text.takes, &text.fault, text.competes) {
        (TextTaken::Nothing { why }, ..) => inspected::no_text(&crate::words::reason(why)),
        (_, Some(fault), _) => inspected::text_refused(&crate::words::reason(fault)),
        (.., true) if text.typed.is_empty() => inspected::COMPETITION_WAITS.said().to_owned(),
        (.., true) => inspected::COMPETITION_RUNS.said().to_owned(),
        (.., false) => inspected::NO_COMPETITION.said().to_owned(),
    };
    let at = rect.min + vec2(0.0, 12.0);
    let high = paint::paragraph(ui, at, &said, font, theme.ink2, rect.width());
    paint::say(ui, Rect::from_min_size(at, vec2(rect.width(), high)), "why", &said);
    if text.fault.is_some() || text.competes {
        return;
    }
    let words = match text.cost {
        Some(cost) => inspected::let_all_answer(&numbers::fixed(cost, 1)),
        None => inspected::LET_ALL_ANSWER.said().to_owned(),
    };
    let press = Press::words(&words).look(Look::Raised).size(size::BODY);
    let spot = Rect::from_min_size(at + vec2(0.0, high + 12.0), vec2(press.width(ui).min(rect.width()), 30.0));
    if press.show(ui, spot).on_hover_text(inspected::about_competition()).clicked() {
        out.ask(Ask::Inspect(InspectionCommand::Compete(true)));
    }
}

/// Where the column with this number ends.
fn end(rect: Rect, column: usize) -> f32 {
    rect.left() + NAME + (rect.width() - 10.0 - NAME) * (column + 1) as f32 / COLUMNS as f32
}

fn head_ui(ui: &Ui, rect: Rect) {
    let theme = theme::of(ui);
    let columns = columns::AGREEMENT;
    for (column, (title, about)) in columns.iter().enumerate() {
        let right = end(rect, column);
        let spot = Rect::from_min_max(
            pos2(right - (rect.width() - NAME) / COLUMNS as f32, rect.top()),
            pos2(right, rect.bottom()),
        );
        let font = fonts::regular(size::CAPTION);
        let room = spot.width() - 6.0;
        paint::text_in(ui, pos2(right, rect.top() + 10.0), Align2::RIGHT_CENTER, title, font, theme.ink2, room);
        let font = fonts::regular(size::TICK);
        let at = pos2(right, rect.top() + 25.0);
        paint::text_in(ui, at, Align2::RIGHT_CENTER, &inspected::BY_CHANCE, font, theme.ink3, room);
        paint::say(ui, spot, ("column", column), title).on_hover_text(about.said());
    }
    ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, theme.hair());
}

fn row_ui(ui: &mut Ui, rect: Rect, place: usize, agreement: &Agreement, view: &mut InspectedView) {
    let theme = theme::of(ui);
    let chosen = view.choice.layer == place;
    let response = ui.interact(rect, ui.scope_id().with(("agreement", place)), Sense::click());
    let percent = |share: Option<f64>| share.map_or(words::UNKNOWN.into(), |share| numbers::percent_with(share, 0));
    let two = |value: Option<f64>| value.map_or(words::UNKNOWN.into(), |value| numbers::fixed(value, 2));
    let cells: [(String, String); COLUMNS] = [
        (percent(agreement.top1), percent(agreement.top1_chance)),
        (two(agreement.kappa), two(Some(0.0))),
        (percent(agreement.recall_at_k), percent(agreement.recall_chance)),
        (percent(agreement.response_captured), percent(agreement.captured_chance)),
        (two(agreement.spearman), two(Some(0.0))),
    ];
    let said = inspected::agreement_said(place, &cells[0].0, &cells[1].0, &cells[3].0);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &said));
    if chosen || response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect.shrink2(vec2(0.0, 1.0)), theme::FIELD_RADIUS, theme.raised);
    }
    let y = rect.center().y;
    let font = if chosen { fonts::strong(size::BODY) } else { fonts::regular(size::BODY) };
    let at = pos2(rect.left() + 6.0, y);
    let short = words::layer_short(place);
    paint::value_in(ui, at, Align2::LEFT_CENTER, &short, font.clone(), theme.ink2, NAME);
    for (column, (value, chance)) in cells.iter().enumerate() {
        let right = end(rect.with_max_x(rect.right() + 10.0), column);
        let small = fonts::regular(size::TICK);
        let at = pos2(right, y + 0.5);
        let chance = paint::value_in(ui, at, Align2::RIGHT_CENTER, chance, small, theme.ink3, 34.0);
        let at = pos2(chance.left() - 6.0, y);
        paint::value_in(ui, at, Align2::RIGHT_CENTER, value, font.clone(), theme.ink, 48.0);
    }
    if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
        view.choice.layer = place;
    }
}

/// Tokens by the expert that answers strongest (rows) and the first that the router chose (columns).
fn confusion_ui(ui: &mut Ui, rect: Rect, agreement: &Agreement, view: &mut InspectedView) {
    let theme = theme::of(ui);
    let n = agreement.confusion.len();
    if n == 0 || rect.height() < 80.0 {
        return;
    }
    let font = fonts::medium(size::CAPTION);
    paint::text_in(ui, rect.min, Align2::LEFT_TOP, &inspected::CONFUSION, font, theme.ink2, rect.width());
    let side = (rect.height() - 42.0).min(rect.width() - 40.0).max(0.0);
    let map = Rect::from_min_size(rect.min + vec2(34.0, 20.0), vec2(side, side));
    let at =
        |row: usize, column: usize| agreement.confusion.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0);
    let of_row = |row: usize| agreement.won.get(row).copied().unwrap_or(0);
    let color = |cell: usize| match of_row(cell / n) {
        0 => theme.track,
        won => theme.faint(f64::from(at(cell / n, cell % n)) / f64::from(won)),
    };
    // The picture is another for another layer or another text.
    let shown = (&agreement.confusion, theme.dark);
    sharp_bitmap_ui(ui, map, "confusion", shown, [n, n], color);
    let cell = side / n as f32;
    let every = (16.0 / cell).ceil().max(1.0) as usize;
    for expert in (0..n).filter(|expert| expert % every == 0) {
        let by = cell * (expert as f32 + 0.5);
        let strength = view.strength(expert);
        paint::chip(ui.painter(), pos2(map.left() - 12.0, map.top() + by), 13.0, name(expert), theme, strength);
        paint::chip(ui.painter(), pos2(map.left() + by, map.bottom() + 11.0), 13.0, name(expert), theme, strength);
    }
    if cell >= 24.0 {
        for (row, column) in (0..n * n).map(|cell| (cell / n, cell % n)) {
            let count = at(row, column);
            if count > 0 {
                let centre = map.min + vec2(column as f32 + 0.5, row as f32 + 0.5) * cell;
                let text = numbers::count(u64::from(count));
                let font = fonts::regular(size::TICK);
                let share = f64::from(count) / f64::from(of_row(row).max(1));
                // From here on the colours of the dark theme are bright, and those of the light one dark.
                let ink = if share > 0.55 { theme.tile } else { theme.ink };
                paint::value_in(ui, centre, Align2::CENTER_CENTER, &text, font, ink, cell - 4.0);
            }
        }
    }
    let response = paint::say(ui, map, "confusion", &inspected::CONFUSION);
    if let Some((row, column)) = paint::heat_cell(&response, map, n) {
        view.hover(row);
        let count = numbers::count(u64::from(at(row, column)));
        response.on_hover_text_at_pointer(inspected::confused(name(row), name(column), &count));
    }
}
