//! The graphics adapters of this machine, each brought up at most once.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use burn::tensor::Device;
use burn::tensor::wgpu::{WgpuSetup, wgpu};

use super::card_memory::card_memory;
use super::listing::{Listed, listing};
use super::{DeviceError, DeviceWhy, TrainingDevice};

/// What kind of device it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// A hardware adapter.
    Gpu,
    /// The native CPU backend.
    Cpu,
    /// A software driver behind a graphics interface.
    Software,
}

impl DeviceKind {
    /// The word shown.
    pub fn label(self) -> &'static str {
        match self {
            Self::Gpu => "GPU",
            Self::Cpu => "CPU",
            Self::Software => "software",
        }
    }
}

/// A graphics adapter.
#[derive(Clone, Debug)]
pub struct Adapter {
    /// Name as the driver gives it, unique on this machine: the second of two equal cards is called `… #2`.
    pub name: String,
    /// Hardware or software.
    pub kind: DeviceKind,
    /// Graphics interface: Vulkan, Metal, DirectX 12, OpenGL.
    pub interface: String,
    /// Driver and its version.
    pub driver: String,
    /// PCI address such as `0000:01:00.0`; empty if the interface does not tell.
    pub address: String,
    /// Bytes of its own memory, if it is a card and tells.
    memory: Option<u64>,
    /// What bounds a model on it: memory, largest buffer, largest binding, workgroup size.
    pub limits: Vec<(String, String)>,
    adapter: wgpu::Adapter,
    instance: wgpu::Instance,
}

fn instance(backends: wgpu::Backends) -> wgpu::Instance {
    wgpu::Instance::new(wgpu::InstanceDescriptor { backends, ..wgpu::InstanceDescriptor::new_without_display_handle() })
}

/// One instance for the life of the process: the Vulkan loader dislikes instances that come and go.
static PRIMARY: LazyLock<wgpu::Instance> = LazyLock::new(|| instance(wgpu::Backends::PRIMARY));

/// OpenGL, asked only where nothing else reaches an adapter: it looks for a display, and prints errors without one.
static SECONDARY: LazyLock<wgpu::Instance> = LazyLock::new(|| instance(wgpu::Backends::SECONDARY));

/// A device that was brought up, and the queue that its work goes through.
#[derive(Clone)]
struct Running {
    device: Device,
    queue: wgpu::Queue,
}

/// Devices brought up so far, by the adapter's unique name. Burn never unregisters a runtime, so each adapter gets one.
static DEVICES: Mutex<Option<HashMap<String, Running>>> = Mutex::new(None);

/// Submissions so far to the queue of the adapter of this name, the one that asks included; `None` if it was never brought up.
pub(super) fn submissions(name: &str) -> Option<u64> {
    let queue = DEVICES.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.get(name)?.queue.clone();
    // wgpu numbers submissions, empty ones too, and shows the number in its debug text alone.
    let index = format!("{:?}", queue.submit(None));
    index.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?.parse().ok()
}

/// All adapters that can compute, one entry per card: cards of their own first, then integrated ones, software last.
pub fn adapters() -> Vec<Adapter> {
    let on = |instance: &wgpu::Instance, backends| -> Vec<(wgpu::Adapter, wgpu::Instance)> {
        let found = pollster::block_on(instance.enumerate_adapters(backends));
        found.into_iter().map(|adapter| (adapter, instance.clone())).collect()
    };
    let mut found = on(&PRIMARY, wgpu::Backends::PRIMARY);
    if found.is_empty() {
        found = on(&SECONDARY, wgpu::Backends::SECONDARY);
    }
    let computes = |adapter: &wgpu::Adapter| {
        adapter.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
    };
    found.retain(|(adapter, _)| computes(adapter));
    let listed: Vec<Listed> = found.iter().map(|(adapter, _)| Listed::of(&adapter.get_info())).collect();
    let made = listing(&listed).into_iter().map(|(place, name)| {
        let (adapter, instance) = found[place].clone();
        Adapter::of(adapter, instance, name)
    });
    made.collect()
}

impl Listed {
    fn of(info: &wgpu::AdapterInfo) -> Self {
        let rank = match info.device_type {
            wgpu::DeviceType::DiscreteGpu => 0,
            wgpu::DeviceType::IntegratedGpu => 1,
            wgpu::DeviceType::VirtualGpu => 2,
            wgpu::DeviceType::Other => 3,
            wgpu::DeviceType::Cpu => 4,
        };
        let (name, address) = (info.name.clone(), info.device_pci_bus_id.clone());
        Self { name, interface: interface(info.backend), address, rank }
    }
}

/// The name of a graphics interface.
fn interface(backend: wgpu::Backend) -> String {
    match backend {
        wgpu::Backend::Vulkan => "Vulkan".into(),
        wgpu::Backend::Metal => "Metal".into(),
        wgpu::Backend::Dx12 => "DirectX 12".into(),
        wgpu::Backend::Gl => "OpenGL".into(),
        other => format!("{other:?}"),
    }
}

impl Adapter {
    fn of(adapter: wgpu::Adapter, instance: wgpu::Instance, name: String) -> Self {
        let (info, limits) = (adapter.get_info(), adapter.limits());
        let mebibytes = |bytes: u64| format!("{} MiB", bytes >> 20);
        let kind = if info.device_type == wgpu::DeviceType::Cpu { DeviceKind::Software } else { DeviceKind::Gpu };
        // A software driver tells the machine's memory, which everything else shares.
        let memory = card_memory(&adapter).filter(|_| kind == DeviceKind::Gpu);
        let told = memory.map(|bytes| ("memory".to_owned(), mebibytes(bytes)));
        let bounds = [
            ("largest buffer", mebibytes(limits.max_buffer_size)),
            ("largest binding", mebibytes(limits.max_storage_buffer_binding_size)),
            ("bindings per stage", limits.max_storage_buffers_per_shader_stage.to_string()),
            ("invocations per workgroup", limits.max_compute_invocations_per_workgroup.to_string()),
        ];
        Self {
            name,
            kind,
            memory,
            interface: interface(info.backend),
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            address: info.device_pci_bus_id,
            limits: told.into_iter().chain(bounds.map(|(name, bound)| (name.to_owned(), bound))).collect(),
            adapter,
            instance,
        }
    }

    /// Brings the adapter up, or finds it already up.
    ///
    /// # Errors
    /// [`DeviceError::Refused`] with what the driver said.
    pub fn place(&self, why: DeviceWhy) -> Result<TrainingDevice, DeviceError> {
        let mut guard = DEVICES.lock().unwrap_or_else(PoisonError::into_inner);
        let devices = guard.get_or_insert_with(HashMap::new);
        let device = match devices.get(&self.name) {
            Some(running) => running.device.clone(),
            None => {
                let refused = |reason: String| DeviceError::Refused { name: self.name.clone(), reason };
                let running = self.bring_up().map_err(refused)?;
                devices.insert(self.name.clone(), running.clone());
                running.device
            }
        };
        let limits = self.adapter.limits();
        let largest_binding = Some(limits.max_storage_buffer_binding_size.min(limits.max_buffer_size));
        Ok(TrainingDevice {
            device,
            name: self.name.clone(),
            kind: self.kind,
            driver: self.driver.clone(),
            why,
            largest_binding,
            memory: self.memory,
        })
    }

    /// Asks the driver for a device with everything the adapter has, as Burn expects of a device it is given.
    #[allow(unsafe_code)]
    fn bring_up(&self) -> Result<Running, String> {
        let request = self.adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("moe-arena training"),
            required_features: self.adapter.features().difference(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS),
            required_limits: self.adapter.limits(),
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            trace: wgpu::Trace::Off,
            // SAFETY: Burn reads the adapter's features and generates its kernels for all of them, experimental ones
            // included; a device without them would fail validation. Our own shaders use none of them.
            experimental_features: unsafe { wgpu::ExperimentalFeatures::enabled() },
        });
        let (device, queue) = pollster::block_on(request).map_err(|e| e.to_string())?;
        let setup = WgpuSetup {
            instance: self.instance.clone(),
            adapter: self.adapter.clone(),
            device,
            queue: queue.clone(),
            backend: self.adapter.get_info().backend,
        };
        let device = Device::wgpu_options().setup(setup).init().map_err(|e| e.to_string())?;
        Ok(Running { device, queue })
    }

    /// Forgets a device that was lost, so that the next [`Adapter::place`] asks the driver for another.
    pub(crate) fn forget(name: &str) {
        let mut guard = DEVICES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(devices) = guard.as_mut() {
            devices.retain(|key, _| key != name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(any(target_os = "linux", target_os = "windows"))]
    fn vulkan_tells_memory_and_only_a_card_has_it_listed() {
        if crate::engine::device::fixture::graphics("vulkan_tells_memory_and_only_a_card_has_it_listed").is_none() {
            return;
        }
        for adapter in adapters().into_iter().filter(|adapter| adapter.interface == "Vulkan") {
            // A software driver's is the machine's: more than 16 MiB, less than 16 TiB.
            let told = card_memory(&adapter.adapter).unwrap();
            assert!((1 << 24..1 << 44).contains(&told), "{}: {told}", adapter.name);
            let is_listed = adapter.limits.iter().any(|(name, _)| name == "memory");
            assert_eq!((is_listed, adapter.memory.is_some()), (adapter.kind == DeviceKind::Gpu, is_listed));
        }
    }
}
