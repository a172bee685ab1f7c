//! Names of files that are parts of a set: `model-00001-of-00005.safetensors`.

/// A part of a set of files, by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PartName {
    /// What stands before the number.
    stem: String,
    /// How many parts there are.
    pub(super) of: usize,
    /// Digits of the two numbers as they are written.
    digits: (usize, usize),
    /// From 1.
    number: usize,
    /// The end of the name, with its dot.
    end: String,
}

impl PartName {
    /// What a name says; `None` if it is not the name of a part.
    pub(super) fn of(name: &str) -> Option<Self> {
        let (rest, end) = name.rsplit_once('.')?;
        let (rest, of) = rest.rsplit_once("-of-")?;
        let (stem, number) = rest.rsplit_once('-')?;
        let digits = (number.len(), of.len());
        let parse = |text: &str| -> Option<usize> {
            let plain = (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            if plain { text.parse().ok() } else { None }
        };
        let (number, of) = (parse(number)?, parse(of)?);
        let counted = (1..=of).contains(&number);
        counted.then(|| Self { stem: stem.to_owned(), of, digits, number, end: format!(".{end}") })
    }

    /// The names of all parts of its set.
    pub(super) fn all(&self) -> impl Iterator<Item = String> {
        let Self { stem, of, digits: (left, right), end, .. } = self;
        (1..=*of).map(move |number| format!("{stem}-{number:0left$}-of-{of:0right$}{end}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_leads_to_all() {
        let part = PartName::of("tiny-00002-of-00003.gguf").unwrap();
        let all: Vec<_> = part.all().collect();
        assert_eq!(all, ["tiny-00001-of-00003.gguf", "tiny-00002-of-00003.gguf", "tiny-00003-of-00003.gguf"]);
        let long: Vec<_> = PartName::of("m-1-of-000002.safetensors").unwrap().all().collect();
        assert_eq!(long, ["m-1-of-000002.safetensors", "m-2-of-000002.safetensors"]);
        for name in
            ["model.safetensors", "a-00003-of-00002.gguf", "a-00000-of-00002.gguf", "a-x-of-2.gguf", "-of-.gguf"]
        {
            assert_eq!(PartName::of(name), None, "{name}");
        }
        assert_eq!(PartName::of("a-00001-of-99999999999999999999.gguf"), None);
    }
}
