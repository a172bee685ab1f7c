//! Experts in double precision, one token and one expert at a time: what the tests of mix and contest compare with.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Device;

use super::fixture::{close, down, normals, up64};
use crate::domain::config::Activation;

/// erf(x): its power series, and where that cancels the first terms of 1 − erf(x)'s asymptotic one. Good to 1e-9.
pub fn erf(x: f64) -> f64 {
    let square = x * x;
    if square > 16.0 {
        let tail = 1.0 - 0.5 / square * (1.0 - 1.5 / square * (1.0 - 2.5 / square));
        return x.signum() - (-square).exp() / (x * std::f64::consts::PI.sqrt()) * tail;
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..100 {
        term *= -square / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI
}

/// An activation and its slope.
fn act(kind: Activation, x: f64) -> (f64, f64) {
    match kind {
        Activation::Relu => (x.max(0.0), if x > 0.0 { 1.0 } else { 0.0 }),
        Activation::Gelu => {
            let phi = 0.5 * (1.0 + erf(x * std::f64::consts::FRAC_1_SQRT_2));
            (x * phi, phi + x * (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt())
        }
    }
}

/// Some experts; also the shape of their gradients.
#[derive(Clone)]
pub struct Experts {
    pub d: usize,
    pub h: usize,
    pub n: usize,
    pub biased: bool,
    pub kind: Activation,
    pub keys: Vec<f64>,
    pub values: Vec<f64>,
    pub inner: Vec<f64>,
    pub outer: Vec<f64>,
}

/// The four tensors of experts on the device.
pub(crate) struct OnDevice {
    pub keys: CubeTensor,
    pub values: CubeTensor,
    pub biases: Option<(CubeTensor, CubeTensor)>,
}

impl Experts {
    pub fn random(d: usize, h: usize, n: usize, biased: bool, kind: Activation) -> Self {
        let scaled = |len: usize, lane: u64, by: f64| -> Vec<f64> {
            normals(len, lane).into_iter().map(|v| f64::from((v * by) as f32)).collect()
        };
        let keys = scaled(n * d * h, 11, 1.4 / (d as f64).sqrt());
        let values = scaled(n * h * d, 12, 1.4 / (h as f64).sqrt());
        let some = if biased { 0.3 } else { 0.0 };
        let (inner, outer) = (scaled(n * h, 13, some), scaled(n * d, 14, some));
        Self { d, h, n, biased, kind, keys, values, inner, outer }
    }

    pub fn zeros_like(&self) -> Self {
        let zeros = |v: &Vec<f64>| vec![0.0; v.len()];
        Self {
            keys: zeros(&self.keys),
            values: zeros(&self.values),
            inner: zeros(&self.inner),
            outer: zeros(&self.outer),
            ..*self
        }
    }

    pub fn up(&self, device: &Device) -> OnDevice {
        let Self { d, h, n, .. } = *self;
        OnDevice {
            keys: up64(device, &[n, d, h], &self.keys),
            values: up64(device, &[n, h, d], &self.values),
            biases: self.biased.then(|| (up64(device, &[n, h], &self.inner), up64(device, &[n, d], &self.outer))),
        }
    }

    /// What enters the activation of expert `e`, `[H]`, and its answer, `[D]`.
    pub fn answer(&self, e: usize, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let Self { d, h, .. } = *self;
        let before: Vec<f64> = (0..h)
            .map(|j| self.inner[e * h + j] + (0..d).map(|i| x[i] * self.keys[(e * d + i) * h + j]).sum::<f64>())
            .collect();
        let answer = (0..d)
            .map(|i| {
                let sum: f64 = (0..h).map(|j| act(self.kind, before[j]).0 * self.values[(e * h + j) * d + i]).sum();
                self.outer[e * d + i] + sum
            })
            .collect();
        (before, answer)
    }

    /// Adds to `sums` and `dx` what the gradient `g` `[D]` of expert `e`'s answer to `x` says.
    pub fn back(&self, e: usize, x: &[f64], before: &[f64], g: &[f64], sums: &mut Self, dx: &mut [f64]) {
        let Self { d, h, .. } = *self;
        for (i, g) in g.iter().enumerate() {
            sums.outer[e * d + i] += g;
        }
        for (j, &before) in before.iter().enumerate() {
            let (value, slope) = act(self.kind, before);
            let mut through = 0.0;
            for (i, g) in g.iter().enumerate() {
                sums.values[(e * h + j) * d + i] += value * g;
                through += g * self.values[(e * h + j) * d + i];
            }
            through *= slope;
            sums.inner[e * h + j] += through;
            for i in 0..d {
                sums.keys[(e * d + i) * h + j] += x[i] * through;
                dx[i] += self.keys[(e * d + i) * h + j] * through;
            }
        }
    }

    /// Fails unless the gradients on the device are these.
    pub fn compare(&self, what: &str, got: &OnDevice, tolerance: f64) {
        close(&format!("{what}: keys"), &down(&got.keys), &self.keys, tolerance);
        close(&format!("{what}: values"), &down(&got.values), &self.values, tolerance);
        assert_eq!(got.biases.is_some(), self.biased);
        if let Some((inner, outer)) = &got.biases {
            close(&format!("{what}: inner biases"), &down(inner), &self.inner, tolerance);
            close(&format!("{what}: outer biases"), &down(outer), &self.outer, tolerance);
        }
    }
}
