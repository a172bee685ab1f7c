// Adds numbers up: total = factor · Σ values.
//
// values  [L]  f32
// total   [1]  f32, written
// sizes   [2]  u32: L, the bits of the factor as f32
//
// A single group; its threads stride over the values and add up in workgroup memory.

const GROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
@group(0) @binding(2) var<storage, read_write> sizes: array<u32>;

var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(local_invocation_index) thread: u32) {
    let len = sizes[0];
    var sum = 0.0;
    for (var i = thread; i < len; i += GROUP) {
        sum += values[i];
    }
    sums[thread] = sum;
    workgroupBarrier();
    for (var half = GROUP / 2u; half > 0u; half /= 2u) {
        if (thread < half) {
            sums[thread] += sums[thread + half];
        }
        workgroupBarrier();
    }
    if (thread == 0u) {
        total[0] = sums[0] * bitcast<f32>(sizes[1]);
    }
}
