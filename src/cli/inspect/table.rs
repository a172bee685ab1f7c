//! Table of an inspection: manifest, findings, then layers, those that are built alike in one row.

use crate::domain::digits::grouped;
use crate::domain::quote;
use crate::inspect::{Finding, InspectReport, InspectScope, LayerReport, LikenessOf};
use crate::words::inspection;

/// Most findings that are told one by one.
const FINDINGS: usize = 40;

/// What the table says of a layer.
pub(super) struct LayerInTable {
    key: String,
    built: Built,
    ranges: Vec<(&'static str, f64, f64)>,
    are_ranks_estimated: bool,
    /// Experts are compared as they lie alone.
    is_unmatched: bool,
    unread: Option<String>,
    findings: Vec<Finding>,
}

/// As [`LayerReport::built`] says.
type Built = (usize, Option<usize>, Option<&'static str>, usize, Option<usize>);

impl LayerInTable {
    pub fn of(layer: &LayerReport) -> Self {
        Self {
            key: layer.key().to_owned(),
            built: layer.built(),
            ranges: layer.ranges(),
            are_ranks_estimated: layer.are_ranks_estimated(),
            is_unmatched: layer.likeness(LikenessOf::Stored).is_some() && layer.likeness(LikenessOf::Matched).is_none(),
            unread: layer.unread().map(str::to_owned),
            findings: layer.findings().to_vec(),
        }
    }
}

/// The report as lines.
pub(super) fn lines(name: &str, report: &InspectReport, layers: &[LayerInTable], scope: &InspectScope) -> Vec<String> {
    let mut lines = manifest(name, report);
    lines.push(String::new());
    lines.extend(findings(layers, scope));
    if !report.disagreements().is_empty() {
        lines.push(String::new());
        lines.push(inspection::disagreements().to_owned());
        lines.extend(report.disagreements().iter().map(|doubt| format!("  {}", quote::escaped(&doubt.to_string()))));
    }
    lines.push(String::new());
    lines.extend(in_blocks(layers));
    lines
}

fn manifest(name: &str, report: &InspectReport) -> Vec<String> {
    let (files, bytes) = report.sizes();
    let family = match report.family() {
        (Some(family), Some(model_type)) if family != model_type => {
            format!("{} ({})", quote::name(family), quote::name(model_type))
        }
        (Some(family), _) => quote::name(family),
        (None, _) => inspection::no_config().to_owned(),
    };
    let types = report.dtypes().iter().map(|(kind, bytes)| format!("{} {}", quote::name(kind), size(*bytes)));
    let parameters = report.parameters();
    let active = parameters.active.map_or_else(|| "n/a".into(), count);
    let mut lines = vec![
        name.to_owned(),
        row(
            "format",
            &format!("{}, {files} file{}, {}", report.format(), if files == 1 { "" } else { "s" }, size(bytes)),
        ),
        row("family", &family),
        row("types", &types.collect::<Vec<_>>().join(", ")),
    ];
    if let Some((kind, block)) = report.layout() {
        lines.push(row("layout", &format!("{kind}, {}", quote::name(block))));
    }
    lines.push(row("parameters", &format!("{} in all, {active} for a token", count(parameters.total))));
    let always = format!("{} always, {} in one expert", count(parameters.always_active), count(parameters.per_expert));
    lines.push(row("", &always));
    lines
}

fn row(label: &str, value: &str) -> String {
    format!("  {label:<12} {value}").trim_end().to_owned()
}

/// Findings, each rule with why it matters and what to try.
fn findings(layers: &[LayerInTable], scope: &InspectScope) -> Vec<String> {
    let all = layers.iter().flat_map(|layer| layer.findings.iter().map(|finding| (layer.key.as_str(), finding)));
    let mut all: Vec<(&str, &Finding)> = all.collect();
    if all.is_empty() {
        let said = if scope.quick { inspection::nothing_found_quick() } else { inspection::nothing_found() };
        return vec![said.to_owned()];
    }
    all.sort_by_key(|(_, finding)| finding.rule);
    let mut lines = vec![inspection::findings(all.len())];
    let mut rule = None;
    for (key, finding) in all.iter().take(FINDINGS) {
        if rule != Some(finding.rule) {
            rule = Some(finding.rule);
            lines.push(format!("  {}", finding.rule.name()));
            lines.push(format!("    {}", inspection::why(finding.rule)));
            lines.push(format!("    {}", inspection::tries(finding.rule)));
        }
        lines.push(format!("    {}", one(key, finding)));
    }
    if all.len() > FINDINGS {
        lines.push(format!("  {}", inspection::more_findings(all.len() - FINDINGS)));
    }
    lines
}

/// A finding in one line.
fn one(key: &str, finding: &Finding) -> String {
    let of = finding.of.map_or_else(String::new, |of| format!(", {of}"));
    let experts = finding.expert.into_iter().chain(finding.experts.iter().flatten().copied());
    let experts: Vec<String> = experts.map(|expert| expert.to_string()).collect();
    format!("- {key}, expert {}{of}: {} (limit {})", experts.join(" = "), number(finding.value), number(finding.limit))
}

/// Layers, neighbours that are built alike in one block with the range of what was measured.
fn in_blocks(layers: &[LayerInTable]) -> Vec<String> {
    let mut lines = Vec::new();
    for alike in layers.chunk_by(|a, b| a.built == b.built) {
        let (Some(first), Some(last)) = (alike.first(), alike.last()) else { continue };
        let keys = if alike.len() == 1 {
            first.key.clone()
        } else {
            format!("{} … {} ({})", first.key, last.key, alike.len())
        };
        let (experts, k, scoring, width, shared) = first.built;
        let k = k.map_or_else(|| "k n/a".into(), |k| format!("k {k}"));
        let shared = shared.map_or_else(String::new, |width| format!(", shared expert of width {width}"));
        let scoring = scoring.unwrap_or("rule n/a");
        lines.push(format!("{keys}: {experts} experts, {k}, {scoring}, width {width}{shared}"));
        let mut ranges: Vec<(&'static str, f64, f64)> = Vec::new();
        for &(name, low, high) in alike.iter().flat_map(|layer| &layer.ranges) {
            match ranges.iter_mut().find(|range| range.0 == name) {
                Some(range) => (range.1, range.2) = (range.1.min(low), range.2.max(high)),
                None => ranges.push((name, low, high)),
            }
        }
        lines.extend(
            ranges.iter().map(|(name, low, high)| format!("  {name:<20} {:>10} … {}", number(*low), number(*high))),
        );
        if alike.iter().any(|layer| layer.is_unmatched) {
            lines.push(format!("  {:<20} {:>10}  {}", "matched cosine", "n/a", inspection::unmatched()));
        }
        if alike.iter().any(|layer| layer.are_ranks_estimated) {
            lines.push(format!("  {}", inspection::ranks_estimated()));
        }
        if let Some(why) = alike.iter().find_map(|layer| layer.unread.as_deref()) {
            lines.push(format!("  {}", inspection::unread(why)));
        }
    }
    lines
}

fn count(value: u64) -> String {
    grouped(&value.to_string(), ',')
}

/// Bytes in the unit that keeps the number short.
fn size(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let step = (bytes.max(1).ilog2() / 10).min(4);
    if step == 0 {
        format!("{bytes} bytes")
    } else {
        format!("{:.1} {}", bytes as f64 / f64::from(step * 10).exp2(), units[step as usize])
    }
}

/// Four digits, or a power of ten where that would be unreadable.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-3..1e5).contains(&size) {
        let digits = if value == 0.0 { 0 } else { 3 - (size.log10().floor() as i32).clamp(0, 3) };
        format!("{value:.*}", digits as usize)
    } else {
        format!("{value:.2e}")
    }
}
