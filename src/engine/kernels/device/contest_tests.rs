//! The contest on a graphics device against loops over tokens in double precision; slopes by central differences.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Device;

use super::contest::{affinity, backward, forward, parts};
use super::fixture::{close, down, fill_memory_with_nan, graphics, normals, up64};
use super::twin::{Experts, OnDevice};
use crate::domain::config::{Activation, Response, Sharing};
use crate::engine::kernels::Rules;

fn respond(kind: Response, answer: &[f64]) -> f64 {
    let sigmoid = |a: f64| 1.0 / (1.0 + (-a).exp());
    let mean = |f: &dyn Fn(f64) -> f64| answer.iter().map(|&a| f(a)).sum::<f64>() / answer.len() as f64;
    match kind {
        Response::MeanSoftplus => mean(&|a| a.max(0.0) + (-a.abs()).exp().ln_1p()),
        Response::Norm => answer.iter().map(|a| a * a).sum::<f64>().sqrt(),
        Response::MeanRelu => mean(&|a| a.max(0.0)),
        Response::MeanSilu => mean(&|a| a * sigmoid(a)),
        Response::MeanSigmoid => mean(&sigmoid),
    }
}

/// One token's answers `[N, D]` and logits `[N]`, and which experts said nothing at all.
#[derive(Clone)]
struct Token {
    answers: Vec<Vec<f64>>,
    z: Vec<f64>,
    silent: Vec<bool>,
}

impl Token {
    fn affinity(&self, rules: Rules) -> Vec<f64> {
        let neural_response = |e: usize| match (rules.response, self.silent[e]) {
            (Response::Norm, true) => 0.0,
            _ => respond(rules.response, &self.answers[e]),
        };
        let gate = |e: usize| if rules.gated { 0.5 * (neural_response(e) + self.z[e]) } else { neural_response(e) };
        (0..self.z.len()).map(gate).collect()
    }

    /// Affinity, output and diversity, given who wins.
    fn packed(&self, rules: Rules, winners: &[usize]) -> Vec<f64> {
        let s = self.affinity(rules);
        let of: Vec<f64> = match rules.sharing {
            Sharing::Ratio => winners.iter().map(|&e| s[e]).collect(),
            Sharing::Softmax => winners.iter().map(|&e| (s[e] - s[winners[0]]).exp()).collect(),
        };
        let sum: f64 = of.iter().sum();
        let even = rules.sharing == Sharing::Ratio && sum.abs() < 1e-6;
        let share = |i: usize| if even { 1.0 / winners.len() as f64 } else { of[i] / sum };
        let d = self.answers[0].len();
        let y = (0..d).map(|i| winners.iter().enumerate().map(|(j, &e)| share(j) * self.answers[e][i]).sum());
        let cosine = |a: usize, b: usize| {
            let dot =
                |a: usize, b: usize| self.answers[a].iter().zip(&self.answers[b]).map(|(a, b)| a * b).sum::<f64>();
            if self.silent[a] || self.silent[b] { 0.0 } else { dot(a, b) / (dot(a, a) * dot(b, b)).sqrt() }
        };
        let pairs = winners.iter().flat_map(|&a| winners.iter().map(move |&b| (a, b))).filter(|(a, b)| a != b);
        let diversity = pairs.map(|(a, b)| cosine(a, b)).sum::<f64>() / (rules.k * rules.k) as f64;
        s.iter().copied().chain(y).chain([diversity]).collect()
    }

    /// The k strongest, the lower slot first among equals.
    fn winners(&self, rules: Rules) -> Vec<usize> {
        let s = self.affinity(rules);
        let mut slots: Vec<usize> = (0..s.len()).collect();
        slots.sort_by(|&a, &b| s[b].total_cmp(&s[a]).then(a.cmp(&b)));
        slots.truncate(rules.k);
        slots
    }

    /// Slopes of Σ g · packed in the answers and in z, by central differences with the winners held.
    fn slopes(&self, rules: Rules, g: &[f64]) -> (Vec<Vec<f64>>, Vec<f64>) {
        let winners = self.winners(rules);
        let value = |token: &Self| token.packed(rules, &winners).iter().zip(g).map(|(p, g)| p * g).sum::<f64>();
        let step = 1e-5;
        let slope = |set: &dyn Fn(&mut Self, f64)| {
            let (mut up, mut down) = (self.clone(), self.clone());
            set(&mut up, step);
            set(&mut down, -step);
            (value(&up) - value(&down)) / (2.0 * step)
        };
        let answers = (0..self.z.len())
            .map(|e| (0..self.answers[e].len()).map(|i| slope(&|t, by| t.answers[e][i] += by)).collect())
            .collect();
        (answers, (0..self.z.len()).map(|e| slope(&|t, by| t.z[e] += by)).collect())
    }
}

/// Rows of affinity, output and diversity side by side, `[T, N + D + 1]`, from output, affinity and diversity.
fn beside([output, affinity, diversity]: [&CubeTensor; 3]) -> Vec<f32> {
    let (y, s, diversity) = (down(output), down(affinity), down(diversity));
    let of = |values: &[f32], t: usize| {
        let width = values.len() / diversity.len();
        values[t * width..(t + 1) * width].to_vec()
    };
    (0..diversity.len()).flat_map(|t| [of(&s, t), of(&y, t), of(&diversity, t)].concat()).collect()
}

/// Gradients of output, affinity and diversity from such rows.
fn apart(device: &Device, g: &[f64], n: usize, d: usize) -> [CubeTensor; 3] {
    let rows = g.len() / (n + d + 1);
    let columns = |first: usize, last: usize| -> Vec<f64> {
        g.chunks_exact(n + d + 1).flat_map(|row| row[first..last].to_vec()).collect()
    };
    [
        up64(device, &[rows, d], &columns(n, n + d)),
        up64(device, &[rows, n], &columns(0, n)),
        up64(device, &[rows], &columns(n + d, n + d + 1)),
    ]
}

/// A layer's competition, and what it should come to.
struct Case {
    tokens: usize,
    experts: Experts,
    rules: Rules,
}

impl Case {
    fn check(&self, device: &Device) {
        let Self { tokens, ref experts, rules } = *self;
        let Experts { d, h, n, kind, biased, .. } = *experts;
        let what = format!("{tokens} tokens, width {d}, {h} hidden, {n} experts, biases {biased}, {kind:?}, {rules:?}");
        let (x, z) = (normals(tokens * d, 1), normals(tokens * n, 3));
        let g = normals(tokens * (n + d + 1), 2);
        let (mut packed, mut dz, mut dx) = (Vec::new(), Vec::new(), vec![0.0; tokens * d]);
        let mut marks = vec![0.0; tokens * n];
        let mut sums = experts.zeros_like();
        for t in 0..tokens {
            let x = &x[t * d..(t + 1) * d];
            let (before, answers): (Vec<_>, Vec<_>) = (0..n).map(|e| experts.answer(e, x)).unzip();
            let silent = answers.iter().map(|a: &Vec<f64>| a.iter().all(|&v| v == 0.0)).collect();
            let token = Token { answers, z: z[t * n..(t + 1) * n].to_vec(), silent };
            let winners = token.winners(rules);
            winners.iter().for_each(|winner| marks[t * n + winner] = 1.0);
            packed.extend(token.packed(rules, &winners));
            let (da, own) = token.slopes(rules, &g[t * (n + d + 1)..(t + 1) * (n + d + 1)]);
            dz.extend(own);
            for e in 0..n {
                experts.back(e, x, &before[e], &da[e], &mut sums, &mut dx[t * d..(t + 1) * d]);
            }
        }
        let affinities: Vec<f64> = packed.chunks_exact(n + d + 1).flat_map(|row| row[..n].to_vec()).collect();
        let on = experts.up(device);
        let biases = on.biases.as_ref().map(|(a, c)| (a, c));
        let (x, z) = (up64(device, &[tokens, d], &x), up64(device, &[tokens, n], &z));
        let g = apart(device, &g, n, d);
        let mut bits: Option<[Vec<f32>; 4]> = None;
        for round in 0..2 {
            let what = format!("{what}, round {round}");
            fill_memory_with_nan(device);
            let (out, kept) = forward(&x, &on.keys, &on.values, biases, &z, rules, kind);
            let [y, s, diversity, winners] = &out;
            close(&format!("{what}: outcome"), &beside([y, s, diversity]), &packed, 3e-6);
            assert_eq!(down(winners), marks, "{what}: winners");
            fill_memory_with_nan(device);
            let back = backward(&x, &on.keys, &on.values, biases, rules, kind, &kept, g.each_ref());
            assert_eq!(back.z.is_some(), rules.gated, "{what}: z");
            back.z.iter().for_each(|z| close(&format!("{what}: z"), &down(z), &dz, 1e-5));
            close(&format!("{what}: x"), &down(&back.x), &dx, 1e-5);
            // The same to the last bit on every run.
            let these = [y, &back.x, &back.keys, &back.values].map(down);
            assert_eq!(bits.get_or_insert_with(|| these.clone()), &these, "{what}");
            sums.compare(&what, &OnDevice { keys: back.keys, values: back.values, biases: back.biases }, 1e-5);
            fill_memory_with_nan(device);
            let alone = affinity(&x, &on.keys, &on.values, biases, &z, rules, kind);
            close(&format!("{what}: affinity"), &down(&alone), &affinities, 3e-6);
            let alone = parts(&x, &on.keys, &on.values, biases, &z, rules, kind, 5);
            close(&format!("{what}: affinity by parts"), &down(&alone), &affinities, 3e-6);
        }
    }
}

#[test]
fn contest_and_its_gradients() {
    let Some(device) = graphics("contest_and_its_gradients") else { return };
    let (relu, gelu) = (Activation::Relu, Activation::Gelu);
    let (ratio, softmax) = (Sharing::Ratio, Sharing::Softmax);
    for (tokens, d, h, n, k, biased, kind, response, sharing, gated) in [
        (1, 6, 4, 3, 1, false, relu, Response::MeanSoftplus, ratio, false),
        (1, 5, 3, 1, 1, true, gelu, Response::Norm, softmax, true),
        (13, 7, 5, 65, 3, true, gelu, Response::MeanSoftplus, ratio, false),
        (11, 17, 66, 4, 4, true, gelu, Response::Norm, softmax, true),
        (7, 33, 10, 18, 17, false, gelu, Response::MeanSigmoid, ratio, true),
        (5, 12, 9, 6, 2, true, gelu, Response::MeanSilu, softmax, false),
        (6, 9, 8, 5, 2, true, gelu, Response::MeanRelu, softmax, false),
        (67, 20, 16, 8, 2, false, relu, Response::MeanSoftplus, ratio, false),
    ] {
        let rules = Rules { k, response, sharing, gated };
        Case { tokens, experts: Experts::random(d, h, n, biased, kind), rules }.check(&device);
    }
}

/// Experts whose values are zero answer zero: their norm and direction have no slope, ties go to the lower slot, and
/// winners who say nothing at all share evenly.
#[test]
fn silent_experts_in_a_contest() {
    let Some(device) = graphics("silent_experts_in_a_contest") else { return };
    let (d, h, n) = (6, 5, 4);
    for (silent, k, response, sharing) in [
        (1, 3, Response::MeanSoftplus, Sharing::Ratio),
        (1, 4, Response::Norm, Sharing::Softmax),
        (2, 4, Response::Norm, Sharing::Ratio),
        (4, 2, Response::Norm, Sharing::Ratio),
        (4, 3, Response::MeanRelu, Sharing::Ratio),
        (4, 2, Response::MeanSoftplus, Sharing::Softmax),
    ] {
        let mut experts = Experts::random(d, h, n, false, Activation::Gelu);
        experts.values[..silent * h * d].fill(0.0);
        if response == Response::MeanRelu {
            // All zero: the slope of max(a, 0) is taken as 0 there, where a difference would say one half.
            let x = up64(&device, &[3, d], &normals(3 * d, 1));
            let (on, z) = (experts.up(&device), up64(&device, &[3, n], &[0.0; 12]));
            let rules = Rules { k, response, sharing, gated: false };
            let (out, kept) = forward(&x, &on.keys, &on.values, None, &z, rules, experts.kind);
            let [y, s, diversity, _] = &out;
            close("nothing said", &beside([y, s, diversity]), &vec![0.0; 3 * (n + d + 1)], 0.0);
            let g = apart(&device, &vec![1.0; 3 * (n + d + 1)], n, d);
            let back = backward(&x, &on.keys, &on.values, None, rules, experts.kind, &kept, g.each_ref());
            close("dx of nothing", &down(&back.x), &vec![0.0; 3 * d], 0.0);
            let values = down(&back.values);
            // Each of the k first shares evenly: its values' gradient is that of an answer whose gradient is 1/k.
            let mut sums = experts.zeros_like();
            for t in 0..3 {
                let x = &normals(3 * d, 1)[t * d..(t + 1) * d];
                for e in 0..k {
                    let (before, _) = experts.answer(e, x);
                    experts.back(e, x, &before, &vec![1.0 / k as f64; d], &mut sums, &mut [0.0; 6]);
                }
            }
            close("values of nothing", &values, &sums.values, 1e-5);
            continue;
        }
        Case { tokens: 3, experts, rules: Rules { k, response, sharing, gated: false } }.check(&device);
    }
}

/// Answers in the thousands: every response and its slope stay finite, and right.
#[test]
fn loud_experts_in_a_contest() {
    let Some(device) = graphics("loud_experts_in_a_contest") else { return };
    for (k, response, sharing) in [
        (3, Response::MeanSoftplus, Sharing::Ratio),
        (2, Response::MeanSigmoid, Sharing::Ratio),
        (2, Response::MeanSilu, Sharing::Softmax),
        (4, Response::Norm, Sharing::Ratio),
    ] {
        let mut experts = Experts::random(6, 5, 4, true, Activation::Gelu);
        experts.keys.iter_mut().for_each(|key| *key *= 64.0);
        experts.values.iter_mut().for_each(|value| *value *= 64.0);
        Case { tokens: 9, experts, rules: Rules { k, response, sharing, gated: false } }.check(&device);
    }
}

/// An expert that says exactly the opposite of its neighbour is exactly as response by the norm: the lower slot wins.
#[test]
fn ties_in_a_contest() {
    let Some(device) = graphics("ties_in_a_contest") else { return };
    let (d, h) = (7, 5);
    for (k, sharing) in [(1, Sharing::Ratio), (3, Sharing::Softmax)] {
        let mut experts = Experts::random(d, h, 4, false, Activation::Gelu);
        for pair in 0..2 {
            let (first, second) = (2 * pair, 2 * pair + 1);
            experts.keys.copy_within(first * d * h..(first + 1) * d * h, second * d * h);
            let opposite: Vec<f64> = experts.values[first * h * d..second * h * d].iter().map(|v| -v).collect();
            experts.values[second * h * d..(second + 1) * h * d].copy_from_slice(&opposite);
        }
        let rules = Rules { k, response: Response::Norm, sharing, gated: false };
        Case { tokens: 19, experts, rules }.check(&device);
    }
}

/// An expert that answers NaN is last, and the others' shares are what they are without it.
#[test]
fn an_expert_that_is_lost_does_not_win() {
    let Some(device) = graphics("an_expert_that_is_lost_does_not_win") else { return };
    let (tokens, d, h) = (5, 6, 4);
    let rules = Rules { k: 2, response: Response::MeanSoftplus, sharing: Sharing::Ratio, gated: false };
    let sound = Experts::random(d, h, 3, false, Activation::Relu);
    let mut lost = Experts::random(d, h, 4, false, Activation::Relu);
    // The lost one stands first, the sound ones after it.
    lost.keys[d * h..].copy_from_slice(&sound.keys);
    lost.values[h * d..].copy_from_slice(&sound.values);
    lost.keys[..d * h].fill(f64::NAN);
    let x = up64(&device, &[tokens, d], &normals(tokens * d, 1));
    let packed = |experts: &Experts| {
        let on = experts.up(&device);
        let z = up64(&device, &[tokens, experts.n], &vec![0.0; tokens * experts.n]);
        let ([y, s, diversity, _], _) = forward(&x, &on.keys, &on.values, None, &z, rules, experts.kind);
        beside([&y, &s, &diversity])
    };
    let (with, without) = (packed(&lost), packed(&sound));
    for (with, without) in with.chunks_exact(4 + d + 1).zip(without.chunks_exact(3 + d + 1)) {
        assert!(with[0].is_nan(), "{with:?}");
        assert_eq!(with[1..], *without);
        assert!(without.iter().all(|v| v.is_finite()), "{without:?}");
    }
}
