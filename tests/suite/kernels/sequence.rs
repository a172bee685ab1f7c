//! Causal attention with rotary positions.

use burn::tensor::{Device, Tensor};
use moe_arena::engine::kernels::causal_attention;

use super::{against_twin, everywhere, input};

/// Cosines, then sines, of every position and pair.
fn angles(positions: usize, head: usize) -> (Vec<f64>, Vec<f64>) {
    let angle = |t: usize, i: usize| t as f64 * 10_000f64.powf(-(i as f64) / (head / 2) as f64);
    let all = || (0..positions).flat_map(|t| (0..head / 2).map(move |i| angle(t, i)));
    (all().map(f64::cos).collect(), all().map(f64::sin).collect())
}

/// Sizes of an attention, and its rotary table.
struct Loops {
    positions: usize,
    heads: usize,
    head: usize,
    cos: Vec<f64>,
    sin: Vec<f64>,
}

impl Loops {
    fn new(positions: usize, heads: usize, head: usize) -> Self {
        // A table of more positions than there are: the context may be longer than the batch.
        let (cos, sin) = angles(positions + 3, head);
        Self { positions, heads, head, cos, sin }
    }

    fn rotary(&self, device: &Device) -> Tensor<3> {
        let table: Vec<f32> = self.cos.iter().chain(&self.sin).map(|&v| v as f32).collect();
        Tensor::<1>::from_floats(table.as_slice(), device).reshape([2, self.positions + 3, self.head / 2])
    }

    /// Query (0) or key (1), turned, or value (2) of a token.
    fn part(&self, qkv: &[f64], t: usize, which: usize, h: usize) -> Vec<f64> {
        let width = self.heads * self.head;
        let start = t * 3 * width + which * width + h * self.head;
        let x = &qkv[start..start + self.head];
        if which == 2 {
            return x.to_vec();
        }
        let (half, p) = (self.head / 2, t % self.positions);
        let at = |j: usize| (self.cos[p * half + j], self.sin[p * half + j]);
        let first = (0..half).map(|j| x[j] * at(j).0 - x[half + j] * at(j).1);
        let second = (0..half).map(|j| x[half + j] * at(j).0 + x[j] * at(j).1);
        first.chain(second).collect()
    }

    /// What token `t` reads from itself and those before it in its sequence: `[D]`
    fn row(&self, qkv: &[f64], t: usize) -> Vec<f64> {
        let mut out = Vec::new();
        for h in 0..self.heads {
            let query = self.part(qkv, t, 0, h);
            let earlier: Vec<usize> = (t - t % self.positions..=t).collect();
            let score = |&s: &usize| {
                let key = self.part(qkv, s, 1, h);
                (query.iter().zip(&key).map(|(q, k)| q * k).sum::<f64>() / (self.head as f64).sqrt()).exp()
            };
            let scores: Vec<f64> = earlier.iter().map(score).collect();
            let sum: f64 = scores.iter().sum();
            let mut mixed = vec![0.0; self.head];
            for (s, score) in earlier.iter().zip(&scores) {
                let value = self.part(qkv, *s, 2, h);
                mixed.iter_mut().zip(value).for_each(|(mixed, v)| *mixed += score / sum * v);
            }
            out.extend(mixed);
        }
        out
    }
}

#[test]
fn attention_is_its_loops() {
    everywhere("attention_is_its_loops", |device| {
        // The last as the widest tiles of the CPU take it, with positions that fill no tile.
        for (sequences, positions, heads, head) in
            [(1, 1, 1, 2), (2, 5, 3, 4), (1, 67, 2, 6), (2, 130, 1, 8), (1, 37, 2, 32)]
        {
            let (width, tokens) = (heads * head, sequences * positions);
            let loops = Loops::new(positions, heads, head);
            let rotary = loops.rotary(device);
            let inputs = [input("qkv", tokens * 3 * width, 1.0, 9)];
            let kernel = |i: &[Tensor<1>]| {
                let qkv = i[0].clone().reshape([tokens, 3 * width]);
                causal_attention(qkv, &rotary, sequences, heads).reshape([tokens * width])
            };
            let twin = |i: &[Vec<f64>]| (0..tokens).flat_map(|t| loops.row(&i[0], t)).collect();
            let what = format!("attention {sequences}×{positions}, {heads} heads of {head}");
            against_twin(&what, device, &inputs, kernel, twin);
        }
    });
}

#[test]
fn attention_over_thousands_of_positions_is_its_loops_where_looked_at() {
    everywhere("attention_over_thousands_of_positions_is_its_loops_where_looked_at", |device| {
        let (positions, heads, head) = (4096, 1, 8);
        let loops = Loops::new(positions, heads, head);
        let looked_at = [0, 1, 63, 64, 131, 1000, 2047, 2048, 4095];
        let wave = |i: usize, pace: f64| (i as f64 * pace + 0.3).sin();
        let x: Vec<f64> = (0..positions * 3 * head).map(|i| wave(i, 0.37)).collect();
        let single: Vec<f32> = x.iter().map(|&v| v as f32).collect();
        let qkv = Tensor::<1>::from_floats(single.as_slice(), device).autodiff().require_grad();
        let out = causal_attention(qkv.clone().reshape([positions, 3 * head]), &loops.rotary(device), 1, heads);
        // A loss of those rows alone.
        let mut probe = vec![0.0; positions * head];
        looked_at.iter().for_each(|&t| (0..head).for_each(|j| probe[t * head + j] = wave(t * head + j, 1.7)));
        let weights: Vec<f32> = probe.iter().map(|&v| v as f32).collect();
        let weights = Tensor::<1>::from_floats(weights.as_slice(), device).reshape([positions, head]).autodiff();
        let gradients = (out.clone() * weights).sum().backward();
        let gradient = qkv.grad(&gradients).unwrap().into_data().try_to_vec::<f32>().unwrap();
        let out = out.inner().into_data().try_to_vec::<f32>().unwrap();
        for t in looked_at {
            let expected = loops.row(&x, t);
            let found = &out[t * head..(t + 1) * head];
            let near = found.iter().zip(&expected).all(|(&a, b)| (f64::from(a) - b).abs() < 2e-5);
            assert!(near, "{device:?}, position {t}: {found:?} instead of {expected:?}");
        }
        // The slope of that loss along a direction, by central differences of the loops.
        let loss = |x: &[f64]| -> f64 {
            let row = |&t: &usize| loops.row(x, t).iter().zip(&probe[t * head..]).map(|(a, b)| a * b).sum::<f64>();
            looked_at.iter().map(row).sum()
        };
        for pace in [0.11, 2.9] {
            let along = |step: f64| x.iter().enumerate().map(|(i, v)| v + step * wave(i, pace)).collect::<Vec<f64>>();
            let expected = (loss(&along(1e-4)) - loss(&along(-1e-4))) / 2e-4;
            let found: f64 = gradient.iter().enumerate().map(|(i, &g)| f64::from(g) * wave(i, pace)).sum();
            assert!((found - expected).abs() < 1e-4 * expected.abs().max(1.0), "{device:?}: {found}, not {expected}");
        }
    });
}
