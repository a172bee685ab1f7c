//! Tests of `metrics.csv`.

use std::fs;

use super::*;
use crate::domain::readings::{LayerStep, LossTerms};

fn reading(step: u64) -> StepReading {
    StepReading {
        step,
        tokens: step * 10,
        loss: LossTerms { total: 2.5, task: 2.0, balance: Some(-1.25), ..LossTerms::default() },
        learning_rate: 0.003,
        gradient_norm: 0.5,
        layers: vec![LayerStep { competed: step == 2, routed: vec![3, 1], won: None, gradients: None }],
    }
}

fn write(path: &Path, keep: u64, steps: std::ops::RangeInclusive<u64>) {
    let mut file = MetricsFile::open(path, 1, MetricKind::BitsPerByte, keep).unwrap();
    for step in steps {
        let (step, load) = (reading(step), [LoadNumbers { cv: 0.5, entropy: 0.9, dead: 0, max_vio: Some(0.5) }]);
        let row = Row {
            step: &step,
            load: &load,
            probe: None,
            validation: None,
            seconds: 1.0,
            tokens_per_sec: 9.0,
            top_k: 2,
        };
        file.write(&row).unwrap();
    }
    file.flush().unwrap();
}

#[test]
fn going_on_from_a_step_takes_out_what_came_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let (long, cut) = (folder.path().join("long.csv"), folder.path().join("cut.csv"));
    write(&long, 0, 1..=4);
    write(&cut, 0, 1..=3);
    let kept =
        crate::store::history::survey_metrics(&cut, 1, MetricKind::BitsPerByte, 2, |_| Some((2.0, 2.0))).unwrap();
    assert_eq!((kept.steps, kept.cut), (Some((1, 2)), Some((3, 3))));
    write(&cut, kept.bytes, 3..=4);
    assert_eq!(fs::read(&long).unwrap(), fs::read(&cut).unwrap());
}

#[test]
fn a_file_with_rows_is_never_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.csv");
    write(&path, 0, 1..=2);
    let before = fs::read(&path).unwrap();
    let error = MetricsFile::open(&path, 1, MetricKind::BitsPerByte, 0).unwrap_err();
    assert_eq!((error.kind(), fs::read(&path).unwrap()), (io::ErrorKind::AlreadyExists, before));
}

#[test]
fn unmeasured_cells_are_empty_and_competed_layers_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.csv");
    write(&path, 0, 1..=2);
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let header = reader.headers().unwrap().clone();
    let row = reader.records().nth(1).unwrap().unwrap();
    let of = |name: &str| &row[header.iter().position(|h| h == name).unwrap()];
    assert_eq!([of("loss_router"), of("val_bits_per_byte"), of("agreement_kappa_l0")], ["", "", ""]);
    assert_eq!([of("competed_layers"), of("loss_balance"), of("load_cv_l0")], ["0", "-1.25", "0.5"]);
}

#[test]
fn the_metric_of_the_task_has_the_columns_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    for (metric, expected) in [
        (MetricKind::BitsPerByte, ["bits_per_byte", "val_bits_per_byte", "2.8853900817779268", "1"]),
        (MetricKind::Accuracy, ["accuracy", "val_accuracy", "0.75", "0.5"]),
        (MetricKind::MeanSquaredError, ["mean_squared_error", "val_mean_squared_error", "2", "0.6931471805599453"]),
    ] {
        let path = folder.path().join(metric.column());
        let mut file = MetricsFile::open(&path, 1, metric, 0).unwrap();
        let mut step = reading(1);
        step.loss.accuracy = Some(0.75);
        let validation = ValidationReading { step: 1, loss: std::f64::consts::LN_2, accuracy: Some(0.5) };
        let load = [LoadNumbers { cv: 0.5, entropy: 0.9, dead: 0, max_vio: Some(0.5) }];
        let row = Row {
            step: &step,
            load: &load,
            probe: None,
            validation: Some(&validation),
            seconds: 1.0,
            tokens_per_sec: 9.0,
            top_k: 1,
        };
        file.write(&row).unwrap();
        file.flush().unwrap();
        let mut reader = csv::Reader::from_path(&path).unwrap();
        let header = reader.headers().unwrap().clone();
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!([&header[9], &header[10], &row[9], &row[10]], expected);
        // A file of another metric is not gone on with.
        let other = if metric == MetricKind::Accuracy { MetricKind::BitsPerByte } else { MetricKind::Accuracy };
        assert!(crate::store::history::survey_metrics(&path, 1, metric, 1, |_| None).is_ok());
        assert!(crate::store::history::survey_metrics(&path, 1, other, 1, |_| None).is_err());
    }
}
