//! Load: how evenly tokens are spread over experts.
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
pub fn largest_cv(experts: usize) -> f64 {
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
pub fn overload<C: Copy + Into<f64>>(counts: &[C]) -> Option<f64> {
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
pub fn largest_gini(experts: usize) -> f64 {
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
pub fn fifths(counts: &[u32]) -> Option<Fifths> {
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
pub fn balance_loss(counts: &[u32], mean_probability: &[f64]) -> Option<f64> {
    let shares = fraction(counts)?;
    Some(counts.len() as f64 * shares.iter().zip(mean_probability).map(|(f, p)| f * p).sum::<f64>())
}

/// Entropy −Σ f ln f of the shares, nats: 0 (all to one) to ln N (even).
pub fn entropy<C: Copy + Into<f64>>(counts: &[C]) -> f64 {
    choice::entropy(&fraction(counts).unwrap_or_default())
}

/// Entropy ÷ ln N: 1 is even; 1 for a single expert.
pub fn normalised_entropy<C: Copy + Into<f64>>(counts: &[C]) -> f64 {
    choice::relative(entropy(counts), counts.len()).unwrap_or(1.0)
}

/// Effective experts exp(entropy), 1 to N.
pub fn effective_experts<C: Copy + Into<f64>>(counts: &[C]) -> f64 {
    entropy(counts).exp()
}

/// How seldom dead experts are counted where there are none: the chance, under even routing, that at least one expert of a
/// layer is counted as dead at a step. Of the layer, not of each of its experts.
pub const FALSE_ALARM: f64 = 1e-3;

/// More than any silence says: a bound for sums of [`surprise_of_silence`].
pub const CERTAIN: f64 = 1e6;

/// Surprise of one token that passes an expert by, under even routing: −ln(1 − k/N), nats; [`CERTAIN`] if every expert
/// gets every token.
pub fn surprise_of_silence(experts: usize, top_k: usize) -> f64 {
    if top_k >= experts { CERTAIN } else { -(-(top_k as f64) / experts as f64).ln_1p() }
}

/// The chance that an expert gets none of `tokens` tokens under even routing: (1 − k/N)^T.
pub fn chance_of_silence(experts: usize, top_k: usize, tokens: u64) -> f64 {
    (1.0 - top_k as f64 / experts as f64).powf(tokens as f64)
}

/// The most surprise, nats, that luck is held able of: beyond ln(N ÷ [`FALSE_ALARM`]) an expert counts as dead. N times the
/// chance of one bounds the chance of any.
pub fn longest_luck(experts: usize) -> f64 {
    (experts.max(1) as f64 / FALSE_ALARM).ln()
}

/// Tokens after which an expert's silence is not luck: the least T with N · (1 − k/N)^T < [`FALSE_ALARM`].
pub fn silence_window(experts: usize, top_k: usize) -> u64 {
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn even_load() {
        assert_eq!((cv(&[5; 4]), dead(&[5; 4])), (0.0, 0));
        assert!((entropy(&[5; 4]) - 4f64.ln()).abs() < 1e-12);
        assert!((normalised_entropy(&[5; 4]) - 1.0).abs() < 1e-12 && (effective_experts(&[5; 4]) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn everything_to_one() {
        // mean 2, squared deviations 4+4+36+4 = 48 over n − 1 = 3 gives 16: cv = 4 / 2.
        assert_eq!((cv(&[0, 0, 8, 0]), dead(&[0, 0, 8, 0])), (2.0, 3));
        assert_eq!((entropy(&[0, 0, 8, 0]), effective_experts(&[0, 0, 8, 0])), (0.0, 1.0));
    }

    #[test]
    fn by_hand() {
        // counts 1, 3: mean 2, deviation √2; entropy of 1/4, 3/4 = 0.562335…
        assert!((cv(&[1, 3]) - 2f64.sqrt() / 2.0).abs() < 1e-12);
        assert!((entropy(&[1, 3]) - 0.562_335_144_618_808_3).abs() < 1e-12);
    }

    #[test]
    fn one_expert_is_even() {
        assert_eq!((cv(&[7]), normalised_entropy(&[7])), (0.0, 1.0));
    }

    #[test]
    fn silence_is_luck_until_it_is_not() {
        for (n, k) in [(8, 2), (256, 1), (5, 4)] {
            // Of all N together, or 256 experts would raise 256 times as many false alarms as one.
            let chance = |t: u64| n as f64 * chance_of_silence(n, k, t);
            let window = silence_window(n, k);
            assert!(chance(window) < FALSE_ALARM && chance(window - 1) >= FALSE_ALARM);
        }
        assert_eq!(silence_window(4, 4), 1);
    }

    #[test]
    fn the_other_measures_by_hand() {
        // c = 1, 3, 0, 4: mean 2, squared deviations 1 + 1 + 4 + 4 = 10.
        let counts = [1, 3, 0, 4];
        assert_eq!(fraction(&counts), Some(vec![0.125, 0.375, 0.0, 0.5]));
        assert!((cv_population(&counts) - 2.5f64.sqrt() / 2.0).abs() < 1e-15);
        assert_eq!((max_vio(&counts), overload(&counts)), (Some(1.0), Some(2.0)));
        // |differences| of the pairs, in eighths: 2 1 3 3 1 4 = 14, both ways 28; ÷ 8 ÷ (2·4).
        assert!((gini(&counts).unwrap() - 28.0 / 64.0).abs() < 1e-15);
        assert_eq!(fifths(&counts), Some(Fifths { top: 0.5, bottom: 0.0, even: 0.25 }));
        assert_eq!(fifths(&[1, 2, 3, 4, 5, 5]), Some(Fifths { top: 0.5, bottom: 0.15, even: 2.0 / 6.0 }));
        assert_eq!((dead(&counts), dead_slots(&counts)), (1, vec![2]));
        assert_eq!(balance_loss(&counts, &[0.25; 4]), Some(1.0));
        assert_eq!(balance_loss(&[0, 9], &[0.0, 1.0]), Some(2.0));
    }

    #[test]
    fn shares_give_what_their_counts_give() {
        let (counts, shares) = ([1u32, 3, 0, 4], [0.125, 0.375, 0.0, 0.5]);
        assert_eq!((cv(&counts), max_vio(&counts), gini(&counts)), (cv(&shares), max_vio(&shares), gini(&shares)));
        assert_eq!((entropy(&counts), lorenz(&counts)), (entropy(&shares), lorenz(&shares)));
    }

    #[test]
    fn the_lorenz_curve_and_the_extremes_by_hand() {
        assert_eq!(lorenz(&[0.75, 0.25]), Some(vec![(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)]));
        assert_eq!((lorenz(&[0u32; 2]), lorenz::<u32>(&[])), (None, None));
        // Everything to one of four: deviation of (1, 0, 0, 0) with n − 1 is 0.5, mean 0.25.
        assert_eq!((cv(&[1.0, 0.0, 0.0, 0.0]), largest_cv(4)), (2.0, 2.0));
        assert_eq!((gini(&[1.0, 0.0, 0.0, 0.0]), largest_gini(4), largest_gini(0)), (Some(0.75), 0.75, 0.0));
        // (1 − 2/8)³
        assert!((chance_of_silence(8, 2, 3) - 0.421_875).abs() < 1e-15);
    }

    #[test]
    fn without_a_token_there_is_no_share() {
        let none = [0u32, 0, 0];
        assert_eq!((fraction(&none), max_vio(&none), gini(&none)), (None, None, None));
        assert_eq!((fifths(&none), balance_loss(&none, &[0.3; 3])), (None, None));
        assert_eq!((cv_population(&none), dead_slots(&none)), (0.0, vec![0, 1, 2]));
    }

    proptest! {
        #[test]
        fn laws(mut counts in prop::collection::vec(0u32..50, 1..20), turn in 0usize..20, times in 1u32..9) {
            prop_assume!(counts.iter().any(|&c| c > 0));
            let n = counts.len() as f64;
            let all = |c: &[u32]| [cv(c), cv_population(c), max_vio(c).unwrap(), entropy(c), gini(c).unwrap(),
                fifths(c).unwrap().top];
            let before = all(&counts);
            let [_, population, vio, nats, gini, top] = before;
            prop_assert!(population >= 0.0 && population <= (n - 1.0).sqrt() + 1e-12);
            prop_assert!(vio >= -1e-12 && vio <= n - 1.0 + 1e-12 && nats >= 0.0 && nats <= n.ln() + 1e-12);
            prop_assert!(gini >= -1e-12 && gini <= 1.0 - 1.0 / n + 1e-12 && top <= 1.0);
            // Twice the area between diagonal and Lorenz curve.
            let mut sorted = counts.clone();
            sorted.sort_unstable();
            let (all_tokens, mut sum, mut below) = (sorted.iter().sum::<u32>(), 0, 0.0);
            for count in sorted {
                below += f64::from(2 * sum + count) / f64::from(2 * all_tokens) / n;
                sum += count;
            }
            prop_assert!((gini - (1.0 - 2.0 * below)).abs() < 1e-12);
            let curve = lorenz(&counts).unwrap();
            let under: f64 = curve.windows(2).map(|p| (p[1].0 - p[0].0) * (p[1].1 + p[0].1) / 2.0).sum();
            prop_assert!((gini - (1.0 - 2.0 * under)).abs() < 1e-12);
            // Neither who is who nor how many matters.
            let turn = turn % counts.len();
            counts.rotate_left(turn);
            let turned = all(&counts);
            prop_assert!(before.iter().zip(turned).all(|(a, b)| (a - b).abs() < 1e-12));
            counts.iter_mut().for_each(|c| *c *= times);
            let scaled = all(&counts);
            prop_assert!(before.iter().zip(scaled).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }
}
