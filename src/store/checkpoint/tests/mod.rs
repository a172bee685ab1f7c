//! What a stranger would try on a checkpoint: keep it, cut it, flip it, fake it, fill the disk.

use std::fs;
use std::io::{self, Write};

use proptest::prelude::*;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};

mod specimen;
mod surgeries;

use self::specimen::*;
use super::save::save_through;
use super::*;
use crate::store::history::{RunMeasure, Series, SeriesKey};

#[test]
fn round_trip_keeps_every_bit() {
    let (_folder, path) = place();
    let run = run();
    save(&run, &path).unwrap();
    assert_eq!(bits(&open(&path).unwrap()), bits(&run));
    let manifest = peek(&path).unwrap();
    assert_eq!((&manifest.config, &manifest.progress), (&run.config, &run.state.progress));
    // Saving what was opened gives the same file, and over an older one.
    save(&open(&path).unwrap(), &path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), *FILE);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing left beside it");
}

#[test]
fn any_safetensors_reader_can_read_it() {
    let file = SafeTensors::deserialize(&FILE).unwrap();
    let keys = file.tensor("model/blocks.0.experts.keys").unwrap();
    assert_eq!((keys.dtype(), keys.shape()), (Dtype::F32, &[2, 3, 2][..]));
    assert_eq!(file.tensor("history/buckets/run/loss_task").unwrap().shape(), [20, 7]);
    assert_eq!(file.tensor("history/recent/layer/0/kappa").unwrap().shape(), [2, 2]);
    assert_eq!(file.tensor("history/cosines/1/1").unwrap().shape(), [4, 4]);
}

#[test]
fn cut_at_any_length_it_is_an_error() {
    let (_folder, path) = place();
    fs::write(&path, &*FILE).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    for length in (0..FILE.len()).rev() {
        file.set_len(length as u64).unwrap();
        let error = peek(&path).unwrap_err();
        if length > 8 {
            assert!(matches!(error, OpenError::Truncated { .. }), "{length}: {error}");
        }
        // Opening begins with the same look at the header; some lengths show that it does.
        assert!(length % 64 != 0 || open(&path).is_err(), "{length}");
    }
    assert!(matches!(open_bytes(&[&FILE[..], b"\0"].concat()), Err(OpenError::TooLong { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_other_byte_anywhere_is_an_error(at in 0..FILE.len(), flip in 1u8..) {
        let mut bytes = FILE.clone();
        bytes[at] ^= flip;
        prop_assert!(open_bytes(&bytes).is_err());
    }

    #[test]
    fn any_other_byte_of_the_front_is_an_error(at in 0..160usize, flip in 1u8..) {
        let mut bytes = FILE.clone();
        bytes[at] ^= flip;
        prop_assert!(open_bytes(&bytes).is_err());
    }

    #[test]
    fn rubbish_is_an_error_and_not_a_panic(header in "\\PC{0,200}", data in prop::collection::vec(any::<u8>(), 0..64)) {
        let text = format!("{{{header}");
        let bytes = [&(text.len() as u64).to_le_bytes()[..], text.as_bytes(), &data].concat();
        prop_assert!(open_bytes(&bytes).is_err());
    }
}

#[test]
fn a_file_that_knows_its_text_by_length_alone_opens_and_gets_an_id() {
    let text =
        format!(r#"\"run\":\"00c0ffee00c0ffee\",\"text\":{{\"bytes\":405550,\"sha256\":\"{}\"}}"#, "0".repeat(64));
    let old = open_bytes(&resealed(&text, r#"\"text_bytes\":405550"#)).unwrap();
    assert_eq!(old.text, TextIdentity { bytes: 405_550, sha256: None });
    assert_ne!(old.run, run().run);
}

#[test]
fn a_flipped_weight_is_told_from_a_damaged_header() {
    let mut bytes = FILE.clone();
    *bytes.last_mut().unwrap() ^= 1;
    assert!(matches!(open_bytes(&bytes), Err(OpenError::Checksum { .. })));
    let mut bytes = FILE.clone();
    bytes[9] = b'!';
    assert!(matches!(open_bytes(&bytes), Err(OpenError::BadHeader(_))));
}

#[test]
fn other_files_are_named() {
    let (folder, path) = place();
    assert!(matches!(open(&path), Err(OpenError::Missing)));
    assert!(matches!(open(folder.path()), Err(OpenError::NotAFile { .. })));
    let error = open_bytes(b"PK\x03\x04 and so on").unwrap_err().to_string();
    assert!(error.contains("zip archive"), "{error}");
    assert!(open_bytes(b"seed = 3\nsteps = 4\n").unwrap_err().to_string().contains("a text file"));
    let view = TensorView::new(Dtype::F16, vec![1, 2], &[0; 4]).unwrap();
    let foreign = serialize([("lm_head.weight", view)], Some([("format".into(), "pt".into())].into())).unwrap();
    let error = open_bytes(&foreign).unwrap_err().to_string();
    assert!(error.contains("lm_head.weight") && error.contains("F16 [1, 2]"), "{error}");
    assert!(error.contains("\"pt\""), "{error}");
}

#[test]
fn hostile_headers_do_not_allocate() {
    let with = |header: &str| [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
    for header in [
        r#"{"model/a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,18446744073709551615]}}"#,
        r#"{"model/a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}"#,
        r#"{"model/a":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,0]}}"#,
        r#"{"model/a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
    ] {
        assert!(open_bytes(&with(header)).is_err(), "{header}");
    }
    let mut long = u64::MAX.to_le_bytes().to_vec();
    long.extend(b"{\"model\":1}");
    assert!(matches!(open_bytes(&long), Err(OpenError::HeaderTooLarge { .. })));
    // One of ours that asks for a tensor far beyond its end.
    let huge = resealed(
        r#""model/embedding":{"dtype":"F32","shape":[4,3]"#,
        r#""model/embedding":{"dtype":"F32","shape":[4,3000000000000]"#,
    );
    assert!(matches!(open_bytes(&huge), Err(OpenError::BadHeader(_))));
}

#[test]
fn newer_versions_and_broken_manifests_say_so() {
    let own = format!(r#"\"version\":{VERSION}"#);
    let newer = open_bytes(&resealed(&own, r#"\"version\":7,\"colour\":\"blue\""#)).unwrap_err();
    assert!(matches!(newer, OpenError::Newer { found: 7, known: VERSION, .. }), "{newer}");
    assert!(newer.to_string().contains("Update MoE Arena"));
    let bad = |from: &str, to: &str| open_bytes(&resealed(from, to)).unwrap_err();
    assert!(matches!(bad(&own, r#"\"version\":0"#), OpenError::BadManifest(_)));
    assert!(matches!(bad(r#"\"seconds\":12"#, r#"\"second\":12"#), OpenError::BadManifest(_)));
    assert!(matches!(bad(r#"\"heads\":2"#, r#"\"heads\":3"#), OpenError::BadConfig(_)));
    assert!(matches!(bad(r#"\"slots\":[5,"#, r#"\"slots\":[9,"#), OpenError::BadManifest(_)));
    assert!(matches!(bad(r#"\"selection_bias\":[[0.001,"#, r#"\"selection_bias\":[["#), OpenError::BadManifest(_)));
    let other = r#"\"updates\":20,\"knobs\":{\"policy\":"#;
    let lacking = bad(&format!(r#"{other}\"competesmoe\""#), &format!(r#"{other}\"x-moe\""#));
    assert!(lacking.to_string().contains("router.embeddings"), "{lacking}");
    assert!(matches!(bad(r#"\"pushes\":2"#, r#"\"pushes\":1"#), OpenError::BadHistory { .. }));
    // The seal guards the manifest too: put right by hand, the change is simply another run.
    assert_eq!(open_bytes(&resealed(r#"\"seconds\":12"#, r#"\"seconds\":13"#)).unwrap().seconds, 13.345_678_9);
}

#[test]
fn tensors_that_do_not_fit_are_named() {
    let model = "model/embedding";
    let fault = |change: fn(&mut Loose)| open_bytes(&retouched(change)).unwrap_err();
    let missing = fault(|tensors| tensors.retain(|t| t.0 != "optimizer/m1/embedding"));
    assert!(matches!(&missing, OpenError::MissingTensor { name, .. } if name == "optimizer/m1/embedding"), "{missing}");
    let curve = fault(|tensors| tensors.retain(|t| t.0 != "history/recent/run/loss_task"));
    assert!(matches!(curve, OpenError::MissingTensor { .. }), "{curve}");
    let extra = fault(|tensors| tensors.push(("notes".into(), Dtype::U8, vec![1], vec![0])));
    assert!(matches!(&extra, OpenError::ExtraTensor { name, .. } if name == "notes"), "{extra}");
    let shape =
        fault(|tensors| tensors.iter_mut().filter(|t| t.0 == "optimizer/m2/embedding").for_each(|t| t.2 = vec![3, 4]));
    assert!(matches!(&shape, OpenError::WrongShape { found, .. } if found == "[3, 4]"), "{shape}");
    let kind = fault(|tensors| tensors.iter_mut().filter(|t| t.0 == "model/embedding").for_each(|t| t.1 = Dtype::I32));
    assert!(matches!(&kind, OpenError::WrongType { name, found, .. } if name == model && found == "I32"), "{kind}");
    // Nothing changed, but written by another program: the seal no longer has its place, or is another.
    assert!(matches!(fault(|_| ()), OpenError::Checksum { .. }));
}

#[test]
fn expected_weights_are_held_against_the_file() {
    let run = run();
    let names: Vec<_> = run.state.weights.iter().map(|a| (a.name.clone(), a.shape.clone())).collect();
    let (_folder, path) = place();
    save(&run, &path).unwrap();
    assert!(open_expecting(&path, |_| names.clone()).is_ok());
    run.check(&names).unwrap();
    let mut other = names.clone();
    other[1].1 = vec![2, 3, 4];
    for error in [open_expecting(&path, |_| other.clone()).unwrap_err(), run.check(&other).unwrap_err()] {
        let says = "the tensor “model/blocks.0.experts.keys” has shape [2, 3, 2]; expected [2, 3, 4]";
        assert_eq!(error.to_string(), says);
    }
    assert!(matches!(run.check(&names[1..]), Err(OpenError::ExtraTensor { .. })));
    other.push(("norm".into(), vec![3]));
    other[1].1 = vec![2, 3, 2];
    assert!(matches!(run.check(&other), Err(OpenError::MissingTensor { .. })));
    assert!(matches!(open_expecting(&path, |_| other.clone()), Err(OpenError::MissingTensor { .. })));
}

/// A disk with room for so many bytes.
struct Disk {
    file: fs::File,
    left: usize,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let written = self.file.write(&bytes[..bytes.len().min(self.left)])?;
        self.left -= written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[test]
fn a_full_disk_leaves_the_older_file_and_nothing_else() {
    let (folder, path) = place();
    fs::write(&path, b"older").unwrap();
    for left in [0, 7, 100, FILE.len() / 2, FILE.len() - 1] {
        let error = save_through(&run(), &path, |file| Disk { file, left }).unwrap_err();
        assert!(matches!(error, SaveError::DiskFull { bytes, .. } if bytes == FILE.len() as u64), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"older");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
    save_through(&run(), &path, |file| Disk { file, left: FILE.len() }).unwrap();
    assert_eq!(fs::read(&path).unwrap(), *FILE);
}

#[test]
fn places_that_cannot_be_written_say_why() {
    let (folder, path) = place();
    assert!(matches!(save(&run(), &folder.path().join("none/run.safetensors")), Err(SaveError::NoFolder { .. })));
    assert!(matches!(save(&run(), folder.path()), Err(SaveError::Folder { .. })));
    #[cfg(unix)]
    {
        let target = folder.path().join("target.safetensors");
        fs::write(&target, b"older").unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        save(&run(), &path).unwrap();
        assert!(path.is_symlink() && fs::read(&target).unwrap() == *FILE, "the file behind a link is replaced");
    }
}

#[test]
fn runs_that_would_not_read_back_are_not_written() {
    let (_folder, path) = place();
    let refused = |change: fn(&mut Checkpoint)| {
        let mut run = run();
        change(&mut run);
        assert!(matches!(save(&run, &path), Err(SaveError::Unwritable(_))));
        assert!(!path.exists());
    };
    refused(|run| run.state.weights[0].shape = vec![5, 5]);
    refused(|run| run.state.moment1.truncate(2));
    refused(|run| run.state.moment2[0].name = "other".into());
    refused(|run| run.state.weights[1].name = run.state.weights[0].name.clone());
    refused(|run| run.seconds = f64::NAN);
    refused(|run| run.state.progress.knobs.learning_rate = f64::NAN);
    refused(|run| {
        run.history.insert(SeriesKey::Run(RunMeasure::Validation), {
            let mut series = Series::default();
            series.push(1 << 60, 1.0);
            series
        })
    });
}
