//! Territory maps of the plane: which expert wins each cell of a grid, which one the router picks, and what the network
//! answers there.

use super::agreement::{FirstChoices, first_choices};
use super::borders::{BorderLine, borders};
use super::choice::softmax;
use super::heartland::{Heart, hearts};
use crate::domain::readings::{Evaluation, LayerEvaluation, leader};

/// Maps of the square from −1 to 1, of `side` × `side` cells, row by row from the top (y near 1).
#[derive(Clone, Debug, PartialEq)]
pub struct PlaneMap {
    /// Steps done when it was taken.
    pub step: u64,
    /// Cells of a side.
    pub side: usize,
    /// What the whole network answers.
    pub answers: AnswerMap,
    /// Territories of one layer with experts.
    pub territories: TerritoryMap,
}

/// Whose each cell is in one layer, by the competition and by the router. Slots are those of its roster at that step.
#[derive(Clone, Debug, PartialEq)]
pub struct TerritoryMap {
    /// Affinities and router scores of each cell, and who leads by how much.
    pub cells: LayerEvaluation,
    /// `[cells]` how clear each winner is, see `clarity`.
    pub winner_clarity: Vec<f32>,
    /// `[cells]` how clear each first pick is.
    pub pick_clarity: Vec<f32>,
    /// `[N]` share of the cells that each expert wins.
    pub won: Vec<f64>,
    /// `[N]` share of the cells where each expert is the first pick.
    pub picked: Vec<f64>,
    /// How far both agree over the cells, beside chance.
    pub agreement: FirstChoices,
    /// Between the winners' territories.
    pub winner_borders: Vec<BorderLine>,
    /// Between those of the first picks.
    pub pick_borders: Vec<BorderLine>,
    /// `[N]` the heart of what each expert wins.
    pub winner_hearts: Vec<Option<Heart>>,
    /// `[N]` the heart of where it is the first pick.
    pub pick_hearts: Vec<Option<Heart>>,
}

/// What a network, or one of its experts alone, answers at each cell.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerMap {
    /// Cells of a side.
    pub side: usize,
    /// Outputs of a cell: logits of the classes, or predicted numbers.
    pub width: usize,
    /// `[cells × width]`
    pub outputs: Vec<f32>,
    /// Where classes are told apart: the likeliest of each cell.
    pub classes: Option<ClassMap>,
}

/// The likeliest class of each cell.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassMap {
    /// `[cells]`
    pub class: Vec<u16>,
    /// `[cells]` its probability less that of the next one, 0 to 1.
    pub lead: Vec<f32>,
    /// Between the classes.
    pub borders: Vec<BorderLine>,
}

/// The centre (x, y) of a cell of a grid of `side` × `side` cells over the square from −1 to 1, counted row by row from the top.
pub(crate) fn cell_centre(cell: usize, side: usize) -> [f32; 2] {
    let at = |place: usize| (2.0 * place as f32 + 1.0) / side as f32 - 1.0;
    [at(cell % side), -at(cell / side)]
}

impl ClassMap {
    /// `[classes]` share of the cells where each class is the likeliest, 0 to 1; together 1.
    pub fn shares(&self, classes: usize) -> Vec<f64> {
        let mut counts = vec![0usize; classes];
        self.class.iter().for_each(|&class| counts[usize::from(class)] += 1);
        counts.into_iter().map(|count| count as f64 / self.class.len().max(1) as f64).collect()
    }
}

impl PlaneMap {
    /// The maps of an evaluation at the cells of a grid; `None` if no layer was looked at.
    ///
    /// - `outputs`: numbers that leave the network for a position
    /// - `classes`: whether they are logits of classes
    ///
    /// # Panics
    /// If the evaluation is not of `side` × `side` positions.
    pub fn of(evaluation: Evaluation, side: usize, outputs: usize, classes: bool) -> Option<Self> {
        assert_eq!(evaluation.positions, side * side, "an evaluation of another grid");
        let (numbers, layer) = (evaluation.outputs, evaluation.layer?);
        let (answers, territories) =
            rayon::join(|| AnswerMap::of(numbers, side, outputs, classes), || TerritoryMap::of(layer, side));
        Some(Self { step: evaluation.step, side, answers, territories })
    }
}

impl TerritoryMap {
    /// The territories of a layer from what it made of the cells.
    pub fn of(cells: LayerEvaluation, side: usize) -> Self {
        let experts = cells.experts;
        let mut confusion = vec![0; experts * experts];
        for (&winner, &pick) in cells.winners.iter().zip(&cells.picks) {
            confusion[usize::from(winner) * experts + usize::from(pick)] += 1;
        }
        let (winner_borders, pick_borders) =
            rayon::join(|| borders(&cells.affinities, experts, side), || borders(&cells.scores, experts, side));
        Self {
            winner_clarity: clarity(&cells.winner_margin),
            pick_clarity: clarity(&cells.pick_margin),
            won: shares(&cells.winners, experts),
            picked: shares(&cells.picks, experts),
            agreement: first_choices(&confusion),
            winner_hearts: hearts(&cells.winners, experts, side),
            pick_hearts: hearts(&cells.picks, experts, side),
            winner_borders,
            pick_borders,
            cells,
        }
    }

    /// Whether the router picks another expert at a cell than the one that wins it.
    pub fn differ(&self, cell: usize) -> bool {
        self.cells.winners[cell] != self.cells.picks[cell]
    }
}

impl AnswerMap {
    /// From the outputs `[cells × width]` of a network; logits if `classes`.
    pub fn of(outputs: Vec<f32>, side: usize, width: usize, classes: bool) -> Self {
        let classes = classes.then(|| {
            let likeliest = |logits: &[f32]| {
                let logits: Vec<f64> = logits.iter().map(|&z| z.into()).collect();
                leader(&softmax(&logits).into_iter().map(|p| p as f32).collect::<Vec<_>>())
            };
            let (class, lead) = outputs.chunks_exact(width).map(likeliest).unzip();
            ClassMap { class, lead, borders: borders(&outputs, width, side) }
        });
        Self { side, width, outputs, classes }
    }

    /// `[width]` the outputs of a cell.
    pub fn outputs(&self, cell: usize) -> &[f32] {
        &self.outputs[cell * self.width..][..self.width]
    }

    /// `[width]` probabilities of the classes at a cell; `None` where values are predicted.
    pub fn probabilities(&self, cell: usize) -> Option<Vec<f64>> {
        let logits: Vec<f64> = self.outputs(cell).iter().map(|&z| z.into()).collect();
        self.classes.as_ref().map(|_| softmax(&logits))
    }
}

/// How clear each decision is beside the others, from its margin: m ÷ (m + mean m), 0 (a tie) to 1; 0.5 is a usual one. It
/// does not depend on the unit of the margins.
pub(crate) fn clarity(margins: &[f32]) -> Vec<f32> {
    let sound = |margin: f32| if margin.is_finite() { f64::from(margin.max(0.0)) } else { 0.0 };
    let mean = margins.iter().map(|&margin| sound(margin)).sum::<f64>() / margins.len().max(1) as f64;
    let clear = |&margin: &f32| {
        let margin = sound(margin);
        if margin > 0.0 { (margin / (margin + mean)) as f32 } else { 0.0 }
    };
    margins.iter().map(clear).collect()
}

/// `[experts]` share of the cells that belong to each expert.
fn shares(slots: &[u16], experts: usize) -> Vec<f64> {
    let mut counts = vec![0usize; experts];
    slots.iter().for_each(|&slot| counts[usize::from(slot)] += 1);
    counts.into_iter().map(|count| count as f64 / slots.len() as f64).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_map_of_four_cells_by_hand() {
        let affinities = [3.0, 1.0, 0.0, 4.0, 2.0, 1.0, 5.0, 1.0];
        let scores = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0];
        let cells = LayerEvaluation::of(&scores, &affinities, 2);
        let evaluation = Evaluation {
            step: 7,
            positions: 4,
            outputs: vec![0.0, 3f32.ln(), 1.0, 1.0, 9.0, 0.0, -1.0, 1.0],
            layer: Some(cells),
        };
        let map = PlaneMap::of(evaluation, 2, 2, true).unwrap();
        let layer = &map.territories;
        assert_eq!((layer.won.clone(), layer.picked.clone()), (vec![0.75, 0.25], vec![0.75, 0.25]));
        assert_eq!((0..4).map(|cell| layer.differ(cell)).collect::<Vec<_>>(), [false, true, true, false]);
        // Half agree; by chance ¾·¾ + ¼·¼ = ⅝.
        assert!((layer.agreement.top1 - 0.5).abs() < 1e-12 && (layer.agreement.chance - 0.625).abs() < 1e-12);
        // Margins 2, 4, 1, 4: mean 11 ÷ 4.
        assert!((layer.winner_clarity[0] - 2.0 / 4.75).abs() < 1e-6 && layer.pick_clarity == [0.5; 4]);
        let classes = map.answers.classes.as_ref().unwrap();
        assert_eq!(classes.class, [1, 0, 0, 1]);
        assert!((classes.lead[0] - 0.5).abs() < 1e-6 && classes.lead[1] == 0.0, "{:?}", classes.lead);
        let p = map.answers.probabilities(0).unwrap();
        assert!((p[0] - 0.25).abs() < 1e-6 && (p[1] - 0.75).abs() < 1e-6);
        let values = AnswerMap::of(vec![0.5, -0.25, 1.0, 2.0], 2, 1, false);
        assert_eq!((values.outputs(1), values.probabilities(1), values.classes.is_none()), (&[-0.25][..], None, true));
    }

    #[test]
    fn margins_that_are_no_numbers_are_not_clear() {
        assert_eq!(clarity(&[0.0, f32::NAN, f32::INFINITY]), [0.0; 3]);
        assert_eq!(clarity(&[2.0, 2.0]), [0.5, 0.5]);
        assert!(clarity(&[]).is_empty());
    }

    proptest! {
        /// Against plain loops: who leads, by how much, and what share is whose.
        #[test]
        fn maps_are_what_plain_loops_find(
            (side, experts) in (1usize..6, 1usize..5), seed in prop::collection::vec(-4.0f32..4.0, 1..40),
        ) {
            let number = |place: usize| seed[place % seed.len()] * (1.0 + (place % 7) as f32);
            let count = side * side * experts;
            let affinities: Vec<f32> = (0..count).map(number).collect();
            let scores: Vec<f32> = (0..count).map(|place| number(place * 3 + 1)).collect();
            let map = TerritoryMap::of(LayerEvaluation::of(&scores, &affinities, experts), side);
            let mut won = vec![0.0; experts];
            let mut same = 0.0;
            for cell in 0..side * side {
                let best = |table: &[f32]| {
                    let mut best = 0;
                    for slot in 1..experts {
                        if table[cell * experts + slot] > table[cell * experts + best] {
                            best = slot;
                        }
                    }
                    best
                };
                let (winner, pick) = (best(&affinities), best(&scores));
                prop_assert_eq!(usize::from(map.cells.winners[cell]), winner);
                prop_assert_eq!(map.differ(cell), winner != pick);
                won[winner] += 1.0 / (side * side) as f64;
                same += f64::from(u8::from(winner == pick)) / (side * side) as f64;
                prop_assert!((0.0..=1.0).contains(&map.winner_clarity[cell]));
            }
            prop_assert!(won.iter().zip(&map.won).all(|(a, b)| (a - b).abs() < 1e-9), "{:?} {:?}", won, map.won);
            prop_assert!((map.agreement.top1 - same).abs() < 1e-9);
        }
    }
}
