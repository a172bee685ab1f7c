//! Maps of numbers as inline SVG: likeness of experts, load by layer. Cells of one shade are one path, and a map has a bounded number
//! of cells, so that the page of a large model stays readable.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use crate::inspect::{LikenessMatrix, RoutedLayer};

/// Most rows and columns of a map; of more experts, several share one.
const SIDE: usize = 64;
/// Shades of a map.
const SHADES: usize = 16;
/// Width of a map on the page, pixels.
const WIDTH: usize = 320;

/// Experts that share a row and a column of a map of so many; `None` where each has its own.
pub(super) fn experts_in_a_cell(experts: usize) -> Option<usize> {
    (experts > SIDE).then(|| experts.div_ceil(SIDE))
}

/// How alike experts are: from −1 (blue) to 1 (orange); a cell of several shows the largest. What is not known stays empty.
pub(super) fn likeness(matrix: &LikenessMatrix) -> Markup {
    let experts = matrix.experts();
    let together = experts_in_a_cell(experts).unwrap_or(1);
    let side = experts.div_ceil(together);
    let mut cells: Vec<Option<f64>> = vec![None; side * side];
    for (one, other, value) in matrix.pairs() {
        for (row, column) in [(one, other), (other, one)] {
            if let Some(place) = cells.get_mut(row / together * side + column / together) {
                *place = Some(place.map_or(value, |before| before.max(value)));
            }
        }
    }
    let shade = |value: f64| {
        let (class, size) = if value < 0.0 { ("below", -value) } else { ("above", value) };
        (class, (size.clamp(0.0, 1.0) * SHADES as f64).ceil() as usize)
    };
    map(side, side, &cells, shade)
}

/// Tokens of every expert (columns) in every layer (rows), beside those of the busiest expert of the layer.
pub(super) fn loads(layers: &[RoutedLayer]) -> Markup {
    let experts = layers.iter().map(|layer| layer.load.len()).max().unwrap_or(0);
    let together = experts.div_ceil(4 * SIDE).max(1);
    let columns = experts.div_ceil(together);
    let mut cells: Vec<Option<f64>> = vec![None; columns * layers.len()];
    for (layer, row) in layers.iter().zip(cells.chunks_mut(columns.max(1))) {
        let most = layer.load.iter().copied().max().unwrap_or(0).max(1);
        for (loads, cell) in layer.load.chunks(together).zip(row) {
            let share = loads.iter().copied().max().map(|load| f64::from(load) / f64::from(most));
            *cell = share.filter(|share| *share > 0.0);
        }
    }
    map(columns, layers.len(), &cells, |share| ("above", (share * SHADES as f64).ceil() as usize))
}

/// A map with a cell for each value, row by row.
fn map(columns: usize, rows: usize, cells: &[Option<f64>], shade: impl Fn(f64) -> (&'static str, usize)) -> Markup {
    let mut paths: Vec<(&'static str, usize, String)> = Vec::new();
    for (at, value) in cells.iter().enumerate() {
        let Some(value) = value else { continue };
        let (class, level) = shade(*value);
        if level == 0 {
            continue;
        }
        let index = paths.iter().position(|path| (path.0, path.1) == (class, level)).unwrap_or_else(|| {
            paths.push((class, level, String::new()));
            paths.len() - 1
        });
        if let Some((_, _, path)) = paths.get_mut(index) {
            let _ = write!(path, "M{} {}h1v1h-1z", at % columns.max(1), at / columns.max(1));
        }
    }
    let height = (WIDTH * rows).div_ceil(columns.max(1)).max(12 * rows.min(32));
    html! {
        svg class="map" viewBox={ "0 0 " (columns) " " (rows) } width=(WIDTH) height=(height) preserveAspectRatio="none"
            role="img" shape-rendering="crispEdges" {
            @for (class, level, path) in &paths {
                (PreEscaped(format!("<path class=\"{class}\" fill-opacity=\"{:.3}\" d=\"{path}\"/>", *level as f64 / SHADES as f64)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_has_a_cell_for_each_pair_and_few_for_many_experts() {
        let few = LikenessMatrix::of(3, |one, other| match (one, other) {
            (1, 0) => Some(0.5),
            (2, 1) => Some(-1.0),
            _ => (one == other).then_some(1.0),
        });
        let drawn = likeness(&few).into_string();
        assert!(drawn.contains("viewBox=\"0 0 3 3\""), "{drawn}");
        assert!(
            drawn.contains("<path class=\"above\" fill-opacity=\"0.500\" d=\"M1 0h1v1h-1zM0 1h1v1h-1z\"/>"),
            "{drawn}"
        );
        assert!(
            drawn.contains("<path class=\"below\" fill-opacity=\"1.000\" d=\"M2 1h1v1h-1zM1 2h1v1h-1z\"/>"),
            "{drawn}"
        );
        assert_eq!(experts_in_a_cell(64), None);
        // Of 512 experts, 8 share a row; the one pair that is alike is seen.
        let many = LikenessMatrix::of(512, |one, other| Some(if (one, other) == (500, 9) { 0.9 } else { 0.0 }));
        let drawn = likeness(&many).into_string();
        assert!(drawn.contains("viewBox=\"0 0 64 64\"") && drawn.contains("M1 62h1v1h-1z"), "{drawn}");
        assert_eq!(experts_in_a_cell(512), Some(8));
        assert!(drawn.len() < 1000, "{}", drawn.len());
    }
}
