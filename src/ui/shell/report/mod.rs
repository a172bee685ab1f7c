//! The report of a run: one HTML file that needs nothing else, with its pictures, measures, changes, alerts and config.

mod pictures;

use eframe::egui::Color32;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::domain::quote;
use crate::run::Snapshot;
use crate::ui::kit::numbers;
use crate::ui::kit::theme::{DARK, LIGHT, Theme};
use crate::ui::view::ViewState;
use crate::ui::view::derived::{Flagged, LayerLoad, score};
use crate::ui::words::{self, UNKNOWN, measures, plane, report};
use crate::words::{alert, alert_tries, alert_why, speak_of};

/// The report of what a snapshot shows of one layer, as an HTML document. Draws all pictures anew, so that it can be made on any
/// thread.
pub(crate) fn document(shot: &Snapshot, layer: usize, dark: bool) -> String {
    speak_of(&shot.config.task);
    let theme = if dark { &DARK } else { &LIGHT };
    let view = ViewState::of_layer(layer);
    let policy = crate::words::policy_of((shot.knobs.policy, shot.knobs.form));
    let title = report::title(&policy, &shot.data.badge.name, shot.step);
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
                (facts(shot))
                h2 { (report::PICTURES.said()) }
                @for picture in pictures::all(shot, layer, dark) {
                    figure { (PreEscaped(inline(&picture.document()))) }
                }
                h2 { (report::measures(layer)) }
                (numbers_of(shot, &view))
                h2 { (report::CHANGES.said()) }
                (changes(shot))
                h2 { (report::ALERTS.said()) }
                (alerts(shot))
                h2 { (report::CONFIG.said()) }
                p { (report::ABOUT_CONFIG.said()) }
                pre { (shot.config.to_toml()) }
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
    let (bg, tile, ink, caption, line) =
        (hex(theme.panel), hex(theme.tile), hex(theme.ink), hex(theme.ink3), hex(theme.line2));
    format!(
        "body{{background:{bg};color:{ink};font:15px/1.5 Inter,system-ui,sans-serif;max-width:1040px;margin:2em auto;\
         padding:0 1em;font-variant-numeric:tabular-nums}}figure{{margin:1em 0}}svg{{max-width:100%;height:auto}}\
         table{{border-collapse:collapse}}th,td{{text-align:left;padding:.2em 1.2em .2em 0;border-bottom:1px solid {line};\
         vertical-align:top}}th{{font-weight:500;color:{caption}}}pre{{background:{tile};padding:1em;overflow-x:auto}}\
         small{{color:{caption}}}"
    )
}

/// What the run is: version of the program, seed, steps, data, network and device.
fn facts(shot: &Snapshot) -> Markup {
    let model = &shot.model.parameters;
    let score = score(shot).map(|(value, _)| plane::named_score(shot, &plane::score(shot, value)));
    let rows = [
        (report::PROGRAM, format!("{} {}", words::PROGRAM, env!("CARGO_PKG_VERSION"))),
        (report::SEED, shot.config.seed.to_string()),
        (report::STEPS, report::step_of(shot.step, shot.config.steps)),
        (report::DATA, quote::name(&shot.data.badge.name)),
        (report::SCORE, score.unwrap_or_else(|| UNKNOWN.into())),
        (report::PARAMETERS, report::parameters(model.total, model.active)),
        (report::EXPERTS, report::experts(shot.experts(), shot.model.rosters.len(), shot.knobs.top_k)),
        (report::DEVICE, quote::name(&shot.device.name)),
        (report::TIME, numbers::duration(shot.pace.seconds)),
    ];
    html! { table { @for (name, value) in rows { tr { th { (name.said()) } td { (value) } } } } }
}

/// The main measures of a layer, each beside its chance or ideal.
fn numbers_of(shot: &Snapshot, view: &ViewState) -> Markup {
    let load = LayerLoad::seen(shot, view);
    let seen = view.seen(shot);
    let diagnosis = seen.map(|seen| &seen.layer.diagnosis);
    let agreement = diagnosis.map(|diagnosis| &diagnosis.agreement);
    let written = |value: Option<f64>| value.map_or(UNKNOWN.into(), |value| numbers::fixed(value, 2));
    let rows = [
        (&measures::CV, load.as_ref().and_then(LayerLoad::cv)),
        (&measures::EFFECTIVE_EXPERTS, load.as_ref().map(LayerLoad::effective_experts)),
        (&measures::KAPPA, agreement.and_then(|a| a.kappa)),
        (&measures::TOP1, agreement.and_then(|a| a.top1)),
        (&measures::RECALL, agreement.and_then(|a| a.recall_at_k)),
        (&measures::EFFECTIVE_RANK, diagnosis.and_then(|d| d.collapse.effective_rank)),
        (&measures::WORST, diagnosis.and_then(|d| d.similarity.worst_pair).map(|(_, _, cosine)| cosine)),
    ];
    html! {
        table {
            @for (measure, value) in rows {
                tr {
                    th { (crate::words::said(measure.name.said())) }
                    td { (written(value)) }
                    td { small { (crate::words::said(measure.short.said())) } }
                }
            }
        }
    }
}

/// What was changed while the run trained.
fn changes(shot: &Snapshot) -> Markup {
    let all = Flagged::of(&shot.memory.history.journal, |_, _| false);
    html! {
        @if all.is_empty() { p { (report::NO_CHANGES.said()) } }
        table {
            @for flagged in &all {
                tr { th { (report::at_step(flagged.first)) } td { @for change in &flagged.changes { (change) br; } } }
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
