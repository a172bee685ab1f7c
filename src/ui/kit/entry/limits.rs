//! What may stand in a number field, and whether what was typed may.

use super::parse::{self, FieldNumber, Unread};

/// What may stand in a number field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FieldLimits {
    /// A whole number.
    Whole {
        /// Least.
        low: u64,
        /// Most.
        high: u64,
    },
    /// A real number.
    Real {
        /// Least.
        low: f64,
        /// If `low` is 0: the least number above it, since single precision makes 0 of a smaller one.
        least: f64,
        /// Most.
        high: f64,
    },
}

impl FieldLimits {
    /// Whether a number may stand there.
    pub(crate) fn hold(&self, number: FieldNumber) -> bool {
        match (*self, number) {
            (Self::Whole { low, high }, FieldNumber::Whole(value)) => (low..=high).contains(&value),
            (Self::Real { low, least, high }, FieldNumber::Real(value)) => {
                (low..=high).contains(&value) && (value == 0.0 || value.abs() >= least)
            }
            _ => false,
        }
    }

    /// Reads what was typed.
    ///
    /// # Errors
    /// Why it cannot be read or may not stand there.
    pub(crate) fn read(&self, typed: &str) -> Result<FieldNumber, Unread> {
        let number = match self {
            Self::Whole { .. } => FieldNumber::Whole(parse::whole(typed)?),
            Self::Real { .. } => FieldNumber::Real(parse::real(typed)?),
        };
        if self.hold(number) { Ok(number) } else { Err(Unread::OutOfRange) }
    }

    /// The nearest number that may stand there; for dragging and arrows, never for what is typed.
    pub(super) fn nearest(&self, number: FieldNumber) -> FieldNumber {
        match (*self, number) {
            (Self::Whole { low, high }, FieldNumber::Whole(value)) => {
                FieldNumber::Whole(value.clamp(low, high.max(low)))
            }
            (Self::Real { low, high, .. }, FieldNumber::Real(value)) if value.is_finite() => {
                FieldNumber::Real(value.clamp(low, high.max(low)))
            }
            (_, other) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_refuse_what_single_precision_would_make_0_of() {
        let weight = FieldLimits::Real { low: 0.0, least: f64::from(f32::MIN_POSITIVE), high: 1e30 };
        assert_eq!(weight.read("0"), Ok(FieldNumber::Real(0.0)));
        assert_eq!(weight.read("1e-46"), Err(Unread::OutOfRange));
        assert_eq!(weight.read("1e31"), Err(Unread::OutOfRange));
        assert_eq!(weight.read("-1"), Err(Unread::OutOfRange));
        let rate = FieldLimits::Real { low: f64::from(f32::MIN_POSITIVE), least: 0.0, high: 1e30 };
        assert_eq!(rate.read("0"), Err(Unread::OutOfRange));
        assert_eq!(rate.read("0,05"), Ok(FieldNumber::Real(0.05)));
    }
}
