//! Tests of the roster of a layer.

use super::*;
use proptest::prelude::*;

#[test]
fn the_busiest_is_split_until_another_is_busier() {
    let change = Change::plan(Surgery::SplitBusiest, 5, &[0.2, 0.7, 0.1], &[], true).unwrap();
    assert_eq!(change.origins[3..], [Origin::Split { parent: 1 }, Origin::Split { parent: 1 }]);
    let roster = Roster::new(3);
    assert_eq!(roster.after(&change).slots[3..], [ExpertId(3), ExpertId(4)]);
    assert_eq!(roster.describe(&change), "+4 from 2, +5 from 2");
}

#[test]
fn the_least_used_go_and_the_rest_keep_order_and_names() {
    let roster = Roster::new(4);
    let change = Change::plan(Surgery::DropLeastUsed, 2, &[0.1, 0.4, 0.0, 0.5], &[], true).unwrap();
    assert_eq!(roster.after(&change).slots, [ExpertId(1), ExpertId(3)]);
    assert_eq!(roster.describe(&change), "−1, −3");
}

#[test]
fn the_most_alike_merge_into_the_busier() {
    #[rustfmt::skip]
    let alike = [1.0, 0.1, 0.9,
                 0.1, 1.0, 0.2,
                 0.9, 0.2, 1.0];
    let change = Change::plan(Surgery::MergeMostAlike, 2, &[0.2, 0.3, 0.5], &alike, true).unwrap();
    assert_eq!(change.origins, [Origin::Kept(1), Origin::Merged { kept: 2, absorbed: 0 }]);
    assert_eq!(Roster::new(3).describe(&change), "1 into 3");
}

#[test]
fn refusals_say_what_to_do() {
    let load = [0.5, 0.5];
    let wrong_way = Change::plan(Surgery::AddFresh, 1, &load, &[], true).unwrap_err();
    let (surgery, experts, target) = (Surgery::AddFresh, load.len(), 1);
    assert_eq!(wrong_way, SurgeryRefusal::WrongWay { surgery, experts, target });
    let too_many = Change::plan(Surgery::AddFresh, 257, &load, &[], true);
    assert_eq!(too_many, Err(SurgeryRefusal::OutOfRange(257)));
    let merged = |alike: &[f64], measured| Change::plan(Surgery::MergeMostAlike, 1, &load, alike, measured);
    assert_eq!(merged(&[], true), Err(SurgeryRefusal::NotMeasuredYet));
    assert_eq!(merged(&[], false), Err(SurgeryRefusal::NotMeasured));
    assert!(merged(&[1.0; 4], false).is_ok(), "what an earlier probe measured still serves");
    let too_far = Change::plan(Surgery::MergeMostAlike, 1, &[0.2; 4], &[1.0; 16], true).unwrap_err();
    assert_eq!(too_far, SurgeryRefusal::TooFar { experts: 4, least: 2, target: 1 });
}

#[test]
fn names_are_never_reused() {
    let roster = Roster::new(2);
    let grown = roster.after(&Change::plan(Surgery::AddFresh, 3, &[0.5, 0.5], &[], true).unwrap());
    let shrunk = grown.after(&Change { origins: vec![Origin::Kept(0), Origin::Kept(1)] });
    assert_eq!(shrunk.slots, roster.slots);
    let again = shrunk.after(&Change { origins: vec![Origin::Kept(0), Origin::Fresh] });
    assert_eq!(again.slots[1], ExpertId(3));
}

proptest! {
    #[test]
    fn a_plan_has_the_asked_size_and_uses_each_old_slot_at_most_once(
        load in prop::collection::vec(0.0..1.0f64, 1..20), target in 1usize..30, which in 0usize..4
    ) {
        let surgery = [Surgery::GROW, Surgery::SHRINK].concat()[which];
        let n = load.len();
        let similarity: Vec<f64> = (0..n * n).map(|i| ((i * 7919) % 101) as f64 / 101.0).collect();
        if let Ok(change) = Change::plan(surgery, target, &load, &similarity, true) {
            prop_assert_eq!(change.experts(), target);
            let mut used = vec![0; n];
            for origin in &change.origins {
                match *origin {
                    Origin::Kept(slot) => used[slot] += 1,
                    Origin::Merged { kept, absorbed } => { used[kept] += 1; used[absorbed] += 1; }
                    Origin::Split { parent } => prop_assert!(parent < n),
                    Origin::Fresh => {}
                }
            }
            prop_assert!(used.iter().all(|&u| u <= 1));
            let mut ids = Roster::new(n).after(&change).slots;
            ids.sort();
            ids.dedup();
            prop_assert_eq!(ids.len(), target);
        }
    }
}
