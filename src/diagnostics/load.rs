//! Load: how evenly tokens are spread over experts.

/// Sample standard deviation (n − 1) ÷ mean of the counts. 0 is even; 0 for a single expert or no token.
pub fn cv(counts: &[u32]) -> f64 {
    let n = counts.len() as f64;
    let mean = counts.iter().map(|&c| f64::from(c)).sum::<f64>() / n;
    if counts.len() < 2 || mean == 0.0 {
        return 0.0;
    }
    let variance = counts.iter().map(|&c| (f64::from(c) - mean).powi(2)).sum::<f64>() / (n - 1.0);
    variance.sqrt() / mean
}

/// Entropy −Σ f ln f of the shares, nats: 0 (all to one) to ln N (even).
pub fn entropy(counts: &[u32]) -> f64 {
    let total: f64 = counts.iter().map(|&c| f64::from(c)).sum();
    let shares = counts.iter().map(|&c| f64::from(c) / total).filter(|&f| f > 0.0);
    -shares.map(|f| f * f.ln()).sum::<f64>() + 0.0
}

/// Entropy ÷ ln N: 1 is even; 1 for a single expert.
pub fn normalised_entropy(counts: &[u32]) -> f64 {
    if counts.len() < 2 { 1.0 } else { entropy(counts) / (counts.len() as f64).ln() }
}

/// exp(entropy): experts in use, 1 to N.
pub fn effective_experts(counts: &[u32]) -> f64 {
    entropy(counts).exp()
}

/// Tokens after which an expert's silence is not luck: the least T with (1 − k/N)^T < 1/1000.
pub fn silence_window(experts: usize, top_k: usize) -> u64 {
    if top_k >= experts {
        return 1;
    }
    (1e-3f64.ln() / (-(top_k as f64) / experts as f64).ln_1p()).ceil() as u64
}

/// Experts without a token in `window`, a sum of counts over steps.
pub fn dead(window: &[u32]) -> usize {
    window.iter().filter(|&&c| c == 0).count()
}

#[cfg(test)]
mod tests {
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
            let chance = |t: u64| (1.0 - k as f64 / n as f64).powf(t as f64);
            let window = silence_window(n, k);
            assert!(chance(window) < 1e-3 && chance(window - 1) >= 1e-3);
        }
        assert_eq!(silence_window(4, 4), 1);
    }
}
