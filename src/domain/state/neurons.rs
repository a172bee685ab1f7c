//! The experts of a layer as plain neurons: what comparing and merging their weights needs.

use super::Array;

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
    pub(crate) fn gathered(keys: &[f32], values: &[f32], biases: &[f32], [experts, inner, count]: [usize; 3]) -> Self {
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
