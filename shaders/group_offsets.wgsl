// Where each expert's rows begin, and which rows each tile of a grouped product works on.
//
// counts  [blocks, N]  u32, read as counts; written: tokens of earlier blocks that go to the same expert
// plan    [..]         u32, written: from 0, offsets [N + 1]: first row of each expert, then the number of rows;
//                      from N + 1, tiles [L, 2]: expert and first row of each tile of 64 rows; expert N where there
//                      is no such tile
// sizes   [3]          u32: N (at most 256), blocks, L
//
// A single group. L = ceil(rows / 64) + N is enough whatever the routing: each expert has at most one tile that is
// not full.

const GROUP: u32 = 256u;
const TILE: u32 = 64u;

@group(0) @binding(0) var<storage, read_write> counts: array<u32>;
@group(0) @binding(1) var<storage, read_write> plan: array<u32>;
@group(0) @binding(2) var<storage, read> sizes: array<u32>;

// First row and first tile of each expert; the totals come last.
var<workgroup> first_row: array<u32, 257>;
var<workgroup> first_tile: array<u32, 257>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(local_invocation_index) thread: u32) {
    let experts = min(sizes[0], GROUP);
    let blocks = sizes[1];
    let tiles = sizes[2];
    var sum = 0u;
    if (thread < experts) {
        for (var block = 0u; block < blocks; block++) {
            let place = block * experts + thread;
            let count = counts[place];
            counts[place] = sum;
            sum += count;
        }
    }
    first_row[thread] = sum;
    workgroupBarrier();
    if (thread == 0u) {
        var rows = 0u;
        var full = 0u;
        for (var expert = 0u; expert < experts; expert++) {
            let own = first_row[expert];
            first_row[expert] = rows;
            first_tile[expert] = full;
            rows += own;
            full += (own + TILE - 1u) / TILE;
        }
        first_row[experts] = rows;
        first_tile[experts] = full;
    }
    workgroupBarrier();
    for (var expert = thread; expert <= experts; expert += GROUP) {
        plan[expert] = first_row[expert];
    }
    for (var tile = thread; tile < tiles; tile += GROUP) {
        var owner = experts;
        var row = 0u;
        if (tile < first_tile[experts]) {
            // The last expert whose first tile is not after this one; experts without tiles share theirs with the next.
            var low = 0u;
            var high = experts;
            while (low + 1u < high) {
                let middle = (low + high) / 2u;
                if (first_tile[middle] <= tile) {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            owner = low;
            row = first_row[low] + (tile - first_tile[low]) * TILE;
        }
        plan[experts + 1u + 2u * tile] = owner;
        plan[experts + 2u + 2u * tile] = row;
    }
}
