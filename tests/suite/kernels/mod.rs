//! Kernels against plain loops in f64 and their central differences, on every device there is: awkward sizes, experts
//! without a token, ties, twice in a row so that a buffer somebody else has written shows. On the host every buffer that is
//! not zeroed holds NaN where debug assertions are on, so a number that a kernel leaves out shows at any size.

mod contest;
mod experts;
mod looking;
mod losses;
mod mix;
mod rows;
mod sequence;
mod top_k;

use burn::tensor::{Device, Tensor};
use moe_arena::domain::draw::{Draws, Purpose};

use crate::devices;

/// A tensor that goes into a kernel.
pub struct Input {
    pub name: &'static str,
    pub values: Vec<f64>,
}

/// `len` numbers of a normal distribution, the same for the same `lane`.
pub fn normals(len: usize, deviation: f64, lane: u64) -> Vec<f64> {
    Draws::new(2, Purpose::Weights, 0, lane).normals(len, deviation).into_iter().map(f64::from).collect()
}

pub fn input(name: &'static str, len: usize, deviation: f64, lane: u64) -> Input {
    Input { name, values: normals(len, deviation, lane) }
}

fn lowered(values: &[f64], device: &Device) -> Tensor<1> {
    let values: Vec<f32> = values.iter().map(|&v| v as f32).collect();
    Tensor::from_floats(values.as_slice(), device)
}

/// Runs `kernel` on `device` and compares its result with `twin`, and its gradients with the twin's central differences.
///
/// Both take the inputs flat and give the result flat.
pub fn against_twin(
    what: &str,
    device: &Device,
    inputs: &[Input],
    kernel: impl Fn(&[Tensor<1>]) -> Tensor<1>,
    twin: impl Fn(&[Vec<f64>]) -> Vec<f64>,
) {
    let plain: Vec<Vec<f64>> = inputs.iter().map(|i| i.values.iter().map(|&v| f64::from(v as f32)).collect()).collect();
    let expected = twin(&plain);
    let probe: Vec<f64> = normals(expected.len(), 1.0, 99).into_iter().map(|v| f64::from(v as f32)).collect();
    let loss = |at: &[Vec<f64>]| twin(at).iter().zip(&probe).map(|(y, p)| y * p).sum::<f64>();
    for run in 1..=2 {
        let leaves: Vec<Tensor<1>> =
            inputs.iter().map(|i| lowered(&i.values, device).autodiff().require_grad()).collect();
        let output = kernel(&leaves);
        let ours: Vec<f32> = output.clone().inner().into_data().try_to_vec().unwrap();
        assert_eq!(ours.len(), expected.len(), "{what}");
        let largest = expected.iter().fold(1e-3f64, |m, v| m.max(v.abs()));
        for (i, (&ours, expected)) in ours.iter().zip(&expected).enumerate() {
            let off = (f64::from(ours) - expected).abs();
            assert!(off <= 3e-5 * largest, "{what}, run {run}, entry {i}: {ours}, expected {expected}");
        }
        let mut gradients = (output * lowered(&probe, device).autodiff()).sum().backward();
        for (place, (leaf, input)) in leaves.iter().zip(inputs).enumerate() {
            let gradient = leaf.grad_remove(&mut gradients);
            let gradient: Vec<f32> = gradient.map_or_else(Vec::new, |g| g.into_data().try_to_vec().unwrap());
            assert!(gradient.iter().all(|g| g.is_finite()), "{what}: gradient of {} is not finite", input.name);
            for direction in 0..3 {
                let along = normals(input.values.len(), 1.0, 1000 + direction);
                // So short that no ReLU is likely to turn within it; the twin counts in f64.
                let step = 1e-8;
                let moved = |sign: f64| {
                    let mut at = plain.clone();
                    at[place].iter_mut().zip(&along).for_each(|(v, a)| *v += sign * step * a);
                    loss(&at)
                };
                let expected = (moved(1.0) - moved(-1.0)) / (2.0 * step);
                let ours: f64 = gradient.iter().zip(&along).map(|(&g, a)| f64::from(g) * a).sum();
                let size = gradient.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
                let allowed = 2e-4 * (size + expected.abs()) + 2e-5;
                let name = input.name;
                assert!(
                    (ours - expected).abs() <= allowed,
                    "{what}, run {run}: along {name} {ours}, expected {expected}"
                );
            }
        }
    }
}

/// Runs `test` on the CPU, and on a graphics adapter if there is one.
pub fn everywhere(name: &str, test: impl Fn(&Device)) {
    test(&devices::cpu().device);
    if let Some(place) = devices::graphics(name) {
        test(&place.device);
    }
}

pub fn relu(x: f64) -> f64 {
    x.max(0.0)
}

/// x·Φ(x), Φ by its series and its continued fraction, far more exact than f32.
pub fn gelu(x: f64) -> f64 {
    let t = x.abs() / std::f64::consts::SQRT_2;
    let erf = if t < 3.0 {
        let (mut sum, mut term) = (t, t);
        for n in 1..80 {
            term *= -t * t / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    } else {
        let tail = (1..60).rev().fold(t, |f, n| t + f64::from(n) * 0.5 / f);
        1.0 - (-t * t).exp() / (tail * std::f64::consts::PI.sqrt())
    };
    x * 0.5 * (1.0 + erf.copysign(x))
}
