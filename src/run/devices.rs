//! The devices of this machine as plain values, for those who may not name one.

use super::LibraryError;
use super::device_check::{checked, choose};
use crate::engine::device::{self, CPU_NAME, DeviceKind, DeviceWhy};
use crate::engine::kernels;

/// One device.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DeviceLine {
    /// Name, as `--device` takes it.
    pub name: String,
    /// `GPU`, `CPU` or `software`.
    pub kind: String,
    /// What runs on it: `Vulkan`, `Metal`, `DirectX 12`, `OpenGL`, or `Flex` on the CPU.
    pub backend: String,
    /// Driver and its version; empty on the CPU.
    pub driver: String,
    /// Short names that `--device` takes as well: `gpu:0`, and the PCI address if the driver tells it.
    pub also: Vec<String>,
    /// What bounds a model on it, by name.
    pub limits: Vec<(String, String)>,
    /// Why `auto` takes it; `None` for the others.
    pub why: Option<DeviceWhy>,
    /// Why nothing can be trained on it, if so.
    pub fault: Option<DeviceFault>,
}

/// Why nothing can be trained on a device.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DeviceFault {
    /// It does not compute what the CPU computes; what was wrong.
    Wrong(String),
    /// Its driver makes no device.
    Refused(LibraryError),
}

/// All devices, hardware first, the CPU last. Brings every adapter up once, to see that it can be used.
pub(crate) fn devices() -> Vec<DeviceLine> {
    let auto = choose("auto", &mut |_| ()).ok();
    let why = |name: &str, kind: DeviceKind| {
        auto.as_ref().filter(|a| a.name == name && a.kind == kind).map(|a| a.why.clone())
    };
    let mut numbers = 0..;
    let mut lines: Vec<DeviceLine> = device::adapters()
        .into_iter()
        .map(|adapter| {
            let why = why(&adapter.name, adapter.kind);
            let fault = match adapter.place(DeviceWhy::ByName) {
                // A software driver is never taken unasked, and its check takes seconds.
                Ok(place) if place.kind == DeviceKind::Gpu => {
                    checked(&place, &mut |_| ()).err().map(DeviceFault::Wrong)
                }
                Ok(_) => None,
                Err(error) => Some(DeviceFault::Refused(error.into())),
            };
            let number = if adapter.kind == DeviceKind::Gpu { numbers.next() } else { None };
            let number = number.map(|number: usize| format!("gpu:{number}"));
            DeviceLine {
                also: number.into_iter().chain(Some(adapter.address).filter(|address| !address.is_empty())).collect(),
                name: adapter.name,
                kind: adapter.kind.label().into(),
                backend: adapter.interface,
                driver: adapter.driver,
                limits: adapter.limits,
                why,
                fault,
            }
        })
        .collect();
    let why = why(CPU_NAME, DeviceKind::Cpu);
    let threads = kernels::threads();
    lines.push(DeviceLine {
        name: CPU_NAME.into(),
        kind: DeviceKind::Cpu.label().into(),
        backend: "Flex".into(),
        driver: String::new(),
        also: Vec::new(),
        limits: vec![("threads".into(), threads.to_string())],
        why,
        fault: None,
    });
    lines
}

/// The kind of the device that a wish like `auto` or part of a name gets: `GPU`, `CPU` or `software`; `None` if it
/// gets none. Brings the device up and leaves its check to the run: a window should not wait for that to open.
pub(crate) fn kind_of(wish: &str) -> Option<&'static str> {
    device::choose(wish).ok().map(|place| place.kind.label())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_takes_exactly_one_and_the_cpu_is_always_there() {
        let lines = devices();
        assert_eq!(lines.iter().filter(|line| line.why.is_some()).count(), 1, "{lines:#?}");
        assert_eq!(lines.iter().filter(|line| line.name == CPU_NAME && line.backend == "Flex").count(), 1);
        assert_eq!(kind_of("auto"), lines.iter().find(|line| line.why.is_some()).map(|line| line.kind.as_str()));
        assert_eq!((kind_of("cpu"), kind_of("no such device")), (Some("CPU"), None));
    }
}
