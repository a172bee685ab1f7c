// Softmax of every token, and sums over stretches of a sequence: the first step of balance and z-loss.
//
// u      [T, N]     f32, row-major; T = B · S, sequence by sequence
// p      [T, N]     f32, written: softmax of each row
// logs   [T]        f32, written: ln Σ eᵘ of each row
// sums   [B, C, W]  f32, written, over each of the C stretches of a sequence: p, [N]; first choices, [N], if asked for;
//                   squares of the logarithms, if asked for, else 0
// sizes  [7]        u32: B, S, N, C, positions of a stretch (at most 64), 1 to count first choices, 1 to add squares
//
// The first choice of a token is its largest p, the lower slot among equals, NaN last, as in top_k.wgsl.
// One group per stretch: four rows at a time, sixteen threads along each; then its threads stride over the columns.
// Next: balance_loss.wgsl.

const GROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read_write> u: array<f32>;
@group(0) @binding(1) var<storage, read_write> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> logs: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;
@group(0) @binding(4) var<storage, read> sizes: array<u32>;

// Per thread of a row: the largest p it has seen, as a whole number above 0, and its slot.
var<workgroup> best: array<vec2<u32>, 64>;
// Per row of the stretch: its first choice.
var<workgroup> first: array<u32, 64>;

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
    var squares = 0.0;
    for (var start = begin; start < end; start += ROWS) {
        let row = start + thread / LANES;
        let inside = row < end;
        var largest = -3.4028234e38;
        if (inside) {
            for (var i = lane; i < width; i += LANES) {
                largest = max(largest, u[row * width + i]);
            }
        }
        largest = largest_of_row(thread, largest);
        var sum = 0.0;
        if (inside) {
            for (var i = lane; i < width; i += LANES) {
                sum += exp(u[row * width + i] - largest);
            }
        }
        sum = sum_of_row(thread, sum);
        var leader = vec2<u32>(0u, width);
        if (inside) {
            for (var i = lane; i < width; i += LANES) {
                let value = exp(u[row * width + i] - largest) / sum;
                p[row * width + i] = value;
                if (leader.y == width || order(value) > leader.x) {
                    leader = vec2<u32>(order(value), i);
                }
            }
        }
        best[thread] = leader;
        workgroupBarrier();
        if (inside && lane == 0u) {
            for (var i = 1u; i < LANES; i++) {
                let other = best[thread + i];
                if (other.y < width && (other.x > leader.x || (other.x == leader.x && other.y < leader.y))) {
                    leader = other;
                }
            }
            first[row - begin] = leader.y;
            let log_sum = largest + log(sum);
            logs[row] = log_sum;
            if (sizes[6] != 0u) {
                squares += log_sum * log_sum;
            }
        }
        workgroupBarrier();
    }
    lanes[thread] = squares;
    storageBarrier();
    workgroupBarrier();
    let columns = select(width, 2u * width, sizes[5] != 0u);
    let out = number * (columns + 1u);
    for (var i = thread; i < width; i += GROUP) {
        var sum = 0.0;
        var firsts = 0u;
        for (var row = begin; row < end; row++) {
            sum += p[row * width + i];
            firsts += select(0u, 1u, first[row - begin] == i);
        }
        sums[out + i] = sum;
        if (columns > width) {
            sums[out + width + i] = f32(firsts);
        }
    }
    if (thread == 0u) {
        var total = 0.0;
        for (var i = 0u; i < GROUP; i++) {
            total += lanes[i];
        }
        sums[out + columns] = total;
    }
}
