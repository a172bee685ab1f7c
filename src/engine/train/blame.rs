//! Which number of the config is the cause of a step that is not finite: found by trying the step with usual ones.

use burn::tensor::Tensor;

use super::locate::{NonFinite, read};
use super::optimizer::{learning_rate, settings};
use super::trainer::Trainer;
use crate::domain::config::{Cause, Config, KnobId};
use crate::engine::device::DeviceFailure;
use crate::engine::kernels::gradient_norm;
use crate::engine::model::ForwardSettings;

/// A usual learning rate and weight decay, against which unusual ones are measured.
const USUAL: (f64, f64) = (1e-3, 0.1);

/// AdamW moves a weight by about the learning rate; by this many times the rate only if its moments are spoilt.
const FAR: f64 = 1e3;

impl Trainer {
    /// The numbers of the config that make the next step not finite, after [`Trainer::locate`] has `found` it to be so;
    /// none where it is not the config's fault. Waits for the device.
    ///
    /// Weights of the loss are found for certain: without them loss and gradient are finite. What has spoilt the weights
    /// of the network at a step before is told from the optimizer's settings and moments, and is the learning rate where
    /// nothing else stands out.
    ///
    /// # Errors
    /// If the device cannot be read, or an update was cut off part-way.
    pub fn blame(&self, found: &NonFinite) -> Result<Vec<Cause>, DeviceFailure> {
        self.vectors().whole()?;
        let ready = self.ready();
        match found {
            NonFinite::Data => return Ok(Vec::new()),
            NonFinite::Update { cause, .. } => return Ok(cause.iter().copied().collect()),
            NonFinite::Tensor(_) | NonFinite::GradientNorm => {}
        }
        let [weights] = read(std::iter::once(ready.clone()))?.try_into().unwrap_or_default();
        if !weights.iter().all(|weight| weight.is_finite()) {
            return Ok(Vec::new());
        }
        let in_loss = self.causes_in_loss(&ready)?;
        if in_loss.is_empty() { Ok(vec![self.cause_in_updates()?]) } else { Ok(in_loss) }
    }

    /// The weights of the loss without which its value and gradient are finite: as few as will do, none if they are not
    /// the cause.
    fn causes_in_loss(&self, ready: &Tensor<1>) -> Result<Vec<Cause>, DeviceFailure> {
        let mut config = Config::clone(self.config());
        config.knobs = self.progress().knobs.clone();
        let mut unusual = Cause::in_loss(&config);
        let all_usual = |causes: &[Cause]| {
            let mut tried = config.clone();
            causes.iter().for_each(|cause| cause.make_usual(&mut tried));
            tried
        };
        if unusual.is_empty() || !self.is_finite_under(ready, &all_usual(&unusual))? {
            return Ok(Vec::new());
        }
        // One after the other is put back as it was; those that cannot be are the causes.
        for cause in unusual.clone() {
            let fewer: Vec<Cause> = unusual.iter().copied().filter(|other| *other != cause).collect();
            if self.is_finite_under(ready, &all_usual(&fewer))? {
                unusual = fewer;
            }
        }
        Ok(unusual)
    }

    /// Whether the next step's loss and gradient were finite under `config`, which differs from the run's in its numbers.
    fn is_finite_under(&self, ready: &Tensor<1>, config: &Config) -> Result<bool, DeviceFailure> {
        let orders = ForwardSettings::of(config, &config.knobs, self.progress().step);
        let Ok(tracked) = self.tracked_by(ready, &orders) else { return Ok(false) };
        let total = tracked.total.clone().inner();
        let numbers = read(std::iter::once(total).chain(tracked.backward()))?;
        let slices: Vec<&[f32]> = numbers.iter().map(Vec::as_slice).collect();
        Ok(slices.iter().copied().flatten().all(|x| x.is_finite()) && gradient_norm(&slices[1..]).is_finite())
    }

    /// The number of the optimizer that has led the weights to where the forward pass is not finite.
    fn cause_in_updates(&self) -> Result<Cause, DeviceFailure> {
        let (config, progress) = (self.config(), self.progress());
        let (optimizer, peak) = (&config.optimizer, progress.knobs.learning_rate);
        let rate = learning_rate(optimizer, peak, progress.step, config.steps);
        // Decay alone makes weights grow where it takes more than twice what is there.
        if rate * optimizer.weight_decay > 2.0 && optimizer.weight_decay / USUAL.1 > peak / USUAL.0 {
            return Ok(Cause::WeightDecay(optimizer.weight_decay));
        }
        let vectors = [self.vectors().moments().first.clone(), self.vectors().moments().second.clone()];
        let [first, second] = read(vectors.into_iter())?.try_into().unwrap_or_default();
        let settings = settings(optimizer, rate, progress.updates.max(1));
        // How many learning rates the last update moved a weight by, at most.
        let reach = |epsilon: f64| {
            let moments = first.iter().zip(&second).map(|(&m, &v)| (f64::from(m).abs(), f64::from(v)));
            let quotient =
                |(m, v): (f64, f64)| m / settings.correction1 / ((v / settings.correction2).sqrt() + epsilon);
            moments.map(quotient).fold(0.0, f64::max)
        };
        let (epsilon, usual) = (optimizer.epsilon, Config::default().optimizer.epsilon);
        Ok(if reach(epsilon) < FAR {
            Cause::Knob(KnobId::LearningRate, peak)
        } else if reach(epsilon.max(usual)) < FAR {
            Cause::Epsilon(epsilon)
        } else if optimizer.beta1 > 0.99 {
            Cause::Beta1(optimizer.beta1)
        } else {
            Cause::Beta2(optimizer.beta2)
        })
    }
}
