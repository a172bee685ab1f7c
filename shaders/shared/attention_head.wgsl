// What one group of attention works on: a head of a sequence, 64 of its positions and 64 of its columns; and the queries,
// keys and values it reads. The shader has the buffers `turned`, `qkv` and `sizes` as attention.wgsl does.

const QUAD: u32 = 4u;
const LONG: u32 = 64u;
const SHORT: u32 = 32u;
const DEPTH: u32 = 16u;
// One more than the 16 places of a row, so that a column of them does not fall into one bank.
const PITCH: u32 = 17u;

// One head of one sequence: its first token, its first column among D, and the sizes it shares with the others.
struct Head {
    token: u32,
    column: u32,
    positions: u32,
    depth: u32,
    width: u32,
}

// The part of a group: which head (of `sizes[5]`; there is none beyond), its first column within the head, its tile of 64
// positions and how many tiles there are.
struct Part {
    pair: u32,
    head: Head,
    column: u32,
    tile: u32,
    tiles: u32,
}

fn part_of(number: u32) -> Part {
    let heads = sizes[2];
    let positions = sizes[3];
    let depth = sizes[4];
    let chunks = (depth + LONG - 1u) / LONG;
    let tiles = (positions + LONG - 1u) / LONG;
    let pair = number / (chunks * tiles);
    let head = Head(pair / heads * positions, pair % heads * depth, positions, depth, sizes[1]);
    return Part(pair, head, number % chunks * LONG, number / chunks % tiles, tiles);
}

// Number `d` of the query at a position; 0 beyond the ends.
fn query(head: Head, position: u32, d: u32) -> f32 {
    if (position < head.positions && d < head.depth) {
        return turned[(head.token + position) * 2u * head.width + head.column + d];
    }
    return 0.0;
}

// Number `d` of the key at a position; 0 beyond the ends.
fn key(head: Head, position: u32, d: u32) -> f32 {
    if (position < head.positions && d < head.depth) {
        return turned[(head.token + position) * 2u * head.width + head.width + head.column + d];
    }
    return 0.0;
}

// Number `d` of the value at a position; 0 beyond the ends.
fn value(head: Head, position: u32, d: u32) -> f32 {
    if (position < head.positions && d < head.depth) {
        return qkv[(head.token + position) * 3u * head.width + 2u * head.width + head.column + d];
    }
    return 0.0;
}
