//! A new run: a form over a draft of its config, with every complaint at once. Nothing happens before Start.

use std::cmp::Ordering;

use eframe::egui::{ComboBox, Grid, Sense, TextEdit, Ui, vec2};

use crate::domain::config::{
    Activation, Config, Decay, Form, PlaneConfig, PlaneData, PlaneTarget, Policy, Preset, TaskConfig, Text,
};
use crate::run::{Command, Snapshot};
use crate::ui::kit::entry::{Entered, Field, FieldLimits, FieldNumber, refusal_ui};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::press::{ButtonRow, Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paths};
use crate::ui::view::Outbox;
use crate::ui::view::dials::Dial;
use crate::ui::view::watched::{counts_dumps, trains};
use crate::ui::words::{self, knobs, learn, plane, questions};
use crate::words::named;

/// Most minutes between two autosaves by the clock, as in a config.
const MOST_MINUTES: f64 = 1e6;
/// Width of the number fields and menus, points: one column of each.
const FIELD: f32 = 120.0;
/// Most refused numbers that are said at once.
const REFUSALS: usize = 3;

/// The draft.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftView {
    config: Config,
    path: String,
    /// When a button of the pointer was pressed last, seconds.
    pressed: Option<f64>,
    /// Whether the form is done: started or put away.
    pub done: bool,
}

impl DraftView {
    /// A draft that begins as `config`.
    pub fn of(config: &Config) -> Self {
        let path = match &config.task {
            TaskConfig::Text(Text::File(path)) => path.display().to_string(),
            _ => String::new(),
        };
        Self { config: config.clone(), path, pressed: None, done: false }
    }

    /// A draft that begins as the run now shown is, with the knobs and experts in force.
    pub(crate) fn of_run(shot: &Snapshot) -> Self {
        // Dumps do not say how a run like theirs would begin.
        if counts_dumps(shot) {
            return Self::of(&Config::default());
        }
        let mut config = Config { knobs: shot.knobs.clone(), ..Config::clone(&shot.config) };
        if !shot.model.rosters.is_empty() {
            config.model.experts = shot.experts();
        }
        Self::of(&config)
    }

    /// What it learns, in whose terms the form speaks.
    pub(crate) fn task(&self) -> &TaskConfig {
        &self.config.task
    }
}

/// Draws the form.
pub fn draft_ui(ui: &mut Ui, shot: &Snapshot, view: &mut DraftView, out: &mut Outbox) {
    let theme = theme::of(ui);
    ui.set_width(500.0);
    ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
    ui.label(eframe::egui::RichText::new(questions::NEW_RUN_TITLE).font(fonts::strong(size::STRIP)).color(theme.ink));
    ui.horizontal(|ui| {
        ui.label(questions::BEGIN_FROM.said());
        for preset in Preset::ALL {
            if ui.button(named(preset.label())).clicked() {
                view.config = preset.config_for(view.config.task.clone());
            }
        }
        if !counts_dumps(shot) && ui.button(questions::THIS_RUN.said()).clicked() {
            *view = DraftView::of_run(shot);
        }
    });
    task_ui(ui, view);
    let grid = Grid::new("draft").num_columns(4).min_col_width(104.0).spacing([12.0, 6.0]);
    let entered = grid.show(ui, |ui| numbers_ui(ui, &mut view.config)).inner;
    let mut refused: Vec<&Entered> = entered.iter().filter(|field| field.refused_at.is_some()).collect();
    refused.sort_by(|a, b| b.refused_at.partial_cmp(&a.refused_at).unwrap_or(Ordering::Equal));
    // The newest ones: the form must keep its buttons in the window.
    refused.into_iter().take(REFUSALS).for_each(|field| refusal_ui(ui, field, 0.0));
    let c = &view.config;
    let active = c.active_parameters(c.model.experts, c.knobs.top_k);
    let size_words = questions::run_size(c.parameters(c.model.experts), active, c.tokens_per_step(), c.steps);
    let complaints = c.validate();
    if complaints.is_empty() {
        ui.label(eframe::egui::RichText::new(size_words).color(theme.ink3));
    }
    for complaint in complaints.iter().take(4) {
        ui.colored_label(theme.red, complaint.to_string());
    }
    if complaints.len() > 4 {
        ui.colored_label(theme.red, questions::more_complaints(complaints.len() - 4));
    }
    ui.label(eframe::egui::RichText::new(closes(shot)).color(theme.ink3));
    let mut row = ButtonRow::new(ui);
    let start = Press::words(questions::START.said())
        .named(questions::START_NAMED.said())
        .look(Look::Ink)
        .enabled(complaints.is_empty());
    // A press that ended the typing of what was then refused does not start what was not typed.
    if ui.input(|i| i.pointer.primary_pressed()) {
        view.pressed = Some(ui.input(|i| i.time));
    }
    let refused = entered.iter().filter_map(|field| field.refused_at).reduce(f64::max);
    let unread = refused.zip(view.pressed).is_some_and(|(refused, pressed)| pressed <= refused);
    if row.show(ui, start, 120.0).clicked() && !unread {
        out.push(Command::New(Box::new(view.config.clone())));
        view.done = true;
    }
    let cancel = Press::words(words::CANCEL.said()).named(questions::CANCEL_NEW_RUN_NAMED.said());
    if row.show(ui, cancel, 90.0).clicked() {
        view.done = true;
    }
}

/// Which task: another one brings the sizes that are made for it.
fn task_ui(ui: &mut Ui, view: &mut DraftView) {
    let of_text = view.config.task.text().is_some();
    ui.horizontal(|ui| {
        choices_apart(ui);
        ui.label(plane::TASK.said());
        let tasks = [(plane::TEXT_TASK, true), (plane::PLANE_TASK, false)];
        for (words, text) in tasks {
            if ui.radio(of_text == text, words.said()).clicked() && of_text != text {
                let task = if text { TaskConfig::default() } else { TaskConfig::Plane(PlaneConfig::default()) };
                let Config { seed, steps, .. } = view.config;
                view.config = Config { seed, steps, ..Preset::Small.config_for(task) };
            }
        }
    });
    text_ui(ui, view);
}

/// Round buttons in a row: each nearer to its own words than to those of its neighbour.
fn choices_apart(ui: &mut Ui) {
    let spacing = ui.spacing_mut();
    (spacing.item_spacing.x, spacing.icon_spacing) = (14.0, 6.0);
}

fn text_ui(ui: &mut Ui, view: &mut DraftView) {
    let TaskConfig::Text(text) = &mut view.config.task else { return };
    ui.horizontal(|ui| {
        choices_apart(ui);
        let label = ui.label(knobs::TEXT.said());
        let own = matches!(text, Text::File(_));
        if ui.radio(!own, questions::MOBY_DICK.said()).clicked() {
            *text = Text::MobyDick;
        }
        if ui.radio(own, questions::A_FILE.said()).clicked() {
            *text = Text::File(paths::full(&view.path, None));
        }
        let field = TextEdit::singleline(&mut view.path).hint_text(questions::TEXT_PATH.said()).desired_width(210.0);
        if ui.add(field).labelled_by(label.id).changed() {
            *text = Text::File(paths::full(&view.path, None));
        }
    });
}

/// Draws the numbers and menus of points in the plane; what came of each number field.
fn points_ui(ui: &mut Ui, points: &mut PlaneConfig) -> Vec<Entered> {
    let whole = |low, high| FieldLimits::Whole { low, high };
    let mut all = Vec::new();
    let before = points.data;
    let mut shapes = PlaneData::ALL.map(|data| (data, named(data.label()))).to_vec();
    if before == PlaneData::Drawn {
        shapes.push((before, named(before.label())));
    }
    choice(ui, plane::DATA.said(), &mut points.data, &shapes);
    if points.data != before {
        points.drawn.clear();
        // A shape that has fewer classes takes as many as it has.
        points.classes = points.classes.min(points.data.most_classes());
    }
    let targets = [(PlaneTarget::Class, plane::CLASS_TARGET.said()), (PlaneTarget::Value, plane::VALUE_TARGET.said())];
    choice(ui, plane::TARGET.said(), &mut points.target, &targets);
    ui.end_row();
    all.push(number(ui, plane::CLASSES.said(), &mut points.classes, whole(2, points.data.most_classes() as u64)));
    let noise = FieldLimits::Real { low: 0.0, least: 0.0, high: 1.0 };
    all.push(number(ui, plane::NOISE.said(), &mut points.noise, noise));
    ui.end_row();
    all.push(number(ui, plane::POINTS.said(), &mut points.points, whole(10, 1_000_000)));
    all.push(number(ui, plane::DATA_SEED.said(), &mut points.seed, whole(0, u64::MAX)));
    ui.end_row();
    all
}

/// Draws the numbers and menus of the form; what came of each number field.
fn numbers_ui(ui: &mut Ui, c: &mut Config) -> Vec<Entered> {
    let whole = |low, high| FieldLimits::Whole { low, high };
    let cadence = whole(1, u64::MAX);
    let mut all = Vec::new();
    all.push(number(ui, knobs::SEED.said(), &mut c.seed, whole(0, u64::MAX)));
    all.push(number(ui, knobs::STEPS.said(), &mut c.steps, whole(1, u64::MAX)));
    ui.end_row();
    if let TaskConfig::Plane(points) = &mut c.task {
        all.extend(points_ui(ui, points));
        all.push(number(ui, plane::BATCH.said(), &mut c.sequences, whole(1, 4096)));
        choice(ui, plane::BODY.said(), &mut c.model.bare, &[(false, plane::BLOCKS.said()), (true, plane::BARE.said())]);
        if c.model.bare {
            c.model.layers = 1;
        }
        ui.end_row();
        all.push(number(ui, knobs::WIDTH.said(), &mut c.model.width, whole(2, 4096)));
        all.push(number(ui, knobs::LAYERS.said(), &mut c.model.layers, whole(1, 64)));
        ui.end_row();
    } else {
        all.push(number(ui, knobs::SEQUENCES.said(), &mut c.sequences, whole(1, 4096)));
        all.push(number(ui, knobs::CONTEXT.said(), &mut c.model.context, whole(2, 4096)));
        ui.end_row();
        all.push(number(ui, knobs::WIDTH.said(), &mut c.model.width, whole(2, 4096)));
        all.push(number(ui, knobs::HEADS.said(), &mut c.model.heads, whole(1, 64)));
        ui.end_row();
        all.push(number(ui, knobs::LAYERS.said(), &mut c.model.layers, whole(1, 64)));
        choice(
            ui,
            knobs::EXPERTS_IN.said(),
            &mut c.model.moe_every,
            &[(1, knobs::EVERY_BLOCK.said()), (2, knobs::EVERY_SECOND.said())],
        );
        ui.end_row();
    }
    all.push(number(ui, knobs::EXPERTS.said(), &mut c.model.experts, whole(1, 256)));
    all.push(number(ui, knobs::EXPERT_WIDTH.said(), &mut c.model.expert_width, whole(1, 16384)));
    ui.end_row();
    choice(ui, knobs::POLICY.said(), &mut c.knobs.policy, &Policy::ALL.map(|policy| (policy, named(policy.label()))));
    choice(ui, knobs::FORM.said(), &mut c.knobs.form, &Form::ALL.map(|form| (form, named(form.label()))));
    ui.end_row();
    all.push(number(ui, knobs::TOP_K.said(), &mut c.knobs.top_k, whole(1, 256)));
    all.push(number(ui, knobs::AUTOSAVE_EVERY.said(), &mut c.cadence.autosave_every, cadence));
    ui.end_row();
    all.push(number(ui, knobs::LEARNING_RATE.said(), &mut c.knobs.learning_rate, Dial::LearningRate.limits()));
    all.push(number(ui, knobs::RATE_WARM_UP.said(), &mut c.optimizer.warmup_steps, whole(0, u64::MAX)));
    ui.end_row();
    all.push(number(ui, knobs::PROBE_EVERY.said(), &mut c.cadence.probe_every, cadence));
    all.push(number(ui, knobs::VALIDATE_EVERY.said(), &mut c.cadence.validate_every, cadence));
    ui.end_row();
    let activations = [(Activation::Relu, knobs::RELU.said()), (Activation::Gelu, knobs::GELU.said())];
    choice(ui, knobs::ACTIVATION.said(), &mut c.model.activation, &activations);
    choice(
        ui,
        knobs::DECAY.said(),
        &mut c.optimizer.decay,
        &[(Decay::Cosine, knobs::COSINE.said()), (Decay::Constant, knobs::CONSTANT.said())],
    );
    ui.end_row();
    choice(
        ui,
        knobs::EXPERT_BIASES.said(),
        &mut c.model.expert_bias,
        &[(false, knobs::NO_BIASES.said()), (true, knobs::LEARNED_BIASES.said())],
    );
    let minutes = FieldLimits::Real { low: 0.0, least: 0.0, high: MOST_MINUTES };
    all.push(number(ui, knobs::AUTOSAVE_MINUTES.said(), &mut c.cadence.autosave_minutes, minutes));
    ui.end_row();
    all
}

/// What becomes of the run now shown if another takes its place.
pub(crate) fn closes(shot: &Snapshot) -> String {
    if !trains(shot) {
        return learn::WATCH_ENDS.into();
    }
    questions::closes_the_run(shot.saves.unsaved.then(|| shot.unsaved_steps()), shot.saves.left.folder.as_deref())
}

/// A name and its number field; writes what was typed or dragged to `value`.
fn number<N: Copy + Into<FieldNumber> + TryFrom<FieldNumber>>(
    ui: &mut Ui,
    name: &str,
    value: &mut N,
    limits: FieldLimits,
) -> Entered {
    ui.label(name);
    let field = Field {
        name,
        label: name,
        value: (*value).into(),
        limits,
        reach: None,
        framed: true,
        refusal: words::entry::refused,
    };
    let wide = field.wide(ui).max(FIELD);
    let (rect, _) = ui.allocate_exact_size(vec2(wide, 22.0), Sense::hover());
    let entered = field.show(ui, rect);
    if let Some(next) = entered.typed.or(entered.dragged).and_then(|next| N::try_from(next).ok()) {
        *value = next;
    }
    entered
}

fn choice<T: PartialEq + Copy>(ui: &mut Ui, name: &str, value: &mut T, all: &[(T, &str)]) {
    let label = ui.label(name);
    let now = all.iter().find(|(one, _)| one == value).map_or("", |(_, words)| words);
    let response = ComboBox::from_id_salt(name)
        .width(FIELD)
        .truncate()
        .selected_text(now)
        .icon(|ui, rect, look, _| icons::draw(ui.painter(), Icon::Down, rect.center(), 10.0, look.fg_stroke.color))
        .show_ui(ui, |ui| {
            for &(one, words) in all {
                ui.selectable_value(value, one, words);
            }
        });
    response.response.labelled_by(label.id);
}
