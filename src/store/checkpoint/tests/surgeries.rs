//! A run whose experts were changed ten thousand times: its file stays small, opens, and still has every change.

use std::collections::BTreeSet;
use std::fs;

use super::super::*;
use super::specimen::{place, run};
use crate::domain::readings::{LayerStep, LossTerms, StepReading};
use crate::domain::roster::{Change, Origin, Roster, Surgery};
use crate::store::history::{LoadNumbers, PackedChange, SeriesKey, What};

const SURGERIES: u64 = 10_000;

/// Two layers grow by two newcomers, then lose their two eldest, again and again; one training step after each.
fn operated() -> (History, Vec<Roster>) {
    let mut history = History::default();
    let mut rosters = vec![Roster::new(4); 2];
    for step in 1..=SURGERIES {
        let experts = rosters[0].len();
        let mut change = Change::identity(experts);
        let surgery = if experts == 4 {
            change.origins.extend([Origin::Split { parent: 1 }, Origin::Fresh]);
            Surgery::AddFresh
        } else {
            change.origins.drain(..2);
            Surgery::DropLeastUsed
        };
        let words = rosters.iter().map(|roster| roster.describe(&change)).collect();
        rosters.iter_mut().for_each(|roster| *roster = roster.after(&change));
        history.take_rosters(&rosters);
        let changes = vec![PackedChange::new(&change, &vec![0.1; experts]); 2];
        let what = What::Experts { surgery, from: experts, to: change.experts(), changes, words };
        history.journal_mut().push(step - 1, what);
        let layer = LayerStep {
            competed: false,
            routed: vec![5; change.experts()],
            won: None,
            gradients: Some(vec![1.0; change.experts()]),
        };
        let reading = StepReading {
            step,
            tokens: step,
            loss: LossTerms::default(),
            learning_rate: 0.1,
            gradient_norm: 1.0,
            layers: vec![layer; 2],
        };
        history.take_tokens(&reading, &rosters, 1);
        history.push_step(&reading, &[LoadNumbers::default(); 2], &rosters, 1.0);
    }
    (history, rosters)
}

#[test]
fn ten_thousand_surgeries_leave_a_file_that_is_small_and_complete() {
    let (history, rosters) = operated();
    let experts: BTreeSet<(usize, u32)> = (history.iter())
        .filter_map(|(key, _)| match key {
            SeriesKey::Expert(layer, id, _) => Some((layer, id.0)),
            _ => None,
        })
        .collect();
    assert_eq!(experts.len(), 2 * (4 + History::GONE), "the present ones, and of those that are gone the last");
    assert!(experts.contains(&(1, rosters[1].slots[0].0 - 1)), "who went last is remembered");
    let mut run = run();
    run.state.progress.rosters = rosters;
    run.history = history;
    let (_folder, path) = place();
    save(&run, &path).unwrap();
    let header = u64::from_le_bytes(fs::read(&path).unwrap()[..8].try_into().unwrap());
    assert!(header < header::LIMIT / 8, "a header of {header} bytes");
    let opened = open(&path).unwrap();
    assert_eq!(opened.history, run.history);
    let journal = &opened.history.journal;
    assert_eq!((journal.entries().len() as u64, journal.is_complete()), (SURGERIES, true));
}
