//! The devices tests run on: always the CPU; a graphics adapter where there is one.
//!
//! `MOE_ARENA_NEED_GPU=1` makes a missing adapter an error; continuous integration sets it.

use std::io::Write;

use moe_arena::engine::device::{self, DeviceKind, DeviceWhy, TrainingDevice};

/// The CPU backend.
pub fn cpu() -> TrainingDevice {
    device::choose("cpu").expect("the CPU is always there")
}

/// A graphics adapter, software or not; `None`, said aloud, if there is none and none is demanded.
pub fn graphics(test: &str) -> Option<TrainingDevice> {
    let first = device::adapters().into_iter().next();
    let Some(adapter) = first else {
        let demanded = std::env::var_os("MOE_ARENA_NEED_GPU").is_some_and(|v| v != "0");
        assert!(!demanded, "{test}: MOE_ARENA_NEED_GPU is set and there is no graphics adapter");
        // Straight to the stream: what a passing test prints by macro is never shown.
        let words = format!("SKIPPED {test}: no graphics adapter, not even a software one (mesa-vulkan-drivers)\n");
        let _ = std::io::stderr().write_all(words.as_bytes());
        return None;
    };
    Some(adapter.place(DeviceWhy::ByName).expect("the adapter makes a device"))
}

#[test]
fn the_graphics_adapter_computes() {
    let Some(place) = graphics("the_graphics_adapter_computes") else { return };
    assert_ne!(place.kind, DeviceKind::Cpu);
    let x = burn::tensor::Tensor::<1>::from_floats([1.0, 2.0], &place.device);
    assert_eq!((x * 3.0).into_data().try_to_vec::<f32>().unwrap(), [3.0, 6.0]);
}

#[test]
fn the_graphics_adapter_passes_the_check_that_is_made_before_training() {
    let Some(place) = graphics("the_graphics_adapter_passes_the_check_that_is_made_before_training") else { return };
    assert_eq!(moe_arena::engine::train::check(&place.device, &mut |_| ()), Ok(()));
}
