//! The layers of a checkpoint that is looked at: what is known of each, and how a measure spreads over its experts. Pure.

use std::sync::Arc;

use crate::domain::measures::load;
use crate::inspect::{Finding, InspectMeasure, LayerReport, RoutedLayer};
use crate::run::Inspection;

/// A layer with experts.
#[derive(Clone, Debug, Default)]
pub(crate) struct InspectedLayer {
    /// Its key in the file.
    pub key: String,
    /// What was measured of it; `None` until its router is read.
    pub report: Option<Arc<LayerReport>>,
    /// How the text was routed in it: its place among the layers of the routed text.
    pub routed: Option<usize>,
    /// The same in the other checkpoint.
    pub routed_then: Option<usize>,
    /// What became of it since the other checkpoint: its place in the difference.
    pub compared: Option<usize>,
    /// `[E]` share of the picks that each expert got.
    pub load: Option<Vec<f64>>,
    /// Spread of the load.
    pub load_cv: Option<f64>,
}

impl InspectedLayer {
    /// How many experts it has; 0 until that is known.
    pub fn experts(&self) -> usize {
        let measured = self.report.as_ref().map(|report| report.experts());
        measured.or(self.load.as_ref().map(Vec::len)).unwrap_or(0)
    }

    /// What is out of the ordinary in it.
    pub fn findings(&self) -> &[Finding] {
        self.report.as_ref().map_or(&[], |report| report.findings())
    }

    /// `[E]` a measure of each expert as a multiple of its mean over the layer, and its spread; `None` where there is none.
    pub fn over_mean(&self, measure: InspectMeasure) -> Option<(Vec<Option<f64>>, f64)> {
        let values = self.report.as_ref()?.measured(measure)?;
        let told: Vec<f64> = values.iter().flatten().copied().filter(|value| value.is_finite()).collect();
        let mean = told.iter().sum::<f64>() / told.len() as f64;
        let over = |value: &Option<f64>| value.filter(|value| value.is_finite()).map(|value| value / mean);
        (mean > 0.0).then(|| (values.iter().map(over).collect(), load::cv_population(&told)))
    }
}

/// All layers with experts, in the order of the file.
pub(super) fn layers(inspection: &Inspection) -> Vec<InspectedLayer> {
    let now = &inspection.now;
    let routed: &[RoutedLayer] = inspection.text.routed.as_ref().map_or(&[], |text| &text.layers);
    let then: &[RoutedLayer] = inspection.text.then.as_ref().map_or(&[], |text| &text.layers);
    let compared = inspection.difference.as_ref().map_or(&[][..], |difference| difference.layers());
    let find = |layers: &[RoutedLayer], key: &str| layers.iter().position(|layer| layer.key == key);
    let layer = |(place, key): (usize, &String)| {
        // Nearly always in order, so that nothing is searched.
        let at = now.layers.get(place).filter(|layer| layer.key() == key);
        let report = at.or_else(|| now.layers.iter().find(|layer| layer.key() == key)).cloned();
        let place = find(routed, key);
        let here = place.and_then(|place| routed.get(place));
        InspectedLayer {
            key: key.clone(),
            report,
            routed: place,
            routed_then: find(then, key),
            compared: compared.iter().position(|compared| compared.key() == key),
            load: here.and_then(|layer| load::fraction(&layer.load)),
            load_cv: here.map(|layer| layer.load_cv),
        }
    };
    now.planned.iter().enumerate().map(layer).collect()
}
