// Sums of squares of a gradient, in as many parts as there are groups, and beside them what else decides over a step.
//
// gradient  [P]           f32
// total     [1]           f32: the step's loss
// alive     [1]           f32: 1 while every step so far was finite
// parts     [groups + 2]  f32, written: a sum per group, then total, then alive
// sizes     [1]           u32: P
//
// A fixed number of groups walks the vector, each thread in steps of all threads; adamw_moments.wgsl and
// adamw_weights.wgsl add the parts up again.

@group(0) @binding(0) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
@group(0) @binding(2) var<storage, read_write> alive: array<f32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>;
@group(0) @binding(4) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let len = sizes[0];
    var sum = 0.0;
    for (var i = group.x * GROUP + thread; i < len; i += groups.x * GROUP) {
        sum += gradient[i] * gradient[i];
    }
    let square = sum_of_group(thread, sum);
    if (thread == 0u) {
        parts[group.x] = square;
        if (group.x == 0u) {
            parts[groups.x] = total[0];
            parts[groups.x + 1u] = alive[0];
        }
    }
}
