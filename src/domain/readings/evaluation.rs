//! Evaluation: what the network makes of given inputs without targets, for maps of picks and winners.

/// What the network made of T given positions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Steps done when it was taken.
    pub step: u64,
    /// Positions T.
    pub positions: usize,
    /// `[T × outputs]` logits of the classes, or predicted numbers, position by position.
    pub outputs: Vec<f32>,
    /// The layer with experts that was looked at; `None` where one expert answered alone.
    pub layer: Option<LayerEvaluation>,
}

/// What one layer made of them. Slots are those of its roster at that step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerEvaluation {
    /// Experts N.
    pub experts: usize,
    /// `[T × N]` the router's scores: what its picks are the largest of.
    pub scores: Vec<f32>,
    /// `[T × N]` s, the competition's affinities.
    pub affinities: Vec<f32>,
    /// `[T]` slot that the router picks first.
    pub picks: Vec<u16>,
    /// `[T]` slot that wins the competition.
    pub winners: Vec<u16>,
    /// `[T]` by how much the first pick's score leads over the next one; 0 with one expert.
    pub pick_margin: Vec<f32>,
    /// `[T]` by how much the winner's affinity leads over the next one; 0 with one expert.
    pub winner_margin: Vec<f32>,
}

impl LayerEvaluation {
    /// From the tables of a layer of `experts` experts, `[T × N]` each.
    pub fn of(scores: &[f32], affinities: &[f32], experts: usize) -> Self {
        let (picks, pick_margin) = scores.chunks_exact(experts).map(leader).unzip();
        let (winners, winner_margin) = affinities.chunks_exact(experts).map(leader).unzip();
        let (scores, affinities) = (scores.to_vec(), affinities.to_vec());
        Self { experts, scores, affinities, picks, winners, pick_margin, winner_margin }
    }

    /// `[N]` the router's scores at a position.
    pub fn scores(&self, position: usize) -> &[f32] {
        &self.scores[position * self.experts..][..self.experts]
    }

    /// `[N]` affinities at a position.
    pub fn affinities(&self, position: usize) -> &[f32] {
        &self.affinities[position * self.experts..][..self.experts]
    }
}

/// Place of the largest number, the first of equal ones, and its lead over the next; NaN is the smallest.
pub(crate) fn leader(row: &[f32]) -> (u16, f32) {
    let (mut place, mut most, mut next) = (0, f32::NEG_INFINITY, f32::NEG_INFINITY);
    for (at, &value) in row.iter().enumerate() {
        if value > most {
            (place, next, most) = (at as u16, most, value);
        } else if value > next {
            next = value;
        }
    }
    (place, if next.is_finite() { most - next } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaders_and_margins_by_hand() {
        let scores = [0.5, 0.25, 0.75, 1.0, 1.0, -1.0];
        let affinities = [3.0, 1.0, 2.0, 0.0, 4.0, 1.5];
        let layer = LayerEvaluation::of(&scores, &affinities, 3);
        assert_eq!((layer.picks.as_slice(), layer.pick_margin.as_slice()), (&[2, 0][..], &[0.25, 0.0][..]));
        assert_eq!((layer.winners.as_slice(), layer.winner_margin.as_slice()), (&[0, 1][..], &[1.0, 2.5][..]));
        assert_eq!((layer.scores(1), layer.affinities(0)), (&[1.0, 1.0, -1.0][..], &[3.0, 1.0, 2.0][..]));
        let alone = LayerEvaluation::of(&[1.0, 2.0], &[1.0, 2.0], 1);
        assert_eq!((alone.picks, alone.pick_margin, alone.winners), (vec![0, 0], vec![0.0, 0.0], vec![0, 0]));
        assert_eq!(leader(&[f32::NAN, 1.0]), (1, 0.0));
    }
}
