// Root-mean-square normalisation, of x or of a sum: y = x ÷ √(mean x² + ε) · gain.
//
// x        [T, D]  f32
// added    [T, D]  f32: added to x beforehand, if asked for
// gain     [D]     f32
// sum      [T, D]  f32, written if something is added: the sum
// y        [T, D]  f32, written
// inverse  [T]     f32, written: 1 ÷ √(mean x² + ε) of each row
// sizes    [4]     u32: T, D, the bits of ε as f32, 1 to add
//
// One group per row; its threads stride over the width and add up in workgroup memory.
// The CPU twin is `forward` in src/kernels/host/norm.rs.

const GROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> added: array<f32>;
@group(0) @binding(2) var<storage, read_write> gain: array<f32>;
@group(0) @binding(3) var<storage, read_write> sum: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> inverse: array<f32>;
@group(0) @binding(6) var<storage, read> sizes: array<u32>;

var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let row = group.x + group.y * groups.x;
    let width = sizes[1];
    let inside = row < sizes[0];
    let adding = sizes[3] != 0u;
    var squares = 0.0;
    if (inside) {
        for (var i = thread; i < width; i += GROUP) {
            var value = x[row * width + i];
            if (adding) {
                value += added[row * width + i];
                sum[row * width + i] = value;
            }
            squares += value * value;
        }
    }
    sums[thread] = squares;
    workgroupBarrier();
    for (var half = GROUP / 2u; half > 0u; half /= 2u) {
        if (thread < half) {
            sums[thread] += sums[thread + half];
        }
        workgroupBarrier();
    }
    let scale = inverseSqrt(sums[0] / f32(width) + bitcast<f32>(sizes[2]));
    if (inside) {
        if (thread == 0u) {
            inverse[row] = scale;
        }
        for (var i = thread; i < width; i += GROUP) {
            var value = x[row * width + i];
            if (adding) {
                value += added[row * width + i];
            }
            y[row * width + i] = value * scale * gain[i];
        }
    }
}
