//! Territory maps as they are drawn: hue is the expert, lightness the margin, hatching the disagreement in the hue of the
//! winner, and the data lies on top. And one picture of them, to be compared pixel by pixel.

use std::sync::Arc;

use eframe::egui::{
    Color32, ColorImage, Context, FullOutput, ImageData, RawInput, Rect, Rgba, Shape, TextureId, Theme as Mode, Ui,
    pos2, vec2,
};
use egui_kittest::{Harness, SnapshotOptions};
use moe_arena::domain::config::PlaneTarget;
use moe_arena::domain::measures::territory::{AnswerMap, PlaneMap};
use moe_arena::domain::readings::{Evaluation, LayerEvaluation, PlanePoint};
use moe_arena::run::{Maps, Snapshot};
use moe_arena::ui::kit::theme::{self, DARK, LIGHT, Theme};
use moe_arena::ui::panels;
use moe_arena::ui::view::{Outbox, ViewState};
use moe_arena::words;

use super::fixture::{self, USUAL};
use crate::devices::graphics;

/// Cells of a side.
const SIDE: usize = 24;
/// Experts.
const EXPERTS: usize = 3;
/// The panel, points.
const SIZE: [f32; 2] = [560.0, 250.0];

/// Three experts in columns of the square, the margin falling from left to right within each. The router picks the same but
/// in the upper right quarter, where it takes expert 1.
fn map() -> PlaneMap {
    let (mut affinities, mut scores, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
    for cell in 0..SIDE * SIDE {
        let (row, column) = (cell / SIDE, cell % SIDE);
        let winner = column * EXPERTS / SIDE;
        let margin = 1.0 - (column % (SIDE / EXPERTS)) as f32 / 10.0;
        let pick = if row < SIDE / 2 && column >= SIDE / 2 { 0 } else { winner };
        for expert in 0..EXPERTS {
            affinities.push(if expert == winner { margin } else { 0.0 });
            scores.push(if expert == pick { margin } else { 0.0 });
        }
        outputs.extend([row as f32 - 11.5, 0.0]);
    }
    let layer = Some(LayerEvaluation::of(&scores, &affinities, EXPERTS));
    let evaluation = Evaluation { step: 240, positions: SIDE * SIDE, outputs, layer };
    PlaneMap::of(evaluation, SIDE, 2, true).unwrap()
}

fn shot() -> Snapshot {
    let shape = fixture::Shape { steps: 240, layers: 1, experts: EXPERTS, ..USUAL };
    let mut shot = fixture::plane(shape, PlaneTarget::Class);
    let point = |place: u16| {
        let at = [f32::from(place % 6) / 3.0 - 0.8, f32::from(place / 6) / 3.0 - 0.8];
        PlanePoint { at, class: place % 2, value: 0.0 }
    };
    let points = Arc::new((0..36).map(point).collect());
    shot.newest.maps = Some(Arc::new(Maps { layer: 0, map: map(), alone: None, points, millis: 9.0 }));
    shot
}

fn draw(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState) {
    words::speak_of(&shot.config.task);
    panels::stage_ui(ui, shot, view, &mut Outbox::default());
}

/// A map as it was painted: its texture and where it lies.
struct Drawn {
    texture: ColorImage,
    rect: Rect,
    /// What was painted on it afterwards.
    above: Vec<Shape>,
}

/// The three maps in a frame.
fn frame(theme: &Theme) -> Vec<Drawn> {
    let ctx = Context::default();
    theme::install(&ctx);
    ctx.set_theme(if theme.dark { Mode::Dark } else { Mode::Light });
    let (shot, mut view) = (shot(), ViewState::default());
    let input =
        || RawInput { screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), SIZE.into())), ..RawInput::default() };
    let FullOutput { shapes, mut textures_delta, .. } = ctx.run_ui(input(), |ui| draw(ui, &shot, &mut view));
    let texture = |id: TextureId| {
        let images = textures_delta.set.iter().filter(|(of, _)| **of == id).flat_map(|(_, deltas)| deltas.iter());
        let color = images.map(|delta| match &delta.image {
            ImageData::Color(image) => ColorImage::clone(image),
        });
        color.into_iter().find(|image| image.size == [SIDE; 2])
    };
    let mut maps: Vec<Drawn> = Vec::new();
    for shape in shapes.into_iter().map(|clipped| clipped.shape) {
        let rect = shape.visual_bounding_rect();
        if let Some(texture) = texture(shape.texture_id()) {
            maps.push(Drawn { texture, rect, above: Vec::new() });
        } else if let Some(map) = maps.iter_mut().find(|map| map.rect.expand(1.0).contains_rect(rect)) {
            map.above.push(shape);
        }
    }
    // Nobody uploads them.
    textures_delta.clear();
    assert_eq!(maps.len(), 3, "competition, router and decision");
    maps
}

fn apart(a: Color32, b: Color32) -> f32 {
    let [a, b] = [a, b].map(|color| Rgba::from(color).to_array());
    (0..3).map(|lane| (a[lane] - b[lane]).powi(2)).sum::<f32>().sqrt()
}

/// Which of the hues, mixed with the ground, comes nearest to a colour.
fn hue(color: Color32, ground: Color32, hues: &[Color32; 8]) -> usize {
    let far = |which: usize| {
        let mixed = |part: u8| ground.lerp_to_gamma(hues[which], f32::from(part) / 50.0);
        (0..=50).map(|part| apart(color, mixed(part))).fold(f32::INFINITY, f32::min)
    };
    (0..8).min_by(|&a, &b| far(a).total_cmp(&far(b))).unwrap()
}

/// That colours of one hue are clearer, further from the ground, the wider the margin. Each is hue, margin, distance.
fn assert_clearer_the_wider(mut seen: Vec<(u16, f32, f32)>, what: &str) {
    seen.sort_by(|a, b| (a.0, a.1).partial_cmp(&(b.0, b.1)).unwrap());
    for pair in seen.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
        let (wider, clearer) = (pair[1].1 - pair[0].1, pair[1].2 - pair[0].2);
        // A colour has 256 steps.
        assert!(if wider > 0.03 { clearer > 0.0 } else { clearer > -0.005 }, "{what}: {pair:?}");
    }
    for whose in seen.chunk_by(|a, b| a.0 == b.0) {
        assert!(whose[whose.len() - 1].2 > whose[0].2 + 0.05, "{what}: all alike, {:?}", whose[0]);
    }
}

#[test]
fn hue_is_the_expert_and_lightness_the_margin() {
    let map = map();
    let cells = &map.territories.cells;
    for theme in [&DARK, &LIGHT] {
        let drawn = frame(theme);
        for (which, whose, margins) in
            [(0, &cells.winners, &cells.winner_margin), (1, &cells.picks, &cells.pick_margin)]
        {
            let pixels = &drawn[which].texture.pixels;
            let agreed = (0..SIDE * SIDE).filter(|&cell| which == 0 || !map.territories.differ(cell));
            let mut seen: Vec<(u16, f32, f32)> = Vec::new();
            for cell in agreed {
                let hue = hue(pixels[cell], theme.tile, &theme.experts);
                assert_eq!(hue, usize::from(whose[cell]), "map {which}, cell {cell}");
                seen.push((whose[cell], margins[cell], apart(pixels[cell], theme.tile)));
            }
            assert_clearer_the_wider(seen, &format!("map {which}"));
        }
        // The decision has the hues of classes, not of experts, clearer with the lead of the likeliest.
        let AnswerMap { classes: Some(classes), .. } = &map.answers else { panic!("classes are told apart") };
        let mut seen = Vec::new();
        for (cell, &pixel) in drawn[2].texture.pixels.iter().enumerate() {
            let class = classes.class[cell];
            assert_eq!(hue(pixel, theme.tile, &theme.classes), usize::from(class), "cell {cell}");
            seen.push((class, classes.lead[cell], apart(pixel, theme.tile)));
        }
        assert_clearer_the_wider(seen, "decision");
    }
}

#[test]
fn hatching_is_where_the_router_differs_in_the_hue_of_the_winner_and_the_data_lies_on_top() {
    let map = map();
    for theme in [&DARK, &LIGHT] {
        for (which, drawn) in frame(theme).iter().enumerate() {
            let mut hatched = vec![false; SIDE * SIDE];
            let (mut last_line, mut first_mark, mut marks) = (0, usize::MAX, 0);
            for (order, shape) in drawn.above.iter().enumerate() {
                match shape {
                    Shape::LineSegment { points: [from, to], stroke } => {
                        last_line = order;
                        let along = *to - *from;
                        let [r, g, b, _] = stroke.color.to_array();
                        // Borders are of the colour of words, which has no hue.
                        if r.max(g).max(b) - r.min(g).min(b) < 40 {
                            continue;
                        }
                        let expert = hue(stroke.color, theme.ink, &theme.experts);
                        assert!((along.x + along.y).abs() < 0.5, "{from:?} to {to:?}");
                        assert_eq!(which, 1, "only the router's map is hatched");
                        for part in 1..20 {
                            let at = *from + along * (part as f32 / 20.0) - drawn.rect.min;
                            let [x, y] = [at.x, at.y].map(|part| (part / drawn.rect.width() * SIDE as f32) as usize);
                            let cell = y.min(SIDE - 1) * SIDE + x.min(SIDE - 1);
                            let near = [0, 1, SIDE].into_iter().flat_map(|by| [cell.checked_sub(by), Some(cell + by)]);
                            let near: Vec<usize> = near.flatten().filter(|&cell| cell < SIDE * SIDE).collect();
                            let fits = |&cell: &usize| {
                                map.territories.differ(cell)
                                    && usize::from(map.territories.cells.winners[cell]) == expert
                            };
                            assert!(near.iter().any(fits), "hatched in the hue of expert {expert} at cell {cell}");
                            hatched[cell] = true;
                        }
                    }
                    Shape::Circle(_) | Shape::Rect(_) if shape.visual_bounding_rect().width() < 12.0 => {
                        first_mark = first_mark.min(order);
                        marks += 1;
                    }
                    _ => {}
                }
            }
            assert_eq!(marks, 36, "map {which}: every point is drawn");
            assert!(last_line < first_mark, "map {which}: something was drawn over the data");
            // Every hatched line crosses what differs; a block of 4 × 4 cells that differs is crossed by one.
            for block in 0..(SIDE / 4) * (SIDE / 4) {
                let (row, column) = (4 * (block / (SIDE / 4)), 4 * (block % (SIDE / 4)));
                let cells = (0..16).map(|place| (row + place / 4) * SIDE + column + place % 4);
                if which == 1 && cells.clone().all(|cell| map.territories.differ(cell)) {
                    assert!(
                        cells.clone().any(|cell| hatched[cell]),
                        "nothing hatches rows from {row}, columns from {column}"
                    );
                }
            }
        }
    }
}

/// The picture stands in `tests/snapshots`; `UPDATE_SNAPSHOTS=1` takes a new one.
#[test]
fn the_maps_look_as_they_did() {
    if graphics("the_maps_look_as_they_did").is_none() {
        return;
    }
    let (shot, mut view) = (shot(), ViewState::default());
    let mut harness = Harness::builder()
        .with_size(vec2(SIZE[0], SIZE[1]))
        .with_max_steps(12)
        .with_context_setup(|ctx: &Context| {
            theme::install(ctx);
            ctx.set_theme(Mode::Dark);
        })
        .with_render_cursor(false)
        .wgpu()
        .build_ui(move |ui| draw(ui, &shot, &mut view));
    harness.run();
    // Drivers differ in the edges of letters and lines.
    let options = SnapshotOptions::new().threshold(2.0).max_failed_pixels(60usize);
    harness.snapshot_options("territories", &options);
}
