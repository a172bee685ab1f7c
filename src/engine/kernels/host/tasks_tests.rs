//! Into how many tasks each kernel is cut at the sizes of the medium preset, and whether 16 cores find work in all of them.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::super::competition_losses::{self, Tokens};
use super::super::expert::ExpertViews;
use super::super::group::Groups;
use super::super::linear::{self, WeightLayout};
use super::super::{adamw, attention, balance, contest, contest_gradients, cross_entropy, mix, norm, softmax, tile};
use super::{noting, shared, take};
use crate::domain::config::{Activation, Distillation, Response, Sharing};
use crate::domain::product;
use crate::engine::kernels::top_k::mask_on_host;
use crate::engine::kernels::{AdamW, AffinityBalanceSource, Balancing, CompetitionLossWeights, Rules};

const TOKENS: usize = 2048;
const SEQUENCES: usize = 16;
const WIDTH: usize = 128;
const HIDDEN: usize = 256;
const EXPERTS: usize = 8;
const K: usize = 2;

thread_local! {
    static BEFORE: Cell<u64> = const { Cell::new(0) };
}

/// The multiply-adds of a task, as nanoseconds; 1 where it makes no products.
fn arithmetic(_: Instant) -> Duration {
    let made = product::made() + tile::made();
    Duration::from_nanos((made - BEFORE.replace(made)).max(1))
}

fn numbers(len: usize, seed: f32) -> Vec<f32> {
    (0..len).map(|i| (i as f32 * 0.37 + seed).sin()).collect()
}

/// Does `kernel`, which is cut into at least so many tasks, of which 16 cores make at least 12 times as fast as one.
fn spread<T: Send>(name: &str, least: usize, kernel: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let (made, regions) = pool.install(|| {
        BEFORE.set(product::made() + tile::made());
        noting(arithmetic, 16, || (kernel(), take()))
    });
    let tasks: usize = regions.iter().map(|region| region.tasks.len()).sum();
    let one: Duration = regions.iter().flat_map(|region| &region.tasks).sum();
    let sixteen: Duration = regions.iter().map(|region| shared(&region.tasks, 16)).sum();
    let times = one.as_secs_f64() / sixteen.as_secs_f64();
    assert!(tasks >= least && times >= 12.0, "{name}: {tasks} tasks, 16 cores {times:.1} times as fast as one");
    made
}

#[test]
fn sixteen_cores_find_work_in_linear_maps() {
    for (i, o, lie) in
        [(128, 384, WeightLayout::InOut), (128, 128, WeightLayout::InOut), (128, 256, WeightLayout::OutIn)]
    {
        let (x, w, g) = (numbers(TOKENS * i, 0.1), numbers(i * o, 0.2), numbers(TOKENS * o, 0.3));
        spread("linear map", 64, || linear::forward(&x, &w, i, o, lie));
        spread("linear map, backward", 64, || linear::backward(&x, &w, &g, i, o, lie));
    }
}

#[test]
fn sixteen_cores_find_work_in_experts_even_if_two_have_all_tokens() {
    let (keys, values) = (numbers(EXPERTS * WIDTH * HIDDEN, 0.1), numbers(EXPERTS * WIDTH * HIDDEN, 0.2));
    let e = &ExpertViews {
        keys: &keys,
        values: &values,
        biases: None,
        activation: Activation::Relu,
        experts: EXPERTS,
        width: WIDTH,
        hidden: HIDDEN,
    };
    let (x, g, weights) = (numbers(TOKENS * WIDTH, 0.3), numbers(TOKENS * WIDTH, 0.4), vec![0.5; TOKENS * EXPERTS]);
    for collapsed in [false, true] {
        let picked = |token: usize, expert: usize| (expert + EXPERTS - if collapsed { 0 } else { token }) % EXPERTS < K;
        let picks: Vec<f32> =
            (0..TOKENS * EXPERTS).map(|i| f32::from(u8::from(picked(i / EXPERTS % EXPERTS, i % EXPERTS)))).collect();
        let groups = Groups::of(&picks, EXPERTS, K);
        let name = if collapsed { "two experts have all" } else { "even experts" };
        let (_, kept) = spread(name, 64, || mix::forward(e, &x, &weights, &groups));
        spread(name, 64, || mix::backward(e, &x, &weights, &groups, &kept, &g));
    }
    let z = numbers(TOKENS * EXPERTS, 0.5);
    let rules = Rules { k: K, response: Response::MeanSoftplus, sharing: Sharing::Ratio, gated: false };
    let (made, kept) = spread("competition", 64, || contest::forward(e, &x, &z, rules));
    let of = [&g, &z, &z[..TOKENS]];
    spread("competition, backward", 64, || contest_gradients::backward(e, &x, &made.affinity, rules, &kept, of));
}

#[test]
fn for_how_many_cores_experts_are_cut_changes_no_bit() {
    let (tokens, n, d, h) = (1200, 6, 24, 40);
    let (keys, values) = (numbers(n * d * h, 0.1), numbers(n * h * d, 0.2));
    let biases = (numbers(n * h, 0.6), numbers(n * d, 0.7));
    let e = &ExpertViews {
        keys: &keys,
        values: &values,
        biases: Some((&biases.0, &biases.1)),
        activation: Activation::Gelu,
        experts: n,
        width: d,
        hidden: h,
    };
    let (x, g, weights) = (numbers(tokens * d, 0.3), numbers(tokens * d, 0.4), numbers(tokens * n, 0.5));
    // One expert has every token, one none, the others some; waves of one expert, of some, and of all.
    let picked = |token: usize, expert: usize| expert == 1 || expert == [0, 2, 2, 3, 5][token % 5];
    let picks: Vec<f32> = (0..tokens * n).map(|i| f32::from(u8::from(picked(i / n, i % n)))).collect();
    let groups = Groups::of(&picks, n, K);
    let made = [1, 3, 64].map(|cores| {
        let (_, kept) = mix::forward(e, &x, &weights, &groups);
        let (made, regions) =
            noting(arithmetic, cores, || (mix::backward(e, &x, &weights, &groups, &kept, &g), take().len()));
        let (of_hidden, of_out) = made.biases.unwrap();
        (regions, [made.x, made.keys, made.values, made.weights, of_hidden, of_out])
    });
    let [(most, one), (some, three), (least, all)] = made;
    assert!(most > some && some > least, "{most}, {some}, {least}");
    assert!(all.iter().all(|part| part.iter().all(|number| number.is_finite())));
    assert_eq!(one, all);
    assert_eq!(three, all);
}

#[test]
fn sixteen_cores_find_work_between_the_experts() {
    let sizes = attention::Sizes { positions: TOKENS / SEQUENCES, heads: 4, head: WIDTH / 4 };
    let (qkv, rotary) = (numbers(TOKENS * 3 * WIDTH, 0.1), numbers(TOKENS / SEQUENCES * WIDTH / 4, 0.2));
    let (x, g) = (numbers(TOKENS * WIDTH, 0.3), numbers(TOKENS * WIDTH, 0.4));
    let (out, lse) = spread("attention", 64, || attention::forward(&qkv, &rotary, sizes));
    spread("attention, backward", 64, || attention::backward(&qkv, &rotary, sizes, &out, &lse, &g));
    let gain = vec![1.0; WIDTH];
    let normed = spread("norm", 64, || norm::forward(&x, Some(&g), &gain, 1e-6));
    spread("norm, backward", 64, || norm::backward(&x, &gain, &normed.inverse, &g, None));
    let z = numbers(TOKENS * EXPERTS, 0.5);
    let p = spread("softmax", 64, || softmax::forward(&z, None, EXPERTS));
    spread("softmax, backward", 64, || softmax::backward(&p, &z, EXPERTS));
    let mut mask = vec![0.0; z.len()];
    spread("top k", 64, || mask_on_host(&z, EXPERTS, K, &mut mask));
    let (logits, targets, even) = (numbers(TOKENS * 256, 0.6), vec![3.0; TOKENS], vec![1.0; TOKENS]);
    let (_, lse) = spread("cross-entropy", 64, || cross_entropy::forward(&logits, &targets, &even, 256));
    spread("cross-entropy, backward", 64, || cross_entropy::backward(&logits, &targets, &even, 256, &lse, 1.0));
    // A sequence each.
    let balancing = Balancing { sequences: SEQUENCES, by_choice: false, balance: 0.1, z: 0.0 };
    let (_, kept) = spread("balance", SEQUENCES, || balance::forward(&z, EXPERTS, &balancing));
    spread("balance, backward", SEQUENCES, || balance::backward(&kept, EXPERTS, &balancing, 1.0));
    let losses = CompetitionLossWeights {
        k: K,
        sequences: SEQUENCES,
        distillation: Distillation::Plain,
        theta: 0.5,
        balance_source: AffinityBalanceSource::OfScores,
        by_pairs: false,
        router: 0.1,
        affinity_balance: 0.1,
        diversity: 0.1,
    };
    let tokens = Tokens { z: &z, affinity: &z, diversity: &even, winners: &mask, picks: &mask };
    let (_, kept) = spread("losses", SEQUENCES, || competition_losses::forward(tokens, EXPERTS, &losses));
    spread("losses, backward", 64, || competition_losses::backward(&kept, EXPERTS, &losses, 1.0));
    // As many weights as an eighth of the preset has.
    let gradient = numbers(1 << 20, 0.7);
    spread("norm of the gradient", 64, || adamw::squares(&[&gradient]));
    let (mut weights, mut first, mut second) = (gradient.clone(), vec![0.0; gradient.len()], vec![0.0; gradient.len()]);
    let settings = AdamW {
        beta1: 0.9,
        beta2: 0.95,
        epsilon: 1e-8,
        clip_norm: 1.0,
        learning_rate: 1e-3,
        decay: 1e-4,
        correction1: 0.1,
        correction2: 0.05,
    };
    spread("update", 64, || adamw::update(&settings, &mut weights, &mut first, &mut second, &gradient, true, 1.0));
}
