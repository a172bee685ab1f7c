//! A file's weights as leaves of a graph, in either of the two storages, and the comparison of all their gradients.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor};
use moe_arena::domain::config::{Activation, Config, Distillation, Form, Knobs, Policy, Preset, RouterForm};
use moe_arena::engine::kernels::ExpertWeights;
use moe_arena::engine::model::{ForwardSettings, LayerInputs, Mixture, Router, rescaled};

use super::table::Table;

pub struct Sizes {
    pub sequences: usize,
    pub tokens: usize,
    pub width: usize,
    /// Routed ones.
    pub experts: usize,
    pub k: usize,
}

impl Sizes {
    pub fn of(table: &Table) -> Self {
        let or = |key, otherwise: &str| table.number_or(key, table.number(otherwise)) as usize;
        Self {
            sequences: table.whole("batch"),
            tokens: table.whole("batch") * table.whole("tokens"),
            width: table.whole("d_model"),
            experts: or("n_routed", "n_experts"),
            k: or("routed_top_k", "top_k"),
        }
    }
}

/// Every tensor of the file that the computation starts from, flat, with its shape; by the name of its gradient.
pub struct Leaves {
    flat: BTreeMap<String, (Vec<usize>, Tensor<1>)>,
    activation: Activation,
    /// Rows of the experts that are routed to.
    routed: usize,
}

const WEIGHTS: [&str; 14] = [
    "input",
    "gate.weight",
    "gate.bias",
    "noise.weight",
    "experts.keys",
    "experts.values",
    "experts.w1",
    "experts.b1",
    "experts.w2",
    "experts.b2",
    "shared.keys",
    "shared.values",
    "router.reduction.weight",
    "router.expert_embeddings",
];

impl Leaves {
    /// Directions come before the rescale; the leaf is after it, by the program.
    pub fn of(table: &mut Table, policy: Policy, device: &Device) -> Self {
        let mut flat = BTreeMap::new();
        for name in WEIGHTS {
            let directions = name == "router.expert_embeddings";
            let stored = if directions { format!("{name}.before") } else { name.to_owned() };
            if !table.has(&stored) {
                continue;
            }
            let (shape, values) = table.input(&stored);
            let mut leaf = Tensor::<1>::from_floats(values.as_slice(), device);
            if directions {
                leaf = rescaled(policy, leaf.reshape([shape[0], shape[1]])).reshape([-1]);
                table.forward(&format!("{name}.after"), &values_of(&leaf));
            }
            flat.insert(name.to_owned(), (shape, leaf.autodiff().require_grad()));
        }
        let activation = match table.text("activation") {
            "relu" | "" => Activation::Relu,
            "gelu-exact" => Activation::Gelu,
            other => panic!("no activation is called {other}"),
        };
        let routed = table.number_or("n_routed", table.number("n_experts")) as usize;
        Self { flat, activation, routed }
    }

    pub fn get<const R: usize>(&self, name: &str) -> Option<Tensor<R>> {
        let (shape, leaf) = self.flat.get(name)?;
        let shape: [usize; R] = match shape.len() {
            // The input comes as [B, T, D]; here tokens are one axis.
            3 if R == 2 => std::array::from_fn(|i| [shape[0] * shape[1], shape[2]][i]),
            _ => shape.as_slice().try_into().unwrap_or_else(|_| panic!("{name} has another rank")),
        };
        Some(leaf.clone().reshape(shape))
    }

    pub fn x(&self) -> Tensor<2> {
        self.get("input").unwrap()
    }

    /// All experts of the file in our storage, `rows` of them.
    fn experts(&self, rows: std::ops::Range<usize>) -> ExpertWeights {
        let activation = self.activation;
        let rows = |t: Tensor<3>| t.slice_dim(0, rows.clone());
        if let (Some(keys), Some(values)) = (self.get("experts.keys"), self.get("experts.values")) {
            return ExpertWeights { keys: rows(keys), values: rows(values), biases: None, activation };
        }
        // Theirs is [N, out, in].
        let turned = |name| rows(self.get::<3>(name).unwrap()).swap_dims(1, 2);
        let bias = |name: &str| rows(self.get::<2>(name).unwrap().unsqueeze_dim(2)).squeeze_dim(2);
        let biases = Some((bias("experts.b1"), bias("experts.b2")));
        ExpertWeights { keys: turned("experts.w1"), values: turned("experts.w2"), biases, activation }
    }

    pub fn mixture(&self, policy: Policy) -> Mixture {
        let directions = self.get("router.expert_embeddings");
        let (weight, embeddings) = match policy {
            // Its router is rows of directions in the whole width.
            Policy::StableMoe => (directions, None),
            _ => (self.get("gate.weight"), directions),
        };
        let rows = self.flat.iter().find(|(name, _)| name.starts_with("experts.")).unwrap().1.0[0];
        let shared = match (self.get("shared.keys"), self.get("shared.values")) {
            (Some(keys), Some(values)) => {
                Some(ExpertWeights { keys, values, biases: None, activation: self.activation })
            }
            _ => (rows > self.routed).then(|| self.experts(self.routed..rows)),
        };
        Mixture {
            router: Router {
                weight,
                embeddings,
                bias: self.get("gate.bias"),
                reduction: self.get("router.reduction.weight"),
                ..Router::default()
            },
            experts: self.experts(0..self.routed),
            shared,
        }
    }

    /// Compares the gradients of `loss` for all leaves; `prefix` is that of the file's names.
    pub fn gradients(&self, table: &mut Table, prefix: &str, loss: &Tensor<1>) {
        self.gradients_but(table, prefix, loss, "");
    }

    /// The same without one tensor.
    pub fn gradients_but(&self, table: &mut Table, prefix: &str, loss: &Tensor<1>, left_out: &str) {
        let mut grads = loss.backward();
        for (name, (_, leaf)) in self.flat.iter().filter(|(name, _)| *name != left_out) {
            let ours = leaf.grad_remove(&mut grads).map(|g| g.into_data().try_to_vec().unwrap());
            table.gradient(&format!("{prefix}{name}"), ours);
        }
    }

    /// Σ output · probe + `auxiliary`: the loss of which `grad.*` are the gradients.
    pub fn total(&self, table: &mut Table, output: Tensor<2>, auxiliary: Option<Tensor<1>>) -> Tensor<1> {
        let (_, probe) = table.input("probe");
        let probe = Tensor::<1>::from_floats(probe.as_slice(), &self.x().device().inner()).reshape(output.dims());
        let task = (output * probe.autodiff()).sum();
        auxiliary.map_or(task.clone(), |auxiliary| task + auxiliary)
    }
}

/// What the file's config asks for, by the program's own way from knobs to orders.
pub fn orders(table: &Table, policy: Policy, form: Form, k: usize) -> ForwardSettings {
    let on = |key| table.number_or(key, 0.0) == 1.0 || table.truth(key);
    let coefficient = |key| table.number_or(key, 0.0);
    let (balance, affinity_balance, diversity) = match form {
        Form::Language => {
            let competition = coefficient("balance_loss_coef_comp");
            let on = table.number_or("balance_affinity", 1.0);
            (coefficient("balance_loss_coef"), competition * on, competition)
        }
        Form::Vision => {
            (coefficient("balance_loss_coef"), coefficient("bal_comp_loss_coef"), coefficient("diversity_loss_coef"))
        }
        // α and the trainer's factor on all gate losses.
        Form::Version1 => {
            let balanced = table.text("mode") == "linear_balance";
            let whole = table.number_or("alpha", 1.0) * coefficient("load_balance");
            (coefficient("load_balance"), if balanced { whole } else { 0.0 }, 0.0)
        }
    };
    let mut config: Config = Preset::Tiny.config();
    config.model.router = match table.text("router_switch") {
        "cosine" => RouterForm::Cosine,
        "norm_weight" => RouterForm::UnitRows,
        "sigmoid" => RouterForm::Sigmoid { scale: table.number("scale_weight") },
        "" => RouterForm::Linear,
        other => panic!("router_switch {other}"),
    };
    let knobs = Knobs {
        policy,
        form,
        top_k: k,
        combine_gate: table.text("mode") == "combine_gate",
        router_weight: match form {
            Form::Version1 => table.number_or("alpha", 1.0) * coefficient("load_balance"),
            _ => coefficient("router_loss_coef"),
        },
        theta: coefficient("router_theta"),
        distillation: match (on("hybrid"), on("in_topk"), on("tribrid")) {
            (false, false, false) => Distillation::Plain,
            (true, false, false) => Distillation::Hybrid,
            (false, true, false) => Distillation::InTopK,
            (false, false, true) => Distillation::ThreeWay,
            other => panic!("hybrid, in_topk, tribrid: {other:?}"),
        },
        balance_weight: balance,
        z_weight: if form == Form::Vision { coefficient("router_z_loss_coef") } else { 0.0 },
        affinity_balance_weight: affinity_balance,
        diversity_weight: diversity,
        ..Knobs::default()
    };
    ForwardSettings::of(&config, &knobs, 0)
}

pub fn given() -> LayerInputs {
    LayerInputs::default()
}

pub fn values_of<const R: usize>(tensor: &Tensor<R>) -> Vec<f32> {
    tensor.clone().inner().into_data().try_to_vec().unwrap()
}

/// Row-major `[T, N]` read at the file's indices `[T, k]`.
pub fn at(rows: &[f32], index: &[i64], n: usize, k: usize) -> Vec<f32> {
    index.iter().enumerate().map(|(place, &i)| rows[place / k * n + i as usize]).collect()
}

/// How many rows of `mask` `[T, N]` mark each expert.
pub fn counts(mask: &[f32], n: usize) -> Vec<i64> {
    (0..n).map(|i| mask.chunks_exact(n).filter(|r| r[i] == 1.0).count() as i64).collect()
}
