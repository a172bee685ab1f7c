//! Names of the tensors of a routing dump: of one layer, or of each of several layers by its key.

/// z of a dump of one layer, the one tensor that it must have.
pub(super) const LOGITS: &str = "router.logits";

/// What a tensor of a dump holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DumpPart {
    Logits,
    Scores,
    Index,
    Weights,
    Hidden,
    Outputs,
    Labels,
}

/// A tensor of a dump: its name where there is one layer, the end of its name where there are several, and its shape: T tokens,
/// N experts, k picks, D width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DumpTensor {
    pub(super) part: DumpPart,
    /// Its name in a dump of one layer.
    pub name: &'static str,
    /// What follows the key of the layer and a dot in a dump of several; `None` for what all layers share.
    pub of_layer: Option<&'static str>,
    /// Its shape.
    pub shape: &'static str,
}

const fn tensor(part: DumpPart, name: &'static str, of_layer: Option<&'static str>, shape: &'static str) -> DumpTensor {
    DumpTensor { part, name, of_layer, shape }
}

/// All tensors that measures read.
pub(crate) const TENSORS: [DumpTensor; 7] = [
    tensor(DumpPart::Logits, LOGITS, Some("router_logits"), "[T, N]"),
    tensor(DumpPart::Scores, "affinity.scores", Some("affinity"), "[T, N]"),
    tensor(DumpPart::Index, "topk.index", Some("topk_index"), "[T, k]"),
    tensor(DumpPart::Weights, "topk.weight", Some("topk_weight"), "[T, k]"),
    tensor(DumpPart::Hidden, "hidden", Some("input"), "[T, D]"),
    tensor(DumpPart::Outputs, "expert_outputs", Some("expert_outputs"), "[T, N, D]"),
    tensor(DumpPart::Labels, "labels", None, "[T]"),
];

/// The names of one layer's tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LayerNames<'a> {
    /// Its key; `None` in a dump of one layer.
    pub key: Option<&'a str>,
}

impl LayerNames<'_> {
    /// The name of a tensor.
    pub fn of(self, part: DumpPart) -> String {
        let found = TENSORS.iter().find(|tensor| tensor.part == part);
        // Every part has its row in the table.
        let (name, of_layer) = found.map_or((LOGITS, None), |tensor| (tensor.name, tensor.of_layer));
        match (self.key, of_layer) {
            (Some(key), Some(end)) => format!("{key}.{end}"),
            _ => name.to_owned(),
        }
    }
}

/// The keys of the layers of a dump with these tensors, in the order of their numbers; none for a dump of one layer.
pub(super) fn layer_keys(names: &[String]) -> Vec<String> {
    let end = |name: &str| Some(name.strip_suffix("router_logits")?.strip_suffix('.')?.to_owned());
    let mut keys: Vec<String> = names.iter().filter_map(|name| end(name)).filter(|key| !key.is_empty()).collect();
    keys.sort_by_cached_key(|key| in_order(key));
    keys
}

/// A key by which "layer.10" comes after "layer.9": numbers are as long as the longest.
fn in_order(key: &str) -> Vec<(bool, String)> {
    let digit = |c: char| c.is_ascii_digit();
    let runs = key.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    let text = runs.map(|run| String::from_utf8_lossy(run).into_owned());
    text.map(|run| match run.starts_with(digit) {
        true => (false, format!("{:0>40}", run.trim_start_matches('0'))),
        false => (true, run),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_a_name_of_its_own_with_and_without_layers() {
        let one = LayerNames { key: None };
        let deep = LayerNames { key: Some("layer.3") };
        for tensor in TENSORS {
            assert_eq!(one.of(tensor.part), tensor.name);
            let expected = tensor.of_layer.map_or(tensor.name.to_owned(), |end| format!("layer.3.{end}"));
            assert_eq!(deep.of(tensor.part), expected);
        }
    }

    #[test]
    fn layers_are_told_from_the_rest_and_come_in_the_order_of_their_numbers() {
        let names = [
            "layer.10.router_logits",
            "layer.9.router_logits",
            "layer.9.input",
            "logits",
            "router_logits",
            ".router_logits",
            "xrouter_logits",
            "dec.layer.0.router_logits",
            "layer.09.a.router_logits",
        ];
        let keys = layer_keys(&names.map(str::to_owned));
        assert_eq!(keys, ["dec.layer.0", "layer.9", "layer.09.a", "layer.10"]);
    }
}
