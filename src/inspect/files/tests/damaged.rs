//! Copies of checkpoints with bytes cut, flipped and overwritten: refused or read, never a panic, and never much memory.
//!
//! `PROPTEST_CASES=100000` tries longer.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::made::{Folder, Gguf, framed, safetensors};
use crate::inspect::StoredFiles;

/// How a file is damaged.
#[derive(Clone, Debug)]
enum Damage {
    /// A byte becomes another.
    Byte(prop::sample::Index, u8),
    /// Eight bytes become a number.
    Number(prop::sample::Index, u64),
    /// A digit of the text becomes more digits.
    Digits(prop::sample::Index, u64),
    /// The rest is cut off.
    Cut(prop::sample::Index),
    /// A stretch stands there twice.
    Again(prop::sample::Index, prop::sample::Index),
}

impl Damage {
    fn any() -> impl Strategy<Value = Self> {
        let place = any::<prop::sample::Index>;
        let number = prop_oneof![
            any::<u64>(),
            0..300u64,
            Just(u64::MAX),
            Just(1 << 31),
            Just(1 << 32),
            Just(1 << 62),
            (0..64u32).prop_map(|bits| 1 << bits),
        ];
        prop_oneof![
            (place(), any::<u8>()).prop_map(|(at, byte)| Self::Byte(at, byte)),
            (place(), number.clone()).prop_map(|(at, number)| Self::Number(at, number)),
            (place(), number).prop_map(|(at, number)| Self::Digits(at, number)),
            place().prop_map(Self::Cut),
            (place(), place()).prop_map(|(from, to)| Self::Again(from, to)),
        ]
    }

    /// Within the first `head` bytes.
    fn to(&self, bytes: &mut Vec<u8>, head: usize) {
        let head = head.min(bytes.len());
        if head == 0 {
            return;
        }
        match self {
            Self::Byte(at, byte) => bytes[at.index(head)] = *byte,
            Self::Number(at, number) => {
                let at = at.index(head);
                for (place, byte) in bytes[at..].iter_mut().zip(number.to_le_bytes()) {
                    *place = byte;
                }
            }
            Self::Digits(at, number) => {
                let from = at.index(head);
                if let Some(at) = bytes[from..head].iter().position(u8::is_ascii_digit) {
                    bytes.splice(from + at..=from + at, number.to_string().into_bytes());
                    // The length of the header stays right, so that it is read at all.
                    if let Some((size, _)) = bytes.split_first_chunk_mut::<8>() {
                        let longer = u64::from_le_bytes(*size).wrapping_add(number.to_string().len() as u64 - 1);
                        *size = longer.to_le_bytes();
                    }
                }
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::Again(from, to) => {
                let (from, to) = (from.index(head), to.index(head));
                let stretch = bytes[from.min(to)..from.max(to)].to_vec();
                bytes.splice(to..to, stretch);
            }
        }
    }
}

/// Opens what is left and reads all that can be read. A tensor never has more numbers than its bytes can hold.
fn try_all(path: &Path) {
    let length = fs::metadata(path).unwrap().len();
    let files = match StoredFiles::open(path) {
        Ok(files) => files,
        Err(error) => return assert!(error.to_string().len() < 4000),
    };
    for tensor in files.tensors() {
        assert!(tensor.bytes() <= length, "{tensor:?}");
        if let Ok(Some(weight)) = files.weight(tensor.name()) {
            assert!(weight.len() as u64 <= 2 * length, "{tensor:?}");
            let _ = weight.vector();
        }
    }
    if let Some(keys) = files.gguf() {
        let _ = (keys.texts("tokens"), keys.numbers("scores"), keys.whole("split.count"));
    }
}

fn small_safetensors() -> Vec<u8> {
    safetensors(&[
        ("a.weight", "F8_E4M3", &[3, 5], 15),
        ("a.weight_scale_inv", "F32", &[1, 1], 4),
        ("b_blocks", "U8", &[2, 1, 16], 32),
        ("b_scales", "U8", &[2, 1], 2),
        ("c", "BF16", &[2, 2, 2], 16),
    ])
}

fn small_gguf() -> Vec<u8> {
    let scores = [&6u32.to_le_bytes()[..], &2u64.to_le_bytes(), &[0; 8]].concat();
    let made =
        Gguf::new(256).text("general.architecture", "olmoe").texts("tokens", &["a", "bc"]).key("scores", 9, &scores);
    let made = made.key("general.alignment", 4, &32u32.to_le_bytes());
    made.tensor("q", &[32, 2], 8, 0).tensor("k", &[256], 12, 96).bytes()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_safetensors_are_refused_or_read(damages in prop::collection::vec(Damage::any(), 1..4)) {
        let folder = Folder::new();
        let mut bytes = small_safetensors();
        let head = bytes.len() - 69;
        damages.iter().for_each(|damage| damage.to(&mut bytes, head));
        try_all(&folder.with("m.safetensors", bytes));
    }

    #[test]
    fn damaged_ggufs_are_refused_or_read(damages in prop::collection::vec(Damage::any(), 1..4)) {
        let folder = Folder::new();
        let mut bytes = small_gguf();
        let head = bytes.len() - 256;
        damages.iter().for_each(|damage| damage.to(&mut bytes, head));
        try_all(&folder.with("m.gguf", bytes));
    }

    #[test]
    fn any_header_is_refused_or_read(header in "[{}\\[\\]\",:0-9a-f_. -]{0,60}", data in 0..40usize) {
        let folder = Folder::new();
        try_all(&folder.with("m.safetensors", framed(&header, data)));
    }
}

/// What the damages above are applied to can be read.
#[test]
fn undamaged_files_are_read() {
    let folder = Folder::new();
    for (name, bytes, count) in [("m.safetensors", small_safetensors(), 4), ("m.gguf", small_gguf(), 2)] {
        let path = folder.with(name, bytes);
        try_all(&path);
        let files = StoredFiles::open(&path).unwrap();
        let names = files.tensors().map(|tensor| tensor.name().to_owned()).chain(["b".to_owned()]);
        assert_eq!(names.filter(|name| matches!(files.weight(name), Ok(Some(_)))).count(), count);
    }
}
