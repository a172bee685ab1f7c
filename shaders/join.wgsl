// Puts up to six vectors behind each other.
//
// a … f   [n]   f32; those that are not needed have length 0
// joined  [P]   f32, written from `first` on
// sizes   [7]   u32: lengths of a … f, then first
//
// One thread per number. The CPU twin is the concatenation of slices.

const GROUP: u32 = 256u;

@group(0) @binding(0) var<storage, read_write> a: array<f32>;
@group(0) @binding(1) var<storage, read_write> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var<storage, read_write> d: array<f32>;
@group(0) @binding(4) var<storage, read_write> e: array<f32>;
@group(0) @binding(5) var<storage, read_write> f: array<f32>;
@group(0) @binding(6) var<storage, read_write> joined: array<f32>;
@group(0) @binding(7) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let place = id.x + id.y * groups.x * GROUP;
    let to = sizes[6] + place;
    var at = place;
    if (at < sizes[0]) {
        joined[to] = a[at];
        return;
    }
    at -= sizes[0];
    if (at < sizes[1]) {
        joined[to] = b[at];
        return;
    }
    at -= sizes[1];
    if (at < sizes[2]) {
        joined[to] = c[at];
        return;
    }
    at -= sizes[2];
    if (at < sizes[3]) {
        joined[to] = d[at];
        return;
    }
    at -= sizes[3];
    if (at < sizes[4]) {
        joined[to] = e[at];
        return;
    }
    at -= sizes[4];
    if (at < sizes[5]) {
        joined[to] = f[at];
    }
}
