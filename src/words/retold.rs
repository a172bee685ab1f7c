//! Names and phrases that rooms below the words say in English, told again in the language of the thread: names of knobs, policies
//! and kinds, as journals and config files have them; what a number should be; where something was not finite.
//!
//! The English stands where it is made and stays so in files. Its translations stand in the section `[names]` of each other
//! language's table, under the English itself, with places: `"at least {n}" = "mindestens {n}"`.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::language::{self, ByLanguage};
use super::notation;
use crate::domain::config::{Cause, KNOBS};
use crate::domain::language::Language;

/// The section of a table with what is said below the words.
pub(super) const NAMES: &str = "names";

/// Between a knob's value before a change and after it.
const ARROW: &str = " → ";

/// A phrase and its translation, in parts: a text before each place and one after the last, and the name of each place.
struct Phrase {
    english: Parts,
    translation: Parts,
}

struct Parts {
    texts: Vec<&'static str>,
    places: Vec<&'static str>,
}

impl Parts {
    fn of(text: &'static str) -> Self {
        let (mut texts, mut places, mut rest) = (Vec::new(), Vec::new(), text);
        while let Some((before, name, after)) = rest
            .split_once('{')
            .and_then(|(before, tail)| tail.split_once('}').map(|(name, after)| (before, name, after)))
        {
            texts.push(before);
            places.push(name);
            rest = after;
        }
        texts.push(rest);
        Self { texts, places }
    }

    /// What stands at each place where `said` is this text.
    fn matched<'a>(&self, said: &'a str) -> Option<Vec<&'a str>> {
        let mut rest = said.strip_prefix(self.texts[0])?;
        let mut found = Vec::new();
        for (place, text) in self.texts[1..].iter().enumerate() {
            let last = place + 2 == self.texts.len();
            let at = if last { rest.strip_suffix(text)?.len() } else { rest.find(text)? };
            if at == 0 {
                return None;
            }
            found.push(&rest[..at]);
            rest = &rest[at + text.len()..];
        }
        rest.is_empty().then_some(found)
    }
}

/// The phrases of each language: those without places first, then those with the most text, which say most.
static PHRASES: LazyLock<ByLanguage<Vec<Phrase>>> = LazyLock::new(|| ByLanguage::of(phrases));

fn phrases(language: Language) -> Vec<Phrase> {
    static SECTIONS: LazyLock<ByLanguage<Vec<(String, String)>>> = LazyLock::new(|| ByLanguage::of(section));
    let phrase = |(english, said): &'static (String, String)| Phrase {
        english: Parts::of(english),
        translation: Parts::of(said),
    };
    let mut phrases: Vec<Phrase> = SECTIONS.get(language).iter().map(phrase).collect();
    phrases.sort_by_key(|Phrase { english, .. }| {
        let text: usize = english.texts.iter().map(|text| text.len()).sum();
        (!english.places.is_empty(), std::cmp::Reverse(text))
    });
    phrases
}

/// The section as it stands.
fn section(language: Language) -> Vec<(String, String)> {
    let table: toml::Table = language::file(language).parse().unwrap_or_default();
    let names = table.get(NAMES).and_then(toml::Value::as_table);
    let pair = |(english, said): (&String, &toml::Value)| Some((english.clone(), said.as_str()?.to_owned()));
    names.into_iter().flatten().filter_map(pair).collect()
}

/// What a lower room says in English, in the language of this thread: a name, a phrase, a number. What is not known there stays as
/// it is, such as names that people, files or drivers give.
pub(crate) fn retold(english: &str) -> Cow<'_, str> {
    if language::spoken() == Language::English {
        return english.into();
    }
    for phrase in PHRASES.spoken() {
        let Some(found) = phrase.english.matched(english) else { continue };
        let mut out = String::from(phrase.translation.texts[0]);
        for (name, text) in phrase.translation.places.iter().zip(&phrase.translation.texts[1..]) {
            let place = phrase.english.places.iter().position(|own| own == name);
            let value = place.and_then(|place| found.get(place)).copied().unwrap_or_default();
            out.push_str(&retold(value));
            out.push_str(text);
        }
        return out.into();
    }
    notation::local(english.to_owned()).into()
}

/// The name that a lower room gives something, in the language of this thread.
pub(crate) fn named(english: &'static str) -> &'static str {
    let same = |phrase: &&Phrase| phrase.english.places.is_empty() && phrase.english.texts[0] == english;
    PHRASES.spoken().iter().find(same).map_or(english, |phrase| phrase.translation.texts[0])
}

/// Who came and went in a layer, as rosters describe it: `+9 from 3, −2`.
pub(crate) fn comings(stored: &str) -> String {
    stored.split(", ").map(retold).collect::<Vec<_>>().join(", ")
}

/// Where something was not finite first, and the causes that are known, as journals keep it.
pub(crate) fn not_finite(stored: &str) -> Cow<'_, str> {
    if language::spoken() == Language::English {
        return stored.into();
    }
    let (what, causes) = stored.split_once(": ").unwrap_or((stored, ""));
    let causes: Vec<_> = causes.split(Cause::BETWEEN).filter(|cause| !cause.is_empty()).map(retold).collect();
    if causes.is_empty() { retold(what) } else { format!("{}: {}", retold(what), causes.join("; ")).into() }
}

/// A change of a knob as journals keep it, `competition rate 0.07 → 0.5`, in the language of this thread.
pub(crate) fn change(stored: &str) -> Cow<'_, str> {
    let of = |spec: &'static crate::domain::config::KnobSpec| {
        let (old, new) = stored.strip_prefix(spec.name)?.strip_prefix(' ')?.split_once(ARROW)?;
        Some(format!("{} {}{ARROW}{}", retold(spec.name), retold(old), retold(new)))
    };
    match KNOBS.iter().find_map(of) {
        Some(told) if language::spoken() != Language::English => told.into(),
        _ => stored.into(),
    }
}

/// Several changes in one line.
pub(crate) fn changes(stored: &[String]) -> String {
    stored.iter().map(|stored| change(stored)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::language::speak;
    use super::*;
    use crate::domain::config::{
        Config, Distillation, Form, KnobKind, Knobs, PlaneConfig, PlaneData, Policy, Preset, Response, TaskConfig,
    };
    use crate::domain::file_kind::FileKind;
    use crate::domain::readings::{ByteClass, MetricKind};
    use crate::engine::device::DeviceKind;

    #[test]
    fn parts_are_matched_whole_and_the_longest_phrase_first() {
        let parts = Parts::of("a {kind} from {low} to {high}");
        assert_eq!(parts.matched("a number from 1 to 20"), Some(vec!["number", "1", "20"]));
        for other in ["a number from 1", "the number from 1 to 2", "a  from 1 to 2x", "a number from 1 to "] {
            assert!(parts.matched(other).is_none() || other.contains("2x"), "{other}");
        }
        assert_eq!(Parts::of("plain").matched("plain"), Some(vec![]));
        assert_eq!(Parts::of("plain").matched("plainer"), None);
    }

    #[test]
    fn a_stored_change_is_told_in_the_language_and_stays_as_it_is_in_english() {
        let old = Knobs::default();
        let new = Knobs {
            top_k: 3,
            competition_rate: 0.5,
            router_weight: 1e-5,
            policy: Policy::PerturbedCosine,
            distillation: Distillation::InTopK,
            ..old.clone()
        };
        let stored = old.changes(&new);
        assert_eq!(changes(&stored), stored.join(", "));
        speak(Language::German);
        let told: Vec<_> = stored.iter().map(|stored| change(stored).into_owned()).collect();
        assert_eq!(told.len(), 5);
        assert!(told.iter().any(|told| told.ends_with("0,07 → 0,5")), "{told:?}");
        for (stored, told) in stored.iter().zip(&told) {
            let renamed = !["top-k", "router α", "policy CompeteSMoE"].iter().any(|same| stored.starts_with(same));
            assert!(!renamed || stored != told, "{stored}");
        }
        assert_eq!(change("a knob of a later version 1 → 2"), "a knob of a later version 1 → 2");
    }

    /// What the lower rooms call things by.
    fn names() -> Vec<&'static str> {
        let mut names: Vec<&'static str> = KNOBS.iter().map(|spec| spec.name).collect();
        names.extend(KNOBS.iter().filter_map(|spec| spec.term));
        names.extend(Policy::ALL.map(Policy::label));
        names.extend(Form::ALL.map(Form::label));
        names.extend(Response::ALL.map(Response::label));
        names.extend(Distillation::ALL.map(Distillation::label));
        names.extend(Preset::ALL.map(Preset::label));
        names.extend(PlaneData::ALL.map(PlaneData::label));
        names.push(PlaneData::Drawn.label());
        names.extend(ByteClass::ALL.map(ByteClass::name));
        let metrics = [MetricKind::BitsPerByte, MetricKind::Accuracy, MetricKind::MeanSquaredError];
        names.extend(metrics.map(MetricKind::name));
        names.extend([DeviceKind::Gpu, DeviceKind::Cpu, DeviceKind::Software].map(DeviceKind::label));
        let kinds = [
            FileKind::Folder,
            FileKind::Pipe,
            FileKind::Device,
            FileKind::Empty,
            FileKind::Checkpoint,
            FileKind::Safetensors,
            FileKind::Text,
            FileKind::Unknown,
        ];
        names.extend(kinds.map(FileKind::words));
        // A choice without a name of its own.
        let choices =
            KNOBS.iter().filter_map(|spec| if let KnobKind::Choice { get } = spec.kind { Some(get) } else { None });
        for knobs in
            [Knobs::default(), Knobs { combine_gate: true, response: Some(Response::Norm), ..Knobs::default() }]
        {
            names.extend(choices.clone().map(|get| get(&knobs)));
        }
        names
    }

    /// Names of papers, abbreviations and symbols, which are the same in German.
    const SAME: &[&str] = &[
        "top-k",
        "router α",
        "z-loss",
        "CompeteSMoE",
        "SMoE",
        "σ-MoE",
        "SMoE-Dropout",
        "X-MoE",
        "StableMoE",
        "SharedE-V2",
        "SharedE-V3",
        "Noisy top-k",
        "v1",
        "GPU",
        "CPU",
        "in top-k",
        "hybrid",
        "Xor",
        "xor",
        "L2 norm",
        "mean relu",
    ];

    #[test]
    fn every_name_of_a_lower_room_has_its_german() {
        speak(Language::German);
        let known: BTreeSet<String> = section(Language::German).into_iter().map(|(english, _)| english).collect();
        let missing: BTreeSet<&str> =
            names().into_iter().filter(|name| !known.contains(*name) && !SAME.contains(name)).collect();
        assert_eq!(missing, BTreeSet::new(), "add them to [names] of assets/words.de.toml");
    }

    #[test]
    fn what_a_complaint_expects_is_told_in_german() {
        speak(Language::German);
        let mut config = Config::default();
        (config.steps, config.sequences, config.model.heads, config.model.width) = (0, 0, 3, 130);
        (config.model.experts, config.knobs.top_k, config.knobs.learning_rate) = (0, 9, 0.0);
        (config.optimizer.beta1, config.cadence.probe_every, config.cadence.autosave_minutes) = (1.5, 0, -1.0);
        (config.model.bare, config.model.layers, config.model.moe_every) = (true, 1, 2);
        config.knobs.competition_rate = 2.0;
        config.knobs.z_weight = -1.0;
        let mut plane = Config { task: TaskConfig::Plane(PlaneConfig::default()), ..Config::default() };
        if let TaskConfig::Plane(points) = &mut plane.task {
            (points.classes, points.data) = (9, PlaneData::Drawn);
        }
        let mut moons = Config { task: TaskConfig::Plane(PlaneConfig::default()), ..Config::default() };
        if let TaskConfig::Plane(points) = &mut moons.task {
            (points.classes, points.data, points.noise) = (9, PlaneData::Moons, 7.0);
        }
        let mut told = 0;
        for complaint in [config, plane, moons].iter().flat_map(Config::validate) {
            let german = retold(&complaint.expected).into_owned();
            assert_ne!(german, complaint.expected, "{complaint}");
            for word in [" to ", "at least", "number", "unless", "the ", "points", "class "] {
                assert!(!german.contains(word), "{german}");
            }
            told += 1;
        }
        assert!(told > 12, "{told}");
    }
}
