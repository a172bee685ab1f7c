// Gradient of the weights with which a token's rows are combined: dw[t, e] = g[t] · answer of e to t; 0 where not picked.
//
// answers  [R, D]  f32, grouped by expert, unweighted
// g        [T, D]  f32
// plan     [..]    u32: see group_place.wgsl
// dw       [T, N]  f32, written
// sizes    [7]     u32: T, D, N (at most 256), k, R, where row of slot and expert of slot begin in the plan
//
// One group per token: eight slots at a time, eight threads along the width of each.

const GROUP: u32 = 64u;
const LANES: u32 = 8u;

@group(0) @binding(0) var<storage, read_write> answers: array<f32>;
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> plan: array<u32>;
@group(0) @binding(3) var<storage, read_write> dw: array<f32>;
@group(0) @binding(4) var<storage, read> sizes: array<u32>;

var<workgroup> parts: array<f32, 64>;
var<workgroup> of_expert: array<f32, 256>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let token = group.x + group.y * groups.x;
    let width = sizes[1];
    let experts = min(sizes[2], 256u);
    let k = sizes[3];
    if (token >= sizes[0]) {
        return;
    }
    for (var expert = thread; expert < 256u; expert += GROUP) {
        of_expert[expert] = 0.0;
    }
    for (var first = 0u; first < k; first += LANES) {
        let slot = first + thread / LANES;
        var sum = 0.0;
        if (slot < k) {
            let row = plan[sizes[5] + token * k + slot];
            if (row < sizes[4]) {
                for (var i = thread % LANES; i < width; i += LANES) {
                    sum += answers[row * width + i] * g[token * width + i];
                }
            }
        }
        parts[thread] = sum;
        workgroupBarrier();
        if (thread < LANES && first + thread < k) {
            let expert = plan[sizes[6] + token * k + first + thread];
            var total = 0.0;
            for (var i = 0u; i < LANES; i++) {
                total += parts[thread * LANES + i];
            }
            if (expert < experts) {
                of_expert[expert] = total;
            }
        }
        workgroupBarrier();
    }
    for (var expert = thread; expert < experts; expert += GROUP) {
        dw[token * experts + expert] = of_expert[expert];
    }
}
