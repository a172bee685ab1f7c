//! Evaluation: what the network makes of given inputs without targets, for maps of who is picked and who wins where.

/// What the network made of T given positions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Steps done when it was taken.
    pub step: u64,
    /// Positions T.
    pub positions: usize,
    /// `[T × outputs]` logits of the classes, or predicted numbers, position by position.
    pub outputs: Vec<f32>,
    /// One entry per layer with experts.
    pub layers: Vec<LayerEvaluation>,
}

/// What one layer made of them. Slots are those of its roster at that step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerEvaluation {
    /// Experts N.
    pub experts: usize,
    /// `[T × N]` z, the router's logits.
    pub logits: Vec<f32>,
    /// `[T × N]` s, the competition's affinities.
    pub affinities: Vec<f32>,
    /// `[T]` slot that the router picks first.
    pub picks: Vec<u16>,
    /// `[T]` slot that wins the competition.
    pub winners: Vec<u16>,
    /// `[T]` by how much the first pick leads over the next expert in what the router picks by; 0 with one expert.
    pub pick_margin: Vec<f32>,
    /// `[T]` by how much the winner's affinity leads over the next one; 0 with one expert.
    pub winner_margin: Vec<f32>,
}

impl LayerEvaluation {
    /// From the tables of a layer of `experts` experts, `[T × N]` each.
    ///
    /// - `choice`: what the router's picks are the largest of
    pub fn of(logits: &[f32], affinities: &[f32], choice: &[f32], experts: usize) -> Self {
        let (picks, pick_margin) = choice.chunks_exact(experts).map(leader).unzip();
        let (winners, winner_margin) = affinities.chunks_exact(experts).map(leader).unzip();
        let (logits, affinities) = (logits.to_vec(), affinities.to_vec());
        Self { experts, logits, affinities, picks, winners, pick_margin, winner_margin }
    }

    /// Share of the positions at which the router's first pick is the winner; `None` without positions.
    #[allow(dead_code, reason = "for maps of the plane, which the window does not draw yet")]
    pub fn agreement(&self) -> Option<f64> {
        let same = self.picks.iter().zip(&self.winners).filter(|(pick, winner)| pick == winner).count();
        (!self.picks.is_empty()).then(|| same as f64 / self.picks.len() as f64)
    }
}

/// Place of the largest number, the first of equal ones, and its lead over the next; NaN is the smallest.
fn leader(row: &[f32]) -> (u16, f32) {
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
        let choice = [0.5, 0.25, 0.75, 1.0, 1.0, -1.0];
        let affinities = [3.0, 1.0, 2.0, 0.0, 4.0, 1.5];
        let layer = LayerEvaluation::of(&[0.0; 6], &affinities, &choice, 3);
        assert_eq!((layer.picks.as_slice(), layer.pick_margin.as_slice()), (&[2, 0][..], &[0.25, 0.0][..]));
        assert_eq!((layer.winners.as_slice(), layer.winner_margin.as_slice()), (&[0, 1][..], &[1.0, 2.5][..]));
        assert_eq!(layer.agreement(), Some(0.0));
        let alone = LayerEvaluation::of(&[1.0, 2.0], &[1.0, 2.0], &[1.0, 2.0], 1);
        assert_eq!((alone.picks, alone.pick_margin, alone.winners), (vec![0, 0], vec![0.0, 0.0], vec![0, 0]));
        assert_eq!(leader(&[f32::NAN, 1.0]), (1, 0.0));
    }
}
