//! Layer files of the policies CompeteSMoE is compared with, in all three forms; and the noisy gate, which has no experts.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};
use moe_arena::domain::config::{Form, Policy};
use moe_arena::engine::model::{LayerInputs, Mode, Router, moe_layer, z_loss};

use super::leaves::{Leaves, Sizes, at, given, orders, values_of};
use super::table::Table;

/// The policy a file's kind stands for.
pub fn policy(kind: &str) -> Option<Policy> {
    Some(match kind {
        "smoe" => Policy::Smoe,
        "moe" => Policy::SmoeRaw,
        "smoe_sigmoid" | "smoe_sigmoidgating" => Policy::SigmaMoe,
        "xmoe" => Policy::XMoe,
        "smoe_perturbed" => Policy::PerturbedCosine,
        "deepseekv2" | "smoe_share" => Policy::SharedV2,
        "deepseekv3" => Policy::SharedV3,
        "stablemoe" => Policy::StableMoe,
        _ => return None,
    })
}

pub fn compare(table: &mut Table, device: &Device, policy: Policy, form: Form) {
    let sizes = Sizes::of(table);
    let Sizes { sequences, experts: n, k, .. } = sizes;
    let leaves = Leaves::of(table, policy, device);
    let orders = orders(table, policy, form, k);
    let out = moe_layer(&leaves.mixture(policy), leaves.x(), sequences, Mode::Route, &orders, &given());
    table.forward("output", &values_of(&out.y));
    let routing = &out.trace.routing;
    table.forward_if_there("router.logits", &values_of(&routing.logits));
    let by_sigmoid = matches!(policy, Policy::SigmaMoe | Policy::SharedV3);
    let scores = if by_sigmoid { sigmoid(routing.logits.clone()) } else { routing.probabilities() };
    table.forward_if_there("router.scores", &values_of(&scores));
    table.chosen("topk.index", &values_of(&routing.picks), k, n);
    let index = table.wholes("topk.index");
    table.forward("topk.weight", &at(&values_of(&routing.weights()), &index, n, k));
    let balance = values_of(out.terms.balance.as_ref().unwrap());
    let name = match form {
        Form::Language => "loss.balance_router",
        Form::Vision => "loss.switch_balance",
        Form::Version1 => "loss.balance",
    };
    table.forward(name, &balance);
    table.forward_if_there("loss.zloss", &values_of(&z_loss(routing.logits.clone())));
    let auxiliary = out.auxiliary.clone().unwrap();
    table.forward_if_there("loss.aux_total", &values_of(&auxiliary));
    let total = leaves.total(table, out.y, Some(auxiliary));
    leaves.gradients(table, "grad.", &total);
}

/// The gate of noisy top-k with the draws it used.
pub fn noisy(table: &mut Table, device: &Device) {
    let (n, k) = (table.whole("n_experts"), table.whole("top_k"));
    let leaves = Leaves::of(table, Policy::NoisyTopK, device);
    // Their matrices are [D, N].
    let turned = |name| leaves.get::<2>(name).unwrap().transpose();
    let router =
        Router { weight: Some(turned("gate.weight")), noise: Some(turned("noise.weight")), ..Router::default() };
    let (shape, draws) = table.input("noise");
    let noise = Tensor::<1>::from_floats(draws.as_slice(), device).reshape([shape[0], shape[1]]);
    let orders = orders(table, Policy::NoisyTopK, Form::Version1, k);
    let routing = router.route(leaves.x(), &orders, &LayerInputs { noise: Some(noise), ..LayerInputs::default() });
    table.chosen("topk.index", &values_of(&routing.picks), k, n);
    let index = table.wholes("topk.index");
    table.forward("topk.weight", &at(&values_of(&routing.weights()), &index, n, k));
    let loss = routing.balance.clone().unwrap();
    table.forward("loss.cv_importance_load", &values_of(&loss));
    // Each combining weight times its number, placed where the file's choice is.
    let (_, probe) = table.input("probe_weight");
    let mut placed = vec![0.0; shape[0] * n];
    index.iter().zip(probe).enumerate().for_each(|(i, (&expert, p))| placed[i / k * n + expert as usize] = p);
    let placed = Tensor::<1>::from_floats(placed.as_slice(), device).reshape([shape[0], n]);
    let total = (routing.weights() * placed.autodiff()).sum() + loss;
    leaves.gradients(table, "grad.", &total);
}
