// Gradients of causal attention's keys and values: dk = dSᵀ · q and dv = Pᵀ · g, dS = P ⊙ (g · vᵀ − δ).
//
// turned   [T, 2D]  f32: queries, scaled, and keys, both turned by their positions (rotary.wgsl); head after head
// qkv      [T, 3D]  f32: the values are the last D of each row
// g        [T, D]   f32: gradient of the result
// scale    [T, A]   f32: ln Σ exp of each query's scores
// delta    [T, A]   f32: δ = g · result of each query
// dturned  [T, 2D]  f32, the last D of each row written: gradient of the turned keys
// dqkv     [T, 3D]  f32, the last D of each row written: gradient of the values
// sizes    [7]      u32: T, D, A, S, width of a head, sequences · A, number of the launch's first group
//
// One group of 16 × 16 threads per head, 64 keys and 64 columns; queries come 32 at a time, from the first that sees one
// of the keys. Each thread holds scores of 4 keys × 2 queries and 4 × 4 numbers of each gradient. After
// attention_query.wgsl; next: rotary.wgsl, backwards.

@group(0) @binding(0) var<storage, read_write> turned: array<f32>;
@group(0) @binding(1) var<storage, read_write> qkv: array<f32>;
@group(0) @binding(2) var<storage, read_write> g: array<f32>;
@group(0) @binding(3) var<storage, read_write> scale: array<f32>;
@group(0) @binding(4) var<storage, read_write> delta: array<f32>;
@group(0) @binding(5) var<storage, read_write> dturned: array<f32>;
@group(0) @binding(6) var<storage, read_write> dqkv: array<f32>;
@group(0) @binding(7) var<storage, read> sizes: array<u32>;

// Quads of keys (or of columns) at a depth (or a query); pairs of queries at a depth.
var<workgroup> left: array<vec4<f32>, 272>;
var<workgroup> right: array<vec2<f32>, 272>;
// Quads of keys at a query: first their shares, then the gradients of their scores.
var<workgroup> shares: array<vec4<f32>, 544>;

// Writes four numbers of a key's gradient, where they exist.
fn store_key(head: Head, position: u32, column: u32, numbers: vec4<f32>) {
    if (position >= head.positions) {
        return;
    }
    for (var i = 0u; i < QUAD; i++) {
        if (column + i < head.depth) {
            dturned[(head.token + position) * 2u * head.width + head.width + head.column + column + i] = numbers[i];
        }
    }
}

// Writes four numbers of a value's gradient, where they exist.
fn store_value(head: Head, position: u32, column: u32, numbers: vec4<f32>) {
    if (position >= head.positions) {
        return;
    }
    for (var i = 0u; i < QUAD; i++) {
        if (column + i < head.depth) {
            dqkv[(head.token + position) * 3u * head.width + 2u * head.width + head.column + column + i] = numbers[i];
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
    // The first keys are seen by the most queries: their groups start first.
    let first = part.tile * LONG;
    let fetched_depth = thread % DEPTH;
    let fetched = thread / DEPTH;
    let rows = vec4<u32>(0u, 1u, 2u, 3u) + first + local.y * QUAD;
    var key0 = vec4<f32>(0.0);
    var key1 = vec4<f32>(0.0);
    var key2 = vec4<f32>(0.0);
    var key3 = vec4<f32>(0.0);
    var value0 = vec4<f32>(0.0);
    var value1 = vec4<f32>(0.0);
    var value2 = vec4<f32>(0.0);
    var value3 = vec4<f32>(0.0);
    for (var start = first; start < positions; start += SHORT) {
        var scores0 = vec4<f32>(0.0);
        var scores1 = vec4<f32>(0.0);
        var pulls0 = vec4<f32>(0.0);
        var pulls1 = vec4<f32>(0.0);
        for (var chunk = 0u; chunk < depth; chunk += DEPTH) {
            let d = chunk + fetched_depth;
            let k = first + fetched * QUAD;
            let q = start + fetched * 2u;
            left[fetched_depth * PITCH + fetched] =
                vec4<f32>(key(head, k, d), key(head, k + 1u, d), key(head, k + 2u, d), key(head, k + 3u, d));
            right[fetched_depth * PITCH + fetched] = vec2<f32>(query(head, q, d), query(head, q + 1u, d));
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
                    value(head, k, d),
                    value(head, k + 1u, d),
                    value(head, k + 2u, d),
                    value(head, k + 3u, d),
                );
            right[fetched_depth * PITCH + fetched] = vec2<f32>(gradient(head, q, d), gradient(head, q + 1u, d));
            workgroupBarrier();
            for (var i = 0u; i < DEPTH; i++) {
                let l = left[i * PITCH + local.y];
                let r = right[i * PITCH + local.x];
                pulls0 += l * r.x;
                pulls1 += l * r.y;
            }
            workgroupBarrier();
        }
        let query0 = start + local.x * 2u;
        let query1 = query0 + 1u;
        var share0 = vec4<f32>(0.0);
        var share1 = vec4<f32>(0.0);
        var slope0 = vec4<f32>(0.0);
        var slope1 = vec4<f32>(0.0);
        // A key that no query of this tile sees, for it comes later or not at all, has share 0.
        if (query0 < positions) {
            let place = (head.token + query0) * heads + pair % heads;
            share0 = select(vec4<f32>(0.0), exp(scores0 - scale[place]), rows <= vec4<u32>(query0));
            slope0 = share0 * (pulls0 - delta[place]);
        }
        if (query1 < positions) {
            let place = (head.token + query1) * heads + pair % heads;
            share1 = select(vec4<f32>(0.0), exp(scores1 - scale[place]), rows <= vec4<u32>(query1));
            slope1 = share1 * (pulls1 - delta[place]);
        }
        shares[local.x * 2u * PITCH + local.y] = share0;
        shares[(local.x * 2u + 1u) * PITCH + local.y] = share1;
        for (var half = 0u; half < SHORT; half += DEPTH) {
            let q = start + half + fetched;
            let c = first_column + fetched_depth * QUAD;
            left[fetched * PITCH + fetched_depth] =
                vec4<f32>(
                    gradient(head, q, c),
                    gradient(head, q, c + 1u),
                    gradient(head, q, c + 2u),
                    gradient(head, q, c + 3u),
                );
            workgroupBarrier();
            for (var i = 0u; i < DEPTH; i++) {
                let l = shares[(half + i) * PITCH + local.y];
                let r = left[i * PITCH + local.x];
                value0 += l.x * r;
                value1 += l.y * r;
                value2 += l.z * r;
                value3 += l.w * r;
            }
            workgroupBarrier();
        }
        shares[local.x * 2u * PITCH + local.y] = slope0;
        shares[(local.x * 2u + 1u) * PITCH + local.y] = slope1;
        for (var half = 0u; half < SHORT; half += DEPTH) {
            let q = start + half + fetched;
            let c = first_column + fetched_depth * QUAD;
            left[fetched * PITCH + fetched_depth] =
                vec4<f32>(
                    query(head, q, c),
                    query(head, q, c + 1u),
                    query(head, q, c + 2u),
                    query(head, q, c + 3u),
                );
            workgroupBarrier();
            for (var i = 0u; i < DEPTH; i++) {
                let l = shares[(half + i) * PITCH + local.y];
                let r = left[i * PITCH + local.x];
                key0 += l.x * r;
                key1 += l.y * r;
                key2 += l.z * r;
                key3 += l.w * r;
            }
            workgroupBarrier();
        }
    }
    let column = first_column + local.x * QUAD;
    store_key(head, rows.x, column, key0);
    store_key(head, rows.y, column, key1);
    store_key(head, rows.z, column, key2);
    store_key(head, rows.w, column, key3);
    store_value(head, rows.x, column, value0);
    store_value(head, rows.y, column, value1);
    store_value(head, rows.z, column, value2);
    store_value(head, rows.w, column, value3);
}
