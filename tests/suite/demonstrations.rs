//! Demonstrations: each shows its phenomenon and raises its alert within its steps, and not without its cause.

use moe_arena::lessons::{Demonstration, demonstrations};
use moe_arena::run::{From, RunSetup};
use moe_arena::store::alerts::Rule;

use crate::program;
use crate::run::Session;

/// The alerts that a run raises within so many steps, with the step, in order.
fn raised(run: RunSetup, within: u64) -> Vec<(Rule, u64)> {
    let session = Session::of(From::Setup(Box::new(run)), None, None);
    let shot = session.steps(within);
    session.close();
    shot.memory.alerts.all().iter().map(|alert| (alert.rule, alert.raised)).collect()
}

/// Sees that exactly the alert of a demonstration is raised, and none without its cause.
fn shows(id: &str) {
    let shown: &Demonstration = demonstrations().iter().find(|shown| shown.id == id).unwrap();
    let alerts = raised(shown.run.clone(), shown.within);
    println!("{id}: {alerts:?}");
    let expected = |rule: &Rule| Some(*rule) == shown.alert || shown.with.contains(rule);
    assert!(alerts.iter().all(|(rule, _)| expected(rule)), "{id}: {alerts:?}");
    let named: Vec<Rule> = shown.alert.into_iter().chain(shown.with.iter().copied()).collect();
    assert!(named.iter().all(|rule| alerts.iter().any(|(raised, _)| raised == rule)), "{id}: {alerts:?}");
    if shown.alert.is_some() {
        let without = raised(shown.control(), shown.within);
        assert!(without.is_empty(), "{id} without its cause: {without:?}");
    }
}

#[test]
fn a_healthy_competition_raises_no_alert() {
    shows("healthy");
}

#[test]
fn a_load_collapse_is_raised_and_a_balance_loss_prevents_it() {
    shows("load-collapse");
}

#[test]
fn a_router_that_is_never_taught_stays_at_chance() {
    shows("frozen-router");
}

#[test]
fn a_copy_of_an_expert_is_found_to_be_redundant() {
    shows("twins");
}

#[test]
fn a_router_that_is_no_longer_taught_falls_to_chance() {
    shows("left-behind");
}

#[test]
fn the_command_line_trains_one_by_its_name_and_names_all() {
    let folder = tempfile::tempdir().unwrap();
    let output = program::run(folder.path(), "train --device cpu --stop-at 3 --out one --demonstration twins");
    assert_eq!(output.status.code(), Some(0), "{}", program::complaint(&output));
    let said = program::text(&output);
    assert!(said.contains("Twins") && said.contains("replaced by a copy"), "{said}");
    let output = program::run(folder.path(), "train --demonstration nothing");
    let said = program::complaint(&output);
    assert!(output.status.code() == Some(2) && said.contains("left-behind"), "{said}");
}
