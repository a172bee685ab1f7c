//! The manifest of a checkpoint: what its headers and config say, what is being read of it, and recent ones below.

use eframe::egui::{Align2, Rect, Sense, Ui, pos2, vec2};

use super::InspectedSight;
use super::recents::{InspectedFiles, recents_ui};
use crate::domain::quote;
use crate::inspect::InspectReport;
use crate::run::{InspectedFile, InspectionCommand, InspectionWork, OwnCheckpoint};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::press::Press;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::facts::facts_column_ui;
use crate::ui::panels::rail::fact_ui;
use crate::ui::view::Outbox;
use crate::ui::view::dials::Dial;
use crate::ui::view::outbox::Ask;
use crate::ui::words::{self, inspect, inspected, knobs, strip};

/// Height of what is told of the work under way.
const WORK: f32 = 58.0;
/// Height of a recent file, and of their heading.
const RECENT: (f32, f32) = (40.0, 34.0);
/// Most types of numbers that are told one by one.
const TYPES: usize = 4;

/// Draws the rail.
pub(crate) fn manifest_ui(ui: &mut Ui, sight: InspectedSight<'_>, files: InspectedFiles<'_>, out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0, theme.panel);
    ui.painter().vline(rect.right() - 0.5, rect.y_range(), theme.hair());
    let there = files.recents.iter().filter(|file| !file.is_gone).count();
    let most = ((rect.height() * 0.36 - RECENT.1) / RECENT.0).max(0.0) as usize;
    let recents = RECENT.1 + RECENT.0 * there.min(most) as f32;
    let below = if there == 0 || most == 0 { 0.0 } else { recents };
    let work = if sight.of.work.is_some() { WORK } else { 0.0 };
    let body = paint::sound(rect.with_max_y(rect.bottom() - below - work));
    facts_column_ui(ui, body, "facts", |ui| facts_ui(ui, sight));
    if let Some(work) = &sight.of.work {
        let place = Rect::from_min_size(pos2(rect.left(), body.bottom()), vec2(rect.width() - 1.0, WORK));
        work_ui(ui, place, work, out);
    }
    if below > 0.0 {
        let place = Rect::from_min_max(pos2(rect.left(), rect.bottom() - below), rect.max - vec2(1.0, 0.0));
        ui.painter().hline(place.x_range(), place.top() + 0.5, theme.hair());
        recents_ui(ui, place, files, Some(&sight.of.now.path), out);
    }
}

/// What is being read, how much of it is done, and a button that gives it up.
fn work_ui(ui: &mut Ui, rect: Rect, work: &InspectionWork, out: &mut Outbox) {
    let theme = theme::of(ui);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, theme.hair());
    let press = Press::words(&words::CANCEL).named(&inspected::CANCEL_WORK).size(size::CAPTION);
    let wide = press.width(ui);
    let spot = Rect::from_min_size(pos2(rect.right() - wide - 12.0, rect.top() + 8.0), vec2(wide, 22.0));
    if press.show(ui, spot).on_hover_text(inspected::ABOUT_CANCEL.said()).clicked() {
        out.ask(Ask::Inspect(InspectionCommand::Cancel));
    }
    let what = inspected::work(&work.kind);
    let at = pos2(rect.left() + 16.0, rect.top() + 19.0);
    let room = spot.left() - at.x - 8.0;
    paint::text_in(ui, at, Align2::LEFT_CENTER, &what, fonts::regular(size::BODY), theme.ink, room);
    let share = if work.total > 0 { work.done as f64 / work.total as f64 } else { 0.0 };
    let left = work.seconds_left.map_or(String::new(), |seconds| inspected::left(&numbers::duration(seconds)));
    let bar = Rect::from_min_max(pos2(at.x, rect.top() + 38.0), pos2(rect.right() - 96.0, rect.top() + 44.0));
    paint::floor_bar(ui.painter(), bar, share, None, theme.ink2, theme);
    let told = if work.total > 0 { numbers::percent_with(share, 0) } else { String::new() };
    let both = inspected::share_and_left(&told, &left);
    let font = fonts::regular(size::CAPTION);
    let at = pos2(rect.right() - 12.0, bar.center().y);
    paint::text_in(ui, at, Align2::RIGHT_CENTER, both.trim(), font, theme.ink3, 82.0);
    paint::say(ui, rect.with_max_x(spot.left() - 4.0), "work", &inspected::work_said(&what, &both));
}

fn facts_ui(ui: &mut Ui, sight: InspectedSight<'_>) {
    let file = &sight.of.now;
    head_ui(ui, sight);
    if let Some(fault) = &file.fault {
        note_ui(ui, &crate::words::reason(fault), true);
    }
    if let Some(own) = &file.own {
        own_ui(ui, own);
    }
    if let Some(report) = &file.report {
        public_ui(ui, sight, report);
    }
    fact_ui(ui, &inspected::PLACE, &quote::path(&file.path), &quote::path(&file.path));
    if let Some(then) = &sight.of.then {
        line_ui(ui);
        then_ui(ui, then);
    }
}

/// The heading, and whether everything was read.
fn head_ui(ui: &mut Ui, sight: InspectedSight<'_>) {
    let theme = theme::of(ui);
    let head = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover()).0;
    let at = pos2(head.left() + 16.0, head.center().y);
    let font = fonts::strong(size::TITLE);
    paint::text_in(ui, at, Align2::LEFT_CENTER, &inspected::MANIFEST, font, theme.ink, head.width() - 100.0);
    let file = &sight.of.now;
    let (words, ink) = match (&file.fault, &sight.of.work) {
        (Some(_), _) => (inspected::UNREADABLE, theme.red),
        (None, Some(_)) => (inspected::READING, theme.amber),
        (None, None) if file.measured < file.planned.len() => (inspected::IN_PART, theme.amber),
        (None, None) => (inspected::COMPLETE, theme.ok),
    };
    let galley = paint::cut(ui, &words, fonts::medium(size::CAPTION), ink, 100.0);
    let badge = Rect::from_min_size(
        pos2(head.right() - galley.size().x - 16.0, head.center().y - 10.0),
        vec2(galley.size().x + 16.0, 20.0),
    );
    ui.painter().rect_filled(badge, 10, ink.gamma_multiply(0.15));
    ui.painter().galley(pos2(badge.left() + 8.0, badge.center().y - galley.size().y / 2.0), galley, ink);
    paint::say(ui, badge, "state", &words);
}

/// What a run of ours says of itself.
fn own_ui(ui: &mut Ui, own: &OwnCheckpoint) {
    let manifest = &own.manifest;
    let (config, progress) = (&manifest.config, &manifest.progress);
    let saved = own.saved.map_or(words::UNKNOWN.into(), inspected::saved);
    fact_ui(ui, &inspect::SAVED, &saved, &inspected::ABOUT_SAVED);
    fact_ui(ui, &strip::STEP, &inspect::step_of(progress.step, config.steps), &inspect::ABOUT_STEP);
    fact_ui(ui, &knobs::SEED, &config.seed.to_string(), &inspect::ABOUT_SEED);
    line_ui(ui);
    let model = &config.model;
    fact_ui(ui, &inspect::SIZE, &inspect::size(model.layers, model.width), &inspect::ABOUT_SIZE);
    let experts = progress.rosters.iter().map(|roster| roster.len()).max().unwrap_or(model.experts);
    let both = inspected::two(experts, progress.knobs.top_k);
    fact_ui(ui, &inspect::EXPERTS_AND_K, &both, &inspect::ABOUT_EXPERTS_AND_K);
    fact_ui(ui, &knobs::EXPERT_WIDTH, &model.expert_width.to_string(), &words::rail::ABOUT_EXPERT_WIDTH);
    line_ui(ui);
    let policy = crate::words::policy_of((progress.knobs.policy, progress.knobs.form));
    fact_ui(ui, &knobs::POLICY, &policy, &words::rail::policy(progress.knobs.policy));
    for dial in [Dial::Rate, Dial::LearningRate, Dial::Router, Dial::Winners, Dial::Balance, Dial::Diversity] {
        fact_ui(ui, dial.name(), &dial.get(&progress.knobs).to_string(), dial.about());
    }
    line_ui(ui);
    let nats = manifest.loss.map_or(words::UNKNOWN.into(), |loss| inspect::nats(&numbers::fit(loss, 3, 9)));
    fact_ui(ui, &inspect::VALIDATION_LOSS, &nats, &inspect::ABOUT_LOSS);
    let file = inspected::file_size(&numbers::bytes(own.bytes), own.tensors);
    fact_ui(ui, &inspected::FILE, &file, &inspected::ABOUT_FILE);
    let format = inspected::version(manifest.version);
    fact_ui(ui, &inspected::FORMAT, &format, &inspected::ABOUT_VERSION);
    line_ui(ui);
}

/// What headers and config of any checkpoint say.
fn public_ui(ui: &mut Ui, sight: InspectedSight<'_>, report: &InspectReport) {
    let own = sight.of.now.own.is_some();
    let (family, model_type) = report.family();
    if !own {
        let unknown = || words::UNKNOWN.said().to_owned();
        let told = |name: Option<&str>| name.map_or_else(unknown, quote::name);
        fact_ui(ui, &inspected::FAMILY, &told(family), &inspected::ABOUT_FAMILY);
        fact_ui(ui, &inspected::MODEL_TYPE, &told(model_type), &inspected::ABOUT_MODEL_TYPE);
        fact_ui(ui, &inspected::FORMAT, report.format(), &inspected::ABOUT_FORMAT);
        if let Some((kind, block)) = report.layout() {
            let about = inspected::about_layout(&quote::name(block));
            fact_ui(ui, &inspected::LAYOUT, kind, &about);
        }
        let (files, bytes) = report.sizes();
        fact_ui(ui, &inspected::FILES, &inspected::files_size(files, &numbers::bytes(bytes)), &inspected::ABOUT_FILES);
        let mut types: Vec<(&String, u64)> = report.dtypes().iter().map(|(name, bytes)| (name, *bytes)).collect();
        types.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        for (name, bytes) in types.into_iter().take(TYPES) {
            let of = inspected::stored_as(&quote::name(name));
            fact_ui(ui, &of, &numbers::bytes(bytes), &inspected::ABOUT_TYPES);
        }
        line_ui(ui);
    }
    let parameters = report.parameters();
    let short = |count: u64| numbers::short(count as f64);
    fact_ui(ui, &inspected::PARAMETERS, &short(parameters.total), &inspected::ABOUT_PARAMETERS);
    let active = parameters.active.map_or(words::UNKNOWN.into(), short);
    fact_ui(ui, &inspected::ACTIVE, &active, &inspected::ABOUT_ACTIVE);
    fact_ui(ui, &inspected::PER_EXPERT, &short(parameters.per_expert), &inspected::ABOUT_PER_EXPERT);
    if !own {
        let layers = &sight.seen.layers;
        let first = layers.iter().find_map(|layer| layer.report.as_ref());
        fact_ui(ui, &inspected::LAYERS, &layers.len().to_string(), &inspected::ABOUT_LAYERS);
        if let Some(layer) = first {
            let k = layer.top_k().map_or(words::UNKNOWN.into(), |k| k.to_string());
            let both = inspected::experts_and_k(layer.experts(), &k);
            fact_ui(ui, &inspect::EXPERTS_AND_K, &both, &inspect::ABOUT_EXPERTS_AND_K);
            let rule = layer.scoring().unwrap_or(words::UNKNOWN.said());
            fact_ui(ui, &inspected::SCORING, rule, &inspected::ABOUT_SCORING);
        }
    }
    line_ui(ui);
    let disagreements = report.disagreements();
    if !disagreements.is_empty() {
        note_ui(ui, &inspected::DISAGREEMENTS, true);
        for disagreement in disagreements {
            note_ui(ui, &quote::escaped(&disagreement.to_string()), false);
        }
        line_ui(ui);
    }
    let unread = sight.seen.layers.iter().find_map(|layer| layer.report.as_ref()?.unread().map(str::to_owned));
    if let Some(why) = unread {
        note_ui(ui, &crate::words::inspection::unread(why), true);
        line_ui(ui);
    }
}

/// The checkpoint that this one is compared with.
fn then_ui(ui: &mut Ui, then: &InspectedFile) {
    fact_ui(ui, &inspected::COMPARED_WITH, &inspected::file_name(&then.path), &quote::path(&then.path));
    if let Some(own) = &then.own {
        let progress = inspect::step_of(own.manifest.progress.step, own.manifest.config.steps);
        fact_ui(ui, &strip::STEP, &progress, &inspect::ABOUT_STEP);
    }
    if let Some(fault) = &then.fault {
        note_ui(ui, &crate::words::reason(fault), true);
    }
}

/// A sentence in the rail; a warning has a mark before it.
fn note_ui(ui: &mut Ui, words: &str, warns: bool) {
    let theme = theme::of(ui);
    let width = (ui.available_width() - 34.0).max(24.0);
    let font = fonts::regular(size::CAPTION);
    let galley = ui.painter().layout(words.to_owned(), font, if warns { theme.ink } else { theme.ink2 }, width);
    let size = vec2(ui.available_width(), galley.size().y + 8.0);
    let rect = ui.allocate_exact_size(size, Sense::hover()).0;
    if warns {
        icons::draw(ui.painter(), Icon::Warning, pos2(rect.left() + 22.0, rect.top() + 10.0), 11.0, theme.amber);
    }
    ui.painter().galley(rect.min + vec2(34.0, 4.0), galley, theme.ink);
    paint::say(ui, rect, ("note", words), words);
}

/// A line between two groups.
fn line_ui(ui: &mut Ui) {
    let theme = theme::of(ui);
    let rect = ui.allocate_exact_size(vec2(ui.available_width(), 11.0), Sense::hover()).0;
    ui.painter().hline(rect.left() + 16.0..=rect.right(), rect.center().y, theme.hair());
}
