//! The whole network as obvious loops in double precision: one token, one head, one expert at a time.
//!
//! Shares nothing with the program but the layout's names and shapes.

use std::cell::RefCell;
use std::collections::HashMap;

use moe_arena::domain::config::{Activation, Knobs, ModelConfig};
use moe_arena::domain::state::State;

pub struct Twin {
    pub model: ModelConfig,
    pub weights: HashMap<String, Vec<f64>>,
    /// What its layers did with each token, in the order in which they were run.
    pub seen: RefCell<Vec<SeenToken>>,
}

/// One token in one layer with experts.
pub struct SeenToken {
    pub z: Vec<f64>,
    pub p: Vec<f64>,
    /// p, or on a competition step s.
    pub scores: Vec<f64>,
    /// The best first.
    pub chosen: Vec<usize>,
    pub answers: Rows,
    pub y: Vec<f64>,
}

pub type Rows = Vec<Vec<f64>>;

fn times(x: &[f64], matrix: &[f64], columns: usize) -> Vec<f64> {
    (0..columns).map(|c| x.iter().enumerate().map(|(r, v)| v * matrix[r * columns + c]).sum()).collect()
}

pub fn softmax(z: &[f64]) -> Vec<f64> {
    let largest = z.iter().copied().fold(f64::MIN, f64::max);
    let e: Vec<f64> = z.iter().map(|v| (v - largest).exp()).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|v| v / sum).collect()
}

fn best(scores: &[f64], k: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order.truncate(k);
    order
}

/// The error function by its series, to double precision for the small arguments of a test.
fn erf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

impl Twin {
    pub fn of(model: &ModelConfig, state: &State) -> Self {
        let weights = state.weights.iter().map(|a| (a.name.clone(), a.values.iter().map(|&v| f64::from(v)).collect()));
        Self { model: model.clone(), weights: weights.collect(), seen: RefCell::default() }
    }

    fn activate(&self, x: f64) -> f64 {
        match self.model.activation {
            Activation::Relu => x.max(0.0),
            Activation::Gelu => x * 0.5 * (1.0 + erf(x / 2f64.sqrt())),
        }
    }

    fn rms(&self, x: &[f64], gain: &str) -> Vec<f64> {
        let mean = x.iter().map(|v| v * v).sum::<f64>() / x.len() as f64;
        x.iter().zip(&self.weights[gain]).map(|(v, g)| v / (mean + 1e-5).sqrt() * g).collect()
    }

    fn attention(&self, x: &Rows, block: usize) -> Rows {
        let (d, heads) = (self.model.width, self.model.heads);
        let head = d / heads;
        let qkv: Rows =
            x.iter().map(|row| times(row, &self.weights[&format!("blocks.{block}.attention.qkv")], 3 * d)).collect();
        let turned = |t: usize, part: usize, h: usize| -> Vec<f64> {
            let v = &qkv[t][(part * heads + h) * head..][..head];
            (0..head)
                .map(|i| {
                    let pairs = head / 2;
                    let angle = t as f64 * 10_000f64.powf(-((i % pairs) as f64) / pairs as f64);
                    if i < pairs {
                        v[i] * angle.cos() - v[i + pairs] * angle.sin()
                    } else {
                        v[i] * angle.cos() + v[i - pairs] * angle.sin()
                    }
                })
                .collect()
        };
        (0..x.len())
            .map(|t| {
                let mut mixed = Vec::new();
                for h in 0..heads {
                    let query = turned(t, 0, h);
                    let scores: Vec<f64> = (0..=t)
                        .map(|s| {
                            query.iter().zip(turned(s, 1, h)).map(|(a, b)| a * b).sum::<f64>() / (head as f64).sqrt()
                        })
                        .collect();
                    let p = softmax(&scores);
                    let value = |s: usize, i: usize| qkv[s][(2 * heads + h) * head + i];
                    mixed.extend((0..head).map(|i| (0..=t).map(|s| p[s] * value(s, i)).sum::<f64>()));
                }
                times(&mixed, &self.weights[&format!("blocks.{block}.attention.out")], d)
            })
            .collect()
    }

    fn two_layer(&self, x: &[f64], keys: &[f64], values: &[f64], hidden: usize) -> Vec<f64> {
        let inner: Vec<f64> = times(x, keys, hidden).iter().map(|&v| self.activate(v)).collect();
        times(&inner, values, self.model.width)
    }

    /// One layer with experts over one sequence: outputs, and what its sequence adds to the auxiliary loss (to be
    /// averaged over sequences).
    fn moe(&self, x: &Rows, block: usize, experts: usize, compete: bool, knobs: &Knobs) -> (Rows, f64) {
        let (d, hidden, k) = (self.model.width, self.model.expert_width, knobs.top_k);
        let router = &self.weights[&format!("blocks.{block}.router.weight")];
        let (keys, values) = (
            &self.weights[&format!("blocks.{block}.experts.keys")],
            &self.weights[&format!("blocks.{block}.experts.values")],
        );
        let answer = |x: &[f64], i: usize| {
            let size = d * hidden;
            self.two_layer(x, &keys[i * size..(i + 1) * size], &values[i * size..(i + 1) * size], hidden)
        };
        let tokens = x.len() as f64;
        let (mut out, mut mean) = (Rows::new(), vec![0.0; experts]);
        let (mut distilled, mut of_winners, mut diverse) = (0.0, 0.0, 0.0);
        for row in x {
            let z: Vec<f64> =
                (0..experts).map(|i| row.iter().zip(&router[i * d..]).map(|(a, b)| a * b).sum()).collect();
            let p = softmax(&z);
            let answers: Rows = (0..experts).map(|i| answer(row, i)).collect();
            let (scores, balanced) = if compete {
                let s: Vec<f64> =
                    answers.iter().map(|a| a.iter().map(|v| v.exp().ln_1p()).sum::<f64>() / d as f64).collect();
                let q = softmax(&s);
                let winners = best(&s, k);
                distilled += p.iter().zip(&q).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / (tokens * experts as f64);
                of_winners += winners.iter().map(|&i| (p[i] - q[i]).powi(2)).sum::<f64>() / (tokens * k as f64);
                let length = |i: usize| answers[i].iter().map(|v| v * v).sum::<f64>().sqrt();
                for &i in &winners {
                    for &j in winners.iter().filter(|&&j| j != i) {
                        let dot: f64 = answers[i].iter().zip(&answers[j]).map(|(a, b)| a * b).sum();
                        diverse += dot / (length(i) * length(j)) / (tokens * (k * k) as f64);
                    }
                }
                (s, softmax(&q))
            } else {
                (p.clone(), p.clone())
            };
            mean.iter_mut().zip(&balanced).for_each(|(m, b)| *m += b / tokens);
            let chosen = best(&scores, k);
            let sum: f64 = chosen.iter().map(|&i| scores[i]).sum();
            let y: Vec<f64> = (0..d).map(|c| chosen.iter().map(|&i| scores[i] / sum * answers[i][c]).sum()).collect();
            out.push(y.clone());
            self.seen.borrow_mut().push(SeenToken { z, p, scores, chosen, answers, y });
        }
        let balance: f64 = mean.iter().map(|m| m * m.ln()).sum();
        let auxiliary = if compete {
            knobs.router_weight * (distilled + knobs.theta * of_winners)
                + knobs.affinity_balance_weight / 2.0 * balance
                + knobs.diversity_weight / 2.0 * diverse
        } else {
            knobs.balance_weight * balance
        };
        (out, auxiliary)
    }

    /// Logits per token and the auxiliary loss of one sequence.
    pub fn sequence(&self, bytes: &[u8], compete: &[bool], experts: usize, knobs: &Knobs) -> (Rows, f64) {
        let d = self.model.width;
        let embedding = &self.weights["embedding"];
        let mut x: Rows = bytes.iter().map(|&b| embedding[usize::from(b) * d..][..d].to_vec()).collect();
        let (mut auxiliary, mut mixtures) = (0.0, 0);
        let add = |x: &mut Rows, y: Rows| {
            x.iter_mut().zip(y).for_each(|(a, b)| a.iter_mut().zip(b).for_each(|(a, b)| *a += b))
        };
        for block in 0..self.model.layers {
            let normed = |x: &Rows, gain: &str| -> Rows {
                x.iter().map(|r| self.rms(r, &format!("blocks.{block}.{gain}.gain"))).collect()
            };
            let y = self.attention(&normed(&x, "attention_norm"), block);
            add(&mut x, y);
            let entering = normed(&x, "feed_forward_norm");
            let y = if self.model.is_moe(block) {
                let (y, term) = self.moe(&entering, block, experts, compete[mixtures], knobs);
                mixtures += 1;
                auxiliary += term;
                y
            } else {
                let (keys, values) = (
                    &self.weights[&format!("blocks.{block}.dense.keys")],
                    &self.weights[&format!("blocks.{block}.dense.values")],
                );
                entering.iter().map(|r| self.two_layer(r, keys, values, self.model.dense_width)).collect()
            };
            add(&mut x, y);
        }
        let logits = x.iter().map(|row| {
            let row = self.rms(row, "final_norm.gain");
            (0..256).map(|v| row.iter().zip(&embedding[v * d..]).map(|(a, b)| a * b).sum()).collect()
        });
        (logits.collect(), auxiliary)
    }

    /// Mean cross-entropy plus auxiliary losses over windows of `context + 1` bytes.
    pub fn loss(&self, windows: &[Vec<u8>], compete: &[bool], experts: usize, knobs: &Knobs) -> f64 {
        let mut loss = 0.0;
        for window in windows {
            let (inputs, targets) = (&window[..window.len() - 1], &window[1..]);
            let (logits, auxiliary) = self.sequence(inputs, compete, experts, knobs);
            let task: f64 = logits.iter().zip(targets).map(|(l, &t)| -softmax(l)[usize::from(t)].ln()).sum();
            loss += (task / targets.len() as f64 + auxiliary) / windows.len() as f64;
        }
        loss
    }
}
