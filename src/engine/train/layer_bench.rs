//! One mixture-of-experts layer by itself, to be timed: forward, and backward to its input and all its weights.

use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor};

use super::step_profile::ProfileError;
use crate::domain::config::{Activation, Knobs, Preset};
use crate::domain::draw::{Draws, Purpose};
use crate::engine::device::DeviceFailure;
use crate::engine::kernels::ExpertWeights;
use crate::engine::model::{ForwardSettings, LayerInputs, Mixture, Mode, Router, moe_layer};

/// Sizes of a layer alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayerBenchSizes {
    /// Tokens T, in sequences of 128.
    pub tokens: usize,
    /// Width D.
    pub width: usize,
    /// Expert width H.
    pub expert_width: usize,
    /// ExpertWeights N.
    pub experts: usize,
    /// Answers a token, k.
    pub top_k: usize,
}

/// A layer with random weights and a random input.
#[derive(Debug)]
pub(crate) struct LayerBench {
    sizes: LayerBenchSizes,
    device: Device,
    x: Tensor<1>,
    weights: [Tensor<1>; 3],
    probe: Tensor<1>,
}

impl LayerBench {
    /// Draws everything from one seed.
    pub fn new(sizes: LayerBenchSizes, device: &Device) -> Self {
        let LayerBenchSizes { tokens, width, expert_width, experts, .. } = sizes;
        let mut lane = 0;
        let mut drawn = |len: usize, deviation: f64| {
            lane += 1;
            let values = Draws::new(1, Purpose::Weights, 0, lane).normals(len, deviation);
            Tensor::<1>::from_floats(values.as_slice(), device)
        };
        let near = (width as f64).powf(-0.5);
        let router = drawn(experts * width, near);
        let keys = drawn(experts * width * expert_width, near);
        let values = drawn(experts * width * expert_width, ((experts * expert_width) as f64).powf(-0.5));
        let (x, probe) = (drawn(tokens * width, 1.0), drawn(tokens * width, 1.0));
        Self { sizes, device: device.clone(), x, weights: [router, keys, values], probe }
    }

    /// One pass in the given mode: how long forward and backward took, each waited for.
    ///
    /// # Errors
    /// If the device failed.
    pub fn pass(&self, mode: Mode) -> Result<(Duration, Duration), ProfileError> {
        let LayerBenchSizes { tokens, width, expert_width, experts, top_k } = self.sizes;
        let wait =
            || self.device.sync().map_err(|e| ProfileError::Device { failure: DeviceFailure::of(e.to_string()) });
        let leaf = |t: &Tensor<1>| t.clone().autodiff().require_grad();
        wait()?;
        let start = Instant::now();
        let leaves = [leaf(&self.x), leaf(&self.weights[0]), leaf(&self.weights[1]), leaf(&self.weights[2])];
        let [x, gate, keys, values] = leaves.clone();
        let router = Router { weight: Some(gate.reshape([experts, width])), ..Router::default() };
        let experts = ExpertWeights {
            keys: keys.reshape([experts, width, expert_width]),
            values: values.reshape([experts, expert_width, width]),
            biases: None,
            activation: Activation::Relu,
        };
        let orders = ForwardSettings::of(&Preset::Medium.config(), &Knobs { top_k, ..Knobs::default() }, 0);
        let mixture = Mixture { router, experts, shared: None };
        let x = x.reshape([tokens, width]);
        let output = moe_layer(&mixture, x, (tokens / 128).max(1), mode, &orders, &LayerInputs::default());
        let probe = self.probe.clone().autodiff().reshape([tokens, width]);
        let mut total = (output.y * probe).sum();
        if let Some(auxiliary) = output.auxiliary {
            total = total + auxiliary;
        }
        wait()?;
        let forward = start.elapsed();
        let mut gradients = total.backward();
        let made: Vec<_> = leaves.into_iter().filter_map(|leaf| leaf.grad_remove(&mut gradients)).collect();
        wait()?;
        let backward = start.elapsed() - forward;
        drop(made);
        Ok((forward, backward))
    }
}
