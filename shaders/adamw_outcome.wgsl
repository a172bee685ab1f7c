// How an AdamW update went: the norm of its gradient, and whether training goes on.
//
// parts  [258]  f32: see square_sums.wgsl, 256 groups; as adamw_trial.wgsl left them, if it ran
// norm   [1]    f32, written: √ Σ gradient², before clipping
// alive  [1]    f32, written: 1 if every step, this one included, was finite, else 0
// sizes  [1]    u32: groups
//
// A single group.

@group(0) @binding(0) var<storage, read_write> parts: array<f32>;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;
@group(0) @binding(2) var<storage, read_write> alive: array<f32>;
@group(0) @binding(3) var<storage, read> sizes: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(local_invocation_index) thread: u32) {
    let square = sum_of_group(thread, parts[thread]);
    let length = sqrt(square);
    if (thread == 0u) {
        let total = parts[sizes[0]];
        let goes_on = finite(square) && finite(length + total) && parts[sizes[0] + 1u] != 0.0;
        norm[0] = length;
        alive[0] = select(0.0, 1.0, goes_on);
    }
}
