// Softmax over each row, or over its marked entries; 0 elsewhere. A row without a mark, or of −∞, is all 0.
//
// scores  [T, N]  f32, row-major
// mask    [T, N]  f32: not 0 where marked; read if asked for
// p       [T, N]  f32, written
// sizes   [3]     u32: T, N, 1 to heed the mask
//
// Four rows a group, sixteen threads along each.

@group(0) @binding(0) var<storage, read_write> scores: array<f32>;
@group(0) @binding(1) var<storage, read_write> mask: array<f32>;
@group(0) @binding(2) var<storage, read_write> p: array<f32>;
@group(0) @binding(3) var<storage, read> sizes: array<u32>;

fn marked(place: u32) -> bool {
    if (sizes[2] == 0u) {
        return true;
    }
    return mask[place] != 0.0;
}

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
            if (marked(row * width + i)) {
                largest = max(largest, scores[row * width + i]);
            }
        }
    }
    largest = largest_of_row(thread, largest);
    var sum = 0.0;
    if (inside) {
        for (var i = lane; i < width; i += LANES) {
            if (marked(row * width + i)) {
                sum += exp(scores[row * width + i] - largest);
            }
        }
    }
    sum = sum_of_row(thread, sum);
    if (inside) {
        for (var i = lane; i < width; i += LANES) {
            var value = 0.0;
            // Not `sum != 0`: that is false for NaN as well, and NaN is to be seen.
            if (!(sum == 0.0) && marked(row * width + i)) {
                value = exp(scores[row * width + i] - largest) / sum;
            }
            p[row * width + i] = value;
        }
    }
}
