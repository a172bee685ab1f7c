// Gradients of the losses of a competition, from that of their weighed sum.
//
// kept        [T, 3N]  f32, as competition_losses.wgsl wrote it: q = softmax(s); gradient of the distillation loss in z;
//                      r = softmax(q), for balance 0 alone
// slopes      [B, N]   f32, as competition_totals.wgsl wrote it: v
// g           [1]      f32
// dz          [T, N]   f32, written: of the router logits
// daffinity   [T, N]   f32, written
// ddiversity  [T]      f32, written
// sizes       [7]      u32: T, S, N, balance; the bits of three f32: weight of the distillation; of the balance, ÷ T;
//                      of the diversity, times its factor
//
// Balance 1 and 2: ds = q (v − Σ q v). Balance 0: du = r (v − Σ r v) is the gradient of q, and ds = q (du − Σ q du).
// Four rows a group, sixteen threads along each.

@group(0) @binding(0) var<storage, read_write> kept: array<f32>;
@group(0) @binding(1) var<storage, read_write> slopes: array<f32>;
@group(0) @binding(2) var<storage, read_write> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> dz: array<f32>;
@group(0) @binding(4) var<storage, read_write> daffinity: array<f32>;
@group(0) @binding(5) var<storage, read_write> ddiversity: array<f32>;
@group(0) @binding(6) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let row = (group.x + group.y * groups.x) * ROWS + thread / LANES;
    let lane = thread % LANES;
    let width = sizes[2];
    let twice = sizes[3] == 0u;
    let inside = row < sizes[0];
    let own = row * 3u * width;
    let of_sequence = (row / sizes[1]) * width;
    // Where the softmax that the balance is taken of stands.
    let place = own + select(0u, 2u * width, twice);
    var sum = 0.0;
    if (inside) {
        for (var i = lane; i < width; i += LANES) {
            sum += kept[place + i] * slopes[of_sequence + i];
        }
    }
    let mean = sum_of_row(thread, sum);
    var along = 0.0;
    if (inside && twice) {
        for (var i = lane; i < width; i += LANES) {
            along += kept[own + i] * kept[place + i] * (slopes[of_sequence + i] - mean);
        }
    }
    along = sum_of_row(thread, along);
    if (inside) {
        let distillation = g[0] * bitcast<f32>(sizes[4]);
        let balance = g[0] * bitcast<f32>(sizes[5]);
        for (var i = lane; i < width; i += LANES) {
            dz[row * width + i] = distillation * kept[own + width + i];
            var slope = slopes[of_sequence + i] - mean;
            if (twice) {
                slope = kept[place + i] * slope - along;
            }
            daffinity[row * width + i] = balance * kept[own + i] * slope;
        }
        if (lane == 0u) {
            ddiversity[row] = g[0] * bitcast<f32>(sizes[6]);
        }
    }
}
