//! `moe-arena devices`, and which ready-made run suits a device.

use serde::Serialize;

use super::Refusal;
use super::output::Output;
use crate::domain::config::Preset;
use crate::run::{self, DeviceLine};
use crate::words::{self, command};

/// A device as JSON shows it.
#[derive(Serialize)]
struct DeviceEntry<'a> {
    name: &'a str,
    kind: &'a str,
    backend: &'a str,
    driver: &'a str,
    /// What `--device` takes besides the name.
    also: &'a [String],
    limits: &'a [(String, String)],
    chosen: bool,
    /// Empty for a device that `auto` does not take.
    why: String,
    error: Option<String>,
}

/// Lists the devices on standard output.
///
/// # Errors
/// Exit code 1 if the list cannot be written.
pub(super) fn list(json: bool) -> Result<(), Refusal> {
    let devices = run::devices();
    let mut output = Output::standard();
    if json {
        let entries: Vec<DeviceEntry<'_>> = devices.iter().map(entry).collect();
        output
            .json(&serde_json::to_string_pretty(&entries).map_err(|error| Refusal::failure(command::no_json(error)))?);
    } else {
        devices.iter().for_each(|device| output.line(&paragraph(device)));
    }
    output.finish()
}

fn entry(device: &DeviceLine) -> DeviceEntry<'_> {
    DeviceEntry {
        name: &device.name,
        kind: &device.kind,
        backend: &device.backend,
        driver: &device.driver,
        also: &device.also,
        limits: &device.limits,
        chosen: device.why.is_some(),
        why: device.why.as_ref().map(words::device_why).unwrap_or_default(),
        error: device.fault.as_ref().map(words::device_fault),
    }
}

/// A device in a few lines; a star marks the one `auto` takes.
fn paragraph(device: &DeviceLine) -> String {
    let star = if device.why.is_some() { "*" } else { " " };
    let mut text = format!("{star} {}", words::listed(&device.name, &device.kind, &device.backend));
    let mut add = |line: String| text += &format!("\n    {line}");
    if !device.driver.is_empty() {
        add(words::driver(&device.driver));
    }
    if !device.also.is_empty() {
        add(words::also_called(device.also.join(", ")));
    }
    device.limits.iter().for_each(|(name, value)| add(words::limit(name, value)));
    if let Some(fault) = &device.fault {
        add(words::refused(words::device_fault(fault)));
    }
    if let Some(why) = &device.why {
        add(words::taken_by_auto(words::device_why(why)));
    }
    text
}

/// The ready-made run for a wish like `auto`, `gpu`, `cpu` or part of a name: medium on a GPU, else small.
pub(super) fn preset_for(wish: &str) -> Preset {
    match run::kind_of(wish) {
        Some("GPU") => Preset::Medium,
        _ => Preset::Small,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str, chosen: bool) -> DeviceLine {
        DeviceLine {
            name: name.into(),
            kind: "GPU".into(),
            backend: "Vulkan".into(),
            driver: "driver 1.2".into(),
            also: vec!["gpu:0".into(), "0000:01:00.0".into()],
            limits: vec![("largest buffer".into(), "256 MiB".into())],
            // One device of every machine is chosen.
            why: run::devices().into_iter().find_map(|device| device.why).filter(|_| chosen),
            fault: None,
        }
    }

    #[test]
    fn the_cpu_gets_the_small_run() {
        assert_eq!([preset_for("cpu"), preset_for("no such device")], [Preset::Small; 2]);
    }

    #[test]
    fn the_chosen_device_is_marked_and_says_why() {
        let text = paragraph(&device("Fast One", true));
        assert!(
            text.starts_with("* Fast One (GPU, Vulkan)\n    driver: driver 1.2\n    also: gpu:0, 0000:01:00.0\n    largest buffer: 256 MiB"),
            "{text}"
        );
        let why = run::devices().into_iter().find_map(|device| device.why).unwrap();
        assert!(text.ends_with(&format!("\n    {}", words::taken_by_auto(words::device_why(&why)))), "{text}");
        assert!(paragraph(&device("Slow One", false)).starts_with("  Slow One"));
    }
}
