//! What is kept of a layer beside all others: how alike its experts are takes memory with their square, in every layer.

use std::sync::Arc;

use crate::inspect::LayerReport;

/// Most memory for how alike experts are, in all layers together, bytes: 60 layers of 512 experts take half of it.
pub(super) const MOST_LIKENESS: usize = 192 << 20;

/// A layer as it is kept beside the others: without likenesses where those of all would take more than `most` bytes.
pub(super) fn kept<'a>(
    layer: LayerReport,
    others: impl Iterator<Item = &'a Arc<LayerReport>>,
    most: usize,
) -> LayerReport {
    let of_others: usize = others.map(|other| other.likeness_bytes()).sum();
    if of_others.saturating_add(layer.likeness_bytes()) > most { layer.without_likeness() } else { layer }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::inspect::{InspectMeasure, LikenessOf, Model};

    #[test]
    fn likenesses_are_kept_as_long_as_there_is_room() {
        let model = Model::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public/olmoe")).unwrap();
        let measured = || LayerReport::measure(&model, &model.mixtures()[0], false, &|_| true).unwrap().unwrap();
        let one = measured().likeness_bytes();
        // Three matrices of one half, in single precision.
        let experts = measured().experts();
        assert_eq!(one, 3 * 4 * experts * (experts + 1) / 2);
        let mut layers: Vec<Arc<LayerReport>> = Vec::new();
        for _ in 0..4 {
            layers.push(Arc::new(kept(measured(), layers.iter(), 2 * one)));
        }
        let has = |layer: &Arc<LayerReport>| layer.likeness(LikenessOf::Stored).is_some();
        assert_eq!(layers.iter().map(has).collect::<Vec<_>>(), [true, true, false, false]);
        assert_eq!(layers.iter().map(|layer| layer.likeness_bytes()).sum::<usize>(), 2 * one);
        assert!(layers[3].is_likeness_left_out() && !layers[1].is_likeness_left_out());
        assert!(layers[3].measured(InspectMeasure::UpNorm).is_some(), "the rest is kept");
    }
}
