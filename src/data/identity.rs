//! Identity of a text: its length and SHA-256, so that a run can tell whether it goes on with the same bytes.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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

    /// Whether `other` can be the same text: equal length, and equal hash where both are known.
    pub fn matches(&self, other: &Self) -> bool {
        let hashes = self.sha256.as_ref().zip(other.sha256.as_ref());
        self.bytes == other.bytes && hashes.is_none_or(|(a, b)| a == b)
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
        let old = TextIdentity { bytes: 3, sha256: None };
        assert!(old.matches(&a) && a.matches(&old) && !old.matches(&TextIdentity::of(b"abcd")));
    }
}
