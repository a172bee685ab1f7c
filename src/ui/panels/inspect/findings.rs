//! What is out of the ordinary in a checkpoint: each finding with why it matters and what to try; a press looks at its expert.

use eframe::egui::{Align2, CursorIcon, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::InspectedSight;
use crate::inspect::Finding;
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::tile;
use crate::ui::view::inspected::{InspectedView, name};
use crate::ui::words::inspected;
use crate::words::inspection;

/// Most findings that are told one by one.
const MOST: usize = 300;
/// Height of the line of a finding.
const ROW: f32 = 24.0;
/// Most experts of one finding that are shown.
const EXPERTS: usize = 6;

/// Draws all findings over `rect`, by rule.
pub(super) fn findings_ui(ui: &mut Ui, rect: Rect, sight: InspectedSight<'_>, view: &mut InspectedView) {
    let found = &sight.seen.findings;
    if found.is_empty() {
        let said = if sight.of.now.measured < sight.of.now.planned.len() {
            inspected::NOTHING_YET.said()
        } else {
            inspection::nothing_found()
        };
        return tile::empty(ui, rect, said);
    }
    paint::within(ui, rect, "findings", |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.set_width(rect.width() - 10.0);
            let mut rule = None;
            for (layer, finding) in found.iter().take(MOST) {
                if rule != Some(finding.rule) {
                    rule = Some(finding.rule);
                    let count = found.iter().filter(|(_, other)| other.rule == finding.rule).count();
                    rule_ui(ui, finding, count);
                }
                finding_ui(ui, *layer, finding, view);
            }
            if found.len() > MOST {
                ui.weak(inspected::more_findings(found.len() - MOST));
            }
        });
    });
}

/// A rule: its name, why it matters, what to try.
fn rule_ui(ui: &mut Ui, finding: &Finding, count: usize) {
    let theme = theme::of(ui);
    let width = ui.available_width();
    let title = inspected::rule(finding.rule, count);
    let font = fonts::regular(size::BODY);
    let lines = [inspection::why(finding.rule), inspection::tries(finding.rule)];
    let galleys = lines.map(|line| ui.painter().layout(line.to_owned(), font.clone(), theme.ink2, width - 22.0));
    let height = 30.0 + galleys.iter().map(|galley| galley.size().y + 3.0).sum::<f32>() + 4.0;
    let rect = ui.allocate_exact_size(vec2(width, height), Sense::hover()).0;
    let y = rect.top() + 18.0;
    icons::draw(ui.painter(), Icon::Warning, pos2(rect.left() + 8.0, y), 13.0, theme.amber);
    let at = pos2(rect.left() + 22.0, y);
    paint::text_in(ui, at, Align2::LEFT_CENTER, &title, fonts::strong(size::TITLE), theme.ink, width - 22.0);
    let mut top = rect.top() + 30.0;
    for galley in galleys {
        let high = galley.size().y;
        ui.painter().galley(pos2(rect.left() + 22.0, top), galley, theme.ink2);
        top += high + 3.0;
    }
    paint::say(ui, rect, ("rule", finding.rule as usize), &inspected::rule_said(&title, lines[0], lines[1]));
}

/// A finding in one line: where, who, what was measured beside its limit.
fn finding_ui(ui: &mut Ui, layer: usize, finding: &Finding, view: &mut InspectedView) {
    let theme = theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let experts: Vec<usize> = finding.expert.into_iter().chain(finding.experts.iter().flatten().copied()).collect();
    let names: Vec<String> = experts.iter().map(|expert| name(*expert).to_string()).collect();
    let value = inspected::finding_value(finding.of, &numbers::small(finding.value), &numbers::small(finding.limit));
    let said = inspected::finding(layer, &names.join(", "), &value);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, theme::FIELD_RADIUS, theme.raised);
    }
    let y = rect.center().y;
    let at = pos2(rect.left() + 22.0, y);
    let font = fonts::regular(size::BODY);
    let short = crate::ui::words::layer_short(layer);
    let text = paint::text_in(ui, at, Align2::LEFT_CENTER, &short, font.clone(), theme.ink2, 40.0);
    let mut x = text.right().max(rect.left() + 52.0) + 18.0;
    for &expert in experts.iter().take(EXPERTS) {
        paint::chip(ui.painter(), pos2(x, y), 15.0, name(expert), theme, 1.0);
        x += 28.0;
    }
    if experts.len() > EXPERTS {
        let more = inspected::and_more(experts.len() - EXPERTS);
        x = paint::text_in(ui, pos2(x - 8.0, y), Align2::LEFT_CENTER, &more, font.clone(), theme.ink3, 60.0).right()
            + 14.0;
    }
    let room = rect.right() - 6.0 - x;
    paint::text_in(ui, pos2(x - 4.0, y), Align2::LEFT_CENTER, &value, font, theme.ink2, room);
    if response.hovered()
        && let Some(&expert) = experts.first()
    {
        view.hover(expert);
    }
    if response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(inspected::LOOK_AT_IT.said()).clicked() {
        view.look_at(layer, experts.first().copied());
    }
}
