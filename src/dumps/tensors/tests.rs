//! Tests of the tensors of a safetensors file.

use safetensors::tensor::TensorView;

use super::*;

#[test]
fn a_file_that_is_cut_or_written_to_while_it_is_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.safetensors");
    let data = vec![0; 80];
    let x = || TensorView::new(Dtype::F64, vec![5, 2], &data).unwrap();
    let whole = safetensors::serialize([("x", x())], None).unwrap();
    fs::write(&path, &whole).unwrap();
    let file = TensorFile::open(&path).unwrap();
    let table = Floats::of(file.tensor("x").unwrap()).unwrap();
    let mut row = [0.0; 2];
    table.read(4, &mut row).unwrap();
    assert!(file.check().is_ok());
    File::options().write(true).open(&path).unwrap().set_len(whole.len() as u64 - 1).unwrap();
    assert!(table.read(4, &mut row).is_err());
    assert!(matches!(file.check(), Err(DumpError::Changed)));
    assert!(matches!(below(table.tensor.clone(), 3, (-1, 3)), Err(DumpError::Type { .. })));

    fs::write(&path, &whole).unwrap();
    let file = TensorFile::open(&path).unwrap();
    fs::write(&path, [&whole[..], b"more"].concat()).unwrap();
    assert!(matches!(file.check(), Err(DumpError::Changed)));
}

#[test]
fn hostile_headers_are_refused_before_anything_is_allocated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump.safetensors");
    let open = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        TensorFile::open(&path).map(|_| ())
    };
    let with = |header: &str| [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
    for header in [
        r#"{"x":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,18446744073709551615]}}"#,
        r#"{"x":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}"#,
        r#"{"x":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,0]}}"#,
        r#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
    ] {
        assert!(matches!(open(&with(header)), Err(DumpError::NotSafetensors(_))), "{header}");
    }
    let long = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
    assert!(matches!(open(&long), Err(DumpError::NotSafetensors(_))));
}

#[test]
fn halves_by_hand() {
    let known =
        [(0x3C00, 1.0), (0xC000, -2.0), (0x3555, 0.333_251_953_125), (0x7BFF, 65504.0), (0x0001, 2f64.powi(-24))];
    assert!(known.iter().all(|&(bits, value)| half(bits) == value));
    assert_eq!((half(0x0400), half(0x8000), half(0xFC00)), (2f64.powi(-14), 0.0, f64::NEG_INFINITY));
    assert!(half(0x7E00).is_nan());
}

#[test]
fn every_type_reads_the_same_numbers() {
    let numbers = [1.0f32, -0.5, 3.0, 1024.0, -2.0, 0.25];
    let bytes = |dtype| -> Vec<u8> {
        numbers
            .iter()
            .flat_map(|&x| match dtype {
                Dtype::F64 => f64::from(x).to_le_bytes().to_vec(),
                Dtype::F32 => x.to_le_bytes().to_vec(),
                // Exact in 7 and in 10 bits of fraction.
                Dtype::BF16 => ((x.to_bits() >> 16) as u16).to_le_bytes().to_vec(),
                _ => {
                    let bits = x.to_bits();
                    let exponent = ((bits >> 23 & 255) as i32 - 127 + 15) as u32;
                    ((bits >> 31 << 15 | exponent << 10 | bits >> 13 & 1023) as u16).to_le_bytes().to_vec()
                }
            })
            .collect()
    };
    for dtype in [Dtype::F64, Dtype::F32, Dtype::F16, Dtype::BF16] {
        let data = bytes(dtype);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dump.safetensors");
        let view = TensorView::new(dtype, vec![3, 2], &data).unwrap();
        // Not at the front of the data: its place counts.
        let first = TensorView::new(Dtype::F64, vec![1], &[0; 8]).unwrap();
        fs::write(&path, safetensors::serialize([("a", first), ("x", view)], None).unwrap()).unwrap();
        let file = TensorFile::open(&path).unwrap();
        let table = Floats::of(file.tensor("x").unwrap()).unwrap();
        assert_eq!((table.count(), table.width()), (3, 2));
        let mut rows = [0.0; 4];
        table.read(1, &mut rows).unwrap();
        assert_eq!(rows, [3.0, 1024.0, -2.0, 0.25], "{dtype:?}");
    }
}
