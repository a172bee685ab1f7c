//! Load, grown: picks over time, every measure of the load, how routing settles; and who answers what.

use eframe::egui::{Align2, Rect, Ui, pos2, vec2};

use super::chart::{chart, charts_ui, single};
use super::{halves, pages_ui, who};
use crate::run::Snapshot;
use crate::store::history::{ExpertMeasure, LayerMeasure as M, SeriesKey};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::view::ViewState;
use crate::ui::words::{UNKNOWN, grown as said, measures as words};
use crate::words::language::FixedText;

/// The load over time, and every measure of it; or who answers what.
pub(crate) fn load_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState) {
    let theme = theme::of(ui);
    let (page, rect) = pages_ui(ui, rect, &said::LOAD_PAGES.map(FixedText::said), view);
    if page == 1 {
        return who::who_ui(ui, rect, shot, view);
    }
    let at = |measure| SeriesKey::Layer(view.layer, measure);
    let charts = [
        chart(
            &words::MAX_VIO,
            &[
                (said::ONE_BATCH.said(), at(M::MaxVio), theme.ink3),
                (said::WINDOW.said(), at(M::MaxVioGlobal), theme.ink),
            ],
        ),
        single(&words::LOAD_ENTROPY, at(M::LoadEntropy), theme.ink),
        single(&words::DEAD, at(M::DeadExperts), theme.ink),
        single(&words::NMI, at(M::Nmi), theme.ink),
        single(&words::FLUCTUATION, at(M::Fluctuation), theme.ink),
        single(&words::SATURATION, at(M::Saturation), theme.ink),
    ];
    let (left, right) = halves(rect, 0.42);
    heat_ui(ui, left, shot, view);
    charts_ui(ui, right, &charts, shot, view, 2);
}

/// Share of picks per expert over the run: a row each, in log₂ of load ÷ ideal.
fn heat_ui(ui: &Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState) {
    let theme = theme::of(ui);
    let Some(roster) = view.roster(shot) else { return };
    let ids = &roster.slots;
    let font = fonts::regular(size::TICK);
    let title = fonts::medium(size::CAPTION);
    let title = paint::text_in(
        ui,
        rect.min,
        Align2::LEFT_TOP,
        said::LOAD_OVER_TIME.said(),
        title,
        theme.ink2,
        rect.width() * 0.5,
    );
    let key = said::LOAD_SCALE;
    paint::text_in(ui, rect.right_top(), Align2::RIGHT_TOP, key.said(), font.clone(), theme.ink3, rect.width() * 0.5);
    let map = Rect::from_min_max(pos2(rect.left() + 22.0, title.bottom() + 6.0), rect.max - vec2(0.0, 14.0));
    if map.height() < 20.0 || ids.is_empty() {
        return;
    }
    let (even, last) = (1.0 / ids.len() as f64, shot.step.max(1));
    let row = map.height() / ids.len() as f32;
    let x = |step: f64| map.left() + map.width() * (step / last as f64).clamp(0.0, 1.0) as f32;
    let color = |share: f64| theme.times_even(share / even);
    for (place, &id) in ids.iter().enumerate() {
        let top = map.top() + row * place as f32;
        let series = shot.memory.history.get(SeriesKey::Expert(view.layer, id, ExpertMeasure::Routed));
        for b in series.map_or_else(Vec::new, |series| series.merged((map.width() / 3.0) as usize)) {
            let Some(share) = b.mean() else { continue };
            let cell = Rect::from_min_max(
                pos2(x(b.first_step as f64 - 1.0), top),
                pos2(x(b.last_step as f64) + 0.5, top + (row - 1.0).max(0.5)),
            );
            ui.painter().rect_filled(cell, 0, color(share));
        }
        if row >= 9.0 {
            let at = pos2(map.left() - 5.0, top + row / 2.0);
            ui.painter().text(at, Align2::RIGHT_CENTER, id.to_string(), font.clone(), theme.ink3);
        }
    }
    let foot = pos2(map.left(), map.bottom() + 2.0);
    ui.painter().text(foot, Align2::LEFT_TOP, "0", font.clone(), theme.ink3);
    let end = pos2(map.right(), map.bottom() + 2.0);
    ui.painter().text(end, Align2::RIGHT_TOP, numbers::count(last), font, theme.ink3);
    let response = paint::say(ui, map, "load-over-time", said::LOAD_ROWS.said());
    if let Some(at) = response.hover_pos() {
        let place = ((at.y - map.top()) / row).max(0.0) as usize;
        let step = (f64::from((at.x - map.left()) / map.width()).clamp(0.0, 1.0) * last as f64).round() as u64;
        if let Some(&id) = ids.get(place) {
            view.hover(id);
            let share = shot.memory.history.get(SeriesKey::Expert(view.layer, id, ExpertMeasure::Routed));
            let share =
                share.and_then(|series| series.mean_up_to(step, 1)).map_or(UNKNOWN.into(), |m| numbers::percent(m.0));
            response.on_hover_text_at_pointer(said::load_then(id, step, &share, even));
        }
    }
}
