//! The formula of an expert: what lies between its matrices up, gate and down, in the families of public models.

use super::routing::sigmoid;

/// What an expert computes from its gate g = W_g x and up u = W_u x before W_down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Formula {
    /// a(g) ⊙ u.
    Gated(Activation),
    /// GPT-OSS: (u + 1) · g · σ(α g), g cut above at the limit, u at ± the limit.
    Clamped {
        /// Where both are cut.
        limit: f32,
        /// α.
        alpha: f32,
    },
}

/// A function of single numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    /// x σ(x).
    Silu,
    /// max(x, 0).
    Relu,
    /// max(x, 0)².
    ReluSquared,
    /// x Φ(x), Φ the normal distribution.
    Gelu,
    /// x Φ(x) with the usual approximation of Φ by tanh.
    GeluTanh,
}

impl Activation {
    /// By the name that configs have for it; `None` for a name that is not known.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "silu" | "swish" => Self::Silu,
            "relu" => Self::Relu,
            "relu2" => Self::ReluSquared,
            "gelu" => Self::Gelu,
            "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" => Self::GeluTanh,
            _ => return None,
        })
    }

    fn of(self, x: f32) -> f32 {
        match self {
            Self::Silu => x / (1.0 + (-x).exp()),
            Self::Relu => x.max(0.0),
            Self::ReluSquared => x.max(0.0) * x.max(0.0),
            Self::Gelu => (0.5 * f64::from(x) * (1.0 + erf(f64::from(x) * std::f64::consts::FRAC_1_SQRT_2))) as f32,
            Self::GeluTanh => {
                let inner = (2.0 / std::f32::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
                0.5 * x * (1.0 + inner.tanh())
            }
        }
    }
}

impl Formula {
    /// Without a gate the activation alone is left: a(u).
    pub fn apply(self, gate: Option<&[f32]>, up: &mut [f32]) {
        match (self, gate) {
            (Self::Gated(activation), Some(gate)) => {
                up.iter_mut().zip(gate).for_each(|(u, &g)| *u *= activation.of(g));
            }
            (Self::Gated(activation), None) => up.iter_mut().for_each(|u| *u = activation.of(*u)),
            (Self::Clamped { limit, alpha }, gate) => {
                for (at, u) in up.iter_mut().enumerate() {
                    let g = gate.and_then(|gate| gate.get(at)).copied().unwrap_or(0.0).min(limit);
                    *u = (u.clamp(-limit, limit) + 1.0) * g * sigmoid(f64::from(alpha * g)) as f32;
                }
            }
        }
    }
}

/// The error function, to 1.2·10⁻⁷ everywhere (the rational approximation of Numerical Recipes, 6.2), which is the
/// precision of the numbers it is used on.
fn erf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.5 * x.abs());
    const TERMS: [f64; 10] = [
        0.170_872_77,
        -0.822_152_23,
        1.488_515_87,
        -1.135_203_98,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_68,
        -1.265_512_23,
    ];
    let sum = TERMS.iter().fold(0.0, |sum, term| sum * t + term);
    let rest = t * (sum - x * x).exp();
    if x >= 0.0 { 1.0 - rest } else { rest - 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations_by_hand() {
        let of = |name: &str, x: f32| Activation::named(name).unwrap().of(x);
        assert_eq!((of("relu", -2.0), of("relu", 2.0), of("relu2", 3.0), of("relu2", -3.0)), (0.0, 2.0, 9.0, 0.0));
        assert!((of("silu", 1.0) - 0.731_058_6).abs() < 1e-6 && of("silu", -100.0).abs() < 1e-30);
        // Φ(1) = 0.8413447461, Φ(−2) = 0.0227501319.
        assert!((of("gelu", 1.0) - 0.841_344_8).abs() < 1e-6 && (of("gelu", -2.0) + 0.045_500_26).abs() < 1e-6);
        assert!((of("gelu_new", 1.0) - 0.841_192).abs() < 1e-6);
        assert_eq!(Activation::named("snake"), None);
    }

    #[test]
    fn formulas_by_hand() {
        let mut up = [2.0, -1.0];
        Formula::Gated(Activation::Relu).apply(Some(&[3.0, -1.0]), &mut up);
        assert_eq!(up, [6.0, 0.0]);
        let mut up = [2.0, -1.0];
        Formula::Gated(Activation::ReluSquared).apply(None, &mut up);
        assert_eq!(up, [4.0, 0.0]);
        // Both beyond the limit 7: (7 + 1) · 7 · σ(1.702 · 7), and (−7 + 1) · −9 · σ(−15.3).
        let mut up = [9.0, -9.0, 0.5];
        Formula::Clamped { limit: 7.0, alpha: 1.702 }.apply(Some(&[9.0, -9.0, 0.0]), &mut up);
        assert!((up[0] - 56.0 / (1.0 + (-11.914f32).exp())).abs() < 1e-4, "{up:?}");
        assert!((up[1] - 54.0 / (1.0 + 15.318f32.exp())).abs() < 1e-6 && up[2] == 0.0, "{up:?}");
    }
}
