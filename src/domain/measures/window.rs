//! Load collapse: the load of a layer averaged over a window of steps, and how near it is to the least that k allows.

use super::load;

/// Steps over which a load or a loss is averaged, where a single batch says too little.
pub(crate) const LOAD_WINDOW: usize = 100;

/// An expert gets nearly every token if it is missed by less than this share of those that even routing would not send it.
const NEARLY_EVERY: f64 = 0.1;
/// Few experts are in use if they are within this share of the way from k (all tokens to the same k) to N (even) …
const NEAR_LEAST: f64 = 0.25;
/// … or fewer than this share of all.
const FEW: f64 = 0.5;

/// The router's load of one layer over some steps.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowLoad {
    /// Steps averaged: of the youngest expert.
    pub steps: usize,
    /// `[N]` mean share of the picks per slot.
    shares: Vec<f64>,
    /// Their sum: 1, but for experts of different age.
    total: f64,
}

/// How a layer stands between even load and the least that k allows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Concentration {
    /// exp(entropy) of the shares: from k (all tokens to the same k experts) to N (even).
    pub effective: f64,
    /// Slots that get nearly every token; at most k of them.
    pub everywhere: Vec<usize>,
    /// Smallest share of the tokens that one of those gets, 0 to 1; 0 without any.
    pub reach: f64,
    /// Below 1 is collapsed: nearly every token to one expert, or few effective experts.
    pub distance: f64,
}

impl WindowLoad {
    /// Averages of `[N]` shares over `steps` steps; `None` without any token.
    pub fn new(steps: usize, shares: Vec<f64>) -> Option<Self> {
        let total: f64 = shares.iter().sum();
        (total > 0.0 && total.is_finite()).then_some(Self { steps, shares, total })
    }

    fn busiest(&self) -> f64 {
        self.shares.iter().copied().fold(0.0, f64::max)
    }

    /// Effective experts exp(−Σ f ln f), 1 to N.
    pub fn effective_experts(&self) -> f64 {
        load::effective_experts(&self.shares)
    }

    /// MaxVio (max f ÷ mean f) − 1: 0 (even) to N − 1 (all to one).
    pub fn max_vio(&self) -> Option<f64> {
        load::max_vio(&self.shares)
    }

    /// How near it is to collapse where each token goes to `top_k` experts; `None` if every expert gets every token.
    ///
    /// The busiest gets f · k of the tokens: k/N of them if even, all of them at most. So with k = 2 half the load lies
    /// elsewhere however far one expert has collapsed, and effective experts alone do not show it.
    pub(crate) fn concentration(&self, top_k: usize) -> Option<Concentration> {
        let (n, k) = (self.shares.len() as f64, top_k as f64);
        if top_k == 0 || top_k >= self.shares.len() {
            return None;
        }
        let reach = |share: f64| (share / self.total * k).min(1.0);
        let margin = NEARLY_EVERY * (1.0 - k / n);
        let everywhere: Vec<usize> =
            (0..self.shares.len()).filter(|&slot| 1.0 - reach(self.shares[slot]) < margin).collect();
        let effective = self.effective_experts();
        let few = (FEW * n).max(k + NEAR_LEAST * (n - k));
        let least = everywhere.iter().map(|&slot| reach(self.shares[slot])).fold(1.0, f64::min);
        Some(Concentration {
            effective,
            reach: if everywhere.is_empty() { 0.0 } else { least },
            everywhere,
            distance: (effective / few).min((1.0 - reach(self.busiest())) / margin),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(shares: &[f64], k: usize) -> Concentration {
        WindowLoad::new(100, shares.to_vec()).unwrap().concentration(k).unwrap()
    }

    #[test]
    fn every_token_to_the_same_k_is_the_least_that_k_allows() {
        let two = at(&[0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 2);
        assert!((two.effective - 2.0).abs() < 1e-12);
        assert_eq!((two.everywhere, two.reach, two.distance), (vec![0, 1], 1.0, 0.0));
    }

    #[test]
    fn one_expert_with_every_token_is_collapse_though_effective_experts_look_mild() {
        let rest = 0.5 / 7.0;
        let one = at(&[rest, rest, 0.5, rest, rest, rest, rest, rest], 2);
        assert!((one.effective - 28f64.sqrt()).abs() < 1e-9, "√(2 · 14) = 5.3 of 8");
        assert_eq!((one.everywhere, one.distance), (vec![2], 0.0));
        // 70 of 100 tokens are many and not all.
        assert!(at(&[0.35, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05], 2).distance > 1.0);
    }

    #[test]
    fn few_experts_in_use_are_collapse_without_one_that_gets_all() {
        // Four of eight, evenly: each gets half of the tokens at k = 2. Five are not half any more.
        let four = at(&[0.25, 0.25, 0.25, 0.24, 0.01, 0.0, 0.0, 0.0], 2);
        assert!(four.everywhere.is_empty() && four.distance > 1.0 && four.distance < 1.2, "{four:?}");
        assert!(at(&[0.3, 0.3, 0.2, 0.2, 0.0, 0.0, 0.0, 0.0], 2).distance < 1.0);
        // With k = 4 of 8 fewer than four cannot be, and four would be the least.
        assert!(at(&[0.24, 0.24, 0.24, 0.24, 0.01, 0.01, 0.01, 0.01], 4).distance < 1.0);
        assert!(at(&[0.125; 8], 4).distance > 1.5);
    }

    #[test]
    fn where_every_expert_gets_every_token_nothing_is_said() {
        assert_eq!(WindowLoad::new(9, vec![0.5, 0.5]).unwrap().concentration(2), None);
        assert_eq!(WindowLoad::new(9, vec![0.0, 0.0]), None);
    }
}
