// AdamW's moments after one update (arXiv 1711.05101, algorithm 2).
//
// gradient    [P]    f32, not yet clipped
// first       [P]    f32: running mean of the gradient
// second      [P]    f32: running mean of its square
// frozen      [P]    f32: 1 where a moment stays as it is, else 0; not read unless sizes says so
// parts       [258]  f32: see square_sums.wgsl, 256 groups
// new_first   [P]    f32, written
// new_second  [P]    f32, written
// sizes       [7]    u32: P; then, the bits of f32: clip norm, β₁, 1 − β₁, β₂, 1 − β₂; then whether anything is frozen
//
// Every group adds the parts up again. The gradient is scaled by min(1, clip ÷ (norm + 1e-6)). If a step so far, the
// loss or the norm is not finite, the moments stay as they are. Four numbers a thread.

const EACH: u32 = 4u;

@group(0) @binding(0) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> first: array<f32>;
@group(0) @binding(2) var<storage, read_write> second: array<f32>;
@group(0) @binding(3) var<storage, read_write> frozen: array<f32>;
@group(0) @binding(4) var<storage, read_write> parts: array<f32>;
@group(0) @binding(5) var<storage, read_write> new_first: array<f32>;
@group(0) @binding(6) var<storage, read_write> new_second: array<f32>;
@group(0) @binding(7) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let square = sum_of_group(thread, parts[thread]);
    let length = sqrt(square);
    let number = group.x + group.y * groups.x;
    let goes_on = finite(square) && finite(length + parts[GROUP]) && parts[GROUP + 1u] != 0.0;
    let scale = min(1.0, bitcast<f32>(sizes[1]) / (length + 1e-6));
    for (var j = 0u; j < EACH; j++) {
        let i = (number * EACH + j) * GROUP + thread;
        if (i < sizes[0]) {
            var m = first[i];
            var v = second[i];
            if (goes_on && !(sizes[6] == 1u && frozen[i] == 1.0)) {
                let g = gradient[i] * scale;
                m = m * bitcast<f32>(sizes[2]) + g * bitcast<f32>(sizes[3]);
                v = v * bitcast<f32>(sizes[4]) + g * g * bitcast<f32>(sizes[5]);
            }
            new_first[i] = m;
            new_second[i] = v;
        }
    }
}
