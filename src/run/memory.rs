//! Memory: refuses a run that the machine, the container around it or the device can never hold, before anything is allocated.

use super::Reason;
use crate::domain::config::Config;
use crate::domain::state::{footprint_bytes, largest_tensor_bytes};
use crate::engine::device::{self, TrainingDevice};

/// Refuses a run that this machine or the container around it cannot hold beside others that need `held` bytes.
pub(super) fn fits_beside(held: f64, config: &Config, experts: usize) -> Result<(), Reason> {
    let needed = footprint_bytes(config, experts);
    match device::usable_bytes().map(|there| there as f64) {
        Some(there) if held + needed > there => Err(Reason::MemoryBeside { needed, held, there }),
        _ => Ok(()),
    }
}

/// Refuses what this machine, the container around it or the device can never hold. What no check foresees ends the program
/// when an allocation fails, so it is said before anything is allocated.
pub(super) fn fits_into_memory(config: &Config, experts: usize, place: &TrainingDevice) -> Result<(), Reason> {
    let needed = footprint_bytes(config, experts);
    if let Some(there) = device::usable_bytes().filter(|&there| needed > there as f64) {
        return Err(Reason::Memory { needed, there: there as f64 });
    }
    if let Some(there) = place.memory.filter(|&there| needed > there as f64) {
        return Err(Reason::CardMemory { needed, device: place.name.clone(), there: there as f64 });
    }
    let largest = largest_tensor_bytes(config, experts);
    match place.largest_binding {
        Some(limit) if largest > limit as f64 => {
            Err(Reason::Binding { largest, device: place.name.clone(), limit: limit as f64 })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Preset;

    #[test]
    fn what_a_device_cannot_bind_or_a_machine_not_hold_is_refused_beforehand() {
        let mut place = device::cpu(device::DeviceWhy::ByName);
        let mut config = Preset::Tiny.config();
        assert_eq!(fits_into_memory(&config, 4, &place), Ok(()));
        place.largest_binding = Some(128 << 20);
        assert_eq!(fits_into_memory(&config, 4, &place), Ok(()));
        place.largest_binding = Some(1 << 10);
        let why = fits_into_memory(&config, 4, &place).unwrap_err();
        assert!(matches!(&why, Reason::Binding { device, limit: 1024.0, .. } if device == "CPU"), "{why:?}");
        place.largest_binding = None;
        place.memory = Some(1 << 30);
        assert_eq!(fits_into_memory(&config, 4, &place), Ok(()));
        place.memory = Some(1 << 10);
        let why = fits_into_memory(&config, 4, &place).unwrap_err();
        assert!(matches!(&why, Reason::CardMemory { there: 1024.0, .. }), "{why:?}");
        place.memory = None;
        // A probe that alone would fill any machine.
        (config.cadence.probe_sequences, config.model.context) = (1024, 4096);
        config.model.experts = 256;
        let why = fits_into_memory(&config, 256, &place).unwrap_err();
        assert!(matches!(why, Reason::Memory { needed, there } if needed > there), "{why:?}");
        // What fits alone need not fit beside others.
        let small = Preset::Tiny.config();
        assert_eq!(fits_beside(0.0, &small, 4), Ok(()));
        let why = fits_beside(1e15, &small, 4).unwrap_err();
        assert!(matches!(why, Reason::MemoryBeside { held: 1e15, .. }), "{why:?}");
    }
}
