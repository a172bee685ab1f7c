//! The experts of a layer as plain neurons on the host: what comparing their weights needs.

use burn::tensor::Transaction;

use super::state::Array;
use super::trainer::Trainer;
use crate::device::DeviceFailure;

/// The experts of one layer, neuron by neuron.
#[derive(Clone, Debug, PartialEq)]
pub struct Neurons {
    /// Experts N.
    pub experts: usize,
    /// Hidden neurons H of an expert.
    pub count: usize,
    /// Weights W of a neuron: the D into it, the D out of it and, if there are biases, its own.
    pub width: usize,
    /// `[N, H, W]`
    values: Vec<f32>,
}

impl Neurons {
    /// `[H × W]` the neurons of the expert in a slot.
    pub fn of(&self, slot: usize) -> Vec<f64> {
        let each = self.count * self.width;
        self.values[slot * each..(slot + 1) * each].iter().map(|&weight| f64::from(weight)).collect()
    }

    /// `[H × W]` the neurons of one expert from its layer's keys `[N, D, H]`, values `[N, H, D]` and biases `[N, H]`, if there
    /// are any.
    pub(super) fn of_one(keys: &Array, values: &Array, biases: Option<&Array>, expert: usize) -> Vec<f64> {
        fn own(array: &Array, expert: usize) -> &[f32] {
            let each = array.values.len() / array.shape[0];
            &array.values[expert * each..(expert + 1) * each]
        }
        let biases = biases.map_or(&[][..], |array| own(array, expert));
        Self::gathered(own(keys, expert), own(values, expert), biases, [1, keys.shape[1], keys.shape[2]]).of(0)
    }

    /// From keys `[N, D, H]`, values `[N, H, D]` and biases of the neurons `[N, H]`, empty if there are none; the sizes are
    /// N, D and H.
    pub fn gathered(keys: &[f32], values: &[f32], biases: &[f32], [experts, inner, count]: [usize; 3]) -> Self {
        let width = 2 * inner + usize::from(!biases.is_empty());
        let mut gathered = Vec::with_capacity(experts * count * width);
        for (expert, neuron) in (0..experts).flat_map(|expert| (0..count).map(move |neuron| (expert, neuron))) {
            gathered.extend((0..inner).map(|d| keys[(expert * inner + d) * count + neuron]));
            gathered.extend(&values[(expert * count + neuron) * inner..][..inner]);
            gathered.extend(biases.get(expert * count + neuron));
        }
        Self { experts, count, width, values: gathered }
    }
}

impl Trainer {
    /// A copy of a layer's experts as they are. Waits for the device. `None` if there is no such layer.
    ///
    /// The biases of the answers belong to no neuron and are left out.
    ///
    /// # Errors
    /// If the device cannot be read, or an update was cut off part-way.
    pub fn neurons(&self, layer: usize) -> Result<Option<Neurons>, DeviceFailure> {
        self.commit.whole()?;
        let slots: Vec<_> = self.expert_slots(layer).map(|place| &self.layout.slots[place]).collect();
        let part = |tail: &str| slots.iter().find(|slot| slot.part() == tail).copied();
        let (Some(keys), Some(values)) = (part("experts.keys"), part("experts.values")) else { return Ok(None) };
        let wanted = [Some(keys), Some(values), part("experts.hidden_bias")];
        let read = wanted
            .into_iter()
            .flatten()
            .fold(Transaction::default(), |read, slot| read.register(self.weights.clone().slice_dim(0, slot.range())));
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

    use super::super::State;
    use super::*;
    use crate::config::{Form, Preset};
    use crate::data::Corpus;
    use crate::diagnostics::similarity::weight_cosine;

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
            let corpus = Arc::new(Corpus::open(&config.text).unwrap());
            let trainer = Trainer::new(Arc::new(config), corpus, &Device::flex(), &state).unwrap();
            let found = trainer.neurons(1).unwrap().unwrap();
            assert_eq!((found.experts, found.count, found.width), (4, h, 2 * d + usize::from(biased)));
            let of = |one: usize, other: usize| weight_cosine(&found.of(one), &found.of(other), h);
            assert!((of(0, 1).matched - 1.0).abs() < 1e-12 && of(0, 1).as_they_lie.abs() < 0.35, "{:?}", of(0, 1));
            assert!(of(0, 2).matched < 0.75, "{:?}", of(0, 2));
            assert_eq!(trainer.neurons(2).unwrap(), None);
        }
    }
}
