// AdamW's weights after one update, from the moments after it.
//
// weights      [P]    f32
// first        [P]    f32: as adamw_moments.wgsl left it
// second       [P]    f32: the same
// decaying     [P]    f32: 1 where weight decay applies, else 0
// frozen       [P]    f32: 1 where a weight stays as it is, else 0; not read unless sizes says so
// parts        [258]  f32: see square_sums.wgsl, 256 groups
// new_weights  [P]    f32, written
// sizes        [6]    u32: P; then, the bits of f32: learning rate ÷ correction of the first moment, correction of the
//                     second, ε, learning rate · weight decay; then whether anything is frozen
//
// If a step so far, the loss or the norm is not finite, the weights stay as they are. Four numbers a thread.

const EACH: u32 = 4u;

@group(0) @binding(0) var<storage, read_write> weights: array<f32>;
@group(0) @binding(1) var<storage, read_write> first: array<f32>;
@group(0) @binding(2) var<storage, read_write> second: array<f32>;
@group(0) @binding(3) var<storage, read_write> decaying: array<f32>;
@group(0) @binding(4) var<storage, read_write> frozen: array<f32>;
@group(0) @binding(5) var<storage, read_write> parts: array<f32>;
@group(0) @binding(6) var<storage, read_write> new_weights: array<f32>;
@group(0) @binding(7) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let square = sum_of_group(thread, parts[thread]);
    let goes_on = finite(square) && finite(sqrt(square) + parts[GROUP]) && parts[GROUP + 1u] != 0.0;
    let number = group.x + group.y * groups.x;
    for (var j = 0u; j < EACH; j++) {
        let i = (number * EACH + j) * GROUP + thread;
        if (i < sizes[0]) {
            var weight = weights[i];
            if (goes_on && !(sizes[5] == 1u && frozen[i] == 1.0)) {
                let root = sqrt(second[i] / bitcast<f32>(sizes[2])) + bitcast<f32>(sizes[3]);
                let kept = weight - weight * decaying[i] * bitcast<f32>(sizes[4]);
                weight = kept - first[i] / root * bitcast<f32>(sizes[1]);
            }
            new_weights[i] = weight;
        }
    }
}
