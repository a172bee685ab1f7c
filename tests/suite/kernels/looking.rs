//! How alike answers are: by stock operations on a graphics device, natively on the host.

use burn::tensor::{Device, Tensor};
use moe_arena::engine::train::pairwise_similarity::compared;

use super::normals;
use crate::devices;

#[test]
fn a_graphics_device_finds_answers_as_alike_as_the_host_does() {
    let Some(place) = devices::graphics("a_graphics_device_finds_answers_as_alike_as_the_host_does") else { return };
    for [experts, tokens, width] in [[1, 7, 3], [5, 64, 8], [8, 130, 16], [3, 600, 4]] {
        let mut answers: Vec<f32> = normals(experts * tokens * width, 1.0, 31).into_iter().map(|v| v as f32).collect();
        // The last expert answers nearly as the first.
        let last = (experts - 1) * tokens * width;
        (0..tokens * width).for_each(|i| answers[last + i] = 0.1 * answers[last + i] + answers[i]);
        let on = |device: &Device| -> Vec<f32> {
            let flat = Tensor::<1>::from_floats(answers.as_slice(), device);
            compared(flat.reshape([experts, tokens, width])).into_data().try_to_vec().unwrap()
        };
        let (found, expected) = (on(&place.device), on(&devices::cpu().device));
        assert_eq!((found.len(), expected.len()), (2 * experts * experts, 2 * experts * experts));
        for (cell, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert!((found - expected).abs() < 2e-5, "{experts}×{tokens}×{width}, {cell}: {found}, not {expected}");
        }
        assert!(experts == 1 || expected[experts - 1] > 0.98);
    }
}
