//! The optimizer's step on a graphics device against a loop in double precision, and what stops it.

use super::adamw::{Before, Numbers, Updated, update};
use super::fixture::{close, down, fill_memory_with_nan, graphics, normals, up, up64};

const NUMBERS: Numbers = Numbers {
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    clip_norm: 0.5,
    learning_rate: 3e-3,
    decay: 3e-4,
    correction1: 0.271,
    correction2: 0.142_625,
};

#[test]
fn a_step_of_adamw() {
    let Some(device) = graphics("a_step_of_adamw") else { return };
    for (len, clip_norm) in [(1usize, 0.5), (255, 1e9), (257, 0.5), (4099, 0.5), (70_001, 2.0)] {
        let numbers = Numbers { clip_norm, ..NUMBERS };
        let [weights, gradient, first] = [1, 2, 3].map(|lane| normals(len, lane));
        let second: Vec<f64> = normals(len, 4).into_iter().map(|v| f64::from((v * v) as f32)).collect();
        let decaying: Vec<f64> = (0..len).map(|i| f64::from(u8::from(i % 3 != 0))).collect();
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        let scale = (clip_norm / (norm + 1e-6)).min(1.0);
        let n = numbers;
        let mut expected = [vec![], vec![], vec![]];
        for i in 0..len {
            let g = gradient[i] * scale;
            let m = first[i] * n.beta1 + g * (1.0 - n.beta1);
            let v = second[i] * n.beta2 + g * g * (1.0 - n.beta2);
            let moved = m / n.correction1 / ((v / n.correction2).sqrt() + n.epsilon) * n.learning_rate;
            let kept = weights[i] * (1.0 - decaying[i] * n.decay);
            expected.iter_mut().zip([kept - moved, m, v]).for_each(|(e, value)| e.push(value));
        }
        let [w, g, m, v, d] =
            [&weights, &gradient, &first, &second, &decaying].map(|values| up64(&device, &[len], values));
        let (total, alive) = (up(&device, &[1], &[2.5]), up(&device, &[1], &[1.0]));
        let (total, alive) = (&total, &alive);
        for (round, sure) in [(0, true), (1, true), (2, false)] {
            fill_memory_with_nan(&device);
            let what = |name: &str| format!("{name} of {len}, clipped to {clip_norm}, round {round}");
            let before =
                Before { weights: &w, gradient: &g, first: &m, second: &v, decaying: &d, frozen: None, total, alive };
            let Updated { weights, first, second, norm: length, alive } = update(before, numbers, sure);
            close(&what("weights"), &down(&weights), &expected[0], 1e-6);
            close(&what("first"), &down(&first), &expected[1], 1e-6);
            close(&what("second"), &down(&second), &expected[2], 1e-6);
            close(&what("norm"), &down(&length), &[norm], 1e-6);
            assert_eq!(down(&alive), [1.0], "{}", what("alive"));
        }
    }
}

/// Nothing changes, to the bit, when something is or was not finite.
#[test]
fn a_step_that_is_not_finite_changes_nothing() {
    let Some(device) = graphics("a_step_that_is_not_finite_changes_nothing") else { return };
    let len = 600;
    let numbers = |lane: u64| -> Vec<f32> { normals(len, lane).into_iter().map(|v| v.abs() as f32).collect() };
    let [w, m, v, d] = [1, 2, 3, 4].map(|lane| up(&device, &[len], &numbers(lane)));
    for (bad, total, alive) in [
        (Some(f32::NAN), 1.0, 1.0),
        (Some(f32::INFINITY), 1.0, 1.0),
        (Some(1e30), 1.0, 1.0), // its square is not finite
        (None, f32::NAN, 1.0),
        (None, f32::NEG_INFINITY, 1.0),
        (None, 1.0, 0.0),
    ] {
        let mut gradient = numbers(5);
        if let Some(bad) = bad {
            gradient[599] = bad;
        }
        let g = up(&device, &[len], &gradient);
        let (total, alive) = (up(&device, &[1], &[total]), up(&device, &[1], &[alive]));
        let (total, alive) = (&total, &alive);
        let before =
            Before { weights: &w, gradient: &g, first: &m, second: &v, decaying: &d, frozen: None, total, alive };
        let after = update(before, NUMBERS, true);
        assert_eq!(down(&after.alive), [0.0], "{bad:?}");
        assert_eq!(down(&after.weights), numbers(1), "{bad:?}");
        assert_eq!(down(&after.first), numbers(2), "{bad:?}");
        assert_eq!(down(&after.second), numbers(3), "{bad:?}");
        let length = down(&after.norm)[0];
        assert_eq!(length.is_finite(), bad.is_none(), "{bad:?}: {length}");
    }
}

/// Nothing changes, to the bit, when loss and gradient are finite and the update would not be.
#[test]
fn an_update_that_would_not_be_finite_changes_nothing() {
    let Some(device) = graphics("an_update_that_would_not_be_finite_changes_nothing") else { return };
    let len = 70_001;
    let numbers = |lane: u64| -> Vec<f32> { normals(len, lane).into_iter().map(|v| v.abs() as f32).collect() };
    let [total, alive] = [&up(&device, &[1], &[1.0]), &up(&device, &[1], &[1.0])];
    let decaying = &up(&device, &[len], &vec![1.0; len]);
    let plain = [numbers(1), numbers(2), numbers(3), numbers(4)];
    let check = |what: &str, numbers: Numbers, vectors: [Vec<f32>; 4], made: bool| {
        assert!(!numbers.surely_finite(f64::INFINITY));
        let [weights, gradient, first, second] = vectors.each_ref().map(|values| up(&device, &[len], values));
        let (weights, gradient, first, second) = (&weights, &gradient, &first, &second);
        let frozen = None;
        let before = Before { weights, gradient, first, second, decaying, frozen, total, alive };
        let after = update(before, numbers, false);
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(down(&after.alive), [f32::from(u8::from(made))], "{what}");
        let found = [down(&after.weights), down(&after.first), down(&after.second)];
        if made {
            assert!(found.iter().flatten().all(|x| x.is_finite()) && found[0] != vectors[0], "{what}");
        } else {
            for (found, before) in found.iter().zip([&vectors[0], &vectors[2], &vectors[3]]) {
                assert!(bits(found) == bits(before), "{what}: something was written");
            }
        }
    };
    check("a plain one", NUMBERS, plain.clone(), true);
    check("a large rate", Numbers { learning_rate: 1e30, decay: 0.0, ..NUMBERS }, plain.clone(), true);
    check("a rate beyond f32", Numbers { learning_rate: 1e39, ..NUMBERS }, plain.clone(), false);
    check("a decay beyond f32", Numbers { decay: 1e39, ..NUMBERS }, plain.clone(), false);
    // One number of all, in the last group.
    let with = |vector: usize, value: f32| {
        let mut vectors = plain.clone();
        vectors[vector][len - 1] = value;
        vectors
    };
    let mut still = plain.clone();
    still.iter_mut().skip(1).for_each(|vector| vector[len - 1] = 0.0);
    check("an epsilon that rounds to 0", Numbers { epsilon: 1e-46, ..NUMBERS }, still, false);
    check("a moment that is no number", NUMBERS, with(2, f32::NAN), false);
    check("a second moment below 0", NUMBERS, with(3, -1.0), false);
    check("a weight past the limit", Numbers { learning_rate: 1e38, decay: 0.0, ..NUMBERS }, with(0, -3.3e38), false);
}

/// Frozen weights and their moments stay as they are, to the bit; the others move as if nothing were frozen, norm and all,
/// and what a frozen one would become is not looked at.
#[test]
fn a_step_of_adamw_leaves_alone_what_is_frozen() {
    let Some(device) = graphics("a_step_of_adamw_leaves_alone_what_is_frozen") else { return };
    for (len, round) in [(1usize, 0), (257, 1), (4099, 2), (70_001, 3)] {
        let positive = |lane: u64| -> Vec<f32> { normals(len, lane).into_iter().map(|v| v.abs() as f32).collect() };
        let mask: Vec<f32> = (0..len).map(|i| f32::from(u8::from(i % 5 < 2))).collect();
        let vectors = [positive(1), positive(2), positive(3), positive(4)];
        let [w, g, m, v] = vectors.each_ref().map(|values| up(&device, &[len], values));
        let (d, f) = (up(&device, &[len], &vec![1.0; len]), up(&device, &[len], &mask));
        let (total, alive) = (&up(&device, &[1], &[1.0]), &up(&device, &[1], &[1.0]));
        let plain =
            Before { weights: &w, gradient: &g, first: &m, second: &v, decaying: &d, frozen: None, total, alive };
        for sure in [true, false] {
            fill_memory_with_nan(&device);
            let free = update(plain, NUMBERS, sure);
            let held = update(Before { frozen: Some(&f), ..plain }, NUMBERS, sure);
            assert_eq!((down(&held.norm), down(&held.alive)), (down(&free.norm), vec![1.0]), "{round}");
            let found = [(&held.weights, &free.weights), (&held.first, &free.first), (&held.second, &free.second)];
            for ((held, free), before) in found.into_iter().zip([&vectors[0], &vectors[2], &vectors[3]]) {
                let (held, free) = (down(held), down(free));
                for i in 0..len {
                    let expected = if mask[i] == 1.0 { before[i] } else { free[i] };
                    assert_eq!(held[i].to_bits(), expected.to_bits(), "{i} of {len}, sure {sure}");
                }
            }
        }
        // No number there, and it does not matter.
        let mut spoilt = vectors[3].clone();
        spoilt[0] = f32::NAN;
        let spoilt = up(&device, &[len], &spoilt);
        let held = update(Before { second: &spoilt, frozen: Some(&f), ..plain }, NUMBERS, false);
        assert_eq!(down(&held.alive), [1.0]);
        assert!(down(&held.second)[0].is_nan());
        assert_eq!(down(&update(Before { second: &spoilt, ..plain }, NUMBERS, false).alive), [0.0]);
    }
}
