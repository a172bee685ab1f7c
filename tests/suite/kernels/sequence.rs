//! Causal attention with rotary positions.

use burn::tensor::Tensor;
use moe_arena::kernels::causal_attention;

use super::{against_twin, everywhere, input};

/// Cosines, then sines, of every position and pair.
fn angles(positions: usize, head: usize) -> (Vec<f64>, Vec<f64>) {
    let angle = |t: usize, i: usize| t as f64 * 10_000f64.powf(-(i as f64) / (head / 2) as f64);
    let all = || (0..positions).flat_map(|t| (0..head / 2).map(move |i| angle(t, i)));
    (all().map(f64::cos).collect(), all().map(f64::sin).collect())
}

#[test]
fn attention_is_its_loops() {
    everywhere("attention_is_its_loops", |device| {
        for (sequences, positions, heads, head) in [(1, 1, 1, 2), (2, 5, 3, 4), (1, 67, 2, 6), (2, 130, 1, 8)] {
            let (width, tokens) = (heads * head, sequences * positions);
            // A table of more positions than there are: the context may be longer than the batch.
            let (cos, sin) = angles(positions + 3, head);
            let table: Vec<f32> = cos.iter().chain(&sin).map(|&v| v as f32).collect();
            let rotary = Tensor::<1>::from_floats(table.as_slice(), device).reshape([2, positions + 3, head / 2]);
            let inputs = [input("qkv", tokens * 3 * width, 1.0, 9)];
            let kernel = |i: &[Tensor<1>]| {
                let qkv = i[0].clone().reshape([tokens, 3 * width]);
                causal_attention(qkv, &rotary, sequences, heads).reshape([tokens * width])
            };
            let twin = |i: &[Vec<f64>]| {
                let part = |t: usize, which: usize, h: usize| {
                    let start = t * 3 * width + which * width + h * head;
                    let x = &i[0][start..start + head];
                    if which == 2 {
                        return x.to_vec();
                    }
                    let (half, p) = (head / 2, t % positions);
                    let at = |j: usize| (cos[p * half + j], sin[p * half + j]);
                    let first = (0..half).map(|j| x[j] * at(j).0 - x[half + j] * at(j).1);
                    let second = (0..half).map(|j| x[half + j] * at(j).0 + x[j] * at(j).1);
                    first.chain(second).collect()
                };
                let mut out = vec![0.0; tokens * width];
                for t in 0..tokens {
                    for h in 0..heads {
                        let query = part(t, 0, h);
                        let earlier: Vec<usize> = (t - t % positions..=t).collect();
                        let score = |&s: &usize| {
                            let key = part(s, 1, h);
                            (query.iter().zip(&key).map(|(q, k)| q * k).sum::<f64>() / (head as f64).sqrt()).exp()
                        };
                        let scores: Vec<f64> = earlier.iter().map(score).collect();
                        let sum: f64 = scores.iter().sum();
                        for (s, score) in earlier.iter().zip(&scores) {
                            let value = part(*s, 2, h);
                            (0..head).for_each(|j| out[t * width + h * head + j] += score / sum * value[j]);
                        }
                    }
                }
                out
            };
            let what = format!("attention {sequences}×{positions}, {heads} heads of {head}");
            against_twin(&what, device, &inputs, kernel, twin);
        }
    });
}
