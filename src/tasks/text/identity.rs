//! Identity of a text: its length and SHA-256, so that a run can tell whether it goes on with the same bytes.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

/// How a text differs from the one that was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextDifference {
    /// It has another length.
    Length {
        /// Bytes then.
        was: u64,
        /// Bytes now.
        is: u64,
    },
    /// It is as long and has other bytes.
    Content {
        /// Its length, bytes.
        bytes: u64,
        /// SHA-256 then, 64 digits.
        was: String,
        /// SHA-256 now.
        is: String,
    },
}

/// What a text is known by, wherever it lies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextIdentity {
    /// Length, bytes.
    pub bytes: u64,
    /// SHA-256 over all bytes, 64 lower-case digits; `None` in files from before it was kept.
    pub sha256: Option<String>,
}

impl TextIdentity {
    /// The identity of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        Self { bytes: bytes.len() as u64, sha256: Some(digits(&digest)) }
    }

    /// The identity of what `reader` holds, read in pieces of 1 MiB.
    ///
    /// # Errors
    /// What the reader says.
    pub(crate) fn of_reader(reader: &mut impl Read) -> io::Result<Self> {
        let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
        loop {
            match reader.read(&mut piece) {
                Ok(0) => return Ok(Self { bytes, sha256: Some(digits(&hash.finalize())) }),
                Ok(read) => {
                    hash.update(&piece[..read]);
                    bytes += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether nothing at all is known of the text.
    pub(crate) fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// How a text `now` differs from this one; `None` if it can be the same.
    pub fn difference(&self, now: &Self) -> Option<TextDifference> {
        if self.bytes != now.bytes {
            return Some(TextDifference::Length { was: self.bytes, is: now.bytes });
        }
        let (was, is) = self.sha256.as_ref().zip(now.sha256.as_ref()).filter(|(a, b)| a != b)?;
        Some(TextDifference::Content { bytes: self.bytes, was: was.clone(), is: is.clone() })
    }

    /// Whether `other` can be the same text: equal length, and equal hash where both are known.
    pub fn matches(&self, other: &Self) -> bool {
        self.difference(other).is_none()
    }
}

/// A digest as lower-case digits.
fn digits(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_of_equal_length_is_another_text() {
        let (a, b) = (TextIdentity::of(b"abc"), TextIdentity::of(b"abd"));
        // FIPS 180-2, appendix B.1.
        assert_eq!(a.sha256.as_deref(), Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        assert!(a.matches(&a) && !a.matches(&b));
        assert_eq!(TextIdentity::of_reader(&mut &b"abc"[..]).unwrap(), a);
        let difference = a.difference(&b).unwrap();
        assert!(matches!(&difference, TextDifference::Content { bytes: 3, was, .. } if a.sha256.as_ref() == Some(was)));
        let old = TextIdentity { bytes: 3, sha256: None };
        assert!(old.matches(&a) && a.matches(&old) && !old.matches(&TextIdentity::of(b"abcd")));
    }
}
