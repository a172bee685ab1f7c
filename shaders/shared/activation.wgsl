// The activation between an expert's matrices, by its number: 0 none, 1 relu, 2 gelu.
// gelu(x) = x·Φ(x), Φ by Abramowitz and Stegun 7.1.26, absolute error below 2e-7.

fn normal_cdf(x: f32) -> f32 {
    let z = abs(x) * 0.70710678;
    let t = 1.0 / (1.0 + 0.3275911 * z);
    let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    let tail = 0.5 * p * exp(-z * z);
    return select(1.0 - tail, tail, x < 0.0);
}

fn act(kind: u32, x: f32) -> f32 {
    if (kind == 1u) {
        return select(x, 0.0, x < 0.0);
    }
    if (kind == 2u) {
        return x * normal_cdf(x);
    }
    return x;
}
