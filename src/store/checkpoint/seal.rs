//! The seal of a checkpoint: the checksum that guards every byte of a checkpoint, and its place in the file.

use sha2::{Digest, Sha256};

/// The metadata entry that holds the manifest.
pub(super) const ENTRY: &str = "moe-arena";

/// What stands where the checksum will be while it is computed: 64 zeros.
pub(super) const OPEN_SEAL: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What stands before the checksum, after the 8 bytes of the header's length.
const BEFORE: &[u8] = br#"{"__metadata__":{"moe-arena":"{\"sha256\":\""#;

const PLACE: std::ops::Range<usize> = 8 + BEFORE.len()..8 + BEFORE.len() + OPEN_SEAL.len();

/// The digits of the checksum in `head`, the file up to its data; `None` if they are not in their place.
pub(super) fn digits(head: &[u8]) -> Option<&str> {
    let place = head.get(PLACE)?;
    (head[8..].starts_with(BEFORE)).then(|| std::str::from_utf8(place).ok()).flatten()
}

/// Writes the checksum into `head`, which has [`OPEN_SEAL`] in its place. `None` if it has not.
pub(super) fn close(head: &mut [u8], checksum: &str) -> Option<()> {
    (digits(head)? == OPEN_SEAL && checksum.len() == OPEN_SEAL.len()).then_some(())?;
    head[PLACE].copy_from_slice(checksum.as_bytes());
    Some(())
}

/// A checksum under way.
pub(super) struct Seal(Sha256);

impl Seal {
    /// Begins with the file up to its data, whatever digits stand in it.
    pub(super) fn over(head: &[u8]) -> Self {
        let mut hash = Sha256::new();
        if head.len() >= PLACE.end {
            hash.update(&head[..PLACE.start]);
            hash.update(OPEN_SEAL);
            hash.update(&head[PLACE.end..]);
        } else {
            hash.update(head);
        }
        Self(hash)
    }

    /// Goes on with the next bytes of the data.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum in 64 lower-case digits.
    pub(super) fn digits(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_names_the_entry() {
        assert!(String::from_utf8_lossy(BEFORE).contains(&format!("{ENTRY:?}")));
    }

    #[test]
    fn digits_are_those_of_sha_256() {
        // FIPS 180-2, appendix B.1.
        let mut seal = Seal::over(b"a");
        seal.update(b"bc");
        assert_eq!(seal.digits(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
