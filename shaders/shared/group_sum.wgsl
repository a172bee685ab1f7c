// Sum over a group of 256 threads, by halves. All threads call it together, once.

const GROUP: u32 = 256u;

var<workgroup> sums: array<f32, 256>;

fn sum_of_group(thread: u32, value: f32) -> f32 {
    sums[thread] = value;
    workgroupBarrier();
    for (var half = GROUP / 2u; half > 0u; half /= 2u) {
        if (thread < half) {
            sums[thread] += sums[thread + half];
        }
        workgroupBarrier();
    }
    return sums[0];
}
