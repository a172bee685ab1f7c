// Causal attention of one head, streamed over the keys: softmax(q · kᵀ) · v without ever holding a row of scores.
//
// turned  [T, 2D]  f32: queries, scaled, and keys, both turned by their positions (rotary.wgsl); head after head
// qkv     [T, 3D]  f32: the values are the last D of each row
// result  [T, D]   f32, written
// scale   [T, A]   f32, written: ln Σ exp of each query's scores, for each of A heads
// sizes   [7]      u32: T, D, A, S, width of a head, sequences · A, number of the launch's first group
//
// T = B · S. One group of 16 × 16 threads per head, 64 queries and 64 columns of the result: a head wider than 64 has its
// scores made once for each 64. Keys come 32 at a time; each thread holds scores of 4 queries × 2 keys, and 4 × 4 numbers
// of the result, scaled down whenever a larger score turns up (arXiv 2205.14135).

@group(0) @binding(0) var<storage, read_write> turned: array<f32>;
@group(0) @binding(1) var<storage, read_write> qkv: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;
@group(0) @binding(3) var<storage, read_write> scale: array<f32>;
@group(0) @binding(4) var<storage, read> sizes: array<u32>;

// Quads of queries (or of columns of the values) at a depth (or a key); pairs of keys at a depth; what is summed over
// threads passes through the first as well.
var<workgroup> left: array<vec4<f32>, 272>;
var<workgroup> right: array<vec2<f32>, 272>;
// Quads of queries at a key: e to the score.
var<workgroup> shares: array<vec4<f32>, 544>;

// Writes four numbers of a row, where they exist.
fn store(head: Head, position: u32, column: u32, numbers: vec4<f32>) {
    if (position >= head.positions) {
        return;
    }
    for (var i = 0u; i < QUAD; i++) {
        if (column + i < head.depth) {
            result[(head.token + position) * head.width + head.column + column + i] = numbers[i];
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
    let heads = sizes[2];
    let positions = sizes[3];
    let depth = sizes[4];
    let part = part_of(sizes[6] + group.x + group.y * groups.x);
    let pair = part.pair;
    if (pair >= sizes[5]) {
        return;
    }
    let head = part.head;
    let first_column = part.column;
    // The longest rows first: the groups that start last are the short ones.
    let first = (part.tiles - 1u - part.tile) * LONG;
    let fetched_depth = thread % DEPTH;
    let fetched = thread / DEPTH;
    let rows = vec4<u32>(0u, 1u, 2u, 3u) + first + local.y * QUAD;
    var largest = vec4<f32>(-3.4028234e38);
    var sum = vec4<f32>(0.0);
    var mix0 = vec4<f32>(0.0);
    var mix1 = vec4<f32>(0.0);
    var mix2 = vec4<f32>(0.0);
    var mix3 = vec4<f32>(0.0);
    let end = min(first + LONG, positions);
    for (var start = 0u; start < end; start += SHORT) {
        var scores0 = vec4<f32>(0.0);
        var scores1 = vec4<f32>(0.0);
        for (var chunk = 0u; chunk < depth; chunk += DEPTH) {
            let d = chunk + fetched_depth;
            let q = first + fetched * QUAD;
            left[fetched_depth * PITCH + fetched] =
                vec4<f32>(query(head, q, d), query(head, q + 1u, d), query(head, q + 2u, d), query(head, q + 3u, d));
            let k = start + fetched * 2u;
            right[fetched_depth * PITCH + fetched] = vec2<f32>(key(head, k, d), key(head, k + 1u, d));
            workgroupBarrier();
            for (var i = 0u; i < DEPTH; i++) {
                let l = left[i * PITCH + local.y];
                let r = right[i * PITCH + local.x];
                scores0 += l * r.x;
                scores1 += l * r.y;
            }
            workgroupBarrier();
        }
        let key0 = vec4<u32>(start + local.x * 2u);
        let key1 = key0 + 1u;
        // A key beyond the end is later than every query that counts.
        let seen0 = key0 <= rows;
        let seen1 = key1 <= rows;
        let lowest = vec4<f32>(-3.4028234e38);
        left[local.y * PITCH + local.x] = max(select(lowest, scores0, seen0), select(lowest, scores1, seen1));
        workgroupBarrier();
        var larger = largest;
        for (var i = 0u; i < 16u; i++) {
            larger = max(larger, left[local.y * PITCH + i]);
        }
        let shrink = exp(largest - larger);
        largest = larger;
        let share0 = select(vec4<f32>(0.0), exp(scores0 - larger), seen0);
        let share1 = select(vec4<f32>(0.0), exp(scores1 - larger), seen1);
        sum = sum * shrink + share0 + share1;
        mix0 *= shrink.x;
        mix1 *= shrink.y;
        mix2 *= shrink.z;
        mix3 *= shrink.w;
        shares[local.x * 2u * PITCH + local.y] = share0;
        shares[(local.x * 2u + 1u) * PITCH + local.y] = share1;
        workgroupBarrier();
        for (var half = 0u; half < SHORT; half += DEPTH) {
            let k = start + half + fetched;
            let c = first_column + fetched_depth * QUAD;
            left[fetched * PITCH + fetched_depth] =
                vec4<f32>(value(head, k, c), value(head, k, c + 1u), value(head, k, c + 2u), value(head, k, c + 3u));
            workgroupBarrier();
            for (var i = 0u; i < DEPTH; i++) {
                let l = shares[(half + i) * PITCH + local.y];
                let r = left[i * PITCH + local.x];
                mix0 += l.x * r;
                mix1 += l.y * r;
                mix2 += l.z * r;
                mix3 += l.w * r;
            }
            workgroupBarrier();
        }
    }
    left[local.y * PITCH + local.x] = sum;
    workgroupBarrier();
    sum = vec4<f32>(0.0);
    for (var i = 0u; i < 16u; i++) {
        sum += left[local.y * PITCH + i];
    }
    let column = first_column + local.x * QUAD;
    store(head, rows.x, column, mix0 / sum.x);
    store(head, rows.y, column, mix1 / sum.y);
    store(head, rows.z, column, mix2 / sum.z);
    store(head, rows.w, column, mix3 / sum.w);
    if (local.x == 0u && first_column == 0u) {
        let scales = largest + log(sum);
        for (var i = 0u; i < QUAD; i++) {
            if (rows[i] < positions) {
                scale[(head.token + rows[i]) * heads + pair % heads] = scales[i];
            }
        }
    }
}
