//! Random draws as a function: seed, purpose, step and lane name a stream; nothing is remembered between calls.
//!
//! That is what makes resume and replay honest: no generator state can be lost. Not for cryptography.

/// What a stream of draws is for. Streams of different purposes are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Starting weights; the lane counts tensors.
    Weights = 1,
    /// Where the sequences of a training batch start.
    Batch = 2,
    /// Whether a layer competes; the lane is the layer.
    Schedule = 3,
    /// Where the sequences of the validation batches start.
    Validation = 4,
    /// Where the sequences of the probe batch start.
    Probe = 5,
    /// Noise on the copy when an expert is split.
    Split = 6,
    /// Starting weights of an expert that joins later.
    Fresh = 7,
    /// Noise on the router's logits; the lane is the layer.
    Noise = 8,
    /// Which other routes of a token are tried; the lane is the token.
    Routes = 9,
    /// Signs of the weights of an expert that is like no other.
    Signs = 10,
    /// Points of the plane; the step is the split, the lane the point.
    Point = 11,
}

/// A stream of draws.
#[derive(Clone, Debug)]
pub struct Draws {
    state: u64,
    spare_normal: Option<f64>,
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): each input bit flips each output bit with chance one half.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

impl Draws {
    /// The stream named by `seed`, `purpose`, `step` and `lane`.
    pub fn new(seed: u64, purpose: Purpose, step: u64, lane: u64) -> Self {
        let state =
            [purpose as u64, step, lane].into_iter().fold(mix(seed.wrapping_add(GOLDEN_GAMMA)), |state, part| {
                mix(state.wrapping_add(GOLDEN_GAMMA) ^ mix(part.wrapping_mul(GOLDEN_GAMMA)))
            });
        Self { state, spare_normal: None }
    }

    /// 64 uniform bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_GAMMA);
        mix(self.state)
    }

    /// Uniform in `[0, 1)`, 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform whole number below `bound`; 0 if `bound` is 0. Bias below `bound / 2⁶⁴`.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let angle = std::f64::consts::TAU * self.unit();
        self.spare_normal = Some(radius * angle.sin());
        radius * angle.cos()
    }

    /// `count` normal numbers with standard deviation `deviation`.
    pub fn normals(&mut self, count: usize, deviation: f64) -> Vec<f32> {
        (0..count).map(|_| (self.normal() * deviation) as f32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_give_equal_streams_and_any_other_name_another() {
        let head = |seed, purpose, step, lane| Draws::new(seed, purpose, step, lane).bits();
        let base = head(1, Purpose::Batch, 2, 3);
        assert_eq!(base, head(1, Purpose::Batch, 2, 3));
        for other in [
            head(2, Purpose::Batch, 2, 3),
            head(1, Purpose::Probe, 2, 3),
            head(1, Purpose::Batch, 3, 2),
            head(1, Purpose::Batch, 2, 4),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn unit_draws_over_steps_are_flat() {
        // One draw per step, as the schedule takes them: 64 bins, chi-square with 63 degrees of freedom.
        let mut bins = [0u32; 64];
        let draws = 64_000;
        for step in 0..draws {
            bins[(Draws::new(7, Purpose::Schedule, step, 1).unit() * 64.0) as usize] += 1;
        }
        let chi: f64 = bins.iter().map(|&n| (f64::from(n) - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi < 110.0, "chi-square {chi}, 1 in 5000 above 110");
    }

    #[test]
    fn normals_have_mean_zero_and_deviation_one() {
        let sample = Draws::new(3, Purpose::Weights, 0, 0).normals(100_000, 1.0);
        let mean = sample.iter().sum::<f32>() / 1e5;
        let variance = sample.iter().map(|x| x * x).sum::<f32>() / 1e5;
        assert!(mean.abs() < 0.015 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
        assert!(sample.iter().all(|x| x.is_finite()));
    }

    #[test]
    fn below_reaches_every_value_and_no_more() {
        let mut draws = Draws::new(5, Purpose::Batch, 0, 0);
        let mut seen = [0u32; 7];
        (0..7000).for_each(|_| seen[draws.below(7) as usize] += 1);
        assert!(seen.iter().all(|&n| n > 800), "{seen:?}");
        assert_eq!(draws.below(0), 0);
    }
}
