//! Places of matrices: in which tensor an expert's projection lies, and which part of it is its own.

/// Which rows or columns of what is stored belong to a projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slice {
    /// All.
    Whole,
    /// The first half of the outputs: gate, where gate and up lie in one tensor.
    First,
    /// The second half.
    Second,
    /// Every other output, from 0.
    Even,
    /// Every other output, from 1.
    Odd,
}

impl Slice {
    /// The stored output that is its output `index`, of `outputs` that it has.
    pub fn at(self, index: usize, outputs: usize) -> usize {
        match self {
            Self::Whole | Self::First => index,
            Self::Second => outputs + index,
            Self::Even => 2 * index,
            Self::Odd => 2 * index + 1,
        }
    }
}

/// Where the same matrix of every expert lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MatrixPlace {
    /// Name of the tensor; `{e}` in the place of the expert's number, where each expert has its own.
    pub name: String,
    /// Whether each expert has its own tensor; else one follows the other in one tensor.
    pub is_each: bool,
    /// The number in names of the first expert: not 0 where a numbering goes through two kinds of experts.
    pub first: usize,
    /// Rows and columns of one expert as they are stored.
    pub stored: [usize; 2],
    /// Whether the rows that are stored are inputs.
    pub is_transposed: bool,
    /// Which of the stored outputs are this matrix.
    pub slice: Slice,
}

impl MatrixPlace {
    /// Outputs and inputs of the matrix.
    pub fn shape(&self) -> [usize; 2] {
        let [rows, columns] = self.stored;
        let (outputs, inputs) = if self.is_transposed { (columns, rows) } else { (rows, columns) };
        [if self.slice == Slice::Whole { outputs } else { outputs / 2 }, inputs]
    }

    /// Numbers of one expert that are stored in this tensor.
    pub fn stored_len(&self) -> usize {
        self.stored[0] * self.stored[1]
    }

    /// The tensor of an expert, and where the expert begins in it.
    pub fn of(&self, expert: usize) -> (String, usize) {
        if self.is_each {
            (self.name.replace("{e}", &(self.first + expert).to_string()), 0)
        } else {
            (self.name.clone(), expert * self.stored_len())
        }
    }
}

/// Where the same bias of every expert lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BiasPlace {
    /// As in [`MatrixPlace`].
    pub name: String,
    /// As in [`MatrixPlace`].
    pub is_each: bool,
    /// As in [`MatrixPlace`].
    pub first: usize,
    /// Numbers of one expert that are stored.
    pub stored: usize,
    /// Which of them are this bias.
    pub slice: Slice,
}

impl BiasPlace {
    /// The tensor of an expert, and where the expert begins in it.
    pub fn of(&self, expert: usize) -> (String, usize) {
        if self.is_each {
            (self.name.replace("{e}", &(self.first + expert).to_string()), 0)
        } else {
            (self.name.clone(), expert * self.stored)
        }
    }
}

/// The projections of the experts of one mixture, or of the shared expert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExpertPlaces {
    /// Absent in experts without a gate.
    pub gate: Option<MatrixPlace>,
    /// Always there.
    pub up: MatrixPlace,
    /// Always there.
    pub down: MatrixPlace,
    /// Gate, up, down.
    pub biases: [Option<BiasPlace>; 3],
}

impl ExpertPlaces {
    /// Width of an expert.
    pub fn width(&self) -> usize {
        self.up.shape()[0]
    }

    /// Numbers of one expert, biases included.
    pub fn parameters(&self) -> u64 {
        let matrices = [self.gate.as_ref(), Some(&self.up), Some(&self.down)].into_iter().flatten();
        // Shapes of packed numbers are the config's, which may say anything.
        let matrices = matrices.map(|place| (place.shape()[0] as u64).saturating_mul(place.shape()[1] as u64));
        let biases = self.biases.iter().flatten();
        let own = |bias: &BiasPlace| (if bias.slice == Slice::Whole { bias.stored } else { bias.stored / 2 }) as u64;
        matrices.chain(biases.map(own)).fold(0, u64::saturating_add)
    }
}
