// Gradient of an expert's matrix, Σ f(a[row])ᵀ · b[row] over the expert's rows, and of its bias, Σ b[row].
//
// a         f32: [R, P] row by row, or [T, P] where rows are gathered by token
// b         f32: [R, Q] row by row, or [T, Q] where rows are gathered by token
// plan      [..]       u32: see group_offsets.wgsl and group_place.wgsl; read where rows are grouped by it
// out       [N, P, Q]  f32, written; zeros for an expert without rows
// bias      [N, Q]     f32, written if flag 8
// sizes     [9]        u32: R, P, Q, N, tokens of a dense launch (0: rows are grouped by the plan), flags,
//                      where token of row and weight of row begin in the plan, number of the launch's first group
//
// Flags: 1 gather a by token; 2 gather b by token; 4 scale b by the row's weight; 8 bias;
// 256·(0 none, 1 relu, 2 gelu) acts on a as it is read.
//
// Dense: row = expert · T + token. One group of 16 × 16 threads per expert and 64 × 64 tile of its matrix, 4 × 4 numbers
// a thread, 16 rows at a time through workgroup memory. Sums run over rows in order: the same on every run.

const TILE: u32 = 64u;
const DEPTH: u32 = 16u;

@group(0) @binding(0) var<storage, read_write> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> plan: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<storage, read_write> bias: array<f32>;
@group(0) @binding(5) var<storage, read> sizes: array<u32>;

// Element (row of the chunk, quad of columns) at row · 16 + quad.
var<workgroup> left: array<vec4<f32>, 256>;
var<workgroup> right: array<vec4<f32>, 256>;
// The expert's first row and the row after its last.
var<workgroup> span: vec2<u32>;

fn store(expert: u32, p: u32, q: u32, sum: vec4<f32>) {
    let height = sizes[1];
    let width = sizes[2];
    if (p >= height) {
        return;
    }
    for (var i = 0u; i < 4u; i++) {
        if (q + i < width) {
            out[(expert * height + p) * width + q + i] = sum[i];
        }
    }
}

@compute @workgroup_size(16, 16, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let rows = sizes[0];
    let height = sizes[1];
    let width = sizes[2];
    let dense = sizes[4];
    let flags = sizes[5];
    let kind = (flags >> 8u) & 3u;
    let down = (height + TILE - 1u) / TILE;
    let across = (width + TILE - 1u) / TILE;
    let number = sizes[8] + group.x + group.y * groups.x;
    let expert = number / (down * across);
    let first_p = ((number / across) % down) * TILE;
    let first_q = (number % across) * TILE;
    if (expert >= sizes[3]) {
        return;
    }
    if (thread == 0u) {
        if (dense == 0u) {
            span = min(vec2<u32>(plan[expert], plan[expert + 1u]), vec2<u32>(rows));
        } else {
            span = min(vec2<u32>(expert * dense, (expert + 1u) * dense), vec2<u32>(rows));
        }
    }
    let range = workgroupUniformLoad(&span);
    let biased = (flags & 8u) != 0u && first_p == 0u && local.y == 0u;
    var sum0 = vec4<f32>(0.0);
    var sum1 = vec4<f32>(0.0);
    var sum2 = vec4<f32>(0.0);
    var sum3 = vec4<f32>(0.0);
    var column_sum = vec4<f32>(0.0);
    for (var start = range.x; start < range.y; start += DEPTH) {
        let row = start + local.y;
        var of_a = vec4<f32>(0.0);
        var of_b = vec4<f32>(0.0);
        if (row < range.y) {
            var token = row - expert * dense;
            var weight = 1.0;
            if (dense == 0u) {
                token = plan[sizes[6] + row];
                if ((flags & 4u) != 0u) {
                    weight = bitcast<f32>(plan[sizes[7] + row]);
                }
            }
            let p = first_p + local.x * 4u;
            let q = first_q + local.x * 4u;
            let at_a = select(row, token, (flags & 1u) != 0u) * height + p;
            let at_b = select(row, token, (flags & 2u) != 0u) * width + q;
            for (var i = 0u; i < 4u; i++) {
                if (p + i < height) {
                    of_a[i] = act(kind, a[at_a + i]);
                }
                if (q + i < width) {
                    of_b[i] = b[at_b + i] * weight;
                }
            }
        }
        left[thread] = of_a;
        right[thread] = of_b;
        workgroupBarrier();
        for (var i = 0u; i < DEPTH; i++) {
            let l = left[i * 16u + local.y];
            let r = right[i * 16u + local.x];
            sum0 += l.x * r;
            sum1 += l.y * r;
            sum2 += l.z * r;
            sum3 += l.w * r;
        }
        if (biased) {
            for (var i = 0u; i < DEPTH; i++) {
                column_sum += right[i * 16u + local.x];
            }
        }
        workgroupBarrier();
    }
    let p = first_p + local.y * 4u;
    let q = first_q + local.x * 4u;
    store(expert, p, q, sum0);
    store(expert, p + 1u, q, sum1);
    store(expert, p + 2u, q, sum2);
    store(expert, p + 3u, q, sum3);
    if (biased) {
        for (var i = 0u; i < 4u; i++) {
            if (q + i < width) {
                bias[expert * width + q + i] = column_sum[i];
            }
        }
    }
}
