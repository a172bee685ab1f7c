//! Hand-made phases of a step for the window: a batch that looks plausible, with numbers that belong together.

use std::sync::Arc;

use moe_arena::domain::readings::{
    LayerLengths, LayerPhases, LossTerm, LossTermKind, NotCompeting, PartLengths, Phase, PhaseReading, SharedAnswer,
};
use moe_arena::run::{PausedBy, ShownPhases, Snapshot, Status};

use super::fixture_probe::{choices, unit};

/// Numbers of an answer that are kept.
const COMPONENTS: usize = 3;

/// `shot`, paused at a phase of its next step, or after it. A layer competes if its number and that of its experts add up to an even one.
pub fn at_phase(mut shot: Snapshot, phase: Phase) -> Snapshot {
    let probe = shot.newest.probe.clone().expect("a run that was probed");
    let (layers, k) = (shot.model.rosters.len(), shot.knobs.top_k);
    let step = if phase == Phase::Learn { shot.step } else { shot.step + 1 };
    let layer = |layer: usize| layer_phases(shot.model.rosters[layer].len(), k, step, layer, probe.items.all().len());
    let lengths = |scale: f64| PartLengths {
        layers: (0..layers)
            .map(|layer| LayerLengths {
                experts: (0..shot.model.rosters[layer].len()).map(|i| scale * unit(i as u64, 70)).collect(),
                router: scale * 0.4,
                rest: scale * 1.7,
            })
            .collect(),
        elsewhere: scale,
    };
    let reading = PhaseReading {
        step,
        positions: shot.config.tokens_per_step(),
        context: probe.context,
        items: probe.items.clone(),
        losses: (0..probe.items.all().len()).map(|i| 3.0 * unit(i as u64, 71) as f32).collect(),
        task: 1.62,
        total: 1.61,
        layers: (0..layers).map(layer).collect(),
        gradients: lengths(0.8),
        clipping: 0.62,
        update: (phase == Phase::Learn).then(|| lengths(0.004)),
        learning_rate: 6e-4,
    };
    shot.status = Status::Paused(PausedBy::Person);
    shot.newest.phases = Some(ShownPhases { phase, reading: Arc::new(reading) });
    shot
}

fn layer_phases(experts: usize, k: usize, step: u64, layer: usize, shown: usize) -> LayerPhases {
    let competes = (layer + experts).is_multiple_of(2);
    let mut choices = choices(experts, k, step, layer as u64, shown);
    let k = choices.k;
    let weights = if competes {
        let row = |position: usize| {
            let s = choices.s(position);
            let won: Vec<f32> = choices.winners(position).iter().map(|&slot| s[usize::from(slot)]).collect();
            let sum: f32 = won.iter().sum();
            won.into_iter().map(move |s| s / sum)
        };
        (0..shown).flat_map(row).collect()
    } else {
        choices.weights.clone()
    };
    let answers: Vec<f32> =
        (0..shown * k * COMPONENTS).map(|i| (2.0 * unit(i as u64, 72) - 1.0) as f32 * 0.4).collect();
    let output = |(position, component): (usize, usize)| -> f32 {
        let answer = |place: usize| answers[(position * k + place) * COMPONENTS + component];
        (0..k).map(|place| weights[position * k + place] * answer(place)).sum()
    };
    let places = (0..shown).flat_map(|position| (0..COMPONENTS).map(move |component| (position, component)));
    let output = places.map(output).collect();
    let logits = choices.p.iter().map(|&p| p.max(1e-30).ln()).collect();
    let kinds =
        if competes { vec![LossTermKind::Distillation, LossTermKind::Diversity] } else { vec![LossTermKind::Balance] };
    if !competes {
        (choices.s, choices.winners) = (Vec::new(), Vec::new());
    }
    LayerPhases {
        competes,
        not_competing: (!competes).then_some(NotCompeting::Schedule),
        logits,
        weights,
        components: COMPONENTS,
        answers,
        shared: (layer == 3).then(|| SharedAnswer { weight: 1.0, answers: vec![0.01; shown * COMPONENTS] }),
        output,
        terms: kinds.into_iter().map(|kind| LossTerm { kind, value: -1.93, weight: 0.01 }).collect(),
        added: -0.0193,
        choices,
    }
}
