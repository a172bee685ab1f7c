// Gradient of the mean squared error by weights: 2 · (output − target) ÷ W · g · weight ÷ Σ weights. 0 where the weight is 0,
// whatever output and target.
//
// outputs   [T, W]  f32, row-major
// targets   [T, W]  f32
// weights   [T]     f32, 0 where a row is not scored
// whole     [1]     f32: Σ weights
// g         [1]     f32: gradient of the mean
// doutputs  [T, W]  f32, written
// sizes     [2]     u32: T, W
//
// One thread per number.

const GROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> outputs: array<f32>;
@group(0) @binding(1) var<storage, read_write> targets: array<f32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> whole: array<f32>;
@group(0) @binding(4) var<storage, read_write> g: array<f32>;
@group(0) @binding(5) var<storage, read_write> doutputs: array<f32>;
@group(0) @binding(6) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let place = id.x + id.y * groups.x * GROUP;
    let width = sizes[1];
    if (place >= sizes[0] * width) {
        return;
    }
    let weight = weights[place / width];
    var slope = 0.0;
    if (weight != 0.0) {
        slope = (outputs[place] - targets[place]) * (2.0 / f32(width) * g[0] * weight / whole[0]);
    }
    doutputs[place] = slope;
}
