// Whether an AdamW update would write numbers that are finite only; if not, the step is halted before it writes.
//
// weights   [P]    f32
// gradient  [P]    f32, not yet clipped
// first     [P]    f32: running mean of the gradient
// second    [P]    f32: running mean of its square
// decaying  [P]    f32: 1 where weight decay applies, else 0
// frozen    [P]    f32: 1 where nothing is written, else 0; not read unless sizes says so
// parts     [258]  f32: see square_sums.wgsl, 256 groups; the last one, whether training went on so far, becomes 0 where
//                  a moment or weight would be larger than the limit or no number
// sizes     [12]   u32: P; then, the bits of f32: clip norm, β₁, 1 − β₁, β₂, 1 − β₂, learning rate ÷ correction of the
//                  first moment, correction of the second, ε, learning rate · weight decay, limit; then whether anything
//                  is frozen
//
// Counts as adamw_moments.wgsl and adamw_weights.wgsl do, which come next. Four numbers a thread; whichever threads find
// something write the same 0.

const EACH: u32 = 4u;

@group(0) @binding(0) var<storage, read_write> weights: array<f32>;
@group(0) @binding(1) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> first: array<f32>;
@group(0) @binding(3) var<storage, read_write> second: array<f32>;
@group(0) @binding(4) var<storage, read_write> decaying: array<f32>;
@group(0) @binding(5) var<storage, read_write> frozen: array<f32>;
@group(0) @binding(6) var<storage, read_write> parts: array<f32>;
@group(0) @binding(7) var<storage, read> sizes: array<u32>;

// By the bits: a compiler may take it that numbers are finite.
fn within(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) <= sizes[10];
}

@compute @workgroup_size(256, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let scale = min(1.0, bitcast<f32>(sizes[1]) / (sqrt(sum_of_group(thread, parts[thread])) + 1e-6));
    let number = group.x + group.y * groups.x;
    var sound = true;
    for (var j = 0u; j < EACH; j++) {
        let i = (number * EACH + j) * GROUP + thread;
        if (i < sizes[0] && !(sizes[11] == 1u && frozen[i] == 1.0)) {
            let g = gradient[i] * scale;
            let m = first[i] * bitcast<f32>(sizes[2]) + g * bitcast<f32>(sizes[3]);
            let v = second[i] * bitcast<f32>(sizes[4]) + g * g * bitcast<f32>(sizes[5]);
            let root = sqrt(v / bitcast<f32>(sizes[7])) + bitcast<f32>(sizes[8]);
            let kept = weights[i] - weights[i] * decaying[i] * bitcast<f32>(sizes[9]);
            let weight = kept - m / root * bitcast<f32>(sizes[6]);
            sound = sound && within(m) && within(v) && within(weight);
        }
    }
    if (!sound) {
        parts[GROUP + 1u] = 0.0;
    }
}
