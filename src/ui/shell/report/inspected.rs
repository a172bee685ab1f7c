//! The report of a checkpoint that is looked at: the page of an inspection, of what has been measured so far.

use crate::domain::quote;
use crate::report::InspectionPage;
use crate::run::Inspection;
use crate::words::{DifferenceNames, what_changed};

/// What the file is called that a report of this checkpoint is written to, without its ending; `None` as long as nothing is known of
/// the checkpoint.
pub(crate) fn stem(inspection: &Inspection) -> Option<String> {
    inspection.now.report.as_ref()?;
    let name = inspection.now.path.file_stem().unwrap_or_default().to_string_lossy();
    Some(format!("inspection-{name}"))
}

/// The report as an HTML document; `None` as long as nothing is known of the checkpoint.
pub(crate) fn document(inspection: &Inspection) -> Option<String> {
    let (now, text) = (&inspection.now, &inspection.text);
    let is_quick = now.measured < now.planned.len();
    let mut page = InspectionPage::new(&quote::path(&now.path), now.report.as_ref()?, is_quick);
    now.layers.iter().for_each(|layer| page.layer(layer));
    if let Some(routed) = &text.routed {
        page.text(routed, &text.pieces);
    }
    if let (Some(difference), Some(then)) = (&inspection.difference, &inspection.then) {
        // As the page calls them everywhere.
        let names = DifferenceNames { layer: &|key| key.to_owned(), expert: &|expert| expert.to_string() };
        page.changed(&quote::path(&then.path), &what_changed(difference, names));
    }
    Some(page.document())
}
