//! Agreement of the router's picks with the competition's winners: recall, Jaccard, first choices with Cohen's kappa, captured
//! response; each has a chance level.

use super::change::shared;
use crate::domain::readings::Choices;

/// Agreement of first choices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FirstChoices {
    /// Share of tokens whose first choice is the same, 0 to 1.
    pub top1: f64,
    /// What that would be if both chose at their own rates, independently: Σ_i f_i^R f_i^C.
    pub chance: f64,
    /// Cohen's kappa, (top1 − chance) ÷ (1 − chance): 0 chance, 1 perfect. `None` if chance is 1.
    pub kappa: Option<f64>,
}

/// Agreement of first choices from the confusion `[N × N]`, winners in rows, the router's picks in columns. Without any
/// token the shares are not numbers.
pub(crate) fn first_choices(confusion: &[u32]) -> FirstChoices {
    let experts = confusion.len().isqrt();
    let tokens: f64 = confusion.iter().map(|&c| f64::from(c)).sum();
    let cell = |row: usize, column: usize| f64::from(confusion[row * experts + column]) / tokens;
    let top1: f64 = (0..experts).map(|i| cell(i, i)).sum();
    let winner_share = |i: usize| (0..experts).map(|j| cell(i, j)).sum::<f64>();
    let pick_share = |j: usize| (0..experts).map(|i| cell(i, j)).sum::<f64>();
    let chance: f64 = (0..experts).map(|i| winner_share(i) * pick_share(i)).sum();
    FirstChoices { top1, chance, kappa: (1.0 - chance > 1e-9).then(|| (top1 - chance) / (1.0 - chance)) }
}

/// Recall |R ∩ C| ÷ k of one token's picks R and winners C, k of each: 0 to 1. Chance k ÷ N.
pub fn recall(picks: &[u32], winners: &[u32]) -> f64 {
    shared(picks, winners) as f64 / winners.len() as f64
}

/// Jaccard index |R ∩ C| ÷ |R ∪ C| = |R ∩ C| ÷ (2k − |R ∩ C|) of one token: 0 to 1.
pub fn jaccard(picks: &[u32], winners: &[u32]) -> f64 {
    let both = shared(picks, winners);
    both as f64 / (picks.len() + winners.len() - both) as f64
}

/// The responses of one token added up: of the router's picks R, of the winners C, and of all experts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ResponseSums {
    /// Σ_R s.
    pub picked: f64,
    /// Σ_C s.
    pub won: f64,
    /// (k ÷ N) Σ s: what k picks at random add up to on average.
    pub at_random: f64,
}

impl ResponseSums {
    /// Of responses `[N]`, picks `[k]` and winners `[k]`.
    pub fn new<R: Copy + Into<f64>>(
        responses: &[R],
        picks: impl IntoIterator<Item = usize>,
        winners: impl ExactSizeIterator<Item = usize>,
    ) -> Self {
        let share = winners.len() as f64 / responses.len() as f64;
        let all: f64 = responses.iter().map(|&s| s.into()).sum();
        Self {
            picked: picks.into_iter().map(|slot| responses[slot].into()).sum(),
            won: winners.map(|slot| responses[slot].into()).sum(),
            at_random: share * all,
        }
    }

    /// Of a token of a probe.
    pub fn of(choices: &Choices, token: usize) -> Self {
        let slots = |slots: &'_ [u16]| slots.iter().map(|&slot| usize::from(slot)).collect::<Vec<_>>();
        let (picks, winners) = (slots(choices.picks(token)), slots(choices.winners(token)));
        Self::new(choices.s(token), picks, winners.into_iter())
    }

    /// Response captured by the picks, Σ_R s ÷ Σ_C s: up to 1, where s ≥ 0; regret is 1 − that. `None` if the winners'
    /// responses sum to 0.
    pub fn captured(&self) -> Option<f64> {
        (self.won != 0.0).then(|| self.picked / self.won)
    }

    /// What k picks at random capture on average: (k ÷ N) Σ s ÷ Σ_C s. `None` if the winners' responses sum to 0.
    pub fn captured_at_random(&self) -> Option<f64> {
        (self.won != 0.0).then(|| self.at_random / self.won)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collapsed_loads_make_a_high_match_worth_little() {
        // 100 tokens, both send 93 to expert 0: 92 + 6 agree? p_e = .93·.93 + .07·.07.
        let collapsed = first_choices(&[90, 3, 3, 4]);
        assert!((collapsed.top1 - 0.94).abs() < 1e-12);
        assert!((collapsed.chance - (0.93 * 0.93 + 0.07 * 0.07)).abs() < 1e-12);
        assert!((collapsed.kappa.unwrap() - (0.94 - 0.8698) / 0.1302).abs() < 1e-9);
        let even = first_choices(&[47, 3, 3, 47]);
        assert!((even.kappa.unwrap() - 0.88).abs() < 1e-12);
    }

    #[test]
    fn perfect_chance_and_degenerate() {
        assert_eq!(first_choices(&[5, 0, 0, 5]).kappa, Some(1.0));
        assert!(first_choices(&[4, 4, 4, 4]).kappa.unwrap().abs() < 1e-12);
        assert_eq!(first_choices(&[7, 0, 0, 0]).kappa, None);
    }

    #[test]
    fn sets_by_hand() {
        // R = {0, 1}, C = {1, 2}: one of two, one of three.
        assert_eq!((recall(&[0, 1], &[1, 2]), jaccard(&[0, 1], &[2, 1])), (0.5, 1.0 / 3.0));
        assert_eq!((recall(&[3], &[3]), jaccard(&[3, 1], &[1, 3]), jaccard(&[0], &[1])), (1.0, 1.0, 0.0));
        // s = 1, 2, 3, 4: picks {1, 3} capture 6 of the winners' 7; two of four at random 5 of 7.
        let s = [1.0, 2.0, 3.0, 4.0];
        let of = |s: &[f64], picks: &[usize], winners: &[usize]| {
            let sums = ResponseSums::new(s, picks.iter().copied(), winners.iter().copied());
            (sums.captured(), sums.captured_at_random())
        };
        assert_eq!(of(&s, &[3, 1], &[3, 2]), (Some(6.0 / 7.0), Some(5.0 / 7.0)));
        assert_eq!(of(&[0.0; 3], &[0], &[0]), (None, None));
        // k = N: everybody picks everything.
        assert_eq!(of(&s, &[0, 1, 2, 3], &[3, 2, 1, 0]), (Some(1.0), Some(1.0)));
    }

    #[test]
    fn the_responses_of_a_token_of_a_probe_by_hand() {
        let s = vec![9.0, 9.0, 9.0, 9.0, 1.0, 2.0, 3.0, 2.0];
        let (picks, winners) = (vec![0, 1, 0, 1], vec![0, 1, 2, 1]);
        let choices = Choices { experts: 4, k: 2, s, picks, winners, ..Choices::default() };
        let sums = ResponseSums::of(&choices, 1);
        assert_eq!(sums, ResponseSums { picked: 3.0, won: 5.0, at_random: 4.0 });
        assert_eq!((sums.captured(), sums.captured_at_random()), (Some(0.6), Some(0.8)));
    }
}
