//! Identity of a run: a random number that its checkpoints and its folder share, so that files of two runs are told apart.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Sixteen lower-case hexadecimal digits, drawn when a run begins at step 0 and kept for as long as it is gone on with.
///
/// Two runs with equal configs have different ids. It takes no part in training.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

impl RunId {
    /// Digits of an id.
    const DIGITS: usize = 16;

    /// A new id, different from all others: drawn from the clock, the process and a count.
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(since.as_nanos().to_le_bytes());
        hash.update(std::process::id().to_le_bytes());
        hash.update(COUNT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        // Hosts that share a folder may share a clock and a process number, but not their randomness of addresses.
        hash.update(std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0).to_le_bytes());
        let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Self(digits[..Self::DIGITS].to_owned())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for RunId {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RunId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let sound =
            text.len() == Self::DIGITS && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if sound {
            Ok(Self(text))
        } else {
            Err(format!("a run id of {} lower-case hexadecimal digits was expected", Self::DIGITS))
        }
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_and_come_back_as_they_are() {
        let (a, b) = (RunId::new(), RunId::new());
        assert_ne!(a, b);
        let json = serde_json::to_string(&a).unwrap();
        assert_eq!(serde_json::from_str::<RunId>(&json).unwrap(), a);
        for bad in ["\"\"", "\"../../etc/passwd\"", "\"0123456789ABCDEF\"", "\"0123456789abcde\""] {
            assert!(serde_json::from_str::<RunId>(bad).is_err(), "{bad}");
        }
    }
}
