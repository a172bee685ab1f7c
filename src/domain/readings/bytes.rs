//! Byte classes: the kinds of byte that specialization is measured against.

/// A class of bytes; every byte has exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ByteClass {
    /// a e i o u
    Vowel,
    /// The other small letters of ASCII.
    Consonant,
    /// A to Z.
    Capital,
    /// 0 to 9.
    Digit,
    /// Space and tab.
    Space,
    /// Line feed and carriage return.
    LineEnd,
    /// Everything else that ASCII prints.
    Punctuation,
    /// Parts of characters beyond ASCII, and control bytes.
    Beyond,
}

impl ByteClass {
    /// All of them, in the order of their labels 0, 1, ….
    pub const ALL: [Self; 8] = [
        Self::Vowel,
        Self::Consonant,
        Self::Capital,
        Self::Digit,
        Self::Space,
        Self::LineEnd,
        Self::Punctuation,
        Self::Beyond,
    ];

    /// The class of `byte`.
    pub fn of(byte: u8) -> Self {
        match byte {
            b'a' | b'e' | b'i' | b'o' | b'u' => Self::Vowel,
            b'a'..=b'z' => Self::Consonant,
            b'A'..=b'Z' => Self::Capital,
            b'0'..=b'9' => Self::Digit,
            b' ' | b'\t' => Self::Space,
            b'\n' | b'\r' => Self::LineEnd,
            b'!'..=b'~' => Self::Punctuation,
            _ => Self::Beyond,
        }
    }

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vowel => "vowel",
            Self::Consonant => "consonant",
            Self::Capital => "capital",
            Self::Digit => "digit",
            Self::Space => "space",
            Self::LineEnd => "line end",
            Self::Punctuation => "punctuation",
            Self::Beyond => "beyond ASCII",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_bytes_and_its_place() {
        let counts = ByteClass::ALL.map(|class| (0..=255u8).filter(|&b| ByteClass::of(b) == class).count());
        assert_eq!(counts, [5, 21, 26, 10, 2, 2, 32, 158]);
        assert_eq!(counts.iter().sum::<usize>(), 256);
        ByteClass::ALL.iter().enumerate().for_each(|(label, &class)| assert_eq!(class as usize, label));
    }
}
