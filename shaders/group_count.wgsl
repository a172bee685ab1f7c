// Counts how many tokens of each block go to each expert: the first of three steps that group tokens by expert.
//
// picks   [T, N]       f32, row-major: not 0 where the token goes to the expert
// counts  [blocks, N]  u32, written; a block is 64 tokens
// sizes   [2]          u32: T, N
//
// One group per block; its threads stride over the experts and walk the block's tokens.
// Next: group_offsets.wgsl, then group_place.wgsl.

const BLOCK: u32 = 64u;

@group(0) @binding(0) var<storage, read_write> picks: array<f32>;
@group(0) @binding(1) var<storage, read_write> counts: array<u32>;
@group(0) @binding(2) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let block = group.x + group.y * groups.x;
    let tokens = sizes[0];
    let experts = sizes[1];
    if (block * BLOCK >= tokens) {
        return;
    }
    let end = min(block * BLOCK + BLOCK, tokens);
    for (var expert = thread; expert < experts; expert += BLOCK) {
        var count = 0u;
        for (var token = block * BLOCK; token < end; token++) {
            count += select(0u, 1u, picks[token * experts + expert] != 0.0);
        }
        counts[block * experts + expert] = count;
    }
}
