//! Experts of a layer as a table: load and wins, the loss without each, gradient, movement, most alike, specialization.

use eframe::egui::{Align2, CursorIcon, Pos2, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use crate::run::Snapshot;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::experts::{self, ExpertRow};
use crate::ui::view::export::tables;
use crate::ui::view::watched::{WantedOfRun, lacks, trains};
use crate::ui::view::{Outbox, ViewState, spoken};
use crate::ui::words::{self, inspect, selection};
use crate::words::language::FixedText;

/// Height of a row.
const ROW: f32 = 28.0;
/// Height of the names of the columns.
const HEAD: f32 = 22.0;
/// Width of the chip and of the bar of the load.
const LOAD: f32 = 170.0;

/// Room for the bar that scrolls.
const SCROLL: f32 = 12.0;

/// The columns after the load, in the order in which they give way: name and width.
const COLUMNS: [(FixedText, f32); 6] = [
    (inspect::WINS, 62.0),
    (inspect::WORTH, 92.0),
    (inspect::GRADIENT, 70.0),
    (inspect::MOVED, 66.0),
    (inspect::NEAREST, 86.0),
    (inspect::PREFERS, 190.0),
];

/// Draws the table.
pub fn experts_table_ui(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let rows = experts::rows(shot, view);
    let caption = inspect::of_layer(view.layer, view.step(shot));
    let tile = Tile { title: &inspect::EXPERTS, caption: &caption, about: inspect::about_experts(), beside: 0.0 };
    let shown = tile.show_offering(ui, |ui, body| {
        if rows.is_empty() {
            let why = lacks(shot, view.layer, WantedOfRun::Loads);
            return tile::empty(ui, body, &why.unwrap_or(tile::before_the_first_step(shot).into()));
        }
        if let Some(said) = spoken::experts(&rows) {
            paint::say(ui, body, "picture", &said);
        }
        rows_ui(ui, body, &rows, &columns(&rows, shot), view);
    });
    shown.offer(ui, out, (Some(view.layer), view.step(shot)), || tables::experts(shot, view));
}

/// The columns that are drawn, by their places: all, but of what is watched those that it holds.
fn columns(rows: &[ExpertRow], shot: &Snapshot) -> Vec<usize> {
    let holds: [fn(&ExpertRow) -> bool; COLUMNS.len()] = [
        |row| row.won.is_some(),
        |row| row.worth.is_some(),
        |row| row.gradient.is_some(),
        |row| row.moved.is_some(),
        |row| row.nearest.is_some(),
        |row| row.by_class,
    ];
    let known = |place: &usize| trains(shot) || rows.iter().any(holds[*place]);
    (0..COLUMNS.len()).filter(known).collect()
}

/// How many of the columns have room, and where each ends.
fn ends(body: Rect, columns: &[usize]) -> Vec<f32> {
    let mut at = body.left() + LOAD.min(body.width());
    let mut ends = Vec::new();
    for (_, width) in columns.iter().map(|&place| COLUMNS[place]) {
        at += width;
        if at > body.right() - SCROLL {
            break;
        }
        ends.push(at);
    }
    // What is left goes between the columns.
    let spare =
        ((body.right() - SCROLL - ends.last().copied().unwrap_or(at)) / (ends.len() + 1) as f32).clamp(0.0, 36.0);
    ends.iter().enumerate().map(|(place, end)| end + spare * (place + 1) as f32).collect()
}

fn rows_ui(ui: &mut Ui, body: Rect, rows: &[ExpertRow], columns: &[usize], view: &mut ViewState) {
    let theme = theme::of(ui);
    let ends: Vec<(f32, usize)> = ends(body, columns).into_iter().zip(columns.iter().copied()).collect();
    let font = fonts::regular(size::CAPTION);
    let y = body.top() + HEAD / 2.0;
    let named = pos2(body.left() + 30.0, y);
    paint::text_in(ui, named, Align2::LEFT_CENTER, &inspect::LOAD, font.clone(), theme.ink3, LOAD - 30.0);
    for &(end, place) in &ends {
        let (name, width) = COLUMNS[place];
        let ink = if name == inspect::WINS { theme.violet } else { theme.ink3 };
        paint::text_in(ui, pos2(end, y), Align2::RIGHT_CENTER, &name, font.clone(), ink, width);
    }
    let list = paint::sound(body.with_min_y(body.top() + HEAD));
    ui.painter().hline(body.x_range(), list.top() - 0.5, theme.hair());
    let even = 1.0 / rows.len() as f64;
    let most = rows.iter().map(|row| row.load).filter(|load| load.is_finite()).fold(1.5 * even, f64::max);
    let printed = numbers::tenths(&rows.iter().map(|row| row.load).collect::<Vec<_>>());
    paint::within(ui, list, "rows", |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let top = ui.cursor().min;
            let area = Rect::from_min_size(top, vec2(list.width(), ROW * rows.len() as f32));
            let mut inner = ui.new_child(UiBuilder::new().max_rect(area));
            for (place, row) in rows.iter().enumerate() {
                let at = pos2(top.x, top.y + ROW * place as f32);
                let rect = Rect::from_min_size(at, vec2(list.width() - 4.0, ROW));
                if !inner.is_rect_visible(rect) {
                    continue;
                }
                let share = (row.load / most, even / most);
                row_ui(&mut inner, rect, row, (printed[place], share), &ends, view);
            }
            ui.allocate_rect(area, Sense::hover());
        });
    });
}

fn row_ui(
    ui: &mut Ui,
    rect: Rect,
    row: &ExpertRow,
    (percent, (share, even)): (f64, (f64, f64)),
    ends: &[(f32, usize)],
    view: &mut ViewState,
) {
    let theme = theme::of(ui);
    let response = ui.interact(rect, ui.scope_id().with(("expert", row.id.0)), Sense::click());
    let won = row.won.map_or(words::UNKNOWN.into(), numbers::percent);
    let said = inspect::row(row.id, &numbers::percent(row.load), &won);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
    if view.lit() == Some(row.id) || response.has_focus() {
        ui.painter().rect_filled(rect.shrink2(vec2(0.0, 1.0)), theme::FIELD_RADIUS, theme.raised);
    }
    let (y, strength) = (rect.center().y, view.strength(row.id));
    paint::chip(ui.painter(), pos2(rect.left() + 11.0, y), 16.0, row.id, theme, strength);
    let bar = Rect::from_min_max(pos2(rect.left() + 30.0, y - 5.0), pos2(rect.left() + LOAD - 48.0, y + 5.0));
    ui.painter().rect_filled(bar, 2, theme.track);
    let full = bar.with_max_x(bar.left() + bar.width() * share.clamp(0.0, 1.0) as f32);
    paint::fill_expert(ui.painter(), full, 2, row.id, theme, strength);
    let x = bar.left() + bar.width() * even.clamp(0.0, 1.0) as f32;
    let pen = eframe::egui::Stroke::new(1.0, theme.ink2);
    paint::dashed(ui.painter(), pos2(x, bar.top() - 4.0), pos2(x, bar.bottom() + 4.0), pen);
    let number = |at: Pos2, text: &str, strong: bool, ink, room: f32| {
        let font = if strong { fonts::strong(size::BODY) } else { fonts::regular(size::BODY) };
        paint::text_in(ui, at, Align2::RIGHT_CENTER, text, font, ink, room)
    };
    number(pos2(rect.left() + LOAD - 6.0, y), &numbers::fixed(percent, 1), true, theme.ink, 40.0);
    let unknown = || words::UNKNOWN.said().to_owned();
    let no_class = || if row.by_class { selection::NO_CLASS.said().to_owned() } else { unknown() };
    let cells = [
        row.won.map_or_else(unknown, |share| numbers::fixed(share * 100.0, 1)),
        row.worth.map_or_else(unknown, |more| numbers::signed(more, 3)),
        row.gradient.map_or_else(unknown, numbers::percent),
        row.moved.map_or_else(unknown, |share| numbers::percent_with(share, 2)),
        row.nearest.map_or_else(unknown, |(_, cosine)| numbers::fixed(cosine, 2)),
        row.prefers.as_ref().map_or_else(no_class, |(class, lift)| selection::prefers(&[class], *lift)),
    ];
    for &(end, place) in ends {
        let cell = &cells[place];
        let ink = match cell.as_str() {
            cell if cell == words::UNKNOWN.said() => theme.ink3,
            _ if place == 0 => theme.violet,
            _ => theme.ink2,
        };
        let text = number(pos2(end, y), cell, false, ink, COLUMNS[place].1 - 8.0);
        if let (4, Some((other, _))) = (place, row.nearest) {
            paint::chip(ui.painter(), pos2(text.left() - 14.0, y), 14.0, other, theme, 1.0);
        }
    }
    if response.hovered() {
        view.hover(row.id);
    }
    if response.clicked() {
        view.keep(row.id);
    }
    response.on_hover_cursor(CursorIcon::PointingHand);
}
