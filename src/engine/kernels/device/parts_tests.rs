//! Launches that are cut into parts make the same numbers, to the bit, as whole ones.

use burn::backend::wgpu::CubeTensor;

use super::attention;
use super::experts::{ExpertRows, Factor, Then, gradient, product};
use super::fixture::{down, fill_memory_with_nan, graphics, normals, up64};
use crate::engine::kernels::launch::tests::{cut, launches};

/// Numbers of some tensors.
fn numbers(tensors: &[&CubeTensor]) -> Vec<Vec<u32>> {
    tensors.iter().map(|tensor| down(tensor).into_iter().map(f32::to_bits).collect()).collect()
}

/// Whole, then cut so that no launch makes more than `most` operations: equal, and in more launches.
fn agree(what: &str, most: u64, make: impl Fn() -> Vec<Vec<u32>>) {
    let (whole, once) = launches(&make);
    let (parts, often) = cut(most, || launches(&make));
    assert!(often >= once + 2, "{what}: {once} launches whole, {often} cut");
    assert!(whole == parts, "{what}: {often} launches make other numbers than {once}");
}

#[test]
fn products_of_experts_can_be_cut() {
    let Some(device) = graphics("products_of_experts_can_be_cut") else { return };
    fill_memory_with_nan(&device);
    let (tokens, experts, width, hidden) = (200, 3, 96, 130);
    let x = up64(&device, &[tokens, width], &normals(tokens * width, 1));
    let keys = up64(&device, &[experts, width, hidden], &normals(experts * width * hidden, 2));
    let inner = up64(&device, &[experts * tokens, hidden], &normals(experts * tokens * hidden, 3));
    let rows = ExpertRows::Dense { tokens, first: 0, experts };
    let gathered = || Factor { values: &x, gathered: true, act: 0 };
    let plain = || Factor { values: &inner, gathered: false, act: 1 };
    let all = (2 * experts * tokens * width * hidden) as u64;
    agree("a product", all / 4, || numbers(&[&product(rows, gathered(), &keys, false, Then::Nothing)]));
    agree("a product summed over experts", all / 4, || numbers(&[&product(rows, plain(), &keys, true, Then::Sum)]));
    agree("a gradient", all / 4, || {
        let (matrix, bias) = gradient(rows, gathered(), plain(), true);
        numbers(&[&matrix, &bias.unwrap()])
    });
}

#[test]
fn attention_can_be_cut() {
    let Some(device) = graphics("attention_can_be_cut") else { return };
    fill_memory_with_nan(&device);
    let (sequences, positions, heads, head) = (2, 150, 2, 80);
    let (tokens, width) = (sequences * positions, heads * head);
    let qkv = up64(&device, &[tokens, 3 * width], &normals(tokens * 3 * width, 1));
    let g = up64(&device, &[tokens, width], &normals(tokens * width, 2));
    let angles: Vec<f64> = normals(positions * head / 2, 3);
    let table: Vec<f64> = angles.iter().map(|a| a.cos()).chain(angles.iter().map(|a| a.sin())).collect();
    let rotary = up64(&device, &[2, positions, head / 2], &table);
    let whole = (2 * tokens * positions * width) as u64;
    agree("attention", whole / 3, || {
        let (out, kept) = attention::forward(&qkv, &rotary, sequences, heads);
        let dqkv = attention::backward(&qkv, &rotary, &out, &kept, &g, sequences, heads);
        numbers(&[&out, &kept[1], &dqkv])
    });
}
