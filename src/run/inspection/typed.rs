//! The text that is wanted of an inspection, and what has become of it.

use std::ops::Range;
use std::sync::Arc;

use super::passage::PASSAGE;
use super::{InspectedText, TextTaken};
use crate::domain::quote;
use crate::inspect::RoutedText;

/// The text that is wanted.
#[derive(Debug, Default)]
pub(super) struct Typed {
    /// What a window shows of it.
    pub shown: InspectedText,
    /// Its bytes: those of `shown.typed`, but for a probe that cuts characters.
    bytes: Arc<[u8]>,
    /// Grows with every change, so that a checkpoint knows whether it has routed this one.
    version: u64,
    /// Whether it is not to be routed now: its work was given up.
    pub is_given_up: bool,
}

/// A text as a checkpoint has routed it.
#[derive(Debug)]
pub(super) struct RoutedPieces {
    pub routed: RoutedText,
    /// `[T]` what each token shows.
    pub pieces: Vec<String>,
    /// `[T]` its bytes in the text.
    pub spans: Vec<Option<Range<usize>>>,
}

impl Typed {
    /// Counts what is wanted.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The bytes that are routed.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The tokens of the text, once the checkpoint that is looked at has routed it.
    pub fn ids(&self) -> Option<&[u32]> {
        let routed = self.shown.routed.as_ref()?;
        (self.shown.routed_of == self.shown.typed).then_some(&routed.ids)
    }

    /// Whether there is a text that is to be routed.
    pub fn is_wanted(&self) -> bool {
        !self.bytes.is_empty() && !self.is_given_up
    }

    fn changed(&mut self) {
        self.version += 1;
        self.is_given_up = false;
        self.shown.fault = None;
    }

    /// Somebody has typed this.
    pub fn type_text(&mut self, text: &str) {
        self.changed();
        (self.shown.typed, self.bytes, self.shown.is_default) = (text.into(), text.as_bytes().into(), false);
        if text.is_empty() {
            self.forget();
        }
    }

    /// Whether all experts answer.
    pub fn compete(&mut self, competes: bool) {
        if self.shown.competes != competes {
            self.changed();
            self.shown.competes = competes;
        }
    }

    /// Another checkpoint is looked at: what somebody has typed stays, but nothing is known of it.
    pub fn begin(&mut self) {
        self.changed();
        self.forget();
        (self.shown.cost, self.shown.takes) = (None, TextTaken::Words);
        if self.shown.is_default {
            (self.shown.typed, self.bytes, self.shown.is_default) = ("".into(), Arc::default(), false);
        }
    }

    /// Takes the bytes of a probe, or a passage, where nobody has typed anything.
    pub fn begin_with(&mut self, probe: Option<Vec<u8>>) {
        if self.bytes.is_empty() {
            self.changed();
            let bytes = probe.unwrap_or_else(|| PASSAGE.into());
            self.shown.typed = String::from_utf8_lossy(&bytes).as_ref().into();
            (self.bytes, self.shown.is_default) = (bytes.into(), true);
        }
    }

    /// Nothing is routed.
    fn forget(&mut self) {
        let InspectedText { typed, competes, is_default, cost, takes, .. } = std::mem::take(&mut self.shown);
        self.shown = InspectedText { typed, competes, is_default, cost, takes, ..InspectedText::default() };
    }

    /// Takes what the checkpoint that is looked at has made of it.
    pub fn take(&mut self, found: RoutedPieces) {
        let RoutedPieces { routed, pieces, spans } = found;
        self.shown.routed = Some(Arc::new(routed));
        self.shown.pieces = Arc::new(pieces);
        // A probe may cut characters; its text is then another one than its bytes.
        let is_text = self.shown.typed.as_bytes() == &*self.bytes;
        self.shown.spans = Arc::new(if is_text { spans } else { Vec::new() });
        self.shown.routed_of = self.shown.typed.clone();
        self.shown.then = None;
    }
}

/// What a byte shows.
pub(super) fn piece_of_byte(byte: u8) -> String {
    if byte.is_ascii() {
        quote::escaped(char::from(byte).encode_utf8(&mut [0; 4])).into_owned()
    } else {
        format!("\\x{byte:02X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_text_outlives_a_checkpoint_and_a_default_one_does_not() {
        let mut typed = Typed::default();
        typed.begin_with(Some(vec![b'a', 0xe2, 0x80]));
        assert!(typed.shown.is_default && typed.is_wanted());
        assert_eq!(typed.bytes().as_ref(), [b'a', 0xe2, 0x80], "as they are, whatever is shown of them");
        typed.begin();
        assert!(!typed.is_wanted() && typed.shown.typed.is_empty());
        typed.begin_with(None);
        assert_eq!(&*typed.shown.typed, PASSAGE);
        typed.type_text("whale");
        let version = typed.version();
        typed.begin();
        typed.begin_with(Some(vec![b'b']));
        assert_eq!((&*typed.shown.typed, typed.shown.is_default), ("whale", false));
        assert!(typed.version() > version, "another checkpoint has not routed it");
        typed.compete(false);
        let version = typed.version();
        typed.compete(false);
        assert_eq!(typed.version(), version);
        typed.compete(true);
        assert!(typed.version() > version);
        typed.type_text("");
        assert!(!typed.is_wanted() && typed.shown.competes);
    }

    #[test]
    fn bytes_show_what_they_are() {
        assert_eq!([b'w', b' ', b'\n', 0xe2].map(piece_of_byte), ["w", " ", "\\n", "\\xE2"]);
    }
}
