// The router's choice: marks the k largest logits of each token, and shares the token by the softmax over them.
//
// z       [T, N]  f32, row-major
// picks   [T, N]  f32, written: 1 for the k largest of the row, else 0; ties and NaN as in top_k.wgsl
// shares  [T, N]  f32, written: softmax over the marked entries, 0 elsewhere, as in softmax.wgsl
// sizes   [3]     u32: T, N, k
//
// Four rows a group, sixteen threads along each; every thread looks again only at marks of its own.
// The gradient is that of a softmax: softmax_gradient.wgsl.

@group(0) @binding(0) var<storage, read_write> z: array<f32>;
@group(0) @binding(1) var<storage, read_write> picks: array<f32>;
@group(0) @binding(2) var<storage, read_write> shares: array<f32>;
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
    let at = row * width;
    let inside = row < sizes[0];
    var largest = -3.4028234e38;
    if (inside) {
        for (var i = lane; i < width; i += LANES) {
            let own = order(z[at + i]);
            var before = 0u;
            for (var other = 0u; other < width; other++) {
                let theirs = order(z[at + other]);
                if (theirs > own || (theirs == own && other < i)) {
                    before++;
                }
            }
            picks[at + i] = select(0.0, 1.0, before < sizes[2]);
            if (before < sizes[2]) {
                largest = max(largest, z[at + i]);
            }
        }
    }
    largest = largest_of_row(thread, largest);
    var sum = 0.0;
    if (inside) {
        for (var i = lane; i < width; i += LANES) {
            if (picks[at + i] != 0.0) {
                sum += exp(z[at + i] - largest);
            }
        }
    }
    sum = sum_of_row(thread, sum);
    if (inside) {
        for (var i = lane; i < width; i += LANES) {
            var share = 0.0;
            // Not `sum != 0`: that is false for NaN as well, and NaN is to be seen.
            if (!(sum == 0.0) && picks[at + i] != 0.0) {
                share = exp(z[at + i] - largest) / sum;
            }
            shares[at + i] = share;
        }
    }
}
