//! Failure line: one red line over the tiles that says what failed and how to continue.

use eframe::egui::{Rect, Ui, pos2, vec2};

use crate::domain::config::{Cause, KnobId};
use crate::run::{self, Command, PausedBy, Snapshot, Status};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::words;

/// Saves offered to go back to, the last good one first.
const WAYS_BACK: usize = 2;

/// What failed and the ways on; `None` if nothing did.
pub(crate) fn trouble(shot: &Snapshot) -> Option<(String, Vec<(String, Command)>)> {
    match &shot.status {
        Status::Failed(failure) => {
            let ways = failure.ways.iter().map(|way| (crate::words::way_on(&way.on), way.command.clone()));
            Some((crate::words::failure(&failure.cause), ways.collect()))
        }
        Status::Paused(PausedBy::NotFinite { step, place, causes }) => {
            let what = words::notices::not_finite(step + 1, place);
            let mut ways = Vec::new();
            for (place, saved) in shot.saves.ways_back.iter().take(WAYS_BACK).enumerate() {
                let label = words::notices::go_back(saved.step, saved.loss, &run::utc(saved.at));
                let command = if place == 0 { Command::GoBack } else { Command::Open(saved.path.clone()) };
                ways.push((label, command));
            }
            let mut knobs = shot.knobs.clone();
            causes.iter().for_each(|cause| cause.make_usual_in(&mut knobs));
            if knobs != shot.knobs {
                let label = match causes[..] {
                    [Cause::Knob(KnobId::LearningRate, _)] => words::notices::HALVE_RATE.into(),
                    _ => words::notices::set(&shot.knobs.changes(&knobs)),
                };
                ways.push((label, Command::SetKnobs(knobs)));
            }
            Some((what, ways))
        }
        Status::Paused(PausedBy::DiskFull { folder, bytes }) => {
            Some((words::notices::disk_full(folder, *bytes), Vec::new()))
        }
        Status::Paused(PausedBy::Text { why }) => Some((
            crate::words::sentence(&crate::words::reason(why)),
            vec![(words::notices::TRY_AGAIN.into(), Command::Run)],
        )),
        _ => None,
    }
}

/// Draws the line; draws nothing if nothing failed.
pub fn trouble_ui(ui: &mut Ui, shot: &Snapshot, _view: &mut (), out: &mut Outbox) {
    let Some((what, ways)) = trouble(shot) else {
        return;
    };
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    paint::boxed(ui.painter(), rect, RADIUS, theme.red.gamma_multiply(0.14), theme.red);
    let y = rect.center().y;
    icons::draw(ui.painter(), Icon::Warning, pos2(rect.left() + 20.0, y), 14.0, theme.red);
    let mut x = rect.right() - 10.0;
    let locate = shot.data.wants_text.as_ref().map(|_| (words::locate::WAY.said(), None));
    let ways = ways.iter().map(|(label, command)| (label.as_str(), Some(command)));
    let ways: Vec<(&str, Option<&Command>)> = locate.into_iter().chain(ways).collect();
    for (label, command) in ways.into_iter().rev() {
        let press = Press::words(label).look(Look::Red);
        let width = press.width(ui);
        if x - width < rect.left() + 60.0 {
            break;
        }
        x -= width;
        let spot = Rect::from_min_size(pos2(x, y - 14.0), vec2(width, 28.0));
        if press.show(ui, spot).clicked() {
            match command {
                Some(command) => out.push(command.clone()),
                None => out.ask(Ask::Locate),
            }
        }
        x -= 8.0;
    }
    let at = pos2(rect.left() + 36.0, y);
    let room = x - at.x - 8.0;
    let font = fonts::medium(size::BODY);
    let rows =
        ((rect.height() - 4.0) / ui.painter().layout_no_wrap(what.clone(), font.clone(), theme.ink).size().y) as usize;
    paint::lines_in(ui, at, &what, font, theme.ink, (room, rows));
    let spot = Rect::from_min_max(pos2(rect.left() + 4.0, rect.top()), pos2(x, rect.bottom()));
    paint::say(ui, spot, "trouble", &what).on_hover_text(what);
}
