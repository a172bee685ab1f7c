//! The optimizer's step on a graphics device against a loop in double precision, and what stops it.

use super::adamw::{Numbers, Updated, update};
use super::fixture::{close, down, graphics, normals, soil, up, up64};

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
        for round in 0..2 {
            soil(&device);
            let what = |name: &str| format!("{name} of {len}, clipped to {clip_norm}, round {round}");
            let Updated { weights, first, second, norm: length, alive } =
                update(&w, &g, &m, &v, &d, &total, &alive, numbers);
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
        let after = update(&w, &g, &m, &v, &d, &total, &alive, NUMBERS);
        assert_eq!(down(&after.alive), [0.0], "{bad:?}");
        assert_eq!(down(&after.weights), numbers(1), "{bad:?}");
        assert_eq!(down(&after.first), numbers(2), "{bad:?}");
        assert_eq!(down(&after.second), numbers(3), "{bad:?}");
        let length = down(&after.norm)[0];
        assert_eq!(length.is_finite(), bad.is_none(), "{bad:?}: {length}");
    }
}
