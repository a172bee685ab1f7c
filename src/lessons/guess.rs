//! A guess, and how far it is from what the run did: scored against measures of that moment.

use super::condition::KeptNumbers;
use super::lesson::{Answer, Choice, Predict};
use super::measure::shares;
use crate::run::Snapshot;

/// A guess.
#[derive(Clone, Debug, PartialEq)]
pub enum Guess {
    /// `[N]` shares; together 1.
    Shares(Vec<f64>),
    /// A number.
    Number(f64),
    /// A sentence by its place.
    Choice(usize),
}

/// What was guessed and what happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Revealed {
    /// Shares.
    Shares {
        /// `[N]` as guessed.
        guess: Vec<f64>,
        /// `[N]` as measured.
        found: Vec<f64>,
        /// Mean distance of the two, 0 to 1.
        off: f64,
    },
    /// A number.
    Number {
        /// As guessed.
        guess: f64,
        /// As measured.
        found: f64,
        /// How far off.
        off: f64,
    },
    /// A sentence.
    Choice {
        /// The place of the one that was chosen.
        guess: usize,
        /// The place of the one that is true; `None` if none is.
        found: Option<usize>,
    },
    /// Nothing can be said: it was not measured.
    NotMeasured,
}

impl Guess {
    /// What is offered first: even shares, the middle; of sentences none.
    pub fn first(predict: &Predict, experts: usize) -> Option<Self> {
        match &predict.answer {
            Answer::Shares { .. } => Some(Self::Shares(vec![1.0 / experts.max(1) as f64; experts])),
            Answer::Number { low, high, .. } => Some(Self::Number((low + high) / 2.0)),
            Answer::Choice(_) => None,
        }
    }

    /// Gives one expert another share; the others give or take in proportion, so that all stay 1 together.
    pub fn with_share(shares: &[f64], place: usize, share: f64) -> Vec<f64> {
        let share = share.clamp(0.0, 1.0);
        let others: f64 = shares.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, share)| share).sum();
        let (left, count) = (1.0 - share, shares.len().saturating_sub(1).max(1) as f64);
        let other = |old: f64| if others > 0.0 { old / others * left } else { left / count };
        shares.iter().enumerate().map(|(at, &old)| if at == place { share } else { other(old) }).collect()
    }

    /// Holds it against the run as it stands.
    pub fn reveal(&self, predict: &Predict, shot: &Snapshot, kept: &KeptNumbers) -> Revealed {
        match (self, &predict.answer) {
            (Self::Shares(guess), Answer::Shares { of, layer }) => match shares(shot, *layer, *of) {
                Some(found) if found.len() == guess.len() => {
                    let far: f64 = guess.iter().zip(&found).map(|(guess, found)| (guess - found).abs()).sum();
                    Revealed::Shares { guess: guess.clone(), off: far / found.len() as f64, found }
                }
                _ => Revealed::NotMeasured,
            },
            (Self::Number(guess), Answer::Number { quantity, .. }) => match quantity.now(shot) {
                Some(found) => Revealed::Number { guess: *guess, found, off: (guess - found).abs() },
                None => Revealed::NotMeasured,
            },
            (Self::Choice(guess), Answer::Choice(choices)) => {
                Revealed::Choice { guess: *guess, found: right(choices, shot, kept).first().copied() }
            }
            _ => Revealed::NotMeasured,
        }
    }
}

/// The places of the sentences that are true of the run as it stands.
pub(super) fn right(choices: &[Choice], shot: &Snapshot, kept: &KeptNumbers) -> Vec<usize> {
    let holds = |choice: &Choice| choice.when.iter().all(|condition| condition.holds_now(shot, kept));
    let places = |which: fn(&Choice) -> bool| (0..choices.len()).filter(move |&place| which(&choices[place]));
    let right: Vec<usize> = places(|choice| !choice.when.is_empty()).filter(|&place| holds(&choices[place])).collect();
    if right.is_empty() { places(|choice| choice.when.is_empty()).collect() } else { right }
}

impl Revealed {
    /// Whether it is right, or at most `within` off.
    pub fn is_close(&self, within: f64) -> bool {
        match self {
            Self::Shares { off, .. } | Self::Number { off, .. } => *off <= within,
            Self::Choice { guess, found } => *found == Some(*guess),
            Self::NotMeasured => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_stay_one_together() {
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        let even = [0.25; 4];
        assert!(close(&Guess::with_share(&even, 0, 0.55), &[0.55, 0.15, 0.15, 0.15]));
        assert!(close(&Guess::with_share(&[1.0, 0.0, 0.0], 0, 0.4), &[0.4, 0.3, 0.3]));
        assert!(close(&Guess::with_share(&even, 2, 7.0), &[0.0, 0.0, 1.0, 0.0]));
        for share in [0.0, 0.3, 1.0] {
            let sum: f64 = Guess::with_share(&[0.5, 0.2, 0.3], 1, share).iter().sum();
            assert!((sum - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_close_is_for_the_lesson_to_say() {
        let number = Revealed::Number { guess: 0.5, found: 0.7, off: 0.2 };
        assert!(number.is_close(0.2) && !number.is_close(0.1));
        assert!(Revealed::Choice { guess: 1, found: Some(1) }.is_close(0.0));
        assert!(!Revealed::Choice { guess: 1, found: None }.is_close(1.0) && !Revealed::NotMeasured.is_close(1.0));
    }
}
