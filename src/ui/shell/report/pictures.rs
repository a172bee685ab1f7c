//! Pictures of a report: panels drawn without a window, at fixed sizes, as SVG.

use eframe::egui::{CentralPanel, Context, Frame, RawInput, Rect, Ui, pos2, vec2};

use crate::run::Snapshot;
use crate::ui::kit::bitmap::images_of;
use crate::ui::kit::export::svg::Drawing;
use crate::ui::kit::theme;
use crate::ui::panels::{all_tiles, stage_ui, timeline_ui};
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{flow, timeline};

/// Width of a picture, points.
const WIDTH: f32 = 1000.0;

/// The layer, the four tiles and the timeline.
pub(super) fn all(shot: &Snapshot, layer: usize, dark: bool) -> Vec<Drawing> {
    let stage = (flow::title(layer), 384.0, stage_ui as PanelUi);
    let tiles = all_tiles().into_iter().map(|(name, ui)| (name.to_owned(), 230.0, ui));
    let run = (timeline::RUN.said().to_owned(), 128.0, timeline_ui as PanelUi);
    let panels = std::iter::once(stage).chain(tiles).chain([run]);
    panels.map(|(title, height, ui)| picture(title, height, ui, shot, layer, dark)).collect()
}

type PanelUi = fn(&mut Ui, &Snapshot, &mut ViewState, &mut Outbox);

/// Draws a panel of a snapshot twice: what it says of its width is known only then.
fn picture(title: String, height: f32, panel: PanelUi, shot: &Snapshot, layer: usize, dark: bool) -> Drawing {
    let rect = Rect::from_min_size(pos2(0.0, 0.0), vec2(WIDTH, height));
    let ctx = Context::default();
    theme::install(&ctx);
    theme::choose(&ctx, dark);
    let mut shapes = Vec::new();
    for frame in 0..2 {
        let mut view = ViewState::of_layer(layer);
        let input = RawInput { screen_rect: Some(rect), time: Some(f64::from(frame)), ..RawInput::default() };
        let mut output = ctx.run_ui(input, |ui| {
            CentralPanel::default()
                .frame(Frame::NONE)
                .show(ui, |ui| panel(ui, shot, &mut view, &mut Outbox::default()));
        });
        output.textures_delta.clear();
        shapes = std::mem::take(&mut output.shapes);
    }
    let background = if dark { theme::DARK.tile } else { theme::LIGHT.tile };
    Drawing { title, rect, background, images: images_of(&ctx, &shapes), shapes }
}
