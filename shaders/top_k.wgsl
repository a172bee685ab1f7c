// Marks the k largest scores of each token.
//
// scores  [T, N]  f32, row-major
// mask    [T, N]  f32, written: 1 for the k largest of the row, else 0
// sizes   [3]     u32: T, N, k
//
// One thread per score counts how many of its row come before it: larger ones, and equal ones in a lower slot. So
// exactly k are marked whatever the ties. NaN comes last. N comparisons per score, all from cache: N is at most 256.
// The CPU twin is `mask_on_host` in src/kernels/top_k.rs.

const GROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read_write> scores: array<f32>;
@group(0) @binding(1) var<storage, read_write> mask: array<f32>;
@group(0) @binding(2) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let place = id.x + id.y * groups.x * GROUP;
    let experts = sizes[1];
    if (place >= sizes[0] * experts) {
        return;
    }
    let slot = place % experts;
    let row = place - slot;
    let own = order(scores[place]);
    var before = 0u;
    for (var other = 0u; other < experts; other++) {
        let theirs = order(scores[row + other]);
        if (theirs > own || (theirs == own && other < slot)) {
            before++;
        }
    }
    mask[place] = select(0.0, 1.0, before < sizes[2]);
}
