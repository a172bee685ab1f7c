//! The experts of a layer of a checkpoint as a table, which a press on the head of a column orders by it.

use eframe::egui::{Align2, CursorIcon, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::InspectedSight;
use crate::run::TextTaken;
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::switch::switch_ui;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::Outbox;
use crate::ui::view::inspected::columns::{ExpertColumn, ExpertMatrix};
use crate::ui::view::inspected::experts::InspectedExpert;
use crate::ui::view::inspected::{InspectedView, export, name};
use crate::ui::words::{self, inspected, inspected_columns as columns};
use crate::words::language::FixedText;

/// Height of a row.
const ROW: f32 = 26.0;
/// Height of the names of the columns.
const HEAD: f32 = 24.0;
/// Room for the bar that scrolls.
const SCROLL: f32 = 12.0;
/// Width of the switch of the matrix.
const SWITCH: f32 = 168.0;

/// A column: its name, what it is, and how wide.
struct ColumnPlan {
    column: ExpertColumn,
    name: FixedText,
    about: FixedText,
    width: f32,
}

const fn plan(column: ExpertColumn, name: FixedText, about: FixedText, width: f32) -> ColumnPlan {
    ColumnPlan { column, name, about, width }
}

/// All columns in the order in which they stand.
const COLUMNS: [ColumnPlan; 12] = [
    plan(ExpertColumn::Findings, columns::COLUMN_FINDINGS, columns::ABOUT_FINDINGS, 22.0),
    plan(ExpertColumn::Number, columns::COLUMN_NUMBER, columns::ABOUT_NUMBER, 36.0),
    plan(ExpertColumn::Load, columns::COLUMN_LOAD, columns::ABOUT_LOAD, 138.0),
    plan(ExpertColumn::Wins, columns::COLUMN_WINS, columns::ABOUT_WINS, 52.0),
    plan(ExpertColumn::GateMass, columns::COLUMN_GATE_MASS, columns::ABOUT_GATE_MASS, 58.0),
    plan(ExpertColumn::RowNorm, columns::COLUMN_ROW_NORM, columns::ABOUT_ROW_NORM, 62.0),
    plan(ExpertColumn::Norm, columns::COLUMN_NORM, columns::ABOUT_NORM, 58.0),
    plan(ExpertColumn::EffectiveRank, columns::COLUMN_EFFECTIVE_RANK, columns::ABOUT_EFFECTIVE_RANK, 66.0),
    plan(ExpertColumn::StableRank, columns::COLUMN_STABLE_RANK, columns::ABOUT_STABLE_RANK, 62.0),
    plan(ExpertColumn::Nearest, columns::COLUMN_NEAREST, columns::ABOUT_NEAREST, 78.0),
    plan(ExpertColumn::Moved, columns::COLUMN_MOVED, columns::ABOUT_MOVED, 96.0),
    plan(ExpertColumn::Answers, columns::COLUMN_ANSWERS, columns::ABOUT_ANSWERS, 112.0),
];

/// Which give way first where there is too little room.
const GIVES_WAY: [ExpertColumn; 8] = [
    ExpertColumn::StableRank,
    ExpertColumn::GateMass,
    ExpertColumn::Answers,
    ExpertColumn::RowNorm,
    ExpertColumn::Norm,
    ExpertColumn::Moved,
    ExpertColumn::Wins,
    ExpertColumn::EffectiveRank,
];

/// Draws the table.
pub(crate) fn experts_ui(ui: &mut Ui, sight: InspectedSight<'_>, view: &mut InspectedView, out: &mut Outbox) {
    let caption = inspected::of_layer(view.choice.layer, sight.seen.layers.len());
    let rect = ui.max_rect();
    let beside = if rect.width() > 560.0 { SWITCH + 10.0 } else { 0.0 };
    let tile = Tile { title: &inspected::EXPERTS, caption: &caption, about: inspected::about_experts(), beside };
    let shown = tile.show_offering(ui, |ui, body| {
        if beside > 0.0 {
            let head = tile::beside(rect, SWITCH, 24.0);
            let choices = columns::MATRICES.map(|(name, about)| (name.said(), about.said()));
            let chosen = ExpertMatrix::ALL.iter().position(|matrix| *matrix == view.choice.matrix);
            if let Some(place) = switch_ui(ui, head, &choices, chosen.unwrap_or_default()) {
                view.choice.matrix = ExpertMatrix::ALL[place];
            }
        }
        if sight.seen.experts.is_empty() {
            return tile::empty(ui, body, inspected::NOT_READ_YET.said());
        }
        paint::say(ui, body, "picture", &inspected::experts_said(sight.seen.experts.len(), sight.seen.findings.len()));
        table_ui(ui, body, sight, view);
    });
    shown.offer_file(ui, out, Some(view.choice.layer), || export::experts(sight.of, sight.seen, view.choice.layer));
}

/// The columns that are shown, each with its right end.
fn shown(body: Rect, sight: InspectedSight<'_>) -> Vec<(&'static ColumnPlan, f32)> {
    let text = &sight.of.text;
    let routes = !matches!(text.takes, TextTaken::Nothing { .. });
    let has = |column: ExpertColumn| match column {
        ExpertColumn::Load | ExpertColumn::GateMass | ExpertColumn::Answers => routes,
        ExpertColumn::Wins => routes && sight.seen.experts.iter().any(|expert| expert.won.is_some()),
        ExpertColumn::Moved => sight.of.then.is_some(),
        _ => true,
    };
    let mut columns: Vec<&ColumnPlan> = COLUMNS.iter().filter(|plan| has(plan.column)).collect();
    let room = body.width() - SCROLL;
    let wide = |columns: &[&ColumnPlan]| columns.iter().map(|plan| plan.width).sum::<f32>();
    for column in GIVES_WAY {
        if wide(&columns) <= room {
            break;
        }
        columns.retain(|plan| plan.column != column);
    }
    // What is left goes between the columns.
    let spare = ((room - wide(&columns)) / columns.len().max(1) as f32).clamp(0.0, 26.0);
    let mut right = body.left();
    let narrow = |plan: &ColumnPlan| matches!(plan.column, ExpertColumn::Findings | ExpertColumn::Number);
    let end = |plan: &'static ColumnPlan| {
        right += plan.width + if narrow(plan) { 0.0 } else { spare };
        (plan, right)
    };
    columns.into_iter().filter_map(|plan| COLUMNS.iter().find(|known| known.column == plan.column)).map(end).collect()
}

fn table_ui(ui: &mut Ui, body: Rect, sight: InspectedSight<'_>, view: &mut InspectedView) {
    let theme = theme::of(ui);
    let columns = shown(body, sight);
    heads_ui(ui, body, &columns, view);
    let list = paint::sound(body.with_min_y(body.top() + HEAD));
    ui.painter().hline(body.x_range(), list.top() - 0.5, theme.hair());
    let experts = &sight.seen.experts;
    let even = 1.0 / experts.len() as f64;
    let loads: Vec<f64> = experts.iter().map(|expert| expert.load.unwrap_or(0.0)).collect();
    let most = loads.iter().copied().fold(1.5 * even, f64::max);
    let farthest =
        experts.iter().filter_map(|expert| expert.moved).filter(|moved| moved.is_finite()).fold(0.0, f64::max);
    let row = TableRow { columns: &columns, even: even / most, most, farthest };
    paint::within(ui, list, "rows", |ui| {
        ScrollArea::vertical().auto_shrink(false).show_viewport(ui, |ui, seen| {
            let top = ui.max_rect().min;
            let area = Rect::from_min_size(top, vec2(list.width(), ROW * experts.len() as f32));
            let mut inner = ui.new_child(UiBuilder::new().max_rect(area));
            let first = (seen.top() / ROW).floor().max(0.0) as usize;
            let last = ((seen.bottom() / ROW).ceil().max(0.0) as usize).min(sight.seen.order.len());
            for (place, &expert) in sight.seen.order.iter().enumerate().take(last).skip(first) {
                let Some(expert) = experts.get(expert) else { continue };
                let at = pos2(top.x, top.y + ROW * place as f32);
                row.show(&mut inner, Rect::from_min_size(at, vec2(list.width() - 4.0, ROW)), expert, view);
            }
            ui.allocate_rect(area, Sense::hover());
        });
    });
}

/// The names of the columns: a press orders the rows.
fn heads_ui(ui: &mut Ui, body: Rect, columns: &[(&'static ColumnPlan, f32)], view: &mut InspectedView) {
    let theme = theme::of(ui);
    let mut left = body.left();
    for &(plan, right) in columns {
        let spot = Rect::from_min_max(pos2(left, body.top()), pos2(right, body.top() + HEAD - 2.0));
        left = right;
        let response = ui.interact(spot, ui.scope_id().with(("order", plan.column as usize)), Sense::click());
        let chosen = view.choice.order.by == plan.column;
        let label = inspected::order_by(plan.name.said());
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &label));
        let lit = response.hovered() || response.has_focus();
        let ink = match plan.column {
            _ if chosen || lit => theme.ink,
            ExpertColumn::Wins => theme.violet,
            _ => theme.ink3,
        };
        let font = if chosen { fonts::strong(size::CAPTION) } else { fonts::regular(size::CAPTION) };
        let y = spot.center().y;
        match plan.column {
            ExpertColumn::Findings => icons::draw(ui.painter(), Icon::Warning, pos2(spot.center().x, y), 11.0, ink),
            ExpertColumn::Load => {
                let at = pos2(spot.left() + 8.0, y);
                paint::text_in(ui, at, Align2::LEFT_CENTER, &plan.name, font, ink, spot.width() - 8.0);
            }
            ExpertColumn::Number => {
                let at = pos2(spot.center().x, y);
                paint::text_in(ui, at, Align2::CENTER_CENTER, &plan.name, font, ink, spot.width());
            }
            _ => {
                let at = pos2(right, y);
                paint::text_in(ui, at, Align2::RIGHT_CENTER, &plan.name, font, ink, spot.width() - 4.0);
            }
        }
        if chosen {
            let line = Rect::from_min_max(pos2(spot.left() + 6.0, spot.bottom()), pos2(right, spot.bottom() + 2.0));
            // The line lies at the side of the largest: above for a falling order.
            let line = if view.choice.order.falls { line.translate(vec2(0.0, -HEAD + 3.0)) } else { line };
            ui.painter().rect_filled(line, 0, theme.ink2);
        }
        if response.clicked() {
            view.choice.order = view.choice.order.pressed(plan.column);
        }
        response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(inspected::column(&plan.name, &plan.about));
    }
}

/// What all rows are drawn by.
struct TableRow<'a> {
    columns: &'a [(&'static ColumnPlan, f32)],
    /// An even load, as a share of the bar.
    even: f64,
    /// The load that fills the bar.
    most: f64,
    /// The movement that fills the bar.
    farthest: f64,
}

impl TableRow<'_> {
    fn show(&self, ui: &mut Ui, rect: Rect, expert: &InspectedExpert, view: &mut InspectedView) {
        let theme = theme::of(ui);
        let (id, y) = (name(expert.expert), rect.center().y);
        let response = ui.interact(rect, ui.scope_id().with(("expert", expert.expert)), Sense::click());
        let load = expert.load.map_or(words::UNKNOWN.into(), numbers::percent);
        let said = inspected::row(id, &load, expert.findings);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
        if view.lit() == Some(expert.expert) || response.has_focus() {
            ui.painter().rect_filled(rect.shrink2(vec2(0.0, 1.0)), theme::FIELD_RADIUS, theme.raised);
        }
        let strength = view.strength(expert.expert);
        let mut left = rect.left();
        for &(plan, right) in self.columns {
            let spot = Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()));
            left = right;
            match plan.column {
                ExpertColumn::Findings if expert.findings > 0 => {
                    icons::draw(ui.painter(), Icon::Warning, spot.center(), 12.0, theme.amber);
                }
                ExpertColumn::Findings => {}
                ExpertColumn::Number => paint::chip(ui.painter(), spot.center(), 16.0, id, theme, strength),
                ExpertColumn::Load => self.load_ui(ui, spot, expert, strength),
                ExpertColumn::Moved => self.moved_ui(ui, spot, expert, view),
                ExpertColumn::Answers => answers_ui(ui, spot, expert, strength),
                column => {
                    let text = cell(column, expert, view.choice.matrix);
                    let ink = match column {
                        _ if text == words::UNKNOWN.said() => theme.ink3,
                        ExpertColumn::Wins => theme.violet,
                        _ => theme.ink2,
                    };
                    let at = pos2(right, y);
                    let font = fonts::regular(size::BODY);
                    let place = paint::value_in(ui, at, Align2::RIGHT_CENTER, &text, font, ink, spot.width() - 6.0);
                    if let (ExpertColumn::Nearest, Some((other, ..))) = (column, expert.nearest) {
                        let at = pos2(place.left() - 16.0, y);
                        paint::chip(ui.painter(), at, 14.0, name(other), theme, view.strength(other));
                    }
                }
            }
        }
        if response.hovered() {
            view.hover(expert.expert);
        }
        if response.clicked() {
            view.keep(expert.expert);
        }
        response.on_hover_cursor(CursorIcon::PointingHand);
    }

    fn load_ui(&self, ui: &Ui, spot: Rect, expert: &InspectedExpert, strength: f32) {
        let theme = theme::of(ui);
        let y = spot.center().y;
        let bar = Rect::from_min_max(pos2(spot.left() + 8.0, y - 5.0), pos2(spot.right() - 40.0, y + 5.0));
        let bar = paint::sound(bar);
        ui.painter().rect_filled(bar, 2, theme.track);
        let (text, ink) = match expert.load {
            Some(load) => {
                let share = (load / self.most).clamp(0.0, 1.0) as f32;
                let full = bar.with_max_x(bar.left() + bar.width() * share);
                paint::fill_expert(ui.painter(), full, 2, name(expert.expert), theme, strength);
                (numbers::fixed(load * 100.0, 1), theme.ink)
            }
            None => (words::UNKNOWN.said().to_owned(), theme.ink3),
        };
        let x = bar.left() + bar.width() * self.even.clamp(0.0, 1.0) as f32;
        let pen = Stroke::new(1.0, theme.ink2);
        paint::dashed(ui.painter(), pos2(x, bar.top() - 3.0), pos2(x, bar.bottom() + 3.0), pen);
        let at = pos2(spot.right(), y);
        paint::value_in(ui, at, Align2::RIGHT_CENTER, &text, fonts::strong(size::BODY), ink, 36.0);
    }

    fn moved_ui(&self, ui: &Ui, spot: Rect, expert: &InspectedExpert, view: &InspectedView) {
        let theme = theme::of(ui);
        let y = spot.center().y;
        let bar = Rect::from_min_max(pos2(spot.left() + 12.0, y - 3.0), pos2(spot.right() - 46.0, y + 3.0));
        let share = expert.moved.filter(|_| self.farthest > 0.0).map_or(0.0, |moved| moved / self.farthest);
        let fill = theme.ink2.gamma_multiply(view.strength(expert.expert));
        paint::floor_bar(ui.painter(), bar, share, None, fill, theme);
        let text = expert.moved.map_or(words::UNKNOWN.said().to_owned(), |moved| numbers::percent_with(moved, 1));
        let ink = if expert.moved.is_some() { theme.ink2 } else { theme.ink3 };
        let font = fonts::regular(size::BODY);
        paint::value_in(ui, pos2(spot.right(), y), Align2::RIGHT_CENTER, &text, font, ink, 44.0);
    }
}

/// The tokens that an expert answers most above its share, as small tiles from the right.
fn answers_ui(ui: &Ui, spot: Rect, expert: &InspectedExpert, strength: f32) {
    let theme = theme::of(ui);
    let id = name(expert.expert);
    let font = fonts::mono(size::CAPTION);
    let mut right = spot.right();
    let mut pieces = Vec::new();
    let mut room = spot.width() - 10.0;
    for (piece, _) in &expert.answers {
        let piece = piece_shown(piece);
        let wide = (paint::wide(ui, &piece, font.clone()) + 8.0).clamp(18.0, 60.0);
        if wide > room {
            break;
        }
        room -= wide + 3.0;
        pieces.push((piece, wide));
    }
    for (piece, wide) in pieces.iter().rev() {
        let place = Rect::from_min_max(pos2(right - wide, spot.center().y - 8.0), pos2(right, spot.center().y + 8.0));
        let ground = theme.tile.lerp_to_gamma(theme.expert(id), 0.28 * strength);
        ui.painter().rect_filled(place, theme::CHIP_RADIUS, ground);
        paint::text_in(ui, place.center(), Align2::CENTER_CENTER, piece, font.clone(), theme.ink, wide - 4.0);
        right = place.left() - 3.0;
    }
    if pieces.is_empty() {
        let font = fonts::regular(size::BODY);
        paint::text_in(ui, spot.right_center(), Align2::RIGHT_CENTER, &words::UNKNOWN, font, theme.ink3, spot.width());
    }
}

/// A token in few letters: a blank can be seen.
fn piece_shown(piece: &str) -> String {
    if piece.trim().is_empty() { "·".repeat(piece.chars().count().clamp(1, 4)) } else { piece.trim().to_owned() }
}

/// What a cell of numbers alone says.
fn cell(column: ExpertColumn, expert: &InspectedExpert, matrix: ExpertMatrix) -> String {
    let Some(value) = column.value(expert, matrix).filter(|value| value.is_finite()) else {
        return words::UNKNOWN.said().to_owned();
    };
    match column {
        ExpertColumn::Wins | ExpertColumn::GateMass => numbers::fixed(value * 100.0, 1),
        ExpertColumn::Nearest => numbers::fixed(value, 2),
        ExpertColumn::EffectiveRank | ExpertColumn::StableRank => numbers::fixed(value, 1),
        _ => numbers::fit(value, 2, 7),
    }
}
