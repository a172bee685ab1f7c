//! Chooses where tensors live: a GPU through wgpu, or the CPU. The only room that names wgpu or Flex.
//!
//! `auto` takes the first hardware adapter, a card of its own before an integrated one; if there is none, the CPU backend, which is several times
//! faster than a software Vulkan driver. Such a driver is taken only when asked for by name.

mod adapters;
mod card_memory;
#[cfg(test)]
pub(crate) mod fixture;
mod listing;
mod memory;
mod unreached;

use std::fmt;

use burn::tensor::Device;

pub use adapters::{Adapter, DeviceKind, adapters};
use listing::{AdapterNames, matching};
use memory::{forget_process_peak, process_peak_bytes};
pub(crate) use memory::{process_bytes, usable_bytes};
pub use unreached::UnreachedCard;

use crate::domain::quote;

/// What the CPU backend is called wherever devices are named.
pub(crate) const CPU_NAME: &str = "CPU";

/// A device that is ready to train on.
#[derive(Clone, Debug)]
pub struct TrainingDevice {
    /// Where tensors are made. Not tracked by autodiff.
    pub device: Device,
    /// Name to show, and to ask for it again.
    pub name: String,
    /// What kind of device it is.
    pub kind: DeviceKind,
    /// Driver of a graphics device and its version; empty on the CPU.
    pub driver: String,
    /// Why this one.
    pub why: DeviceWhy,
    /// Bytes of the largest tensor a graphics device can bind; `None` on the CPU.
    pub largest_binding: Option<u64>,
    /// Bytes of a card's own memory; `None` for a software driver, on the CPU, and where the interface does not tell.
    pub memory: Option<u64>,
}

/// Why a device was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceWhy {
    /// It was asked for by name.
    ByName,
    /// The CPU: there is no graphics adapter, perhaps as none reaches this card.
    NoAdapter(Option<UnreachedCard>),
    /// The CPU: the only adapter is this software one, which is slower, perhaps as none reaches this card.
    OnlySoftware(String, Option<UnreachedCard>),
    /// The first hardware adapter, as nothing else was asked for.
    FirstHardware,
    /// The first hardware adapter, as a GPU was asked for.
    FirstHardwareAsAsked,
    /// The CPU: this adapter could not be used.
    Unusable(String),
    /// The CPU: this adapter computes wrongly.
    Wrong {
        /// The adapter.
        adapter: String,
        /// What was wrong.
        what: String,
    },
}

/// Why a device could not be had. What can be asked for instead depends on who asks: a window has buttons, a command line
/// has `--device`.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Nothing matches the wish.
    #[error(
        "no device matches “{}”; this machine has: {}",
        quote::name(.wish),
        quote::escaped(.found)
    )]
    NoMatch {
        /// What was asked for.
        wish: String,
        /// Names of what there is.
        found: String,
    },
    /// A GPU was asked for and there is none.
    #[error(
        "no hardware GPU was found through wgpu{}",
        .software.as_ref().map_or(String::new(), |name| format!(" (only the software driver “{}”)", quote::name(name)))
    )]
    NoGpu {
        /// A software driver, if there is one.
        software: Option<String>,
    },
    /// The adapter does not compute what the CPU computes.
    #[error(
        "the adapter “{}” computes wrongly ({what}), so nothing is trained on it; a newer driver may help",
        quote::name(.name)
    )]
    Wrong {
        /// The adapter.
        name: String,
        /// What was wrong.
        what: String,
    },
    /// The adapter is there and will not make a device.
    #[error(
        "the adapter “{}” refused: {}",
        quote::name(.name),
        quote::escaped(.reason)
    )]
    Refused {
        /// The adapter.
        name: String,
        /// What the driver said.
        reason: String,
    },
}

/// Chooses a device: `auto`, `gpu`, `gpu:1` (the second hardware adapter), `cpu`, a PCI address or part of an adapter's name, in any case.
///
/// # Errors
/// See [`DeviceError`]; each says what there is instead. `auto` and `cpu` never fail.
pub fn choose(wish: &str) -> Result<TrainingDevice, DeviceError> {
    let wish = wish.trim();
    let lower = wish.to_lowercase();
    if lower == "cpu" {
        return Ok(cpu(DeviceWhy::ByName));
    }
    let adapters = adapters();
    let hardware = adapters.iter().find(|a| a.kind == DeviceKind::Gpu);
    match lower.as_str() {
        "auto" | "" => Ok(match hardware {
            None => cpu(if adapters.is_empty() {
                DeviceWhy::NoAdapter(UnreachedCard::find())
            } else {
                DeviceWhy::OnlySoftware(adapters[0].name.clone(), UnreachedCard::find())
            }),
            Some(adapter) => adapter.place(DeviceWhy::FirstHardware).unwrap_or_else(|error| {
                tracing::warn!("{error}");
                cpu(DeviceWhy::Unusable(adapter.name.clone()))
            }),
        }),
        "gpu" => match hardware {
            Some(adapter) => adapter.place(DeviceWhy::FirstHardwareAsAsked),
            None => Err(DeviceError::NoGpu { software: adapters.first().map(|adapter| adapter.name.clone()) }),
        },
        _ => match named(&adapters, &lower) {
            Some(adapter) => adapter.place(DeviceWhy::ByName),
            None => {
                let mut names: Vec<&str> = vec![CPU_NAME];
                names.extend(adapters.iter().map(|a| a.name.as_str()));
                Err(DeviceError::NoMatch { wish: wish.into(), found: names.join(", ") })
            }
        },
    }
}

/// The adapter that `lower`, a wish in lower case, means.
fn named<'a>(adapters: &'a [Adapter], lower: &str) -> Option<&'a Adapter> {
    let names =
        |a: &'a Adapter| AdapterNames { name: &a.name, address: &a.address, hardware: a.kind == DeviceKind::Gpu };
    let listed: Vec<AdapterNames<'_>> = adapters.iter().map(names).collect();
    matching(&listed, lower).map(|place| &adapters[place])
}

/// The CPU backend, with the reason for it.
pub fn cpu(why: DeviceWhy) -> TrainingDevice {
    let (largest_binding, memory) = (None, None);
    TrainingDevice {
        device: Device::flex(),
        name: CPU_NAME.into(),
        kind: DeviceKind::Cpu,
        driver: String::new(),
        why,
        largest_binding,
        memory,
    }
}

/// What went wrong on a device while training.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceFailure {
    /// Not enough memory for what was asked; what the backend said.
    OutOfMemory(String),
    /// The device is gone or cannot go on; what the backend said.
    Lost(String),
    /// It does not compute what the CPU computes at the sizes of the run; what was wrong.
    Wrong(String),
    /// An update of the weights was cut off part-way, so that they cannot be used any more; only what was saved can.
    Interrupted,
}

/// For logs; what people read of it is in the table of words.
impl fmt::Display for DeviceFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfMemory(detail) => write!(f, "out of memory: {detail}"),
            Self::Lost(detail) => write!(f, "lost: {detail}"),
            Self::Wrong(what) => write!(f, "computes wrongly: {what}"),
            Self::Interrupted => f.write_str("an update of the weights was interrupted"),
        }
    }
}

impl DeviceFailure {
    /// Sorts a message of the backend. Burn reports a failed allocation as a read of bytes that were never written.
    pub fn of(message: String) -> Self {
        let lower = message.to_lowercase();
        let memory = ["memory", "alloc", "never written", "too large", "buffer size"];
        if memory.iter().any(|word| lower.contains(word)) { Self::OutOfMemory(message) } else { Self::Lost(message) }
    }
}

/// Bytes held for training: a graphics device's own pool; on the CPU, the whole process. `None` if it cannot be told.
pub fn memory_bytes(place: &TrainingDevice) -> Option<u64> {
    match place.kind {
        DeviceKind::Cpu => process_bytes(),
        DeviceKind::Gpu | DeviceKind::Software => place.device.memory_pool_usage().map(|usage| usage.bytes_reserved),
    }
}

/// Submissions so far to the queue of a graphics device, each asking one more; `None` on the CPU. What is only queued is in none.
pub(crate) fn submissions(place: &TrainingDevice) -> Option<u64> {
    match place.kind {
        DeviceKind::Cpu => None,
        DeviceKind::Gpu | DeviceKind::Software => adapters::submissions(&place.name),
    }
}

/// Most bytes held for training since [`forget_peak`]; a graphics device tells only what its pool has reserved.
pub(crate) fn peak_bytes(place: &TrainingDevice) -> Option<u64> {
    match place.kind {
        DeviceKind::Cpu => process_peak_bytes(),
        DeviceKind::Gpu | DeviceKind::Software => memory_bytes(place),
    }
}

/// Lets the peak begin anew.
pub(crate) fn forget_peak(place: &TrainingDevice) {
    match place.kind {
        DeviceKind::Cpu => forget_process_peak(),
        DeviceKind::Gpu | DeviceKind::Software => place.device.memory_cleanup(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_is_always_there() {
        assert_eq!(choose("CPU").unwrap().kind, DeviceKind::Cpu);
    }

    #[test]
    fn auto_never_takes_a_software_driver() {
        assert_ne!(choose("auto").unwrap().kind, DeviceKind::Software);
    }

    #[test]
    fn an_unknown_name_lists_what_there_is() {
        let error = choose("no such adapter").unwrap_err().to_string();
        assert!(error.contains("no such adapter") && error.contains("CPU"), "{error}");
    }

    #[test]
    fn failures_are_sorted_by_what_they_say() {
        assert!(matches!(DeviceFailure::of("Out of Memory".into()), DeviceFailure::OutOfMemory(_)));
        assert!(matches!(DeviceFailure::of("device poisoned".into()), DeviceFailure::Lost(_)));
    }
}
