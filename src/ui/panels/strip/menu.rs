//! Menus of the strip: files, set-ups, undo, look and language of the window; and the device with its choices.

use eframe::egui::{Align2, Button, FontId, Popup, Rect, Ui, pos2};

use super::{StripView, undo};
use crate::run::{Command, Snapshot, Status, WindowLanguage};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::look::WindowLook;
use crate::ui::kit::press::Press;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::view::watched::trains;
use crate::ui::words::{self, begin, strip, watched};

/// The button that says what is learned, and its menu.
pub(super) fn run_menu_ui(ui: &mut Ui, spot: Rect, name: &str, shot: &Snapshot, view: &StripView, out: &mut Outbox) {
    let response = Press::words(name).named(strip::RUN_MENU.said()).with_tail(Icon::Down).show(ui, spot);
    Popup::menu(&response).accessible_name(strip::RUN_MENU_ENTRIES).show(|ui| {
        ui.set_min_width(150.0);
        if trains(shot) {
            ui.weak(strip::seed(shot.config.seed));
        }
        for (words, ask) in [
            (words::NEW_RUN, Ask::NewRun),
            (strip::OPEN_CHECKPOINT, Ask::Open),
            (strip::SAVE_CHECKPOINT, Ask::Save),
            (strip::REPORT, Ask::Report),
            (begin::COPY, Ask::CopySetup),
            (begin::PASTE, Ask::PasteSetup),
            (begin::SAVE, Ask::SaveSetup),
        ] {
            // What is saved or copied is a run of this window.
            let there = trains(shot) || !matches!(ask, Ask::Save | Ask::CopySetup | Ask::SaveSetup);
            let entry = ui.add_enabled(there, Button::new(words.said()));
            if entry.on_disabled_hover_text(watched::ONLY.said()).clicked() {
                out.ask(ask);
                ui.close();
            }
        }
        undo::entries_ui(ui, shot, out);
        look_ui(ui, view.look, out);
        ui.separator();
        languages_ui(ui, view.language, out);
    });
}

/// How the window is drawn, to be chosen from its menu.
fn look_ui(ui: &mut Ui, look: WindowLook, out: &mut Outbox) {
    ui.separator();
    for (chosen, words, about, ask) in [
        (look.projector, strip::PROJECTOR, strip::ABOUT_PROJECTOR, Ask::Projector),
        (look.still, strip::STILL, strip::ABOUT_STILL, Ask::Still),
    ] {
        if ui.selectable_label(chosen, words.said()).on_hover_text(about.said()).clicked() {
            out.ask(ask);
            ui.close();
        }
    }
}

/// The menu of languages.
fn languages_ui(ui: &mut Ui, chosen: WindowLanguage, out: &mut Outbox) {
    ui.menu_button(strip::LANGUAGE.said(), |ui| {
        for language in WindowLanguage::ALL {
            if ui.selectable_label(language == chosen, language.name()).clicked() {
                out.ask(Ask::Language(language));
                ui.close();
            }
        }
    });
}

/// The device, and others to choose.
pub(crate) fn device_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, out: &mut Outbox) {
    let theme = theme::of(ui);
    let device = &shot.device;
    let failed = matches!(shot.status, Status::Failed(_));
    let response = Press::words("").named(strip::DEVICE_MENU.said()).show(ui, rect);
    let y = rect.center().y;
    let dot = pos2(rect.left() + 14.0, y);
    ui.painter().circle_filled(dot, 3.2, if failed { theme.red } else { theme.ok });
    icons::draw(ui.painter(), Icon::Down, pos2(rect.right() - 12.0, y), 9.0, theme.ink3);
    let (left, right) = (dot.x + 10.0, rect.right() - 22.0);
    // What there is room for beside a name of its own length: “231 MB in use”, or “231 MB”.
    let caption = fonts::regular(size::CAPTION);
    let wide = |text: &str, font: &FontId| paint::cut(ui, text, font.clone(), theme.ink, 400.0).size().x;
    let name = if device.name.is_empty() { strip::NO_DEVICE.said() } else { &device.name };
    let name_wide = wide(name, &fonts::medium(size::TITLE)).min((right - left) * 0.55);
    let memory = device.memory_bytes.into_iter().flat_map(|bytes| [strip::in_use(bytes), numbers::bytes(bytes)]);
    let memory = memory.into_iter().find(|words| left + name_wide + 8.0 + wide(words, &caption) <= right);
    let name_room = match &memory {
        Some(words) => right - 8.0 - wide(words, &caption) - left,
        None => right - left,
    };
    let at = pos2(left, y);
    let text = paint::text_in(ui, at, Align2::LEFT_CENTER, name, fonts::medium(size::TITLE), theme.ink, name_room);
    if let Some(memory) = memory {
        let beside = pos2(text.right() + 8.0, y);
        paint::text_in(ui, beside, Align2::LEFT_CENTER, &memory, caption, theme.ink3, right - beside.x + 1.0);
    }
    let why = device.why.as_ref().map(crate::words::device_why).unwrap_or_default();
    let response = response.on_hover_text(strip::device(&device.name, &device.kind, &crate::words::sentence(&why)));
    Popup::menu(&response).accessible_name(strip::DEVICES).show(|ui| {
        ui.set_min_width(220.0);
        for (name, label) in &device.choices {
            let here = *label == device.name || *name == device.name || (name == "cpu" && device.kind == "CPU");
            if ui.selectable_label(here, label).clicked() {
                if !here {
                    out.push(Command::MoveTo(name.clone()));
                }
                ui.close();
            }
        }
    });
}
