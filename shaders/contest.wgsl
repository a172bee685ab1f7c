// Judges a competition: responses, winners, shares, output and diversity of each token, from every expert's answer.
//
// answers    [N, C, D]    f32; C tokens, all of them or a part
// z          [T, N]       f32: router logits, read if gated
// output     [T, D]       f32, written: the winners' answers by their shares
// affinity   [T, N]       f32, written; the only one where only the affinity is wanted
// diversity  [T]          f32, written
// winners    [T, N]       f32, written: 1 for the k winners, else 0
// seen       [T, D + 2N]  f32, written, for contest_gradient.wgsl: U, the sum of the winners' answers scaled to unit
//                         length; the length of each answer; the affinity once more
// sizes      [9]          u32: C, N (at most 256), D, k, response, sharing, 1 if gated, 1 if only the affinity is
//                         wanted, first token of this part
//
// Response: 0 mean softplus, 1 L2 norm, 2 mean relu, 3 mean silu, 4 mean sigmoid. Affinity s = response, or, gated,
// half response and half z. The k largest s win, the lower slot first among equals, NaN last, as in top_k.wgsl. They
// share by s ÷ Σ s (0; evenly where |Σ s| < 1e-6) or by the softmax of s (1). Diversity: cosines of ordered pairs of
// different winners, summed, ÷ k² (0 for k = 1). An answer shorter than 1e-12 has no direction: its cosines are 0.
// One group per token. Responses: 16 experts at a time, 16 threads along the width of each.

const GROUP: u32 = 256u;
const LANES: u32 = 16u;

@group(0) @binding(0) var<storage, read_write> answers: array<f32>;
@group(0) @binding(1) var<storage, read_write> z: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;
@group(0) @binding(3) var<storage, read_write> affinity: array<f32>;
@group(0) @binding(4) var<storage, read_write> diversity: array<f32>;
@group(0) @binding(5) var<storage, read_write> winners: array<f32>;
@group(0) @binding(6) var<storage, read_write> seen: array<f32>;
@group(0) @binding(7) var<storage, read> sizes: array<u32>;

// Per thread: sum of responses, sum of squares.
var<workgroup> parts: array<vec2<f32>, 256>;
// Per expert: affinity; 1 ÷ length, and length after scaling: 0 and 0 for an answer shorter than 1e-12.
var<workgroup> responses: array<f32, 256>;
var<workgroup> inverse: array<f32, 256>;
var<workgroup> scaled: array<f32, 256>;
// Per winner: slot and share.
var<workgroup> winner: array<u32, 256>;
var<workgroup> share: array<f32, 256>;

// ln(1 + u) for u in [0, 1], by 2 artanh(u ÷ (2 + u)).
fn ln_1p(u: f32) -> f32 {
    let y = u / (2.0 + u);
    let s = y * y;
    let p = 1.0 / 5.0 + s * (1.0 / 7.0 + s * (1.0 / 9.0 + s * (1.0 / 11.0 + s * (1.0 / 13.0 + s * (1.0 / 15.0)))));
    return 2.0 * y * (1.0 + s * (1.0 / 3.0 + s * p));
}

fn respond(kind: u32, x: f32) -> f32 {
    switch (kind) {
        case 0u: {
            return select(x, 0.0, x < 0.0) + ln_1p(exp(-abs(x)));
        }
        case 2u: {
            return select(x, 0.0, x < 0.0);
        }
        case 3u: {
            return x * sigmoid(x);
        }
        case 4u: {
            return sigmoid(x);
        }
        default: {
            return 0.0;
        }
    }
}

@compute @workgroup_size(256, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let local_token = group.x + group.y * groups.x;
    let tokens = sizes[0];
    let experts = min(sizes[1], GROUP);
    let width = sizes[2];
    let k = min(sizes[3], experts);
    let response = sizes[4];
    let sharing = sizes[5];
    let gated = sizes[6];
    let only_affinity = sizes[7];
    let token = local_token + sizes[8];
    let row = token * (width + 2u * experts);
    if (local_token >= tokens) {
        return;
    }
    for (var first = 0u; first < experts; first += GROUP / LANES) {
        let expert = first + thread / LANES;
        var sums = vec2<f32>(0.0);
        if (expert < experts) {
            for (var i = thread % LANES; i < width; i += LANES) {
                let value = answers[(expert * tokens + local_token) * width + i];
                sums += vec2<f32>(respond(response, value), value * value);
            }
        }
        parts[thread] = sums;
        workgroupBarrier();
        if (thread % LANES == 0u && expert < experts) {
            var total = vec2<f32>(0.0);
            for (var i = 0u; i < LANES; i++) {
                total += parts[thread + i];
            }
            let length = sqrt(total.y);
            var neural_response = total.x / f32(width);
            if (response == 1u) {
                neural_response = length;
            }
            if (gated != 0u) {
                neural_response = 0.5 * neural_response + 0.5 * z[token * experts + expert];
            }
            responses[expert] = neural_response;
            inverse[expert] = select(1.0 / length, 0.0, length < 1e-12);
            scaled[expert] = length * inverse[expert];
            affinity[token * experts + expert] = neural_response;
            if (only_affinity == 0u) {
                seen[row + width + expert] = length;
                seen[row + width + experts + expert] = neural_response;
            }
        }
        workgroupBarrier();
    }
    if (only_affinity != 0u) {
        return;
    }
    if (thread < experts) {
        let own = order(responses[thread]);
        var before = 0u;
        for (var other = 0u; other < experts; other++) {
            let theirs = order(responses[other]);
            if (theirs > own || (theirs == own && other < thread)) {
                before++;
            }
        }
        if (before < k) {
            winner[before] = thread;
        }
        winners[token * experts + thread] = select(0.0, 1.0, before < k);
    }
    workgroupBarrier();
    if (thread < k) {
        let own = responses[winner[thread]];
        // The winners stand strongest first.
        let strongest = responses[winner[0]];
        var sum = 0.0;
        for (var i = 0u; i < k; i++) {
            let theirs = responses[winner[i]];
            sum += select(theirs, exp(theirs - strongest), sharing == 1u);
        }
        if (k == 1u) {
            // Exactly, whatever a division makes of x ÷ x.
            share[thread] = 1.0;
        } else if (sharing == 1u) {
            share[thread] = exp(own - strongest) / sum;
        } else {
            share[thread] = select(own / sum, 1.0 / f32(k), abs(sum) < 1e-6);
        }
    }
    workgroupBarrier();
    var square = 0.0;
    for (var i = thread; i < width; i += GROUP) {
        var mixed = 0.0;
        var unit = 0.0;
        for (var j = 0u; j < k; j++) {
            let expert = winner[j];
            let value = answers[(expert * tokens + local_token) * width + i];
            mixed += share[j] * value;
            unit += inverse[expert] * value;
        }
        output[token * width + i] = mixed;
        seen[row + i] = unit;
        square += unit * unit;
    }
    parts[thread] = vec2<f32>(square, 0.0);
    workgroupBarrier();
    for (var half = GROUP / 2u; half > 0u; half /= 2u) {
        if (thread < half) {
            parts[thread] += parts[thread + half];
        }
        workgroupBarrier();
    }
    if (thread == 0u) {
        var alike = 0.0;
        if (k > 1u) {
            alike = parts[0].x;
            for (var j = 0u; j < k; j++) {
                alike -= scaled[winner[j]] * scaled[winner[j]];
            }
            alike /= f32(k * k);
        }
        diversity[token] = alike;
    }
}
