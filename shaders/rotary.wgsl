// Turns each pair (first half, second half) of a head's queries and keys by its position's angle, or turns gradients back.
//
// source  [T, F]     f32: queries, then keys, each D wide, at the start of each row
// table   [2, P, h]  f32: cosines, then sines, of P positions; h is half a head's width
// result  [T, G]     f32, the first 2D of each row written
// sizes   [9]        u32: T, D, half a head's width, S, P, F, G, 1 to turn back, the bits of the queries' scale as f32
//
// T = B · S. One thread per pair. Arxiv 2104.09864.

const GROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> table: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;
@group(0) @binding(3) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let place = id.x + id.y * groups.x * GROUP;
    let width = sizes[1];
    let half = sizes[2];
    // D pairs a row: those of the queries, then those of the keys.
    if (place >= sizes[0] * width) {
        return;
    }
    let token = place / width;
    let pair = place % width;
    let angle = (token % sizes[3]) * half + pair % half;
    let column = pair / half * 2u * half + pair % half;
    let cosine = table[angle];
    var sine = table[sizes[4] * half + angle];
    if (sizes[7] != 0u) {
        sine = -sine;
    }
    let scale = select(1.0, bitcast<f32>(sizes[8]), column < width);
    let first = source[token * sizes[5] + column];
    let second = source[token * sizes[5] + column + half];
    result[token * sizes[6] + column] = (first * cosine - second * sine) * scale;
    result[token * sizes[6] + column + half] = (second * cosine + first * sine) * scale;
}
