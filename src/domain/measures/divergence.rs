//! Divergences (KL, JS, Brier, skill): how far the router's distribution p is from the competition's q, and what knowing nothing would score.
//!
//! One token at a time; a measure of a batch is the mean over its tokens. Distances are in nats.

/// KL(q‖p) = Σ q ln(q ÷ p): 0 and up, 0 if the same. What p = uniform would score: `kl_of_uniform`.
///
/// Taken from logarithms, so that a p of e^−1000 is no infinity.
pub fn kl(log_q: &[f64], log_p: &[f64]) -> f64 {
    let terms = log_q.iter().zip(log_p).map(|(q, p)| if q.exp() > 0.0 { q.exp() * (q - p) } else { 0.0 });
    terms.sum::<f64>().max(0.0)
}

/// KL(q‖uniform) = ln N − H(q): the KL of a router that knows nothing, 0 to ln N.
pub(crate) fn kl_of_uniform(log_q: &[f64]) -> f64 {
    let uniform = -(log_q.len() as f64).ln();
    kl(log_q, &vec![uniform; log_q.len()])
}

/// Jensen-Shannon divergence ½KL(p‖m) + ½KL(q‖m), m = (p + q) ÷ 2: 0 (the same) to ln 2 (nothing in common).
pub(crate) fn js(p: &[f64], q: &[f64]) -> f64 {
    let half = |a: f64, b: f64| if a > 0.0 { a * (2.0 * a / (a + b)).ln() } else { 0.0 };
    p.iter().zip(q).map(|(&p, &q)| half(p, q) + half(q, p)).sum::<f64>().max(0.0) / 2.0
}

/// Σ_i (p_i − q_i)², the sum behind the mean squared error.
pub fn squared_error(p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).map(|(p, q)| (p - q).powi(2)).sum()
}

/// Σ_i (1/N − q_i)²: the same for a router that knows nothing.
pub(crate) fn squared_error_of_uniform(q: &[f64]) -> f64 {
    let uniform = 1.0 / q.len() as f64;
    q.iter().map(|q| (uniform - q).powi(2)).sum()
}

/// Brier score of one token, Σ_i (p_i − 1[i won])²: 0 (certain and right) to 2 (certain and wrong).
pub(crate) fn brier(p: &[f64], winner: usize) -> f64 {
    p.iter().enumerate().map(|(i, p)| (p - f64::from(u8::from(i == winner))).powi(2)).sum()
}

/// The Brier score of a router that knows nothing: 1 − 1/N.
pub(crate) fn brier_of_uniform(experts: usize) -> f64 {
    1.0 - 1.0 / experts as f64
}

/// Skill 1 − error ÷ error of knowing nothing: 1 perfect, 0 knows nothing, below 0 worse than that. `None` where knowing
/// nothing is perfect already, as when all responses are equal.
pub fn skill(error: f64, error_of_nothing: f64) -> Option<f64> {
    (error_of_nothing > 0.0).then(|| 1.0 - error / error_of_nothing)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::choice::{log_softmax, softmax};
    use super::*;

    #[test]
    fn by_hand() {
        let (p, q) = ([0.25, 0.75], [0.5, 0.5]);
        let log = |a: [f64; 2]| a.map(f64::ln);
        // ½ ln 2 + ½ ln(2/3) = ½ ln(4/3).
        assert!((kl(&log(q), &log(p)) - 0.5 * (4.0f64 / 3.0).ln()).abs() < 1e-15);
        assert!((kl_of_uniform(&log(p)) - (2f64.ln() - 0.562_335_144_618_808_3)).abs() < 1e-15);
        assert_eq!((squared_error(&p, &q), squared_error_of_uniform(&p)), (0.125, 0.125));
        assert_eq!((brier(&p, 1), brier(&p, 0), brier_of_uniform(4)), (0.125, 1.125, 0.75));
        assert_eq!((skill(1.0, 4.0), skill(0.0, 0.0), skill(2.0, 1.0)), (Some(0.75), None, Some(-1.0)));
        // Nothing in common.
        assert_eq!((js(&[1.0, 0.0], &[0.0, 1.0]), js(&p, &p)), (2f64.ln(), 0.0));
    }

    #[test]
    fn far_out_is_finite() {
        let (q, p) = (log_softmax(&[0.0, 5000.0]), log_softmax(&[5000.0, 0.0]));
        assert_eq!((kl(&q, &p), kl(&q, &q)), (5000.0, 0.0));
        assert!(kl_of_uniform(&log_softmax(&[7.0; 5])) < 1e-15);
    }

    proptest! {
        #[test]
        fn bounds(z in prop::array::uniform5(-20.0f64..20.0), s in prop::array::uniform5(-20.0f64..20.0)) {
            let (p, q) = (softmax(&z), softmax(&s));
            let (log_p, log_q) = (log_softmax(&z), log_softmax(&s));
            prop_assert!(kl(&log_q, &log_p) >= 0.0 && kl_of_uniform(&log_q) <= 5f64.ln() + 1e-12);
            let between = js(&p, &q);
            prop_assert!((0.0..=2f64.ln() + 1e-12).contains(&between) && (between - js(&q, &p)).abs() < 1e-15);
            let won = (0..5).map(|i| brier(&p, i));
            prop_assert!(won.clone().all(|b| (0.0..=2.0).contains(&b)));
            // Two experts' order means nothing.
            let swap = |a: &[f64]| { let mut a = a.to_vec(); a.swap(0, 3); a };
            prop_assert!((kl(&log_q, &log_p) - kl(&swap(&log_q), &swap(&log_p))).abs() < 1e-12);
        }
    }
}
