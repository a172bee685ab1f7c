//! Numbers that a device made against those that the CPU made of the same work.

use burn::tensor::Tensor;

/// Largest difference that counts as the same, as a share of the largest number. Orders of summation differ by 1e-5.
const TOLERANCE: f32 = 1e-3;

/// Share of the largest number of all tensors of a kind below which a tensor's own largest is not what differences are measured
/// against: it is small because what it sums cancels.
const SMALL: f32 = 0.02;

/// What one device made of a piece of work.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CheckedPart {
    /// What it is, such as “the loss of a router step”.
    pub what: String,
    /// Its numbers.
    pub numbers: Vec<f32>,
}

impl CheckedPart {
    /// Reads it from its device.
    pub fn read(what: String, numbers: Tensor<1>) -> Result<Self, String> {
        let data = numbers.try_into_data().map_err(|error| format!("{what} cannot be read: {error}"))?;
        let numbers = data.try_to_vec::<f32>().map_err(|error| format!("{what} cannot be read: {error:?}"))?;
        Ok(Self { what, numbers })
    }

    /// Its first words, which parts of one kind share.
    fn kind(&self) -> &str {
        self.what.split(" of ").next().unwrap_or_default()
    }

    fn largest(&self) -> f32 {
        self.numbers.iter().fold(0.0f32, |most, v| most.max(v.abs()))
    }
}

/// Compares part by part. What is not finite on the CPU is no measure of a device and left out.
pub(super) fn judge(expected: &[CheckedPart], found: &[CheckedPart]) -> Result<(), String> {
    let largest_of = |kind: &str| {
        expected.iter().filter(|part| part.kind() == kind).map(CheckedPart::largest).fold(0.0f32, f32::max)
    };
    for (expected, found) in expected.iter().zip(found) {
        let what = &expected.what;
        if !expected.numbers.iter().all(|v| v.is_finite()) {
            continue;
        }
        let own = expected.largest();
        let kin = largest_of(expected.kind());
        if found.numbers.iter().all(|&v| v == 0.0) && own > SMALL * TOLERANCE * kin {
            return Err(format!("{what} is all zeros"));
        }
        if found.numbers.len() != expected.numbers.len() {
            return Err(format!("{what} has {} numbers, expected {}", found.numbers.len(), expected.numbers.len()));
        }
        let allowed = TOLERANCE * own.max(SMALL * kin);
        for (place, (&found, &expected)) in found.numbers.iter().zip(&expected.numbers).enumerate() {
            let off = (found - expected).abs();
            if off.is_nan() || off > allowed {
                return Err(format!("{what} is {found} at place {place}, expected {expected}"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(what: &str, numbers: &[f32]) -> CheckedPart {
        CheckedPart { what: what.into(), numbers: numbers.into() }
    }

    fn against(found: &[f32]) -> Result<(), String> {
        let large = part("the gradient of a on a router step", &[1.0, -2.0]);
        let right = [large.clone(), part("the gradient of b on a router step", &[0.5, -0.25])];
        judge(&right, &[large, part("the gradient of b on a router step", found)])
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(against(&[0.5, -0.25]), Ok(()));
        assert_eq!(against(&[0.500_01, -0.25]), Ok(()), "rounding is no fault");
        assert_eq!(against(&[0.0, 0.0]).unwrap_err(), "the gradient of b on a router step is all zeros");
        let off = against(&[0.5, -0.26]).unwrap_err();
        assert_eq!(off, "the gradient of b on a router step is -0.26 at place 1, expected -0.25");
        assert!(against(&[f32::NAN, -0.25]).unwrap_err().contains("is NaN at place 0"));
        assert!(against(&[0.5]).unwrap_err().contains("has 1 numbers, expected 2"));
    }

    #[test]
    fn a_tensor_that_is_all_rounding_is_measured_against_its_kin() {
        let large = part("the gradient of a on a router step", &[1.0]);
        let (small, other) = (part("the gradient of b on", &[1e-7]), part("the gradient of b on", &[-2e-7]));
        assert_eq!(judge(&[large.clone(), small.clone()], &[large.clone(), other.clone()]), Ok(()));
        assert!(judge(&[small], &[other]).is_err(), "without kin it is what there is");
        assert_eq!(
            judge(&[part("a loss", &[f32::NAN])], &[part("a loss", &[1.0])]),
            Ok(()),
            "diverged on the CPU as well"
        );
    }
}
