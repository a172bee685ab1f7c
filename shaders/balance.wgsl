// Softmax of every token and its sum over stretches of a sequence: the first step of the balance loss.
//
// u      [T, N]     f32, row-major; T = B · S, sequence by sequence
// p      [T, N]     f32, written: softmax of each row
// sums   [B, C, N]  f32, written: p added up over each of the C stretches of a sequence
// sizes  [5]        u32: B, S, N, C, positions of a stretch
//
// One group per stretch: four rows at a time, sixteen threads along each; then its threads stride over the columns.
// Next: balance_loss.wgsl.

const GROUP: u32 = 64u;
const ROWS: u32 = 4u;
const LANES: u32 = 16u;

@group(0) @binding(0) var<storage, read_write> u: array<f32>;
@group(0) @binding(1) var<storage, read_write> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@group(0) @binding(3) var<storage, read_write> sizes: array<u32>;

var<workgroup> parts: array<f32, 64>;

@compute @workgroup_size(64, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let positions = sizes[1];
    let width = sizes[2];
    let stretches = sizes[3];
    let number = group.x + group.y * groups.x;
    let sequence = number / stretches;
    if (sequence >= sizes[0]) {
        return;
    }
    let begin = sequence * positions + (number % stretches) * sizes[4];
    let end = min(begin + sizes[4], (sequence + 1u) * positions);
    let lane = thread % LANES;
    for (var start = begin; start < end; start += ROWS) {
        let row = start + thread / LANES;
        let inside = row < end;
        var largest = -3.4028234e38;
        if (inside) {
            for (var i = lane; i < width; i += LANES) {
                largest = max(largest, u[row * width + i]);
            }
        }
        parts[thread] = largest;
        workgroupBarrier();
        for (var i = 0u; i < LANES; i++) {
            largest = max(largest, parts[thread - lane + i]);
        }
        workgroupBarrier();
        var sum = 0.0;
        if (inside) {
            for (var i = lane; i < width; i += LANES) {
                sum += exp(u[row * width + i] - largest);
            }
        }
        parts[thread] = sum;
        workgroupBarrier();
        sum = 0.0;
        for (var i = 0u; i < LANES; i++) {
            sum += parts[thread - lane + i];
        }
        workgroupBarrier();
        if (inside) {
            for (var i = lane; i < width; i += LANES) {
                p[row * width + i] = exp(u[row * width + i] - largest) / sum;
            }
        }
    }
    storageBarrier();
    workgroupBarrier();
    for (var i = thread; i < width; i += GROUP) {
        var sum = 0.0;
        for (var row = begin; row < end; row++) {
            sum += p[row * width + i];
        }
        sums[number * width + i] = sum;
    }
}
