//! The numbers of an exported tile: what its CSV holds, at one step and over a run, and what was not measured.

use moe_arena::domain::readings::WeightLikeness;
use moe_arena::domain::roster::ExpertId;
use moe_arena::ui::kit::export::table::ExportTable;
use moe_arena::ui::view::ViewState;
use moe_arena::ui::view::export::tables;

use super::fixture::{self, Shape, USUAL};

use super::export::{TITLES, small, table};

/// The rows of a part, as a reader of CSV sees them: by column name.
struct Part(Vec<Vec<(String, String)>>);

impl Part {
    fn of(table: &ExportTable, section: &str) -> Self {
        let text = table.csv().unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names: Vec<String> = reader.headers().unwrap().iter().map(ToOwned::to_owned).collect();
        let rows =
            reader.records().map(|r| names.iter().cloned().zip(r.unwrap().iter().map(ToOwned::to_owned)).collect());
        Self(rows.filter(|row: &Vec<(String, String)>| row[0].1 == section).collect())
    }

    fn texts(&self, column: &str) -> Vec<&str> {
        let at = |row: &Vec<(String, String)>| row.iter().position(|(name, _)| name == column).unwrap();
        self.0.iter().map(|row| row[at(row)].1.as_str()).collect()
    }

    /// NaN where nothing is said.
    fn numbers(&self, column: &str) -> Vec<f64> {
        let number = |text: &&str| if text.is_empty() { f64::NAN } else { text.parse().unwrap() };
        self.texts(column).iter().map(number).collect()
    }
}

#[test]
fn numbers_of_the_load() {
    for experts in [1, 8, 64] {
        let shot = fixture::running(Shape { steps: 300, experts, ..USUAL });
        let table = table("Load", &shot);
        let bars = Part::of(&table, "experts");
        let names: Vec<String> = (1..=experts).map(|i| i.to_string()).collect();
        assert_eq!(bars.texts("expert"), names);
        assert!((bars.numbers("routed").iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(bars.numbers("even").iter().all(|e| *e == 1.0 / experts as f64));
        assert_eq!(bars.texts("layer"), vec!["1"; experts]);
        let curve = Part::of(&table, "routed_over_time");
        assert_eq!(curve.numbers("n").iter().sum::<f64>(), 300.0 * experts as f64);
        let measures = Part::of(&table, "measures");
        assert_eq!(measures.texts("measure"), ["cv", "effective_experts_last_100_steps", "busiest_over_ideal"]);
        assert_eq!(measures.texts("value")[0].is_empty(), experts == 1, "one expert has no spread");
    }
}

#[test]
fn numbers_of_agreement_and_collapse() {
    for experts in [1, 8, 64] {
        let shot = fixture::running(Shape { steps: 300, experts, ..USUAL });
        let layer = &shot.newest.probe.as_ref().unwrap().layers[0];
        let table = table("Agreement", &shot);
        let measures = Part::of(&table, "measures");
        assert_eq!(Some(measures.numbers("value")[1]), layer.diagnosis.agreement.top1);
        assert_eq!(Some(measures.numbers("reference")[2]), layer.diagnosis.agreement.recall_chance);
        assert_eq!(measures.texts("at_step")[0], "300");
        let confusion = Part::of(&table, "confusion");
        let counts: Vec<f64> = layer.matrices.confusion.iter().flatten().flatten().map(|&c| f64::from(c)).collect();
        assert_eq!(confusion.numbers("tokens"), counts);
        assert_eq!(Part::of(&table, "kappa_over_time").numbers("n").iter().sum::<f64>(), 6.0);
        let table = self::table("Collapse", &shot);
        assert_eq!(Part::of(&table, "spectrum").0.len(), 128);
        let cosines: Vec<f32> =
            Part::of(&table, "output_cosine").texts("cosine").iter().map(|t| t.parse().unwrap()).collect();
        let measured = layer.matrices.output_cosine.iter().flatten().flatten();
        assert_eq!(cosines, measured.map(|cell| cell.unwrap() as f32).collect::<Vec<_>>());
        let worst = Part::of(&table, "measures");
        assert_eq!(worst.texts("value")[4].is_empty(), experts == 1, "one expert has no pair");
    }
}

#[test]
fn numbers_of_the_loss() {
    let shot = small();
    let table = table("Loss", &shot);
    let training = Part::of(&table, "training");
    assert_eq!(training.numbers("n").iter().sum::<f64>(), 400.0);
    let (min, mean, max) = (training.numbers("min"), training.numbers("mean"), training.numbers("max"));
    assert!((0..min.len()).all(|i| min[i] <= mean[i] && mean[i] <= max[i]));
    let newest = Part::of(&table, "validation").numbers("mean");
    assert_eq!(newest.last().copied(), shot.newest.validation.map(|v| v.loss));
    assert!(Part::of(&table, "changes").texts("change").iter().any(|words| words.contains("β")));
    assert_eq!(training.texts("layer"), vec![""; training.0.len()], "it is about the whole run");
}

#[test]
fn a_tile_that_has_grown_adds_what_it_shows() {
    let mut shot = small();
    let mut weights = WeightLikeness::begun(400, 0, vec![ExpertId(0), ExpertId(1), ExpertId(2)]);
    weights.take([0, 2], 0.25, 0.5);
    shot.newest.weights = Some(std::sync::Arc::new(weights));
    let mut view = ViewState::default();
    view.grown = Some(0);
    let seen = view.seen(&shot).unwrap();
    let curve = |table: &ExportTable, name: &str| {
        let curves = Part::of(table, "curves");
        let (names, n) = (curves.texts("measure"), curves.numbers("n"));
        names.iter().zip(n).filter(|(measure, _)| **measure == name).map(|(_, n)| n).sum::<f64>()
    };
    let load = tables::load(&shot, &view);
    assert_eq!((curve(&load, "max_vio"), curve(&load, "fluctuation")), (400.0, 7.0));
    let lift = Part::of(&load, "lift");
    assert_eq!((lift.texts("class")[0], lift.texts("expert")[0], lift.0.len() % 8), ("vowel", "1", 0));
    let share = Part::of(&load, "coactivation").numbers("share");
    assert_eq!((share.len(), share[0]), (64, 1.0));
    let lorenz = Part::of(&load, "lorenz").numbers("share_of_tokens");
    assert!(lorenz.len() == 9 && lorenz[0] == 0.0 && (lorenz[8] - 1.0).abs() < 1e-9, "{lorenz:?}");
    assert_eq!(Part::of(&load, "not_settled").numbers("share").last(), Some(&0.0));

    let agreement = tables::agreement(&shot, &view);
    assert_eq!(curve(&agreement, "repetition"), 8.0);
    let stale = Part::of(&agreement, "staleness");
    assert!(stale.0.len() >= 3 && stale.numbers("steps_since_competition").iter().all(|since| *since >= 0.0));
    let rows = Part::of(&agreement, "router_rows").texts("cosine").len();
    assert_eq!(rows, seen.roster.len().pow(2));

    let collapse = tables::collapse(&shot, &view);
    let weights = Part::of(&collapse, "weights");
    assert_eq!((weights.texts("matched")[2], weights.texts("as_they_lie")[2]), ("0.5", "0.25"));
    assert_eq!(weights.texts("matched")[1], "", "not compared yet");
    assert_eq!(curve(&tables::loss(&shot, &view), "loss_total"), 400.0);

    view.grown = None;
    assert!(Part::of(&tables::load(&shot, &view), "curves").0.is_empty());
}

#[test]
fn looking_back_gives_the_values_of_that_step() {
    let shot = fixture::running(Shape { steps: 300, ..USUAL });
    let mut view = ViewState::default();
    view.look_at(120, &shot);
    let load = Part::of(&tables::load(&shot, &view), "routed_over_time");
    // A bucket may reach one step further.
    assert!((120.0..122.0).contains(&load.numbers("last_step").into_iter().fold(0.0, f64::max)));
    assert_eq!(load.texts("at_step")[0], "120");
    let seen = view.seen(&shot).unwrap();
    let agreement = tables::agreement(&shot, &view);
    let measures = Part::of(&agreement, "measures");
    assert_eq!(Some(measures.numbers("value")[1]), seen.layer.diagnosis.agreement.top1);
    assert_eq!(measures.texts("at_step")[0], seen.probe.step.to_string());
    assert!(seen.probe.step <= 120);
    assert!(Part::of(&agreement, "competed").numbers("step").iter().all(|step| *step <= 120.0));
}

#[test]
fn what_was_not_measured_is_empty_and_what_was_not_finite_is_said() {
    for title in TITLES {
        let empty = table(title, &fixture::at_start());
        let rows = Part::of(&empty, "measures").0.len();
        assert!(rows <= 1, "{title}: {rows} measures before the first step");
        assert!(!empty.columns().is_empty());
    }
    let nan = fixture::all().into_iter().find(|(name, _)| *name == "NaN").unwrap().1;
    let training = Part::of(&table("Loss", &nan), "training");
    assert_eq!(training.numbers("not_finite").iter().sum::<f64>(), 181.0);
    assert!(training.texts("mean").contains(&"") && !training.texts("min").contains(&"inf"));
    let agreement = table("Agreement", &nan);
    let measures = Part::of(&agreement, "measures");
    assert_eq!(measures.texts("value")[..2], ["", "NaN"], "kappa cannot be said, the match is not a number");
    let collapse = table("Collapse", &nan);
    assert_eq!(Part::of(&collapse, "measures").texts("value")[2], "inf");
    assert!(Part::of(&collapse, "spectrum").texts("relative_singular_value").iter().all(|v| *v == "NaN"));
}
