// Gradient of the balance loss: with v = ln(N m) of the token's sequence, p · (v − Σ p v) · g · w ÷ (B·S).
//
// p      [T, N]  f32, row-major: softmax of each token; T = B · S, sequence by sequence
// means  [B, N]  f32: m, the mean softmax of each sequence
// g      [1]     f32: gradient of the weighed loss
// du     [T, N]  f32, written
// sizes  [4]     u32: T, S, N; the bits of the weight w as f32
//
// Four rows a group, sixteen threads along each.

const ROWS: u32 = 4u;
const LANES: u32 = 16u;

@group(0) @binding(0) var<storage, read_write> p: array<f32>;
@group(0) @binding(1) var<storage, read_write> means: array<f32>;
@group(0) @binding(2) var<storage, read_write> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> du: array<f32>;
@group(0) @binding(4) var<storage, read_write> sizes: array<u32>;

var<workgroup> parts: array<f32, 64>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let row = (group.x + group.y * groups.x) * ROWS + thread / LANES;
    let lane = thread % LANES;
    let tokens = sizes[0];
    let width = sizes[2];
    let inside = row < tokens;
    let of_sequence = (row / sizes[1]) * width;
    let experts = f32(width);
    var sum = 0.0;
    if (inside) {
        for (var i = lane; i < width; i += LANES) {
            sum += p[row * width + i] * log(max(experts * means[of_sequence + i], 1.1754944e-38));
        }
    }
    parts[thread] = sum;
    workgroupBarrier();
    sum = 0.0;
    for (var i = 0u; i < LANES; i++) {
        sum += parts[thread - lane + i];
    }
    let scale = g[0] * bitcast<f32>(sizes[3]) / f32(tokens);
    if (inside) {
        for (var i = lane; i < width; i += LANES) {
            let value = log(max(experts * means[of_sequence + i], 1.1754944e-38));
            du[row * width + i] = p[row * width + i] * (value - sum) * scale;
        }
    }
}
