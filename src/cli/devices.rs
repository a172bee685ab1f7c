//! `moe-arena devices`, and which ready-made run suits a device.

use super::Refusal;
use super::output::Output;
use crate::domain::config::Preset;
use crate::run::{self, DeviceLine};

/// Lists the devices on standard output.
///
/// # Errors
/// Exit code 1 if the list cannot be written.
pub(super) fn list(json: bool) -> Result<(), Refusal> {
    let devices = run::devices();
    let mut output = Output::standard();
    if json {
        let text = serde_json::to_string_pretty(&devices);
        output.json(&text.map_err(|error| Refusal::failure(format!("the list of devices has no JSON form: {error}")))?);
    } else {
        devices.iter().for_each(|device| output.line(&paragraph(device)));
    }
    output.finish()
}

/// A device in a few lines; a star marks the one `auto` takes.
fn paragraph(device: &DeviceLine) -> String {
    let star = if device.chosen { "*" } else { " " };
    let mut text = format!("{star} {} ({}, {})", device.name, device.kind, device.backend);
    if !device.driver.is_empty() {
        text += &format!("\n    driver: {}", device.driver);
    }
    for (name, value) in &device.limits {
        text += &format!("\n    {name}: {value}");
    }
    if let Some(error) = &device.error {
        text += &format!("\n    refused: {error}");
    }
    if device.chosen { text + &format!("\n    auto takes this: {}", device.why) } else { text }
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
            limits: vec![("largest buffer".into(), "256 MiB".into())],
            chosen,
            why: "the first hardware adapter".into(),
            error: None,
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
            text.starts_with("* Fast One (GPU, Vulkan)\n    driver: driver 1.2\n    largest buffer: 256 MiB"),
            "{text}"
        );
        assert!(text.ends_with("auto takes this: the first hardware adapter"), "{text}");
        assert!(paragraph(&device("Slow One", false)).starts_with("  Slow One"));
    }
}
