//! What a tile shows besides when it has grown, as sections of its table: every curve of its family, and the pictures
//! that need room.

use super::tables::{bucket, buckets, cells, number, single};
use crate::domain::measures::load;
use crate::domain::readings::Matrix;
use crate::domain::roster::Roster;
use crate::run::Snapshot;
use crate::store::history::{LayerMeasure as M, RunMeasure as R, SeriesKey};
use crate::ui::kit::export::table::{Cell, ExportTable, Section};
use crate::ui::view::ViewState;
use crate::ui::view::derived::{LayerLoad, label_names, stale};

/// Columns of a bucket of one of several curves.
const CURVE: [&str; 8] = ["measure", "first_step", "last_step", "n", "mean", "min", "max", "not_finite"];

const LOAD: [M; 7] =
    [M::MaxVio, M::MaxVioGlobal, M::LoadEntropy, M::DeadExperts, M::Nmi, M::Fluctuation, M::Saturation];
const AGREEMENT: [M; 17] = [
    M::Top1,
    M::Chance,
    M::Recall,
    M::Jaccard,
    M::ResponseCaptured,
    M::ResponseChance,
    M::Skill,
    M::Spearman,
    M::Kl,
    M::Ece,
    M::Information,
    M::TokenEntropy,
    M::MarginalEntropy,
    M::Margin,
    M::ZLoss,
    M::Repetition,
    M::ResponseChoice,
];
const COLLAPSE: [M; 8] = [
    M::Rc,
    M::EffectiveRank,
    M::StableRank,
    M::ParticipationRatio,
    M::Anisotropy,
    M::OutputCosine,
    M::WorstCosine,
    M::Cka,
];
const LOSS: [R; 6] =
    [R::LossTotal, R::LossRouter, R::LossBalance, R::LossAffinityBalance, R::LossDiversity, R::GradientNorm];

fn curves(keys: impl Iterator<Item = (&'static str, SeriesKey)>, shot: &Snapshot, step: u64) -> Section {
    let mut section = Section::new("curves", step, CURVE).over_time();
    for (name, key) in keys {
        for b in buckets(shot, key, step) {
            let [first, last, n, mean, min, max, bad] = bucket(b);
            section.row([name.into(), first, last, n, mean, min, max, bad]);
        }
    }
    section
}

fn of_layer(measures: &[M], shot: &Snapshot, view: &ViewState) -> Section {
    curves(measures.iter().map(|&m| (m.name(), SeriesKey::Layer(view.layer, m))), shot, view.step(shot))
}

/// The cells of a matrix by rows.
fn by_rows(name: &'static str, columns: [&'static str; 3], at: u64, matrix: &Matrix, roster: &Roster) -> Section {
    let mut section = Section::new(name, at, columns);
    for (row, &one) in matrix.iter().zip(&roster.slots) {
        for (value, &other) in row.iter().zip(&roster.slots) {
            section.row([number(one), number(other), (*value).into()]);
        }
    }
    section
}

/// Adds what Load shows besides.
pub(crate) fn load(table: &mut ExportTable, shot: &Snapshot, view: &ViewState) {
    table.push(of_layer(&LOAD, shot, view));
    if let Some(seen) = view.seen(shot) {
        let (at, matrices) = (seen.probe.step, &seen.layer.matrices);
        let mut lift = Section::new("lift", at, ["class", "expert", "bits"]);
        for (class, row) in label_names(shot).into_iter().zip(matrices.lift.iter().flatten()) {
            for (value, &id) in row.iter().zip(&seen.roster.slots) {
                lift.row([class.clone().into(), number(id), (*value).into()]);
            }
        }
        table.push(lift);
        if let Some(matrix) = &matrices.coactivation {
            table.push(by_rows("coactivation", ["expert", "other", "share"], at, matrix, seen.roster));
        }
    }
    let lorenz = LayerLoad::seen(shot, view).and_then(|found| load::lorenz(&found.shares())).unwrap_or_default();
    let points = lorenz.into_iter().map(|(experts, tokens)| [experts.into(), tokens.into()]);
    table.push(Section::new("lorenz", view.step(shot), ["share_of_experts", "share_of_tokens"]).with(points));
    let settled = shot.memory.history.probes.unsettled(view.layer, view.step(shot)).into_iter();
    let settled = settled.map(|(step, share)| [step.into(), share.into()]);
    table.push(Section::new("not_settled", view.step(shot), ["step", "share"]).over_time().with(settled));
}

/// Adds what Agreement shows besides.
pub(crate) fn agreement(table: &mut ExportTable, shot: &Snapshot, view: &ViewState) {
    table.push(of_layer(&AGREEMENT, shot, view));
    let probes = stale(shot, view).probes.into_iter().map(|(since, kappa)| [since.into(), kappa.into()]);
    table.push(Section::new("staleness", view.step(shot), ["steps_since_competition", "kappa"]).with(probes));
    if let Some(seen) = view.seen(shot) {
        let mut rows = Section::new("router_rows", seen.probe.step, ["expert", "other", "cosine"]);
        for (one, _, other, value) in cells(&seen.layer.matrices.row_cosine, seen.roster) {
            rows.row([number(one), number(other), single(value)]);
        }
        table.push(rows);
    }
}

/// Adds what Collapse shows besides.
pub(crate) fn collapse(table: &mut ExportTable, shot: &Snapshot, view: &ViewState) {
    table.push(of_layer(&COLLAPSE, shot, view));
    weights(table, shot, view);
}

/// Adds how alike the weights of every two experts are, if they were compared.
pub(crate) fn weights(table: &mut ExportTable, shot: &Snapshot, view: &ViewState) {
    let Some(found) = shot.newest.weights.as_ref().filter(|found| found.layer == view.layer) else { return };
    let mut weights = Section::new("weights", found.step, ["expert", "other", "matched", "as_they_lie", "unrelated"]);
    let n = found.experts.len();
    for (cell, (&matched, &lie)) in found.matched.iter().zip(&found.as_they_lie).enumerate() {
        let (one, other) = (found.experts[cell / n], found.experts[cell % n]);
        let known = |value: f32| Cell::from(value.is_finite().then_some(value));
        weights.row([number(one), number(other), known(matched), known(lie), found.chance.into()]);
    }
    table.push(weights);
}

/// Adds what Loss shows besides.
pub(crate) fn loss(table: &mut ExportTable, shot: &Snapshot) {
    table.push(curves(LOSS.iter().map(|&m| (m.name(), SeriesKey::Run(m))), shot, shot.step));
}
