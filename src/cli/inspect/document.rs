//! The JSON of an inspection, written while it is measured: a layer is forgotten once it stands there, so that memory does not grow with
//! the layers of a model.

use serde_json::{Map, Value};

use crate::cli::Refusal;
use crate::cli::output::Output;
use crate::inspect::{InspectReport, LayerReport, MixtureRole};
use crate::words::command;

/// The lists of layers, in the order in which they are measured.
const LISTS: [(MixtureRole, &str); 4] = [
    (MixtureRole::Main, "layers"),
    (MixtureRole::Vision, "vision_layers"),
    (MixtureRole::Attention, "attention_layers"),
    (MixtureRole::Extra, "extra_layers"),
];

/// A JSON object on standard output that is written piece by piece.
pub(super) struct JsonDocument<'a> {
    output: &'a mut Output,
    /// What stands before the lists, without its end.
    head: String,
    /// Lists that have been begun, and whether the last one has an entry.
    begun: usize,
    has_entry: bool,
    /// What could not be written as JSON.
    failed: Option<serde_json::Error>,
}

impl<'a> JsonDocument<'a> {
    /// Of what headers and config say; nothing is written yet, so that what cannot be measured at all leaves no half object.
    ///
    /// # Errors
    /// What cannot be written as JSON.
    pub fn new(output: &'a mut Output, manifest: &InspectReport) -> Result<Self, Refusal> {
        let value = serde_json::to_value(manifest).map_err(no_json)?;
        let mut head = value.to_string();
        head.truncate(head.len().saturating_sub(1));
        Ok(Self { output, head, begun: 0, has_entry: false, failed: None })
    }

    /// Writes a layer into its list; layers of a list follow each other.
    pub fn layer(&mut self, role: MixtureRole, layer: &LayerReport) {
        let list = LISTS.iter().position(|(of, _)| *of == role).unwrap_or(0);
        self.begin_lists(list + 1);
        match serde_json::to_string(layer) {
            Ok(text) => {
                self.output.json_piece(if self.has_entry { "," } else { "" });
                self.output.json_piece(&text);
                self.has_entry = true;
            }
            Err(error) => self.failed = Some(error),
        }
    }

    /// Begins lists until so many have been, ending the one before.
    fn begin_lists(&mut self, count: usize) {
        for (_, name) in LISTS.iter().take(count).skip(self.begun) {
            let end = if self.begun == 0 { &self.head } else { "]" };
            self.output.json_piece(&format!("{end},\"{name}\":["));
            self.begun += 1;
            self.has_entry = false;
        }
    }

    /// Writes what else belongs to it, and its end.
    ///
    /// # Errors
    /// What could not be written as JSON.
    pub fn end(mut self, beside: &Map<String, Value>) -> Result<(), Refusal> {
        if let Some(error) = self.failed {
            return Err(no_json(error));
        }
        self.begin_lists(LISTS.len());
        let beside: Vec<String> =
            beside.iter().map(|(name, value)| format!(",{}:{value}", Value::from(name.as_str()))).collect();
        self.output.json(&format!("]{}}}", beside.concat()));
        Ok(())
    }
}

fn no_json(error: serde_json::Error) -> Refusal {
    Refusal::failure(command::no_json(error))
}
