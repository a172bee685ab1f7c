// Balance loss from the sums of balance.wgsl: mean over sequences of Σ (m ln(N m) − m + 1/N), − ln N.
//
// sums     [B, C, N]  f32: softmax added up over each of the C stretches of a sequence
// means    [B, N]     f32, written: m, the mean softmax of each sequence
// loss     [1]        f32, written
// weighed  [1]        f32, written: the loss by its weight
// sizes    [6]        u32: B, S, N, C; the bits of two f32: ln N, the weight
//
// Minus the mean entropy, written so that near an even m the terms are small numbers rather than the difference of two
// large ones. A single group; its threads stride over sequences and experts.

const GROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> sums: array<f32>;
@group(0) @binding(1) var<storage, read_write> means: array<f32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@group(0) @binding(3) var<storage, read_write> weighed: array<f32>;
@group(0) @binding(4) var<storage, read_write> sizes: array<u32>;

var<workgroup> parts: array<f32, 256>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(local_invocation_index) thread: u32) {
    let sequences = sizes[0];
    let width = sizes[2];
    let stretches = sizes[3];
    let experts = f32(width);
    var total = 0.0;
    for (var i = thread; i < sequences * width; i += GROUP) {
        let sequence = i / width;
        var sum = 0.0;
        for (var stretch = 0u; stretch < stretches; stretch++) {
            sum += sums[(sequence * stretches + stretch) * width + i % width];
        }
        let mean = sum / f32(sizes[1]);
        means[i] = mean;
        total += mean * log(max(experts * mean, 1.1754944e-38)) - mean + 1.0 / experts;
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
        let balance = parts[0] / f32(sequences) - bitcast<f32>(sizes[4]);
        loss[0] = balance;
        weighed[0] = balance * bitcast<f32>(sizes[5]);
    }
}
