//! Reads the experts of a layer from the device as plain neurons.

use burn::tensor::Transaction;

use super::trainer::Trainer;
use crate::domain::state::Neurons;
use crate::engine::device::DeviceFailure;

impl Trainer {
    /// A copy of a layer's experts as they are. Waits for the device. `None` if there is no such layer.
    ///
    /// The biases of the answers belong to no neuron and are left out.
    ///
    /// # Errors
    /// If the device cannot be read, or an update was cut off part-way.
    pub fn neurons(&self, layer: usize) -> Result<Option<Neurons>, DeviceFailure> {
        self.vectors().whole()?;
        let slots: Vec<_> = self.expert_slots(layer).map(|place| &self.layout().slots[place]).collect();
        let part = |tail: &str| slots.iter().find(|slot| slot.part() == tail).copied();
        let (Some(keys), Some(values)) = (part("experts.keys"), part("experts.values")) else { return Ok(None) };
        let wanted = [Some(keys), Some(values), part("experts.hidden_bias")];
        let read = wanted.into_iter().flatten().fold(Transaction::default(), |read, slot| {
            read.register(self.vectors().weights().clone().slice_dim(0, slot.range()))
        });
        let data = read.try_execute().map_err(|error| DeviceFailure::of(error.to_string()))?;
        let arrays: Result<Vec<Vec<f32>>, _> = data.into_iter().map(|data| data.try_to_vec()).collect();
        let arrays = arrays.map_err(|error| DeviceFailure::Lost(format!("{error:?}")))?;
        let biases = arrays.get(2).map_or(&[][..], Vec::as_slice);
        let sizes = [keys.shape[0], keys.shape[1], keys.shape[2]];
        Ok(Some(Neurons::gathered(&arrays[0], &arrays[1], biases, sizes)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use burn::tensor::Device;

    use super::*;
    use crate::domain::config::{Form, Preset};
    use crate::domain::measures::similarity::weight_cosine;
    use crate::domain::state::State;
    use crate::tasks;

    #[test]
    fn an_expert_whose_neurons_are_another_s_in_another_order_is_found_out() {
        for biased in [false, true] {
            let mut config = Preset::Tiny.config();
            (config.model.expert_bias, config.knobs.form) = (biased, Form::Language);
            let (d, h) = (config.model.width, config.model.expert_width);
            let mut state = State::initial(&config);
            // Expert 2 of the second layer becomes expert 1 with neuron h at place 5 h + 3 (mod H).
            let place = |neuron: usize| (5 * neuron + 3) % h;
            for array in state.weights.iter_mut().filter(|array| array.name.starts_with("blocks.1.experts.")) {
                let values = &mut array.values;
                match array.name.rsplit('.').next() {
                    Some("keys") => (0..d * h).for_each(|i| values[d * h + i / h * h + place(i % h)] = values[i]),
                    Some("values") => (0..d * h).for_each(|i| values[d * h + place(i / d) * d + i % d] = values[i]),
                    Some("hidden_bias") => (0..h).for_each(|i| {
                        values[i] = i as f32 * 0.1;
                        values[h + place(i)] = values[i];
                    }),
                    _ => {}
                }
            }
            let task = tasks::open(&config).unwrap();
            let trainer = Trainer::new(Arc::new(config), task, &Device::flex(), &state).unwrap();
            let found = trainer.neurons(1).unwrap().unwrap();
            assert_eq!((found.experts, found.count, found.width), (4, h, 2 * d + usize::from(biased)));
            let of = |one: usize, other: usize| weight_cosine(&found.of(one), &found.of(other), h);
            assert!((of(0, 1).matched - 1.0).abs() < 1e-12 && of(0, 1).as_they_lie.abs() < 0.35, "{:?}", of(0, 1));
            assert!(of(0, 2).matched < 0.75, "{:?}", of(0, 2));
            assert_eq!(trainer.neurons(2).unwrap(), None);
        }
    }
}
