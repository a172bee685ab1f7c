// Squared error of each row of outputs, averaged over the row's numbers, times the row's weight. 0 where the weight is 0,
// whatever output and target.
//
// outputs  [T, W]  f32, row-major
// targets  [T, W]  f32
// weights  [T]     f32, 0 where a row is not scored
// losses   [T]     f32, written
// sizes    [2]     u32: T, W
//
// One thread per row. Next: cross_entropy_mean.wgsl.

const GROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> outputs: array<f32>;
@group(0) @binding(1) var<storage, read_write> targets: array<f32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;
@group(0) @binding(4) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = id.x + id.y * groups.x * GROUP;
    if (row >= sizes[0]) {
        return;
    }
    let width = sizes[1];
    let weight = weights[row];
    var sum = 0.0;
    if (weight != 0.0) {
        for (var i = row * width; i < (row + 1u) * width; i++) {
            let off = outputs[i] - targets[i];
            sum += off * off;
        }
    }
    losses[row] = weight * (sum / f32(width));
}
