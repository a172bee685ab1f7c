// The softmax's scale for each row of logits, and how unlikely each target is by them, times its weight:
// −weight · ln softmax(logits)[target]. 0 where the weight is 0, whatever the target; else NaN where that is no class.
//
// logits   [T, V]  f32, row-major
// targets  [T]     f32, whole numbers below V
// weights  [T]     f32, 0 where a row is not scored
// scale    [T, 2]  f32, written: largest logit of the row, Σ exp(logit − largest)
// losses   [T]     f32, written, in nats
// sizes    [3]     u32: T, V, the bits of NaN
//
// Four rows a group, sixteen threads along each. Next: cross_entropy_mean.wgsl.

@group(0) @binding(0) var<storage, read_write> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> targets: array<f32>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> scale: array<f32>;
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;
@group(0) @binding(5) var<storage, read> sizes: array<u32>;

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
    var largest = -3.4028234e38;
    if (inside) {
        for (var i = lane; i < width; i += LANES) {
            largest = max(largest, logits[row * width + i]);
        }
    }
    largest = largest_of_row(thread, largest);
    var sum = 0.0;
    if (inside) {
        for (var i = lane; i < width; i += LANES) {
            sum += exp(logits[row * width + i] - largest);
        }
    }
    sum = sum_of_row(thread, sum);
    if (inside && lane == 0u) {
        let own = class_of(targets[row], width);
        let target_logit = logits[row * width + min(own, width - 1u)];
        scale[2u * row] = largest;
        scale[2u * row + 1u] = sum;
        // The logits' difference first: of two large numbers only that counts.
        var loss = weights[row] * ((largest - target_logit) + log(sum));
        if (own == width) {
            loss = bitcast<f32>(sizes[2]);
        }
        losses[row] = select(loss, 0.0, weights[row] == 0.0);
    }
}
