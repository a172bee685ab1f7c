//! The auxiliary losses of one layer: router loss (distillation), balance and diversity losses, z-loss; each with the gradients
//! the paper's code gives it and no others.

use burn::tensor::Tensor;

use super::Routing;
use super::settings::ForwardSettings;
use crate::domain::config::{AffinityBalance, Config, Distillation, DiversityDivisor, Form, Knobs, Policy};
use crate::engine::kernels::ExpertWeights;
use crate::engine::kernels::{self, Balancing, first_choice, softmax, unit_length};

/// How much each auxiliary loss weighs, and in which form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossWeights {
    /// α
    pub router: f64,
    /// θ
    pub theta: f64,
    /// Which distillation loss.
    pub distillation: Distillation,
    /// β
    pub balance: f64,
    /// Of the z-loss.
    pub z: f64,
    /// β_c of the affinity balance, in language form taken half.
    pub affinity_balance: f64,
    /// β_c of the diversity loss, in language form taken half.
    pub diversity: f64,
    /// What the diversity loss is divided by.
    pub divisor: DiversityDivisor,
    /// What the affinity balance is computed from.
    pub affinity_form: AffinityBalance,
}

impl LossWeights {
    /// The weights in force.
    pub fn of(config: &Config, knobs: &Knobs) -> Self {
        Self {
            router: knobs.router_weight,
            theta: knobs.theta,
            distillation: knobs.distillation,
            balance: knobs.balance_weight,
            z: knobs.z_weight,
            affinity_balance: knobs.affinity_balance_weight,
            diversity: knobs.diversity_weight,
            divisor: config.competition.diversity_divisor,
            affinity_form: config.competition.affinity_balance,
        }
    }
}

/// Distillation (router) loss: pulls the router's softmax p towards the competition's q (`docs/algorithm.md` 1.5).
///
/// - `p`, `q`: `[T, N]`; q is taken as a constant
/// - `winners`, `picks`: `[T, N]` of 0 and 1 with k ones a row
/// - returns `[1]`: plain = mean (p − q)²; hybrid = plain + θ·mean over winners; in top-k = mean over winners;
///   three-way = hybrid + θ·mean over the router's picks; divergence = mean over tokens of Σ q ln(q ÷ p)
#[allow(
    dead_code,
    reason = "the loss alone, for the golden files and the tests of the kernels that compute all losses at once"
)]
pub fn distillation(
    p: Tensor<2>,
    q: &Tensor<2>,
    winners: &Tensor<2>,
    picks: &Tensor<2>,
    form: Distillation,
    theta: f64,
) -> Tensor<1> {
    let constant = |t: &Tensor<2>| t.clone().inner().autodiff();
    let tracked = p.is_autodiff();
    let (q, winners, picks) = if tracked {
        (constant(q), constant(winners), constant(picks))
    } else {
        (q.clone(), winners.clone(), picks.clone())
    };
    if form == Distillation::Divergence {
        return divergence(p, q);
    }
    let squared = (p - q).square();
    let over = |mask: Tensor<2>| {
        let marked = mask.clone().sum();
        (squared.clone() * mask).sum() / marked
    };
    match form {
        Distillation::Plain | Distillation::Divergence => squared.mean(),
        Distillation::InTopK => over(winners),
        Distillation::Hybrid => squared.clone().mean() + over(winners) * theta,
        Distillation::ThreeWay => squared.clone().mean() + (over(winners) + over(picks)) * theta,
    }
}

/// Mean over tokens of Σ_i q_i ln(q_i ÷ p_i): `[T, N]` each, rows summing to 1; where q is 0 it adds nothing.
pub fn divergence(p: Tensor<2>, q: Tensor<2>) -> Tensor<1> {
    let [tokens, _] = p.dims();
    let log = |t: Tensor<2>| t.clamp_min(1e-30).log();
    (q.clone() * (log(q) - log(p))).sum() / tokens as f64
}

/// z-loss: mean over tokens of (ln Σ eᶻ)², for `z` `[T, N]`. Part of the vision form; the language program knows it
/// and never adds it.
pub fn z_loss(z: Tensor<2>) -> Tensor<1> {
    let largest = z.clone().inner().max_dim(1);
    let largest = if z.is_autodiff() { largest.autodiff() } else { largest };
    let lse = (z - largest.clone()).exp().sum_dim(1).log() + largest;
    lse.square().mean()
}

/// Switch balance: N · mean over sequences of Σ_i f_i p̄_i, f the share of first choices (not tracked), p̄ the mean
/// probability. 1 is even (arXiv 2101.03961). The vision form's balance.
///
/// - `p`: `[T, N]`; `first`: `[T, N]`, one one a row; T = `sequences` · positions
pub fn switch_balance(p: Tensor<2>, first: &Tensor<2>, sequences: usize) -> Tensor<1> {
    let [tokens, experts] = p.dims();
    let shape = [sequences, tokens / sequences, experts];
    let first = if p.is_autodiff() { first.clone().autodiff() } else { first.clone() };
    let share = first.reshape(shape).mean_dim(1);
    let mean = p.reshape(shape).mean_dim(1);
    (share * mean).sum() * (experts as f64 / sequences as f64)
}

/// Version 1's balance: N · Σ_i f_i P_i, f the share of the T·k slots (not tracked) and P_i = Σ_t p ÷ (T·k). Even is
/// 1 ÷ k, for P is divided by k once more than a mean would be.
///
/// - `p`: `[T, N]`; `marked`: `[T, N]` with k ones a row
pub(crate) fn slot_balance(p: Tensor<2>, marked: &Tensor<2>, k: usize) -> Tensor<1> {
    let [tokens, experts] = p.dims();
    let marked = if p.is_autodiff() { marked.clone().autodiff() } else { marked.clone() };
    let slots = (tokens * k) as f64;
    (marked.sum_dim(0) * p.sum_dim(0)).sum() * (experts as f64 / (slots * slots))
}

/// Diversity of each token by stock operations: Σ over ordered pairs of different winners of the cosine of their answers,
/// ÷ k², `[T]` (`docs/algorithm.md` 1.7). The contest makes its own as it goes; this is for winners that are not its own.
///
/// - `x`: `[T, D]`; `winners`: `[T, N]` with k ones a row, a constant
pub fn diversity(experts: &ExpertWeights, x: Tensor<2>, winners: &Tensor<2>, k: usize) -> Tensor<1> {
    let [tokens, _] = winners.dims();
    let winners = if x.is_autodiff() { winners.clone().autodiff() } else { winners.clone() };
    let units = unit_length(experts.answers(x)) * winners.transpose().unsqueeze_dim::<3>(2);
    // ‖Σ u‖² is the sum over all ordered pairs, each winner with itself among them.
    let all = units.clone().sum_dim(0).square().sum_dim(2).reshape([tokens]);
    let own = units.square().sum_dim(2).sum_dim(0).reshape([tokens]);
    (all - own) / (k * k) as f64
}

/// Temperature at which version 1 balances policies that route by direction.
const VERSION1_TEMPERATURE: f64 = 0.3;

/// The losses of a router step: what they add to the total by their weights, and the balance loss by itself; `[1]` each,
/// `None` if there is nothing.
///
/// The balance is the policy's own if it brings one, else the form's: E(z) in language form, Switch balance of p in
/// vision form, the slots' balance in version 1. None for a router that does not learn (SMoE-Dropout, StableMoE once
/// frozen), for the bias-balanced policy, whose bias does it, and for CompeteSMoE's router steps in version 1.
pub fn router_losses(
    routing: &Routing,
    orders: &ForwardSettings,
    sequences: usize,
) -> (Option<Tensor<1>>, Option<Tensor<1>>) {
    let LossWeights { balance: weight, z, .. } = orders.weights;
    let plain = match balance(orders, routing) {
        Balance::None => None,
        Balance::Own => routing.balance.clone(),
        Balance::OfLogits { by_choice } => {
            let made = kernels::router_losses(
                routing.logits.clone(),
                Balancing { sequences, by_choice, balance: weight, z: z.max(0.0) },
            );
            return (Some(made.weighed), Some(made.plain));
        }
        Balance::ByChoice => {
            let p = routing.probabilities();
            let first = first_choice(&p);
            Some(switch_balance(p, &first, sequences))
        }
        Balance::OfSlots { temperature } => {
            Some(slot_balance(softmax(routing.logits.clone() / temperature), &routing.picks, orders.k))
        }
    };
    let weighed = plain.clone().map(|loss| loss * weight);
    let z = (z > 0.0).then(|| z_loss(routing.logits.clone()) * z);
    (weighed.into_iter().chain(z).reduce(|sum, term| sum + term), plain)
}

/// Which balance loss a router step has.
enum Balance {
    None,
    /// What the policy brought with its routing.
    Own,
    /// E(z), or Switch's of softmax(z): one kernel.
    OfLogits {
        by_choice: bool,
    },
    /// Switch's of a p that is not softmax(z).
    ByChoice,
    /// Version 1's.
    OfSlots {
        temperature: f64,
    },
}

fn balance(orders: &ForwardSettings, routing: &Routing) -> Balance {
    let version1 = orders.form == Form::Version1;
    if version1 && orders.faults.no_baseline_balance {
        return Balance::None;
    }
    match orders.policy {
        Policy::SmoeDropout | Policy::BiasBalanced => return Balance::None,
        Policy::StableMoe if orders.frozen => return Balance::None,
        Policy::CompeteSmoe if version1 => return Balance::None,
        _ => {}
    }
    if routing.balance.is_some() {
        return Balance::Own;
    }
    // Their softmax is tempered, or noisy.
    let tempered = matches!(orders.policy, Policy::XMoe | Policy::PerturbedCosine | Policy::NoisyTopK);
    match orders.form {
        Form::Language => Balance::OfLogits { by_choice: false },
        Form::Vision if tempered => Balance::ByChoice,
        Form::Vision => Balance::OfLogits { by_choice: true },
        Form::Version1 => {
            let directed = matches!(orders.policy, Policy::XMoe | Policy::StableMoe | Policy::PerturbedCosine);
            Balance::OfSlots { temperature: if directed { VERSION1_TEMPERATURE } else { 1.0 } }
        }
    }
}
