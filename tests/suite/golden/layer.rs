//! Layer files of CompeteSMoE v2, language form: competition steps, router steps and single loss terms.

use burn::tensor::{Device, Tensor};
use moe_arena::config::{Activation, AffinityBalance, Distillation, RouterForm};
use moe_arena::config::{Response, Sharing};
use moe_arena::diagnostics::router::mean_entropy;
use moe_arena::kernels::{Rules, first_choice};
use moe_arena::model::{
    Competition, Experts, LossWeights, Mode, Router, distillation, entropy_balance, moe_layer, switch_balance, z_loss,
};

use super::table::Table;

/// The weights and input of a file as leaves.
struct Leaves {
    x: Tensor<2>,
    gate: Tensor<2>,
    keys: Tensor<3>,
    values: Tensor<3>,
    activation: Activation,
}

struct Sizes {
    sequences: usize,
    tokens: usize,
    width: usize,
    experts: usize,
    k: usize,
}

fn leaf<const R: usize>(table: &mut Table, name: &str, device: &Device) -> Tensor<R> {
    let (shape, values) = table.input(name);
    let rank: [usize; R] = match shape.len() {
        // The input comes as [B, T, D]; here tokens are one axis.
        3 if R == 2 => std::array::from_fn(|i| [shape[0] * shape[1], shape[2]][i]),
        _ => shape.try_into().unwrap_or_else(|_| panic!("{name} has another rank")),
    };
    Tensor::<1>::from_floats(values.as_slice(), device).reshape(rank).autodiff().require_grad()
}

fn values<const R: usize>(tensor: &Tensor<R>) -> Vec<f32> {
    tensor.clone().inner().into_data().try_to_vec().unwrap()
}

/// Row-major `[T, N]` read at the file's indices `[T, k]`.
fn at(rows: &[f32], index: &[i64], n: usize, k: usize) -> Vec<f32> {
    index.iter().enumerate().map(|(place, &i)| rows[place / k * n + i as usize]).collect()
}

impl Leaves {
    fn of(table: &mut Table, device: &Device) -> Self {
        Self {
            x: leaf(table, "input", device),
            gate: leaf(table, "gate.weight", device),
            keys: leaf(table, "experts.keys", device),
            values: leaf(table, "experts.values", device),
            activation: match table.text("activation") {
                "relu" | "" => Activation::Relu,
                "gelu" => Activation::Gelu,
                other => panic!("no activation is called {other}"),
            },
        }
    }

    /// Compares all four gradients of `loss`; `prefix` is that of the file's names.
    fn gradients(&self, table: &mut Table, prefix: &str, loss: &Tensor<1>) {
        let mut grads = loss.backward();
        fn of<const R: usize>(leaf: &Tensor<R>, grads: &mut burn::tensor::Gradients) -> Option<Vec<f32>> {
            leaf.grad_remove(grads).map(|g| g.into_data().try_to_vec().unwrap())
        }
        table.gradient(&format!("{prefix}input"), of(&self.x, &mut grads));
        table.gradient(&format!("{prefix}gate.weight"), of(&self.gate, &mut grads));
        table.gradient(&format!("{prefix}experts.keys"), of(&self.keys, &mut grads));
        table.gradient(&format!("{prefix}experts.values"), of(&self.values, &mut grads));
    }

    fn experts(&self) -> Experts {
        Experts { keys: self.keys.clone(), values: self.values.clone(), biases: None, activation: self.activation }
    }
}

pub fn compare(table: &mut Table, device: &Device) {
    assert_ne!(table.number_or("expert_bias", 0.0), 1.0, "experts have no bias here");
    let sizes = Sizes {
        sequences: table.whole("batch"),
        tokens: table.whole("batch") * table.whole("tokens"),
        width: table.whole("d_model"),
        experts: table.whole("n_experts"),
        k: table.whole("top_k"),
    };
    let form = match table.text("router_switch") {
        "cosine" => RouterForm::Cosine,
        "norm_weight" => RouterForm::UnitRows,
        "sigmoid" => RouterForm::Sigmoid { scale: table.number("scale_weight") },
        "" => RouterForm::Linear,
        other => panic!("router_switch {other}"),
    };
    let leaves = Leaves::of(table, device);
    let router = Router { weight: leaves.gate.clone(), form };
    match table.text("step") {
        "competition" => layer_step(table, &leaves, &router, &sizes, Mode::Compete),
        "router" => layer_step(table, &leaves, &router, &sizes, Mode::Route),
        "terms" => terms(table, &leaves, &router, &sizes),
        other => panic!("step {other}"),
    }
}

fn weights(table: &Table) -> LossWeights {
    let on = |key| table.number_or(key, 0.0) == 1.0;
    LossWeights {
        router: table.number_or("router_loss_coef", 0.0),
        theta: table.number_or("router_theta", 0.0),
        distillation: match (on("hybrid"), on("in_topk"), on("tribrid")) {
            (false, false, false) => Distillation::Plain,
            (true, false, false) => Distillation::Hybrid,
            (false, true, false) => Distillation::InTopK,
            (false, false, true) => Distillation::ThreeWay,
            other => panic!("hybrid, in_topk, tribrid: {other:?}"),
        },
        balance: table.number("balance_loss_coef"),
        affinity_balance: table.number_or("balance_loss_coef_comp", 0.0) * table.number_or("balance_affinity", 1.0),
        diversity: table.number_or("balance_loss_coef_comp", 0.0),
        affinity_form: AffinityBalance::Published,
    }
}

/// A whole layer step: forward, losses and the gradients of sum(output · probe) + aux.
fn layer_step(table: &mut Table, leaves: &Leaves, router: &Router, sizes: &Sizes, mode: Mode) {
    let (_, probe) = table.input("probe");
    let weights = weights(table);
    let Sizes { sequences, tokens, width, experts: n, k } = *sizes;
    let out = moe_layer(router, &leaves.experts(), leaves.x.clone(), sequences, k, mode, &weights);
    table.forward("output", &values(&out.y));
    let auxiliary = out.auxiliary.clone().expect("a training step has auxiliary losses");
    table.forward("loss.aux_total", &values(&auxiliary));
    let routing = &out.trace.routing;
    table.forward("router.logits", &values(&routing.logits));
    table.forward("router.softmax", &values(&routing.probabilities));
    let (picks, pick_weights) = (values(&routing.picks), values(&routing.weights));
    let picked = if mode == Mode::Compete { "router.topk" } else { "topk" };
    table.chosen(&format!("{picked}.index"), &picks, k, n);
    let index = table.wholes(&format!("{picked}.index"));
    table.forward(&format!("{picked}.weight"), &at(&pick_weights, &index, n, k));
    let counts = |mask: &[f32]| -> Vec<i64> {
        (0..n).map(|i| mask.chunks_exact(n).filter(|r| r[i] == 1.0).count() as i64).collect()
    };

    if let Some(competition) = &out.trace.competition {
        competition_step(table, leaves, competition, &picks, sizes);
        let (p, q) = (routing.probabilities.clone(), &competition.probabilities);
        let theta = table.number("router_theta");
        let loss =
            |winners: &Tensor<2>, form| values(&distillation(p.clone(), q, winners, &routing.picks, form, theta));
        let winners = &competition.winners;
        for (name, winners, form) in [
            ("mse_all", winners, Distillation::Plain),
            ("mse_winners", winners, Distillation::InTopK),
            ("mse_router_topk", &routing.picks, Distillation::InTopK),
            ("plain", winners, Distillation::Plain),
            ("in_topk", winners, Distillation::InTopK),
            ("hybrid", winners, Distillation::Hybrid),
            ("tribrid", winners, Distillation::ThreeWay),
        ] {
            table.forward(&format!("loss.router.{name}"), &loss(winners, form));
        }
        table.forward("loss.diversity", &values(out.terms.diversity.as_ref().unwrap()));
        table.forward("loss.balance_affinity", &values(out.terms.affinity_balance.as_ref().unwrap()));
        let first_picks = values(&first_choice(&routing.probabilities));
        let first_wins = values(&first_choice(&competition.affinity));
        let same = first_picks.iter().zip(&first_wins).filter(|(a, b)| **a == 1.0 && **b == 1.0).count();
        table.forward("derived.top1_agree", &[same as f32 / tokens as f32]);
        table.exact("derived.load_router", &counts(&picks));
        table.exact("derived.load_competition", &counts(&values(&competition.winners)));
    } else if table.has("loss.balance_router") {
        table.forward("loss.balance_router", &values(out.terms.balance.as_ref().unwrap()));
        let first = first_choice(&routing.probabilities);
        table
            .forward("loss.switch_balance", &values(&switch_balance(routing.probabilities.clone(), &first, sequences)));
        table.forward("loss.zloss", &values(&z_loss(routing.logits.clone())));
        table.exact("metric.expert_counts", &counts(&picks));
        table.forward("metric.entropy_topk", &[mean_entropy(&pick_weights, n) as f32]);
        table.forward("metric.entropy_all", &[mean_entropy(&values(&routing.probabilities), n) as f32]);
    }
    let probe = Tensor::<1>::from_floats(probe.as_slice(), &leaves.x.device().inner()).reshape([tokens, width]);
    let total = (out.y * probe.autodiff()).sum() + auxiliary;
    leaves.gradients(table, "grad.", &total);
}

/// The competition's own tensors.
fn competition_step(table: &mut Table, leaves: &Leaves, competition: &Competition, picks: &[f32], sizes: &Sizes) {
    let Sizes { tokens, width, experts: n, k, .. } = *sizes;
    let answers = values(&leaves.experts().answers(leaves.x.clone()).swap_dims(0, 1)); // [T, N, D]
    table.forward("expert_outputs", &answers);
    table.forward("affinity.scores", &values(&competition.affinity));
    table.forward("affinity.softmax", &values(&competition.probabilities));
    let winners = values(&competition.winners);
    table.chosen("winners.index", &winners, k, n);
    let index = table.wholes("winners.index");
    let weights = moe_arena::model::share_among(competition.affinity.clone(), &competition.winners);
    table.forward("winners.weight", &at(&values(&weights), &index, n, k));
    let of_winners = index.iter().enumerate().flat_map(|(place, &i)| {
        let start = (place / k * n + i as usize) * width;
        answers[start..start + width].to_vec()
    });
    table.forward("winners.outputs", &of_winners.collect::<Vec<f32>>());
    let shared = picks.iter().zip(&winners).filter(|(a, b)| **a == 1.0 && **b == 1.0).count();
    table.forward("derived.overlap", &[shared as f32 / (tokens * k) as f32]);
}

/// Single loss terms with coefficient 1, each with its own gradients.
fn terms(table: &mut Table, leaves: &Leaves, router: &Router, sizes: &Sizes) {
    table.input("probe");
    let Sizes { sequences, k, .. } = *sizes;
    for name in table.names("loss.") {
        let rules = Rules { k, response: Response::MeanSoftplus, sharing: Sharing::Ratio, gated: false };
        // A graph per term: a backward pass consumes what it went through.
        let routing = router.route(leaves.x.clone(), k);
        let competition = Competition::hold(&leaves.experts(), leaves.x.clone(), &routing.logits, rules);
        let (p, q) = (routing.probabilities.clone(), &competition.probabilities);
        let theta = table.number("router_theta");
        let distilled = |form| distillation(p.clone(), q, &competition.winners, &routing.picks, form, theta);
        let term = name.trim_start_matches("loss.").to_owned();
        let loss = match term.as_str() {
            "router_plain" => distilled(Distillation::Plain),
            "router_hybrid" => distilled(Distillation::Hybrid),
            "diversity" => competition.diversity.clone(),
            "balance_affinity" => entropy_balance(q.clone(), sequences),
            "balance_router" => entropy_balance(routing.logits.clone(), sequences),
            "switch_balance" => switch_balance(p.clone(), &first_choice(&p), sequences),
            "zloss" => z_loss(routing.logits.clone()),
            other => panic!("no loss term is called {other}"),
        };
        table.forward(&name, &values(&loss));
        leaves.gradients(table, &format!("grad.{term}."), &loss);
    }
}
