// Gradient of a competition: what each expert's answer, winner or not, should have been a little more of.
//
// answers      [N, T, D]    f32
// g_output     [T, D]       f32: gradients of what contest.wgsl wrote
// g_affinity   [T, N]       f32
// g_diversity  [T]          f32
// seen         [T, D + 2N]  f32, as contest.wgsl wrote it: U, sum of the winners' answers scaled to unit length; length
//                           of each answer; affinity s
// danswers     [N, T, D]    f32, written
// dz           [T, N]       f32, written if gated: gradient of the router logits
// sizes        [7]          u32: T, N (at most 256), D, k, response, sharing, 1 if gated
//
// With h_i = g_y · a_i over winners, w their shares, m = Σ w h: ds_i += (h_i − m) ÷ Σ s by ratio (nothing where
// |Σ s| < 1e-6), w_i (h_i − m) by softmax. Gated: half of ds to the response, half to z.
// da_i = dn_i · slope of the response (all) + w_i g_y + g_div (2/k²) (U − u_i (u_i · U)) ÷ ‖a_i‖ (winners).
// An answer next to nothing (‖a‖ < 1e-12) has slope 0 in its norm and in its direction.
// One group per token; see contest.wgsl for the numbers of response and sharing.

const GROUP: u32 = 256u;
const LANES: u32 = 16u;

@group(0) @binding(0) var<storage, read_write> answers: array<f32>;
@group(0) @binding(1) var<storage, read_write> g_output: array<f32>;
@group(0) @binding(2) var<storage, read_write> g_affinity: array<f32>;
@group(0) @binding(3) var<storage, read_write> g_diversity: array<f32>;
@group(0) @binding(4) var<storage, read_write> seen: array<f32>;
@group(0) @binding(5) var<storage, read_write> danswers: array<f32>;
@group(0) @binding(6) var<storage, read_write> dz: array<f32>;
@group(0) @binding(7) var<storage, read> sizes: array<u32>;

// Per thread: parts of g_y · a and U · u.
var<workgroup> parts: array<vec2<f32>, 256>;
var<workgroup> affinity: array<f32, 256>;
// Per expert: dn; share; factor of the diversity; 1 ÷ length, 0 where there is none; u · U.
var<workgroup> neural_response: array<f32, 256>;
var<workgroup> share: array<f32, 256>;
var<workgroup> apart: array<f32, 256>;
var<workgroup> inverse: array<f32, 256>;
var<workgroup> along: array<f32, 256>;
// Per winner: slot and g_y · a.
var<workgroup> winner: array<u32, 256>;
var<workgroup> worth: array<f32, 256>;

// Slope of σ, without cancellation at either end.
fn sigmoid_slope(x: f32) -> f32 {
    let e = exp(-abs(x));
    return e / ((1.0 + e) * (1.0 + e));
}

// Slope of the response in one number of the answer; `width` and `inverse` of the answer's length make it a mean or a norm.
fn slope(kind: u32, x: f32, width: f32, inverse: f32) -> f32 {
    switch (kind) {
        case 0u: {
            return sigmoid(x) / width;
        }
        case 1u: {
            return x * inverse;
        }
        case 2u: {
            return select(0.0, 1.0 / width, x > 0.0);
        }
        case 3u: {
            return (sigmoid(x) + x * sigmoid_slope(x)) / width;
        }
        default: {
            return sigmoid_slope(x) / width;
        }
    }
}

@compute @workgroup_size(256, 1, 1)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let token = group.x + group.y * groups.x;
    let tokens = sizes[0];
    let experts = min(sizes[1], GROUP);
    let width = sizes[2];
    let k = min(sizes[3], experts);
    let response = sizes[4];
    let sharing = sizes[5];
    let gated = sizes[6];
    if (token >= tokens) {
        return;
    }
    let row = token * (width + 2u * experts);
    if (thread < experts) {
        let norm = seen[row + width + thread];
        affinity[thread] = seen[row + width + experts + thread];
        inverse[thread] = select(1.0 / norm, 0.0, norm < 1e-12);
        neural_response[thread] = g_affinity[token * experts + thread];
        share[thread] = 0.0;
        apart[thread] = 0.0;
        along[thread] = 0.0;
    }
    workgroupBarrier();
    if (thread < experts) {
        let own = order(affinity[thread]);
        var before = 0u;
        for (var other = 0u; other < experts; other++) {
            let theirs = order(affinity[other]);
            if (theirs > own || (theirs == own && other < thread)) {
                before++;
            }
        }
        if (before < k) {
            winner[before] = thread;
        }
    }
    workgroupBarrier();
    for (var first = 0u; first < k; first += GROUP / LANES) {
        let place = first + thread / LANES;
        var sums = vec2<f32>(0.0);
        if (place < k) {
            let expert = winner[place];
            for (var i = thread % LANES; i < width; i += LANES) {
                let value = answers[(expert * tokens + token) * width + i];
                sums += vec2<f32>(value * g_output[token * width + i], value * inverse[expert] * seen[row + i]);
            }
        }
        parts[thread] = sums;
        workgroupBarrier();
        if (thread % LANES == 0u && place < k) {
            var total = vec2<f32>(0.0);
            for (var i = 0u; i < LANES; i++) {
                total += parts[thread + i];
            }
            worth[place] = total.x;
            along[winner[place]] = total.y;
        }
        workgroupBarrier();
    }
    if (thread < k) {
        let expert = winner[thread];
        let own = affinity[expert];
        let strongest = affinity[winner[0]];
        var sum = 0.0;
        for (var i = 0u; i < k; i++) {
            let theirs = affinity[winner[i]];
            sum += select(theirs, exp(theirs - strongest), sharing == 1u);
        }
        let even = sharing == 0u && abs(sum) < 1e-6;
        var mean = 0.0;
        var weight = 0.0;
        for (var i = 0u; i < k; i++) {
            let theirs = affinity[winner[i]];
            let theirs_share = select(theirs, exp(theirs - strongest), sharing == 1u) / sum;
            mean += theirs_share * worth[i];
        }
        if (even || k == 1u) {
            // One winner's share is 1 whatever it says.
            weight = 1.0 / f32(k);
        } else {
            weight = select(own, exp(own - strongest), sharing == 1u) / sum;
            neural_response[expert] += (worth[thread] - mean) * select(1.0 / sum, weight, sharing == 1u);
        }
        share[expert] = weight;
        if (k > 1u) {
            apart[expert] = g_diversity[token] * 2.0 / f32(k * k) * inverse[expert];
        }
    }
    workgroupBarrier();
    if (thread < experts && gated != 0u) {
        neural_response[thread] *= 0.5;
        dz[token * experts + thread] = neural_response[thread];
    }
    workgroupBarrier();
    for (var i = thread; i < experts * width; i += GROUP) {
        let expert = i / width;
        let column = i % width;
        let at = (expert * tokens + token) * width + column;
        let value = answers[at];
        var sum = neural_response[expert] * slope(response, value, f32(width), inverse[expert]);
        sum += share[expert] * g_output[token * width + column];
        let direction = value * inverse[expert];
        sum += apart[expert] * (seen[row + column] - direction * along[expert]);
        danswers[at] = sum;
    }
}
