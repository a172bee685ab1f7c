//! The losses of a competition, on a graphics device and on the host, against loops in double precision; slopes by
//! central differences, q held where it is the target.

use super::competition_losses::{backward, forward};
use super::fixture::{close, down, fill_memory_with_nan, graphics, normals, up, up64};
use crate::domain::config::Distillation;
use crate::engine::kernels::host::competition_losses::{Tokens, backward as host_backward, forward as host_forward};
use crate::engine::kernels::{AffinityBalanceSource, CompetitionLossWeights};

/// Gradient that comes in.
const G: f64 = -1.3;

fn soft(row: &[f64]) -> Vec<f64> {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = row.iter().map(|v| (v - largest).exp()).sum();
    row.iter().map(|v| (v - largest).exp() / sum).collect()
}

/// Each row of `values` `[T, N]` by `f`.
fn rows(values: &[f64], n: usize, f: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    values.chunks_exact(n).flat_map(f).collect()
}

/// The k largest as ones, the lower slot first among equals.
fn largest(values: &[f64], n: usize, k: usize) -> Vec<f64> {
    rows(values, n, |row| {
        let mut slots: Vec<usize> = (0..n).collect();
        slots.sort_by(|&a, &b| row[b].total_cmp(&row[a]).then(a.cmp(&b)));
        (0..n).map(|i| f64::from(u8::from(slots[..k.min(n)].contains(&i)))).collect()
    })
}

/// Tokens in double precision, and what their distillation is compared with.
#[derive(Clone)]
struct Case {
    n: usize,
    /// Router logits, affinity and diversity.
    of: [Vec<f64>; 3],
    winners: Vec<f64>,
    picks: Vec<f64>,
    target: Vec<f64>,
    loss_weights: CompetitionLossWeights,
}

impl Case {
    fn new(positions: usize, n: usize, scale: f64, loss_weights: CompetitionLossWeights) -> Self {
        let tokens = loss_weights.sequences * positions;
        let scaled = |len: usize, lane: u64| -> Vec<f64> {
            normals(len, lane).into_iter().map(|v| f64::from((scale * v) as f32)).collect()
        };
        let (z, mut s) = (scaled(tokens * n, 1), scaled(tokens * n, 2));
        // A tie for the first choice, which the lower slot wins.
        if n > 2 {
            s[n - 1] = 9.0 * scale;
            s[1] = s[n - 1];
        }
        let (winners, picks) = (largest(&s, n, loss_weights.k), largest(&z, n, loss_weights.k));
        let target = rows(&s, n, soft);
        Self { n, of: [z, s, normals(tokens, 3)], winners, picks, target, loss_weights }
    }

    /// Distillation, balance (of probabilities and scores: + ln N), diversity.
    fn losses(&self) -> [f64; 3] {
        let Self { n, of: [z, s, diversity], winners, picks, target, loss_weights } = self;
        let (n, tokens) = (*n, diversity.len() as f64);
        let p = rows(z, n, soft);
        let mean = |mask: Option<&[f64]>| {
            let mark = |i: usize| mask.map_or(1.0, |mask| mask[i]);
            let sum: f64 = (0..p.len()).map(|i| mark(i) * (p[i] - target[i]).powi(2)).sum();
            sum / (0..p.len()).map(mark).sum::<f64>()
        };
        let theta = loss_weights.theta;
        let distillation = match loss_weights.distillation {
            Distillation::Plain => mean(None),
            Distillation::InTopK => mean(Some(winners)),
            Distillation::Hybrid => mean(None) + theta * mean(Some(winners)),
            Distillation::ThreeWay => mean(None) + theta * (mean(Some(winners)) + mean(Some(picks))),
            Distillation::Divergence => {
                target.iter().zip(&p).map(|(q, p)| q * (q.max(1e-30) / p.max(1e-30)).ln()).sum::<f64>() / tokens
            }
        };
        let q = rows(s, n, soft);
        let of =
            if loss_weights.balance_source == AffinityBalanceSource::OfProbabilities { rows(&q, n, soft) } else { q };
        let first = largest(s, n, 1);
        let sequence = of.len() / loss_weights.sequences;
        let columns = |values: &[f64]| -> Vec<f64> {
            let positions = (sequence / n) as f64;
            (0..n).map(|i| values.iter().skip(i).step_by(n).sum::<f64>() / positions).collect()
        };
        let balance = of.chunks_exact(sequence).zip(first.chunks_exact(sequence)).map(|(of, first)| {
            let means = columns(of);
            match loss_weights.balance_source {
                AffinityBalanceSource::OfFirstChoices => {
                    means.iter().zip(columns(first)).map(|(m, f)| n as f64 * f * m).sum()
                }
                // Without − ln N, so that a weak slope is not lost beside it.
                _ => {
                    let term = |m: f64| if m > 0.0 { m * (n as f64 * m).ln() - m } else { 0.0 };
                    means.iter().map(|&m| term(m) + 1.0 / n as f64).sum::<f64>()
                }
            }
        });
        let balance = balance.sum::<f64>() / loss_weights.sequences as f64;
        let k = loss_weights.k as f64;
        let factor = if loss_weights.by_pairs && loss_weights.k > 1 { k / (k - 1.0) } else { 1.0 };
        [distillation, balance, factor * diversity.iter().sum::<f64>() / tokens]
    }

    /// Slope of the weighed sum in number `i` of input `which`. Logits feel the distillation alone, and so on.
    fn slope(&self, which: usize, i: usize) -> f64 {
        let at = |by: f64| {
            let mut moved = self.clone();
            moved.of[which][i] += by;
            moved.losses()[which]
        };
        let step = 1e-5;
        let weight = [self.loss_weights.router, self.loss_weights.affinity_balance, self.loss_weights.diversity][which];
        G * weight * (at(step) - at(-step)) / (2.0 * step)
    }

    /// Compares the losses and some numbers of each gradient.
    fn compare(&self, what: &str, losses: [f32; 4], gradients: [Vec<f32>; 3]) {
        let [distillation, above, diversity] = self.losses();
        let even = if self.loss_weights.balance_source == AffinityBalanceSource::OfFirstChoices {
            0.0
        } else {
            (self.n as f64).ln()
        };
        let balance = above - even;
        let CompetitionLossWeights { router, affinity_balance, diversity: weight, .. } = self.loss_weights;
        let parts = [router * distillation, affinity_balance * balance, weight * diversity];
        // The parts of the sum may cancel: it is as exact as they are.
        let scale = parts.iter().fold(1e-3, |sum, part| sum + part.abs());
        let sum: f64 = parts.iter().sum();
        let off = (f64::from(losses[0]) - sum).abs();
        assert!(off <= 3e-6 * scale, "{what}: sum {} instead of {sum}", losses[0]);
        for (i, want) in [distillation, balance, diversity].into_iter().enumerate() {
            close(&format!("{what}: loss {i}"), &losses[i + 1..=i + 1], &[want], 3e-6);
        }
        for (which, got) in gradients.iter().enumerate() {
            assert_eq!(got.len(), self.of[which].len(), "{what}: gradient {which}");
            assert!(got.iter().all(|g| g.is_finite()), "{what}: gradient {which} is not finite");
            let some: Vec<usize> = (0..got.len()).step_by(got.len() / 30 + 1).collect();
            let want: Vec<f64> = some.iter().map(|&i| self.slope(which, i)).collect();
            let got: Vec<f32> = some.iter().map(|&i| got[i]).collect();
            // Weak slopes are to be right as well, so by their own size.
            let scale = want.iter().fold(1e-9f64, |m, w| m.max(w.abs()));
            let times = |v: f64| v / scale;
            let got: Vec<f32> = got.into_iter().map(|v| times(f64::from(v)) as f32).collect();
            let want: Vec<f64> = want.into_iter().map(times).collect();
            close(&format!("{what}: gradient {which}"), &got, &want, 5e-5);
        }
    }

    fn on_the_host(&self, what: &str) {
        let low = |values: &[f64]| -> Vec<f32> { values.iter().map(|&v| v as f32).collect() };
        let [z, affinity, diversity] = self.of.each_ref().map(|values| low(values));
        let (winners, picks) = (low(&self.winners), low(&self.picks));
        let tokens = Tokens { z: &z, affinity: &affinity, diversity: &diversity, winners: &winners, picks: &picks };
        for round in 0..2 {
            let (losses, kept) = host_forward(tokens, self.n, &self.loss_weights);
            let gradients = host_backward(&kept, self.n, &self.loss_weights, G as f32);
            self.compare(&format!("{what}, host, round {round}"), losses, gradients);
        }
    }

    fn on(&self, device: &burn::tensor::Device, what: &str) {
        let tokens = self.of[2].len();
        let square = |values: &[f64]| up64(device, &[tokens, self.n], values);
        let (z, s, diversity) = (square(&self.of[0]), square(&self.of[1]), up64(device, &[tokens], &self.of[2]));
        let (winners, picks, g) = (square(&self.winners), square(&self.picks), up(device, &[1], &[G as f32]));
        let mut bits: Option<[Vec<f32>; 3]> = None;
        for round in 0..2 {
            fill_memory_with_nan(device);
            let (losses, kept) = forward([&z, &s, &diversity, &winners, &picks], &self.loss_weights);
            fill_memory_with_nan(device);
            let gradients = backward(&z, &kept, &g, &self.loss_weights).each_ref().map(down);
            assert_eq!(bits.get_or_insert_with(|| gradients.clone()), &gradients, "{what}: not the same again");
            let losses = losses.each_ref().map(|loss| down(loss)[0]);
            self.compare(&format!("{what}, device, round {round}"), losses, gradients);
        }
    }
}

fn loss_weights(
    sequences: usize,
    k: usize,
    distillation: Distillation,
    balance_source: AffinityBalanceSource,
    by_pairs: bool,
) -> CompetitionLossWeights {
    let (router, affinity_balance, diversity) = (2.0, 0.8, 0.6);
    CompetitionLossWeights {
        k,
        sequences,
        distillation,
        theta: 0.3,
        balance_source,
        by_pairs,
        router,
        affinity_balance,
        diversity,
    }
}

/// Every form of distillation and of balance; sizes one, prime, longer than a stretch, wider than a group.
fn cases() -> Vec<(String, Case)> {
    let mut cases = Vec::new();
    let sizes =
        [(1, 1, 1, 1), (3, 7, 8, 2), (2, 65, 5, 1), (1, 131, 17, 3), (2, 3, 65, 65), (5, 1, 2, 2), (1, 9, 256, 4)];
    for (number, (sequences, positions, n, k)) in sizes.into_iter().enumerate() {
        for (i, balance_source) in [
            AffinityBalanceSource::OfProbabilities,
            AffinityBalanceSource::OfScores,
            AffinityBalanceSource::OfFirstChoices,
        ]
        .into_iter()
        .enumerate()
        {
            let distillation = Distillation::ALL[(number + 2 * i) % Distillation::ALL.len()];
            let loss_weights = loss_weights(sequences, k, distillation, balance_source, number % 2 == 1);
            let what = format!("{sequences} × {positions} × {n}, {loss_weights:?}");
            cases.push((what, Case::new(positions, n, 1.5, loss_weights)));
        }
    }
    for distillation in Distillation::ALL {
        let loss_weights = loss_weights(2, 2, distillation, AffinityBalanceSource::OfProbabilities, true);
        cases.push((format!("4 × 10 × 6, {distillation:?}"), Case::new(10, 6, 1.0, loss_weights)));
    }
    cases
}

#[test]
fn losses_of_a_competition_on_the_host() {
    cases().iter().for_each(|(what, case)| case.on_the_host(what));
}

#[test]
fn losses_of_a_competition_on_a_device() {
    let Some(device) = graphics("losses_of_a_competition_on_a_device") else { return };
    cases().iter().for_each(|(what, case)| case.on(&device, what));
}

/// Logits so far apart that probabilities vanish: losses and gradients stay finite, and right.
#[test]
fn losses_of_a_competition_that_is_decided() {
    let device = graphics("losses_of_a_competition_that_is_decided");
    for distillation in [Distillation::Hybrid, Distillation::Divergence] {
        for balance_source in [AffinityBalanceSource::OfProbabilities, AffinityBalanceSource::OfScores] {
            let case = Case::new(9, 5, 200.0, loss_weights(2, 2, distillation, balance_source, false));
            let what = format!("{distillation:?}, {balance_source:?}");
            case.on_the_host(&what);
            device.iter().for_each(|device| case.on(device, &what));
        }
    }
}
