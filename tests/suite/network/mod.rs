//! The whole network against loops in double precision, and its gradient against central differences of those loops.

pub mod twin;

use burn::tensor::{Device, Int, Tensor};
use moe_arena::domain::config::{Activation, Config, Preset};
use moe_arena::domain::draw::{Draws, Purpose};
use moe_arena::domain::roster::{Change, Surgery};
use moe_arena::domain::state::Layout;
use moe_arena::domain::state::{State, SurgeryInputs, reshape};
use moe_arena::engine::kernels::cross_entropy;
use moe_arena::engine::model::{ForwardInputs, ForwardSettings, Mode, Network, NetworkInput, Rotary};

use crate::devices;
use twin::Twin;

const WINDOWS: [&str; 2] = ["Call me Ishmael. ", "the great whale ah"];

fn config(activation: Activation, moe_every: usize) -> Config {
    let mut config = Preset::Tiny.config();
    config.model.activation = activation;
    config.model.moe_every = moe_every;
    config.model.experts = 5;
    config.model.dense_width = 24;
    config.knobs.router_weight = 3.0;
    config.knobs.balance_weight = 0.5;
    config.knobs.affinity_balance_weight = 0.5;
    config.knobs.diversity_weight = 0.7;
    config
}

fn windows(config: &Config) -> Vec<Vec<u8>> {
    WINDOWS.iter().map(|w| w.as_bytes()[..=config.model.context].to_vec()).collect()
}

/// Logits, loss and gradient of the program, in the layout's order.
fn program(config: &Config, state: &State, compete: &[bool], device: &Device) -> (Vec<f32>, f32, Vec<f32>) {
    let experts = state.progress.rosters[0].len();
    let layout = Layout::of(config, experts);
    let leaf = |a: &moe_arena::domain::state::Array| {
        Tensor::<1>::from_floats(a.values.as_slice(), device).autodiff().require_grad()
    };
    let leaves: Vec<Tensor<1>> = state.weights.iter().map(leaf).collect();
    let network = Network::assemble(&config.model_spec(), &layout, &leaves);
    let (windows, context) = (windows(config), config.model.context);
    let ints = |part: std::ops::Range<usize>| {
        let bytes: Vec<i32> = windows.iter().flat_map(|w| w[part.clone()].iter().map(|&b| i32::from(b))).collect();
        Tensor::<1, Int>::from_data(bytes.as_slice(), device)
    };
    let inputs = ints(0..context).reshape([windows.len(), context]).autodiff();
    let modes: Vec<Mode> = compete.iter().map(|&c| if c { Mode::Compete } else { Mode::Route }).collect();
    let orders = ForwardSettings::of(config, &state.progress.knobs, 0);
    let rotary = Rotary::new(&config.model_spec(), device);
    let output = network.forward(NetworkInput::Ids(inputs), &rotary, &modes, &orders, &ForwardInputs::default());
    let logits = output.logits.clone().inner().into_data().try_to_vec().unwrap();
    let scored = Tensor::<1>::ones([windows.len() * context], device);
    let task = cross_entropy(output.logits, ints(1..context + 1).autodiff(), scored);
    let loss = output.layers.into_iter().filter_map(|l| l.auxiliary).fold(task, |a, b| a + b);
    let mut gradients = loss.backward();
    let gradient = leaves.iter().flat_map(|leaf| {
        let zeros = leaf.clone().inner().zeros_like();
        leaf.grad_remove(&mut gradients).unwrap_or(zeros).into_data().try_to_vec::<f32>().unwrap()
    });
    let gradient = gradient.collect();
    (logits, loss.inner().into_scalar(), gradient)
}

/// The largest difference; NaN if one is, which a maximum of floats would leave out.
fn worst(differences: impl Iterator<Item = f64>) -> f64 {
    differences.fold(0.0, |most, off| if off > most || off.is_nan() { off } else { most })
}

fn check(config: &Config, compete: &[bool], device: &Device, slack: f64) {
    let state = State::initial(config);
    let (logits, loss, gradient) = program(config, &state, compete, device);
    let mut twin = Twin::of(&config.model, &state);
    let (experts, knobs) = (config.model.experts, &config.knobs);
    let mut expected = Vec::new();
    for window in windows(config) {
        expected.extend(twin.sequence(&window[..config.model.context], compete, experts, knobs).0.concat());
    }
    let worst = worst(logits.iter().zip(&expected).map(|(a, b)| (f64::from(*a) - b).abs()));
    assert!(worst < 1e-5 * slack, "logits off by {worst}");
    let twins = twin.loss(&windows(config), compete, experts, knobs);
    assert!((f64::from(loss) - twins).abs() < 1e-5 * slack, "loss {loss}, expected {twins}");

    // Central differences at a few places of every tensor.
    let layout = Layout::of(config, experts);
    let largest = gradient.iter().fold(0.0f64, |m, g| m.max(f64::from(*g).abs()));
    let mut draws = Draws::new(4, Purpose::Weights, 1, 0);
    let (mut looked_at, mut compared) = (0, 0);
    for slot in &layout.slots {
        for _ in 0..4 {
            looked_at += 1;
            let place = draws.below(slot.count() as u64) as usize;
            let mut at = |shift: f64| {
                let weight = &mut twin.weights.get_mut(&slot.name).unwrap()[place];
                let kept = *weight;
                *weight += shift;
                let loss = twin.loss(&windows(config), compete, experts, knobs);
                twin.weights.get_mut(&slot.name).unwrap()[place] = kept;
                loss
            };
            let step = 1e-5;
            let slope = (at(step) - at(-step)) / (2.0 * step);
            let ours = f64::from(gradient[slot.start + place]);
            // One-sided slopes differ where a neuron or a choice switches; there is no derivative to compare with.
            let (left, right) = ((at(0.0) - at(-step)) / step, (at(step) - at(0.0)) / step);
            if (left - right).abs() > 1e-3 * largest {
                continue;
            }
            compared += 1;
            let tolerance = slack * (2e-4 * slope.abs() + 2e-5 * largest);
            assert!((ours - slope).abs() < tolerance, "{}[{place}]: {ours}, expected {slope}", slot.name);
        }
    }
    assert!(compared * 5 >= looked_at * 4, "only {compared} of {looked_at} slopes could be compared");
}

fn all(device: &Device, slack: f64) {
    for (activation, moe_every) in [(Activation::Relu, 1), (Activation::Gelu, 1), (Activation::Relu, 2)] {
        let config = config(activation, moe_every);
        let layers = config.model.moe_count();
        // The router's task gradient in a competition step and the target's are cut on purpose, so the twin's slopes
        // are compared where nothing is cut: router steps. Competition gradients are compared with the golden files.
        check(&config, &vec![false; layers], device, slack);
    }
}

#[test]
fn the_network_is_its_loops_on_the_cpu() {
    all(&devices::cpu().device, 1.0);
}

#[test]
fn the_network_is_its_loops_on_the_graphics_adapter() {
    if let Some(place) = devices::graphics("the_network_is_its_loops_on_the_graphics_adapter") {
        all(&place.device, 3.0);
    }
}

#[test]
fn a_competing_network_is_its_loops() {
    for activation in [Activation::Relu, Activation::Gelu] {
        let config = config(activation, 1);
        let state = State::initial(&config);
        let compete = [true, true];
        let (logits, loss, _) = program(&config, &state, &compete, &devices::cpu().device);
        let twin = Twin::of(&config.model, &state);
        let first = &windows(&config)[0][..config.model.context];
        let expected = twin.sequence(first, &compete, 5, &config.knobs).0.concat();
        let worst = worst(expected.iter().zip(&logits).map(|(b, a)| (f64::from(*a) - b).abs()));
        assert!(worst < 1e-5, "logits off by {worst}");
        let twins = twin.loss(&windows(&config), &compete, 5, &config.knobs);
        assert!((f64::from(loss) - twins).abs() < 1e-5, "loss {loss}, expected {twins}");
    }
}

fn operate(config: &Config, state: &State, change: &Change) -> State {
    let loads = vec![vec![0.2; state.progress.rosters[0].len()]; config.model.moe_count()];
    let changes = vec![change.clone(); config.model.moe_count()];
    reshape(state, &SurgeryInputs { config, seed: 1, changes: &changes, loads: &loads }).unwrap()
}

#[test]
fn permuting_the_slots_changes_no_output() {
    let config = config(Activation::Relu, 1);
    let state = State::initial(&config);
    let order = [3, 0, 4, 1, 2].map(moe_arena::domain::roster::Origin::Kept).to_vec();
    let permuted = operate(&config, &state, &Change { origins: order });
    let device = devices::cpu().device;
    for compete in [[false; 2], [true; 2]] {
        let (before, loss_before, _) = program(&config, &state, &compete, &device);
        let (after, loss_after, _) = program(&config, &permuted, &compete, &device);
        let worst = worst(before.iter().zip(&after).map(|(a, b)| f64::from((a - b).abs())));
        assert!(worst < 1e-5 && (loss_before - loss_after).abs() < 1e-5, "off by {worst}");
    }
}

#[test]
fn a_split_keeps_the_function_up_to_its_noise_for_one_answer_a_token() {
    let mut config = config(Activation::Relu, 1);
    config.knobs.top_k = 1;
    let state = State::initial(&config);
    let change = Change::plan(Surgery::SplitBusiest, 8, &[0.2; 5], &[], true).unwrap();
    let split = operate(&config, &state, &change);
    let device = devices::cpu().device;
    let (before, ..) = program(&config, &state, &[false; 2], &device);
    let (after, ..) = program(&config, &split, &[false; 2], &device);
    let size = before.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let mut off: Vec<f32> = before.iter().zip(&after).map(|(a, b)| (a - b).abs()).collect();
    off.sort_by(f32::total_cmp);
    // One per cent of noise: every logit stays near, but for tokens whose choice between two others was a near tie.
    assert!(off[off.len() * 9 / 10] < 0.05 * size, "{} of {size}", off[off.len() * 9 / 10]);
}
