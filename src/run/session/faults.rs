//! Injected faults of a session: what a test asks to go wrong, and the places where it does.

use crate::engine::device::DeviceFailure;
use crate::run::InjectedFault;

/// The fault that is to come, once.
#[derive(Default)]
pub(super) struct PlannedFault(Option<InjectedFault>);

impl PlannedFault {
    /// This one is to come; one before it no longer.
    pub fn plan(&mut self, fault: InjectedFault) {
        self.0 = Some(fault);
    }

    /// Whether this very fault is due now; it is over then.
    pub fn take(&mut self, fault: InjectedFault) -> bool {
        self.0.take_if(|planned| *planned == fault).is_some()
    }

    /// The failure of the device that is due at a read.
    pub fn take_device_failure(&mut self) -> Option<DeviceFailure> {
        let text = || "injected for a test".to_owned();
        if self.take(InjectedFault::OutOfMemory) {
            Some(DeviceFailure::OutOfMemory(text()))
        } else {
            self.take(InjectedFault::DeviceLost).then(|| DeviceFailure::Lost(text()))
        }
    }

    /// Whether the disk is full at this save.
    pub fn take_disk_full(&mut self) -> bool {
        if self.take(InjectedFault::DiskFull(0)) {
            return false;
        }
        let Some(InjectedFault::DiskFull(times)) = &mut self.0 else { return false };
        *times -= 1;
        true
    }
}
