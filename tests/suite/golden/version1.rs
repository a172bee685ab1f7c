//! Layer files of CompeteSMoE v1: competition by norm, with and without balance and gate, and router steps.

use burn::tensor::Device;
use moe_arena::domain::config::{Form, Policy};
use moe_arena::engine::kernels::Rules;
use moe_arena::engine::model::{Competition, Mode, moe_layer, target};

use super::leaves::{Leaves, Sizes, at, given, orders, values_of};
use super::table::Table;

pub fn compare(table: &mut Table, device: &Device) {
    let sizes = Sizes::of(table);
    let Sizes { sequences, experts: n, k, .. } = sizes;
    let leaves = Leaves::of(table, Policy::CompeteSmoe, device);
    let orders = orders(table, Policy::CompeteSmoe, Form::Version1, k);
    let mode = if table.text("step") == "competition" { Mode::Compete } else { Mode::Route };
    let run = || moe_layer(&leaves.mixture(Policy::CompeteSmoe), leaves.x(), sequences, mode, &orders, &given());
    let out = run();
    table.forward("output", &values_of(&out.y));
    let routing = &out.trace.routing;
    table.forward("router.logits", &values_of(&routing.logits));
    table.forward("router.softmax", &values_of(&routing.probabilities()));
    let index = table.wholes("topk.index");
    if let Some(competition) = &out.trace.competition {
        let answers = leaves.mixture(Policy::CompeteSmoe).experts.answers(leaves.x());
        table.forward("expert_outputs", &values_of(&answers.swap_dims(0, 1)));
        // The file has the norms alone also where half the gate's logit is added to them.
        let rules = Rules { gated: false, ..orders.rules };
        let norms = Competition::hold(&leaves.mixture(Policy::CompeteSmoe).experts, leaves.x(), &routing.logits, rules)
            .competition;
        table.forward("affinity.scores", &values_of(&norms.affinity));
        table.chosen("topk.index", &values_of(&competition.winners), k, n);
        let target = values_of(&target(competition, &orders));
        table.forward("competition.target", &target);
        table.forward("topk.weight", &at(&target, &index, n, k));
        table.forward("loss.router.mse", &values_of(out.terms.router.as_ref().unwrap()));
        let balance = values_of(out.terms.affinity_balance.as_ref().unwrap());
        table.forward_if_there("loss.balance_competition", &balance);
        // The trainer's factor is in our weights; the file has the gate's own total.
        let gate_total = run().auxiliary.unwrap() / table.number("load_balance");
        table.forward("loss.gate_total", &values_of(&gate_total));
        // The files leave the bias out here; `grad.gate.bias` has it.
        leaves.gradients_but(table, "grad_aux.", &gate_total, "gate.bias");
        let mut misread = orders.clone();
        misread.faults.router_in_logit_order = true;
        let misread = moe_layer(&leaves.mixture(Policy::CompeteSmoe), leaves.x(), sequences, mode, &misread, &given());
        table.noted("info.mse_unaligned_cpu", &values_of(misread.terms.router.as_ref().unwrap()));
    } else {
        assert!(out.auxiliary.is_none(), "a router step of version 1 has no loss of its own");
        table.chosen("topk.index", &values_of(&routing.picks), k, n);
        table.forward("topk.weight", &at(&values_of(&routing.weights()), &index, n, k));
    }
    let total = leaves.total(table, out.y, out.auxiliary);
    leaves.gradients(table, "grad.", &total);
}
