//! Dumps made for tests, with the times at which they were written.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// A dump of two layers of 64 tokens and four experts, in which `used` of them take turns.
pub(crate) fn dump(used: usize) -> Vec<u8> {
    let (tokens, experts) = (64, 4);
    let logit = |at: usize| if at % experts == at / experts % used { 2.0f32 } else { 0.0 };
    let logits: Vec<u8> = (0..tokens * experts).flat_map(|at| logit(at).to_le_bytes()).collect();
    let index: Vec<u8> = (0..tokens).map(|token| (token % used) as u8).collect();
    let logits = || TensorView::new(Dtype::F32, vec![tokens, experts], &logits).unwrap();
    let index = || TensorView::new(Dtype::U8, vec![tokens, 1], &index).unwrap();
    let tensors = [
        ("a.0.router_logits", logits()),
        ("a.0.topk_index", index()),
        ("a.1.router_logits", logits()),
        ("a.1.topk_index", index()),
    ];
    safetensors::serialize(tensors, None).unwrap()
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
