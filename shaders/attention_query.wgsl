// Gradient of causal attention's queries: dq = dS · k, dS = P ⊙ (g · vᵀ − δ), δ = g · result of each query.
//
// turned   [T, 2D]  f32: queries, scaled, and keys, both turned by their positions (rotary.wgsl); head after head
// qkv      [T, 3D]  f32: the values are the last D of each row
// result   [T, D]   f32: what attention.wgsl made
// g        [T, D]   f32: its gradient
// scale    [T, A]   f32: ln Σ exp of each query's scores
// delta    [T, A]   f32, written: δ
// dturned  [T, 2D]  f32, the first D of each row written: gradient of the turned, scaled queries
// sizes    [7]      u32: T, D, A, S, width of a head, sequences · A, number of the launch's first group
//
// Cut like attention.wgsl: one group per head, 64 queries and 64 columns; keys come 32 at a time, and their shares
// P = exp(q · k − scale) are made anew. Next: attention_key.wgsl.

@group(0) @binding(0) var<storage, read_write> turned: array<f32>;
@group(0) @binding(1) var<storage, read_write> qkv: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;
@group(0) @binding(3) var<storage, read_write> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> scale: array<f32>;
@group(0) @binding(5) var<storage, read_write> delta: array<f32>;
@group(0) @binding(6) var<storage, read_write> dturned: array<f32>;
@group(0) @binding(7) var<storage, read> sizes: array<u32>;

// Quads of queries (or of columns of the keys) at a depth (or a key); pairs of keys at a depth.
var<workgroup> left: array<vec4<f32>, 272>;
var<workgroup> right: array<vec2<f32>, 272>;
// Quads of queries at a key: gradient of the score.
var<workgroup> slopes: array<vec4<f32>, 544>;

// Number `d` of the result at a position; 0 beyond the ends.
fn mixed(head: Head, position: u32, d: u32) -> f32 {
    if (position < head.positions && d < head.depth) {
        return result[(head.token + position) * head.width + head.column + d];
    }
    return 0.0;
}

// Writes four numbers of a row, where they exist.
fn store(head: Head, position: u32, column: u32, numbers: vec4<f32>) {
    if (position >= head.positions) {
        return;
    }
    for (var i = 0u; i < QUAD; i++) {
        if (column + i < head.depth) {
            dturned[(head.token + position) * 2u * head.width + head.column + column + i] = numbers[i];
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
    var products = vec4<f32>(0.0);
    for (var d = local.x; d < depth; d += 16u) {
        for (var i = 0u; i < QUAD; i++) {
            products[i] += gradient(head, rows[i], d) * mixed(head, rows[i], d);
        }
    }
    left[local.y * PITCH + local.x] = products;
    workgroupBarrier();
    var own_delta = vec4<f32>(0.0);
    for (var i = 0u; i < 16u; i++) {
        own_delta += left[local.y * PITCH + i];
    }
    workgroupBarrier();
    var own_scale = vec4<f32>(0.0);
    for (var i = 0u; i < QUAD; i++) {
        if (rows[i] < positions) {
            let place = (head.token + rows[i]) * heads + pair % heads;
            own_scale[i] = scale[place];
            if (local.x == 0u && first_column == 0u) {
                delta[place] = own_delta[i];
            }
        }
    }
    var sum0 = vec4<f32>(0.0);
    var sum1 = vec4<f32>(0.0);
    var sum2 = vec4<f32>(0.0);
    var sum3 = vec4<f32>(0.0);
    let end = min(first + LONG, positions);
    for (var start = 0u; start < end; start += SHORT) {
        var scores0 = vec4<f32>(0.0);
        var scores1 = vec4<f32>(0.0);
        var pulls0 = vec4<f32>(0.0);
        var pulls1 = vec4<f32>(0.0);
        for (var chunk = 0u; chunk < depth; chunk += DEPTH) {
            let d = chunk + fetched_depth;
            let q = first + fetched * QUAD;
            let k = start + fetched * 2u;
            left[fetched_depth * PITCH + fetched] =
                vec4<f32>(
                    query(head, q, d),
                    query(head, q + 1u, d),
                    query(head, q + 2u, d),
                    query(head, q + 3u, d),
                );
            right[fetched_depth * PITCH + fetched] = vec2<f32>(key(head, k, d), key(head, k + 1u, d));
            workgroupBarrier();
            for (var i = 0u; i < DEPTH; i++) {
                let l = left[i * PITCH + local.y];
                let r = right[i * PITCH + local.x];
                scores0 += l * r.x;
                scores1 += l * r.y;
            }
            workgroupBarrier();
            left[fetched_depth * PITCH + fetched] =
                vec4<f32>(
                    gradient(head, q, d),
                    gradient(head, q + 1u, d),
                    gradient(head, q + 2u, d),
                    gradient(head, q + 3u, d),
                );
            right[fetched_depth * PITCH + fetched] = vec2<f32>(value(head, k, d), value(head, k + 1u, d));
            workgroupBarrier();
            for (var i = 0u; i < DEPTH; i++) {
                let l = left[i * PITCH + local.y];
                let r = right[i * PITCH + local.x];
                pulls0 += l * r.x;
                pulls1 += l * r.y;
            }
            workgroupBarrier();
        }
        let key0 = vec4<u32>(start + local.x * 2u);
        let key1 = key0 + 1u;
        // A key beyond the end is later than every query that counts.
        let share0 = select(vec4<f32>(0.0), exp(scores0 - own_scale), key0 <= rows);
        let share1 = select(vec4<f32>(0.0), exp(scores1 - own_scale), key1 <= rows);
        slopes[local.x * 2u * PITCH + local.y] = share0 * (pulls0 - own_delta);
        slopes[(local.x * 2u + 1u) * PITCH + local.y] = share1 * (pulls1 - own_delta);
        for (var half = 0u; half < SHORT; half += DEPTH) {
            let k = start + half + fetched;
            let c = first_column + fetched_depth * QUAD;
            left[fetched * PITCH + fetched_depth] =
                vec4<f32>(key(head, k, c), key(head, k, c + 1u), key(head, k, c + 2u), key(head, k, c + 3u));
            workgroupBarrier();
            for (var i = 0u; i < DEPTH; i++) {
                let l = slopes[(half + i) * PITCH + local.y];
                let r = left[i * PITCH + local.x];
                sum0 += l.x * r;
                sum1 += l.y * r;
                sum2 += l.z * r;
                sum3 += l.w * r;
            }
            workgroupBarrier();
        }
    }
    let column = first_column + local.x * QUAD;
    store(head, rows.x, column, sum0);
    store(head, rows.y, column, sum1);
    store(head, rows.z, column, sum2);
    store(head, rows.w, column, sum3);
}
