// Gives every picked (token, expert) its row: rows are grouped by expert, tokens ascending within.
//
// picks    [T, N]       f32, row-major: not 0 where the token goes to the expert, k times a row
// weights  [T, N]       f32
// counts   [blocks, N]  u32: tokens of earlier blocks that go to the same expert
// plan     [..]         u32: from 0, offsets [N + 1]; written:
//                       token of row [R]; weight of row [R], the bits of an f32;
//                       row of slot [T, k], the k rows of a token, experts ascending; expert of slot [T, k]
// sizes    [8]          u32: T, N (at most 256), k, R = T·k, and where those four begin in the plan
//
// One group per block of 64 tokens; the picks are packed into bits first, so that ranks are bit counts.

const BLOCK: u32 = 64u;
const WORDS: u32 = 8u;

@group(0) @binding(0) var<storage, read_write> picks: array<f32>;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;
@group(0) @binding(3) var<storage, read_write> plan: array<u32>;
@group(0) @binding(4) var<storage, read> sizes: array<u32>;

var<workgroup> bits: array<u32, 512>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let block = group.x + group.y * groups.x;
    let tokens = sizes[0];
    let experts = min(sizes[1], 32u * WORDS);
    let k = sizes[2];
    let rows = sizes[3];
    let first = block * BLOCK;
    for (var word = thread; word < BLOCK * WORDS; word += BLOCK) {
        let token = first + word / WORDS;
        let low = (word % WORDS) * 32u;
        var packed = 0u;
        if (token < tokens) {
            for (var expert = low; expert < min(low + 32u, experts); expert++) {
                packed |= select(0u, 1u << (expert - low), picks[token * experts + expert] != 0.0);
            }
        }
        bits[word] = packed;
    }
    workgroupBarrier();
    if (first >= tokens) {
        return;
    }
    for (var expert = thread; expert < experts; expert += BLOCK) {
        var row = plan[expert] + counts[block * experts + expert];
        let word = expert / 32u;
        let bit = 1u << (expert % 32u);
        for (var i = 0u; i < min(BLOCK, tokens - first); i++) {
            let own = bits[i * WORDS + word];
            if ((own & bit) == 0u) {
                continue;
            }
            var slot = countOneBits(own & (bit - 1u));
            for (var lower = 0u; lower < word; lower++) {
                slot += countOneBits(bits[i * WORDS + lower]);
            }
            let token = first + i;
            if (row < rows && slot < k) {
                plan[sizes[4] + row] = token;
                plan[sizes[5] + row] = bitcast<u32>(weights[token * experts + expert]);
                plan[sizes[6] + token * k + slot] = row;
                plan[sizes[7] + token * k + slot] = expert;
            }
            row++;
        }
    }
}
