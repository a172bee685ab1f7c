// Gradients of root-mean-square normalisation: dx = r·h − x·r³·(h·x)/D, h = g ⊙ gain, and parts of Σ g ⊙ x·r.
//
// x        [T, D]       f32: what was normalised
// gain     [D]          f32
// inverse  [T]          f32: r, 1 ÷ √(mean x² + ε) of each row
// g        [T, D]       f32: gradient of y
// direct   [T, D]       f32: gradient that reaches x past the norm, if asked for
// dx       [T, D]       f32, written
// parts    [groups, D]  f32, written: gradient of the gain, added up over each group's rows
// sizes    [4]          u32: T, D, rows of a group, 1 to add the direct gradient
//
// A group takes its rows four at a time, sixteen threads along each; then its threads stride over the columns.
// Next: column_sums.wgsl.

const GROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> gain: array<f32>;
@group(0) @binding(2) var<storage, read_write> inverse: array<f32>;
@group(0) @binding(3) var<storage, read_write> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> direct: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;
@group(0) @binding(6) var<storage, read_write> parts: array<f32>;
@group(0) @binding(7) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let width = sizes[1];
    let begin = group.x * sizes[2];
    let end = min(begin + sizes[2], sizes[0]);
    let lane = thread % LANES;
    for (var start = begin; start < end; start += ROWS) {
        let row = start + thread / LANES;
        let inside = row < end;
        var sum = 0.0;
        if (inside) {
            for (var i = lane; i < width; i += LANES) {
                sum += g[row * width + i] * gain[i] * x[row * width + i];
            }
        }
        sum = sum_of_row(thread, sum);
        if (inside) {
            let r = inverse[row];
            let along = sum * r * r * r / f32(width);
            for (var i = lane; i < width; i += LANES) {
                var value = r * g[row * width + i] * gain[i] - x[row * width + i] * along;
                if (sizes[3] != 0u) {
                    value += direct[row * width + i];
                }
                dx[row * width + i] = value;
            }
        }
    }
    for (var i = thread; i < width; i += GROUP) {
        var sum = 0.0;
        for (var row = begin; row < end; row++) {
            sum += g[row * width + i] * x[row * width + i] * inverse[row];
        }
        parts[group.x * width + i] = sum;
    }
}
