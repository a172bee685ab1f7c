//! The dense products of a competition by themselves, to be timed: ours, and Burn's batched product of the same matrices.

use std::time::{Duration, Instant};

use burn::tensor::{Device, Tensor};

use super::step_profile::ProfileError;
use crate::domain::draw::{Draws, Purpose};
use crate::engine::device::DeviceFailure;
use crate::engine::kernels::{dense_products, stock_products};

/// Sizes of the products: T tokens times N matrices `[D, H]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProductBenchSizes {
    /// Tokens T.
    pub tokens: usize,
    /// Width D.
    pub width: usize,
    /// Expert width H.
    pub expert_width: usize,
    /// Experts N.
    pub experts: usize,
}

impl ProductBenchSizes {
    /// Floating-point operations.
    pub fn flop(self) -> u64 {
        [self.tokens, self.width, self.expert_width, self.experts].iter().fold(2, |flop, &size| flop * size as u64)
    }
}

/// Random tokens and matrices.
#[derive(Debug)]
pub(crate) struct ProductBench {
    device: Device,
    x: Tensor<2>,
    keys: Tensor<3>,
}

impl ProductBench {
    /// Draws everything from one seed.
    pub fn new(sizes: ProductBenchSizes, device: &Device) -> Self {
        let ProductBenchSizes { tokens, width, expert_width, experts } = sizes;
        let drawn = |lane, len: usize| {
            let values = Draws::new(1, Purpose::Weights, 0, lane).normals(len, 1.0);
            Tensor::<1>::from_floats(values.as_slice(), device)
        };
        let keys = drawn(1, experts * width * expert_width).reshape([experts, width, expert_width]);
        Self { device: device.clone(), x: drawn(0, tokens * width).reshape([tokens, width]), keys }
    }

    /// How long our products take, and Burn's, each waited for.
    ///
    /// # Errors
    /// If the device failed.
    pub fn pass(&self) -> Result<(Duration, Duration), ProfileError> {
        Ok((self.time(dense_products)?, self.time(stock_products)?))
    }

    fn time(&self, product: impl Fn(Tensor<2>, Tensor<3>) -> Tensor<3>) -> Result<Duration, ProfileError> {
        let wait =
            || self.device.sync().map_err(|e| ProfileError::Device { failure: DeviceFailure::of(e.to_string()) });
        wait()?;
        let start = Instant::now();
        let made = product(self.x.clone(), self.keys.clone());
        wait()?;
        let taken = start.elapsed();
        drop(made);
        Ok(taken)
    }
}
