//! Chooses a device and sees that it computes what the CPU computes, before anything is trained on it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::engine::device::{self, DeviceError, DeviceKind, DeviceWhy, TrainingDevice};
use crate::engine::train;

/// What the check said of each adapter in this process; it is made once.
static CHECKED: Mutex<Option<HashMap<String, Result<(), String>>>> = Mutex::new(None);

/// The device for a wish: `auto`, `gpu`, `cpu` or part of an adapter's name.
///
/// # Errors
/// See [`DeviceError`]; an adapter that computes wrongly is refused by name. `auto` takes the CPU then, and says why.
pub(crate) fn choose(wish: &str) -> Result<TrainingDevice, DeviceError> {
    let place = device::choose(wish)?;
    let Err(what) = checked(&place) else { return Ok(place) };
    let error = DeviceError::Wrong { name: place.name.clone(), what: what.clone() };
    tracing::error!("{error}");
    if matches!(wish.trim().to_lowercase().as_str(), "auto" | "") {
        return Ok(device::cpu(DeviceWhy::Wrong { adapter: place.name, what }));
    }
    Err(error)
}

/// The check's verdict on a device; the CPU is what it compares with.
pub(crate) fn checked(place: &TrainingDevice) -> Result<(), String> {
    if place.kind == DeviceKind::Cpu {
        return Ok(());
    }
    let mut guard = CHECKED.lock().unwrap_or_else(PoisonError::into_inner);
    let verdicts = guard.get_or_insert_with(HashMap::new);
    verdicts.entry(place.name.clone()).or_insert_with(|| train::check(&place.device)).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_needs_no_check_and_a_bad_verdict_is_remembered() {
        let cpu = choose("cpu").unwrap();
        assert_eq!(checked(&cpu), Ok(()));
        // The same tensors under another name: as if an adapter had failed before.
        let place = TrainingDevice { name: "An Adapter That Is Wrong".into(), kind: DeviceKind::Gpu, ..cpu };
        let verdict = Err("a matrix product is all zeros".to_owned());
        CHECKED.lock().unwrap().get_or_insert_with(HashMap::new).insert(place.name.clone(), verdict.clone());
        assert_eq!(checked(&place), verdict);
    }
}
