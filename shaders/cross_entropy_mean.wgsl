// Mean cross-entropy by weights: Σ losses ÷ Σ weights, 0 if the weights are all 0.
//
// losses   [T]  f32: weight times loss of each row, as cross_entropy.wgsl wrote them
// weights  [T]  f32
// mean     [1]  f32, written
// whole    [1]  f32, written: Σ weights, for cross_entropy_gradient.wgsl
// sizes    [1]  u32: T
//
// A single group; its threads stride over the rows and add up in workgroup memory.

const GROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> losses: array<f32>;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> mean: array<f32>;
@group(0) @binding(3) var<storage, read_write> whole: array<f32>;
@group(0) @binding(4) var<storage, read> sizes: array<u32>;

// Per thread: losses, weights.
var<workgroup> sums: array<vec2<f32>, 256>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(local_invocation_index) thread: u32) {
    let len = sizes[0];
    var sum = vec2<f32>(0.0);
    for (var i = thread; i < len; i += GROUP) {
        sum += vec2<f32>(losses[i], weights[i]);
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
        let total = sums[0];
        // The share first, as when all rows count alike.
        mean[0] = select(total.x * (1.0 / total.y), 0.0, total.y == 0.0);
        whole[0] = total.y;
    }
}
