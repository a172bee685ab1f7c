//! A race: its buttons, its runs, the curves that are compared.

use crate::ui::kit::numbers;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "race":
    /// They go on apart.
    pub(crate) END;
    /// Begins one with the run that is shown.
    pub(crate) FROM_HERE;
    /// Begins one from step 0.
    pub(crate) POLICIES;
    /// Where nothing is compared.
    pub(crate) NO_RACE;
    /// Before there is anything to compare.
    pub(crate) NOTHING_YET;
    /// The line where two do not differ.
    pub(crate) NONE;
    /// Training loss of all.
    pub(crate) LOSS;
    /// What that says.
    pub(crate) ABOUT_LOSS;
    /// Agreement of router and competition.
    pub(crate) KAPPA;
    /// What that says.
    pub(crate) ABOUT_KAPPA;
    /// Spread of the load.
    pub(crate) LOAD;
    /// What that says.
    pub(crate) ABOUT_LOAD;
    /// How the losses differ.
    pub(crate) DIFFERENCE;
    /// What that says.
    pub(crate) ABOUT_DIFFERENCE;
    /// Beside the loss.
    pub(crate) OVER_STEPS;
    /// Beside the difference.
    pub(crate) LESS_THE_FIRST;
}

sentences! { "race":
    /// A run by name, and how far it is.
    pub(crate) fn racer(name: &str, step: u64) { name = name, step = numbers::count(step) };
    /// Which layer a curve is of.
    pub(crate) fn of_layer(layer: usize) { layer = layer + 1 };
}
