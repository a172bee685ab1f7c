//! Points in the plane without a window: trained to the accuracy they are known for, written, resumed, refused.

use std::fs;
use std::path::Path;

use moe_arena::domain::config::{Config, DrawnPoint, PlaneConfig, PlaneData, Preset, TaskConfig};
use moe_arena::run::replay;
use moe_arena::store::checkpoint;
use moe_arena::store::history::What;
use moe_arena::words;

use crate::program::{complaint, out, run, text};

/// A column of a metrics file by its name, cells that were not measured left out.
fn column(path: &Path, name: &str) -> Vec<f64> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let at = reader.headers().unwrap().iter().position(|header| header == name).unwrap_or_else(|| panic!("{name}"));
    reader.records().map(Result::unwrap).filter_map(|row| row[at].parse().ok()).collect()
}

fn train(folder: &Path, words: &str) -> String {
    let output = run(folder, &format!("train --task plane --device cpu {words}"));
    assert!(output.status.success(), "{words}: {}", complaint(&output));
    out(&output)
}

#[test]
fn shapes_are_learnt_to_their_accuracy() {
    for (data, least) in [("blobs", 0.99), ("moons", 0.97), ("rings", 0.97)] {
        let here = tempfile::tempdir().unwrap();
        let said = train(here.path(), &format!("--data {data} --steps 600 --out run"));
        assert!(said.contains("accuracy") && said.contains("chance 50.0 %"), "{said}");
        let accuracy = column(&here.path().join("run/metrics.csv"), "val_accuracy");
        assert!(*accuracy.last().unwrap() >= least, "{data}: {accuracy:?}");
    }
}

#[test]
fn a_run_of_points_writes_its_files_and_goes_on_as_the_same_run() {
    let here = tempfile::tempdir().unwrap();
    let words = "--preset tiny --data rings --classes 3 --noise 0.02 --points 200 --data-seed 4 --rate 0.5 --steps 40";
    train(here.path(), &format!("{words} --out whole"));
    train(here.path(), &format!("{words} --stop-at 20 --out half"));
    let on = run(here.path(), "train --device cpu --resume half/checkpoint.safetensors");
    assert!(on.status.success(), "{}", complaint(&on));
    let file = |folder: &str, name: &str| here.path().join(folder).join(name);
    for name in ["loss_total", "accuracy", "val_accuracy", "agreement_kappa_l0"] {
        let (whole, half) = (column(&file("whole", "metrics.csv"), name), column(&file("half", "metrics.csv"), name));
        assert_eq!(whole, half, "{name}");
    }
    let plane =
        PlaneConfig { data: PlaneData::Rings, classes: 3, noise: 0.02, points: 200, seed: 4, ..PlaneConfig::default() };
    let mut asked = Config { steps: 40, ..Preset::Tiny.config_for(TaskConfig::Plane(plane)) };
    asked.knobs.competition_rate = 0.5;
    let written = fs::read_to_string(file("whole", "config.toml")).unwrap();
    assert_eq!(Config::from_toml(&written).unwrap(), asked);
    // The config that was written is the run again.
    let again = run(here.path(), "train whole/config.toml --device cpu --out again");
    assert!(again.status.success(), "{}", complaint(&again));
    assert_eq!(
        column(&file("again", "metrics.csv"), "loss_total"),
        column(&file("whole", "metrics.csv"), "loss_total")
    );
}

#[test]
fn what_a_first_start_shows_is_a_preset() {
    let here = tempfile::tempdir().unwrap();
    for (words, folder) in [("", "own"), ("--task plane", "asked")] {
        let output = run(here.path(), &format!("train --preset learn {words} --device cpu --stop-at 3 --out {folder}"));
        assert!(output.status.success(), "{}", complaint(&output));
        let written = fs::read_to_string(here.path().join(folder).join("config.toml")).unwrap();
        assert_eq!(Config::from_toml(&written).unwrap(), Preset::Learn.config());
    }
}

#[test]
fn drawn_points_stand_in_the_config_and_in_the_checkpoint() {
    let here = tempfile::tempdir().unwrap();
    let file = |folder: &str, name: &str| here.path().join(folder).join(name);
    // Two lines, one above the other.
    let point = |place: u32| DrawnPoint {
        at: [f64::from(place / 2) / 20.0 - 0.5, if place.is_multiple_of(2) { 0.5 } else { -0.5 }],
        class: (place % 2) as u16,
    };
    let drawn: Vec<DrawnPoint> = (0..40).map(point).collect();
    let plane = PlaneConfig { data: PlaneData::Drawn, drawn, noise: 0.0, ..PlaneConfig::default() };
    let config = Config { steps: 60, ..Preset::Learn.config_for(TaskConfig::Plane(plane)) };
    fs::write(here.path().join("drawn.toml"), config.to_toml()).unwrap();
    for words in ["drawn.toml --out whole", "drawn.toml --stop-at 30 --out half"] {
        let output = run(here.path(), &format!("train {words} --device cpu"));
        assert!(output.status.success(), "{}", complaint(&output));
    }
    let saved = checkpoint::open(&file("half", "checkpoint.safetensors")).unwrap();
    assert_eq!(saved.config, config);
    let sizes = saved.data.unwrap().sizes;
    assert_eq!((sizes.training, sizes.validation), (32, 8), "a fifth is held out");
    let on = run(here.path(), "train --device cpu --resume half/checkpoint.safetensors");
    assert!(on.status.success(), "{}", complaint(&on));
    for name in ["loss_total", "accuracy", "val_accuracy"] {
        let (whole, half) = (column(&file("whole", "metrics.csv"), name), column(&file("half", "metrics.csv"), name));
        assert_eq!(whole, half, "{name}");
    }
    let accuracy = column(&file("whole", "metrics.csv"), "accuracy");
    assert!(*accuracy.last().unwrap() > 0.95, "{accuracy:?}");
    // Another shape is another data set.
    let output = run(here.path(), "train drawn.toml --data moons --device cpu --stop-at 2 --out moons");
    assert!(output.status.success(), "{}", complaint(&output));
}

#[test]
fn values_are_learnt_below_their_variance() {
    let here = tempfile::tempdir().unwrap();
    let said = train(here.path(), "--preset tiny --data xor --target value --steps 300 --out run");
    assert!(said.contains("mean squared error") && said.contains("chance"), "{said}");
    let errors = column(&here.path().join("run/metrics.csv"), "val_mean_squared_error");
    // x and y are even over ±0.1 to ±1: the variance of their product is (0.37)².
    assert!(*errors.last().unwrap() < 0.1 * 0.1369, "{errors:?}");
}

#[test]
fn a_text_and_points_are_not_learnt_at_once() {
    let here = tempfile::tempdir().unwrap();
    for option in ["--text notes.txt", "--heads 3", "--context 32"] {
        let refused = run(here.path(), &format!("train --task plane {option} --device cpu"));
        let name = option.split(' ').next().unwrap();
        assert_eq!(refused.status.code(), Some(2), "{option}");
        assert!(complaint(&refused).contains(&format!("{name} is an option of runs on a text")), "{option}");
    }
    train(here.path(), "--preset tiny --data xor --steps 2 --out run");
    let refused = run(here.path(), "train --resume run/checkpoint.safetensors --text notes.txt --device cpu --steps 4");
    assert!(!refused.status.success());
    assert!(complaint(&refused).contains("this run does not train on a text"), "{}", complaint(&refused));
    let refused = run(here.path(), "train --data moons --device cpu");
    assert_eq!(refused.status.code(), Some(2));
    assert!(complaint(&refused).contains("add --task plane"), "{}", complaint(&refused));
}

/// Without attention a network may have any width, and what is said is said of points.
#[test]
fn a_network_of_points_has_any_width_and_is_told_in_points() {
    let here = tempfile::tempdir().unwrap();
    for width in [2, 3, 7] {
        let said = train(here.path(), &format!("--preset tiny --width {width} --steps 3 --out width-{width}"));
        assert!(said.contains("of them active per point") && said.contains("points/s"), "{said}");
        assert!(!said.contains("token") && !said.contains("byte"), "{said}");
    }
}

#[test]
fn other_points_than_before_are_said_once_and_journalled() {
    let here = tempfile::tempdir().unwrap();
    let saved = here.path().join("run/checkpoint.safetensors");
    train(here.path(), "--preset tiny --data moons --steps 4 --out run");
    let mut whole = checkpoint::open(&saved).unwrap();
    let known = whole.data.clone().unwrap();
    assert_eq!((known.sizes.training, known.sizes.validation), (1000, 200));
    whole.data.as_mut().unwrap().sha256 = Some("0".repeat(64));
    checkpoint::save(&whole, &saved).unwrap();
    let on = |steps: u64| {
        let output =
            run(here.path(), &format!("train --device cpu --resume run/checkpoint.safetensors --steps {steps}"));
        assert!(output.status.success(), "{}", complaint(&output));
        let said = text(&output).contains("The points differ from those before");
        let whole = checkpoint::open(&saved).unwrap();
        assert_eq!(whole.data.as_ref(), Some(&known), "the next save knows the points it was trained on");
        let entries = whole.history.journal.entries();
        let noted = entries.iter().filter(|entry| entry.what == What::Data { fingerprint: known.clone() });
        (said, noted.count(), whole)
    };
    let (said, noted, _) = on(8);
    assert_eq!((said, noted), (true, 1));
    let (said, noted, whole) = on(9);
    assert_eq!((said, noted), (false, 1));
    let again = replay(&whole.config, &whole.history.journal, 9, "cpu");
    assert!(words::reason(&again.unwrap_err()).contains("different points"));
}
