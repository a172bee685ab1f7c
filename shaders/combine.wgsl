// Brings the k rows of each token together again: y[t] = Σ weight · rows[row of slot].
//
// rows   [R, D]  f32, grouped by expert
// plan   [..]    u32: see group_place.wgsl
// y      [T, D]  f32, written
// sizes  [7]     u32: T, D, k, R, 1 to weigh each row (0: plain sum), where weight of row and row of slot begin
//
// One thread per number of the result; experts ascending, so the sum is the same on every run.

const GROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> rows: array<f32>;
@group(0) @binding(1) var<storage, read_write> plan: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let place = id.x + id.y * groups.x * GROUP;
    let width = sizes[1];
    let k = sizes[2];
    if (place >= sizes[0] * width) {
        return;
    }
    let token = place / width;
    let column = place % width;
    var sum = 0.0;
    for (var slot = 0u; slot < k; slot++) {
        let row = plan[sizes[6] + token * k + slot];
        if (row < sizes[3]) {
            var weight = 1.0;
            if (sizes[4] != 0u) {
                weight = bitcast<f32>(plan[sizes[5] + row]);
            }
            sum += weight * rows[row * width + column];
        }
    }
    y[place] = sum;
}
