//! The strip over a checkpoint that is looked at: which one, what it is compared with, resuming its training, the modes.

use eframe::egui::{Align2, Popup, Rect, Ui, pos2, vec2};

use super::InspectedSight;
use super::recents::{InspectedFiles, recents_entries};
use crate::run::{Command, InspectionCommand, Snapshot, WindowMode};
use crate::ui::kit::icons::Icon;
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::panels::strip::{begun_ui, device_ui, modes_ui};
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::view::watched::trains;
use crate::ui::words::{inspected, strip, watched};

/// Width of a mode where all stand side by side, and from which they do.
const MODE: f32 = 70.0;
const SWITCH: f32 = 1400.0;
/// Width of the device, and from which it is shown.
const DEVICE: (f32, f32) = (150.0, 1500.0);
/// Narrowest room for the two menus of files beside which a report can be asked for; the palette has it as well.
const MENUS: f32 = 220.0;
/// Width from which the words “compared with” stand before their menu.
const WORDS: f32 = 1180.0;

/// Draws the strip.
pub(crate) fn inspected_strip_ui(
    ui: &mut Ui,
    shot: &Snapshot,
    sight: InspectedSight<'_>,
    files: InspectedFiles<'_>,
    out: &mut Outbox,
) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    let (wide, y) = (rect.width(), rect.center().y);
    let mut x = begun_ui(ui, 760.0, 12.0);
    let right = right_ui(ui, rect, shot, out);
    let report = Press::words(&strip::REPORT);
    let report_wide = report.width(ui);
    let spot = |x: f32, width: f32| Rect::from_min_size(pos2(x, y - 16.0), vec2(width, 32.0));
    let press = Press::words(&inspected::OPEN).named(&inspected::OPEN_ANY);
    let width = press.width(ui);
    if press.show(ui, spot(x, width)).on_hover_text(inspected::ABOUT_OPEN_ANY.said()).clicked() {
        out.ask(Ask::OpenInspection);
    }
    x += width + 8.0;
    let resume = Press::words(&inspected::RESUME).with_icon(Icon::Play).look(Look::Ink);
    let own = sight.of.now.own.is_some();
    let resume_wide = if own { resume.width(ui) + 8.0 } else { 0.0 };
    // What is left for the two menus of files.
    let with_report = right - x - resume_wide - report_wide - 16.0 >= MENUS;
    let left = right - x - resume_wide - 8.0 - if with_report { report_wide + 8.0 } else { 0.0 };
    let named = wide >= WORDS && left > 420.0;
    let label_wide = paint::wide(ui, &inspected::COMPARED_WITH_WORDS, fonts::regular(size::BODY)) + 20.0;
    let menus = if named { left - label_wide } else { left - 8.0 };
    let file_wide = (menus * 0.58).clamp(70.0, 290.0);
    file_menu_ui(ui, spot(x, file_wide), shot, sight, files, out);
    x += file_wide + 8.0;
    if named {
        let at = pos2(x + 4.0, y);
        let font = fonts::regular(size::BODY);
        x = paint::text_in(ui, at, Align2::LEFT_CENTER, &inspected::COMPARED_WITH_WORDS, font, theme.ink3, 160.0)
            .right();
        x += 10.0;
    }
    let against_wide = (menus - file_wide).clamp(60.0, 210.0);
    against_menu_ui(ui, spot(x, against_wide), sight, files, out);
    x += against_wide + 10.0;
    if own && x + resume.width(ui) <= right {
        let response = resume.show(ui, Rect::from_min_size(pos2(x, y - 17.0), vec2(resume.width(ui), 34.0)));
        let about = if trains(shot) { inspected::ABOUT_RESUME } else { watched::ABOUT_RESUME };
        if response.on_hover_text(about.said()).clicked() {
            out.push(Command::Open(sight.of.now.path.clone()));
            out.ask(Ask::Mode(WindowMode::Train));
        }
        x += resume.width(ui) + 8.0;
    }
    if with_report && report.show(ui, spot(x, report_wide)).on_hover_text(inspected::ABOUT_REPORT.said()).clicked() {
        out.ask(Ask::Report);
    }
}

/// Device and modes at the right end; where they begin.
fn right_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, out: &mut Outbox) -> f32 {
    let y = rect.center().y;
    let whole = rect.width() >= SWITCH;
    let width = if whole { MODE * WindowMode::ALL.len() as f32 } else { 90.0 };
    let theme = theme::of(ui);
    let (icon, name) = if theme.dark { (Icon::Sun, strip::LIGHT_THEME) } else { (Icon::Moon, strip::DARK_THEME) };
    let spot = Rect::from_min_size(pos2(rect.right() - 44.0, y - 16.0), vec2(32.0, 32.0));
    if Press::icon(icon, &name).look(Look::Ghost).show(ui, spot).on_hover_text(name.said()).clicked() {
        out.ask(Ask::Theme);
    }
    let mut x = spot.left() - 8.0 - width;
    modes_ui(ui, Rect::from_min_size(pos2(x, y - 16.0), vec2(width, 32.0)), whole, WindowMode::Inspect, out);
    if rect.width() >= DEVICE.1 {
        x -= DEVICE.0 + 12.0;
        device_ui(ui, Rect::from_min_size(pos2(x, y - 16.0), vec2(DEVICE.0, 32.0)), shot, out);
    }
    x - 12.0
}

/// The checkpoint that is looked at, and others to choose.
fn file_menu_ui(
    ui: &mut Ui,
    rect: Rect,
    shot: &Snapshot,
    sight: InspectedSight<'_>,
    files: InspectedFiles<'_>,
    out: &mut Outbox,
) {
    let shown = inspected::file_name(&sight.of.now.path);
    let press = Press::words(&shown).named(&inspected::FILE_MENU).with_tail(Icon::Down);
    let response = press.show(ui, rect);
    Popup::menu(&response).accessible_name(inspected::FILE_ENTRIES).show(|ui| {
        ui.set_min_width(240.0);
        if let Some(path) = recents_entries(ui, files, Some(&sight.of.now.path)) {
            out.ask(Ask::Inspect(InspectionCommand::Open(path)));
        }
        if ui.button(inspected::OPEN_ANY.said()).clicked() {
            out.ask(Ask::OpenInspection);
            ui.close();
        }
        ui.separator();
        let close = if trains(shot) { inspected::CLOSE } else { watched::CLOSE };
        if ui.button(close.said()).on_hover_text(inspected::ABOUT_CLOSE.said()).clicked() {
            out.ask(Ask::Inspect(InspectionCommand::Close));
            ui.close();
        }
    });
}

/// The checkpoint it is compared with, and others to choose.
fn against_menu_ui(ui: &mut Ui, rect: Rect, sight: InspectedSight<'_>, files: InspectedFiles<'_>, out: &mut Outbox) {
    let then = sight.of.then.as_ref().map(|then| then.path.as_path());
    let shown = then.map_or(inspected::NO_OTHER.said().to_owned(), inspected::file_name);
    let press = Press::words(&shown).named(&inspected::AGAINST_MENU).with_tail(Icon::Down);
    let response = press.show(ui, rect).on_hover_text(inspected::ABOUT_AGAINST.said());
    Popup::menu(&response).accessible_name(inspected::AGAINST_ENTRIES).show(|ui| {
        ui.set_min_width(240.0);
        if ui.selectable_label(then.is_none(), inspected::NO_OTHER.said()).clicked() {
            out.ask(Ask::Inspect(InspectionCommand::Against(None)));
            ui.close();
        }
        if let Some(path) = recents_entries(ui, files, then) {
            out.ask(Ask::Inspect(InspectionCommand::Against(Some(path))));
        }
        if ui.button(inspected::OPEN_OTHER.said()).clicked() {
            out.ask(Ask::OpenOther);
            ui.close();
        }
    });
}
