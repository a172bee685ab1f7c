//! Languages that people read: the program's own and those that its texts are translated into.

/// A language in which the program, or a lesson, can speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// The language of the program, of its files and of the command line.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// All of them, the program's own first.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its code in files, options and locales (ISO 639-1): `en`, `de`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Its own name for itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language of a code.
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The language that an environment asks for, by the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set and not empty
    /// (POSIX): `de_AT.UTF-8` is German. English where none is set, or it names a language that is not spoken here.
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
        let locale = locale.unwrap_or_default();
        let tag = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
        Self::of_tag(&tag.to_ascii_lowercase()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_that_says_something_decides() {
        let of = |all: &[(&str, &str)]| {
            Language::of_environment(|name| {
                all.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string())
            })
        };
        let (english, german) = (Language::English, Language::German);
        for (variables, language) in [
            (&[][..], english),
            (&[("LANG", "de_DE.UTF-8")], german),
            (&[("LANG", "de")], german),
            (&[("LANG", "DE-at")], german),
            (&[("LANG", "den_CA.UTF-8")], english),
            (&[("LANG", "C.UTF-8")], english),
            (&[("LANG", "fr_FR.UTF-8")], english),
            (&[("LC_ALL", ""), ("LC_MESSAGES", "de_CH@euro"), ("LANG", "en_US.UTF-8")], german),
            (&[("LC_ALL", "POSIX"), ("LANG", "de_DE.UTF-8")], english),
        ] {
            assert_eq!(of(variables), language, "{variables:?}");
        }
        assert_eq!(Language::ALL.map(|language| Language::of_tag(language.tag())), [Some(english), Some(german)]);
    }
}
