//! Whether a device computes what the CPU computes: a matrix product and one step of a tiny network, forward and backward.
//!
//! Drivers have been seen whose products are all zeros beyond a certain size, or whose results are simply wrong; a run
//! on them would look like learning that does not work.

use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use super::trainer::Trainer;
use crate::domain::config::{Config, Preset};
use crate::domain::draw::{Draws, Purpose};
use crate::domain::state::State;
use crate::engine::kernels::linear;
use crate::tasks;

/// Largest difference that counts as the same, as a share of the largest number. Orders of summation differ by 1e-5.
const TOLERANCE: f32 = 1e-3;

/// What one device made of the same work.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sample {
    /// Name and numbers, in the order in which they were made.
    parts: Vec<(&'static str, Vec<f32>)>,
}

/// Does a little of everything on `device` and compares it with the CPU. Takes a few seconds where shaders are compiled.
///
/// # Errors
/// What is wrong, in words: which computation, what was found, what was expected.
pub fn check(device: &Device) -> Result<(), String> {
    judge(&sample(&Device::flex())?, &sample(device)?)
}

/// Compares part by part.
fn judge(expected: &Sample, found: &Sample) -> Result<(), String> {
    for ((what, expected), (_, found)) in expected.parts.iter().zip(&found.parts) {
        let largest = expected.iter().fold(0.0f32, |most, v| most.max(v.abs()));
        if found.iter().all(|&v| v == 0.0) && largest > 0.0 {
            return Err(format!("{what} is all zeros"));
        }
        if found.len() != expected.len() {
            return Err(format!("{what} has {} numbers, expected {}", found.len(), expected.len()));
        }
        for (place, (&found, &expected)) in found.iter().zip(expected).enumerate() {
            let off = (found - expected).abs();
            if off.is_nan() || off > TOLERANCE * largest {
                return Err(format!("{what} is {found} at place {place}, expected {expected}"));
            }
        }
    }
    Ok(())
}

fn sample(device: &Device) -> Result<Sample, String> {
    let mut sample = Sample::default();
    let (rows, depth, columns) = (640, 96, 80);
    let random = |len: usize, lane: u64| {
        let values = Draws::new(7, Purpose::Weights, 0, lane).normals(len, 1.0);
        Tensor::<1>::from_floats(values.as_slice(), device)
    };
    let product =
        linear(random(rows * depth, 1).reshape([rows, depth]), random(depth * columns, 2).reshape([depth, columns]));
    sample.take("a matrix product", product.reshape([rows * columns]))?;
    for (rate, loss, gradient) in [
        (0.0, "the loss of a router step", "the gradient of a router step"),
        (1.0, "the loss of a competition step", "the gradient of a competition step"),
    ] {
        let config = tiny(rate);
        let task = tasks::open(&config).map_err(|error| error.to_string())?;
        let state = State::initial(&config);
        let trainer = Trainer::new(Arc::new(config), task, device, &state).map_err(|error| error.to_string())?;
        let tracked = trainer.tracked(&trainer.ready()).map_err(|error| error.to_string())?;
        sample.take(loss, tracked.total.clone().inner())?;
        sample.take(gradient, Tensor::cat(tracked.backward(), 0))?;
    }
    Ok(sample)
}

/// The tiny preset, every layer competing at every step or none.
fn tiny(rate: f64) -> Config {
    let mut config = Preset::Tiny.config();
    config.knobs.competition_rate = rate;
    config.knobs.max_competing_layers = config.model.layers;
    config
}

impl Sample {
    fn take(&mut self, what: &'static str, numbers: Tensor<1>) -> Result<(), String> {
        let data = numbers.try_into_data().map_err(|error| format!("{what} cannot be read: {error}"))?;
        self.parts.push((what, data.try_to_vec::<f32>().map_err(|error| format!("{what} cannot be read: {error:?}"))?));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoiled(what: &str, spoil: impl Fn(&mut Vec<f32>)) -> Result<(), String> {
        let right = sample(&Device::flex()).unwrap();
        let mut wrong = right.clone();
        spoil(&mut wrong.parts.iter_mut().find(|part| part.0.contains(what)).unwrap().1);
        judge(&right, &wrong)
    }

    #[test]
    fn the_cpu_agrees_with_itself() {
        assert_eq!(check(&Device::flex()), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let zeros = spoiled("product", |v| v.fill(0.0)).unwrap_err();
        assert_eq!(zeros, "a matrix product is all zeros");
        let nan = spoiled("loss of a router", |v| v[0] = f32::NAN).unwrap_err();
        assert!(nan.starts_with("the loss of a router step is NaN at place 0, expected "), "{nan}");
        let off = spoiled("gradient of a competition", |v| {
            let largest = v.iter().fold(0.0f32, |m, v| m.max(v.abs()));
            v[5] += 0.01 * largest;
        });
        assert!(off.unwrap_err().contains("competition step is"));
        assert!(spoiled("product", |v| v.iter_mut().for_each(|v| *v *= 1.00001)).is_ok(), "rounding is no fault");
    }
}
