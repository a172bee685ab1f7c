// Gradient of the mean cross-entropy by weights: (softmax(logits) − one-hot(target)) · g · weight ÷ Σ weights. 0 where the
// weight is 0, whatever the target; else NaN where that is no class.
//
// logits   [T, V]  f32, row-major
// targets  [T]     f32, whole numbers below V
// weights  [T]     f32, 0 where a row is not scored
// scale    [T, 2]  f32: largest logit of the row, Σ exp(logit − largest)
// whole    [1]     f32: Σ weights
// g        [1]     f32: gradient of the mean
// dlogits  [T, V]  f32, written
// sizes    [3]     u32: T, V, the bits of NaN
//
// One thread per logit.

const GROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> targets: array<f32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> scale: array<f32>;
@group(0) @binding(4) var<storage, read_write> whole: array<f32>;
@group(0) @binding(5) var<storage, read_write> g: array<f32>;
@group(0) @binding(6) var<storage, read_write> dlogits: array<f32>;
@group(0) @binding(7) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let place = id.x + id.y * groups.x * GROUP;
    let width = sizes[1];
    if (place >= sizes[0] * width) {
        return;
    }
    let row = place / width;
    let weight = weights[row];
    if (weight == 0.0) {
        dlogits[place] = 0.0;
        return;
    }
    let own = class_of(targets[row], width);
    if (own == width) {
        dlogits[place] = bitcast<f32>(sizes[2]);
        return;
    }
    let hit = own == place % width;
    let p = exp(logits[place] - scale[2u * row]) / scale[2u * row + 1u];
    dlogits[place] = (p - select(0.0, 1.0, hit)) * (g[0] * weight / whole[0]);
}
