//! Recent checkpoints with what they looked like, to be looked at again; and the line that invites to open one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{
    Align2, Color32, ColorImage, CursorIcon, Id, Popup, Rect, Role, Sense, TextureHandle, TextureOptions, Ui,
    WidgetInfo, pos2, vec2,
};

use crate::domain::quote;
use crate::run::{InspectionCommand, RecentFile, RecentPicture, Snapshot};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::words::{inspected, questions, watched};

/// Height of a recent file.
const ROW: f32 = 40.0;
/// Most of them in a menu.
const IN_MENU: usize = 12;
/// Size of its picture.
const PICTURE: [f32; 2] = [42.0, 31.5];

/// The checkpoints that can be chosen without a dialog.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InspectedFiles<'a> {
    /// Recent files, newest first.
    pub recents: &'a [RecentFile],
}

/// The heading and the recent files, as many as have room in `rect`; `chosen` is the one that is looked at.
pub(super) fn recents_ui(ui: &mut Ui, rect: Rect, files: InspectedFiles<'_>, chosen: Option<&Path>, out: &mut Outbox) {
    let theme = theme::of(ui);
    let head = pos2(rect.left() + 16.0, rect.top() + 14.0);
    let font = fonts::strong(size::TITLE);
    let text = paint::text_in(ui, head, Align2::LEFT_CENTER, &inspected::RECENT, font, theme.ink, rect.width() - 32.0);
    let drop = pos2(rect.right() - 12.0, head.y);
    let font = fonts::regular(size::CAPTION);
    let room = drop.x - text.right() - 10.0;
    paint::text_in(ui, drop, Align2::RIGHT_CENTER, &inspected::DROP_HERE, font, theme.ink3, room);
    let top = rect.top() + 30.0;
    let fits = ((rect.bottom() - top) / ROW).max(0.0) as usize;
    for (place, file) in files.recents.iter().filter(|file| !file.is_gone).take(fits).enumerate() {
        let spot = Rect::from_min_size(
            pos2(rect.left() + 6.0, top + ROW * place as f32),
            vec2((rect.width() - 12.0).max(0.0), ROW - 2.0),
        );
        let is_chosen = chosen == Some(file.path.as_path());
        if recent_ui(ui, spot, file, is_chosen) {
            out.ask(Ask::Inspect(InspectionCommand::Open(file.path.clone())));
        }
    }
}

/// A recent file; whether it was pressed.
fn recent_ui(ui: &mut Ui, rect: Rect, file: &RecentFile, chosen: bool) -> bool {
    let theme = theme::of(ui);
    let (name, about) = (questions::recent(file), questions::about_recent(file));
    let response = ui.interact(rect, ui.scope_id().with(("recent", &file.path)), Sense::click());
    let said = inspected::look_at(&name, &about);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &said));
    if chosen || response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, RADIUS, theme.raised);
    }
    let [width, height] = PICTURE;
    let y = rect.center().y;
    let place = Rect::from_min_size(pos2(rect.left() + 6.0, y - height / 2.0), vec2(width, height));
    match file.about.as_ref().and_then(|about| about.picture.as_ref()) {
        Some(picture) => {
            let texture = picture_texture(ui, &file.path.to_string_lossy(), picture);
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            ui.painter().image(texture.id(), place, whole, Color32::WHITE);
        }
        None => {
            ui.painter().rect_filled(place, RADIUS, theme.track);
            icons::draw(ui.painter(), Icon::Pin, place.center(), 13.0, theme.ink3);
        }
    }
    let left = place.right() + 10.0;
    let room = rect.right() - left - 6.0;
    let medium = fonts::medium(size::BODY);
    paint::text_in(ui, pos2(left, y - 8.0), Align2::LEFT_CENTER, &name, medium, theme.ink, room);
    let caption = fonts::regular(size::CAPTION);
    paint::text_in(ui, pos2(left, y + 8.0), Align2::LEFT_CENTER, &about, caption, theme.ink3, room);
    let response = response.on_hover_text(quote::path(&file.path)).on_hover_cursor(CursorIcon::PointingHand);
    response.clicked()
}

/// The texture of a picture, made once as long as it is the same.
pub(crate) fn picture_texture(ui: &Ui, path: &str, picture: &RecentPicture) -> TextureHandle {
    let id = Id::unique(("recent-picture", path));
    let kept: Option<(Arc<RecentPicture>, TextureHandle)> = ui.data(|data| data.get_temp(id));
    if let Some((_, texture)) = kept.filter(|(shown, _)| **shown == *picture) {
        return texture;
    }
    let image = ColorImage::from_rgb(picture.size(), picture.rgb());
    let texture = ui.ctx().load_texture("recent-picture", image, TextureOptions::LINEAR);
    ui.data_mut(|data| data.insert_temp(id, (Arc::new(picture.clone()), texture.clone())));
    texture
}

/// The line above the tiles while no checkpoint is looked at: what can be opened here, a button that does, and recent ones.
pub(crate) fn inviting_ui(ui: &mut Ui, shot: &Snapshot, files: InspectedFiles<'_>, out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, RADIUS, theme.tile);
    let press = Press::words(&inspected::OPEN).named(&inspected::OPEN_ANY).size(size::BODY);
    let wide = press.width(ui).min(rect.width() - 16.0);
    let mut spot = Rect::from_min_max(pos2(rect.right() - wide - 8.0, rect.top() + 5.0), rect.max - vec2(8.0, 5.0));
    if press.show(ui, spot).on_hover_text(inspected::ABOUT_OPEN_ANY.said()).clicked() {
        out.ask(Ask::OpenInspection);
    }
    if files.recents.iter().any(|file| !file.is_gone) && rect.width() > 420.0 {
        let press = Press::words(&inspected::RECENT).named(&inspected::FILE_ENTRIES).with_tail(Icon::Down);
        let press = press.look(Look::Ghost).size(size::BODY);
        let wide = press.width(ui);
        spot = Rect::from_min_max(pos2(spot.left() - wide - 6.0, spot.top()), pos2(spot.left() - 6.0, spot.bottom()));
        let response = press.show(ui, spot);
        Popup::menu(&response).accessible_name(inspected::FILE_ENTRIES).show(|ui| {
            ui.set_min_width(240.0);
            if let Some(path) = recents_entries(ui, files, None) {
                out.ask(Ask::Inspect(InspectionCommand::Open(path)));
            }
        });
    }
    let at = pos2(rect.left() + 16.0, rect.center().y);
    let room = spot.left() - at.x - 12.0;
    let font = fonts::regular(size::BODY);
    let invitation = match &shot.watched {
        None => inspected::INVITATION,
        Some(training) if training.own_run => watched::INVITATION_OF_RUN,
        Some(_) => watched::INVITATION,
    };
    paint::text_in(ui, at, Align2::LEFT_CENTER, &invitation, font, theme.ink2, room);
    let spoken = rect.with_max_x(spot.left() - 8.0);
    paint::say(ui, spoken, "invitation", &invitation).on_hover_text(invitation.said());
}

/// Entries of recent files in a menu; the one that was pressed.
pub(super) fn recents_entries(ui: &mut Ui, files: InspectedFiles<'_>, chosen: Option<&Path>) -> Option<PathBuf> {
    let mut pressed = None;
    for file in files.recents.iter().filter(|file| !file.is_gone).take(IN_MENU) {
        let entry = ui.selectable_label(chosen == Some(file.path.as_path()), questions::recent(file));
        if entry.on_hover_text(questions::about_recent(file)).clicked() {
            pressed = Some(file.path.clone());
            ui.close();
        }
    }
    pressed
}
