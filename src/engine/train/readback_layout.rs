//! The layout of a vector read back from the device: one value says which numbers lie where, to writer and reader alike.

use burn::tensor::Tensor;

use crate::engine::kernels::join;

/// Which fields a vector of numbers has, in order, and how long each is. Made by a [`ReadbackWriter`] as it writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadbackLayout<F> {
    fields: Vec<(F, usize)>,
}

impl<F: Copy + PartialEq> ReadbackLayout<F> {
    /// The numbers of a field; `None` if the vector has it not.
    ///
    /// # Panics
    /// If `numbers` is shorter than the layout says.
    pub fn find<'a>(&self, numbers: &'a [f32], field: F) -> Option<&'a [f32]> {
        let place = self.fields.iter().position(|(own, _)| *own == field)?;
        let start: usize = self.fields[..place].iter().map(|(_, len)| len).sum();
        Some(&numbers[start..start + self.fields[place].1])
    }

    /// The numbers of a field; none if the vector has it not.
    pub fn get<'a>(&self, numbers: &'a [f32], field: F) -> &'a [f32] {
        self.find(numbers, field).unwrap_or_default()
    }
}

/// Puts tensors behind each other to one vector and notes its layout. Nothing waits for the device.
#[derive(Debug)]
pub(crate) struct ReadbackWriter<F> {
    layout: ReadbackLayout<F>,
    parts: Vec<Tensor<1>>,
}

/// An empty vector.
impl<F> Default for ReadbackWriter<F> {
    fn default() -> Self {
        Self { layout: ReadbackLayout { fields: Vec::new() }, parts: Vec::new() }
    }
}

impl<F: Copy + PartialEq> ReadbackWriter<F> {
    /// Adds a field.
    pub fn push<const R: usize>(&mut self, field: F, numbers: Tensor<R>) {
        self.push_fields([field], numbers);
    }

    /// Adds fields of equal length that one tensor holds, one after the other.
    pub(crate) fn push_fields<const R: usize>(&mut self, fields: impl IntoIterator<Item = F>, numbers: Tensor<R>) {
        let fields: Vec<F> = fields.into_iter().collect();
        let len = numbers.dims().iter().product::<usize>();
        debug_assert!(!fields.is_empty() && len.is_multiple_of(fields.len()));
        let each = len / fields.len();
        self.layout.fields.extend(fields.into_iter().map(|field| (field, each)));
        self.parts.push(numbers.reshape([len]));
    }

    /// The layout, and the vector.
    ///
    /// # Panics
    /// If it has no field.
    pub(crate) fn finish(self) -> (ReadbackLayout<F>, Tensor<1>) {
        (self.layout, join(self.parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Field {
        Loss,
        Table,
        Counts(usize),
        Absent,
    }

    #[test]
    fn what_is_written_is_read_from_its_field() {
        let device = Device::flex();
        let mut writer = ReadbackWriter::default();
        writer.push(Field::Loss, Tensor::<1>::from_floats([2.5], &device));
        writer.push(Field::Table, Tensor::<2>::from_floats([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], &device));
        let counts = Tensor::<1>::from_floats([7.0, 8.0, 9.0, 10.0], &device);
        writer.push_fields([Field::Counts(0), Field::Counts(1)], counts);
        let (layout, numbers) = writer.finish();
        let numbers: Vec<f32> = numbers.into_data().try_to_vec().unwrap();
        assert_eq!(numbers.len(), 11);
        assert_eq!(layout.get(&numbers, Field::Loss), [2.5]);
        assert_eq!(layout.get(&numbers, Field::Table), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(layout.get(&numbers, Field::Counts(1)), [9.0, 10.0]);
        assert_eq!(layout.find(&numbers, Field::Absent), None);
        assert_eq!(layout.fields, [(Field::Loss, 1), (Field::Table, 6), (Field::Counts(0), 2), (Field::Counts(1), 2)]);
    }
}
