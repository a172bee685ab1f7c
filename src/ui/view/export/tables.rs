//! What each tile shows, as a table. Layers and experts carry the numbers they have in the window. Curves go over the
//! whole run in the buckets that are kept, not only over the window that is drawn; they end at the step looked at, but
//! for the loss, which is drawn whole. A tile that has grown adds what it shows besides.

use super::grown;
use crate::domain::readings::{MetricKind, bits, square};
use crate::domain::roster::{ExpertId, Roster};
use crate::run::Snapshot;
use crate::store::history::{Bucket, ExpertMeasure, LayerMeasure, RunMeasure, Series, SeriesKey};
use crate::ui::kit::export::table::{Cell, ExportTable, Section};
use crate::ui::view::ViewState;
use crate::ui::view::derived::{GHOST_STEPS, LayerLoad, WINDOW, baseline, score};
use crate::ui::view::experts::rows;
use crate::ui::view::race::{RaceAxis, RacePoint};
use crate::ui::view::watched::counts_dumps;

/// Columns of single numbers: what chance, evenness or the ideal would give stands beside each.
pub(super) const MEASURES: [&str; 3] = ["measure", "value", "reference"];
/// Columns of a bucket of a curve.
const BUCKET: [&str; 7] = ["first_step", "last_step", "n", "mean", "min", "max", "not_finite"];
/// The same with an expert before them.
const EXPERT_BUCKET: [&str; 8] = ["expert", "first_step", "last_step", "n", "mean", "min", "max", "not_finite"];

pub(super) fn measure(name: &str, value: impl Into<Cell>, reference: impl Into<Cell>) -> [Cell; 3] {
    [name.into(), value.into(), reference.into()]
}

pub(super) fn bucket(b: &Bucket) -> [Cell; 7] {
    let finite = |value: f64| (b.n > 0).then_some(value);
    [
        b.first_step.into(),
        b.last_step.into(),
        b.n.into(),
        b.mean().into(),
        finite(b.min).into(),
        finite(b.max).into(),
        b.bad.into(),
    ]
}

pub(super) fn buckets(shot: &Snapshot, key: SeriesKey, step: u64) -> &[Bucket] {
    shot.memory.history.get(key).map_or(&[], |series| series.buckets_up_to(step))
}

pub(super) fn number(id: ExpertId) -> Cell {
    id.to_string().into()
}

/// The cells of an `n × n` matrix with the experts of row and column; nothing unless it has them all.
pub(super) fn cells<'a, T: Copy>(
    matrix: &'a Option<Vec<Vec<T>>>,
    roster: &'a Roster,
) -> impl Iterator<Item = (ExpertId, &'a [T], ExpertId, T)> + 'a {
    let ids = roster.slots.as_slice();
    let rows = square(matrix, ids.len()).unwrap_or_default().iter().zip(ids);
    rows.flat_map(move |(row, &one)| {
        row.iter().zip(ids).map(move |(&value, &other)| (one, row.as_slice(), other, value))
    })
}

/// A number that the device gave in single precision, in the digits it takes to read that again.
pub(super) fn single(value: Option<f64>) -> Cell {
    value.map(|value| value as f32).into()
}

/// What a mean goes over.
fn counted(shot: &Snapshot) -> &'static str {
    if counts_dumps(shot) { "dumps" } else { "steps" }
}

/// The column that says over how many.
fn averaged(shot: &Snapshot) -> &'static str {
    if counts_dumps(shot) { "dumps_averaged" } else { "steps_averaged" }
}

/// Load: share of picks and of wins per expert beside the even share, and picks over the run.
pub fn load(shot: &Snapshot, view: &ViewState) -> ExportTable {
    let layer = view.layer;
    let mut table = ExportTable::new(Some(layer));
    let step = view.step(shot);
    let load = LayerLoad::seen(shot, view);
    let mut numbers = Section::new("measures", step, MEASURES);
    let mut experts = Section::new("experts", step, ["expert", "routed", "won", "even", averaged(shot)]);
    if let Some(load) = &load {
        let n = load.experts.len();
        numbers.row(measure("cv", load.cv(), 0.0));
        let name = format!("effective_experts_last_{}_{}", load.steps, counted(shot));
        numbers.row(measure(&name, load.effective_experts(), n as f64));
        numbers.row(measure("busiest_over_ideal", load.max_vio(), 0.0));
        for &(id, routed, won) in &load.experts {
            experts.row([number(id), routed.into(), won.into(), (1.0 / n as f64).into(), load.steps.into()]);
        }
    }
    let mut over_time = Section::new("routed_over_time", step, EXPERT_BUCKET).over_time();
    for &(id, ..) in load.iter().flat_map(|load| &load.experts) {
        for b in buckets(shot, SeriesKey::Expert(layer, id, ExpertMeasure::Routed), step) {
            let [first, last, n, mean, min, max, bad] = bucket(b);
            over_time.row([number(id), first, last, n, mean, min, max, bad]);
        }
    }
    [numbers, experts, over_time].into_iter().for_each(|section| table.push(section));
    if view.grown.is_some() {
        grown::load(&mut table, shot, view);
    }
    table
}

/// Experts of the layer shown: what is known of each.
pub(crate) fn experts(shot: &Snapshot, view: &ViewState) -> ExportTable {
    let mut table = ExportTable::new(Some(view.layer));
    let columns = [
        "expert",
        "routed",
        "won",
        "loss_without",
        "gradient_share",
        "moved",
        "most_alike",
        "cosine",
        "prefers",
        "bits",
    ];
    let mut section = Section::new("experts", view.step(shot), columns);
    for row in rows(shot, view) {
        let (alike, cosine) = row.nearest.unzip();
        let (class, bits) = row.prefers.unzip();
        section.row([
            number(row.id),
            row.load.into(),
            row.won.into(),
            row.worth.into(),
            row.gradient.into(),
            row.moved.into(),
            alike.map(number).into(),
            cosine.into(),
            class.into(),
            bits.into(),
        ]);
    }
    table.push(section);
    table
}

/// Load of every layer at a step: share of picks per expert beside the even share.
pub(crate) fn loads(shot: &Snapshot, step: u64) -> ExportTable {
    let mut table = ExportTable::new(None);
    let mut section = Section::new("loads", step, ["layer", "expert", "routed", "even", averaged(shot)]);
    for layer in 0..shot.model.rosters.len() {
        let Some(load) = LayerLoad::at(shot, layer, step) else { continue };
        let even = 1.0 / load.experts.len() as f64;
        for &(id, routed, _) in &load.experts {
            section.row([(layer as u64 + 1).into(), number(id), routed.into(), even.into(), load.steps.into()]);
        }
    }
    table.push(section);
    table
}

/// How alike the weights of every two experts of the layer shown are, as far as they were compared.
pub(crate) fn weights(shot: &Snapshot, view: &ViewState) -> ExportTable {
    let mut table = ExportTable::new(Some(view.layer));
    grown::weights(&mut table, shot, view);
    table
}

/// Agreement: its measures beside chance, kappa over the run, and the confusion of picks and winners.
pub fn agreement(shot: &Snapshot, view: &ViewState) -> ExportTable {
    let layer = view.layer;
    let mut table = ExportTable::new(Some(layer));
    let step = view.step(shot);
    let seen = view.seen(shot);
    let at = seen.map_or(step, |seen| seen.probe.step);
    let mut numbers = Section::new("measures", at, MEASURES);
    let mut confusion = Section::new("confusion", at, ["winner", "pick", "tokens", "share_of_winner"]);
    let mut reliability = Section::new("reliability", at, ["bin", "tokens", "confidence", "accuracy"]);
    if let Some(seen) = seen {
        let (a, beside) = (&seen.layer.diagnosis.agreement, &seen.layer.diagnosis.beside);
        numbers.row(measure("kappa", a.kappa, 0.0));
        numbers.row(measure("top1_match", a.top1, a.chance));
        numbers.row(measure("recall_at_k", a.recall_at_k, a.recall_chance));
        numbers.row(measure("response_kept", a.response_captured, beside.captured_at_random));
        numbers.row(measure("router_skill", a.skill, 0.0));
        numbers.row(measure("jaccard", a.jaccard, Cell::default()));
        numbers.row(measure("kl_nats", a.kl, beside.kl_of_uniform));
        numbers.row(measure("spearman", a.spearman, 0.0));
        numbers.row(measure("ece", a.ece, 0.0));
        for (place, bin) in beside.reliability.iter().flatten().enumerate() {
            reliability.row([(place + 1).into(), bin.tokens.into(), bin.confidence.into(), bin.accuracy.into()]);
        }
        for (winner, row, pick, count) in cells(&seen.layer.matrices.confusion, seen.roster) {
            let all: u64 = row.iter().map(|&count| u64::from(count)).sum();
            let share = (all > 0).then(|| f64::from(count) / all as f64);
            confusion.row([number(winner), number(pick), count.into(), share.into()]);
        }
    }
    let kappa = buckets(shot, SeriesKey::Layer(layer, LayerMeasure::Kappa), step);
    let competed = shot.memory.history.get(SeriesKey::Layer(layer, LayerMeasure::Competed));
    let ticks = competed.into_iter().flat_map(|s| s.recent()).filter(|&(s, value)| value > 0.0 && s <= step);
    table.push(numbers);
    table.push(confusion);
    table.push(reliability);
    table.push(Section::new("kappa_over_time", step, BUCKET).over_time().with(kappa.iter().map(bucket)));
    table.push(Section::new("competed", step, ["step"]).over_time().with(ticks.map(|(step, _)| [step.into()])));
    if view.grown.is_some() {
        grown::agreement(&mut table, shot, view);
    }
    table
}

/// Collapse: the three gauges, the spectrum, and the cosine of every two experts' outputs.
pub fn collapse(shot: &Snapshot, view: &ViewState) -> ExportTable {
    let mut table = ExportTable::new(Some(view.layer));
    let seen = view.seen(shot);
    let at = seen.map_or(view.step(shot), |seen| seen.probe.step);
    let mut numbers = Section::new("measures", at, MEASURES);
    let mut spectrum = Section::new("spectrum", at, ["axis", "relative_singular_value"]);
    let mut cosine = Section::new("output_cosine", at, ["expert", "other", "cosine"]);
    let mut cka = Section::new("cka", at, ["expert", "other", "cka"]);
    if let Some(seen) = seen {
        let found = &seen.layer.diagnosis;
        let (load, c, similarity) = (&found.load, &found.collapse, &found.similarity);
        let limit = c.rank_limit.map(|limit| limit as f64);
        numbers.row(measure("effective_experts_this_probe", load.effective_experts, seen.roster.len() as f64));
        numbers.row(measure("load_entropy", load.entropy_norm, 1.0));
        numbers.row(measure("effective_rank", c.effective_rank, limit));
        numbers.row(measure("mean_output_cosine", similarity.mean_output_cosine, 0.0));
        numbers.row(measure("worst_pair_cosine", similarity.worst_pair.map(|(_, _, value)| value), 0.0));
        numbers.row(measure("rc", c.rc, Cell::default()));
        numbers.row(measure("stable_rank", c.stable_rank, limit));
        numbers.row(measure("participation_ratio", c.participation_ratio, limit));
        numbers.row(measure("anisotropy", c.anisotropy, 0.0));
        numbers.row(measure("mean_cka", similarity.mean_cka, Cell::default()));
        for (axis, &value) in c.spectrum.iter().flatten().enumerate() {
            spectrum.row([(axis + 1).into(), value.into()]);
        }
        for (one, _, other, value) in cells(&seen.layer.matrices.output_cosine, seen.roster) {
            cosine.row([number(one), number(other), single(value)]);
        }
        for (one, _, other, value) in cells(&seen.layer.matrices.cka, seen.roster) {
            cka.row([number(one), number(other), single(value)]);
        }
    }
    [numbers, spectrum, cosine, cka].into_iter().for_each(|section| table.push(section));
    // What it was some time ago is drawn behind the spectrum.
    if let Some(ghost) = view.seen_before(GHOST_STEPS, shot) {
        let values = ghost
            .layer
            .diagnosis
            .collapse
            .spectrum
            .iter()
            .flatten()
            .enumerate()
            .map(|(axis, &value)| [(axis + 1).into(), value.into()]);
        let columns = ["axis", "relative_singular_value"];
        table.push(Section::new("spectrum_before", ghost.probe.step, columns).with(values));
    }
    if view.grown.is_some() {
        grown::collapse(&mut table, shot, view);
    }
    table
}

/// Loss: its means, the curve with its spread, validations, and what was changed when.
pub fn loss(shot: &Snapshot, view: &ViewState) -> ExportTable {
    let mut table = ExportTable::new(None);
    let step = view.step(shot);
    let curve = shot.memory.history.get(SeriesKey::Run(RunMeasure::LossTask));
    let validation = buckets(shot, SeriesKey::Run(RunMeasure::Validation), step);
    let mut numbers = Section::new("measures", step, MEASURES);
    let (guess, kind) = (baseline(shot), MetricKind::of(&shot.config.task));
    let [training, held_out] = match kind {
        _ if counts_dumps(shot) => ["mean_loss", "validation_loss"],
        MetricKind::MeanSquaredError => ["mean_squared_error", "validation_mean_squared_error"],
        MetricKind::BitsPerByte | MetricKind::Accuracy => ["mean_nats", "validation_nats"],
    };
    if let Some((mean, _)) = curve.and_then(|series| series.mean_up_to(step, WINDOW)) {
        numbers.row(measure(training, mean, guess));
        if kind == MetricKind::BitsPerByte && !counts_dumps(shot) {
            numbers.row(measure("mean_bits_per_byte", bits(mean), guess.map(bits)));
        }
    }
    if let Some(newest) = validation.last().and_then(Bucket::mean) {
        numbers.row(measure(held_out, newest, guess));
    }
    if let (MetricKind::Accuracy, true, Some((value, _))) = (kind, view.is_live(), score(shot)) {
        numbers.row(measure(kind.column(), value, shot.data.badge.metric.map(|metric| metric.chance)));
    }
    table.push(numbers);
    // The whole curve is drawn, wherever one looks.
    let training = curve.map_or(&[][..], Series::buckets);
    table.push(Section::new("training", shot.step, BUCKET).over_time().with(training.iter().map(bucket)));
    let validation = buckets(shot, SeriesKey::Run(RunMeasure::Validation), shot.step);
    table.push(Section::new("validation", shot.step, BUCKET).over_time().with(validation.iter().map(bucket)));
    let entries = shot.memory.history.journal.entries().iter();
    let changes = entries.filter_map(|e| Some([e.step.into(), crate::words::flag(&e.what)?.into()]));
    table.push(Section::new("changes", shot.step, ["step", "change"]).over_time().with(changes));
    if view.grown.is_some() {
        grown::loss(&mut table, shot);
    }
    table
}

/// A race: the points of the curve of every run, by name. `at` is where the middle of a span of steps stands on the axis that is
/// drawn: in steps, floating-point operations or seconds of training.
pub(crate) fn race<'a>(
    step: u64,
    axis: RaceAxis,
    curves: impl Iterator<Item = (String, &'a Vec<RacePoint>)>,
) -> ExportTable {
    const RUN_POINT: [&str; 10] =
        ["run", "axis", "at", "first_step", "last_step", "n", "mean", "min", "max", "not_finite"];
    let mut table = ExportTable::new(None);
    let mut over_time = Section::new("runs_over_time", step, RUN_POINT).over_time();
    for (name, curve) in curves {
        for point in curve {
            let [first, last, n, mean, min, max, bad] = bucket(&point.bucket);
            let axis = axis.column().into();
            over_time.row([name.clone().into(), axis, point.at.into(), first, last, n, mean, min, max, bad]);
        }
    }
    table.push(over_time);
    table
}
