//! Dumps made for tests, with the times at which they were written.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// A dump of two layers of 64 tokens and four experts, in which `used` of them take turns.
pub(crate) fn dump(used: usize) -> Vec<u8> {
    dump_with(used, 2.0, None)
}

/// The same, whose first logit of the second layer is `first`, and whose trainer tells a loss if there is one.
pub(crate) fn dump_with(used: usize, first: f32, loss: Option<&str>) -> Vec<u8> {
    let (tokens, experts) = (64, 4);
    let logit = |at: usize| if at % experts == at / experts % used { 2.0f32 } else { 0.0 };
    let one: Vec<u8> = (0..tokens * experts).flat_map(|at| logit(at).to_le_bytes()).collect();
    let two: Vec<u8> = first.to_le_bytes().into_iter().chain(one[4..].iter().copied()).collect();
    let index: Vec<u8> = (0..tokens).map(|token| (token % used) as u8).collect();
    let logits = |bytes| TensorView::new(Dtype::F32, vec![tokens, experts], bytes).unwrap();
    let index = || TensorView::new(Dtype::U8, vec![tokens, 1], &index).unwrap();
    let tensors = [
        ("a.0.router_logits", logits(&one)),
        ("a.0.topk_index", index()),
        ("a.1.router_logits", logits(&two)),
        ("a.1.topk_index", index()),
    ];
    let notes = loss.map(|loss| [("loss".to_owned(), loss.to_owned())].into());
    safetensors::serialize(tensors, notes).unwrap()
}

/// A second of the clock that tests set by hand.
pub(crate) fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + second)
}

/// Puts a file there that was written last at this second.
pub(crate) fn put(folder: &Path, name: &str, bytes: &[u8], second: u64) {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    File::options().write(true).open(path).unwrap().set_modified(at(second)).unwrap();
}
