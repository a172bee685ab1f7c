//! A race: its buttons, its runs, the curves that are compared.

use crate::ui::kit::numbers;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "race":
    /// They go on apart.
    pub(crate) END;
    /// One run more.
    pub(crate) ADD;
    /// What that does.
    pub(crate) ABOUT_ADD;
    /// A run that goes on as the one that is shown.
    pub(crate) AS_IT_IS;
    /// Of the run that the other modes show.
    pub(crate) IS_SHOWN;
    /// Shows another run.
    pub(crate) SHOW;
    /// Begins one with the run that is shown.
    pub(crate) FROM_HERE;
    /// Begins one from step 0.
    pub(crate) POLICIES;
    /// Where nothing is compared.
    pub(crate) NO_RACE;
    /// The same where somebody's training is watched.
    pub(crate) NONE_OF_WATCHED;
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
    /// What that says over steps.
    pub(crate) ABOUT_DIFFERENCE;
    /// What it says over arithmetic and time.
    pub(crate) ABOUT_DIFFERENCE_AT_COST;
    /// Where what the steps of the runs cost is not known.
    pub(crate) NO_COST;
    /// A choice of the axis.
    pub(crate) STEPS;
    /// What that does.
    pub(crate) ABOUT_STEPS;
    /// Another one.
    pub(crate) ARITHMETIC;
    /// What that does.
    pub(crate) ABOUT_ARITHMETIC;
    /// The third.
    pub(crate) SECONDS;
    /// What that does.
    pub(crate) ABOUT_SECONDS;
    /// What a curve is drawn over.
    pub(crate) OVER_STEPS;
    /// The same.
    pub(crate) OVER_ARITHMETIC;
    /// The same.
    pub(crate) OVER_SECONDS;
}

sentences! { "race":
    /// A run by name, and how far it is.
    pub(crate) fn racer(name: &str, step: u64) { name = name, step = numbers::count(step) };
    /// What another run of the race than the one that is shown tells.
    pub(crate) fn of_run(run: usize, told: &str) { run = run, told = told };
    /// Beside the loss.
    pub(crate) fn of_every_run(over: &str) { over = over };
    /// Beside the difference.
    pub(crate) fn less_the_first(over: &str) { over = over };
    /// Which layer a curve is of.
    pub(crate) fn of_layer(layer: usize, over: &str) { layer = layer + 1, over = over };
    /// A point of a curve over arithmetic.
    pub(crate) fn point_at_flop(curve: &str, at: f64, value: &str) { curve = curve, at = numbers::flop(at), value = value };
    /// A point of a curve over time.
    pub(crate) fn point_at_seconds(curve: &str, at: f64, value: &str) { curve = curve, at = numbers::fit(at, 1, 6), value = value };
}
