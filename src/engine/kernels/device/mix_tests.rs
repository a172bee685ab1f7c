//! Grouping and mix on a graphics device against loops over tokens in double precision.

use super::fixture::{close, down, fill_memory_with_nan, graphics, normals, up, up64};
use super::grouping::{GroupingOffsets, TILE, group};
use super::mix::{backward, forward};
use super::twin::{Experts, OnDevice};
use crate::domain::config::Activation;
use crate::engine::kernels::top_k::mask_on_host;

/// How tokens choose.
#[derive(Clone, Copy, Debug)]
enum ChosenExperts {
    /// By random scores.
    Random,
    /// All tokens the same k experts, the last ones.
    Same,
    /// By random scores, but never the first expert (k < N).
    NotTheFirst,
}

/// `[T, N]`, k ones a row.
fn picks(tokens: usize, experts: usize, k: usize, choice: ChosenExperts) -> Vec<f32> {
    let mut scores: Vec<f32> = normals(tokens * experts, 5).into_iter().map(|v| v as f32).collect();
    for row in scores.chunks_exact_mut(experts) {
        match choice {
            ChosenExperts::Random => {}
            ChosenExperts::Same => row.iter_mut().enumerate().for_each(|(i, s)| *s = i as f32),
            ChosenExperts::NotTheFirst => row[0] = f32::NEG_INFINITY,
        }
    }
    let mut mask = vec![0.0; scores.len()];
    mask_on_host(&scores, experts, k, &mut mask);
    mask
}

#[test]
fn rows_are_grouped_by_expert_with_tokens_ascending() {
    let Some(device) = graphics("rows_are_grouped_by_expert_with_tokens_ascending") else { return };
    for (tokens, experts, k, choice) in [
        (1, 1, 1, ChosenExperts::Random),
        (1, 65, 3, ChosenExperts::Random),
        (131, 5, 2, ChosenExperts::Random),
        (200, 65, 7, ChosenExperts::NotTheFirst),
        (257, 8, 1, ChosenExperts::Same),
        (67, 256, 256, ChosenExperts::Random),
        (70, 33, 32, ChosenExperts::NotTheFirst),
    ] {
        let what = format!("{tokens} tokens, {experts} experts, k {k}, {choice:?}");
        let mask = picks(tokens, experts, k, choice);
        let weights: Vec<f32> = (0..mask.len()).map(|i| i as f32 + 0.5).collect();
        // The plan by the obvious loops.
        let (mut offsets, mut token_of_row, mut weight_of_row) = (vec![0u32], Vec::new(), Vec::new());
        let mut row_of = vec![0u32; mask.len()];
        let mut tiles = Vec::new();
        for e in 0..experts {
            let first = token_of_row.len();
            for t in (0..tokens).filter(|t| mask[t * experts + e] == 1.0) {
                row_of[t * experts + e] = token_of_row.len() as u32;
                token_of_row.push(t as u32);
                weight_of_row.push(weights[t * experts + e].to_bits());
            }
            tiles.extend((first..token_of_row.len()).step_by(TILE).flat_map(|row| [e as u32, row as u32]));
            offsets.push(token_of_row.len() as u32);
        }
        let picked = || (0..mask.len()).filter(|&i| mask[i] == 1.0);
        let places = GroupingOffsets::new(tokens, experts, k);
        while tiles.len() < 2 * places.tiles {
            tiles.extend([experts as u32, 0]);
        }
        assert_eq!(tiles.len(), 2 * places.tiles, "{what}: more tiles than there is room for");
        let mut expected = offsets;
        expected.extend(tiles);
        expected.extend(token_of_row);
        expected.extend(weight_of_row);
        expected.extend(picked().map(|i| row_of[i]));
        expected.extend(picked().map(|i| (i % experts) as u32));
        let (mask, weights) = (up(&device, &[tokens, experts], &mask), up(&device, &[tokens, experts], &weights));
        for round in 0..2 {
            fill_memory_with_nan(&device);
            let plan: Vec<u32> = down(&group(&mask, &weights, k)).into_iter().map(f32::to_bits).collect();
            assert_eq!(plan, expected, "{what}, round {round}");
        }
    }
}

#[test]
fn mix_and_its_gradients() {
    let Some(device) = graphics("mix_and_its_gradients") else { return };
    let (relu, gelu) = (Activation::Relu, Activation::Gelu);
    for (tokens, d, h, n, k, biased, kind, choice) in [
        (1, 4, 3, 2, 1, false, relu, ChosenExperts::Random),
        (1, 8, 8, 1, 1, true, gelu, ChosenExperts::Random),
        (13, 7, 5, 65, 3, true, gelu, ChosenExperts::Random),
        (131, 24, 67, 5, 2, false, relu, ChosenExperts::NotTheFirst),
        (97, 70, 20, 4, 4, true, gelu, ChosenExperts::Random),
        (150, 33, 65, 6, 1, true, relu, ChosenExperts::Same),
        (64, 64, 64, 8, 2, false, gelu, ChosenExperts::Random),
        (3, 16, 12, 20, 17, false, relu, ChosenExperts::Random),
        // More groups than fit along one axis of a launch.
        (66_001, 2, 3, 2, 1, false, relu, ChosenExperts::Random),
    ] {
        let what = format!("{tokens} tokens, width {d}, {h} hidden, {n} experts, k {k}, {kind:?}, {choice:?}");
        let experts = Experts::random(d, h, n, biased, kind);
        let (x, g) = (normals(tokens * d, 1), normals(tokens * d, 2));
        let weights: Vec<f64> = normals(tokens * n, 3).into_iter().map(|w| f64::from(w.abs() as f32)).collect();
        let mask = picks(tokens, n, k, choice);
        let (mut y, mut dx, mut dw) = (vec![0.0; tokens * d], vec![0.0; tokens * d], vec![0.0; tokens * n]);
        let mut sums = experts.zeros_like();
        for (i, _) in mask.iter().enumerate().filter(|(_, m)| **m == 1.0) {
            let (t, e) = (i / n, i % n);
            let own = t * d..(t + 1) * d;
            let (before, answer) = experts.answer(e, &x[own.clone()]);
            dw[i] = answer.iter().zip(&g[own.clone()]).map(|(a, g)| a * g).sum();
            y[own.clone()].iter_mut().zip(&answer).for_each(|(y, a)| *y += weights[i] * a);
            let scaled: Vec<f64> = g[own.clone()].iter().map(|g| g * weights[i]).collect();
            experts.back(e, &x[own.clone()], &before, &scaled, &mut sums, &mut dx[own]);
        }
        let (on, x, g) = (experts.up(&device), up64(&device, &[tokens, d], &x), up64(&device, &[tokens, d], &g));
        let (weights, mask) = (up64(&device, &[tokens, n], &weights), up(&device, &[tokens, n], &mask));
        // A sum over many tokens in f32 is off by as many roundings.
        let tolerance = if tokens > 1000 { 2e-5 } else { 3e-6 };
        let biases = on.biases.as_ref().map(|(a, c)| (a, c));
        let mut bits: Option<[Vec<f32>; 4]> = None;
        for round in 0..2 {
            let what = format!("{what}, round {round}");
            fill_memory_with_nan(&device);
            let (out, kept) = forward(&x, &on.keys, &on.values, biases, &weights, &mask, k, kind);
            close(&format!("{what}: y"), &down(&out), &y, 2e-6);
            fill_memory_with_nan(&device);
            let back = backward(&x, &on.keys, &on.values, biases, &weights, &mask, k, kind, &kept, &g);
            close(&format!("{what}: x"), &down(&back.x), &dx, 3e-6);
            close(&format!("{what}: weights"), &down(&back.weights), &dw, 3e-6);
            // The same to the last bit on every run.
            let these = [&out, &back.x, &back.keys, &back.values].map(down);
            assert_eq!(bits.get_or_insert_with(|| these.clone()), &these, "{what}");
            let got = OnDevice { keys: back.keys, values: back.values, biases: back.biases };
            sums.compare(&what, &got, tolerance);
        }
    }
}
