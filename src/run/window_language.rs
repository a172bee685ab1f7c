//! Language of a window: that of the system, or one that a person has chosen for all windows.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::language::Language;

/// The language that a window is to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowLanguage {
    /// That of the system: German where its locale is German, else English.
    #[default]
    System,
    /// This one, whatever the system speaks.
    Chosen(Language),
}

impl WindowLanguage {
    /// All that can be chosen.
    pub const ALL: [Self; 1 + Language::ALL.len()] =
        [Self::System, Self::Chosen(Language::English), Self::Chosen(Language::German)];

    /// Its name in the file and on the command line: `system`, `en`, `de`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Chosen(language) => language.tag(),
        }
    }

    /// What is spoken where the system speaks `system`.
    pub fn spoken(self, system: Language) -> Language {
        match self {
            Self::System => system,
            Self::Chosen(language) => language,
        }
    }
}

impl Serialize for WindowLanguage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.tag())
    }
}

impl<'de> Deserialize<'de> for WindowLanguage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = String::deserialize(deserializer)?;
        let known = Self::ALL.into_iter().find(|language| language.tag() == tag);
        known.ok_or_else(|| serde::de::Error::custom(format_args!("“{tag}” is no language of the window")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_decides_where_nothing_is_chosen() {
        let (english, german) = (Language::English, Language::German);
        assert_eq!(WindowLanguage::System.spoken(german), german);
        assert_eq!(WindowLanguage::Chosen(english).spoken(german), english);
    }

    #[test]
    fn every_language_is_read_as_it_is_written_and_no_other() {
        for language in WindowLanguage::ALL {
            let written = serde_json::to_string(&language).unwrap();
            assert_eq!(serde_json::from_str::<WindowLanguage>(&written).unwrap(), language);
        }
        assert!(serde_json::from_str::<WindowLanguage>("\"tlh\"").is_err());
    }
}
