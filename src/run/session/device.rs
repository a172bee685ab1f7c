//! The device of a session: which was wished for, which it is, and how snapshots show it.

use std::time::{Duration, Instant};

use crate::engine::device::{self, DeviceKind, TrainingDevice};
use crate::run::snapshot::DeviceBadge;

/// Time between two looks at the memory held; asking a driver is not free.
const WEIGH_EVERY: Duration = Duration::from_secs(1);

/// Where a session trains.
pub(super) struct SessionDevice {
    /// The device wished for; changes with `MoveTo`.
    wish: String,
    place: Option<TrainingDevice>,
    /// As snapshots show it; finding out the choices asks the drivers, so it is kept.
    badge: Option<DeviceBadge>,
    /// When the memory in it was looked at.
    weighed: Instant,
}

impl SessionDevice {
    /// None yet.
    pub fn new(wish: String) -> Self {
        Self { wish, place: None, badge: None, weighed: Instant::now() }
    }

    /// The name that was wished for.
    pub fn wish(&self) -> &str {
        &self.wish
    }

    /// Another is wished for.
    pub fn set_wish(&mut self, wish: &str) {
        self.wish = wish.into();
    }

    /// The device, once there is one.
    pub fn place(&self) -> Option<&TrainingDevice> {
        self.place.as_ref()
    }

    /// Trains on this one from now on.
    pub fn stand_on(&mut self, place: TrainingDevice) {
        self.place = Some(place);
    }

    /// Whether it is the CPU; `None` as long as there is no device.
    pub fn is_cpu(&self) -> Option<bool> {
        self.place.as_ref().map(|place| place.kind == DeviceKind::Cpu)
    }

    /// As snapshots show it; with what else could be chosen if a window shows it.
    pub fn badge(&mut self, has_window: bool) -> DeviceBadge {
        let Some(place) = &self.place else { return DeviceBadge::default() };
        let known = self.badge.get_or_insert_with(|| badge(place, has_window));
        if known.name != place.name {
            *known = badge(place, has_window);
        }
        if self.weighed.elapsed() >= WEIGH_EVERY {
            self.weighed = Instant::now();
            known.memory_bytes = device::memory_bytes(place);
        }
        known.clone()
    }
}

/// A device as snapshots show it; with what else could be chosen if a window shows it. Graphics drivers are asked for those, and may
/// print errors, so a run without a window, which offers no choice, leaves them alone.
fn badge(place: &TrainingDevice, has_window: bool) -> DeviceBadge {
    let mut choices = vec![("cpu".to_owned(), "CPU".to_owned())];
    if has_window {
        choices.extend(device::adapters().into_iter().map(|a| {
            let label = format!("{} ({}, {})", a.name, a.interface, a.kind.label());
            (a.name, label)
        }));
    }
    DeviceBadge {
        name: place.name.clone(),
        kind: place.kind.label().into(),
        why: Some(place.why.clone()),
        choices,
        memory_bytes: device::memory_bytes(place),
    }
}
