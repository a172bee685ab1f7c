//! Terms of the task: what the table says of tokens and bytes, said of points where a run learns points in the plane, and what it
//! says of bytes and probes, said of the tokens of routing dumps where somebody's training is watched.
//!
//! The sentences of the table are written for a run on a text. [`speak_of`] chooses the terms of a thread; from then on every
//! sentence it makes is in them, and [`said`] puts a constant into them. Which phrase becomes which is in the table too.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::language::{self, ByLanguage};
#[cfg(test)]
use super::table::FILE;
use super::table::entry;
use crate::domain::config::TaskConfig;
use crate::domain::language::Language;
use crate::run::Snapshot;

/// The section of the table with the phrases of points.
pub(super) const OF_POINTS: &str = "of_points";
/// The section of the table with the phrases of routing dumps.
pub(super) const OF_DUMPS: &str = "of_dumps";

/// In whose terms a thread speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Terms {
    /// Of bytes and tokens, as the table is written.
    #[default]
    Text,
    /// Of points.
    Points,
    /// Of the tokens of routing dumps.
    Dumps,
}

thread_local! {
    static TERMS: Cell<Terms> = const { Cell::new(Terms::Text) };
}

/// Phrases and what is said instead, the longer ones first.
type Phrases = Vec<(String, String)>;

/// Phrases of a text and what is said of points instead.
static POINTS: LazyLock<ByLanguage<Phrases>> = LazyLock::new(|| ByLanguage::of(|spoken| phrases(spoken, OF_POINTS)));
/// Phrases of a run of this program and what is said of dumps instead.
static DUMPS: LazyLock<ByLanguage<Phrases>> = LazyLock::new(|| ByLanguage::of(|spoken| phrases(spoken, OF_DUMPS)));

fn phrases(language: Language, section: &str) -> Phrases {
    let table: toml::Table = language::file(language).parse().unwrap_or_default();
    let section = table.get(section).and_then(toml::Value::as_table);
    let phrase = |(of_text, instead): (&String, &toml::Value)| Some((of_text.clone(), instead.as_str()?.to_owned()));
    let mut phrases: Vec<_> = section.into_iter().flatten().filter_map(phrase).collect();
    phrases.sort_by_key(|(of_text, _)| std::cmp::Reverse(of_text.len()));
    phrases
}

/// From now on this thread speaks in the terms of `task`.
pub fn speak_of(task: &TaskConfig) {
    TERMS.set(Terms::of_task(task));
}

/// From now on this thread speaks in the terms of what a snapshot shows: of its task, or of routing dumps if it shows a folder of them.
pub(crate) fn speak_of_shown(shot: &Snapshot) {
    let dumps = shot.watched.as_ref().is_some_and(|watched| !watched.own_run);
    TERMS.set(if dumps { Terms::Dumps } else { Terms::of_task(&shot.config.task) });
}

/// The terms in which this thread speaks.
pub(super) fn spoken() -> Terms {
    TERMS.get()
}

/// What `say` makes in the terms of `task`, whatever this thread speaks of otherwise.
pub(crate) fn in_terms_of<R>(task: &TaskConfig, say: impl FnOnce() -> R) -> R {
    let before = TERMS.replace(Terms::of_task(task));
    let made = say();
    TERMS.set(before);
    made
}

/// `words` of the table in the terms of this thread.
pub(crate) fn said(words: &str) -> Cow<'_, str> {
    TERMS.get().of(words)
}

impl Terms {
    fn of_task(task: &TaskConfig) -> Self {
        match task {
            TaskConfig::Text(_) => Self::Text,
            TaskConfig::Plane(_) => Self::Points,
        }
    }

    /// `words`, which speak of a text, in these terms.
    pub fn of(self, words: &str) -> Cow<'_, str> {
        match self {
            Self::Text => words.into(),
            Self::Points => replaced(words, POINTS.spoken()),
            Self::Dumps => replaced(words, DUMPS.spoken()),
        }
    }
}

/// A text without places in the terms of every task, so that it need not be made anew.
pub(crate) struct InTerms {
    text: String,
    points: String,
    dumps: String,
}

impl InTerms {
    /// The text of an entry without places, in each language.
    pub fn of_entry(id: &'static str) -> ByLanguage<Self> {
        let entries = entry(id);
        ByLanguage::of(|language| {
            let text = entries.get(language).text();
            let in_terms = |phrases: &ByLanguage<Phrases>| replaced(&text, phrases.get(language)).into_owned();
            Self { points: in_terms(&POINTS), dumps: in_terms(&DUMPS), text }
        })
    }

    /// In the terms of this thread.
    pub fn said(&self) -> &str {
        match TERMS.get() {
            Terms::Text => &self.text,
            Terms::Points => &self.points,
            Terms::Dumps => &self.dumps,
        }
    }
}

/// Of texts of the table by id, in one language, those that are others in the terms of dumps.
pub(super) fn of_dumps(texts: BTreeMap<&'static str, String>, language: Language) -> BTreeMap<&'static str, String> {
    let other = |(id, text): (&'static str, String)| match replaced(&text, DUMPS.get(language)) {
        Cow::Owned(other) if other != text => Some((id, other)),
        _ => None,
    };
    texts.into_iter().filter_map(other).collect()
}

/// `words` with every phrase replaced: whole words, from the left, the longest that fits; what was put in is not read
/// again.
fn replaced<'a>(words: &'a str, phrases: &[(String, String)]) -> Cow<'a, str> {
    let mut out = String::new();
    let (mut kept, mut at) = (0, 0);
    while at < words.len() {
        let (before, rest) = words.split_at(at);
        let begins = !before.ends_with(char::is_alphanumeric);
        let fits = |of_text: &str| {
            let after = rest.strip_prefix(of_text);
            after.is_some_and(|after| !after.starts_with(char::is_alphanumeric))
        };
        match phrases.iter().find(|(of_text, _)| begins && fits(of_text)) {
            Some((of_text, of_points)) => {
                out.push_str(&words[kept..at]);
                out.push_str(of_points);
                at += of_text.len();
                kept = at;
            }
            None => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    if kept == 0 {
        return words.into();
    }
    out.push_str(&words[kept..]);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::PlaneConfig;

    #[test]
    fn whole_phrases_are_replaced_once_and_the_longest_first() {
        for (of_text, points) in [
            ("each token, all bytes: “Tokens/s”", "each point, all points: “Points/s”"),
            ("next byte", "class"),
            ("a byte's picks, tokenizer, gigabytes", "a point's picks, tokenizer, gigabytes"),
            ("12 bytes are needed", "12 bytes are needed"),
            ("λ, no phrase", "λ, no phrase"),
        ] {
            assert_eq!((Terms::Text.of(of_text), Terms::Points.of(of_text)), (of_text.into(), points.into()));
        }
    }

    /// What is said only where a text is trained on, dropped, chosen or missing, or of files in general.
    const OF_TEXTS: &[&str] = &[
        "asked.other_text",
        "asked.reading_text",
        "begin.ABOUT_SAVE",
        "begin.text",
        "fact.continues_from_save_with_other_text",
        "fact.text_differs",
        "fact.text_unproven",
        "command.a_text",
        "command.option_of_text",
        "command.train_as_text",
        "flow.text",
        "flow.batch_text",
        "headless.give_text",
        "headless.give_text_or_other",
        "headless.smaller_batch",
        "headless.text",
        "headless.text_gone",
        "journal.built_in_text",
        "journal.text",
        "knobs.SEQUENCES",
        "knobs.TEXT",
        "notice.text_failed",
        "notices.DROP",
        "plane.TEXT_TASK",
        "questions.ABOUT_SVG",
        "questions.CANCEL_TEXT_NAMED",
        "questions.MOBY_DICK",
        "questions.START_ON_TEXT",
        "questions.TEXT_PATH",
        "questions.drop_folder",
        "questions.drop_no_file",
        "rail.ABOUT_BATCH",
        "rail.ABOUT_TEXT",
        "rail.split_by_position",
        "reason.later_text_gone",
        "reason.another_text_later",
        "reason.learns_no_text",
        "reason.not_its_text",
        "reason.other_text",
        "reason.text_changed",
        "selection.byte_place",
        "strip.PAUSED_TEXT",
        "learn.ABOUT_POINTS_ONLY",
        "inspected.ABOUT_LOSS",
        "inspected.ABOUT_REPORT",
        "inspected.COMPETITION_WAITS",
        "inspected.text_refused",
        "inspected.COMPETITION_RUNS",
        "inspected.NO_COMPETITION",
        "inspected.NO_LOAD",
        "inspected.TEXT",
        "inspected.about_competition",
        "inspected.about_experts",
        "inspected.about_text",
        "inspected.no_text",
        "inspected.routes",
        "inspected_changes.about_changes",
        "inspected_columns.ABOUT_ANSWERS",
        "inspected_columns.ABOUT_LOAD",
        "inspected_columns.ABOUT_MAP_LOAD",
        "inspection_page.routing",
        "watched.NO_TOKENS",
    ];

    #[test]
    fn what_is_said_of_any_run_can_be_said_of_points() {
        fn texts(id: &str, value: &toml::Value, all: &mut Vec<(String, String)>) {
            match value {
                toml::Value::Table(names) => {
                    let id = |name: &String| if id.is_empty() { String::clone(name) } else { format!("{id}.{name}") };
                    names.iter().for_each(|(name, value)| texts(&id(name), value, all));
                }
                value => all.push((id.to_owned(), value.as_str().unwrap_or_default().to_owned())),
            }
        }
        /// The text without its places.
        fn bare(text: &str) -> String {
            let parts = text.split('{').map(|part| part.split_once('}').map_or(part, |(_, after)| after));
            parts.collect::<Vec<_>>().join(" ")
        }
        let mut all = Vec::new();
        texts("", &toml::Value::Table(FILE.parse().unwrap()), &mut all);
        let mut of_texts = Vec::new();
        for (id, text) in &all {
            // What is inspected from the command line are the checkpoints of language models.
            if ["of_points.", "of_dumps.", "locate.", "inspection."].iter().any(|room| id.starts_with(room)) {
                continue;
            }
            let said = Terms::Points.of(&bare(text)).to_lowercase().replace("bytes are needed", "");
            let words = said.split(|c: char| !c.is_alphanumeric());
            let of_a_text = ["byte", "token", "text", "sequence", "attention", "position", "character", "moby"];
            if words.into_iter().any(|word| of_a_text.iter().any(|part| word.starts_with(part))) {
                of_texts.push(id.as_str());
            }
        }
        of_texts.retain(|id| !OF_TEXTS.contains(id));
        assert_eq!(
            of_texts,
            Vec::<&str>::new(),
            "give them phrases in [of_points], or say that they are of texts only"
        );
        let unknown: Vec<_> = OF_TEXTS.iter().filter(|id| !all.iter().any(|(known, _)| known == *id)).collect();
        assert!(unknown.is_empty(), "no longer in the table: {unknown:?}");
    }

    #[test]
    fn of_dumps_tokens_are_said_and_no_bytes_or_probes() {
        use crate::words::language::{FixedText, speak};
        /// The texts below a value, without their places and the names of entries.
        fn texts(value: &toml::Value, all: &mut Vec<String>) {
            match value {
                toml::Value::Table(names) => names.values().for_each(|value| texts(value, all)),
                value => {
                    let parts = value.as_str().unwrap_or_default().split('{');
                    all.extend(parts.map(|part| part.split_once('}').map_or(part, |(_, after)| after).to_owned()));
                }
            }
        }
        for language in Language::ALL {
            speak(language);
            let table: toml::Table = language::file(language).parse().unwrap();
            for section in ["cards", "grown", "measures", "tiles", "alert", "one", "selection", "spoken"] {
                let mut all = Vec::new();
                texts(&table[section], &mut all);
                let of_a_run = |text: &String| {
                    let said = Terms::Dumps.of(text).to_lowercase();
                    let mut words = said.split(|c: char| !c.is_alphanumeric());
                    words.any(|word| ["byte", "bytes", "probe", "probes", "proben"].contains(&word))
                };
                all.retain(of_a_run);
                assert_eq!(all, Vec::<String>::new(), "[{section}] in {language:?}");
            }
        }
        speak(Language::English);
        let constant = FixedText::of("tiles.EFFECTIVE_EXPERTS_PROBE", "effective experts, this probe");
        TERMS.set(Terms::Dumps);
        let of_dumps = (constant.said(), said("Hover a byte").into_owned());
        TERMS.set(Terms::Text);
        assert_eq!(of_dumps, ("effective experts, this dump", "Hover a token".into()));
        assert_eq!(constant.said(), "effective experts, this probe");
    }

    #[test]
    fn what_to_try_against_alerts_of_dumps_names_no_knob_of_this_program() {
        use crate::store::alerts::{Alert, Rule};
        use crate::words::language::speak;
        // The rules that dumps feed.
        let rules = [
            Rule::StarvingExpert,
            Rule::DeadExpert,
            Rule::LoadCollapse,
            Rule::RepresentationCollapse,
            Rule::Redundancy,
            Rule::RouterUndecided,
            Rule::LossNotFinite,
            Rule::LayerNotFinite,
        ];
        TERMS.set(Terms::Dumps);
        for language in Language::ALL {
            speak(language);
            for rule in rules {
                let (layer, numbers) = (Some(0), vec![1.0]);
                let alert = Alert {
                    rule,
                    layer,
                    expert: None,
                    other: None,
                    since: 1,
                    raised: 1,
                    until: None,
                    numbers,
                    told: None,
                };
                let tries = crate::words::alert_tries(&alert).to_lowercase();
                let of_this =
                    ["β", "α", "fault lab", "fehlerlabor", "rate), reset", "diversity weight", "diversitätsgewicht"];
                assert!(!of_this.iter().any(|part| tries.contains(part)), "{rule:?}: {tries}");
            }
        }
        speak(Language::English);
        TERMS.set(Terms::Text);
    }

    #[test]
    fn a_thread_speaks_of_one_task_at_a_time() {
        let points = TaskConfig::Plane(PlaneConfig::default());
        assert_eq!(said("token"), "token");
        speak_of(&points);
        assert_eq!(said("token"), "point");
        assert_eq!(in_terms_of(&TaskConfig::default(), || said("token")), "token");
        assert_eq!(said("token"), "point");
        speak_of(&TaskConfig::default());
        assert_eq!(said("token"), "token");
    }
}
