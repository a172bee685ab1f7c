// Gradient of balance and z-loss: p · (a (v − Σ p v) + c l) · g.
//
// p       [T, N]  f32, row-major: softmax of each token; T = B · S, sequence by sequence
// slopes  [B, N]  f32: v, as balance_loss.wgsl wrote it
// logs    [T]     f32: l = ln Σ eᵘ of each token
// g       [1]     f32: gradient of the weighed losses
// du      [T, N]  f32, written
// sizes   [5]     u32: T, S, N; the bits of two f32: weight of the balance ÷ T, a; twice that of the z-loss ÷ T, c
//
// Four rows a group, sixteen threads along each.

const ROWS: u32 = 4u;
const LANES: u32 = 16u;

@group(0) @binding(0) var<storage, read_write> p: array<f32>;
@group(0) @binding(1) var<storage, read_write> slopes: array<f32>;
@group(0) @binding(2) var<storage, read_write> logs: array<f32>;
@group(0) @binding(3) var<storage, read_write> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> du: array<f32>;
@group(0) @binding(5) var<storage, read> sizes: array<u32>;

var<workgroup> parts: array<f32, 64>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let row = (group.x + group.y * groups.x) * ROWS + thread / LANES;
    let lane = thread % LANES;
    let width = sizes[2];
    let inside = row < sizes[0];
    let of_sequence = (row / sizes[1]) * width;
    var sum = 0.0;
    if (inside) {
        for (var i = lane; i < width; i += LANES) {
            sum += p[row * width + i] * slopes[of_sequence + i];
        }
    }
    parts[thread] = sum;
    workgroupBarrier();
    sum = 0.0;
    for (var i = 0u; i < LANES; i++) {
        sum += parts[thread - lane + i];
    }
    if (inside) {
        let of_balance = g[0] * bitcast<f32>(sizes[3]);
        var of_row = 0.0;
        if (sizes[4] != 0u) {
            of_row = g[0] * bitcast<f32>(sizes[4]) * logs[row];
        }
        for (var i = lane; i < width; i += LANES) {
            du[row * width + i] = p[row * width + i] * (of_balance * (slopes[of_sequence + i] - sum) + of_row);
        }
    }
}
