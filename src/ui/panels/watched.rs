//! The rail of a training that is watched: what is known of it in the place of knobs, which it has none of here.

use eframe::egui::{Align2, Rect, Sense, Ui, pos2, vec2};

use super::facts::{facts_rail_ui, line_ui, run_facts_ui};
use super::rail::fact_ui;
use crate::domain::quote;
use crate::run::{Command, Snapshot, SnapshotWatched};
use crate::ui::kit::press::Press;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::view::{Outbox, ViewState, watched as view};
use crate::ui::words::{self, watched as said};

/// Height of the buttons below the facts.
const FOOT: f32 = 78.0;

/// Draws the facts of the watch, and below them what can be done.
pub(crate) fn watched_ui(ui: &mut Ui, shot: &Snapshot, watched: &SnapshotWatched, sight: &ViewState, out: &mut Outbox) {
    let foot = facts_rail_ui(ui, FOOT, "watched", |ui| facts_ui(ui, shot, watched, sight));
    if ui.max_rect().height() < FOOT {
        return;
    }
    let row =
        |place: f32| Rect::from_min_size(foot.min + vec2(16.0, 8.0 + 34.0 * place), vec2(foot.width() - 32.0, 28.0));
    let look = Press::words(said::LOOK_NOW.said()).size(size::BODY).show(ui, row(0.0));
    if look.on_hover_text(said::ABOUT_LOOK_NOW.said()).clicked() {
        out.push(Command::LookNow);
    }
    if watched.own_run {
        let press = Press::words(said::OPEN_SAVE.said()).size(size::BODY).enabled(watched.saved.is_some());
        let open = press.show(ui, row(1.0)).on_disabled_hover_text(said::NO_SAVE.said());
        if let Some((path, _)) = &watched.saved
            && open.on_hover_text(said::ABOUT_OPEN_SAVE.said()).clicked()
        {
            out.push(Command::Open(path.clone()));
        }
    }
}

fn facts_ui(ui: &mut Ui, shot: &Snapshot, watched: &SnapshotWatched, sight: &ViewState) {
    let theme = theme::of(ui);
    let head = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover()).0;
    let at = pos2(head.left() + 16.0, head.center().y);
    let font = fonts::strong(size::TITLE);
    paint::text_in(ui, at, Align2::LEFT_CENTER, said::TITLE.said(), font, theme.ink, head.width() - 16.0);
    let folder = quote::path(&watched.folder);
    fact_ui(ui, &said::FOLDER, &shot.data.badge.name, &folder);
    let holds = match (watched.own_run, watched.newest) {
        (true, _) => said::OWN_RUN,
        (false, Some(_)) => said::DUMPS,
        (false, None) => said::NOTHING_YET,
    };
    fact_ui(ui, &said::HOLDS, &holds, &said::ONLY);
    let unknown = || words::UNKNOWN.said().to_owned();
    let step = watched.newest.map_or_else(unknown, |newest| numbers::count(newest.step));
    fact_ui(ui, &said::NEWEST, &step, &said::ABOUT_NEWEST);
    let written = watched.newest.as_ref().and_then(view::age).unwrap_or_else(unknown);
    fact_ui(ui, &said::WRITTEN, &written, &said::ABOUT_WRITTEN);
    fact_ui(ui, &said::TAKEN, &numbers::count(watched.taken), &said::ABOUT_TAKEN);
    fact_ui(ui, &said::RESTARTS, &numbers::count(watched.restarts), &said::ABOUT_RESTARTS);
    if watched.own_run {
        line_ui(ui);
        return run_facts_ui(ui, shot);
    }
    let usual = watched.usual.map_or_else(unknown, words::units::step);
    fact_ui(ui, &said::USUAL, &usual, &said::ABOUT_USUAL);
    let missing = watched.gaps.iter().map(|gap| gap.missing).sum();
    fact_ui(ui, &said::MISSING, &numbers::count(missing), &said::ABOUT_MISSING);
    fact_ui(ui, &said::LATE, &numbers::count(watched.late), &said::ABOUT_LATE);
    line_ui(ui);
    fact_ui(ui, &said::LAYER, &view::key(shot, sight).unwrap_or_else(unknown), &said::ABOUT_LAYER);
    let seen = sight.seen(shot);
    let top_k = seen.and_then(|seen| seen.layer.diagnosis.beside.top_k).map_or_else(unknown, |k| k.to_string());
    let experts = sight.roster(shot).map_or_else(unknown, |roster| format!("{}, {top_k}", roster.len()));
    fact_ui(ui, &said::EXPERTS_AND_K, &experts, &said::ABOUT_EXPERTS_AND_K);
    fact_ui(ui, &said::TOKENS, &numbers::count(watched.tokens as u64), &said::ABOUT_TOKENS);
}
