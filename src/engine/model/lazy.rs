//! A tensor that is computed when it is first asked for: what is there to be looked at costs a step nothing.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

use burn::tensor::Tensor;

/// `[T, N]`, perhaps not yet computed; clones share it.
#[derive(Clone)]
pub struct LazyTensor(Rc<Recipe>);

struct Recipe {
    made: OnceCell<Tensor<2>>,
    make: Box<dyn Fn() -> Tensor<2>>,
}

impl LazyTensor {
    /// What `make` will make.
    pub fn new(make: impl Fn() -> Tensor<2> + 'static) -> Self {
        Self(Rc::new(Recipe { made: OnceCell::new(), make: Box::new(make) }))
    }

    /// The tensor.
    pub fn get(&self) -> Tensor<2> {
        self.0.made.get_or_init(|| (self.0.make)()).clone()
    }
}

impl From<Tensor<2>> for LazyTensor {
    fn from(made: Tensor<2>) -> Self {
        Self::new(move || made.clone())
    }
}

impl fmt::Debug for LazyTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Later").field(&self.0.made.get()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;
    use std::cell::Cell;

    #[test]
    fn it_is_computed_once_and_only_if_asked_for() {
        let times = Rc::new(Cell::new(0));
        let counted = times.clone();
        let later = LazyTensor::new(move || {
            counted.set(counted.get() + 1);
            Tensor::from_data([[1.0, 2.0]], &Device::flex())
        });
        let other = later.clone();
        assert_eq!(times.get(), 0);
        assert_eq!(later.get().into_data(), other.get().into_data());
        assert_eq!(times.get(), 1);
    }
}
