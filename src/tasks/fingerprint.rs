//! Fingerprint of a task's data: a hash of the examples and how they are split.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many examples each split holds: bytes of a text, points of the plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitSizes {
    /// What the network learns from.
    pub training: u64,
    /// What validation and probes are drawn from.
    pub validation: u64,
    /// What is kept aside and never read.
    pub test: u64,
}

/// What a task's data is known by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskFingerprint {
    /// SHA-256 over all examples, 64 lower-case digits; `None` if it is not known.
    pub sha256: Option<String>,
    /// How the examples are split.
    pub sizes: SplitSizes,
}

impl TaskFingerprint {
    /// The fingerprint of examples that are hashed as the bytes of `pieces`, one after the other.
    pub fn of<T: AsRef<[u8]>>(pieces: impl IntoIterator<Item = T>, sizes: SplitSizes) -> Self {
        let hash = pieces.into_iter().fold(Sha256::new(), |hash, piece| hash.chain_update(piece));
        let digits = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Self { sha256: Some(digits), sizes }
    }

    /// Whether `other` can be the same data: equal sizes, and equal hash where both are known.
    pub fn matches(&self, other: &Self) -> bool {
        let hashes = self.sha256.as_ref().zip(other.sha256.as_ref());
        self.sizes == other.sizes && hashes.is_none_or(|(a, b)| a == b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_examples_or_another_split_are_other_data() {
        let sizes = SplitSizes { training: 2, validation: 1, test: 0 };
        let known = TaskFingerprint::of(["a", "bc"], sizes);
        // FIPS 180-2, appendix B.1, for “abc”.
        assert_eq!(known.sha256.as_deref(), Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        assert!(known.matches(&TaskFingerprint::of(["abc"], sizes)));
        assert!(!known.matches(&TaskFingerprint::of(["abd"], sizes)));
        let unknown = TaskFingerprint { sha256: None, sizes };
        assert!(known.matches(&unknown) && unknown.matches(&known));
        assert!(!known.matches(&TaskFingerprint::of(["abc"], SplitSizes { test: 1, ..sizes })));
    }
}
