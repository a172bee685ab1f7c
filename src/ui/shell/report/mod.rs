//! The report of a run: one HTML file that needs nothing else, with its pictures, measures, changes and what they did, alerts,
//! config, and the results of a lesson.

pub(crate) mod inspected;
mod lesson;
mod pictures;

use std::sync::Arc;

use eframe::egui::Color32;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::domain::quote;
use crate::lessons::LessonProgress;
use crate::run::{CHECKPOINT_FORMAT, Snapshot, SnapshotWatched};
use crate::store::history::{RunMeasure, SeriesKey};
use crate::ui::kit::numbers;
use crate::ui::kit::theme::{DARK, LIGHT, Theme};
use crate::ui::view::ViewState;
use crate::ui::view::derived::{Flagged, LayerLoad, score};
use crate::ui::words::{self, UNKNOWN, measures, plane, report, watched as said};
use crate::words::language::FixedText;
use crate::words::{alert, alert_tries, alert_why, speak_of_shown};

/// How the page is set; its colours are those of the window.
const STYLE: &str = include_str!("../../../../assets/report.css");

/// What a report is made of.
pub(crate) struct Reported {
    /// The run as it stands.
    pub shot: Arc<Snapshot>,
    /// The layer with experts that is shown, from 0.
    pub layer: usize,
    /// The lesson that is open.
    pub lesson: Option<LessonProgress>,
    /// Whether it is set in the dark theme.
    pub dark: bool,
}

/// The report of what a snapshot shows of one layer, as an HTML document. Draws all pictures anew, so that it can be made on any
/// thread.
pub(crate) fn document(reported: &Reported) -> String {
    let Reported { shot, layer, lesson, dark } = reported;
    let (shot, layer, dark) = (shot.as_ref(), *layer, *dark);
    speak_of_shown(shot);
    let theme = if dark { &DARK } else { &LIGHT };
    let view = ViewState::of_layer(layer);
    // Of a stranger's training neither policy nor config is known.
    let of_dumps = shot.watched.as_ref().filter(|watched| !watched.own_run);
    let title = match of_dumps {
        Some(_) => report::title_of_dumps(plane::data_name(shot), shot.step),
        None => {
            let policy = crate::words::policy_of((shot.knobs.policy, shot.knobs.form));
            report::title(&policy, plane::data_name(shot), shot.step)
        }
    };
    html! {
        (DOCTYPE)
        html {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                style { (PreEscaped(style(theme))) }
            }
            body {
                h1 { (title) }
                @match of_dumps {
                    Some(watched) => (facts_of_dumps(shot, watched)),
                    None => (facts(shot)),
                }
                h2 { (report::PICTURES.said()) }
                @for picture in pictures::all(shot, layer, dark) {
                    figure { (PreEscaped(inline(&picture.document()))) }
                }
                h2 { (report::measures(layer)) }
                (numbers_of(shot, &view))
                @if of_dumps.is_none() {
                    h2 { (report::CHANGES.said()) }
                    (changes(shot))
                }
                h2 { (report::ALERTS.said()) }
                (alerts(shot))
                @if let Some(progress) = lesson { (lesson::results(progress, shot)) }
                @if of_dumps.is_none() {
                    h2 { (report::CONFIG.said()) }
                    p { (report::ABOUT_CONFIG.said()) }
                    pre { (shot.config.to_toml()) }
                }
            }
        }
    }
    .into_string()
}

/// A drawing without the line that a file of its own begins with.
fn inline(document: &str) -> &str {
    document.split_once("?>\n").map_or(document, |(_, rest)| rest)
}

/// The colours of the window, and a width that can be read and printed.
fn style(theme: &Theme) -> String {
    let hex = |color: Color32| format!("#{:02x}{:02x}{:02x}", color.r(), color.g(), color.b());
    let [panel, tile, ink, caption, line] = [theme.panel, theme.tile, theme.ink, theme.ink3, theme.line2].map(hex);
    let colors = format!(":root{{--panel:{panel};--tile:{tile};--ink:{ink};--caption:{caption};--line:{line}}}");
    colors + STYLE
}

/// What the run is: version of the program, seed, steps, data, network and device.
fn facts(shot: &Snapshot) -> Markup {
    let model = &shot.model.parameters;
    let score = score(shot).map(|(value, _)| plane::named_score(shot, &plane::score(shot, value)));
    let rows = [
        (report::PROGRAM, report::version(words::PROGRAM.said(), env!("CARGO_PKG_VERSION"), CHECKPOINT_FORMAT)),
        (report::SEED, shot.config.seed.to_string()),
        (report::STEPS, report::step_of(shot.step, shot.config.steps)),
        (report::DATA, quote::name(plane::data_name(shot))),
        (report::SCORE, score.unwrap_or_else(|| UNKNOWN.into())),
        (report::PARAMETERS, report::parameters(model.total, model.active)),
        (report::EXPERTS, report::experts(shot.experts(), shot.model.rosters.len(), shot.knobs.top_k)),
        (report::DEVICE, quote::name(&shot.device.name)),
        (report::TIME, numbers::duration(shot.pace.seconds)),
    ];
    table_of(&rows)
}

/// What is known of a training by its dumps: where they are, how many, what is missing.
fn facts_of_dumps(shot: &Snapshot, watched: &SnapshotWatched) -> Markup {
    let missing = watched.gaps.iter().map(|gap| gap.missing).sum();
    let told = shot.memory.history.get(SeriesKey::Run(RunMeasure::LossTask)).and_then(|series| series.at(shot.step));
    table_of(&[
        (report::PROGRAM, report::version(words::PROGRAM.said(), env!("CARGO_PKG_VERSION"), CHECKPOINT_FORMAT)),
        (said::FOLDER, quote::path(&watched.folder)),
        (said::NEWEST, numbers::count(shot.step)),
        (said::TAKEN, numbers::count(watched.taken)),
        (said::USUAL, watched.usual.map_or_else(|| UNKNOWN.into(), words::units::step)),
        (said::MISSING, numbers::count(missing)),
        (said::LATE, numbers::count(watched.late)),
        (said::RESTARTS, numbers::count(watched.restarts)),
        (report::EXPERTS, report::experts(shot.experts(), shot.model.rosters.len(), shot.knobs.top_k)),
        (said::TOKENS, numbers::count(watched.tokens as u64)),
        (words::tiles::LOSS, told.map_or_else(|| UNKNOWN.into(), |loss| numbers::fixed(loss, 3))),
    ])
}

fn table_of(rows: &[(FixedText, String)]) -> Markup {
    html! { table { @for (name, value) in rows { tr { th { (name.said()) } td { (value) } } } } }
}

/// The main measures of a layer, each beside its chance or ideal.
fn numbers_of(shot: &Snapshot, view: &ViewState) -> Markup {
    let load = LayerLoad::seen(shot, view);
    let seen = view.seen(shot);
    let diagnosis = seen.map(|seen| &seen.layer.diagnosis);
    let agreement = diagnosis.map(|diagnosis| &diagnosis.agreement);
    let rank = diagnosis.map(|diagnosis| &diagnosis.collapse);
    let similarity = diagnosis.map(|diagnosis| &diagnosis.similarity);
    let written = |value: Option<f64>| value.map_or(UNKNOWN.into(), |value| numbers::fixed(value, 2));
    let chance = |value: Option<f64>| report::chance(written(value));
    let worst = similarity.and_then(|similarity| similarity.worst_pair).map(|(_, _, cosine)| cosine);
    let limit = rank.and_then(|rank| rank.rank_limit).map_or(UNKNOWN.into(), |limit| limit.to_string());
    let rows = [
        (&measures::CV, load.as_ref().and_then(LayerLoad::cv), report::EVEN.said().to_owned()),
        (&measures::EFFECTIVE_EXPERTS, load.as_ref().map(LayerLoad::effective_experts), report::of(shot.experts())),
        (&measures::KAPPA, agreement.and_then(|a| a.kappa), chance(Some(0.0))),
        (&measures::TOP1, agreement.and_then(|a| a.top1), chance(agreement.and_then(|a| a.chance))),
        (&measures::RECALL, agreement.and_then(|a| a.recall_at_k), chance(agreement.and_then(|a| a.recall_chance))),
        (&measures::EFFECTIVE_RANK, rank.and_then(|rank| rank.effective_rank), report::of(&limit)),
        (&measures::WORST, worst, report::mean_pair(written(similarity.and_then(|s| s.mean_output_cosine)))),
    ];
    html! {
        table {
            @for (measure, value, beside) in rows {
                tr { th { (crate::words::said(measure.name.said())) } td { (written(value)) } td { small { (beside) } } }
            }
        }
    }
}

/// What was changed while the run trained, and what became of it.
fn changes(shot: &Snapshot) -> Markup {
    let all = Flagged::of(&shot.memory.history.journal, |_, _| false);
    html! {
        @if all.is_empty() { p { (report::NO_CHANGES.said()) } }
        table {
            @for flagged in &all {
                tr { th { (report::at_step(flagged.first)) } td {
                        @for change in &flagged.changes { (change) br; }
                        @if let Some(said) = flagged.explained(shot) { small { (said) } }
                    } }
            }
        }
    }
}

/// What was wrong, why it matters, what to try.
fn alerts(shot: &Snapshot) -> Markup {
    let all = shot.memory.alerts.all();
    html! {
        @if all.is_empty() { p { (report::NO_ALERTS.said()) } }
        table {
            @for one in all {
                tr {
                    th { (report::span(one.since, one.until)) }
                    td { (alert(one)) br; small { (alert_why(one)) " " (alert_tries(one)) } }
                }
            }
        }
    }
}
