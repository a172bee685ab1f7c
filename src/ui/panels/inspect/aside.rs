//! The tile at the right of a checkpoint: what is out of the ordinary, what changed, and how the router agrees with a competition.

use eframe::egui::{Rect, Ui, vec2};

use super::InspectedSight;
use super::changes::changes_ui;
use super::competition::competition_ui;
use super::findings::findings_ui;
use crate::ui::kit::paint;
use crate::ui::kit::switch::switch_ui;
use crate::ui::panels::tile::Tile;
use crate::ui::view::Outbox;
use crate::ui::view::inspected::{InspectedPage, InspectedView, export};
use crate::ui::words::{inspected, inspected_changes};

/// Height of the switch of the pages.
const SWITCH: f32 = 28.0;
/// The pages, in the order of the switch.
const PAGES: [InspectedPage; 3] = [InspectedPage::Findings, InspectedPage::Changes, InspectedPage::Competition];

/// Draws the tile.
pub(crate) fn aside_ui(ui: &mut Ui, sight: InspectedSight<'_>, view: &mut InspectedView, out: &mut Outbox) {
    let (title, about) = match view.page {
        InspectedPage::Findings => (inspected::FINDINGS, inspected::about_findings()),
        InspectedPage::Changes => (inspected_changes::CHANGES, inspected_changes::about_changes()),
        InspectedPage::Competition => (inspected::COMPETITION, inspected::about_agreement()),
    };
    let caption = match view.page {
        InspectedPage::Findings => inspected::found(sight.seen.findings.len()),
        InspectedPage::Changes => then_words(sight),
        InspectedPage::Competition => inspected::of_layer(view.choice.layer, sight.seen.layers.len()),
    };
    let tile = Tile { title: &title, caption: &caption, about, beside: 0.0 };
    let shown = tile.show_offering(ui, |ui, body| {
        let spot = Rect::from_min_size(body.min, vec2(body.width(), SWITCH));
        let findings = inspected::findings_page(sight.seen.findings.len());
        let choices = [
            (findings.as_str(), inspected::about_findings()),
            (inspected_changes::CHANGES.said(), inspected_changes::about_changes()),
            (inspected::COMPETITION.said(), inspected::about_agreement()),
        ];
        let chosen = PAGES.iter().position(|page| *page == view.page).unwrap_or_default();
        if let Some(place) = switch_ui(ui, spot, &choices, chosen) {
            view.page = PAGES[place];
        }
        let room = paint::sound(body.with_min_y(spot.bottom() + 6.0));
        match view.page {
            InspectedPage::Findings => findings_ui(ui, room, sight, view),
            InspectedPage::Changes => changes_ui(ui, room, sight, view),
            InspectedPage::Competition => competition_ui(ui, room, sight, view, out),
        }
    });
    let page = view.page;
    shown.offer_file(ui, out, None, || match page {
        InspectedPage::Findings => export::findings(sight.of, sight.seen),
        InspectedPage::Changes => export::changes(sight.of, sight.seen),
        InspectedPage::Competition => export::competition(sight.of),
    });
}

/// Both checkpoints by name, or steps where they are saves of one run.
fn then_words(sight: InspectedSight<'_>) -> String {
    let Some(then) = &sight.of.then else { return String::new() };
    match (&then.own, &sight.of.now.own) {
        (Some(before), Some(now)) => {
            inspected_changes::steps(before.manifest.progress.step, now.manifest.progress.step)
        }
        _ => inspected_changes::files(&inspected::file_name(&then.path), &inspected::file_name(&sight.of.now.path)),
    }
}
