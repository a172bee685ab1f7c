//! Agreement: does the router foresee the competition? Every number beside its chance level.

use crate::readings::Agreement;

/// Sums over the tokens of a probe, from which agreement is computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Sums {
    /// Tokens T.
    pub tokens: usize,
    /// Winners a token, k.
    pub top_k: usize,
    /// `[N × N]` row-major: tokens whose first winner is the row and first router pick the column.
    pub confusion: Vec<u32>,
    /// Σ over tokens of |R ∩ C|.
    pub shared: f64,
    /// Σ over tokens of (Σ_R s ÷ Σ_C s).
    pub captured: f64,
    /// Σ over tokens of (k/N · Σ s ÷ Σ_C s).
    pub captured_at_random: f64,
    /// Σ over tokens and experts of (p − q)².
    pub squared_error: f64,
    /// Σ over tokens and experts of (1/N − q)².
    pub squared_error_of_uniform: f64,
}

/// Agreement of router and competition (definitions: [`Agreement`]).
pub fn agreement(sums: &Sums) -> Agreement {
    let experts = sums.confusion.len().isqrt();
    let tokens = sums.tokens as f64;
    let cell = |row: usize, column: usize| f64::from(sums.confusion[row * experts + column]) / tokens;
    let top1: f64 = (0..experts).map(|i| cell(i, i)).sum();
    let winner_share = |i: usize| (0..experts).map(|j| cell(i, j)).sum::<f64>();
    let pick_share = |j: usize| (0..experts).map(|i| cell(i, j)).sum::<f64>();
    let chance: f64 = (0..experts).map(|i| winner_share(i) * pick_share(i)).sum();
    let uniform = sums.squared_error_of_uniform;
    Agreement {
        top1,
        chance,
        kappa: (1.0 - chance > 1e-9).then(|| (top1 - chance) / (1.0 - chance)),
        recall_at_k: sums.shared / (tokens * sums.top_k as f64),
        recall_chance: sums.top_k as f64 / experts as f64,
        response_captured: sums.captured / tokens,
        response_chance: sums.captured_at_random / tokens,
        skill: (uniform > 0.0).then(|| 1.0 - sums.squared_error / uniform),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_confusion(confusion: &[u32]) -> Agreement {
        agreement(&Sums {
            tokens: confusion.iter().sum::<u32>() as usize,
            top_k: 1,
            confusion: confusion.to_vec(),
            shared: 0.0,
            captured: 0.0,
            captured_at_random: 0.0,
            squared_error: 1.0,
            squared_error_of_uniform: 4.0,
        })
    }

    #[test]
    fn collapsed_loads_make_a_high_match_worth_little() {
        // 100 tokens, both send 93 to expert 0: 92 + 6 agree? p_e = .93·.93 + .07·.07.
        let collapsed = with_confusion(&[90, 3, 3, 4]);
        assert!((collapsed.top1 - 0.94).abs() < 1e-12);
        assert!((collapsed.chance - (0.93 * 0.93 + 0.07 * 0.07)).abs() < 1e-12);
        assert!((collapsed.kappa.unwrap() - (0.94 - 0.8698) / 0.1302).abs() < 1e-9);
        let even = with_confusion(&[47, 3, 3, 47]);
        assert!((even.kappa.unwrap() - 0.88).abs() < 1e-12);
    }

    #[test]
    fn perfect_chance_and_degenerate() {
        assert_eq!(with_confusion(&[5, 0, 0, 5]).kappa, Some(1.0));
        assert!(with_confusion(&[4, 4, 4, 4]).kappa.unwrap().abs() < 1e-12);
        assert_eq!(with_confusion(&[7, 0, 0, 0]).kappa, None);
        assert_eq!(with_confusion(&[7, 0, 0, 0]).skill, Some(0.75));
    }
}
