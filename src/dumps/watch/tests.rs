//! Tests of the watch over a folder, with real files and without any waiting.

use std::fs;
use std::time::Duration;

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::made::{dump, dump_with, put};
use super::*;
use crate::store::alerts::Rule;

/// Looks until there is nothing more to look at.
fn look(watch: &mut FolderWatch, seconds: u64) -> Vec<WatchEvent> {
    let mut events = Vec::new();
    loop {
        let more = watch.look().unwrap();
        while let Some(of_file) = watch.next(Duration::from_secs(seconds)) {
            events.extend(of_file);
        }
        if !more {
            return events;
        }
    }
}

/// Events in few words.
fn said(events: &[WatchEvent]) -> Vec<String> {
    let each = events.iter().map(|event| match event {
        WatchEvent::Dump(dump) => format!("{}", dump.step),
        WatchEvent::Gap(gap) => format!("{} missing after {}", gap.missing, gap.after),
        WatchEvent::Late(step) => format!("late {step}"),
        WatchEvent::Again { step, newest } => format!("again {step} of {newest}"),
        WatchEvent::Alert { layer, alert } => format!("{:?} in {}", alert.rule, layer.as_deref().unwrap_or("all")),
        WatchEvent::NotFinite(found) => {
            let NotFiniteDump { step, first, tensors } = found;
            format!("{step}: {} {} at {:?}, of {tensors}", first.name, first.value, first.place)
        }
        WatchEvent::NotWhole { file, .. } => format!("not whole: {file}"),
        WatchEvent::Aside { file, why } => format!("aside: {file}: {why}"),
    });
    each.collect()
}

#[test]
fn dumps_are_taken_as_they_appear_with_gaps_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let name = |step: u64| format!("step-{step:06}.safetensors");
    let mut watch = FolderWatch::new(here, None);
    assert_eq!(said(&look(&mut watch, 0)), [""; 0]);
    for step in [300, 100, 200] {
        put(here, &name(step), &dump(4), step);
    }
    put(here, ".step-000400.safetensors", &dump(4), 1);
    assert_eq!(said(&look(&mut watch, 1)), ["100", "200", "300"]);
    assert_eq!(said(&look(&mut watch, 2)), [""; 0]);
    // One that is half written, and the one after the next.
    let whole = dump(4);
    put(here, &name(400), &whole[..whole.len() / 2], 400);
    put(here, &name(600), &whole, 600);
    assert_eq!(said(&look(&mut watch, 3)), ["2 missing after 300", "600"]);
    put(here, &name(400), &whole[..whole.len() - 1], 601);
    assert_eq!(said(&look(&mut watch, 62)), [""; 0], "it grew");
    assert_eq!(said(&look(&mut watch, 122)), ["not whole: step-000400.safetensors"]);
    put(here, &name(400), &whole, 602);
    assert_eq!(said(&look(&mut watch, 123)), ["late 400", "400"]);
    // The run begins again from a checkpoint, and writes over what was there.
    put(here, &name(200), &dump(4), 700);
    put(here, &name(300), &dump(4), 701);
    let events = look(&mut watch, 124);
    assert_eq!(said(&events), ["again 200 of 600", "200", "300"]);
    let WatchEvent::Dump(first) = &events[1] else { panic!("{events:?}") };
    assert_eq!((first.run, first.layers.len(), first.layers[1].key.as_str()), (1, 2, "a.1"));
    assert_eq!(first.layers[1].diagnosis.load.dead, Some(0));
    assert_eq!(watch.newest(), Some(300));
}

#[test]
fn numbers_that_are_not_finite_are_told_once_and_leave_the_rest_measured() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let mut watch = FolderWatch::new(here, None);
    let courses: [(u64, f32, &str); 7] = [
        (1, 2.0, "3.5"),
        (2, f32::NAN, "inf"),
        (3, f32::INFINITY, "nan"),
        (4, f32::NEG_INFINITY, "3.25"),
        (5, 2.0, "3"),
        (6, 2.0, "NaN"),
        (7, f32::NAN, "3"),
    ];
    for (step, first, loss) in courses {
        put(here, &format!("step-{step}.safetensors"), &dump_with(4, first, Some(loss)), step);
    }
    let events = look(&mut watch, 0);
    // A mask is a number like any other; what has been said is said again only after two dumps without it.
    let expected = [
        "1",
        "2: a.1.router_logits NaN at [0, 0], of 1",
        "2",
        "LossNotFinite in all",
        "LayerNotFinite in a.1",
        "3",
        "4",
        "5",
        "6",
        "LossNotFinite in all",
        "7: a.1.router_logits NaN at [0, 0], of 1",
        "7",
        "LayerNotFinite in a.1",
    ];
    assert_eq!(said(&events), expected);
    let dumps: Vec<_> =
        events.iter().filter_map(|event| if let WatchEvent::Dump(dump) = event { Some(dump) } else { None }).collect();
    let measured =
        |step: usize| dumps[step - 1].layers.iter().map(|layer| layer.diagnosis.load.dead).collect::<Vec<_>>();
    assert_eq!([2, 3, 4].map(measured), [vec![Some(0), None], vec![Some(0), None], vec![Some(0), Some(0)]]);
    assert_eq!((dumps[1].layers[1].diagnosis.beside.experts, dumps[1].layers[1].spoiled.len()), (4, 1));
    let over = |alert: &Alert| (alert.rule, alert.raised, alert.until);
    let ended: Vec<_> = watch.alerts().all().iter().map(over).collect();
    let [loss, layer] = [Rule::LossNotFinite, Rule::LayerNotFinite];
    assert_eq!(ended, [(loss, 2, Some(5)), (layer, 2, Some(5)), (loss, 6, None), (layer, 7, None)]);
}

#[test]
fn what_is_no_dump_is_left_aside_and_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    put(here, "step-1.safetensors", &dump(4), 1);
    put(here, "nameless.safetensors", &dump(4), 1);
    let one = [0; 16];
    let views = [("router.logits", TensorView::new(Dtype::F32, vec![2, 2], &one).unwrap())];
    let note = Some([("step".to_owned(), " 7 ".to_owned())].into());
    put(here, "by-metadata.safetensors", &safetensors::serialize(views, note).unwrap(), 1);
    put(here, "step-2.safetensors", b"PK\x03\x04", 1);
    fs::create_dir(here.join("step-3.safetensors")).unwrap();
    let mut watch = FolderWatch::new(here, None);
    let events = said(&look(&mut watch, 0));
    assert_eq!(events.len(), 3, "{events:?}");
    assert!(events[0] == "7" && events[1].contains("nothing says of which step"), "{events:?}");
    assert!(
        events[2].contains("it has 2 layers, a.0 of 4 experts first; expected one layer of 2 experts"),
        "{events:?}"
    );
    assert_eq!(said(&look(&mut watch, 9)), [""; 0]);
    assert_eq!(said(&watch.finish()), ["not whole: step-2.safetensors"]);
}

#[test]
fn rules_that_count_steps_hold_for_dumps_that_are_far_apart() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let mut watch = FolderWatch::new(here, None);
    // A dump every 100 steps: one that is silent for 100 steps is so at one dump; two are asked for.
    for step in 1..=12u64 {
        let used = if step <= 4 { 4 } else { 1 };
        put(here, &format!("step-{}.safetensors", 100 * step), &dump(used), step);
    }
    let events = look(&mut watch, 0);
    let alerts: Vec<(Rule, Option<&str>, u64, u64)> = events
        .iter()
        .filter_map(|event| match event {
            WatchEvent::Alert { layer, alert } => Some((alert.rule, layer.as_deref(), alert.since, alert.raised)),
            _ => None,
        })
        .collect();
    let dead = |layer| (Rule::DeadExpert, Some(layer), 500, 600);
    assert_eq!(alerts.iter().filter(|alert| **alert == dead("a.0")).count(), 3, "{alerts:?}");
    assert_eq!(alerts.iter().filter(|alert| **alert == dead("a.1")).count(), 3, "{alerts:?}");
    let collapse = alerts.iter().find(|alert| alert.0 == Rule::LoadCollapse);
    assert!(collapse.is_some_and(|alert| alert.3 > 600 && alert.3 <= 1200), "{alerts:?}");
}
