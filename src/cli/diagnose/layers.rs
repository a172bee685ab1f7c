//! Layers of a dump side by side: a row for each layer, a column for each of the measures that monitors ask for first.

use serde_json::Value;

use super::short;
use crate::domain::quote;

/// Columns: the head, and the key of a layer's JSON.
const COLUMNS: [(&str, &str); 12] = [
    ("tokens", "tokens"),
    ("experts", "experts"),
    ("k", "top_k"),
    ("load cv", "load.cv"),
    ("max_vio", "load.max_vio"),
    ("effective", "load.effective_experts"),
    ("by gate", "load.gate_effective_experts"),
    ("dead", "load.dead"),
    ("entropy", "router.token_entropy"),
    ("kappa", "agreement.kappa"),
    ("rms", "input.rms"),
    ("largest", "input.largest"),
];
/// What is said of all layers together, below the rows, and its key in the spread.
const BELOW: [(&str, &str); 4] = [("mean", "mean"), ("sd", "sd"), ("least", "least"), ("most", "most")];
/// Characters of a column.
const COLUMN: usize = 10;

/// The report of a dump of several layers, as lines. A column that no layer has is left out.
pub(super) fn table(name: &str, report: &Value) -> Vec<String> {
    let layers = report["layers"].as_array().map_or(&[][..], Vec::as_slice);
    let at = |layer: &Value, path: &str| path.split('.').fold(layer, |value, step| &value[step]).clone();
    let columns: Vec<(&str, &str)> =
        COLUMNS.into_iter().filter(|(_, path)| layers.iter().any(|layer| !at(layer, path).is_null())).collect();
    let keys = layers.iter().map(|layer| quote::name(layer["key"].as_str().unwrap_or_default()));
    let keys: Vec<String> = keys.collect();
    let width = keys.iter().map(|key| key.chars().count()).max().unwrap_or(0).max(5);
    let line = |first: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!(" {cell:>COLUMN$}")).collect();
        format!("{first:<width$}{cells}")
    };
    let mut lines = vec![format!("{name}: {} layers", layers.len()), String::new()];
    lines.push(line("", columns.iter().map(|(head, _)| (*head).to_owned()).collect()));
    for (key, layer) in keys.iter().zip(layers) {
        lines.push(line(key, columns.iter().map(|(_, path)| short(&at(layer, path))).collect()));
    }
    lines.push(String::new());
    for (head, part) in BELOW {
        let cell = |path: &str| match report["spread"].get(path) {
            Some(spread) => short(&spread[part]),
            None => String::new(),
        };
        lines.push(line(head, columns.iter().map(|(_, path)| cell(path)).collect()).trim_end().to_owned());
    }
    lines.extend([
        String::new(),
        "load cv, max_vio: even 0; effective experts: even is the number of experts, by gate counts weights; entropy:"
            .into(),
        "certain 0, undecided 1; kappa: chance 0, best 1; rms, largest: of the numbers that enter the router".into(),
        "--layer KEY shows all measures of one layer".into(),
    ]);
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn layers_stand_in_rows_with_their_spread_below() {
        let layer = |key: &str, cv: f64| json!({ "key": key, "tokens": 9, "load": { "cv": cv, "max_vio": null } });
        let spread = json!({ "load.cv": { "mean": 0.75, "sd": 0.25, "least": 0.5, "most": 1.0 } });
        let report = json!({ "layers": [layer("layer.9", 0.5), layer("layer.\u{1b}10", 1.0)], "spread": spread });
        let lines = table("d", &report);
        assert_eq!(lines[0], "d: 2 layers");
        let words = |line: usize| lines[line].split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(2), "tokens load cv");
        assert_eq!((words(3), words(4)), ("layer.9 9 0.5000".into(), "layer.\\u{1b}10 9 1".into()));
        assert_eq!((words(6), words(7), words(9)), ("mean 0.7500".into(), "sd 0.2500".into(), "most 1".into()));
        assert!(lines.iter().all(|line| line.chars().count() <= 160));
    }
}
