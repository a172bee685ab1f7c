//! Layer files of CompeteSMoE v2, both forms: competition steps, router steps and single loss terms.

use burn::tensor::{Device, Tensor};
use moe_arena::domain::config::{Distillation, Form, Policy};
use moe_arena::domain::measures::router::mean_entropy;
use moe_arena::engine::kernels::{entropy_balance, first_choice};
use moe_arena::engine::model::{
    Competition, ForwardSettings, Mixture, Mode, distillation, moe_layer, share_among, switch_balance, z_loss,
};

use super::leaves::{Leaves, Sizes, at, counts, given, orders, values_of};
use super::table::Table;

pub fn compare(table: &mut Table, device: &Device, form: Form) {
    let sizes = Sizes::of(table);
    let leaves = Leaves::of(table, Policy::CompeteSmoe, device);
    let orders = orders(table, Policy::CompeteSmoe, form, sizes.k);
    match table.text("step") {
        "competition" => layer_step(table, &leaves, &orders, &sizes, Mode::Compete),
        "router" => layer_step(table, &leaves, &orders, &sizes, Mode::Route),
        "terms" => terms(table, &leaves, &orders, &sizes),
        other => panic!("step {other}"),
    }
}

/// A whole layer step: forward, losses and the gradients of sum(output · probe) + aux.
fn layer_step(table: &mut Table, leaves: &Leaves, orders: &ForwardSettings, sizes: &Sizes, mode: Mode) {
    let Sizes { sequences, tokens, experts: n, k, .. } = *sizes;
    let mixture = leaves.mixture(orders.policy);
    let out = moe_layer(&mixture, leaves.x(), sequences, mode, orders, &given());
    table.forward("output", &values_of(&out.y));
    let auxiliary = out.auxiliary.clone().expect("a training step has auxiliary losses");
    table.forward("loss.aux_total", &values_of(&auxiliary));
    let routing = &out.trace.routing;
    table.forward("router.logits", &values_of(&routing.logits));
    table.forward("router.softmax", &values_of(&routing.probabilities()));
    let (picks, pick_weights) = (values_of(&routing.picks), values_of(&routing.weights()));
    let picked = if table.has("router.topk.index") { "router.topk" } else { "topk" };
    table.chosen(&format!("{picked}.index"), &picks, k, n);
    let index = table.wholes(&format!("{picked}.index"));
    table.forward(&format!("{picked}.weight"), &at(&pick_weights, &index, n, k));

    if let Some(competition) = &out.trace.competition {
        competition_step(table, leaves, &mixture, competition, &picks, sizes);
        let (p, q) = (routing.probabilities(), &competition.probabilities());
        let theta = table.number("router_theta");
        let loss =
            |winners: &Tensor<2>, form| values_of(&distillation(p.clone(), q, winners, &routing.picks, form, theta));
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
            table.forward_if_there(&format!("loss.router.{name}"), &loss(winners, form));
        }
        table.forward_if_there("loss.router.used", &values_of(out.terms.router.as_ref().unwrap()));
        table.forward("loss.diversity", &values_of(out.terms.diversity.as_ref().unwrap()));
        let balance = values_of(out.terms.affinity_balance.as_ref().unwrap());
        let name = if orders.form == Form::Vision { "loss.switch_balance" } else { "loss.balance_affinity" };
        table.forward(name, &balance);
        let first_picks = values_of(&first_choice(&routing.probabilities()));
        let first_wins = values_of(&first_choice(&competition.affinity));
        let same = first_picks.iter().zip(&first_wins).filter(|(a, b)| **a == 1.0 && **b == 1.0).count();
        table.forward_if_there("derived.top1_agree", &[same as f32 / tokens as f32]);
        table.exact_if_there("derived.load_router", &counts(&picks, n));
        table.exact_if_there("derived.load_competition", &counts(&values_of(&competition.winners), n));
    } else {
        let balance = values_of(out.terms.balance.as_ref().unwrap());
        let first = first_choice(&routing.probabilities());
        let switch = values_of(&switch_balance(routing.probabilities(), &first, sequences));
        if orders.form == Form::Language {
            table.forward_if_there("loss.balance_router", &balance);
        } else {
            table.forward("loss.switch_balance", &balance);
        }
        table.forward_if_there("loss.switch_balance", &switch);
        table.forward_if_there("loss.zloss", &values_of(&z_loss(routing.logits.clone())));
        table.exact_if_there("metric.expert_counts", &counts(&picks, n));
        table.forward_if_there("metric.entropy_topk", &[mean_entropy(&pick_weights, n) as f32]);
        let all = mean_entropy(&values_of(&routing.probabilities()), n) as f32;
        table.forward_if_there("metric.entropy_all", &[all]);
    }
    let total = leaves.total(table, out.y, Some(auxiliary));
    leaves.gradients(table, "grad.", &total);
}

/// The competition's own tensors.
fn competition_step(
    table: &mut Table,
    leaves: &Leaves,
    mixture: &Mixture,
    competition: &Competition,
    picks: &[f32],
    sizes: &Sizes,
) {
    let Sizes { tokens, width, experts: n, k, .. } = *sizes;
    let answers = values_of(&mixture.experts.answers(leaves.x()).swap_dims(0, 1)); // [T, N, D]
    table.forward("expert_outputs", &answers);
    table.forward("affinity.scores", &values_of(&competition.affinity));
    table.forward("affinity.softmax", &values_of(&competition.probabilities()));
    let winners = values_of(&competition.winners);
    table.chosen("winners.index", &winners, k, n);
    let index = table.wholes("winners.index");
    let weights = share_among(competition.affinity.clone(), &competition.winners);
    table.forward("winners.weight", &at(&values_of(&weights), &index, n, k));
    let of_winners = index.iter().enumerate().flat_map(|(place, &i)| {
        let start = (place / k * n + i as usize) * width;
        answers[start..start + width].to_vec()
    });
    table.forward_if_there("winners.outputs", &of_winners.collect::<Vec<f32>>());
    let shared = picks.iter().zip(&winners).filter(|(a, b)| **a == 1.0 && **b == 1.0).count();
    table.forward_if_there("derived.overlap", &[shared as f32 / (tokens * k) as f32]);
}

/// Single loss terms with coefficient 1, each with its own gradients.
fn terms(table: &mut Table, leaves: &Leaves, orders: &ForwardSettings, sizes: &Sizes) {
    table.input("probe");
    let sequences = sizes.sequences;
    for name in table.names("loss.") {
        // A graph per term: a backward pass consumes what it went through.
        let mixture = leaves.mixture(orders.policy);
        let routing = mixture.router.route(leaves.x(), orders, &given());
        let held = Competition::hold(&mixture.experts, leaves.x(), &routing.logits, orders.rules);
        let competition = &held.competition;
        let (p, q) = (routing.probabilities(), &competition.probabilities());
        let theta = table.number("router_theta");
        let distilled = |form| distillation(p.clone(), q, &competition.winners, &routing.picks, form, theta);
        let term = name.trim_start_matches("loss.").to_owned();
        let loss = match term.as_str() {
            "router_plain" => distilled(Distillation::Plain),
            "router_hybrid" => distilled(Distillation::Hybrid),
            "diversity" => held.diversity.clone().mean(),
            "balance_affinity" => entropy_balance(q.clone(), sequences),
            "balance_router" => entropy_balance(routing.logits.clone(), sequences),
            "switch_balance" => switch_balance(p.clone(), &first_choice(&p), sequences),
            "zloss" => z_loss(routing.logits.clone()),
            other => panic!("no loss term is called {other}"),
        };
        table.forward(&name, &values_of(&loss));
        leaves.gradients(table, &format!("grad.{term}."), &loss);
    }
}
