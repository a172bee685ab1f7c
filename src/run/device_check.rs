//! Chooses a device and sees that it computes what the CPU computes, before anything is trained on it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::config::Config;
use crate::domain::roster::Roster;
use crate::domain::state::State;
use crate::engine::device::{self, DeviceError, DeviceKind, DeviceWhy, TrainingDevice};
use crate::engine::train;
use crate::tasks::Task;

/// What a check said, by what was checked.
type Verdicts<K> = Mutex<Option<HashMap<K, Result<(), String>>>>;

/// What the check said of each adapter in this process; it is made once.
static CHECKED: Verdicts<String> = Mutex::new(None);

/// What it said of each adapter at the sizes of a network.
static CHECKED_RUNS: Verdicts<(String, String)> = Mutex::new(None);

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

/// The verdict on a graphics device at the sizes of a run: a step of each kind on a batch of two examples, as the CPU makes it. Made
/// once for each device and network in this process.
pub(crate) fn checked_run(
    place: &TrainingDevice,
    config: &Config,
    task: &Arc<dyn Task>,
    state: &State,
) -> Result<(), String> {
    if place.kind == DeviceKind::Cpu {
        return Ok(());
    }
    let knobs = &state.progress.knobs;
    let experts = state.progress.rosters.first().map_or(config.model.experts, Roster::len);
    let network =
        format!("{:?} {:?} {:?} {:?} {experts} {}", config.model, task.shape(), knobs.policy, knobs.form, knobs.top_k);
    let mut guard = CHECKED_RUNS.lock().unwrap_or_else(PoisonError::into_inner);
    let verdicts = guard.get_or_insert_with(HashMap::new);
    let verdict = || train::check_run(config, task, state, &place.device);
    verdicts.entry((place.name.clone(), network)).or_insert_with(verdict).clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Preset;
    use crate::engine::device::fixture::graphics;

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

    #[test]
    fn a_graphics_device_is_checked_at_the_sizes_of_a_run_once() {
        let Some(place) = graphics("a_graphics_device_is_checked_at_the_sizes_of_a_run_once") else { return };
        let mut config = Preset::Tiny.config();
        config.model.experts = 5;
        let task = crate::tasks::open(&config).unwrap();
        let state = State::initial(&config);
        assert_eq!(checked_run(&place, &config, &task, &state), Ok(()));
        // What was found stands, whatever the weights are now.
        let mut broken = state.clone();
        broken.weights.clear();
        assert_eq!(checked_run(&place, &config, &task, &broken), Ok(()));
        config.model.expert_width += 1;
        assert!(checked_run(&place, &config, &task, &broken).is_err(), "another network");
    }
}
