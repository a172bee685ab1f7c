//! GGUF files made by hand: keys, parts, and headers that lie.

use super::made::{Folder, Gguf};
use super::{refused, wrong, wrong_entry};
use crate::inspect::{EntryFault, InspectError, StoredFault, StoredFiles, StoredFormat, TensorFault};

const F32: u32 = 0;
const Q8_0: u32 = 8;

/// What is wrong with a GGUF.
fn gguf(made: &Gguf) -> StoredFault {
    let folder = Folder::new();
    wrong(&folder.with("m.gguf", made.bytes()))
}

#[test]
fn keys_are_typed_and_shapes_are_turned_around() {
    let folder = Folder::new();
    let list = |kind: u32, count: u64, bytes: &[u8]| [&kind.to_le_bytes()[..], &count.to_le_bytes(), bytes].concat();
    let nested = list(9, 2, &[list(0, 2, &[1, 2]), list(9, 1, &list(8, 0, &[]))].concat());
    let made = Gguf::new(34)
        .text("general.architecture", "olmoe")
        .key("olmoe.expert_count", 4, &64u32.to_le_bytes())
        .key("olmoe.eps", 6, &1e-5f32.to_le_bytes())
        .key("below", 5, &(-3i32).to_le_bytes())
        .key("wide", 12, &0.1f64.to_le_bytes())
        .key("large", 10, &u64::MAX.to_le_bytes())
        .key("yes", 7, &[1])
        .key("widths", 9, &list(3, 2, &[0xff, 0xff, 5, 0]))
        .key("nested", 9, &nested)
        .texts("tokens", &["a", "", "ß"])
        .tensor("m", &[32, 1, 1], Q8_0, 0);
    let files = StoredFiles::open(&folder.with("m.gguf", made.bytes())).unwrap();
    assert_eq!(files.format(), StoredFormat::Gguf);
    let keys = files.gguf().unwrap();
    assert_eq!(keys.text("general.architecture"), Some("olmoe"));
    assert_eq!((keys.whole("olmoe.expert_count"), keys.whole("olmoe.eps")), (Some(64), None));
    assert_eq!((keys.whole("below"), keys.whole("wide")), (None, None));
    assert_eq!((keys.whole("large"), keys.flag("yes"), keys.flag("large")), (Some(u64::MAX), Some(true), None));
    assert_eq!(keys.numbers("widths"), Some(vec![-1.0, 5.0]));
    assert_eq!(keys.texts("tokens"), Some(vec!["a".into(), String::new(), "ß".into()]));
    assert_eq!((keys.texts("nested"), keys.numbers("nested"), keys.text("none")), (None, None, None));
    let scalars: Vec<_> = keys.scalars().map(|(key, value)| format!("{key}={value}")).collect();
    let large = "large=18446744073709551615";
    let known = ["below=-3", "general.architecture=\"olmoe\"", large, "olmoe.eps=9.999999747378752e-6"];
    assert_eq!(scalars[..4], known);
    assert_eq!(scalars[4..], ["olmoe.expert_count=64", "wide=0.1", "yes=true"]);
    let tensor = files.tensor("m").unwrap();
    assert_eq!((tensor.kind(), tensor.shape(), tensor.bytes()), ("Q8_0", &[1, 1, 32][..], 34));
}

#[test]
fn any_part_leads_to_all() {
    let folder = Folder::new();
    let part = |number: u16, count: u16| {
        let made = Gguf::new(4).key("split.no", 2, &number.to_le_bytes()).key("split.count", 2, &count.to_le_bytes());
        made.tensor(&format!("t{number}"), &[1], F32, 0)
    };
    let names: Vec<String> = (1..=3).map(|number| format!("m-{number:05}-of-00003.gguf")).collect();
    folder.with(&names[0], part(0, 3).text("general.architecture", "olmoe").bytes());
    folder.with(&names[1], part(1, 3).bytes());
    let InspectError::MissingShard { shard, of: 3, .. } = refused(&folder.path().join(&names[1])) else { panic!() };
    assert_eq!(shard, folder.path().join(&names[2]));
    folder.with(&names[2], part(2, 3).bytes());
    folder.with("mmproj-m.gguf", b"GGUF");
    for path in names.iter().map(|name| folder.path().join(name)).chain([folder.path().to_path_buf()]) {
        let files = StoredFiles::open(&path).unwrap();
        let found: Vec<_> = files.tensors().map(|tensor| tensor.name()).collect();
        assert_eq!(found, ["t0", "t1", "t2"]);
        assert_eq!(files.gguf().unwrap().text("general.architecture"), Some("olmoe"));
    }
    // A part under another name, of another set, with a tensor of another part, of another kind.
    let alone = folder.with("renamed.gguf", part(1, 3).bytes());
    assert!(matches!(wrong(&alone), StoredFault::PartUnnamed { count: 3 }));
    assert!(matches!(refused(folder.path()), InspectError::SeveralGgufs { count: 4, .. }));
    let second = folder.with(&names[1], part(1, 4).bytes());
    assert!(matches!(wrong(&second), StoredFault::OtherPart { number: 2, count: 4, expected: 2, of: 3 }));
    folder.with(&names[1], part(1, 3).tensor("t0", &[1], F32, 0).bytes());
    assert!(matches!(refused(&folder.path().join(&names[0])), InspectError::File { .. }));
    folder.with(&names[1], Gguf::new(4).tensor("t0", &[1], F32, 0).bytes());
    assert!(matches!(refused(&folder.path().join(&names[0])), InspectError::InTwoShards { .. }));
    folder.with(&names[1], super::made::safetensors(&[]));
    let InspectError::File { fault, .. } = refused(&folder.path().join(&names[0])) else { panic!() };
    assert!(matches!(fault, StoredFault::OtherShard { found: "a safetensors file" }), "{fault}");
}

#[test]
fn versions_and_orders_of_bytes_that_are_not_read() {
    let mut made = Gguf::new(0);
    for version in [0, 1, 4, 77] {
        made.version = version;
        assert!(matches!(gguf(&made), StoredFault::GgufVersion { found } if found == version));
    }
    for version in [1u32, 2, 3] {
        made.version = version.swap_bytes();
        assert!(matches!(gguf(&made), StoredFault::BigEndian));
    }
    made.version = 2;
    let folder = Folder::new();
    assert!(StoredFiles::open(&folder.with("m.gguf", made.bytes())).is_ok());
}

#[test]
fn lengths_beyond_the_file_are_not_believed() {
    let far = u64::MAX.to_le_bytes();
    let list = |kind: u32| [&kind.to_le_bytes()[..], &far].concat();
    for made in [
        Gguf::new(0).key("a", 8, &far),
        Gguf::new(0).key("a", 9, &list(0)),
        Gguf::new(0).key("a", 9, &list(12)),
        Gguf::new(0).key("a", 9, &list(8)),
        Gguf::new(0).key("a", 9, &list(9)),
        Gguf::new(0).key("a", 8, &(1u64 << 40).to_le_bytes()),
    ] {
        assert!(matches!(gguf(&made), StoredFault::Length { .. }));
    }
    for (at, what) in [(8, "tensors"), (16, "keys")] {
        let mut bytes = Gguf::new(0).bytes();
        bytes[at..at + 8].copy_from_slice(&far);
        let folder = Folder::new();
        let StoredFault::TooMany { what: found, .. } = wrong(&folder.with("m.gguf", bytes)) else { panic!() };
        assert_eq!(found, what);
    }
    let twice = Gguf::new(0).text("a", "1").text("a", "2");
    assert!(matches!(gguf(&twice), StoredFault::Key { reason, .. } if reason.contains("twice")));
    let unknown = Gguf::new(0).key("a", 13, &[0; 8]);
    assert!(matches!(gguf(&unknown), StoredFault::Key { reason, .. } if reason.contains("type 13")));
    for alignment in [0u32, 33, 1 << 30] {
        let made = Gguf::new(0).key("general.alignment", 4, &alignment.to_le_bytes());
        assert!(matches!(gguf(&made), StoredFault::Key { key, .. } if key == "general.alignment"));
    }
}

#[test]
fn lies_about_one_tensor_name_it() {
    let a = || Gguf::new(64).tensor("a", &[8], F32, 0);
    for (made, fault) in [
        (a().tensor("b", &[9], F32, 32), EntryFault::Beyond { end: 68, data: 64 }),
        (a().tensor("b", &[1], F32, 1 << 40), EntryFault::Beyond { end: (1 << 40) + 4, data: 64 }),
        (a().tensor("b", &[1], F32, 36), EntryFault::Unaligned { begin: 36, alignment: 32 }),
        (a().tensor("b", &[1], F32, u64::MAX - 31), EntryFault::Beyond { end: u64::MAX - 27, data: 64 }),
        (a().tensor("b", &[1], 99, 96), EntryFault::Beyond { end: 96, data: 64 }),
        (a().tensor("b", &[33], Q8_0, 32), EntryFault::Unfilled { shape: vec![33], kind: "Q8_0".into(), elements: 32 }),
        (a().tensor("b", &[1 << 40, 1 << 40], F32, 32), EntryFault::Uncountable { shape: vec![1 << 40, 1 << 40] }),
        (a().tensor("b", &[1, 1, 1, 1, 1], F32, 32), EntryFault::Axes { limit: 4 }),
    ] {
        let folder = Folder::new();
        assert_eq!(wrong_entry(&folder.with("m.gguf", made.bytes())), ("b".into(), fault));
    }
    let folder = Folder::new();
    let overlap = Gguf::new(64).tensor("a", &[9], F32, 0).tensor("b", &[1], F32, 32);
    let fault = EntryFault::Overlap { other: "a".into(), begin: 32, end: 36 };
    assert_eq!(wrong_entry(&folder.with("m.gguf", overlap.bytes())), ("b".into(), fault));
    let twice = a().tensor("a", &[1], F32, 32);
    assert_eq!(wrong_entry(&folder.with("m.gguf", twice.bytes())), ("a".into(), EntryFault::Twice));
}

#[test]
fn types_that_are_not_read_refuse_themselves_only() {
    let folder = Folder::new();
    // 16: IQ2_XXS, which has a size; 4: a type of the past; 200: one of the future. Their bytes reach to the next tensor.
    let made = Gguf::new(256).tensor("a", &[256], 16, 0).tensor("b", &[5], 4, 96).tensor("c", &[4], F32, 160).tensor(
        "d",
        &[7, 7],
        200,
        192,
    );
    let files = StoredFiles::open(&folder.with("m.gguf", made.bytes())).unwrap();
    let found: Vec<_> = files.tensors().map(|tensor| (tensor.kind(), tensor.bytes())).collect();
    assert_eq!(found, [("IQ2_XXS", 66), ("GGUF type 4", 64), ("F32", 16), ("GGUF type 200", 64)]);
    for name in ["a", "b", "d"] {
        assert!(matches!(files.weight(name), Err(InspectError::Tensor { fault: TensorFault::UnknownKind { .. }, .. })));
    }
    assert_eq!(files.weight("c").unwrap().unwrap().len(), 4);
}
