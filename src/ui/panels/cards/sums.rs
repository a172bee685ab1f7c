//! How a card writes sums, shares and windows. Pure.

use crate::domain::measures::load;
use crate::run::Snapshot;
use crate::ui::view::ViewState;
use crate::ui::view::watched::counts_dumps;
use crate::ui::words::cards as said;
use crate::ui::words::watched;

/// Terms of a sum that are written out.
pub(crate) const TERMS: usize = 4;

/// The first terms of a sum and how many more there are: `0.12 + 0.34 + … (30 more)`.
pub(crate) fn written(terms: impl ExactSizeIterator<Item = String>) -> String {
    let more = terms.len().saturating_sub(TERMS);
    let mut shown: Vec<String> = terms.take(TERMS).collect();
    if more > 0 {
        shown.push(said::more_terms(more));
    }
    shown.join(" + ")
}

/// The entropy of counts or shares, nats, as a line of numbers and its value.
pub(crate) fn entropy<C: Copy + Into<f64>>(counts: &[C]) -> (String, f64) {
    let shares = load::fraction(counts).unwrap_or_default();
    let terms = shares.iter().filter(|&&f| f > 0.0).map(|&f| said::entropy_term(f));
    (format!("−({})", written(terms.collect::<Vec<_>>().into_iter())), load::entropy(counts))
}

/// A probe's window: how many bytes, when, how often.
pub(crate) fn probe_window(shot: &Snapshot, view: &ViewState) -> String {
    // How often dumps come is known from the third on.
    if let Some(seen) = view.seen(shot)
        && shot.watched.as_ref().is_some_and(|watched| !watched.own_run && watched.usual.is_none())
    {
        return said::of_layer(view.layer, &watched::dump_of(seen.probe.step));
    }
    let every = shot.config.cadence.probe_every.max(1);
    let window = match view.seen(shot) {
        Some(seen) => said::probe(seen.probe.tokens, seen.probe.step, every),
        None => said::no_probe(every),
    };
    said::of_layer(view.layer, &window)
}

/// The window of a number of the run, averaged over `steps`.
pub(crate) fn run_window(shot: &Snapshot, view: &ViewState, steps: usize) -> String {
    if counts_dumps(shot) {
        return watched::up_to(steps as u64, view.step(shot));
    }
    said::batches(steps, shot.config.tokens_per_step(), view.step(shot))
}

/// The same of a number of one layer.
pub(crate) fn batch_window(shot: &Snapshot, view: &ViewState, steps: usize) -> String {
    said::of_layer(view.layer, &run_window(shot, view, steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sums_say_how_much_is_left_out() {
        let of = |n: usize| written((0..n).map(|i| i.to_string()).collect::<Vec<_>>().into_iter());
        assert_eq!((of(2).as_str(), of(4).as_str()), ("0 + 1", "0 + 1 + 2 + 3"));
        assert_eq!(of(6), "0 + 1 + 2 + 3 + … (2 more)");
    }

    #[test]
    fn entropy_by_hand() {
        let (line, value) = entropy(&[0.5, 0.5, 0.0]);
        assert_eq!(line, "−(0.500·ln 0.500 + 0.500·ln 0.500)");
        assert!((value - std::f64::consts::LN_2).abs() < 1e-12);
    }
}
