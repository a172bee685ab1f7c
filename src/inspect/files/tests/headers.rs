//! Headers of safetensors that contradict themselves or their file.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use super::made::{Folder, framed, safetensors};
use super::{wrong, wrong_entry};
use crate::inspect::{EntryFault, InspectError, StoredFault, StoredFiles, TensorFault};

fn entry(name: &str, kind: &str, shape: &str, begin: u64, end: u64) -> String {
    format!(r#""{name}":{{"dtype":"{kind}","shape":{shape},"data_offsets":[{begin},{end}]}}"#)
}

/// What is wrong with a file of these entries.
fn entries(entries: &[String], data: usize) -> (String, EntryFault) {
    let folder = Folder::new();
    wrong_entry(&folder.with("m.safetensors", framed(&format!("{{{}}}", entries.join(",")), data)))
}

#[test]
fn a_header_may_say_more_than_is_needed() {
    let folder = Folder::new();
    for metadata in ["null", "{}", r#"{"format":"pt"}"#, r#"{"n":{"deep":[1,2]}}"#] {
        let header = format!(r#"{{"__metadata__":{metadata},{}}}   "#, entry("a", "F32", "[]", 0, 4));
        let files = StoredFiles::open(&folder.with("m.safetensors", framed(&header, 4))).unwrap();
        let tensor = files.tensor("a").unwrap();
        assert_eq!((tensor.kind(), tensor.shape(), tensor.bytes()), ("F32", &[][..], 4));
        assert!(files.tensor("b").is_none() && files.weight("b").unwrap().is_none());
    }
    let none = StoredFiles::open(&folder.with("m.safetensors", framed("{}", 0))).unwrap();
    assert_eq!(none.tensors().count(), 0);
}

#[test]
fn lies_about_one_tensor_name_it() {
    let a = || entry("a", "F32", "[2]", 0, 8);
    for (others, data, name, fault) in [
        (vec![entry("b", "U8", "[4]", 6, 10)], 10, "b", EntryFault::Overlap { other: "a".into(), begin: 6, end: 8 }),
        (vec![entry("b", "U8", "[4]", 10, 14)], 14, "b", EntryFault::Gap { begin: 10, expected: 8 }),
        (vec![entry("b", "U8", "[4]", 12, 8)], 12, "b", EntryFault::Backwards { begin: 12, end: 8 }),
        (vec![entry("a", "U8", "[4]", 8, 12)], 12, "a", EntryFault::Twice),
        (
            vec![entry("b", "F16", "[4]", 8, 12)],
            12,
            "b",
            EntryFault::Size { shape: vec![4], kind: "F16".into(), expected: 8, found: 4 },
        ),
        (
            vec![entry("b", "F4", "[3]", 8, 10)],
            10,
            "b",
            EntryFault::Unfilled { shape: vec![3], kind: "F4".into(), elements: 2 },
        ),
        (
            vec![entry("b", "U8", "[4294967296,4294967296]", 8, 12)],
            12,
            "b",
            EntryFault::Uncountable { shape: vec![1 << 32, 1 << 32] },
        ),
        (
            vec![entry("b", "F64", "[4294967296,1073741824]", 8, 12)],
            12,
            "b",
            EntryFault::Uncountable { shape: vec![1 << 32, 1 << 30] },
        ),
    ] {
        let found = entries(&[vec![a()], others].concat(), data);
        assert_eq!(found, (name.to_owned(), fault));
    }
    let long = "n".repeat(2000);
    assert_eq!(entries(&[entry(&long, "U8", "[1]", 0, 1)], 1).1, EntryFault::LongName { found: 2000, limit: 1024 });
    // Beyond what a file can be.
    let far = u64::MAX;
    assert!(matches!(entries(&[entry("b", "?", "[1]", far - 1, far)], 1).1, EntryFault::Beyond { end: u64::MAX, .. }));
}

#[test]
fn the_length_of_the_file_is_what_the_header_says() {
    let folder = Folder::new();
    let whole = safetensors(&[("a", "F32", &[4], 16)]);
    for cut in 1..whole.len() {
        let path = folder.with("m.safetensors", &whole[..cut]);
        let StoredFault::CutShort { expected, found } = wrong(&path) else { panic!("{cut}") };
        assert!(found == cut as u64 && expected > found, "{cut}: {expected}");
    }
    let path = folder.with("m.safetensors", [&whole[..], b"more"].concat());
    let length = whole.len() as u64;
    assert!(
        matches!(wrong(&path), StoredFault::TooLong { expected, found } if (expected, found) == (length, length + 4))
    );
    // A header of more bytes than are read, in a file that has them.
    let path = folder.with("m.safetensors", b"");
    let mut file = File::create(&path).unwrap();
    file.set_len(1 << 40).unwrap();
    file.write_all(&[&100_000_001u64.to_le_bytes()[..], b"{"].concat()).unwrap();
    assert!(matches!(wrong(&path), StoredFault::HeaderTooLarge { found: 100_000_001, limit: 100_000_000 }));
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&u64::MAX.to_le_bytes()).unwrap();
    assert!(matches!(wrong(&path), StoredFault::HeaderTooLarge { found: u64::MAX, .. }));
}

#[test]
fn a_header_that_is_no_header_is_damaged() {
    let folder = Folder::new();
    for header in [
        "{",
        r#"{"a":1}"#,
        r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
        r#"{"a":{"shape":[1],"data_offsets":[0,4]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}"#,
        r#"{} {}"#,
    ] {
        let path = folder.with("m.safetensors", framed(header, 4));
        assert!(matches!(wrong(&path), StoredFault::Damaged(_)), "{header}");
    }
}

#[test]
fn a_type_that_is_not_known_refuses_itself_only() {
    let folder = Folder::new();
    let header =
        [entry("a", "F7_E9", "[3,5]", 0, 7), entry("b", "F32", "[1]", 7, 11), entry("c", "I64", "[1]", 11, 19)];
    let path = folder.with("m.safetensors", framed(&format!("{{{}}}", header.join(",")), 19));
    let files = StoredFiles::open(&path).unwrap();
    assert_eq!((files.tensor("a").unwrap().kind(), files.tensor("a").unwrap().bytes()), ("F7_E9", 7));
    for (name, found) in [("a", "F7_E9"), ("c", "I64")] {
        let Err(InspectError::Tensor { fault: TensorFault::UnknownKind { kind }, .. }) = files.weight(name) else {
            panic!()
        };
        assert_eq!(kind, found);
    }
    let bytes: [u8; 4] = std::array::from_fn(|place| ((place + 7) * 89 + 7) as u8);
    assert_eq!(files.weight("b").unwrap().unwrap().vector().unwrap(), [f32::from_le_bytes(bytes)]);
}
