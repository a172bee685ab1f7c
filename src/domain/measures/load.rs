//! Load balance: how evenly tokens are spread over experts (CV, Gini, MaxVio, entropy, effective experts, balance loss), and dead
//! experts.
//!
//! c are the counts `[N]`: tokens sent to each expert, over one batch or summed over a window; or shares of them, which give
//! the same. f = c ÷ Σ c. Without any token, what is a share of them is `None`.

use super::choice;
use crate::domain::readings::Fifths;

/// Shares f_i = c_i ÷ Σ c: even is 1 ÷ N, dead is 0. N·f_i is the utilisation, 1 if even.
pub fn fraction<C: Copy + Into<f64>>(counts: &[C]) -> Option<Vec<f64>> {
    let total = total(counts);
    (total > 0.0).then(|| counts.iter().map(|&c| c.into() / total).collect())
}

fn total<C: Copy + Into<f64>>(counts: &[C]) -> f64 {
    counts.iter().map(|&c| c.into()).sum()
}

/// Sample standard deviation (n − 1) ÷ mean of the counts. 0 is even; 0 for a single expert or no token.
pub fn cv<C: Copy + Into<f64>>(counts: &[C]) -> f64 {
    let n = counts.len() as f64;
    let mean = total(counts) / n;
    if counts.len() < 2 || mean == 0.0 {
        return 0.0;
    }
    let variance = counts.iter().map(|&c| (c.into() - mean).powi(2)).sum::<f64>() / (n - 1.0);
    variance.sqrt() / mean
}

/// The largest [`cv`] of N experts, all to one: √N.
pub(crate) fn largest_cv(experts: usize) -> f64 {
    (experts as f64).sqrt()
}

/// Population standard deviation (n) ÷ mean of the counts: 0 (even) to √(N − 1) (all to one). 0 without any token.
pub fn cv_population<C: Copy + Into<f64>>(counts: &[C]) -> f64 {
    let n = counts.len() as f64;
    let mean = total(counts) / n;
    if mean == 0.0 {
        return 0.0;
    }
    (counts.iter().map(|&c| (c.into() - mean).powi(2)).sum::<f64>() / n).sqrt() / mean
}

/// MaxVio (max c − c̄) ÷ c̄: 0 (even) to N − 1 (all to one). Of one batch's counts the batch measure, of counts summed
/// over a window the global one, which is never larger than the worst batch's of equal size (arXiv 2408.15664, eq. 4).
pub fn max_vio<C: Copy + Into<f64>>(counts: &[C]) -> Option<f64> {
    overload(counts).map(|factor| factor - 1.0)
}

/// Overload factor max c ÷ c̄: 1 (even) to N (all to one); MaxVio + 1.
pub(crate) fn overload<C: Copy + Into<f64>>(counts: &[C]) -> Option<f64> {
    let largest = counts.iter().map(|&c| c.into()).fold(0.0, f64::max);
    (largest > 0.0).then(|| largest * counts.len() as f64 / total(counts))
}

/// Gini coefficient Σ_i Σ_j |f_i − f_j| ÷ (2N): 0 (even) to 1 − 1/N (all to one).
pub fn gini<C: Copy + Into<f64>>(counts: &[C]) -> Option<f64> {
    let mut shares = fraction(counts)?;
    shares.sort_by(f64::total_cmp);
    // Sorted, each share is subtracted as often as it is the larger of a pair, and added as often as the smaller.
    let n = shares.len() as f64;
    Some(shares.iter().enumerate().map(|(i, f)| (2.0 * i as f64 + 1.0 - n) * f).sum::<f64>() / n)
}

/// The largest [`gini`] of N experts, all to one: 1 − 1/N.
pub(crate) fn largest_gini(experts: usize) -> f64 {
    experts.saturating_sub(1) as f64 / experts.max(1) as f64
}

/// The Lorenz curve from (0, 0) to (1, 1), `[N + 1]`: for each share of the experts, the least used first, their share of
/// the tokens. The diagonal is even load; [`gini`] is 1 − twice the area below it.
pub fn lorenz<C: Copy + Into<f64>>(counts: &[C]) -> Option<Vec<(f64, f64)>> {
    let all = total(counts);
    let mut sorted: Vec<f64> = counts.iter().map(|&c| c.into()).collect();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let mut sum = 0.0;
    let points = sorted.iter().enumerate().map(|(place, count)| {
        sum += count;
        ((place + 1) as f64 / n, sum / all)
    });
    (all > 0.0).then(|| std::iter::once((0.0, 0.0)).chain(points).collect())
}

/// The busiest and the idlest fifth of the experts (definition: [`Fifths`]).
pub(crate) fn fifths(counts: &[u32]) -> Option<Fifths> {
    let all = total(counts);
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    let taken = counts.len().div_ceil(5);
    (all > 0.0).then(|| Fifths {
        top: total(&sorted[counts.len() - taken..]) / all,
        bottom: total(&sorted[..taken]) / all,
        even: taken as f64 / counts.len() as f64,
    })
}

/// Balance loss N · Σ f_i P_i, P the mean over tokens of the router's probabilities of all N experts: 1 at even load or
/// even probabilities, up to N (Switch). The floor 1 holds where f and P lean the same way; f against P goes below.
pub(crate) fn balance_loss(counts: &[u32], mean_probability: &[f64]) -> Option<f64> {
    let shares = fraction(counts)?;
    Some(counts.len() as f64 * shares.iter().zip(mean_probability).map(|(f, p)| f * p).sum::<f64>())
}

/// Entropy −Σ f ln f of the shares, nats: 0 (all to one) to ln N (even).
pub fn entropy<C: Copy + Into<f64>>(counts: &[C]) -> f64 {
    choice::entropy(&fraction(counts).unwrap_or_default())
}

/// Entropy ÷ ln N: 1 is even; 1 for a single expert.
pub(crate) fn normalised_entropy<C: Copy + Into<f64>>(counts: &[C]) -> f64 {
    choice::relative(entropy(counts), counts.len()).unwrap_or(1.0)
}

/// Effective experts exp(entropy), 1 to N.
pub fn effective_experts<C: Copy + Into<f64>>(counts: &[C]) -> f64 {
    entropy(counts).exp()
}

/// How seldom dead experts are counted where there are none: the chance, under even routing, that at least one expert of a
/// layer is counted as dead at a step. Of the layer, not of each of its experts.
pub(crate) const FALSE_ALARM: f64 = 1e-3;

/// More than any silence says: a bound for sums of [`surprise_of_silence`].
pub(crate) const CERTAIN: f64 = 1e6;

/// Surprise of one token that passes an expert by, under even routing: −ln(1 − k/N), nats; [`CERTAIN`] if every expert
/// gets every token.
pub(crate) fn surprise_of_silence(experts: usize, top_k: usize) -> f64 {
    if top_k >= experts { CERTAIN } else { -(-(top_k as f64) / experts as f64).ln_1p() }
}

/// The chance that an expert gets none of `tokens` tokens under even routing: (1 − k/N)^T.
pub(crate) fn chance_of_silence(experts: usize, top_k: usize, tokens: u64) -> f64 {
    (1.0 - top_k as f64 / experts as f64).powf(tokens as f64)
}

/// The most surprise, nats, that luck is held able of: beyond ln(N ÷ [`FALSE_ALARM`]) an expert counts as dead. N times the
/// chance of one bounds the chance of any.
pub(crate) fn longest_luck(experts: usize) -> f64 {
    (experts.max(1) as f64 / FALSE_ALARM).ln()
}

/// Tokens after which an expert's silence is not luck: the least T with N · (1 − k/N)^T < [`FALSE_ALARM`].
pub(crate) fn silence_window(experts: usize, top_k: usize) -> u64 {
    if top_k >= experts {
        return 1;
    }
    (longest_luck(experts) / surprise_of_silence(experts, top_k)).ceil() as u64
}

/// Experts without a token in `window`, a sum of counts over steps.
pub fn dead(window: &[u32]) -> usize {
    window.iter().filter(|&&c| c == 0).count()
}

/// Which experts had no token in `window`.
pub fn dead_slots(window: &[u32]) -> Vec<usize> {
    (0..window.len()).filter(|&slot| window[slot] == 0).collect()
}

#[cfg(test)]
mod tests;
