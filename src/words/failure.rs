//! Failures in words: what stopped a run, and the ways on as buttons name them.

use super::device::device_failure;
use super::reason::{reason, sentence};
use super::table::sentences;
use crate::domain::quote;
use crate::run::{FailureCause, WayOn};

sentences! { "failure":
    fn device(failure, device, step);
    fn unnamed_device();
    fn panic(step, first);
    fn no_device(why);
    fn not_opened(path, why);
    fn way_example();
    fn way_cpu();
    fn way_back(step);
    fn way_smaller_batch(sequences);
    fn way_device_again(device);
    fn way_begin_again();
    fn way_nothing_saved();
    fn way_try_again();
    fn way_continue(step);
}

/// What stopped a run.
pub fn failure(cause: &FailureCause) -> String {
    match cause {
        FailureCause::Device { failure, device: name, step } => {
            device(sentence(&device_failure(failure)), name.as_deref().unwrap_or(unnamed_device()), step)
        }
        FailureCause::Panic { step, first } => panic(step, first),
        FailureCause::NoDevice(why) => no_device(reason(why)),
        FailureCause::CannotBegin(why) => reason(why),
        FailureCause::NotOpened { file, why } => not_opened(quote::path(file), reason(why)),
        FailureCause::NoText(why) => sentence(&reason(why)),
    }
}

/// A way on.
pub fn way_on(way: &WayOn) -> String {
    match way {
        WayOn::Example => way_example().to_owned(),
        WayOn::Cpu => way_cpu().to_owned(),
        WayOn::GoBack(step) => way_back(step),
        WayOn::SmallerBatch(sequences) => way_smaller_batch(sequences),
        WayOn::DeviceAgain(device) => way_device_again(device),
        WayOn::BeginAgain => way_begin_again().to_owned(),
        WayOn::NothingSaved => way_nothing_saved().to_owned(),
        WayOn::TryAgain => way_try_again().to_owned(),
        WayOn::Continue(step) => way_continue(step),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::device::DeviceFailure;

    #[test]
    fn a_failure_names_device_and_step_or_the_file() {
        let lost = |device: Option<&str>| {
            let failure = DeviceFailure::Lost("gone".into());
            failure_of(FailureCause::Device { failure, device: device.map(str::to_owned), step: 5 })
        };
        let says = "The device was lost or stopped answering. It was";
        assert_eq!(lost(Some("Fast One")), format!("{says} Fast One, at step 5."));
        assert_eq!(lost(None), format!("{says} the device, at step 5."));
        let why = std::io::Error::other("it is cut short").into();
        let file = "run.safetensors".into();
        assert_eq!(
            failure_of(FailureCause::NotOpened { file, why }),
            "Opening run.safetensors failed: it is cut short"
        );
        assert_eq!(
            failure_of(FailureCause::NoText(std::io::Error::other("there is no file a.txt").into())),
            "There is no file a.txt."
        );
        assert_eq!(way_on(&WayOn::SmallerBatch(4)), "Smaller batch (4 sequences)");
    }

    fn failure_of(cause: FailureCause) -> String {
        failure(&cause)
    }
}
