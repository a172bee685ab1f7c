//! The functions that loops over numbers need, written so that the compiler turns a loop over them into vector code.
//!
//! They are branch-free and always inlined, so that they take on the vectors of the function they stand in: those are
//! compiled for several processors each (`multiversion`, or `pulp` around tiles) and the best is taken when the
//! program runs. Errors are within a few units in the last place of f32.

/// eˣ; 0 below −87.3, infinite above 88.7, NaN for NaN of whatever bits.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // x = n ln 2 + r with |r| ≤ ln 2 ÷ 2; ln 2 in two parts, the first exact times any n. Adding the large number
    // rounds to a whole n and leaves it in the lowest bits.
    let within = if x > 89.0 { 89.0 } else { x };
    let within = if within < -104.0 { -104.0 } else { within };
    let rounded = within * std::f32::consts::LOG2_E + ROUNDER;
    let n = rounded - ROUNDER;
    let r = (within - n * 0.693_359_4) - n * -2.121_944_4e-4;
    // Taylor's series: the next term is r⁷/5040 < 2e-7 · |r| at the ends of the interval.
    let p = 1.0 / 720.0 + r * (1.0 / 5040.0);
    let p = 1.0 / 24.0 + r * (1.0 / 120.0 + r * p);
    let p = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * p)));
    // p · 2ⁿ by adding n to the exponent.
    let value = f32::from_bits(p.to_bits().wrapping_add(rounded.to_bits() << 23));
    let value = if x < -87.33 { 0.0 } else { value };
    // Not x > 88.72: a NaN must not get past here, for its exponent was added to, which makes a number of some.
    if x <= 88.72 { value } else { x + f32::INFINITY }
}

/// 1.5 · 2²³
const ROUNDER: f32 = 12_582_912.0;

/// ln(1 + u) for u in [0, 1].
#[inline(always)]
pub fn ln_1p(u: f32) -> f32 {
    // ln(1+u) = 2 artanh(u / (2+u)), whose argument is at most 1/3.
    let z = u / (2.0 + u);
    let s = z * z;
    let p = 1.0 / 11.0 + s * (1.0 / 13.0 + s * (1.0 / 15.0));
    let p = 1.0 / 5.0 + s * (1.0 / 7.0 + s * (1.0 / 9.0 + s * p));
    2.0 * z * (1.0 + s * (1.0 / 3.0 + s * p))
}

/// 1 ÷ (1 + e⁻ˣ).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    let e = exp(-x.abs());
    let small = e / (1.0 + e);
    if x < 0.0 { small } else { 1.0 - small }
}

/// ln(1 + eˣ), finite for every finite x.
#[inline(always)]
pub(crate) fn softplus(x: f32) -> f32 {
    x.max(0.0) + ln_1p(exp(-x.abs()))
}

/// Φ(x), the normal distribution function, absolute error below 2e-7 (Abramowitz and Stegun 7.1.26).
#[inline(always)]
pub(crate) fn normal_cdf(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let p = 1.421_413_7 + t * (-1.453_152 + t * 1.061_405_4);
    let p = t * (0.254_829_6 + t * (-0.284_496_74 + t * p));
    let tail = 0.5 * p * exp(-z * z);
    if x < 0.0 { tail } else { 1.0 - tail }
}

/// Largest of `values`; NaN counts as the smallest.
#[inline(always)]
pub fn largest(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for j in 0..LANES {
            lanes[j] = if chunk[j] > lanes[j] { chunk[j] } else { lanes[j] };
        }
    }
    let mut half = LANES / 2;
    while half > 0 {
        for j in 0..half {
            lanes[j] = if lanes[j + half] > lanes[j] { lanes[j + half] } else { lanes[j] };
        }
        half /= 2;
    }
    let mut most = lanes[0];
    for &value in rest {
        most = if value > most { value } else { most };
    }
    most
}

/// Numbers added up side by side.
const LANES: usize = 16;

/// Σ f(x) over `values`.
#[inline(always)]
pub(crate) fn sum_of(values: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for j in 0..LANES {
            lanes[j] += f(chunk[j]);
        }
    }
    added(lanes) + rest.iter().map(|&v| f(v)).sum::<f32>()
}

/// Σ a·b.
#[inline(always)]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let ((a, rest_a), (b, rest_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for i in 0..a.len().min(b.len()) {
        for j in 0..LANES {
            lanes[j] += a[i][j] * b[i][j];
        }
    }
    added(lanes) + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f32>()
}

/// Σ a·b·c.
#[inline(always)]
pub(crate) fn dot3(a: &[f32], b: &[f32], c: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (a, rest_a) = a.as_chunks::<LANES>();
    let (b, rest_b) = b.as_chunks::<LANES>();
    let (c, rest_c) = c.as_chunks::<LANES>();
    for i in 0..a.len().min(b.len()).min(c.len()) {
        for j in 0..LANES {
            lanes[j] += a[i][j] * b[i][j] * c[i][j];
        }
    }
    added(lanes) + rest_a.iter().zip(rest_b).zip(rest_c).map(|((a, b), c)| a * b * c).sum::<f32>()
}

/// The lanes in pairs, so that the sum does not depend on how the compiler sees it.
#[inline(always)]
fn added(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for j in 0..half {
            lanes[j] += lanes[j + half];
        }
        half /= 2;
    }
    lanes[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn off(ours: f32, exact: f64) -> f64 {
        (f64::from(ours) - exact).abs() / exact.abs().max(1e-30)
    }

    #[test]
    fn exponentials_and_logarithms_to_the_last_places() {
        for i in -8600..8800 {
            let x = i as f32 * 0.01;
            assert!(off(exp(x), f64::from(x).exp()) < 4e-7, "exp {x}: {}", exp(x));
            assert!(off(sigmoid(x), 1.0 / (1.0 + (-f64::from(x)).exp())) < 5e-7, "sigmoid {x}");
            assert!(off(softplus(x), f64::from(x).exp().ln_1p().max(f64::from(x))) < 6e-7, "softplus {x}");
        }
        for i in 0..=1000 {
            let u = i as f32 * 0.001;
            assert!(off(ln_1p(u), f64::from(u).ln_1p()) < 3e-7, "ln_1p {u}");
        }
    }

    #[test]
    fn ends_of_the_scale() {
        assert_eq!((exp(-200.0), exp(f32::NEG_INFINITY), exp(0.0)), (0.0, 0.0, 1.0));
        assert_eq!((exp(89.5), exp(f32::INFINITY)), (f32::INFINITY, f32::INFINITY));
        assert!(exp(f32::NAN).is_nan() && softplus(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan());
        assert_eq!((softplus(1000.0), softplus(-1000.0)), (1000.0, 0.0));
        assert!(exp(88.0).is_finite() && exp(88.7).is_finite());
    }

    #[test]
    fn what_is_no_number_stays_none_whatever_its_bits() {
        // Every exponent of a payload, both signs, quiet and signalling; as files may hold them.
        let payloads =
            (0..22).flat_map(|bit| [1 << bit, (1 << 22) | (1 << bit), (1 << bit) - 1]).filter(|&bits| bits > 0);
        let patterns = payloads.chain([0x7f_ffff, 0x40_0000]).flat_map(|bits| [0x7f80_0000 | bits, 0xff80_0000 | bits]);
        for bits in patterns {
            let x = f32::from_bits(bits);
            assert!(x.is_nan());
            for (name, found) in [
                ("exp", exp(x)),
                ("ln_1p", ln_1p(x)),
                ("sigmoid", sigmoid(x)),
                ("softplus", softplus(x)),
                ("normal_cdf", normal_cdf(x)),
            ] {
                assert!(found.is_nan(), "{name} of {bits:#x} is {found}");
            }
        }
    }

    #[test]
    fn normal_distribution_by_its_table() {
        for (x, phi) in [(0.0, 0.5), (1.0, 0.841_344_746), (-1.96, 0.024_997_895), (3.5, 0.999_767_371), (-6.0, 0.0)] {
            assert!((f64::from(normal_cdf(x)) - phi).abs() < 3e-7, "{x}: {}", normal_cdf(x));
        }
    }

    #[test]
    fn sums_and_maxima_of_any_length() {
        for len in [0usize, 1, 15, 16, 17, 100] {
            let values: Vec<f32> = (0..len).map(|i| (i as f32 * 0.7).sin()).collect();
            let sum: f64 = values.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
            assert!((f64::from(dot(&values, &values)) - sum).abs() < 1e-5);
            let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            assert_eq!(largest(&values), most);
        }
    }
}
