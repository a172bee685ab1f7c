//! Fixture of the device kernels' tests: an adapter, transfers to and from it, memory full of NaN, comparisons that see NaN.

use burn::backend::Cube;
use burn::backend::wgpu::CubeTensor;
use burn::tensor::{Device, Shape, Tensor};

use crate::domain::draw::{Draws, Purpose};
use crate::engine::device::fixture;

/// A graphics adapter, software or not; `None`, with a message, if there is none and `MOE_ARENA_NEED_GPU` demands none.
pub fn graphics(test: &str) -> Option<Device> {
    fixture::graphics(test).map(|place| place.device)
}

/// Numbers on the device, in this shape.
pub fn up(device: &Device, shape: &[usize], values: &[f32]) -> CubeTensor {
    assert_eq!(shape.iter().product::<usize>(), values.len());
    let flat = Tensor::<1>::from_floats(values, device).try_into_primitive::<Cube>().unwrap();
    CubeTensor::new_contiguous(flat.client, flat.device, Shape::from(shape.to_vec()), flat.handle, flat.dtype)
}

/// The same from double precision.
pub(crate) fn up64(device: &Device, shape: &[usize], values: &[f64]) -> CubeTensor {
    let values: Vec<f32> = values.iter().map(|&v| v as f32).collect();
    up(device, shape, &values)
}

/// Numbers back on the host.
pub fn down(tensor: &CubeTensor) -> Vec<f32> {
    let len: usize = crate::engine::kernels::launch::sizes(tensor).iter().product();
    let tensor = tensor.clone();
    let flat =
        CubeTensor::new_contiguous(tensor.client, tensor.device, Shape::from(vec![len]), tensor.handle, tensor.dtype);
    Tensor::<1>::from_primitive::<Cube>(flat).try_into_data().unwrap().try_to_vec().unwrap()
}

/// Fills and frees memory of many sizes with NaN, so that a kernel that relies on zeros in a fresh buffer is found out.
pub(crate) fn fill_memory_with_nan(device: &Device) {
    let dirt: Vec<_> = (0..9).map(|i| up(device, &[1 << (2 * i)], &vec![f32::NAN; 1 << (2 * i)])).collect();
    dirt.iter().for_each(|d| drop(down(d)));
}

/// Standard normal numbers, the same in every run, exact in f32.
pub fn normals(len: usize, lane: u64) -> Vec<f64> {
    Draws::new(3, Purpose::Weights, 0, lane).normals(len, 1.0).into_iter().map(f64::from).collect()
}

/// Fails unless every number is within `tolerance` of what is wanted, measured by the largest wanted number (at least 1e-3).
pub fn close(what: &str, got: &[f32], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{what}: length");
    let scale = want.iter().fold(1e-3f64, |m, w| m.max(w.abs()));
    for (i, (&g, &w)) in got.iter().zip(want).enumerate() {
        let off = (f64::from(g) - w).abs() / scale;
        assert!(off <= tolerance, "{what}[{i}]: {g} instead of {w}, {off:.1e} of {scale}");
    }
}
