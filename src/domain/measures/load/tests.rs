//! Tests of the measures of load.

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
