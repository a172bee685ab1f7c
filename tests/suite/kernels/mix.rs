//! Routed experts: every token through its k experts.

use burn::tensor::{Device, Tensor};
use moe_arena::domain::config::Activation::{Gelu, Relu};
use moe_arena::engine::kernels::mix;

use super::experts::Layer;
use super::{against_twin, everywhere, normals};

/// Where the tokens go.
#[derive(Clone, Copy, Debug)]
enum Load {
    /// Token t to experts t, t + 1, …
    Spread,
    /// All to the first k.
    One,
    /// To k of the first k + 1, the rest get none.
    Few,
}

fn picks(layer: &Layer, load: Load) -> Vec<f32> {
    let (n, k) = (layer.experts, layer.k);
    let mut mask = vec![0.0; layer.tokens * n];
    for (t, row) in mask.chunks_exact_mut(n).enumerate() {
        for j in 0..k {
            let expert = match load {
                Load::Spread => (t * 7 + j) % n,
                Load::One => j,
                Load::Few => (t + j) % (k + 1).min(n),
            };
            row[expert] = 1.0;
        }
    }
    mask
}

fn compare(layer: Layer, load: Load, device: &Device) {
    let Layer { tokens, experts: n, width: d, k, .. } = layer;
    let mask = picks(&layer, load);
    let chosen = Tensor::<1>::from_floats(mask.as_slice(), device).reshape([tokens, n]);
    let mut inputs = layer.inputs();
    let shares = inputs.len();
    inputs.push(super::Input { name: "weights", values: normals(tokens * n, 0.5, 6) });
    let kernel = |inputs: &[Tensor<1>]| {
        let x = inputs[0].clone().reshape([tokens, d]);
        let weights = inputs[shares].clone().reshape([tokens, n]);
        mix(&layer.weights(inputs), x, weights, &chosen, k).reshape([tokens * d])
    };
    let twin = |inputs: &[Vec<f64>]| {
        let mut y = vec![0.0; tokens * d];
        for t in 0..tokens {
            for e in (0..n).filter(|e| mask[t * n + e] == 1.0) {
                let answer = layer.answer(inputs, t, e);
                (0..d).for_each(|i| y[t * d + i] += inputs[shares][t * n + e] * answer[i]);
            }
        }
        y
    };
    against_twin(&format!("mix {layer:?} {load:?}"), device, &inputs, kernel, twin);
}

#[test]
fn mix_is_its_loops() {
    everywhere("mix_is_its_loops", |device| {
        for (sizes, activation, biases, load) in [
            ([1, 1, 2, 3, 1], Relu, false, Load::Spread),
            ([1, 5, 4, 7, 2], Relu, false, Load::Spread),
            ([13, 4, 6, 5, 4], Relu, true, Load::Spread),
            ([131, 7, 17, 19, 2], Gelu, true, Load::Spread),
            ([67, 65, 8, 9, 3], Gelu, false, Load::Spread),
            ([300, 5, 10, 12, 1], Relu, false, Load::One),
            ([97, 8, 33, 20, 2], Relu, true, Load::Few),
        ] {
            compare(Layer::new(sizes, activation, biases), load, device);
        }
    });
}
