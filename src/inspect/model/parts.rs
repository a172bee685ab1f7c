//! Weights of a model as they are read: matrices, experts, routers.

/// A matrix of weights, row-major: rows are outputs, columns inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightMatrix {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) values: Vec<f32>,
}

impl WeightMatrix {
    /// Outputs.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Inputs.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All values, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, row by row, without the matrix.
    pub(in crate::inspect) fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// The weights of one output; empty if there is no such row.
    pub fn row(&self, index: usize) -> &[f32] {
        let from = index.saturating_mul(self.columns);
        self.values.get(from..from.saturating_add(self.columns)).unwrap_or(&[])
    }
}

/// The weights of one expert.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpertMatrices {
    /// `[I, H]`; absent in experts without a gate.
    pub gate: Option<WeightMatrix>,
    /// `[I, H]`.
    pub up: WeightMatrix,
    /// `[H, I]`.
    pub down: WeightMatrix,
    /// `[I]`.
    pub gate_bias: Option<Vec<f32>>,
    /// `[I]`.
    pub up_bias: Option<Vec<f32>>,
    /// `[H]`.
    pub down_bias: Option<Vec<f32>>,
}

/// The weights of a router.
#[derive(Clone, Debug, PartialEq)]
pub struct RouterWeights {
    /// A row for each expert, `[E, H]`; more rows than experts where some experts have no weights (LongCat's identity experts).
    pub rows: WeightMatrix,
    /// Added to the logits, `[E]`.
    pub bias: Option<Vec<f32>>,
    /// Added to the scores when experts are chosen, not to their weights, `[E]`.
    pub correction_bias: Option<Vec<f32>>,
}

/// An expert that answers every token.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedExpert {
    /// Its weights.
    pub weights: ExpertMatrices,
    /// Its answer is multiplied by σ of this row times the token, `[H]`.
    pub gate: Option<Vec<f32>>,
}
