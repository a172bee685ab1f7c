// Largest value and sum of each row, for a group of 64 threads: four rows at a time, sixteen threads along each. All
// threads call them together; sums run over the threads in order.

const ROWS: u32 = 4u;
const LANES: u32 = 16u;

var<workgroup> lanes: array<f32, 64>;

// Largest value of the row's threads.
fn largest_of_row(thread: u32, value: f32) -> f32 {
    lanes[thread] = value;
    workgroupBarrier();
    var largest = value;
    for (var i = 0u; i < LANES; i++) {
        largest = max(largest, lanes[thread - thread % LANES + i]);
    }
    workgroupBarrier();
    return largest;
}

// Sum over the row's threads.
fn sum_of_row(thread: u32, value: f32) -> f32 {
    lanes[thread] = value;
    workgroupBarrier();
    var sum = 0.0;
    for (var i = 0u; i < LANES; i++) {
        sum += lanes[thread - thread % LANES + i];
    }
    workgroupBarrier();
    return sum;
}
