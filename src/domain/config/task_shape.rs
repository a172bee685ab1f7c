//! Shape of a task: what enters the network, what leaves it, which positions are scored, and how positions may mix.

/// What enters and leaves the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskShape {
    /// What a position holds.
    pub input: InputShape,
    /// Positions of an example, at least 1. The router sends each of them to experts of its own.
    pub positions: usize,
    /// What is predicted.
    pub target: TargetShape,
    /// Which positions a position may look at.
    pub mixing: Mixing,
}

/// What a position holds when it enters the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputShape {
    /// A whole number below `vocabulary`, to be looked up in an embedding.
    Ids {
        /// How many different numbers there are.
        vocabulary: usize,
    },
    /// `width` real numbers.
    Values {
        /// Numbers of a position.
        width: usize,
    },
}

/// What the network predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetShape {
    /// One of `count` classes: the loss is the cross-entropy, in nats.
    Classes {
        /// How many classes there are, at least 2.
        count: usize,
        /// The positions at which one is predicted.
        at: ScoredPositions,
    },
    /// `width` real numbers: the loss is the squared error, averaged over them.
    Values {
        /// Numbers that are predicted.
        width: usize,
        /// The positions at which they are predicted.
        at: ScoredPositions,
    },
}

/// Which positions of an example enter the loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoredPositions {
    /// All of them; batches have no weights.
    Every,
    /// Each with its weight: batches have weights, and a position of weight 0 is not scored.
    Weighted,
}

/// Which positions of an example a position may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mixing {
    /// Itself and those before it: causal attention.
    Causal,
    /// Only itself: no attention.
    None,
}

impl TaskShape {
    /// How many classes are told apart; `None` if values are predicted. An even guess has the loss ln of it, in nats.
    pub fn classes(&self) -> Option<usize> {
        match self.target {
            TargetShape::Classes { count, .. } => Some(count),
            TargetShape::Values { .. } => None,
        }
    }

    /// Numbers that leave the network for a position: a logit for each class, or the predicted values.
    pub fn outputs(&self) -> usize {
        match self.target {
            TargetShape::Classes { count, .. } => count,
            TargetShape::Values { width, .. } => width,
        }
    }
}
