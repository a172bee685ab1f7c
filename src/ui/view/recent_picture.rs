//! A small picture of a run for the list of recent files: who wins where in the plane with the points, or the loads of a text's
//! layers; with step, seed and loss.

use std::time::{SystemTime, UNIX_EPOCH};

use eframe::egui::Color32;

use crate::domain::readings::PlanePoint;
use crate::domain::roster::ExpertId;
use crate::run::{Inspection, Maps, RecentAbout, RecentPicture, Snapshot};
use crate::ui::kit::theme::{DARK, Theme};
use crate::ui::view::derived::training_loss;

/// Width and height of a picture, pixels.
pub(crate) const SIZE: [usize; 2] = [64, 48];
/// Most points that are drawn.
const POINTS: usize = 120;

/// What is remembered of the run that is shown when it is saved or opened.
pub(crate) fn about(shot: &Snapshot) -> RecentAbout {
    let loss = shot.newest.validation.as_ref().map(|reading| reading.loss).or_else(|| training_loss(shot));
    RecentAbout {
        seed: shot.config.seed,
        step: shot.step,
        loss: loss.filter(|loss| loss.is_finite()),
        at: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        model: None,
        picture: picture(shot),
    }
}

/// What is remembered of a checkpoint that is looked at.
pub(crate) fn inspected(found: &Inspection) -> RecentAbout {
    let manifest = found.now.own.as_ref().map(|own| &own.manifest);
    let family = found.now.report.as_ref().map(|report| match report.family() {
        (Some(name), _) | (None, Some(name)) => name.to_owned(),
        (None, None) => report.format().to_owned(),
    });
    RecentAbout {
        seed: manifest.map_or(0, |manifest| manifest.config.seed),
        step: manifest.map_or(0, |manifest| manifest.progress.step),
        loss: manifest.and_then(|manifest| manifest.loss),
        at: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        model: family.filter(|_| manifest.is_none()),
        picture: inspected_picture(found),
    }
}

/// How it sends a text to its experts, if a text was routed.
fn inspected_picture(found: &Inspection) -> Option<RecentPicture> {
    let routed = found.text.routed.as_ref()?;
    let rosters = found.now.own.as_ref().map(|own| own.manifest.progress.rosters.as_slice()).unwrap_or_default();
    let layers = routed.layers.iter().enumerate().map(|(place, layer)| {
        let own = rosters.get(place).map(|roster| roster.slots.clone());
        let numbered = || (0..layer.load.len() as u32).map(ExpertId).collect();
        (layer.load.as_slice(), own.unwrap_or_else(numbered))
    });
    let mut pixels = vec![DARK.tile; SIZE[0] * SIZE[1]];
    loads(&mut pixels, &layers.collect::<Vec<_>>(), &DARK)?;
    finished(pixels)
}

/// The picture, if there is anything to show yet. Always in dark colours, as it may be looked at much later.
fn picture(shot: &Snapshot) -> Option<RecentPicture> {
    let theme = &DARK;
    let mut pixels = vec![theme.tile; SIZE[0] * SIZE[1]];
    match &shot.newest.maps {
        Some(maps) if shot.config.task.text().is_none() => territories(&mut pixels, shot, maps, theme),
        _ => {
            let layers = shot.newest.step.as_ref()?.layers.iter().zip(shot.model.rosters.iter());
            let layers = layers.map(|(reading, roster)| (reading.routed.as_slice(), roster.slots.clone()));
            loads(&mut pixels, &layers.collect::<Vec<_>>(), theme)?;
        }
    }
    finished(pixels)
}

fn finished(pixels: Vec<Color32>) -> Option<RecentPicture> {
    let rgb = pixels.into_iter().flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()]).collect();
    RecentPicture::of(SIZE, rgb).ok()
}

/// The territories of the winners over the whole picture, and the points as dots.
fn territories(pixels: &mut [Color32], shot: &Snapshot, maps: &Maps, theme: &Theme) {
    let (map, territories) = (&maps.map, &maps.map.territories);
    let roster = shot.model.rosters.get(maps.layer);
    let [width, height] = SIZE;
    for (place, pixel) in pixels.iter_mut().enumerate() {
        // A stripe of the middle of the square: as wide as the picture, as high as it is in the same scale.
        let (x, y) = (place % width, place / width + (width - height) / 2);
        let cell = (y * map.side / width) * map.side + x * map.side / width;
        let slot = territories.cells.winners.get(cell).copied().map(usize::from);
        if let Some(&id) = slot.and_then(|slot| roster?.slots.get(slot)) {
            *pixel = theme.territory(id, territories.winner_clarity.get(cell).copied().unwrap_or(0.0), 1.0);
        }
    }
    for point in maps.points.iter().take(POINTS) {
        dot(pixels, point, theme);
    }
}

fn dot(pixels: &mut [Color32], point: &PlanePoint, theme: &Theme) {
    let [width, height] = SIZE;
    let place = |part: f32, reach: usize| {
        let at = ((part + 1.0) / 2.0 * width as f32) as isize - ((width - reach) / 2) as isize;
        usize::try_from(at).ok().filter(|at| *at < reach)
    };
    let (Some(x), Some(y)) = (place(point.at[0], width), place(-point.at[1], height)) else { return };
    pixels[y * width + x] = if point.class.is_multiple_of(2) { theme.ink } else { theme.bg };
}

/// A row of bars for each of the first layers: how many tokens each expert got, and who it is.
fn loads(pixels: &mut [Color32], all: &[(&[u32], Vec<ExpertId>)], theme: &Theme) -> Option<()> {
    let [width, height] = SIZE;
    let layers = all.len().clamp(1, 4);
    let band = height / layers;
    for (place, (counts, ids)) in all.iter().take(layers).enumerate() {
        let most = counts.iter().copied().max().filter(|most| *most > 0)?;
        let bottom = (place + 1) * band - 1;
        let experts = counts.len().max(1);
        for x in 0..width {
            // As many experts as fit; each column is of the one whose bar it is in.
            let slot = x * experts / width;
            let gap = experts * 3 <= width && (x + 1) * experts / width != slot;
            let (Some(&count), Some(&id)) = (counts.get(slot), ids.get(slot)) else { continue };
            let tall = (band - 2) * count as usize / most as usize;
            for y in (bottom - tall..bottom).filter(|_| !gap) {
                pixels[y * width + x] = theme.territory(id, 1.0, 1.0);
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_lies_where_its_map_has_it_and_one_beyond_is_left_out() {
        let [width, height] = SIZE;
        let dotted = |at: [f32; 2]| {
            let mut pixels = vec![Color32::BLACK; width * height];
            dot(&mut pixels, &PlanePoint { at, class: 0, value: 0.0 }, &DARK);
            pixels.iter().position(|pixel| *pixel != Color32::BLACK)
        };
        assert_eq!(dotted([0.0, 0.0]), Some(height / 2 * width + width / 2));
        assert_eq!(dotted([-1.0, 0.7]), Some(width), "the middle stripe of the square");
        assert_eq!((dotted([1.5, 0.0]), dotted([0.0, 0.9]), dotted([0.0, -0.9])), (None, None, None));
    }
}
