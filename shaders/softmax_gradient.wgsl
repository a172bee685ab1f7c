// Gradient of a softmax, masked or not: p · (g − Σ p g) of each row.
//
// p        [T, N]  f32, row-major: the softmax
// g        [T, N]  f32: its gradient
// dscores  [T, N]  f32, written
// sizes    [2]     u32: T, N
//
// Four rows a group, sixteen threads along each.

@group(0) @binding(0) var<storage, read_write> p: array<f32>;
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> dscores: array<f32>;
@group(0) @binding(3) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let row = (group.x + group.y * groups.x) * ROWS + thread / LANES;
    let lane = thread % LANES;
    let width = sizes[1];
    let inside = row < sizes[0];
    var sum = 0.0;
    if (inside) {
        for (var i = lane; i < width; i += LANES) {
            sum += p[row * width + i] * g[row * width + i];
        }
    }
    sum = sum_of_row(thread, sum);
    if (inside) {
        for (var i = lane; i < width; i += LANES) {
            dscores[row * width + i] = p[row * width + i] * (g[row * width + i] - sum);
        }
    }
}
