//! Fixture of the library's tests: a graphics adapter, or a test that says aloud that it is skipped.

use std::io::Write;

use super::{DeviceWhy, TrainingDevice, adapters};

/// A graphics adapter, software or not; `None`, with a message, if there is none and `MOE_ARENA_NEED_GPU` demands none.
pub(crate) fn graphics(test: &str) -> Option<TrainingDevice> {
    let Some(adapter) = adapters().into_iter().next() else {
        let demanded = std::env::var_os("MOE_ARENA_NEED_GPU").is_some_and(|v| v != "0");
        assert!(!demanded, "{test}: MOE_ARENA_NEED_GPU is set and there is no graphics adapter");
        // Straight to the stream: what a passing test prints by macro is never shown.
        let words = format!("SKIPPED {test}: no graphics adapter, not even a software one (mesa-vulkan-drivers)\n");
        let _ = std::io::stderr().write_all(words.as_bytes());
        return None;
    };
    Some(adapter.place(DeviceWhy::ByName).expect("the adapter makes a device"))
}
