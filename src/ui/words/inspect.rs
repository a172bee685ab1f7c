//! The screen that inspects: its table of experts, loads of all layers, facts of the run.

use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "inspect":
    /// The table.
    pub(crate) EXPERTS;
    /// Loads of all layers.
    pub(crate) LOADS;
    /// What a cell of it is.
    pub(crate) LOADS_CAPTION;
    /// Weight similarity.
    pub(crate) SIMILARITY;
    /// A column: the router's picks.
    pub(crate) LOAD;
    /// A column: wins.
    pub(crate) WINS;
    /// A column: the loss without it.
    pub(crate) WORTH;
    /// A column: its share of the gradient.
    pub(crate) GRADIENT;
    /// A column: how far it moved.
    pub(crate) MOVED;
    /// A column: who answers most alike.
    pub(crate) NEAREST;
    /// A column: what it prefers.
    pub(crate) PREFERS;
    /// The column of the spread.
    pub(crate) CV;
    /// The scale's left end.
    pub(crate) HALF;
    /// The scale's right end.
    pub(crate) TWICE;
    /// The head of the facts.
    pub(crate) FACTS;
    /// A fact: the data.
    pub(crate) DATA;
    /// A fact: the newest save.
    pub(crate) SAVED;
    /// A fact: layers and width.
    pub(crate) SIZE;
    /// A fact: experts and top-k.
    pub(crate) EXPERTS_AND_K;
    /// A fact: all weights.
    pub(crate) PARAMETERS;
    /// A fact: the loss of the last step.
    pub(crate) TRAINING_LOSS;
    /// A fact: the newest validation.
    pub(crate) VALIDATION_LOSS;
    /// What the step is.
    pub(crate) ABOUT_STEP;
    /// What the seed is.
    pub(crate) ABOUT_SEED;
    /// What the weights are.
    pub(crate) ABOUT_PARAMETERS;
    /// What the size is.
    pub(crate) ABOUT_SIZE;
    /// What the experts are.
    pub(crate) ABOUT_EXPERTS_AND_K;
    /// What the losses are.
    pub(crate) ABOUT_LOSS;
}

sentences! { "inspect":
    /// The table's caption.
    pub(crate) fn of_layer(layer: usize, step: u64) { layer = layer + 1, step = numbers::count(step) };
    /// What the table's columns are.
    pub(crate) fn about_experts();
    /// What the loads of all layers are.
    pub(crate) fn about_loads();
    /// What the similarity of weights is.
    pub(crate) fn about_similarity();
    /// A row of the table.
    pub(crate) fn row(id: ExpertId, load: &str, won: &str) { id = id, load = load, won = won };
    /// A cell of the loads.
    pub(crate) fn cell(layer: usize, id: ExpertId, load: &str) { layer = layer + 1, id = id, load = load };
    /// A step of the plan.
    pub(crate) fn step_of(step: u64, steps: u64) { step = numbers::count(step), steps = numbers::count(steps) };
    /// Layers and width.
    pub(crate) fn size(layers: usize, width: usize) { layers = layers, width = width };
    /// A number of a loss.
    pub(crate) fn nats(value: &str) { value = value };
}
