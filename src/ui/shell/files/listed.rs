//! What Open offers: the recent files, each with a small picture of its run, and the runs that were left; each a button that opens it.

use std::path::PathBuf;

use eframe::egui::{Align2, CursorIcon, Link, Rect, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::{FilePanel, FilesView};
use crate::domain::quote;
use crate::run::{Command, InspectionCommand, RecentFile, Snapshot};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::panels::inspect::picture_texture;
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::view::recent_picture::SIZE;
use crate::ui::words::questions;

/// Most files of one kind that are listed at once.
const MOST_LISTED: usize = 6;
/// Height of a recent file.
const ROW: f32 = 54.0;
/// Most height of both lists together.
const HEIGHT: f32 = 380.0;

/// Draws both lists; files that are gone, and runs that another window has open, cannot be chosen.
pub(crate) fn listed_ui(ui: &mut Ui, shot: &Snapshot, view: &mut FilesView, out: &mut Outbox) {
    let height = HEIGHT.min(ui.ctx().content_rect().height() - 260.0).max(60.0);
    let area = ScrollArea::vertical().max_height(height).min_scrolled_height(height);
    area.auto_shrink([false, true]).show(ui, |ui| lists_ui(ui, shot, view, out));
}

fn lists_ui(ui: &mut Ui, shot: &Snapshot, view: &mut FilesView, out: &mut Outbox) {
    let theme = theme::of(ui);
    let (mut chosen, mut forgotten): (Option<PathBuf>, Option<PathBuf>) = (None, None);
    let heading = |ui: &mut Ui, words: &str| ui.label(RichText::new(words).color(theme.ink3));
    ui.spacing_mut().item_spacing.y = 4.0;
    if !view.recents.files().is_empty() {
        heading(ui, questions::RECENT.said());
        for file in view.recents.files().iter().take(MOST_LISTED) {
            match recent_ui(ui, file) {
                Pressed::No => {}
                Pressed::Open => chosen = Some(file.path.clone()),
                Pressed::Forget => forgotten = Some(file.path.clone()),
            }
        }
    }
    if let Some(folder) = shot.saves.left.folder.as_deref().filter(|_| !shot.saves.left.runs.is_empty()) {
        heading(ui, &questions::left_runs(folder));
        for run in shot.saves.left.runs.iter().take(MOST_LISTED) {
            let words = questions::left_run(run);
            if ui.add_enabled(!run.in_use, Link::new(words)).on_hover_text(quote::path(&run.path)).clicked() {
                chosen = Some(run.path.clone());
            }
        }
        if !shot.saves.left.damaged.is_empty() {
            heading(ui, &questions::damaged(shot.saves.left.damaged.len()));
        }
    }
    if let Some(path) = forgotten {
        view.recents.forget(&path);
    }
    if let Some(path) = chosen {
        let about = view.recents.files().iter().find(|file| file.path == path).and_then(|file| file.about.as_ref());
        let is_public = about.is_some_and(|about| about.model.is_some());
        match view.shown {
            Some(FilePanel::Inspect(place)) => out.ask(Ask::Inspect(place.command(path))),
            // Nobody can train on with it.
            _ if is_public => out.ask(Ask::Inspect(InspectionCommand::Open(path))),
            _ => out.push(Command::Open(path)),
        }
        view.put_away();
    }
}

/// What was pressed of a recent file.
enum Pressed {
    No,
    Open,
    Forget,
}

/// A recent file: its picture, its name, and what it held.
fn recent_ui(ui: &mut Ui, file: &RecentFile) -> Pressed {
    let theme = theme::of(ui);
    let (name, about) = (questions::recent(file), questions::about_recent(file));
    let sense = if file.is_gone { Sense::hover() } else { Sense::click() };
    let (rect, row) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), sense);
    let said = format!("{name} · {about}");
    row.widget_info(|| WidgetInfo::labeled(Role::Link, !file.is_gone, &said));
    let lit = !file.is_gone && (row.hovered() || row.has_focus());
    if lit {
        paint::boxed(ui.painter(), rect, RADIUS, theme.raised, theme.line2);
    }
    let [width, height] = SIZE.map(|pixels| pixels as f32);
    let place = Rect::from_min_size(rect.min + vec2(3.0, (ROW - height) / 2.0), vec2(width, height));
    match file.about.as_ref().and_then(|about| about.picture.as_ref()) {
        Some(picture) => {
            let texture = picture_texture(ui, &file.path.to_string_lossy(), picture);
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            let tint = if file.is_gone { theme.ink3 } else { eframe::egui::Color32::WHITE };
            ui.painter().image(texture.id(), place, whole, tint);
        }
        None => {
            ui.painter().rect_filled(place, RADIUS, theme.track);
            icons::draw(ui.painter(), Icon::Pin, place.center(), 16.0, theme.ink3);
        }
    }
    let mut right = rect.right() - 8.0;
    let mut pressed = if row.clicked() { Pressed::Open } else { Pressed::No };
    if file.is_gone {
        let press = Press::words(questions::FORGET.said()).look(Look::Raised).size(size::CAPTION);
        let wide = press.width(ui);
        let spot = Rect::from_min_size(pos2(right - wide, rect.center().y - 13.0), vec2(wide, 26.0));
        if press.show(ui, spot).clicked() {
            pressed = Pressed::Forget;
        }
        right = spot.left() - 8.0;
    }
    let left = place.right() + 10.0;
    let ink = if file.is_gone { theme.ink3 } else { theme.ink };
    let at = |y: f32| pos2(left, rect.center().y + y);
    paint::text_in(ui, at(-9.0), Align2::LEFT_CENTER, &name, fonts::medium(size::BODY), ink, right - left);
    let font = fonts::regular(size::CAPTION);
    paint::text_in(ui, at(9.0), Align2::LEFT_CENTER, &about, font, theme.ink3, right - left);
    let row = row.on_hover_text(quote::path(&file.path));
    if !file.is_gone {
        row.on_hover_cursor(CursorIcon::PointingHand);
    }
    pressed
}
