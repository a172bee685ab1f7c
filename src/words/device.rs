//! Devices in words: why one was chosen, why one cannot be used, and how one failed.

use super::table::sentences;
use crate::domain::quote;
use crate::engine::device::{DeviceFailure, DeviceWhy, UnreachedCard};
use crate::run::DeviceFault;

sentences! { "device":
    fn by_name();
    fn no_adapter();
    fn only_software(adapter);
    fn not_given_graphics(given);
    fn nvidia_unreached();
    fn card_not_allowed(node);
    fn card_without_driver(node);
    fn first_hardware();
    fn first_hardware_as_asked();
    fn unusable(adapter);
    fn wrong_adapter(adapter, what);
    fn computes_wrongly(what);
    fn out_of_memory();
    fn lost();
    fn wrong_for_run(what);
    fn interrupted();
    /// A device in the list, and the software that runs on it.
    pub(crate) fn listed(name, kind, backend);
    /// Its driver.
    pub(crate) fn driver(driver);
    /// What else it can be asked for by.
    pub(crate) fn also_called(names);
    /// What bounds a model on it.
    pub(crate) fn limit(name, value);
    /// It cannot be used.
    pub(crate) fn refused(why);
    /// It is chosen unless another is asked for.
    pub(crate) fn taken_by_auto(why);
    /// What can be typed where a device cannot be had.
    pub(crate) fn choose_another();
}

/// Why a device was chosen.
pub(crate) fn device_why(why: &DeviceWhy) -> String {
    match why {
        DeviceWhy::ByName => by_name().to_owned(),
        DeviceWhy::NoAdapter(card) => with_card(no_adapter().to_owned(), card.as_ref()),
        DeviceWhy::OnlySoftware(adapter, card) => with_card(only_software(adapter), card.as_ref()),
        DeviceWhy::FirstHardware => first_hardware().to_owned(),
        DeviceWhy::FirstHardwareAsAsked => first_hardware_as_asked().to_owned(),
        DeviceWhy::Unusable(adapter) => unusable(adapter),
        DeviceWhy::Wrong { adapter, what } => wrong_adapter(adapter, what),
    }
}

/// A reason, and behind it why a card is not reached.
fn with_card(why: String, card: Option<&UnreachedCard>) -> String {
    let unreached = match card {
        None => return why,
        Some(UnreachedCard::NotGivenGraphics(given)) => not_given_graphics(quote::escaped(given)),
        Some(UnreachedCard::Nvidia) => nvidia_unreached().to_owned(),
        Some(UnreachedCard::NotAllowed(node)) => card_not_allowed(node),
        Some(UnreachedCard::NoDriver(node)) => card_without_driver(node),
    };
    format!("{why}; {unreached}")
}

/// Why nothing can be trained on a device.
pub(crate) fn device_fault(fault: &DeviceFault) -> String {
    match fault {
        DeviceFault::Wrong(what) => computes_wrongly(what),
        DeviceFault::Refused(error) => error.to_string(),
    }
}

/// How a device failed, as a reason: without a capital letter and a full stop.
pub(crate) fn device_failure(failure: &DeviceFailure) -> String {
    match failure {
        DeviceFailure::OutOfMemory(_) => out_of_memory().to_owned(),
        DeviceFailure::Lost(_) => lost().to_owned(),
        DeviceFailure::Wrong(what) => wrong_for_run(what),
        DeviceFailure::Interrupted => interrupted().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_says_why_it_was_chosen() {
        assert_eq!(device_why(&DeviceWhy::FirstHardware), "the first hardware adapter");
        assert_eq!(device_why(&DeviceWhy::NoAdapter(None)), "no graphics adapter was found");
        let card = UnreachedCard::NotGivenGraphics("compute,utility".into());
        let why = device_why(&DeviceWhy::OnlySoftware("llvmpipe".into(), Some(card)));
        assert!(why.contains("NVIDIA_DRIVER_CAPABILITIES") && why.contains("compute,utility"), "{why}");
        let why = device_why(&DeviceWhy::Wrong { adapter: "Fast One".into(), what: "the loss is all zeros".into() });
        assert_eq!(why, "the adapter “Fast One” computes wrongly: the loss is all zeros");
        assert_eq!(
            device_fault(&DeviceFault::Wrong("the loss is all zeros".into())),
            "it computes wrongly: the loss is all zeros"
        );
    }
}
