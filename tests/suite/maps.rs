//! Maps of points in the plane through a run's commands and snapshots: they come while somebody asks, and change nothing.

use std::time::Duration;

use moe_arena::domain::config::{Config, PlaneConfig, PlaneTarget, Preset, TaskConfig};
use moe_arena::domain::roster::ExpertId;
use moe_arena::run::{Command, MapRequest, Snapshot};

use crate::run::Session;

fn config(target: PlaneTarget) -> Config {
    let plane = PlaneConfig { target, points: 60, ..PlaneConfig::default() };
    let mut config = Preset::Tiny.config_for(TaskConfig::Plane(plane));
    (config.model.layers, config.cadence.probe_every, config.cadence.validate_every) = (2, 4, 4);
    config
}

fn has_maps_at(step: u64) -> impl Fn(&Snapshot) -> bool {
    move |shot| shot.newest.maps.as_ref().is_some_and(|maps| maps.map.step == step)
}

/// Asks until `done`: a request holds for two seconds, which may be too short on a busy machine.
fn asked(session: &Session, request: MapRequest, done: impl Fn(&Snapshot) -> bool) -> Snapshot {
    loop {
        session.send(Command::Maps(request));
        let shot = session.reader.wait(Duration::from_secs(1), &done);
        if done(&shot) {
            return Snapshot::clone(&shot);
        }
    }
}

#[test]
fn maps_come_before_the_first_step_after_steps_and_while_it_trains() {
    let session = Session::new(&config(PlaneTarget::Class));
    assert!(session.reader.latest().newest.maps.is_none(), "nobody asked");
    let request = MapRequest { layer: 1, alone: Some(ExpertId(2)) };
    let shot = asked(&session, request, has_maps_at(0));
    let maps = shot.newest.maps.unwrap();
    assert_eq!((maps.map.side, maps.layer, maps.points.len()), (128, 1, 60));
    assert_eq!(maps.map.answers.classes.as_ref().unwrap().class.len(), 128 * 128);
    assert!((maps.map.territories.won.iter().sum::<f64>() - 1.0).abs() < 1e-9 && maps.millis > 0.0);
    let (id, alone) = maps.alone.as_ref().unwrap();
    assert_eq!((*id, alone.outputs.len()), (ExpertId(2), 2 * 128 * 128));
    assert_ne!(alone.outputs, maps.map.answers.outputs);
    session.steps(3);
    let shot = asked(&session, MapRequest::default(), |shot| {
        has_maps_at(3)(shot) && shot.newest.maps.as_ref().is_some_and(|maps| maps.alone.is_none())
    });
    assert_eq!(shot.newest.maps.unwrap().layer, 0);
    session.send(Command::Run);
    let running = asked(&session, MapRequest::default(), |shot| {
        shot.is_running() && shot.newest.maps.as_ref().is_some_and(|maps| maps.map.step > 3)
    });
    assert!(running.newest.maps.unwrap().map.step <= running.step);
    // An expert that is no longer there is not drawn.
    session.send(Command::Pause);
    let gone = MapRequest { layer: 0, alone: Some(ExpertId(99)) };
    let shot = asked(&session, gone, |shot| !shot.is_running() && has_maps_at(shot.step)(shot));
    assert!(shot.newest.maps.unwrap().alone.is_none());
    session.close();
}

#[test]
fn values_have_maps_and_a_text_has_none() {
    let session = Session::new(&config(PlaneTarget::Value));
    let maps = asked(&session, MapRequest::default(), has_maps_at(0)).newest.maps.unwrap();
    assert!(maps.map.answers.classes.is_none() && maps.map.answers.width == 1);
    session.close();
    let session = Session::new(&Preset::Tiny.config());
    session.send(Command::Maps(MapRequest::default()));
    assert!(session.steps(2).newest.maps.is_none());
    session.close();
}

/// Bit for bit: a run that is looked at is the run that is not.
#[test]
fn looking_at_maps_changes_no_step() {
    let config = config(PlaneTarget::Class);
    let (looked_at, alone) = (Session::new(&config), Session::new(&config));
    for step in 1..=6 {
        looked_at.steps(1);
        asked(&looked_at, MapRequest { layer: 0, alone: Some(ExpertId(1)) }, has_maps_at(step));
    }
    let (found, expected) = (looked_at.steps(2), alone.steps(8));
    assert_eq!(found.newest.step, expected.newest.step);
    assert_eq!(found.newest.probe, expected.newest.probe);
    assert_eq!(found.newest.validation, expected.newest.validation);
    looked_at.close();
    alone.close();
}
