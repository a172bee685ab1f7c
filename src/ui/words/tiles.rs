//! Words of the four tiles.

use crate::domain::readings::MetricKind;
use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers::{count, counted, fit, fit_unit, fixed, percent};
use crate::ui::words::{UNKNOWN, plane};

/// The button of a tile that grows.
pub const GROW_ABOUT: &str = "Grow and shrink; two clicks anywhere on the tile do the same, Esc shrinks it";
/// Where nothing is kept to look back at.
pub const NO_PROBE_KEPT: &str = "No probe is kept of this step";

/// Where there is no probe yet.
pub fn first_probe(step: u64) -> String {
    format!("First probe at step {}", count(step))
}

/// The button that explains a tile.
pub fn about(title: &str) -> String {
    format!("About {}", title.to_lowercase())
}

/// The button that lets a tile grow.
pub fn grow(title: &str) -> String {
    format!("Grow {}", title.to_lowercase())
}

/// The button that shrinks it.
pub fn shrink(title: &str) -> String {
    format!("Shrink {}", title.to_lowercase())
}

/// The button that shows a tile where there is room for one.
pub fn show(title: &str) -> String {
    format!("Show {}", title.to_lowercase())
}

// What every plot says.

/// The band around a curve.
pub const LEAST_TO_MOST: &str = "least to most";
/// Where a value was no number.
pub const NOT_FINITE: &str = "not finite";
/// The line at the step that is looked at.
pub const SHOWN: &str = "shown";

/// A point of a curve.
pub fn point(curve: &str, step: u64, value: &str) -> String {
    format!("{curve}\nstep {}: {value}", count(step))
}

/// A picture without a value yet.
pub const NOT_YET: &str = "not measured yet";
/// A picture that was switched off.
pub const NOT_MEASURED: &str = "not measured";
/// Measures of two experts.
pub const NEEDS_TWO: &str = "needs 2 experts";

/// So many steps.
pub fn steps(steps: u64) -> String {
    counted(steps, "step")
}

/// The first tile, and the first kind of collapse.
pub const LOAD: &str = "Load";
/// The second.
pub const AGREEMENT: &str = "Agreement";
/// The third.
pub const COLLAPSE: &str = "Collapse";
/// The last.
pub const LOSS: &str = "Loss";

/// The first number of Load.
pub const CV: &str = "CV";
/// exp of the load's entropy, everywhere; beside it stands over how many steps.
pub const EFFECTIVE_EXPERTS: &str = "effective experts";
/// Below the first gauge of Collapse.
pub const EFFECTIVE_EXPERTS_PROBE: &str = "effective experts, this probe";
/// Below a number of Load.
pub const OVER_IDEAL: &str = "busiest over ideal";

/// Key of the filled bars.
pub const ROUTER: &str = "router";
/// Key of the outlined ones.
pub const WINS: &str = "wins";

/// What Load is of.
pub fn load_caption(layer: usize, steps: usize, up_to: Option<u64>) -> String {
    let layer = layer + 1;
    match (steps, up_to) {
        (0, _) => format!("layer {layer}"),
        (n, None) => format!("layer {layer} · {}", last_steps(n as u64)),
        (n, Some(step)) => format!("layer {layer} · {} up to {}", self::steps(n as u64), count(step)),
    }
}

/// So many of so many.
pub fn of(value: f64, all: usize) -> String {
    format!("{} of {all}", fit(value, 1, 6))
}

/// Load, for those who cannot see it.
pub fn load_said(cv: &str, floor: &str, effective: &str, steps: usize, over: &str) -> String {
    format!("Load: CV {cv}, {floor}; {effective} {}; busiest {over} over ideal", effective_experts(steps))
}

/// Effective experts over the last steps.
pub fn effective_experts(steps: usize) -> String {
    format!("{EFFECTIVE_EXPERTS}, {}", last_steps(steps as u64))
}

/// The experts that have no bar.
pub fn rest(experts: usize) -> String {
    format!("{experts} more experts between the four busiest and the four quietest, by load")
}

/// One expert's bars.
pub fn load_bar(id: ExpertId, routed: f64, won: Option<f64>, even: f64) -> String {
    let won = won.map_or_else(|| "no wins probed yet".into(), |won| format!("wins {}", percent(won)));
    format!("Expert {id}: router {} %, {won}; even is {}", fixed(routed, 1), percent(even))
}

/// The first number of Agreement.
pub const KAPPA: &str = "kappa";
/// Kappa where chance is 1.
pub const KAPPA_UNKNOWN: &str = "n/a, chance is already 1";
/// Skill has no lower end.
pub const BELOW_0: &str = "below 0";
/// Over the confusion.
pub const WINNER_DOWN: &str = "↓ winner";
/// Below it.
pub const PICKS_RIGHT: &str = "router picks →";
/// The newest step.
pub const NOW: &str = "now";

/// Whom the router is compared with. Every probe lets all experts answer; only CompeteSMoE trains by it.
pub fn agreement_caption(competes: bool, probe: Option<u64>) -> String {
    let against = if competes { "router against competition" } else { "router against a would-be competition" };
    probe.map_or_else(|| against.into(), |step| format!("{against} · probe at step {}", count(step)))
}

/// A bar of agreement.
pub fn recall(k: usize) -> String {
    format!("Recall@{k}")
}

/// Agreement, for those who cannot see it: name, value and chance of each bar.
pub fn agreement_said<'a>(kappa: &str, floor: &str, bars: impl Iterator<Item = (&'a str, String, String)>) -> String {
    let bars = bars.map(|(name, value, chance)| format!("; {name} {value}, chance {chance}"));
    format!("Agreement: kappa {kappa}, {floor}{}", bars.collect::<String>())
}

/// The span of a curve.
pub fn last_steps(steps: u64) -> String {
    if steps == 1 { "last step".into() } else { format!("last {} steps", count(steps)) }
}

/// The lane below kappa.
pub fn kappa_ticks(span: u64, since: Option<u64>) -> String {
    let since = since.map_or("it has not competed yet".into(), |since| format!("the last was {} ago", steps(since)));
    format!("kappa over the {}, competition steps as ticks beneath; {since}", last_steps(span))
}

/// The confusion, for those who cannot see it.
pub fn confusion(same: f64) -> String {
    format!("Confusion: {} of tokens have the router's first pick as winner; rows sum to 1", percent(same))
}

/// A cell of it.
pub fn confusion_cell(winner: ExpertId, pick: ExpertId, tokens: u32, all: u64, share: f64) -> String {
    format!("Won by {winner}, router picks {pick}: {tokens} of {all} tokens ({})", percent(share))
}

/// The second kind.
pub const REPRESENTATION: &str = "Representation";
/// The third.
pub const REDUNDANCY: &str = "Redundancy";
/// Beside the third.
pub const WORST_PAIR: &str = "worst pair";
/// The same where there is little room.
pub const WORST_SHORT: &str = "worst";
/// Below the second.
pub const EFFECTIVE_RANK: &str = "effective rank of hidden states";
/// Left end of a gauge.
pub const COLLAPSED: &str = "collapsed";
/// Right end.
pub const HEALTHY: &str = "healthy";
/// In its place.
pub const NO_SPECTRUM: &str = "spectrum not measured";
/// Below it.
pub const SPECTRUM: &str = "spectrum σ/σ₁";
/// Over the map.
pub const OUTPUT_COSINE: &str = "output cosine";
/// For those who cannot see it.
pub const COSINES: &str = "Output cosine of every two experts";

/// What Collapse is of.
pub fn collapse_caption(probe: Option<u64>) -> String {
    let kinds = "three kinds, kept apart";
    probe.map_or_else(|| kinds.into(), |step| format!("{kinds} · probe at step {}", count(step)))
}

/// Beside the first gauge.
pub fn of_experts(experts: usize) -> String {
    format!("of {experts}")
}

/// Beside the second.
pub fn of_axes(axes: usize) -> String {
    format!("of {axes}")
}

/// Below the third.
pub fn mean_cosine(mean: f64) -> String {
    format!("mean of all pairs {}", fixed(mean, 2))
}

/// Collapse, for those who cannot see it: name, value, floor and caption of each gauge.
pub fn collapse_said<'a>(gauges: impl Iterator<Item = (&'a str, &'a String, &'a String, &'a String)>) -> String {
    let gauges = gauges.map(|(name, value, floor, caption)| {
        let same = if name == REDUNDANCY { ", 1 is same" } else { "" };
        format!(" {name} {value} {floor}{same}, {caption};")
    });
    format!("Collapse:{}", gauges.collect::<String>())
}

/// The ghost in the spectrum.
pub fn ghost(steps: u64) -> String {
    format!("- - {} ago", counted(steps, "step"))
}

/// The spectrum, for those who cannot see it.
pub fn spectrum(above: usize, axes: usize) -> String {
    format!("Spectrum: {above} of {axes} axes above a tenth of the first; a cliff is collapse")
}

/// A point of it, from 0.
pub fn axis(place: usize, value: f64) -> String {
    format!("axis {}: {}", place + 1, fixed(value, 4))
}

/// In the place of a map.
pub fn unknown(why: &str) -> String {
    format!("{UNKNOWN}, {why}")
}

/// Below the map.
pub fn alike(one: ExpertId, other: ExpertId, cosine: f64) -> String {
    format!("{one} and {other} alike: {}", fixed(cosine, 2))
}

/// The most alike added to what a map is.
pub fn most(map: &str, pair: &str) -> String {
    format!("{map}; most {pair}")
}

/// A cell of the map.
pub fn cosine_cell(one: ExpertId, other: ExpertId, cosine: f64) -> String {
    format!("Experts {one} and {other}: mean output cosine {}; 0 is unrelated", fixed(cosine, 3))
}

/// What Loss is.
pub const CROSS_ENTROPY: &str = "next-byte cross-entropy";
/// Its unit.
pub const NATS: &str = "nats";
/// Below the last number.
pub const BLIND_GUESS: &str = "uniform baseline";
/// A line.
pub const TRAINING_LOSS: &str = "training loss";
/// A line.
pub const SMOOTHED: &str = "mean of 100 steps around";
/// Rings.
pub const VALIDATION: &str = "validation";
/// A switch.
pub const LOG: &str = "log";
/// What it does.
pub const LOG_ABOUT: &str = "Draw the loss on a logarithmic axis";
/// A switch.
pub const RAW: &str = "raw";
/// What it does.
pub const RAW_ABOUT: &str = "Draw the loss as it is, without the mean of 100 steps";

/// Below the headline.
pub fn bits_per_byte(bits: f64) -> String {
    fit_unit(bits, 2, "bits per byte", 20)
}

/// Below the validation.
pub fn validation_at(step: u64) -> String {
    format!("validation at {}", count(step))
}

/// Below the change.
pub fn over_the_last(steps: usize) -> String {
    format!("over the {}", last_steps(steps as u64))
}

/// The unit of the loss; the squared error has none.
pub fn loss_unit(kind: MetricKind) -> &'static str {
    if kind == MetricKind::MeanSquaredError { "" } else { NATS }
}

/// What the loss stands beside: the even guess among the classes, or what always the mean would cost.
pub fn loss_baseline(classes: Option<usize>) -> String {
    classes.map_or_else(|| plane::VARIANCE.to_owned(), |classes| format!("{BLIND_GUESS}, ln {classes}"))
}

/// A value with its unit, if it has one.
fn with_unit(value: &str, unit: &str) -> String {
    if unit.is_empty() { value.to_owned() } else { format!("{value} {unit}") }
}

/// Loss, for those who cannot see it; `score` is what else it is told in, if it is.
pub fn loss_said<'a>(
    (loss, unit): (&str, &str),
    steps: usize,
    score: &str,
    chance: &str,
    baseline: &str,
    facts: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    let facts = facts.map(|(value, caption)| format!("; {value} {caption}"));
    let facts = facts.collect::<String>();
    let score = if score.is_empty() { String::new() } else { format!(", {score}") };
    let (loss, chance) = (with_unit(loss, unit), with_unit(chance, unit));
    format!("Loss: {loss}, mean of {}{score}; {chance}, {baseline}{facts}", counted(steps, "step"))
}

/// Under the pointer: the steps of a bucket; its mean, least and most; the mean of 100 steps around.
pub fn loss_at((first, last): (u64, u64), [mean, least, most]: [f64; 3], around: Option<f64>, unit: &str) -> String {
    let [mean, least, most] = [mean, least, most].map(|loss| fixed(loss, 3));
    let mean = with_unit(&mean, unit);
    let around = around.map_or_else(String::new, |around| format!("\n{SMOOTHED}: {}", fixed(around, 3)));
    if first == last {
        return format!("step {}: {mean}{around}", count(first));
    }
    format!("steps {} to {}: mean {mean}\nleast {least}, most {most}{around}", count(first), count(last))
}

/// The curve, for those who cannot see it.
pub fn loss_curve(last: u64, validations: usize, bad: u64) -> String {
    let bad = if bad > 0 { format!(", {} not finite", counted(bad, "value")) } else { String::new() };
    format!("Loss curve over {} with {}{bad}", counted(last, "step"), counted(validations, "validation"))
}
