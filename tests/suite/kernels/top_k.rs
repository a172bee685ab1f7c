//! Choosing the k largest: awkward sizes, views, ties.

use burn::tensor::{Device, Tensor};
use moe_arena::draw::{Draws, Purpose};
use moe_arena::kernels::{first_choice, top_k_mask};

use crate::devices;

fn random(rows: usize, columns: usize, lane: u64) -> Vec<f32> {
    Draws::new(1, Purpose::Weights, 0, lane).normals(rows * columns, 1.0)
}

/// The k largest of each row by sorting, lower slot first among equals.
fn mask_by_sorting(scores: &[f32], columns: usize, k: usize) -> Vec<f32> {
    let mut mask = vec![0.0; scores.len()];
    for (row, values) in scores.chunks_exact(columns).enumerate() {
        let mut order: Vec<usize> = (0..columns).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        order[..k].iter().for_each(|&i| mask[row * columns + i] = 1.0);
    }
    mask
}

fn top_k_on(device: &Device) {
    for (tokens, experts, k) in [(1, 1, 1), (1, 5, 2), (7, 5, 5), (13, 65, 3), (131, 8, 2), (64, 256, 8), (3, 256, 255)]
    {
        let scores = random(tokens, experts, (tokens * experts) as u64);
        let expected = mask_by_sorting(&scores, experts, k);
        let plain = Tensor::<1>::from_floats(scores.as_slice(), device).reshape([tokens, experts]);
        let transposed: Vec<f32> = (0..experts * tokens).map(|i| scores[i % tokens * experts + i / tokens]).collect();
        let view = Tensor::<1>::from_floats(transposed.as_slice(), device).reshape([experts, tokens]).transpose();
        for (name, scores) in [("plain", plain), ("view", view)] {
            let mask: Vec<f32> = top_k_mask(&scores, k).into_data().try_to_vec().unwrap();
            assert_eq!(mask, expected, "{name}: {tokens} tokens, {experts} experts, k {k}");
            let first: Vec<f32> = first_choice(&scores).into_data().try_to_vec().unwrap();
            let expected = mask_by_sorting(&random(tokens, experts, (tokens * experts) as u64), experts, 1);
            assert_eq!(first, expected, "{name}: first choice of {experts}");
        }
    }
}

#[test]
fn top_k_on_the_cpu() {
    top_k_on(&devices::cpu().device);
}

#[test]
fn top_k_of_a_view() {
    if let Some(place) = devices::graphics("top_k_of_a_view") {
        top_k_on(&place.device);
    }
}
