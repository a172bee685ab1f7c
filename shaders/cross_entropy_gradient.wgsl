// Gradient of the mean cross-entropy: (softmax(logits) − one-hot(target)) · g ÷ T.
//
// logits   [T, V]  f32, row-major
// targets  [T]     f32, whole numbers below V
// scale    [T, 2]  f32: largest logit of the row, Σ exp(logit − largest)
// g        [1]     f32: gradient of the mean
// dlogits  [T, V]  f32, written
// sizes    [2]     u32: T, V
//
// One thread per logit.

const GROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> targets: array<f32>;
@group(0) @binding(2) var<storage, read_write> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> dlogits: array<f32>;
@group(0) @binding(5) var<storage, read_write> sizes: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let place = id.x + id.y * groups.x * GROUP;
    let width = sizes[1];
    if (place >= sizes[0] * width) {
        return;
    }
    let row = place / width;
    let hit = min(u32(max(targets[row], 0.0)), width - 1u) == place % width;
    let p = exp(logits[place] - scale[2u * row]) / scale[2u * row + 1u];
    dlogits[place] = (p - select(0.0, 1.0, hit)) * (g[0] / f32(sizes[0]));
}
