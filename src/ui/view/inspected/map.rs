//! The picture of all layers of a checkpoint: which rows it has, where layers are alike, and what a cell of it is. Pure.

use std::ops::Range;

use super::InspectedChoice;
use super::layers::InspectedLayer;
use crate::inspect::InspectMeasure;

/// What the picture shows of each expert, beside its mean over the layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MapOf {
    /// Share of the router's picks on the text.
    #[default]
    Load,
    /// Length of the router's rows.
    RowNorm,
    /// Effective rank of the up matrices.
    Rank,
}

impl MapOf {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Load, Self::RowNorm, Self::Rank];

    /// `[E]` the measure as a multiple of its mean over the layer, and its spread; `None` where there is none.
    pub fn of(self, layer: &InspectedLayer) -> Option<(Vec<Option<f64>>, f64)> {
        match self {
            Self::Load => {
                let load = layer.load.as_ref()?;
                let times = load.iter().map(|share| Some(share * load.len() as f64)).collect();
                Some((times, layer.load_cv?))
            }
            Self::RowNorm => layer.over_mean(InspectMeasure::RouterNorm),
            Self::Rank => layer.over_mean(InspectMeasure::UpEffectiveRank),
        }
    }
}

/// A row of the picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MapRow {
    /// One layer.
    Layer {
        /// Its place.
        place: usize,
        /// `[E]` what it shows; empty where nothing was measured.
        times: Vec<Option<f64>>,
        /// Its spread.
        cv: Option<f64>,
    },
    /// Several that follow each other and are alike: folded into one row.
    Alike {
        /// Their places.
        places: Range<usize>,
        /// The smallest and the largest of their spreads.
        cv: [f64; 2],
    },
}

/// So many layers at least are folded; fewer are shown.
const FOLDED: usize = 4;
/// From so many layers on there is folding at all.
const MANY: usize = 13;
/// Spreads are alike if they differ by no more than this share of the first, and this much beside it.
const ALIKE: (f64, f64) = (0.25, 0.03);

/// The rows, from the top.
pub(super) fn rows(layers: &[InspectedLayer], choice: &InspectedChoice) -> Vec<MapRow> {
    let values: Vec<Option<(Vec<Option<f64>>, f64)>> = layers.iter().map(|layer| choice.map.of(layer)).collect();
    let cv = |place: usize| values.get(place).and_then(|value| Some(value.as_ref()?.1));
    let row = |place: usize| {
        let times = values.get(place).and_then(|value| Some(value.as_ref()?.0.clone())).unwrap_or_default();
        MapRow::Layer { place, times, cv: cv(place) }
    };
    if choice.worst_first {
        let mut places: Vec<usize> = (0..layers.len()).collect();
        let worse = |place: usize| (layers[place].findings().len(), cv(place).unwrap_or(f64::NEG_INFINITY));
        places.sort_by(|&a, &b| {
            let ((found, spread), (other, wide)) = (worse(a), worse(b));
            other.cmp(&found).then(wide.total_cmp(&spread)).then(a.cmp(&b))
        });
        return places.into_iter().map(row).collect();
    }
    let mut rows = Vec::new();
    let mut place = 0;
    while place < layers.len() {
        let end = alike_until(layers, &cv, place);
        if layers.len() < MANY || end - place < FOLDED || choice.unfolded.contains(&place) {
            rows.extend((place..end).map(row));
        } else {
            let spreads = (place..end).filter_map(cv);
            let least = spreads.clone().fold(f64::INFINITY, f64::min);
            rows.push(MapRow::Alike { places: place..end, cv: [least, spreads.fold(0.0, f64::max)] });
        }
        place = end;
    }
    rows
}

/// The end of the layers that are like the one at `first`: built alike, nothing out of the ordinary, about as wide a spread.
fn alike_until(layers: &[InspectedLayer], cv: &impl Fn(usize) -> Option<f64>, first: usize) -> usize {
    let built = |place: usize| Some(layers.get(place)?.report.as_ref()?.built());
    let plain = |place: usize| layers.get(place).is_some_and(|layer| layer.findings().is_empty());
    let Some(spread) = cv(first).filter(|_| plain(first)) else { return first + 1 };
    let near = |other: f64| (other - spread).abs() <= ALIKE.0 * spread + ALIKE.1;
    let like = |place: &usize| plain(*place) && built(*place) == built(first) && cv(*place).is_some_and(near);
    first + 1 + (first + 1..layers.len()).take_while(like).count()
}
