//! `moe-arena inspect PATH --text …`: a text through the whole model, as a table over layers and tokens, or as JSON.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::progress::Progress;
use crate::cli::Refusal;
use crate::cli::arguments::RoutingArguments;
use crate::cli::output::aside;
use crate::domain::quote;
use crate::inspect::{
    Agreement, DecoderStep, ForwardError, Model, RoutedLayer, RoutedText, TextToken, TextWishes, Vocabulary,
    competition_factor, route_text,
};
use crate::store::atomic_file::AtomicFile;
use crate::words::inspection;

/// Most tokens, and most layers of each, that are printed.
const TOKENS: usize = 48;
const LAYERS: usize = 12;
/// Experts that are named for a layer: those with most tokens.
const BUSIEST: usize = 4;
/// Units of work of a layer.
const LAYER: u64 = 1000;

/// A text as it went through a model.
pub(super) struct Routed {
    pub routed: RoutedText,
    /// Each token as it is shown.
    pub pieces: Vec<Option<String>>,
    /// The bytes of the text that each token stands for.
    pub spans: Vec<Option<(usize, usize)>>,
}

/// Sees that no file stands where one is to be written, unless it may be replaced.
pub(super) fn free(wanted: &RoutingArguments) -> Result<(), Refusal> {
    let standing = |path: &&PathBuf| !wanted.overwrite && path.symlink_metadata().is_ok();
    match [&wanted.dump, &wanted.csv].into_iter().flatten().find(standing) {
        Some(path) => Err(Refusal::usage(inspection::exists(quote::path(path)))),
        None => Ok(()),
    }
}

/// Writes the table over layers, if it is wanted.
pub(super) fn write_csv(wanted: &RoutingArguments, routed: &RoutedText) -> Result<(), Refusal> {
    let Some(path) = &wanted.csv else { return Ok(()) };
    let written = AtomicFile::write(path, routed.csv().as_bytes());
    written.map_err(|error| Refusal::failure(inspection::unwritten(quote::path(path), error)))
}

/// Routes what the arguments give, if they give a text.
pub(super) fn route(name: &str, model: &Model, wanted: &RoutingArguments) -> Result<Option<Routed>, Refusal> {
    let refused = |error: &dyn std::fmt::Display| Refusal::usage(inspection::refused(name, error));
    let Some((tokens, text, vocabulary)) = tokens(name, model, wanted)? else { return Ok(None) };
    free(wanted)?;
    let factor = competition_factor(model).map_err(|error| refused(&error))?;
    if wanted.compete || wanted.dump.is_some() {
        aside(&inspection::competition_costs(format!("{factor:.1}")));
    }
    let ids: Vec<u32> = tokens.iter().map(|token| token.id).collect();
    let wishes = TextWishes { compete: wanted.compete, dump: wanted.dump.as_deref() };
    let mut progress = Steps { shown: None, done: 0 };
    let routed = route_text(model, &ids, wishes, &mut |step| progress.at(step));
    progress.close();
    let routed = routed.map_err(|error| match error {
        ForwardError::Stored(_) | ForwardError::Dump { .. } | ForwardError::NotFinite { .. } => {
            Refusal::failure(inspection::refused(name, error))
        }
        error => refused(&error),
    })?;
    write_csv(wanted, &routed)?;
    let spans: Vec<_> = tokens.iter().map(|token| token.span.as_ref().map(|span| (span.start, span.end))).collect();
    let shown = |token: &TextToken| match &token.span {
        Some(span) => text.as_deref().and_then(|text| text.get(span.clone())).map(str::to_owned),
        None => vocabulary.as_ref().and_then(|vocabulary| vocabulary.piece(token.id)),
    };
    Ok(Some(Routed { pieces: tokens.iter().map(shown).collect(), spans, routed }))
}

/// The tokens that the arguments give, with the text that they are of.
type Given = (Vec<TextToken>, Option<String>, Option<Vocabulary>);

fn tokens(name: &str, model: &Model, wanted: &RoutingArguments) -> Result<Option<Given>, Refusal> {
    let text = match (&wanted.text, &wanted.text_file) {
        (Some(text), _) => text.clone(),
        (None, Some(path)) => fs::read_to_string(path)
            .map_err(|error| Refusal::usage(inspection::text_unread(quote::path(path), error)))?,
        (None, None) if wanted.ids.is_empty() => return Ok(None),
        (None, None) => {
            let tokens = wanted.ids.iter().map(|&id| TextToken { id, span: None }).collect();
            return Ok(Some((tokens, None, Vocabulary::of(model).ok())));
        }
    };
    let vocabulary = Vocabulary::of(model).map_err(|error| Refusal::usage(inspection::no_tokens(name, error)))?;
    let tokens = vocabulary.tokens(&text).map_err(|error| Refusal::usage(inspection::refused(name, error)))?;
    Ok(Some((tokens, Some(text), Some(vocabulary))))
}

/// Progress of a run in units of work.
struct Steps {
    shown: Option<Progress>,
    done: u64,
}

impl Steps {
    fn at(&mut self, step: DecoderStep) -> ControlFlow<()> {
        // Logits are one layer more.
        let work = LAYER * (step.layers as u64 + 1);
        let shown = self.shown.get_or_insert_with(|| Progress::new(work));
        shown.begin(&format!("layer.{}", step.layer));
        let within = LAYER * step.experts as u64 / step.of.max(1) as u64;
        let done = (LAYER * step.layer as u64 + within).max(self.done);
        let goes_on = shown.advance(done - self.done);
        self.done = done;
        if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn close(&self) {
        if let Some(shown) = &self.shown {
            shown.close();
        }
    }
}

impl Routed {
    /// The text as the model routed it.
    pub fn text(&self) -> &RoutedText {
        &self.routed
    }

    /// What stands under `routing` in the JSON.
    pub fn json(&self) -> Result<Value, serde_json::Error> {
        let mut value = serde_json::to_value(&self.routed)?;
        let tokens = self.routed.ids.iter().zip(&self.pieces).zip(&self.spans);
        let tokens = tokens.map(|((id, text), span)| json!({"id": id, "text": text, "span": span}));
        value["tokens"] = tokens.collect();
        if let Some(all) = value.as_object_mut() {
            all.remove("ids");
        }
        Ok(value)
    }

    /// What each token shows: its text, or its id.
    pub fn shown(&self) -> Vec<String> {
        let tokens = self.routed.ids.iter().zip(&self.pieces);
        tokens.map(|(id, piece)| piece.clone().unwrap_or_else(|| id.to_string())).collect()
    }

    /// As lines.
    pub fn lines(&self) -> Vec<String> {
        let routed = &self.routed;
        let loss = routed.loss.map_or_else(|| "n/a".into(), |loss| format!("{loss:.3}"));
        let mut lines = vec![format!("  {:<12} {}, loss {loss}", "tokens", routed.ids.len()), String::new()];
        lines.push(format!(
            "{:<12} {:>7} {:>3} {:>7} {:>7} {:>6}  busiest",
            "layer", "experts", "k", "load cv", "unused", "Σ w"
        ));
        lines.extend(routed.layers.iter().map(layer));
        if routed.layers.iter().any(|layer| layer.competition.is_some()) {
            for (name, of) in [
                ("softplus", (|c| &c.softplus) as fn(&crate::inspect::RoutingCompetition) -> &Agreement),
                ("norm", |c| &c.norm),
            ] {
                lines.push(String::new());
                let columns = ["top1", "chance", "kappa", "recall", "chance", "captured", "chance", "spearman"];
                let columns: String = columns.iter().map(|column| format!(" {column:>8}")).collect();
                lines.push(format!("{name:<12}{columns}"));
                let rows = routed.layers.iter().filter_map(|layer| Some((layer, of(layer.competition.as_ref()?))));
                lines.extend(rows.map(|(layer, agreement)| agreement_row(&layer.key, agreement)));
            }
        }
        lines.extend(self.token_lines());
        lines
    }

    /// The first tokens with the first expert of each of the first layers.
    fn token_lines(&self) -> Vec<String> {
        let layers = &self.routed.layers[..self.routed.layers.len().min(LAYERS)];
        let head: String = layers.iter().map(|layer| format!(" {:>9}", layer.key)).collect();
        let mut lines = vec![String::new(), format!("{:<5} {:<16}{head}", "token", "")];
        for (place, (id, piece)) in self.routed.ids.iter().zip(&self.pieces).take(TOKENS).enumerate() {
            let shown = piece.as_ref().map_or_else(|| id.to_string(), |piece| format!("“{}”", quote::name(piece)));
            let shown: String = shown.chars().take(16).collect();
            let first = layers.iter().map(|layer| {
                let first = layer.picks.get(place).and_then(|picks| picks.first());
                format!(" {:>9}", first.map_or_else(|| "–".to_owned(), u32::to_string))
            });
            lines.push(format!("{place:<5} {shown:<16}{}", first.collect::<String>()));
        }
        let more = self.routed.ids.len().saturating_sub(TOKENS);
        if more > 0 {
            lines.push(inspection::more_tokens(more));
        }
        lines
    }
}

fn layer(layer: &RoutedLayer) -> String {
    let mut order: Vec<usize> = (0..layer.load.len()).filter(|&expert| layer.load[expert] > 0).collect();
    order.sort_by_key(|&expert| (std::cmp::Reverse(layer.load[expert]), expert));
    let busiest: Vec<String> =
        order.iter().take(BUSIEST).map(|&expert| format!("{expert} ({})", layer.load[expert])).collect();
    format!(
        "{:<12} {:>7} {:>3} {:>7.3} {:>7} {:>6.3}  {}",
        layer.key,
        layer.experts,
        layer.top_k,
        layer.load_cv,
        layer.unused,
        layer.weight_sum,
        busiest.join(", ")
    )
}

fn agreement_row(key: &str, a: &Agreement) -> String {
    let cells =
        a.columns().map(|number| number.map_or_else(|| format!(" {:>8}", "n/a"), |number| format!(" {number:>8.3}")));
    format!("{key:<12}{}", cells.concat())
}
