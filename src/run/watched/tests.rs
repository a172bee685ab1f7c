//! Tests of a watched folder, with real files, and with a clock that is set by hand.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::domain::config::{Config, Preset};
use crate::domain::readings::{LayerStep, LossTerms, MetricKind, StepReading};
use crate::domain::roster::{ExpertId, Roster};
use crate::domain::state::State;
use crate::dumps::made::{at, dump, dump_with, put};
use crate::run::{Status, before_anything};
use crate::store::alerts::Rule;
use crate::store::checkpoint::{Checkpoint, save};
use crate::store::history::{ExpertMeasure, LayerMeasure, LoadNumbers, RunMeasure, SeriesKey, columns};

fn name(step: u64) -> String {
    format!("step-{step:06}.safetensors")
}

/// Works until the next look is due; what is told.
fn look(run: &mut WatchedRun, seconds: u64) -> Vec<WatchedFact> {
    let (now, mut told) = (Duration::from_secs(seconds), Vec::new());
    run.look_now();
    for _ in 0..100_000 {
        told.extend(run.work(now).facts);
        if !run.due_in(now).is_zero() {
            return told;
        }
    }
    panic!("it never came to an end")
}

fn shown(run: &WatchedRun) -> Snapshot {
    let mut shot = before_anything(Arc::new(Config::default()));
    run.show(&mut shot);
    shot
}

fn last(shot: &Snapshot, key: SeriesKey) -> Option<(u64, f64)> {
    shot.memory.history.get(key)?.last()
}

#[test]
fn dumps_become_what_panels_draw() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let mut run = WatchedRun::new(WatchedFolder::new(here.into()));
    assert_eq!(run.due_in(Duration::ZERO), Duration::ZERO);
    assert_eq!(look(&mut run, 0), []);
    assert_eq!(run.due_in(Duration::ZERO), Duration::from_secs(1), "it waits, and is not asked in between");
    let empty = shown(&run);
    let watched = empty.watched.as_deref().unwrap();
    assert!(watched.newest.is_none() && watched.caught_up && empty.status == Status::Watching);
    for step in [300, 100, 200] {
        put(here, &name(step), &dump(4), step);
    }
    // Half a dump is none.
    put(here, &name(400), &dump(4)[..60], 400);
    assert_eq!(look(&mut run, 1), []);
    let shot = shown(&run);
    let watched = shot.watched.as_deref().unwrap();
    assert_eq!((shot.step, watched.taken, watched.usual), (300, 3, Some(100)));
    assert_eq!(watched.newest, Some(NewestWatched { step: 300, written: Some(at(300)) }));
    assert_eq!((watched.keys.as_slice(), watched.tokens), (["a.0".to_owned(), "a.1".to_owned()].as_slice(), 64));
    assert_eq!(shot.model.rosters.iter().map(Roster::len).collect::<Vec<_>>(), [4, 4]);
    for layer in 0..2 {
        let routed = |expert| SeriesKey::Expert(layer, ExpertId(expert), ExpertMeasure::Routed);
        assert_eq!([0, 1, 2, 3].map(|expert| last(&shot, routed(expert))), [Some((300, 0.25)); 4]);
        assert_eq!(last(&shot, SeriesKey::Layer(layer, LayerMeasure::LoadCv)), Some((300, 0.0)));
        assert_eq!(last(&shot, SeriesKey::Layer(layer, LayerMeasure::DeadExperts)), Some((300, 0.0)));
        assert_eq!(last(&shot, SeriesKey::Layer(layer, LayerMeasure::Kappa)), None, "nobody competed");
    }
    assert_eq!(last(&shot, SeriesKey::Run(RunMeasure::LossTask)), None, "a dump has no loss");
    let probe = shot.newest.probe.as_deref().unwrap();
    assert_eq!((probe.step, probe.layers.len(), probe.layers[1].choices.experts), (300, 2, 4));
    assert!(probe.layers[0].matrices.coactivation.is_some() && probe.layers[0].choices.is_empty());
    assert_eq!((shot.load_window(), shot.memory.history.probes.frames().len()), (500, 3));
    // The rest of it comes.
    put(here, &name(400), &dump(4), 401);
    assert_eq!(look(&mut run, 2), []);
    assert_eq!(shown(&run).step, 400);
}

#[test]
fn gaps_late_dumps_and_restarts_are_told_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    (1..=4).for_each(|step| put(here, &name(100 * step), &dump(4), step));
    let mut run = WatchedRun::new(WatchedFolder::new(here.into()));
    assert_eq!(look(&mut run, 0), [WatchedFact::CaughtUp { taken: 4, step: 400 }]);
    put(here, &name(700), &dump(4), 700);
    let gap = StepGap { after: 400, usual: 100, missing: 2 };
    assert_eq!(look(&mut run, 1), [WatchedFact::Gap(gap)]);
    assert_eq!(shown(&run).watched.unwrap().gaps.as_slice(), [gap]);
    put(here, &name(500), &dump(1), 701);
    assert_eq!(look(&mut run, 2), [WatchedFact::Late(500)]);
    let shot = shown(&run);
    let watched = shot.watched.as_deref().unwrap();
    assert_eq!((watched.late, watched.taken, watched.gaps[0].missing, shot.step), (1, 6, 1, 700));
    let routed = SeriesKey::Expert(0, ExpertId(0), ExpertMeasure::Routed);
    assert_eq!(last(&shot, routed), Some((700, 0.25)), "curves hold steps in their order");
    // No curve goes over the steps that are missing; what came late is in none.
    let pieces = shot.memory.history.get(routed).unwrap().buckets().split(crate::store::history::Bucket::is_gap);
    let steps: Vec<Vec<u64>> = pieces.map(|piece| piece.iter().map(|bucket| bucket.first_step).collect()).collect();
    assert_eq!(steps, [vec![100, 200, 300, 400], vec![700]]);
    // It goes back to step 200.
    put(here, &name(200), &dump(2), 800);
    assert_eq!(look(&mut run, 3), [WatchedFact::Again { step: 200, newest: 700 }]);
    let shot = shown(&run);
    let watched = shot.watched.as_deref().unwrap();
    let again = Some(BeganAgain { step: 200, newest: 700 });
    assert_eq!((shot.step, watched.restarts, watched.again), (200, 1, again));
    assert_eq!(shot.memory.history.get(routed).unwrap().recent().collect::<Vec<_>>(), [(200, 0.5)]);
    let ghost = &shot.rewind.ghosts[0];
    assert_eq!((ghost.from, ghost.to, ghost.held, shot.rewind.ghosts.len()), (0, 700, false, 1));
    assert!(shot.memory.alerts.all().is_empty());
}

#[test]
fn alerts_go_up_by_the_rules_of_the_programs_own_runs() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let mut run = WatchedRun::new(WatchedFolder::new(here.into()));
    look(&mut run, 0);
    let mut raised = Vec::new();
    for step in 1..=12u64 {
        put(here, &name(100 * step), &dump(if step <= 4 { 4 } else { 1 }), step);
        let now = Duration::from_secs(step);
        run.look_now();
        loop {
            raised.extend(run.work(now).raised);
            if !run.due_in(now).is_zero() {
                break;
            }
        }
    }
    let dead = |alert: &&Alert| (alert.rule, alert.layer, alert.raised) == (Rule::DeadExpert, Some(1), 600);
    assert_eq!(raised.iter().filter(dead).count(), 3, "{raised:?}");
    assert!(raised.iter().any(|alert| alert.rule == Rule::LoadCollapse));
    let shot = shown(&run);
    assert_eq!(shot.memory.alerts.all().len(), raised.len());
    let silent = SeriesKey::Layer(0, LayerMeasure::DeadExperts);
    assert_eq!(last(&shot, silent), Some((1200, 3.0)));
}

#[test]
fn numbers_that_are_not_finite_are_counted_and_in_no_mean() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let mut run = WatchedRun::new(WatchedFolder::new(here.into()));
    for (step, first, loss) in [(100, 2.0, "4"), (200, f32::NAN, "nan"), (300, 2.0, "3")] {
        put(here, &name(step), &dump_with(4, first, Some(loss)), step);
    }
    assert_eq!(look(&mut run, 0), [WatchedFact::CaughtUp { taken: 3, step: 300 }]);
    let shot = shown(&run);
    let buckets = |key| {
        let series = shot.memory.history.get(key).unwrap();
        series.buckets().iter().map(|bucket| (bucket.first_step, bucket.n, bucket.bad)).collect::<Vec<_>>()
    };
    let broken = [(100, 1, 0), (200, 0, 1), (300, 1, 0)];
    assert_eq!(buckets(SeriesKey::Run(RunMeasure::LossTask)), broken);
    assert_eq!(buckets(SeriesKey::Layer(1, LayerMeasure::LoadCv)), broken, "the layer that is not finite");
    assert_eq!(buckets(SeriesKey::Expert(1, ExpertId(0), ExpertMeasure::Routed)), broken);
    assert_eq!(buckets(SeriesKey::Layer(0, LayerMeasure::LoadCv)), [(100, 1, 0), (200, 1, 0), (300, 1, 0)]);
    let loss = shot.memory.history.get(SeriesKey::Run(RunMeasure::LossTask)).unwrap();
    assert_eq!(loss.mean_up_to(300, shot.load_window()), Some((3.5, 2)));
    assert!(shot.watched.unwrap().spoiled.iter().all(Vec::is_empty), "the newest dump is finite");
    let up: Vec<Rule> = shot.memory.alerts.active().map(|alert| alert.rule).collect();
    assert_eq!(up, [Rule::LossNotFinite, Rule::LayerNotFinite], "one good dump is not enough");
}

#[test]
fn a_folder_that_goes_away_is_said_once_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().join("dumps");
    fs::create_dir(&here).unwrap();
    put(&here, &name(10), &dump(4), 1);
    let mut run = WatchedRun::new(WatchedFolder::new(here.clone()));
    look(&mut run, 0);
    fs::remove_dir_all(&here).unwrap();
    assert!(matches!(look(&mut run, 1)[..], [WatchedFact::Unreachable(_)]));
    assert_eq!(look(&mut run, 2), []);
    let shot = shown(&run);
    assert!(shot.watched.unwrap().unreachable.is_some() && shot.step == 10, "what was there is still shown");
    fs::create_dir(&here).unwrap();
    put(&here, &name(20), &dump(4), 2);
    assert_eq!(look(&mut run, 3), [WatchedFact::Reached]);
    assert_eq!(shown(&run).step, 20);
}

#[test]
fn ten_thousand_dumps_are_bounded() {
    let mut memory = WatchedMemory::new(Path::new("dumps"));
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), &name(1), &dump(4), 1);
    let mut watch = crate::dumps::FolderWatch::new(folder.path(), None).with_matrices(1 << 20);
    watch.look().unwrap();
    let Some(crate::dumps::WatchEvent::Dump(first)) = watch.next(Duration::ZERO).unwrap().pop() else {
        panic!("a dump")
    };
    let (mut most, mut probes) = (0, 0);
    for step in 1..=10_000u64 {
        let layers = first.layers.clone();
        let one = crate::dumps::WatchedDump { step, run: 0, loss: None, layers, late: false, written: None };
        dumps::take_dump(&one, Some(1), &mut memory);
        if step % 37 == 0 {
            memory.gap(StepGap { after: step, usual: 1, missing: 1 });
        }
        most = most.max(memory.history.bytes());
        probes = probes.max(memory.history.probes.frames().len());
    }
    // Two layers: 21 curves of a layer and four experts each, at their largest.
    assert!(most < 2 * 40 * 70_000 && probes <= 128, "{most} bytes, {probes} probes");
    assert_eq!((memory.taken(), memory.shown().gaps.len()), (10_000, 256));
}

/// The config of a run on points, and a history of some steps as that run has it.
fn own_run(steps: u64) -> (Config, Checkpoint) {
    let config = Config { steps: 50, ..Preset::Tiny.config() };
    let mut state = State::initial(&config);
    state.progress.step = steps;
    let mut saved = Checkpoint::beginning(config.clone(), state);
    let layers = config.model.moe_count();
    let rosters = vec![Roster::new(config.model.experts); layers];
    for step in 1..=steps {
        let layer = LayerStep { competed: false, routed: vec![3; config.model.experts], won: None, gradients: None };
        let loss = LossTerms { total: 9.0, task: 9.0, ..LossTerms::default() };
        let layers = vec![layer; layers];
        let reading = StepReading { step, tokens: step, loss, learning_rate: 0.1, gradient_norm: 1.0, layers };
        saved.history.push_step(&reading, &vec![LoadNumbers::default(); reading.layers.len()], &rosters, 1.0);
    }
    (config, saved)
}

/// A row of `metrics.csv` with this loss and kappa.
fn row(config: &Config, step: u64, loss: f64, kappa: Option<f64>) -> String {
    let layers = config.model.moe_count();
    let cell = |name: &String| match name.as_str() {
        "step" | "seconds" | "tokens" => step.to_string(),
        "loss_total" | "loss_task" => loss.to_string(),
        "lr" | "gradient_norm" | "tokens_per_sec" => "1".into(),
        "top_k" => config.knobs.top_k.to_string(),
        "experts" => config.model.experts.to_string(),
        "competed_layers" => "0 1".into(),
        name if name.starts_with("load_cv") => "0.5".into(),
        name if name.starts_with("load_entropy") => "0.9".into(),
        name if name.starts_with("dead_experts") => "0".into(),
        name if name.starts_with("agreement") => kappa.map_or_else(String::new, |kappa| kappa.to_string()),
        "val_bits_per_byte" => kappa.map_or_else(String::new, |_| "2".into()),
        _ => String::new(),
    };
    let cells: Vec<String> = columns(layers, MetricKind::of(&config.task)).iter().map(cell).collect();
    cells.join(",") + "\n"
}

#[test]
fn a_run_of_this_program_is_followed_by_its_rows_and_saves() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (config, saved) = own_run(2);
    let header = columns(config.model.moe_count(), MetricKind::of(&config.task)).join(",") + "\n";
    let append = |text: &str| {
        File::options().append(true).open(here.join("metrics.csv")).unwrap().write_all(text.as_bytes()).unwrap();
    };
    let mut run = WatchedRun::new(WatchedFolder::new(here.into()));
    assert_eq!(look(&mut run, 0), [], "an empty folder may become either");
    fs::write(here.join("config.toml"), config.to_toml()).unwrap();
    fs::write(here.join("metrics.csv"), header + &row(&config, 1, 5.0, None)).unwrap();
    look(&mut run, 1);
    let shot = shown(&run);
    assert!(shot.watched.as_deref().unwrap().own_run && shot.step == 1);
    assert_eq!((&*shot.config, shot.model.rosters.len()), (&config, config.model.moe_count()));
    let loss = SeriesKey::Run(RunMeasure::LossTask);
    assert_eq!(last(&shot, loss), Some((1, 5.0)));
    assert_eq!(last(&shot, SeriesKey::Layer(1, LayerMeasure::Competed)), Some((1, 1.0)));
    let routed = SeriesKey::Expert(0, ExpertId(0), ExpertMeasure::Routed);
    assert_eq!((last(&shot, routed), shot.newest.probe.is_none()), (None, true), "no row holds loads of experts");
    // A row in two pieces, with a probe and a validation.
    let second = row(&config, 2, 4.0, Some(0.25));
    append(&second[..10]);
    look(&mut run, 2);
    assert_eq!(shown(&run).step, 1);
    append(&second[10..]);
    look(&mut run, 3);
    let shot = shown(&run);
    let probe = shot.newest.probe.as_deref().unwrap();
    assert_eq!((shot.step, probe.layers[0].diagnosis.agreement.kappa), (2, Some(0.25)));
    assert_eq!(shot.newest.validation.map(|v| v.loss), Some(2.0 * std::f64::consts::LN_2));
    assert_eq!(last(&shot, SeriesKey::Layer(0, LayerMeasure::Kappa)), Some((2, 0.25)));
    // A save that is being copied, and then is whole.
    let whole = here.join("whole.tmp");
    save(&saved, &whole).unwrap();
    let bytes = fs::read(&whole).unwrap();
    fs::write(here.join("checkpoint.safetensors"), &bytes[..bytes.len() - 8]).unwrap();
    assert_eq!(look(&mut run, 4), []);
    fs::write(here.join("checkpoint.safetensors"), &bytes).unwrap();
    let told = look(&mut run, 5);
    assert_eq!(told, [WatchedFact::Saved { file: "checkpoint.safetensors".into(), step: 2 }]);
    let shot = shown(&run);
    let even = 1.0 / config.model.experts as f64;
    assert_eq!(last(&shot, routed), Some((2, even)), "who got which tokens comes with the save");
    assert_eq!(last(&shot, loss), Some((2, 4.0)), "what the rows tell stays");
    assert!(shot.watched.as_deref().unwrap().saved.is_some());
    // It begins again.
    fs::write(here.join("metrics.csv"), "").unwrap();
    look(&mut run, 6);
    append(&(columns(config.model.moe_count(), MetricKind::of(&config.task)).join(",") + "\n"));
    append(&row(&config, 1, 7.0, None));
    assert_eq!(look(&mut run, 7), [WatchedFact::Again { step: 1, newest: 2 }]);
    let shot = shown(&run);
    assert_eq!((shot.step, last(&shot, loss), shot.rewind.ghosts.len()), (1, Some((1, 7.0)), 1));
    assert_eq!(shot.rewind.ghosts[0].loss.as_ref().unwrap().last(), Some((2, 4.0)));
}
