// Adds up the rows of a matrix: out[c] = Σ rows[r, c].
//
// rows   [R, C]  f32, row-major
// out    [C]     f32, written
// sizes  [2]     u32: R, C
//
// One thread per column: few rows are expected, parts that another shader left.

const GROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read_write> rows: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let column = id.x + id.y * groups.x * GROUP;
    let width = sizes[1];
    if (column >= width) {
        return;
    }
    var sum = 0.0;
    for (var row = 0u; row < sizes[0]; row++) {
        sum += rows[row * width + column];
    }
    out[column] = sum;
}
