//! Memory of a graphics card, as Vulkan tells it: the largest heap that is the card's own.

use burn::tensor::wgpu::wgpu;

/// Bytes of a card's own memory; `None` where its interface does not tell.
#[cfg(any(target_os = "linux", target_os = "windows"))]
#[allow(unsafe_code)]
pub(super) fn card_memory(adapter: &wgpu::Adapter) -> Option<u64> {
    /// `VK_MEMORY_HEAP_DEVICE_LOCAL_BIT`.
    const OWN: u32 = 1;
    // SAFETY: the adapter is only read, while it is borrowed, and nothing of it is kept or destroyed.
    let vulkan = unsafe { adapter.as_hal::<wgpu::hal::api::Vulkan>() }?;
    let (instance, card) = (vulkan.shared_instance().raw_instance(), vulkan.raw_physical_device());
    // SAFETY: the card is one of this instance, which lives as long as the adapter.
    let told = unsafe { instance.get_physical_device_memory_properties(card) };
    let heaps = told.memory_heaps.iter().take(told.memory_heap_count as usize);
    heaps.filter(|heap| heap.flags.as_raw() & OWN != 0).map(|heap| heap.size).max()
}

#[cfg(not(any(target_os = "linux", target_os = "windows")))]
pub(super) fn card_memory(_: &wgpu::Adapter) -> Option<u64> {
    None
}
