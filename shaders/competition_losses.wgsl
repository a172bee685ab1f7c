// Losses of a competition, token by token: distillation with its gradient, what the balance is taken of, diversity.
//
// z          [T, N]   f32, row-major: router logits; T = B · S, sequence by sequence
// affinity   [T, N]   f32: s
// diversity  [T]      f32
// winners    [T, N]   f32: 1 for the competition's winners, else 0
// picks      [T, N]   f32: the same of the router
// kept       [T, 3N]  f32, written for competition_losses_gradient.wgsl: q = softmax(s); gradient of the distillation
//                     loss in z; softmax(q), for balance 0 alone
// parts      [G, W]   f32, written: a row for each stretch of a sequence. Sums over its tokens: what the balance is
//                     taken of, [N]; first choices, [N], for balance 2 alone; distillation; diversity
// sizes      [10]     u32: B, S, N (at most 256), stretches of a sequence, positions of a stretch (at most 64), balance
//                     (0 of softmax(q), 1 of q, 2 of q and first choices); the bits of four f32: weight of (p − q)² at
//                     every entry, at winners, at picks; weight of q ln(q ÷ p)
//
// With p = softmax(z): Σ m (p − q)² + l q ln(q ÷ p), m the weights that hold for the entry. q counts as a constant.
// The first choice of a token is the largest s, the lower slot among equals, NaN last, as in top_k.wgsl.
// One group per stretch: four rows at a time, sixteen threads along each; then its threads stride over the columns.
// Next: competition_totals.wgsl. The CPU twin is src/kernels/host/competition_losses.rs.

const GROUP: u32 = 64u;

@group(0) @binding(0) var<storage, read_write> z: array<f32>;
@group(0) @binding(1) var<storage, read_write> affinity: array<f32>;
@group(0) @binding(2) var<storage, read_write> diversity: array<f32>;
@group(0) @binding(3) var<storage, read_write> winners: array<f32>;
@group(0) @binding(4) var<storage, read_write> picks: array<f32>;
@group(0) @binding(5) var<storage, read_write> kept: array<f32>;
@group(0) @binding(6) var<storage, read_write> parts: array<f32>;
@group(0) @binding(7) var<storage, read> sizes: array<u32>;

// Per thread: distillation, diversity.
var<workgroup> totals: array<vec2<f32>, 64>;
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
    let balance = sizes[5];
    let everywhere = bitcast<f32>(sizes[6]);
    let at_winners = bitcast<f32>(sizes[7]);
    let at_picks = bitcast<f32>(sizes[8]);
    let divergence = bitcast<f32>(sizes[9]);
    let number = group.x + group.y * groups.x;
    let sequence = number / stretches;
    if (sequence >= sizes[0]) {
        return;
    }
    let begin = sequence * positions + (number % stretches) * sizes[4];
    let end = min(begin + sizes[4], (sequence + 1u) * positions);
    let lane = thread % LANES;
    // Distillation and diversity of the rows this thread has seen.
    var sums = vec2<f32>(0.0);
    for (var start = begin; start < end; start += ROWS) {
        let row = start + thread / LANES;
        let inside = row < end;
        let at = row * width;
        let own = row * 3u * width;
        var of_z = -3.4028234e38;
        var of_s = -3.4028234e38;
        var leader = vec2<u32>(0u, width);
        if (inside) {
            for (var i = lane; i < width; i += LANES) {
                let s = affinity[at + i];
                of_z = max(of_z, z[at + i]);
                of_s = max(of_s, s);
                let rank = order(s);
                if (leader.y == width || rank > leader.x) {
                    leader = vec2<u32>(rank, i);
                }
            }
        }
        of_z = largest_of_row(thread, of_z);
        of_s = largest_of_row(thread, of_s);
        best[thread] = leader;
        var sum_z = 0.0;
        var sum_s = 0.0;
        if (inside) {
            for (var i = lane; i < width; i += LANES) {
                sum_z += exp(z[at + i] - of_z);
                sum_s += exp(affinity[at + i] - of_s);
            }
        }
        // Its barriers stand between the leaders being written and read.
        sum_z = sum_of_row(thread, sum_z);
        sum_s = sum_of_row(thread, sum_s);
        if (lane == 0u && inside) {
            for (var i = 1u; i < LANES; i++) {
                let other = best[thread + i];
                if (other.y < width && (other.x > leader.x || (other.x == leader.x && other.y < leader.y))) {
                    leader = other;
                }
            }
            first[row - begin] = leader.y;
            sums.y += diversity[row];
        }
        // p times the slope of the loss in p, and its sum over the row.
        var along = 0.0;
        var of_q = 0.0;
        if (inside) {
            for (var i = lane; i < width; i += LANES) {
                let p = exp(z[at + i] - of_z) / sum_z;
                let q = exp(affinity[at + i] - of_s) / sum_s;
                var weight = everywhere;
                weight += select(0.0, at_winners, winners[at + i] != 0.0);
                weight += select(0.0, at_picks, picks[at + i] != 0.0);
                var pull = 2.0 * weight * p * (p - q);
                sums.x += weight * (p - q) * (p - q);
                if (divergence != 0.0) {
                    sums.x += divergence * q * (log(max(q, 1e-30)) - log(max(p, 1e-30)));
                    pull -= select(0.0, divergence * q, p >= 1e-30);
                }
                kept[own + i] = q;
                kept[own + width + i] = pull;
                along += pull;
                of_q = max(of_q, q);
            }
        }
        along = sum_of_row(thread, along);
        if (inside) {
            for (var i = lane; i < width; i += LANES) {
                kept[own + width + i] -= along * (exp(z[at + i] - of_z) / sum_z);
            }
        }
        if (balance == 0u) {
            of_q = largest_of_row(thread, of_q);
            var sum_q = 0.0;
            if (inside) {
                for (var i = lane; i < width; i += LANES) {
                    sum_q += exp(kept[own + i] - of_q);
                }
            }
            sum_q = sum_of_row(thread, sum_q);
            if (inside) {
                for (var i = lane; i < width; i += LANES) {
                    kept[own + 2u * width + i] = exp(kept[own + i] - of_q) / sum_q;
                }
            }
        }
    }
    totals[thread] = sums;
    storageBarrier();
    workgroupBarrier();
    let columns = select(width, 2u * width, balance == 2u);
    let out = number * (columns + 2u);
    let place = select(0u, 2u * width, balance == 0u);
    for (var i = thread; i < width; i += GROUP) {
        var sum = 0.0;
        var firsts = 0u;
        for (var row = begin; row < end; row++) {
            sum += kept[row * 3u * width + place + i];
            firsts += select(0u, 1u, first[row - begin] == i);
        }
        parts[out + i] = sum;
        if (balance == 2u) {
            parts[out + width + i] = f32(firsts);
        }
    }
    if (thread == 0u) {
        var total = vec2<f32>(0.0);
        for (var i = 0u; i < GROUP; i++) {
            total += totals[i];
        }
        parts[out + columns] = total.x;
        parts[out + columns + 1u] = total.y;
    }
}
