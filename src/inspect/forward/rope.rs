//! Rotary position embedding (RoPE) with the ways in which public models stretch it: linear, dynamic, YaRN, Llama 3, LongRoPE.

use std::f64::consts::PI;

/// How positions turn queries and keys.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RopeSettings {
    /// θ, the base of the wavelengths.
    pub theta: f64,
    /// Numbers of a head that are turned: its first ones.
    pub width: usize,
    /// Whether neighbours form a pair, instead of a number and the one half the width further on.
    pub interleaved: bool,
    /// How wavelengths are stretched.
    pub stretch: Stretch,
}

/// How wavelengths are stretched for texts longer than a model was first trained on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stretch {
    /// Not at all.
    None,
    /// All by one factor.
    Linear { factor: f64 },
    /// The base grows with the text once it is longer than `trained` tokens.
    Dynamic { factor: f64, trained: f64 },
    /// The base is multiplied once and for all (Hunyuan): θ · α^(d ÷ (d − 2)).
    Alpha { alpha: f64 },
    /// Long wavelengths by the factor, short ones not, those between in part.
    Llama3 { factor: f64, low: f64, high: f64, trained: f64 },
    /// YaRN (arXiv:2309.00071).
    Yarn(Yarn),
    /// Every wavelength by its own factor, one list for texts up to `trained` tokens and one beyond.
    Long {
        short: Vec<f64>,
        long: Vec<f64>,
        trained: f64,
        /// What cosines and sines are multiplied by: short texts, long ones.
        magnitude: (f64, f64),
    },
}

/// Numbers of YaRN.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Yarn {
    /// By which long wavelengths are stretched.
    pub factor: f64,
    /// Tokens the model was first trained on.
    pub trained: f64,
    /// Turns within `trained` from which on a wavelength counts as short, and up to which as long.
    pub fast_slow: (f64, f64),
    /// Whether the bounds between short and long are whole numbers.
    pub truncate: bool,
    /// What cosines and sines are multiplied by.
    pub magnitude: f64,
}

/// YaRN's growth of magnitude, 0.1 · m · ln factor + 1; 1 where nothing is stretched.
pub(super) fn magnitude(factor: f64, m: f64) -> f64 {
    if factor <= 1.0 { 1.0 } else { 0.1 * m * factor.ln() + 1.0 }
}

/// Angles by position, for texts of one length.
#[derive(Clone, Debug)]
pub(super) struct Rotation {
    /// Radians per token of every pair.
    speeds: Vec<f64>,
    magnitude: f64,
    interleaved: bool,
}

impl Rotation {
    /// For a text of so many tokens.
    pub fn new(settings: &RopeSettings, tokens: usize) -> Self {
        let pairs = settings.width / 2;
        let share = |pair: usize| 2.0 * pair as f64 / settings.width as f64;
        let with = |theta: f64| (0..pairs).map(|pair| theta.powf(-share(pair))).collect::<Vec<f64>>();
        let mut speeds = with(settings.theta);
        let mut strength = 1.0;
        let wide = settings.width as f64;
        match &settings.stretch {
            Stretch::None => {}
            Stretch::Linear { factor } => speeds.iter_mut().for_each(|speed| *speed /= factor),
            Stretch::Dynamic { factor, trained } => {
                let length = (tokens as f64).max(*trained);
                let grown = factor * length / trained - (factor - 1.0);
                speeds = with(settings.theta * grown.powf(wide / (wide - 2.0)));
            }
            Stretch::Alpha { alpha } => speeds = with(settings.theta * alpha.powf(wide / (wide - 2.0))),
            Stretch::Llama3 { factor, low, high, trained } => {
                for speed in &mut speeds {
                    let turns = trained * *speed / (2.0 * PI);
                    let whole = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                    *speed = *speed / factor * (1.0 - whole) + *speed * whole;
                }
            }
            Stretch::Yarn(yarn) => {
                stretch_yarn(&mut speeds, settings, yarn);
                strength = yarn.magnitude;
            }
            Stretch::Long { short, long, trained, magnitude } => {
                let beyond = tokens as f64 > *trained;
                let factors = if beyond { long } else { short };
                speeds.iter_mut().zip(factors).for_each(|(speed, factor)| *speed /= factor);
                strength = if beyond { magnitude.1 } else { magnitude.0 };
            }
        }
        Self { speeds, magnitude: strength, interleaved: settings.interleaved }
    }

    /// Cosine and sine of every pair at a position.
    fn at(&self, position: usize) -> Vec<(f32, f32)> {
        let turn = |speed: &f64| {
            // The angle of a token far on is computed in single precision by those who trained the models.
            let (sine, cosine) = f64::from(position as f32 * *speed as f32).sin_cos();
            ((cosine * self.magnitude) as f32, (sine * self.magnitude) as f32)
        };
        self.speeds.iter().map(turn).collect()
    }

    /// Turns the first numbers of every head: `rows` `[T, heads × width]`, a row being the token at that position.
    pub fn turn(&self, rows: &mut [f32], row: usize, width: usize) {
        if row == 0 || width < 2 * self.speeds.len() {
            return;
        }
        let half = self.speeds.len();
        for (position, row) in rows.chunks_exact_mut(row).enumerate() {
            let turns = self.at(position);
            for head in row.chunks_exact_mut(width) {
                for (pair, &(cosine, sine)) in turns.iter().enumerate() {
                    let (a, b) = if self.interleaved { (2 * pair, 2 * pair + 1) } else { (pair, pair + half) };
                    (head[a], head[b]) = (head[a] * cosine - head[b] * sine, head[b] * cosine + head[a] * sine);
                }
            }
        }
    }
}

/// Between two bounds the share of the stretched speed grows evenly from none to all.
fn stretch_yarn(speeds: &mut [f64], settings: &RopeSettings, yarn: &Yarn) {
    let width = settings.width as f64;
    let bound = |turns: f64| width * (yarn.trained / (turns * 2.0 * PI)).ln() / (2.0 * settings.theta.ln());
    let (mut low, mut high) = (bound(yarn.fast_slow.0), bound(yarn.fast_slow.1));
    if yarn.truncate {
        (low, high) = (low.floor(), high.ceil());
    }
    (low, high) = (low.max(0.0), high.min(width - 1.0));
    if low == high {
        high += 0.001;
    }
    for (pair, speed) in speeds.iter_mut().enumerate() {
        let stretched = ((pair as f64 - low) / (high - low)).clamp(0.0, 1.0);
        *speed = *speed / yarn.factor * stretched + *speed * (1.0 - stretched);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rope(width: usize, theta: f64, stretch: Stretch) -> RopeSettings {
        RopeSettings { theta, width, interleaved: false, stretch }
    }

    fn speeds(stretch: Stretch, tokens: usize) -> Vec<f64> {
        Rotation::new(&rope(4, 100.0, stretch), tokens).speeds
    }

    fn near(found: &[f64], expected: &[f64]) {
        let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(found.len() == expected.len() && close, "{found:?} {expected:?}");
    }

    #[test]
    fn speeds_by_hand() {
        near(&speeds(Stretch::None, 9), &[1.0, 0.1]);
        near(&speeds(Stretch::Linear { factor: 4.0 }, 9), &[0.25, 0.025]);
        // α^(4 ÷ 2): 3² makes θ 900.
        near(&speeds(Stretch::Alpha { alpha: 3.0 }, 9), &[1.0, 1.0 / 30.0]);
        near(&speeds(Stretch::Dynamic { factor: 2.0, trained: 10.0 }, 10), &[1.0, 0.1]);
        // Twice the length: 2 · 2 − 1 = 3.
        near(&speeds(Stretch::Dynamic { factor: 2.0, trained: 10.0 }, 20), &[1.0, 1.0 / 30.0]);
        let long = Stretch::Long { short: vec![1.0, 2.0], long: vec![2.0, 5.0], trained: 10.0, magnitude: (1.0, 3.0) };
        near(&speeds(long.clone(), 10), &[1.0, 0.05]);
        near(&speeds(long.clone(), 11), &[0.5, 0.02]);
        assert_eq!(Rotation::new(&rope(4, 100.0, long), 11).magnitude, 3.0);
    }

    #[test]
    fn llama3_by_its_three_cases() {
        // Turns within 200π tokens: 100 and 10.
        let of = |low, high| speeds(Stretch::Llama3 { factor: 8.0, low, high, trained: 200.0 * PI }, 9);
        near(&of(20.0, 50.0), &[1.0, 0.1 / 8.0]);
        near(&of(5.0, 105.0), &[0.95 + 0.05 / 8.0, 0.1 * (0.05 + 0.95 / 8.0)]);
    }

    #[test]
    fn yarn_between_its_bounds() {
        // A bound is 8 · lg(1000 ÷ turns) ÷ 4: at 2 and 4, or at 2.3 and 3.6, which are 2 and 4 as whole numbers.
        let turns = |bound: f64| 1000.0 / 10f64.powf(bound / 2.0);
        let of = |truncate| {
            let fast_slow = if truncate { (turns(2.3), turns(3.6)) } else { (turns(2.0), turns(4.0)) };
            let yarn = Yarn { factor: 2.0, trained: 2.0 * PI * 1000.0, fast_slow, truncate, magnitude: 1.5 };
            Rotation::new(&rope(8, 100.0, Stretch::Yarn(yarn)), 9)
        };
        // Pairs up to 2 keep their speed, pair 3 is stretched by half.
        let plain: Vec<f64> = (0..4).map(|pair| 100f64.powf(-f64::from(pair) / 4.0)).collect();
        for truncate in [true, false] {
            near(&of(truncate).speeds, &[plain[0], plain[1], plain[2], plain[3] * 0.75]);
        }
        assert_eq!((of(true).magnitude, magnitude(0.5, 1.0)), (1.5, 1.0));
        assert!((magnitude(std::f64::consts::E, 2.0) - 1.2).abs() < 1e-12);
    }

    #[test]
    fn pairs_are_turned_by_halves_or_as_neighbours_and_the_rest_stays() {
        let turn = |interleaved, position: usize| {
            let settings = RopeSettings { theta: 100.0, width: 4, interleaved, stretch: Stretch::None };
            let mut rows = [1.0, 2.0, 3.0, 4.0, 5.0].repeat(position + 1);
            Rotation::new(&settings, 9).turn(&mut rows, 5, 5);
            rows[5 * position..].to_vec()
        };
        assert_eq!(turn(true, 0), [1.0, 2.0, 3.0, 4.0, 5.0]);
        let ((s, c), (t, d)) = (2f32.sin_cos(), 0.2f32.sin_cos());
        let close = |found: Vec<f32>, expected: [f32; 5]| {
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?} {expected:?}");
        };
        close(turn(false, 2), [c - 3.0 * s, 2.0 * d - 4.0 * t, 3.0 * c + s, 4.0 * d + 2.0 * t, 5.0]);
        close(turn(true, 2), [c - 2.0 * s, 2.0 * c + s, 3.0 * d - 4.0 * t, 4.0 * d + 3.0 * t, 5.0]);
    }
}
