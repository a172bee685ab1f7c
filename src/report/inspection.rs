//! The page of an inspection: manifest, findings, the routing of a text, what changed, and every layer.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{layers, routing};
use crate::domain::digits::grouped;
use crate::domain::quote;
use crate::inspect::{Finding, InspectReport, LayerReport, RoutedText};
use crate::words::{inspected_page as words, inspection, notation};

/// How the page is set; as the report of a run.
const STYLE: &str = include_str!("../../assets/report.css");
/// Its colours, by what the reader's system prefers, and what a report of a run has not.
const OWN_STYLE: &str = include_str!("../../assets/inspection.css");

/// Most findings that are listed.
const FINDINGS: usize = 400;

/// A page that is made while a checkpoint is measured: of a layer only its section is kept.
pub struct InspectionPage {
    name: String,
    manifest: Markup,
    findings: Vec<(String, Finding)>,
    text: Option<Markup>,
    changed: Option<Markup>,
    layers: Vec<Markup>,
    quick: bool,
}

impl InspectionPage {
    /// Of a checkpoint called `name`; `quick` says that its experts are not read.
    pub fn new(name: &str, manifest: &InspectReport, quick: bool) -> Self {
        Self {
            name: name.to_owned(),
            manifest: facts(manifest),
            findings: Vec::new(),
            text: None,
            changed: None,
            layers: Vec::new(),
            quick,
        }
    }

    /// Adds a layer, in the order in which they are shown.
    pub fn layer(&mut self, layer: &LayerReport) {
        self.findings.extend(layer.findings().iter().map(|finding| (layer.key().to_owned(), finding.clone())));
        self.layers.push(layers::section(layer));
    }

    /// Adds where a text went.
    ///
    /// - `pieces`: what its first tokens show
    pub fn text(&mut self, routed: &RoutedText, pieces: &[String]) {
        self.text = Some(routing::section(routed, pieces));
    }

    /// Adds what changed since another checkpoint, in sentences.
    pub fn changed(&mut self, since: &str, sentences: &[String]) {
        self.changed = Some(html! {
            h2 { (words::changed(since)) }
            ul { @for sentence in sentences { li { (sentence) } } }
        });
    }

    /// The page as an HTML document.
    pub fn document(mut self) -> String {
        self.findings.sort_by_key(|(_, finding)| finding.rule);
        let title = words::title(&self.name);
        html! {
            (DOCTYPE)
            html {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width";
                    title { (title) }
                    style { (PreEscaped(STYLE)) (PreEscaped(OWN_STYLE)) }
                }
                body {
                    h1 { (title) }
                    (self.manifest)
                    h2 { (words::findings()) }
                    (self.listed())
                    @if let Some(text) = &self.text { (text) }
                    @if let Some(changed) = &self.changed { (changed) }
                    h2 { (words::layers()) }
                    @for layer in &self.layers { (layer) }
                }
            }
        }
        .into_string()
    }

    /// What is out of the ordinary, by rule, each with why it matters and what to try.
    fn listed(&self) -> Markup {
        let nothing = if self.quick { inspection::nothing_found_quick() } else { inspection::nothing_found() };
        let more = self.findings.len().saturating_sub(FINDINGS);
        let shown = self.findings.get(..FINDINGS).unwrap_or(&self.findings);
        html! {
            @if self.findings.is_empty() { p { (nothing) } }
            @for alike in shown.chunk_by(|a, b| a.1.rule == b.1.rule) {
                @if let Some((_, first)) = alike.first() {
                    h3 { (first.rule.name()) }
                    p { (inspection::why(first.rule)) " " (inspection::tries(first.rule)) }
                }
                table {
                    tr { th { (words::layer()) } th { (words::expert()) } th { (words::value()) } th { (words::limit()) } }
                    @for (key, finding) in alike {
                        tr {
                            td { (key) }
                            td { (of_whom(finding)) }
                            td { (notation::sized(finding.value, 4)) }
                            td { (notation::sized(finding.limit, 4)) }
                        }
                    }
                }
            }
            @if more > 0 { p { (inspection::more_findings(more)) } }
        }
    }
}

/// The experts of a finding, and the matrix it is of.
fn of_whom(finding: &Finding) -> String {
    let experts = finding.expert.into_iter().chain(finding.experts.iter().flatten().copied());
    let experts: Vec<String> = experts.map(|expert| expert.to_string()).collect();
    let of = finding.of.map_or_else(String::new, |of| format!(", {of}"));
    experts.join(" = ") + &of
}

/// What headers and config say.
fn facts(manifest: &InspectReport) -> Markup {
    let (files, bytes) = manifest.sizes();
    let family = match manifest.family() {
        (Some(family), Some(named)) if family != named => format!("{} ({})", quote::name(family), quote::name(named)),
        (Some(family), _) => quote::name(family),
        (None, _) => inspection::no_config().to_owned(),
    };
    let types: Vec<String> =
        manifest.dtypes().iter().map(|(kind, bytes)| format!("{} {}", quote::name(kind), size(*bytes))).collect();
    let parameters = manifest.parameters();
    let count = |value: u64| grouped(&value.to_string(), notation::thousands_mark());
    let active = parameters.active.map_or_else(|| notation::UNKNOWN.said().to_owned(), count);
    let counted =
        words::counted(count(parameters.total), active, count(parameters.always_active), count(parameters.per_expert));
    let mut rows = vec![
        (words::format(), words::files(files, manifest.format(), &size(bytes))),
        (words::family(), family),
        (words::types(), types.join(", ")),
        (words::parameters(), counted),
    ];
    if let Some((kind, block)) = manifest.layout() {
        rows.push((words::layout(), format!("{kind}, {}", quote::name(block))));
    }
    html! {
        table { @for (name, value) in rows { tr { th { (name) } td { (value) } } } }
        @if !manifest.disagreements().is_empty() {
            p { (inspection::disagreements()) }
            ul { @for doubt in manifest.disagreements() { li { (quote::escaped(&doubt.to_string())) } } }
        }
    }
}

/// Bytes in the unit that keeps the number short.
fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let step = (bytes.max(1).ilog2() / 10).min(4);
    let unit = units.get(step as usize).copied().unwrap_or("B");
    let digits = if step == 0 { 0 } else { 1 };
    format!("{} {unit}", notation::decimals(bytes as f64 / f64::from(step * 10).exp2(), digits))
}
