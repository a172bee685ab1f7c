//! Choosing the k largest: awkward sizes, views, ties.

use burn::tensor::{Device, Tensor};
use moe_arena::domain::draw::{Draws, Purpose};
use moe_arena::engine::kernels::{ChosenExperts, choose, first_choice, tallies, top_k_mask};

use super::{against_twin, everywhere, input};
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

#[test]
fn a_choice_is_the_largest_and_their_softmax() {
    everywhere("a_choice_is_the_largest_and_their_softmax", |device| {
        for (rows, width, k) in [(1, 1, 1), (7, 5, 2), (131, 8, 8), (33, 65, 3), (9, 256, 17)] {
            let inputs = [input("z", rows * width, 2.0, 3)];
            let made = |i: &[Tensor<1>]| choose(i[0].clone().reshape([rows, width]), k);
            let shares = |i: &[Tensor<1>]| made(i).shares.reshape([rows * width]);
            let twin = |i: &[Vec<f64>]| {
                let row = |z: &[f64]| {
                    let mut slots: Vec<usize> = (0..width).collect();
                    slots.sort_by(|&a, &b| z[b].total_cmp(&z[a]));
                    let sum: f64 = slots[..k].iter().map(|&slot| z[slot].exp()).sum();
                    let share = |slot: usize| if slots[..k].contains(&slot) { z[slot].exp() / sum } else { 0.0 };
                    (0..width).map(share).collect::<Vec<f64>>()
                };
                i[0].chunks_exact(width).flat_map(row).collect()
            };
            against_twin(&format!("choose {k} of {rows}×{width}"), device, &inputs, shares, twin);
        }
        // The marks are those of the mask also where the rows are awkward.
        let (nan, most) = (f32::NAN, f32::INFINITY);
        let rows = [[1.0, 1.0, 1.0, 1.0], [nan, -most, most, nan], [0.0, -0.0, 0.0, -0.0], [3e38, -3e38, 3e38, 0.0]];
        let z = Tensor::<2>::from_data(rows, device);
        for k in 1..=4 {
            let ChosenExperts { shares, picks } = choose(z.clone(), k);
            assert_eq!(picks.into_data(), top_k_mask(&z, k).into_data(), "{k}");
            let shares: Vec<f32> = shares.into_data().try_to_vec().unwrap();
            let even = |i: usize| if i < k { 1.0 / k as f32 } else { 0.0 };
            assert!((0..4).all(|i| (shares[i] - even(i)).abs() < 1e-6), "{shares:?}");
            assert!(shares[12..].iter().all(|share| share.is_finite()), "{shares:?}");
        }
    });
}

#[test]
fn masks_are_tallied() {
    everywhere("masks_are_tallied", |device| {
        let mask = |rows: [[f32; 3]; 2]| Tensor::<2>::from_data(rows, device);
        let masks = vec![mask([[1.0, 0.0, 1.0], [1.0, 0.0, 0.0]]), mask([[0.0, 0.0, 0.0], [0.0, 1.0, 1.0]])];
        let seven = [masks.clone(), masks.clone(), masks.clone(), vec![masks[1].clone()]].concat();
        let counts: Vec<f32> = tallies(seven).into_data().try_to_vec().unwrap();
        let pair = [2.0, 0.0, 1.0, 0.0, 1.0, 1.0];
        assert_eq!(counts, [pair.repeat(3), pair[3..].to_vec()].concat());
    });
}
