// Losses of a competition from the sums of competition_losses.wgsl, each by itself and weighed together.
//
// parts      [G, W]  f32: G = B · C rows, one for each of the C stretches of a sequence: sums of what the balance is
//                    taken of, [N]; first choices, [N], for balance 2 alone; distillation; diversity
// slopes     [B, N]  f32, written: slope of the balance, but for 1 ÷ T, in what it is taken of
// auxiliary  [1]     f32, written: the losses by their weights
// router     [1]     f32, written: distillation loss
// evenness   [1]     f32, written: balance loss
// likeness   [1]     f32, written: diversity loss
// sizes      [10]    u32: B, S, N, C, balance; the bits of five f32: weights of distillation, balance and diversity,
//                    factor of the diversity sum, ln N
//
// Balance 0 and 1, m being the means of a sequence: mean over sequences of Σ (m ln(N m) − m + 1/N), − ln N; that is minus
// the mean entropy, see balance_loss.wgsl. Balance 2, f being the share of first choices: N · mean of Σ f m.
// A single group; its threads stride over sequences and experts.

const GROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> parts: array<f32>;
@group(0) @binding(1) var<storage, read_write> slopes: array<f32>;
@group(0) @binding(2) var<storage, read_write> auxiliary: array<f32>;
@group(0) @binding(3) var<storage, read_write> router: array<f32>;
@group(0) @binding(4) var<storage, read_write> evenness: array<f32>;
@group(0) @binding(5) var<storage, read_write> likeness: array<f32>;
@group(0) @binding(6) var<storage, read> sizes: array<u32>;

// Per thread: distillation, balance, diversity.
var<workgroup> sums: array<vec3<f32>, 256>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(local_invocation_index) thread: u32) {
    let sequences = sizes[0];
    let positions = f32(sizes[1]);
    let width = sizes[2];
    let stretches = sizes[3];
    let by_choice = sizes[4] == 2u;
    let columns = select(width, 2u * width, by_choice);
    let experts = f32(width);
    var total = vec3<f32>(0.0);
    for (var i = thread; i < sequences * width; i += GROUP) {
        let sequence = i / width;
        var sum = 0.0;
        var firsts = 0.0;
        for (var stretch = 0u; stretch < stretches; stretch++) {
            let at = (sequence * stretches + stretch) * (columns + 2u) + i % width;
            sum += parts[at];
            if (by_choice) {
                firsts += parts[at + width];
            }
        }
        let mean = sum / positions;
        if (by_choice) {
            slopes[i] = experts * firsts / positions;
            total.y += slopes[i] * mean;
        } else {
            slopes[i] = log(max(experts * mean, 1.1754944e-38));
            total.y += mean * slopes[i] - mean + 1.0 / experts;
        }
    }
    for (var i = thread; i < sequences * stretches; i += GROUP) {
        let at = i * (columns + 2u) + columns;
        total.x += parts[at];
        total.z += parts[at + 1u];
    }
    sums[thread] = total;
    workgroupBarrier();
    for (var half = GROUP / 2u; half > 0u; half /= 2u) {
        if (thread < half) {
            sums[thread] += sums[thread + half];
        }
        workgroupBarrier();
    }
    if (thread == 0u) {
        let distillation = sums[0].x;
        let balance = sums[0].y / f32(sequences) - select(bitcast<f32>(sizes[9]), 0.0, by_choice);
        let diversity = sums[0].z * bitcast<f32>(sizes[8]);
        router[0] = distillation;
        evenness[0] = balance;
        likeness[0] = diversity;
        let weighed = bitcast<f32>(sizes[5]) * distillation + bitcast<f32>(sizes[6]) * balance;
        auxiliary[0] = weighed + bitcast<f32>(sizes[7]) * diversity;
    }
}
