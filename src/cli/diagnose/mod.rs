//! `moe-arena diagnose`: every measure of a routing dump as a table, or as JSON.

mod layers;

use std::fmt::Write as _;

use serde_json::Value;

use super::Refusal;
use super::arguments::DiagnoseArguments;
use super::output::{Output, aside};
use crate::domain::quote;
use crate::domain::readings::{Diagnosis, DiagnosisContext};
use crate::dumps::{DumpError, DumpFile, DumpTensor, KEYS, ReportKey, TENSORS};
use crate::words::command;

/// Most experts or classes of which a matrix is printed; larger ones are for a program to read.
const PRINTED: usize = 12;
/// Columns of text in the help.
const WIDTH: usize = 100;

/// Measures and prints.
///
/// # Errors
/// Exit code 2 if the file is not a dump that can be measured.
pub(super) fn diagnose(arguments: &DiagnoseArguments) -> Result<(), Refusal> {
    let name = quote::path(&arguments.file);
    let refused = |error: DumpError| Refusal::usage(command::no_diagnosis(&name, error));
    let file = DumpFile::open(&arguments.file).map_err(refused)?;
    let no_json = |error| Refusal::failure(command::no_json(error));
    let (value, lines) = if arguments.layer.is_none() && !file.layers().is_empty() {
        let value = file.diagnose_layers(arguments.top_k).map_err(refused)?.json().map_err(no_json)?;
        let lines = layers::table(&name, &value);
        (value, lines)
    } else {
        let report = file.diagnose(arguments.layer.as_deref(), arguments.top_k).map_err(refused)?;
        let value = report.json().map_err(no_json)?;
        let mut lines = vec![format!("{name}: {}", sizes(&report.diagnosis.beside))];
        lines.extend(table(&report.diagnosis, &value));
        (value, lines)
    };
    let unread = file.unread();
    if !unread.is_empty() {
        let names: Vec<String> = unread.iter().map(|name| quote::name(name)).collect();
        aside(&command::unread(names.join(", ")));
    }
    let mut output = Output::standard();
    if arguments.json {
        output.json(&value.to_string());
    } else {
        lines.iter().for_each(|text| output.line(text));
    }
    output.finish()
}

/// What the help says of tensors and keys.
pub(super) fn help() -> String {
    let mut text = String::from("Tensors. T tokens, N experts, k picks of a token, D width:\n");
    for (DumpTensor { name, shape, of_layer, .. }, what) in TENSORS.iter().zip([
        "z, the router's logits; p = softmax z; −∞ masks an expert. F64, F32, F16 or BF16, as all measured numbers",
        "s, the responses of all experts; q = softmax s",
        "R, the picks, in any order; whole numbers of any size; −1 is no pick. Without it: the --top-k largest logits",
        "the weights of the picks, in their order",
        "h, the states that enter the layer",
        "every expert's answer to every token",
        "a class for each token, 0 and up; whole numbers of any size; −100 is no class",
    ]) {
        let layered =
            of_layer.map_or("the same for all layers".to_owned(), |end| format!("of several layers: KEY.{end}"));
        let _ = writeln!(text, "  {name} {shape}\n{}", wrapped(&format!("{what} ({layered})")));
    }
    text += "A dump of several layers has a KEY.router_logits for each, such as layer.0.router_logits.\n";
    text += "\nJSON keys. A dot separates nested keys; matrices are lists of rows. Ties go to the lower slot. What is\n\
             undefined is null: for example everything that needs k, without --top-k and topk.index.\n";
    for ReportKey { name, what, level } in KEYS {
        let _ = writeln!(text, "  {name}\n{}\n      level: {level}", wrapped(what));
    }
    text += "\nJSON of several layers, without --layer: layers[], each with key, tokens, experts, top_k and all keys\n\
             above but matrices; spread, by the name of a key that is a number: mean, sd (sample, over layers),\n\
             least, least_layer, most, most_layer.\n";
    text.truncate(text.trim_end().len());
    text
}

/// Text in lines of six blanks and at most [`WIDTH`] columns.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::from("     ")];
    for word in text.split(' ') {
        let full = lines.last().is_some_and(|last| last.chars().count() + 1 + word.chars().count() > WIDTH);
        if full {
            lines.push("     ".into());
        }
        if let Some(last) = lines.last_mut() {
            let _ = write!(last, " {word}");
        }
    }
    lines.join("\n")
}

fn sizes(beside: &DiagnosisContext) -> String {
    let mut text = format!("{} tokens, {} experts", beside.tokens, beside.experts);
    if let Some(k) = beside.top_k {
        let _ = write!(text, ", {k} of them a token");
    }
    if let Some(width) = beside.width {
        let _ = write!(text, ", states of width {width}");
    }
    if let Some(classes) = beside.classes {
        let _ = write!(text, ", {classes} classes");
    }
    text
}

/// The diagnosis as lines.
fn table(diagnosis: &Diagnosis, value: &Value) -> Vec<String> {
    let beside = &diagnosis.beside;
    let mut lines = Vec::new();
    let mut family = "";
    for key in KEYS {
        let (head, name) = key.name.split_once('.').unwrap_or((key.name, ""));
        if head != family {
            family = head;
            lines.extend([String::new(), family.to_owned()]);
        }
        let value = key.name.split('.').fold(value, |value, step| &value[step]);
        let level =
            here(key.name, diagnosis).map_or_else(|| key.level.to_owned(), |h| format!("{}; here {h}", key.level));
        lines.push(format!("  {name:<21} {:<12} {level}", short(value)).trim_end().to_owned());
        lines.extend(rows(value));
        lines.extend(more(key.name, beside));
    }
    if beside.top_k.is_none() {
        lines.push("\nwithout topk.index and --top-k nothing is known of a token's picks but the first".into());
    }
    if beside.negative_responses {
        lines.push("\nsome responses are below zero: agreement.response_captured is no share".into());
    }
    lines
}

/// The chance or ideal level of a key in this dump's own numbers.
fn here(name: &str, diagnosis: &Diagnosis) -> Option<String> {
    let beside = &diagnosis.beside;
    let (n, t) = (beside.experts as f64, beside.tokens as f64);
    Some(match name {
        "load.fraction" => number(1.0 / n),
        "load.dead" => {
            let window = beside.silence_window?;
            let words = if beside.tokens as u64 >= window { "enough tokens" } else { "too few tokens: it may be luck" };
            format!("{words}, {window} are needed")
        }
        "load.effective_experts" => format!("N = {n}"),
        "router.information" => format!("ln N = {}", number(n.ln())),
        "router.z_loss" => format!("(ln N)² = {}", number(n.ln().powi(2))),
        "agreement.top1" => format!("chance {}", number(diagnosis.agreement.chance?)),
        "agreement.recall_at_k" => format!("chance {}", number(diagnosis.agreement.recall_chance?)),
        "agreement.response_captured" => format!("k at random capture {}", number(beside.captured_at_random?)),
        "agreement.kl" => format!("a uniform router has {}", number(beside.kl_of_uniform?)),
        "collapse.effective_rank" => format!("most {}", (t - 1.0).min(beside.width? as f64)),
        "collapse.anisotropy" if t > 1.0 => number(-1.0 / (t - 1.0)),
        "coactivation" => number(beside.coactivation_chance?),
        _ => return None,
    })
}

/// Lines after a key with what belongs to it and has no key.
fn more(name: &str, beside: &DiagnosisContext) -> Vec<String> {
    let with = |label: &str, value: Option<f64>, level: &str| {
        value.map(|value| format!("  {label:<21} {:<12} {level}", number(value)))
    };
    match name {
        "load.dead_slots" => {
            let fifths = beside.fifths;
            let even = fifths.map_or(String::new(), |fifths| format!("even {}", number(fifths.even)));
            let lines = [
                with("(busiest fifth)", fifths.map(|fifths| fifths.top), &even),
                with("(idlest fifth)", fifths.map(|fifths| fifths.bottom), &even),
                with("(balance loss)", beside.balance_loss, "N Σ f P; even 1"),
            ];
            lines.into_iter().flatten().collect()
        }
        "agreement.kl" => {
            with("(Jensen-Shannon)", beside.js, "best 0, nothing in common ln 2 = 0.693").into_iter().collect()
        }
        "agreement.skill" => {
            with("(Brier skill)", beside.brier_skill, "of p on the winner; uniform 0, best 1").into_iter().collect()
        }
        "agreement.ece" => {
            let bins = beside.reliability.iter().flatten().enumerate().filter(|(_, bin)| bin.tokens > 0);
            bins.map(|(place, bin)| {
                let (confidence, accuracy) = (number(bin.confidence), number(bin.accuracy));
                format!("    p from 0.{place}: {:>8} tokens, confidence {confidence}, right {accuracy}", bin.tokens)
            })
            .collect()
        }
        _ => Vec::new(),
    }
}

/// A value in one column: a number, a short list, or the size of what is larger.
fn short(value: &Value) -> String {
    match value {
        Value::Null => "n/a".into(),
        Value::Number(value) => value.as_f64().map_or_else(|| "n/a".into(), number),
        Value::Array(values) if values.iter().any(Value::is_array) => {
            format!("{} × {}", values.len(), values[0].as_array().map_or(0, Vec::len))
        }
        Value::Array(values) if values.is_empty() => "none".into(),
        Value::Array(values) if values.len() > PRINTED => format!("{} values", values.len()),
        _ => String::new(),
    }
}

/// The rows of a list or of a matrix that is small enough.
fn rows(value: &Value) -> Vec<String> {
    let Value::Array(values) = value else { return Vec::new() };
    if values.is_empty() || values.len() > PRINTED {
        return Vec::new();
    }
    let row =
        |values: &[Value]| values.iter().fold("   ".to_owned(), |text, value| format!("{text} {:>9}", short(value)));
    match values[0].as_array() {
        Some(first) if first.len() > PRINTED => Vec::new(),
        Some(_) => values.iter().filter_map(Value::as_array).map(|values| row(values)).collect(),
        None => vec![row(values)],
    }
}

/// Five digits, or a power of ten where that would be unreadable.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value.fract() == 0.0 && size < 1e9 {
        format!("{value}")
    } else if (1e-3..1e5).contains(&size) {
        let digits = 4 - (size.log10().floor() as i32).clamp(0, 4);
        format!("{value:.*}", digits as usize)
    } else {
        format!("{value:.3e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_readable() {
        let said = [0.0, 3.0, 0.123_456, 12.345_678, 99_999.5, 1.5e-7, -0.25, 1e12 + 0.5].map(number);
        assert_eq!(said, ["0", "3", "0.1235", "12.346", "100000", "1.500e-7", "-0.2500", "1.000e12"]);
    }

    #[test]
    fn help_is_wrapped_and_names_everything() {
        let text = help();
        assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
        assert!(KEYS.iter().all(|key| text.contains(key.name) && text.contains(key.level)));
        assert!(TENSORS.iter().all(|DumpTensor { name, shape, .. }| text.contains(&format!("{name} {shape}"))));
        let long = wrapped(&"word ".repeat(60));
        assert!(long.lines().count() > 2 && long.lines().all(|line| line.starts_with("      word")), "{long}");
    }

    #[test]
    fn every_key_stands_in_the_table() {
        let diagnosis = Diagnosis::default();
        let lines = table(&diagnosis, &serde_json::to_value(&diagnosis).unwrap());
        for key in KEYS {
            let name = key.name.split_once('.').map_or(key.name, |(_, name)| name);
            assert!(lines.iter().any(|line| line.trim_start().starts_with(name)), "{name}: {lines:#?}");
        }
    }
}
