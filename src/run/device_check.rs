//! Chooses a device and sees that it computes what the CPU computes, before anything is trained on it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest, Sha256};

use super::Preparation;
use crate::domain::config::{Config, Knobs};
use crate::domain::roster::Roster;
use crate::domain::state::State;
use crate::engine::device::{self, DeviceError, DeviceKind, DeviceWhy, TrainingDevice};
use crate::engine::kernels;
use crate::engine::train;
use crate::store::device_checks::{self, PassedCheck};
use crate::tasks::Task;

/// Hears how far a check, or the building of kernels, has come.
pub(crate) type Tell<'a> = &'a mut dyn FnMut(Preparation);

/// What checks said, by adapter and network.
type Verdicts = HashMap<(String, String), Result<(), String>>;

/// What the checks said in this process; each is made once.
static CHECKED: Mutex<Option<Verdicts>> = Mutex::new(None);

/// The file in which passed checks are kept from one start to the next, if one was named.
static KEPT: OnceLock<PathBuf> = OnceLock::new();

/// Keeps what passes a check in the file at `path`, so that the next start need not check it again. Only the first call counts.
pub(crate) fn keep_device_checks(path: PathBuf) {
    let _ = KEPT.set(path);
}

/// The device for a wish: `auto`, `gpu`, `gpu:1`, `cpu`, a PCI address or part of an adapter's name; `tell` hears how far its check has
/// come.
///
/// # Errors
/// See [`DeviceError`]; an adapter that computes wrongly is refused by name. `auto` takes the CPU then, and says why.
pub(crate) fn choose(wish: &str, tell: Tell<'_>) -> Result<TrainingDevice, DeviceError> {
    let place = device::choose(wish)?;
    let Err(what) = checked(&place, tell) else { return Ok(place) };
    let error = DeviceError::Wrong { name: place.name.clone(), what: what.clone() };
    tracing::error!("{error}");
    if matches!(wish.trim().to_lowercase().as_str(), "auto" | "") {
        return Ok(device::cpu(DeviceWhy::Wrong { adapter: place.name, what }));
    }
    Err(error)
}

/// The check's verdict on a device; the CPU is what it compares with.
pub(crate) fn checked(place: &TrainingDevice, tell: Tell<'_>) -> Result<(), String> {
    once(place, String::new(), || train::check(&place.device, &mut |at| tell(Preparation::Check(at))))
}

/// The verdict on a graphics device at the sizes and settings of a run: a step of each kind on a batch of two examples, as the CPU makes it. Made
/// once for each device and network.
pub(crate) fn checked_run(
    place: &TrainingDevice,
    config: &Config,
    task: &Arc<dyn Task>,
    state: &State,
    tell: Tell<'_>,
) -> Result<(), String> {
    // Whatever chooses a kernel or a branch of one; not what the check sets itself.
    let ours = Knobs {
        learning_rate: 0.0,
        competition_rate: 0.0,
        max_competing_layers: 0,
        competition_warmup: 0,
        ..state.progress.knobs.clone()
    };
    let experts = state.progress.rosters.first().map_or(config.model.experts, Roster::len);
    let (model, competition, faults) = (&config.model, &config.competition, &config.faults);
    let network = format!("{model:?} {:?} {competition:?} {faults:?} {experts} {ours:?}", task.shape());
    once(place, network, || {
        train::check_run(config, task, state, &place.device, &mut |at| tell(Preparation::Check(at)))
    })
}

/// What `check` says of a network on a device, unless that is known already; the CPU needs no check.
fn once(place: &TrainingDevice, network: String, check: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    if place.kind == DeviceKind::Cpu {
        return Ok(());
    }
    let mut guard = CHECKED.lock().unwrap_or_else(PoisonError::into_inner);
    let verdicts = guard.get_or_insert_with(HashMap::new);
    let verdict = || {
        let passed = PassedCheck {
            adapter: place.name.clone(),
            driver: place.driver.clone(),
            build: build(),
            network: network.clone(),
        };
        if KEPT.get().is_some_and(|path| device_checks::is_passed(path, &passed)) {
            return Ok(());
        }
        check()?;
        if let Some(path) = KEPT.get()
            && let Err(error) = device_checks::add(path, passed)
        {
            tracing::warn!("a passed device check is not kept: {error}");
        }
        Ok(())
    };
    verdicts.entry((place.name.clone(), network.clone())).or_insert_with(verdict).clone()
}

/// The program as far as a check depends on it: its version and the texts of its shaders.
fn build() -> String {
    let mut texts = Sha256::new();
    for shader in kernels::shaders() {
        texts.update(shader.text);
    }
    let digest = texts.finalize();
    let shaders: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} {shaders}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{Preset, Response};
    use crate::engine::device::fixture::graphics;

    #[test]
    fn the_cpu_needs_no_check_and_a_bad_verdict_is_remembered() {
        let cpu = choose("cpu", &mut |_| ()).unwrap();
        assert_eq!(checked(&cpu, &mut |_| ()), Ok(()));
        // The same tensors under another name: as if an adapter had failed before.
        let place = TrainingDevice { name: "An Adapter That Is Wrong".into(), kind: DeviceKind::Gpu, ..cpu };
        let verdict = Err("a matrix product is all zeros".to_owned());
        CHECKED
            .lock()
            .unwrap()
            .get_or_insert_with(HashMap::new)
            .insert((place.name.clone(), String::new()), verdict.clone());
        assert_eq!(checked(&place, &mut |_| ()), verdict);
    }

    #[test]
    fn a_graphics_device_is_checked_at_the_sizes_of_a_run_once() {
        let Some(place) = graphics("a_graphics_device_is_checked_at_the_sizes_of_a_run_once") else { return };
        let mut config = Preset::Tiny.config();
        config.model.experts = 5;
        let task = crate::tasks::open(&config).unwrap();
        let state = State::initial(&config);
        let mut parts = 0;
        let found = checked_run(&place, &config, &task, &state, &mut |progress| {
            let Preparation::Check(at) = progress else { panic!("{progress:?}") };
            parts = at.parts;
        });
        assert_eq!((found, parts), (Ok(()), 2));
        // What was found stands, whatever the weights are now.
        let mut broken = state.clone();
        broken.weights.clear();
        assert_eq!(checked_run(&place, &config, &task, &broken, &mut |_| ()), Ok(()));
        let mut other = broken.clone();
        other.progress.knobs.learning_rate *= 2.0;
        assert_eq!(checked_run(&place, &config, &task, &other, &mut |_| ()), Ok(()), "it chooses no kernel");
        other.progress.knobs.response = Some(Response::Norm);
        assert!(checked_run(&place, &config, &task, &other, &mut |_| ()).is_err(), "another branch of a kernel");
        config.model.expert_width += 1;
        assert!(checked_run(&place, &config, &task, &broken, &mut |_| ()).is_err(), "another network");
    }
}
