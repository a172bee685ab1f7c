//! Columns of the table of experts of a checkpoint, and the order of its rows. Pure.

use std::cmp::Ordering;

use super::experts::InspectedExpert;

/// A matrix of an expert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ExpertMatrix {
    /// What opens and closes its neurons.
    Gate,
    /// From the residual stream to its neurons.
    #[default]
    Up,
    /// Back.
    Down,
}

impl ExpertMatrix {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Gate, Self::Up, Self::Down];
}

/// What the table shows of each expert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ExpertColumn {
    /// Findings that name it.
    Findings,
    /// Its number.
    #[default]
    Number,
    /// Share of the router's picks.
    Load,
    /// Share of the wins.
    Wins,
    /// Share of the router's weights.
    GateMass,
    /// Length of its row of the router.
    RowNorm,
    /// Norm of the matrix that is chosen.
    Norm,
    /// Its effective rank.
    EffectiveRank,
    /// Its stable rank.
    StableRank,
    /// Likeness to the expert most like it.
    Nearest,
    /// How far its weights went.
    Moved,
    /// Which tokens it answers.
    Answers,
}

impl ExpertColumn {
    /// What the rows are ordered by; `None` where it was not measured.
    pub fn value(self, expert: &InspectedExpert, matrix: ExpertMatrix) -> Option<f64> {
        let [norm, effective, stable] = expert.of_matrix(matrix);
        let value = match self {
            // A worse rule is more than any number of others.
            Self::Findings => expert.worst.map(|worst| expert.findings as f64 - 1e6 * worst as f64),
            Self::Number => Some(expert.expert as f64),
            Self::Load => expert.load,
            Self::Wins => expert.won,
            Self::GateMass => expert.gate_mass,
            Self::RowNorm => expert.row_norm,
            Self::Norm => norm,
            Self::EffectiveRank => effective,
            Self::StableRank => stable,
            Self::Nearest => expert.nearest.map(|(_, cosine, _)| cosine),
            Self::Moved => expert.moved,
            Self::Answers => expert.answers.first().map(|(_, more)| *more),
        };
        value.filter(|value| !value.is_nan())
    }
}

/// By what the table is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TableOrder {
    /// The column.
    pub by: ExpertColumn,
    /// Whether the largest comes first.
    pub falls: bool,
}

impl TableOrder {
    /// After a press on a column: the largest first, or the other way round if it was so; experts by number begin with the first.
    pub fn pressed(self, by: ExpertColumn) -> Self {
        Self { by, falls: if self.by == by { !self.falls } else { by != ExpertColumn::Number } }
    }
}

/// Places of `experts` in this order. What was not measured comes last; those that are equal, by number.
pub(super) fn order(experts: &[InspectedExpert], order: TableOrder, matrix: ExpertMatrix) -> Vec<usize> {
    let mut all: Vec<(Option<f64>, usize)> =
        experts.iter().enumerate().map(|(place, expert)| (order.by.value(expert, matrix), place)).collect();
    all.sort_by(|(a, first), (b, second)| {
        let by = match (a, b) {
            (Some(a), Some(b)) if order.falls => b.total_cmp(a),
            (Some(a), Some(b)) => a.total_cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        by.then(first.cmp(second))
    });
    all.into_iter().map(|(_, place)| place).collect()
}
