//! A new run: a form over a draft of its config, with every complaint at once. Nothing happens before Start.

use eframe::egui::{Align2, ComboBox, DragValue, Grid, Sense, TextEdit, Ui, emath::Numeric, vec2};

use crate::config::{Activation, Config, Decay, Form, Policy, Preset, Text};
use crate::run::{Command, Snapshot};
use crate::ui::icons::{self, Icon};
use crate::ui::press::{Look, Press};
use crate::ui::theme::{self, size};
use crate::ui::{Outbox, fonts, numbers};

/// The draft.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftView {
    config: Config,
    path: String,
    /// Whether the form is done: started or put away.
    pub done: bool,
}

impl DraftView {
    /// A draft that begins as `config`.
    pub fn of(config: &Config) -> Self {
        let path = match &config.text {
            Text::MobyDick => String::new(),
            Text::File(path) => path.display().to_string(),
        };
        Self { config: config.clone(), path, done: false }
    }

    /// The config as drafted.
    pub fn config(&self) -> &Config {
        &self.config
    }
}

/// Draws the form.
pub fn draft_ui(ui: &mut Ui, shot: &Snapshot, view: &mut DraftView, out: &mut Outbox) {
    let theme = theme::of(ui);
    ui.set_width(500.0);
    ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
    ui.label(eframe::egui::RichText::new("New run").font(fonts::strong(size::STRIP)).color(theme.ink));
    ui.horizontal(|ui| {
        ui.label("Begin from");
        for preset in Preset::ALL {
            if ui.button(preset.label()).clicked() {
                let text = view.config.text.clone();
                view.config = Config { text, ..preset.config() };
            }
        }
        if ui.button("this run").clicked() {
            *view = DraftView::of(&shot.config);
        }
    });
    text_ui(ui, view);
    Grid::new("draft")
        .num_columns(4)
        .min_col_width(104.0)
        .spacing([12.0, 6.0])
        .show(ui, |ui| numbers_ui(ui, &mut view.config));
    let c = &view.config;
    let size_words = format!(
        "{} weights, {} active; {} tokens a step, {} in all",
        numbers::short(c.parameters(c.model.experts) as f64),
        numbers::short(c.active_parameters(c.model.experts, c.knobs.top_k) as f64),
        numbers::count(c.tokens_per_step() as u64),
        numbers::short(c.tokens_per_step() as f64 * c.steps as f64)
    );
    let complaints = c.validate();
    if complaints.is_empty() {
        ui.label(eframe::egui::RichText::new(size_words).color(theme.ink3));
    }
    for complaint in complaints.iter().take(4) {
        ui.colored_label(theme.red, complaint.to_string());
    }
    if complaints.len() > 4 {
        ui.colored_label(theme.red, format!("and {} more", complaints.len() - 4));
    }
    ui.label(
        eframe::egui::RichText::new(
            "The run now shown ends once the new one stands. Save it first if you want it back.",
        )
        .color(theme.ink3),
    );
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    let button = |x: f32, w: f32| Align2::LEFT_TOP.anchor_size(row.min + vec2(x, 0.0), vec2(w, 32.0));
    let start = Press::words("Start").named("Start new run").look(Look::Ink).enabled(complaints.is_empty());
    if start.show(ui, button(0.0, 120.0)).clicked() {
        out.push(Command::New(Box::new(view.config.clone())));
        view.done = true;
    }
    if Press::words("Cancel").named("Cancel new run").show(ui, button(128.0, 90.0)).clicked() {
        view.done = true;
    }
}

fn text_ui(ui: &mut Ui, view: &mut DraftView) {
    ui.horizontal(|ui| {
        let label = ui.label("Text");
        let own = matches!(view.config.text, Text::File(_));
        if ui.radio(!own, "Moby-Dick, built in").clicked() {
            view.config.text = Text::MobyDick;
        }
        if ui.radio(own, "a file").clicked() {
            view.config.text = Text::File(view.path.clone().into());
        }
        let field = TextEdit::singleline(&mut view.path).hint_text("path of a text file").desired_width(210.0);
        if ui.add(field).labelled_by(label.id).changed() {
            view.config.text = Text::File(view.path.clone().into());
        }
    });
}

fn numbers_ui(ui: &mut Ui, c: &mut Config) {
    number(ui, "Seed", &mut c.seed, 0, u64::MAX);
    number(ui, "Steps", &mut c.steps, 1, 100_000_000);
    ui.end_row();
    number(ui, "Sequences", &mut c.sequences, 1, 4096);
    number(ui, "Context", &mut c.model.context, 2, 4096);
    ui.end_row();
    number(ui, "Width", &mut c.model.width, 2, 4096);
    number(ui, "Heads", &mut c.model.heads, 1, 64);
    ui.end_row();
    number(ui, "Layers", &mut c.model.layers, 1, 64);
    choice(ui, "Experts in", &mut c.model.moe_every, &[(1, "every block"), (2, "every second")]);
    ui.end_row();
    number(ui, "Experts", &mut c.model.experts, 1, 256);
    number(ui, "Expert width", &mut c.model.expert_width, 1, 16384);
    ui.end_row();
    choice(ui, "Policy", &mut c.knobs.policy, &Policy::ALL.map(|policy| (policy, policy.label())));
    choice(ui, "Form", &mut c.knobs.form, &Form::ALL.map(|form| (form, form.label())));
    ui.end_row();
    number(ui, "Top-k", &mut c.knobs.top_k, 1, 256);
    number(ui, "Autosave every", &mut c.cadence.autosave_every, 1, 1_000_000);
    ui.end_row();
    number(ui, "Learning rate", &mut c.knobs.learning_rate, 1e-6, 1.0);
    number(ui, "Rate warm-up", &mut c.optimizer.warmup_steps, 0, 1_000_000);
    ui.end_row();
    number(ui, "Probe every", &mut c.cadence.probe_every, 1, 1_000_000);
    number(ui, "Validate every", &mut c.cadence.validate_every, 1, 1_000_000);
    ui.end_row();
    let activations = [(Activation::Relu, "relu"), (Activation::Gelu, "gelu")];
    choice(ui, "Activation", &mut c.model.activation, &activations);
    choice(ui, "Decay", &mut c.optimizer.decay, &[(Decay::Cosine, "cosine"), (Decay::Constant, "constant")]);
    ui.end_row();
    choice(ui, "Expert biases", &mut c.model.expert_bias, &[(false, "none"), (true, "learned")]);
    ui.end_row();
}

fn number<N: Numeric>(ui: &mut Ui, name: &str, value: &mut N, low: N, high: N) {
    let label = ui.label(name);
    let speed = if N::INTEGRAL { 0.1 } else { (value.to_f64() * 0.01).max(1e-6) };
    let mut field = DragValue::new(value).range(low..=high).speed(speed).min_size(vec2(96.0, 22.0));
    if !N::INTEGRAL {
        field = field.custom_formatter(|v, _| numbers::knob(v));
    }
    ui.add(field).labelled_by(label.id);
}

fn choice<T: PartialEq + Copy>(ui: &mut Ui, name: &str, value: &mut T, all: &[(T, &str)]) {
    let label = ui.label(name);
    let now = all.iter().find(|(one, _)| one == value).map_or("", |(_, words)| words);
    let response = ComboBox::from_id_salt(name)
        .width(96.0)
        .selected_text(now)
        .icon(|ui, rect, look, _| icons::draw(ui.painter(), Icon::Down, rect.center(), 10.0, look.fg_stroke.color))
        .show_ui(ui, |ui| {
            for &(one, words) in all {
                ui.selectable_value(value, one, words);
            }
        });
    response.response.labelled_by(label.id);
}
