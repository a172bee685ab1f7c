//! Words of the four tiles: load, agreement, collapse and loss.

use crate::domain::readings::MetricKind;
use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers::{count, fit, fit_unit, fixed, percent};
use crate::ui::words::UNKNOWN;
use crate::ui::words::plane;
use crate::ui::words::units;
use crate::words::constants::texts;
use crate::words::in_a_sentence;
use crate::words::table::sentences;

texts! { "tiles":
    /// The button of a tile that grows.
    pub(crate) GROW_ABOUT;
    /// Where nothing is kept to look back at.
    pub(crate) NO_PROBE_KEPT;
    /// The band around a curve.
    pub(crate) LEAST_TO_MOST;
    /// Where a value was no number.
    pub(crate) NOT_FINITE;
    /// The line at the step that is looked at.
    pub(crate) SHOWN;
    /// A picture without a value yet.
    pub(crate) NOT_YET;
    /// A picture that was switched off.
    pub(crate) NOT_MEASURED;
    /// Measures of two experts.
    pub(crate) NEEDS_TWO;
    /// The first tile, and the first kind of collapse.
    pub(crate) LOAD;
    /// The second.
    pub(crate) AGREEMENT;
    /// The third.
    pub(crate) COLLAPSE;
    /// The last.
    pub(crate) LOSS;
    /// The first number of Load.
    pub(crate) CV;
    /// exp of the load's entropy, everywhere; beside it stands over how many steps.
    pub(crate) EFFECTIVE_EXPERTS;
    /// Below the first gauge of Collapse.
    pub(crate) EFFECTIVE_EXPERTS_PROBE;
    /// Below a number of Load.
    pub(crate) OVER_IDEAL;
    /// Key of the filled bars.
    pub(crate) ROUTER;
    /// Key of the outlined ones.
    pub(crate) WINS;
    /// The first number of Agreement.
    pub(crate) KAPPA;
    /// Kappa where chance is 1.
    pub(crate) KAPPA_UNKNOWN;
    /// Skill has no lower end.
    pub(crate) BELOW_0;
    /// Over the confusion.
    pub(crate) WINNER_DOWN;
    /// Below it.
    pub(crate) PICKS_RIGHT;
    /// The newest step.
    pub(crate) NOW;
    /// The second kind.
    pub(crate) REPRESENTATION;
    /// The third.
    pub(crate) REDUNDANCY;
    /// Beside the third.
    pub(crate) WORST_PAIR;
    /// The same where there is little room.
    pub(crate) WORST_SHORT;
    /// Below the second.
    pub(crate) EFFECTIVE_RANK;
    /// Left end of a gauge.
    pub(crate) COLLAPSED;
    /// Right end.
    pub(crate) HEALTHY;
    /// In its place.
    pub(crate) NO_SPECTRUM;
    /// Below it.
    pub(crate) SPECTRUM;
    /// Over the map.
    pub(crate) OUTPUT_COSINE;
    /// For those who cannot see it.
    pub(crate) COSINES;
    /// What Loss is.
    pub(crate) CROSS_ENTROPY;
    /// Its unit.
    pub(crate) NATS;
    /// Below the last number.
    pub(crate) BLIND_GUESS;
    /// A line.
    pub(crate) TRAINING_LOSS;
    /// A line.
    pub(crate) SMOOTHED;
    /// Rings.
    pub(crate) VALIDATION;
    /// A switch.
    pub(crate) LOG;
    /// What it does.
    pub(crate) LOG_ABOUT;
    /// A switch.
    pub(crate) RAW;
    /// What it does.
    pub(crate) RAW_ABOUT;
    NO_WINS_PROBED_YET;
    ROUTER_AGAINST_COMPETITION;
    ROUTER_AGAINST_WOULD_BE;
    LAST_STEP;
    NEVER_COMPETED;
    THREE_KINDS_KEPT_APART;
    IS_SAME;
    BITS_PER_BYTE;
}

sentences! { "tiles":
    /// Where there is no probe yet.
    pub(crate) fn first_probe(step: u64) { step = count(step) };
    /// The button that explains a tile.
    pub(crate) fn about(title: &str) { title = in_a_sentence(title) };
    /// The button that lets a tile grow.
    pub(crate) fn grow(title: &str) { title = in_a_sentence(title) };
    /// The button that shrinks it.
    pub(crate) fn shrink(title: &str) { title = in_a_sentence(title) };
    /// The button that shows a tile where there is room for one.
    pub(crate) fn show(title: &str) { title = in_a_sentence(title) };
    /// A point of a curve.
    pub(crate) fn point(curve: &str, step: f64, value: &str) { curve = curve, step = count(step.max(0.0) as u64), value = value };
    /// So many of so many.
    pub(crate) fn of(value: f64, all: usize) { value = fit(value, 1, 6), all = all };
    /// Load, for those who cannot see it.
    pub(crate) fn load_said(cv: &str, floor: &str, effective: &str, steps: usize, over: &str) { cv = cv, floor = floor, effective = effective, steps = effective_experts(steps), over = over };
    /// The experts that have no bar.
    pub(crate) fn rest(experts: usize) { experts = experts };
    /// A bar of agreement.
    pub(crate) fn recall(k: usize) { k = k };
    /// The confusion, for those who cannot see it.
    pub(crate) fn confusion(same: f64) { same = percent(same) };
    /// A cell of it.
    pub(crate) fn confusion_cell(winner: ExpertId, pick: ExpertId, tokens: u32, all: u64, share: f64) { winner = winner, pick = pick, tokens = tokens, all = all, share = percent(share) };
    /// Beside the first gauge.
    pub(crate) fn of_experts(experts: usize) { experts = experts };
    /// Beside the second.
    pub(crate) fn of_axes(axes: usize) { axes = axes };
    /// Below the third.
    pub(crate) fn mean_cosine(mean: f64) { mean = fixed(mean, 2) };
    /// The ghost in the spectrum.
    pub(crate) fn ghost(steps: u64) { steps = units::step(steps) };
    /// The spectrum, for those who cannot see it.
    pub(crate) fn spectrum(above: usize, axes: usize) { above = above, axes = axes };
    /// A point of it, from 0.
    pub(crate) fn axis(place: usize, value: f64) { place = place + 1, value = fixed(value, 4) };
    /// Below the map.
    pub(crate) fn alike(one: ExpertId, other: ExpertId, cosine: f64) { one = one, other = other, cosine = fixed(cosine, 2) };
    /// The most alike added to what a map is.
    pub(crate) fn most(map: &str, pair: &str) { map = map, pair = pair };
    /// A cell of the map.
    pub(crate) fn cosine_cell(one: ExpertId, other: ExpertId, cosine: f64) { one = one, other = other, cosine = fixed(cosine, 3) };
    /// Below the validation.
    pub(crate) fn validation_at(step: u64) { step = count(step) };
    /// Below the change.
    pub(crate) fn over_the_last(steps: usize) { steps = last_steps(steps as u64) };
    fn layer_alone(layer);
    fn layer_last_steps(layer, last_steps);
    fn layer_up_to(layer, steps, step);
    fn won_share(won);
    fn bars_of_expert(id, routed, won, even);
    fn against_at_probe(against, step);
    fn bar_line(name, value, chance);
    fn agreement_line(kappa, floor, bars);
    fn last_n_steps(steps);
    fn last_was_ago(since);
    fn kappa_and_ticks(span, since);
    fn kinds_at_probe(kinds, step);
    fn collapse_line(gauges);
    fn baseline_of_classes(baseline, classes);
    fn loss_line(loss, steps, score, chance, baseline, facts);
    fn smoothed(name, loss);
    fn loss_of_step(first, mean, around);
    fn loss_of_steps(first, last, mean, least, most, around);
    fn not_finite_values(bad);
    fn curve_over(last, validations, bad);
}

/// So many steps.
pub(crate) fn steps(steps: u64) -> String {
    units::step(steps)
}

/// What Load is of.
pub(crate) fn load_caption(layer: usize, steps: usize, up_to: Option<u64>) -> String {
    let layer = layer + 1;
    match (steps, up_to) {
        (0, _) => layer_alone(layer),
        (n, None) => layer_last_steps(layer, last_steps(n as u64)),
        (n, Some(step)) => layer_up_to(layer, self::steps(n as u64), count(step)),
    }
}

/// Effective experts over the last steps.
pub(crate) fn effective_experts(steps: usize) -> String {
    format!("{EFFECTIVE_EXPERTS}, {}", last_steps(steps as u64))
}

/// One expert's bars.
pub(crate) fn load_bar(id: ExpertId, routed: f64, won: Option<f64>, even: f64) -> String {
    let won = won.map_or_else(|| NO_WINS_PROBED_YET.into(), |won| won_share(percent(won)));
    bars_of_expert(id, fixed(routed, 1), won, percent(even))
}

/// Whom the router is compared with. Every probe lets all experts answer; only CompeteSMoE trains by it.
pub(crate) fn agreement_caption(competes: bool, probe: Option<u64>) -> String {
    let against = if competes { ROUTER_AGAINST_COMPETITION } else { ROUTER_AGAINST_WOULD_BE };
    probe.map_or_else(|| against.into(), |step| against_at_probe(against, count(step)))
}

/// Agreement, for those who cannot see it: name, value and chance of each bar.
pub(crate) fn agreement_said<'a>(
    kappa: &str,
    floor: &str,
    bars: impl Iterator<Item = (&'a str, String, String)>,
) -> String {
    let bars = bars.map(|(name, value, chance)| bar_line(name, value, chance));
    agreement_line(kappa, floor, bars.collect::<String>())
}

/// The span of a curve.
pub(crate) fn last_steps(steps: u64) -> String {
    if steps == 1 { LAST_STEP.into() } else { last_n_steps(count(steps)) }
}

/// The lane below kappa.
pub(crate) fn kappa_ticks(span: u64, since: Option<u64>) -> String {
    let since = since.map_or(NEVER_COMPETED.into(), |since| last_was_ago(steps(since)));
    kappa_and_ticks(last_steps(span), since)
}

/// What Collapse is of.
pub(crate) fn collapse_caption(probe: Option<u64>) -> String {
    let kinds = THREE_KINDS_KEPT_APART;
    probe.map_or_else(|| kinds.into(), |step| kinds_at_probe(kinds, count(step)))
}

/// Collapse, for those who cannot see it: name, value, floor and caption of each gauge.
pub(crate) fn collapse_said<'a>(gauges: impl Iterator<Item = (&'a str, &'a String, &'a String, &'a String)>) -> String {
    let gauges = gauges.map(|(name, value, floor, caption)| {
        let same = if name == REDUNDANCY.said() { IS_SAME.said() } else { "" };
        format!(" {name} {value} {floor}{same}, {caption};")
    });
    collapse_line(gauges.collect::<String>())
}

/// In the place of a map.
pub(crate) fn unknown(why: &str) -> String {
    format!("{UNKNOWN}, {why}")
}

/// Below the headline.
pub(crate) fn bits_per_byte(bits: f64) -> String {
    fit_unit(bits, 2, BITS_PER_BYTE.said(), 20)
}

/// The unit of the loss; the squared error has none.
pub(crate) fn loss_unit(kind: MetricKind) -> &'static str {
    if kind == MetricKind::MeanSquaredError { "" } else { NATS.said() }
}

/// What the loss stands beside: the even guess among the classes, or what always the mean would cost.
pub(crate) fn loss_baseline(classes: Option<usize>) -> String {
    classes.map_or_else(|| plane::VARIANCE.said().to_owned(), |classes| baseline_of_classes(BLIND_GUESS, classes))
}

/// A value with its unit, if it has one.
pub(super) fn with_unit(value: &str, unit: &str) -> String {
    if unit.is_empty() { value.to_owned() } else { format!("{value} {unit}") }
}

/// Loss, for those who cannot see it; `score` is what else it is told in, if it is.
pub(crate) fn loss_said<'a>(
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
    loss_line(loss, units::step(steps), score, chance, baseline, facts)
}

/// Under the pointer: the steps of a bucket; its mean, least and most; the mean of 100 steps around.
pub(crate) fn loss_at(
    (first, last): (u64, u64),
    [mean, least, most]: [f64; 3],
    around: Option<f64>,
    unit: &str,
) -> String {
    let [mean, least, most] = [mean, least, most].map(|loss| fixed(loss, 3));
    let mean = with_unit(&mean, unit);
    let around = around.map_or_else(String::new, |around| format!("\n{}", smoothed(SMOOTHED, fixed(around, 3))));
    if first == last {
        return loss_of_step(count(first), mean, around);
    }
    loss_of_steps(count(first), count(last), mean, least, most, around)
}

/// The curve, for those who cannot see it.
pub(crate) fn loss_curve(last: u64, validations: usize, bad: u64) -> String {
    let bad = if bad > 0 { not_finite_values(units::value(bad)) } else { String::new() };
    curve_over(units::step(last), units::validation(validations), bad)
}
