//! The losses of a competition in one kernel against the same losses composed of stock operations: values, gradients.

use burn::tensor::{Device, Tensor};
use moe_arena::domain::config::Distillation;
use moe_arena::engine::kernels::{
    AffinityBalanceSource, CompetitionLossWeights, competition_losses, entropy_balance, first_choice, softmax,
    top_k_mask,
};
use moe_arena::engine::model::{distillation, switch_balance};

use super::{everywhere, normals};

/// Logits, affinity and diversity, `[T, N]`, `[T, N]` and `[T]`.
type Leaves = (Tensor<2>, Tensor<2>, Tensor<1>);

fn leaves(tokens: usize, experts: usize, device: &Device) -> Leaves {
    let leaf = |len: usize, lane: u64| {
        let values: Vec<f32> = normals(len, 1.2, lane).into_iter().map(|v| v as f32).collect();
        Tensor::<1>::from_floats(values.as_slice(), device)
    };
    let square = |lane| leaf(tokens * experts, lane).reshape([tokens, experts]).autodiff().require_grad();
    (square(1), square(2), leaf(tokens, 3).autodiff().require_grad())
}

fn plain<const R: usize>(tensor: Tensor<R>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// The four losses, and the gradients of the weighed sum.
type Found = (Vec<f32>, [Vec<f32>; 3]);

fn found(losses: [Tensor<1>; 4], (z, s, diversity): Leaves) -> Found {
    let values = losses.iter().map(|loss| plain(loss.clone().inner())[0]).collect();
    let mut gradients = losses[0].backward();
    let of = [z.grad_remove(&mut gradients), s.grad_remove(&mut gradients)].map(|g| plain(g.unwrap()));
    let [z, s] = of;
    (values, [z, s, plain(diversity.grad_remove(&mut gradients).unwrap())])
}

fn in_one(leaves: Leaves, loss_weights: CompetitionLossWeights) -> Found {
    let (z, s, diversity) = leaves.clone();
    let (winners, picks) = (top_k_mask(&s, loss_weights.k), top_k_mask(&z, loss_weights.k));
    let made = competition_losses(z, s, diversity, &winners, &picks, loss_weights);
    found([made.auxiliary, made.router, made.affinity_balance, made.diversity], leaves)
}

fn composed(leaves: Leaves, loss_weights: CompetitionLossWeights) -> Found {
    let (z, s, diversity) = leaves.clone();
    let (winners, picks) = (top_k_mask(&s, loss_weights.k), top_k_mask(&z, loss_weights.k));
    let (p, q) = (softmax(z), softmax(s.clone()));
    let router = distillation(p, &q, &winners, &picks, loss_weights.distillation, loss_weights.theta);
    let balance = match loss_weights.balance_source {
        AffinityBalanceSource::OfProbabilities => entropy_balance(q, loss_weights.sequences),
        AffinityBalanceSource::OfScores => entropy_balance(s, loss_weights.sequences),
        AffinityBalanceSource::OfFirstChoices => switch_balance(q, &first_choice(&s), loss_weights.sequences),
    };
    let k = loss_weights.k as f64;
    let diversity = diversity.mean() * if loss_weights.by_pairs && loss_weights.k > 1 { k / (k - 1.0) } else { 1.0 };
    let sum = router.clone() * loss_weights.router
        + balance.clone() * loss_weights.affinity_balance
        + diversity.clone() * loss_weights.diversity;
    found([sum, router, balance, diversity], leaves)
}

fn close(what: &str, ours: &[f32], theirs: &[f32], tolerance: f32) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(1e-9f32, |m, v| m.max(v.abs()));
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert!((ours - theirs).abs() <= tolerance * scale, "{what}: {ours}, composed {theirs}");
    }
}

#[test]
fn losses_in_one_are_those_composed() {
    everywhere("losses_in_one_are_those_composed", |device| {
        for (sequences, positions, experts, k) in [(1, 1, 2, 1), (3, 11, 8, 2), (2, 67, 5, 5), (1, 30, 65, 3)] {
            for (i, distillation) in Distillation::ALL.into_iter().enumerate() {
                let forms = [
                    AffinityBalanceSource::OfProbabilities,
                    AffinityBalanceSource::OfScores,
                    AffinityBalanceSource::OfFirstChoices,
                ];
                let balance_source = forms[(i + k) % 3];
                let (router, affinity_balance, diversity) = (0.7, 0.5, 0.3);
                let by_pairs = i % 2 == 0;
                let loss_weights = CompetitionLossWeights {
                    k,
                    sequences,
                    distillation,
                    theta: 0.2,
                    balance_source,
                    by_pairs,
                    router,
                    affinity_balance,
                    diversity,
                };
                let what = format!("{positions} positions of {experts}, {loss_weights:?}");
                let leaves = || leaves(sequences * positions, experts, device);
                let (ours, theirs) = (in_one(leaves(), loss_weights), composed(leaves(), loss_weights));
                for (i, (ours, theirs)) in ours.0.iter().zip(&theirs.0).enumerate() {
                    close(&format!("{what}: loss {i}"), &[*ours], &[*theirs], 1e-5);
                }
                for (i, (ours, theirs)) in ours.1.iter().zip(&theirs.1).enumerate() {
                    close(&format!("{what}: gradient {i}"), ours, theirs, 1e-4);
                }
            }
        }
    });
}
