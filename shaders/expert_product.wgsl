// Rows of tokens times the weights of their expert: out[row] = f(a[row]) · B[expert] and what follows at once.
//
// a        f32: [R, K] row by row, or [T, K] where rows are gathered by token
// b        [N, K, C]  f32, or [N, C, K] where it is used transposed
// bias     [N, C]     f32, read if flag 4
// before   [R, C]     f32: what stood before the activation; read if a slope is asked for
// plan     [..]       u32: see group_offsets.wgsl and group_place.wgsl; read where rows are grouped by it
// out      [R, C]     f32, written
// sizes    [12]       u32: R, K, C, N, tokens of a dense launch (0: rows are grouped by the plan), flags, tiles of rows,
//                     where tiles, token of row and weight of row begin in the plan, first token of a dense launch,
//                     number of the launch's first group
//
// Flags: 1 gather the rows of a by token; 2 b transposed; 4 add the bias; 8 scale by the row's weight;
// 16 sum over all experts (dense only; out is [T, C]); 256·(0 none, 1 relu, 2 gelu) acts on a as it is read;
// 1024·(the same) multiplies by the slope of that activation at `before`.
//
// Dense: every token goes to every expert, and row = expert · T + token. One group of 16 × 16 threads per tile of
// 64 rows × 64 columns, 4 × 4 numbers a thread, 16 deep; both factors pass through workgroup memory, 4 numbers at a time.
// A tile never crosses from one expert to the next; a surplus tile has expert N and does nothing.

const TILE: u32 = 64u;
const DEPTH: u32 = 16u;
// One more than the 16 quads of a tile, so that a column of quads does not fall into one bank.
const PITCH: u32 = 17u;

@group(0) @binding(0) var<storage, read_write> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> before: array<f32>;
@group(0) @binding(4) var<storage, read_write> plan: array<u32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;
@group(0) @binding(6) var<storage, read> sizes: array<u32>;

// Element (depth, quad of rows or columns) at depth · PITCH + quad.
var<workgroup> left: array<vec4<f32>, 272>;
var<workgroup> right: array<vec4<f32>, 272>;

fn slope(kind: u32, x: f32) -> f32 {
    if (kind == 1u) {
        return select(0.0, 1.0, x > 0.0);
    }
    if (kind == 2u) {
        return normal_cdf(x) + x * 0.3989422804 * exp(-0.5 * x * x);
    }
    return 1.0;
}

// Finishes and writes four numbers of a row.
fn finish(row: u32, end: u32, expert: u32, column: u32, sum: vec4<f32>) {
    if (row >= end) {
        return;
    }
    let columns = sizes[2];
    let flags = sizes[5];
    var weight = 1.0;
    if ((flags & 8u) != 0u) {
        weight = bitcast<f32>(plan[sizes[9] + row]);
    }
    for (var i = 0u; i < 4u; i++) {
        if (column + i < columns) {
            var value = sum[i];
            if ((flags & 4u) != 0u) {
                value += bias[expert * columns + column + i];
            }
            let kind = (flags >> 10u) & 3u;
            if (kind != 0u) {
                value *= slope(kind, before[row * columns + column + i]);
            }
            out[row * columns + column + i] = value * weight;
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
    let depth = sizes[1];
    let columns = sizes[2];
    let experts = sizes[3];
    let dense = sizes[4];
    let flags = sizes[5];
    let kind = (flags >> 8u) & 3u;
    let across = (columns + TILE - 1u) / TILE;
    let number = sizes[11] + group.x + group.y * groups.x;
    let tile = number / across;
    let first_column = (number % across) * TILE;
    if (tile >= sizes[6]) {
        return;
    }
    // Which rows this group works on: `first` to `end` of `expert`.
    var expert = 0u;
    var first = tile * TILE;
    var end = rows;
    if (dense == 0u) {
        expert = plan[sizes[7] + 2u * tile];
        first = plan[sizes[7] + 2u * tile + 1u];
        if (expert >= experts) {
            return;
        }
        end = min(plan[expert + 1u], rows);
    } else if ((flags & 16u) == 0u) {
        let each = (dense + TILE - 1u) / TILE;
        expert = tile / each;
        first = expert * dense + (tile % each) * TILE;
        end = min((expert + 1u) * dense, rows);
    }
    var last = expert + 1u;
    if ((flags & 16u) != 0u) {
        last = experts;
    }
    // The four rows of `a` this thread fetches: a quad of rows, one depth. Where it finds them, and whether they exist.
    let fetched_depth = thread % DEPTH;
    let fetched_quad = thread / DEPTH;
    var source = vec4<u32>(0u);
    var exists = vec4<bool>(false);
    for (var i = 0u; i < 4u; i++) {
        let row = first + fetched_quad * 4u + i;
        if (row < end) {
            exists[i] = true;
            source[i] = row;
            if ((flags & 1u) != 0u) {
                if (dense == 0u) {
                    source[i] = plan[sizes[8] + row];
                } else {
                    source[i] = row - expert * dense + sizes[10];
                }
            }
        }
    }
    var sum0 = vec4<f32>(0.0);
    var sum1 = vec4<f32>(0.0);
    var sum2 = vec4<f32>(0.0);
    var sum3 = vec4<f32>(0.0);
    for (var member = expert; member < last; member++) {
        // Rows of the next expert lie `dense` further on; only when summing over experts is there a next one.
        let shift = (member - expert) * dense;
        for (var start = 0u; start < depth; start += DEPTH) {
            var rows_of_a = vec4<f32>(0.0);
            let d = start + fetched_depth;
            if (d < depth) {
                for (var i = 0u; i < 4u; i++) {
                    if (exists[i]) {
                        rows_of_a[i] = act(kind, a[(source[i] + shift) * depth + d]);
                    }
                }
            }
            left[fetched_depth * PITCH + fetched_quad] = rows_of_a;
            var columns_of_b = vec4<f32>(0.0);
            if ((flags & 2u) != 0u) {
                let column = first_column + fetched_quad * 4u;
                for (var i = 0u; i < 4u; i++) {
                    if (d < depth && column + i < columns) {
                        columns_of_b[i] = b[(member * columns + column + i) * depth + d];
                    }
                }
                right[fetched_depth * PITCH + fetched_quad] = columns_of_b;
            } else {
                let down = start + fetched_quad;
                let column = first_column + fetched_depth * 4u;
                for (var i = 0u; i < 4u; i++) {
                    if (down < depth && column + i < columns) {
                        columns_of_b[i] = b[(member * depth + down) * columns + column + i];
                    }
                }
                right[fetched_quad * PITCH + fetched_depth] = columns_of_b;
            }
            workgroupBarrier();
            for (var i = 0u; i < DEPTH; i++) {
                let l = left[i * PITCH + local.y];
                let r = right[i * PITCH + local.x];
                sum0 += l.x * r;
                sum1 += l.y * r;
                sum2 += l.z * r;
                sum3 += l.w * r;
            }
            workgroupBarrier();
        }
    }
    let row = first + local.y * 4u;
    let column = first_column + local.x * 4u;
    finish(row, end, expert, column, sum0);
    finish(row + 1u, end, expert, column, sum1);
    finish(row + 2u, end, expert, column, sum2);
    finish(row + 3u, end, expert, column, sum3);
}
