// Balance from the sums of balance.wgsl, and the same with the z-loss by their weights.
//
// sums     [B, C, W]  f32, over each of the C stretches of a sequence: softmax, [N]; first choices, [N], for Switch's
//                     balance alone; squares of ln Σ eᵘ
// slopes   [B, N]     f32, written: slope of the balance, but for 1 ÷ T, in the softmax
// loss     [1]        f32, written: balance
// weighed  [1]        f32, written: balance and z-loss by their weights
// sizes    [8]        u32: B, S, N, C, 1 for Switch's balance; the bits of three f32: ln N, weight of the balance,
//                     weight of the z-loss ÷ T
//
// With m the mean softmax of a sequence: mean over sequences of Σ (m ln(N m) − m + 1/N), − ln N, which is minus the mean
// entropy, written so that near an even m the terms are small numbers rather than the difference of two large ones. Or,
// with f the share of first choices, Switch's: N · mean of Σ f m.
// A single group; its threads stride over sequences and experts.

const GROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> sums: array<f32>;
@group(0) @binding(1) var<storage, read_write> slopes: array<f32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@group(0) @binding(3) var<storage, read_write> weighed: array<f32>;
@group(0) @binding(4) var<storage, read> sizes: array<u32>;

// Per thread: balance, squares.
var<workgroup> parts: array<vec2<f32>, 256>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(local_invocation_index) thread: u32) {
    let sequences = sizes[0];
    let positions = f32(sizes[1]);
    let width = sizes[2];
    let stretches = sizes[3];
    let by_choice = sizes[4] != 0u;
    let columns = select(width, 2u * width, by_choice);
    let experts = f32(width);
    var total = vec2<f32>(0.0);
    for (var i = thread; i < sequences * width; i += GROUP) {
        let sequence = i / width;
        var sum = 0.0;
        var firsts = 0.0;
        for (var stretch = 0u; stretch < stretches; stretch++) {
            let at = (sequence * stretches + stretch) * (columns + 1u) + i % width;
            sum += sums[at];
            if (by_choice) {
                firsts += sums[at + width];
            }
        }
        let mean = sum / positions;
        if (by_choice) {
            slopes[i] = experts * firsts / positions;
            total.x += slopes[i] * mean;
        } else {
            slopes[i] = log(max(experts * mean, 1.1754944e-38));
            total.x += mean * slopes[i] - mean + 1.0 / experts;
        }
    }
    for (var i = thread; i < sequences * stretches; i += GROUP) {
        total.y += sums[i * (columns + 1u) + columns];
    }
    parts[thread] = total;
    workgroupBarrier();
    for (var half = GROUP / 2u; half > 0u; half /= 2u) {
        if (thread < half) {
            parts[thread] += parts[thread + half];
        }
        workgroupBarrier();
    }
    if (thread == 0u) {
        let balance = parts[0].x / f32(sequences) - select(bitcast<f32>(sizes[5]), 0.0, by_choice);
        loss[0] = balance;
        weighed[0] = balance * bitcast<f32>(sizes[6]) + parts[0].y * bitcast<f32>(sizes[7]);
    }
}
