//! Structural knobs: top-k and the number of experts. They show first what they would do, then ask.

use eframe::egui::{Align2, Pos2, Rect, Ui, layers::ShapeIdx, pos2, vec2};

use super::knob::{self, Name};
use crate::domain::config::{Form, Knobs, Policy};
use crate::domain::readings::square;
use crate::domain::roster::{Change, Surgery};
use crate::run::{Command, Snapshot};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{entry, fonts, paint};
use crate::ui::view::derived::LayerLoad;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{self, knobs, rail};

/// Width of the field of a number, with its arrows.
const BOX: f32 = 72.0;

/// Drafts: what is asked for and not applied.
#[derive(Debug, Default)]
pub struct StructureView {
    /// A policy that needs another network.
    pub(super) policy: Option<(Policy, Form)>,
    top_k: Option<usize>,
    experts: Option<usize>,
    grow: usize,
    shrink: usize,
}

impl StructureView {
    /// Drafts a top-k, as typing it would.
    pub fn draft_top_k(&mut self, top_k: usize) {
        self.top_k = Some(top_k);
    }

    /// Drafts a number of experts, as typing it would.
    pub fn draft_experts(&mut self, experts: usize) {
        self.experts = Some(experts);
    }

    /// The number of experts that is drafted.
    pub(crate) fn drafted_experts(&self) -> Option<usize> {
        self.experts
    }

    fn surgery(&mut self, grows: bool) -> (&mut usize, [Surgery; 2]) {
        if grows { (&mut self.grow, Surgery::GROW) } else { (&mut self.shrink, Surgery::SHRINK) }
    }
}

/// What a person decided about a draft.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Open,
    Apply,
    Keep,
}

/// Top-k: how many experts answer each token.
pub(crate) fn top_k_ui(
    ui: &mut Ui,
    shot: &Snapshot,
    view: &mut StructureView,
    asked: Option<&Knobs>,
    out: &mut Outbox,
) {
    let running = shot.knobs.top_k;
    let experts = shot.experts();
    let start = ui.cursor().min;
    let back = ui.painter().add(eframe::egui::Shape::Noop);
    let draft = view.top_k.filter(|&k| k != running);
    let next = field_row(ui, knobs::TOP_K.said(), rail::about_top_k(), draft, running, (1, experts));
    if let Some(next) = next {
        view.top_k = Some(next);
    }
    let Some(draft) = view.top_k.filter(|&k| k != running) else {
        view.top_k = None;
        return;
    };
    let active = |k: usize| shot.config.active_parameters(experts, k) as f64;
    let lines = [rail::active_weights(active(running), active(draft)), rail::ALL_KEPT.said().to_owned()];
    let keep = running.to_string();
    let pending = Pending { start, back, lines: &lines, keep: &keep, name: rail::DRAFT_TOP_K.said(), possible: true };
    match pending.show(ui, None) {
        Verdict::Open => {}
        Verdict::Keep => view.top_k = None,
        Verdict::Apply => {
            let mut knobs = asked.unwrap_or(&shot.knobs).clone();
            knobs.top_k = draft;
            out.push(Command::SetKnobs(knobs));
            view.top_k = None;
        }
    }
}

/// The number of experts in every layer.
pub(crate) fn experts_ui(ui: &mut Ui, shot: &Snapshot, view: &mut StructureView, sight: &ViewState, out: &mut Outbox) {
    let running = shot.experts();
    let start = ui.cursor().min;
    let back = ui.painter().add(eframe::egui::Shape::Noop);
    let draft = view.experts.filter(|&n| n != running);
    if let Some(next) = field_row(ui, knobs::EXPERTS.said(), rail::ABOUT_EXPERTS.said(), draft, running, (1, 256)) {
        view.experts = Some(next);
    }
    experts_draft_ui(ui, shot, view, sight, (start, back), out);
}

/// What a drafted number of experts would do, how, and the buttons that apply and drop it. `start` is where its frame
/// begins, the shape the place behind it.
pub(crate) fn experts_draft_ui(
    ui: &mut Ui,
    shot: &Snapshot,
    view: &mut StructureView,
    sight: &ViewState,
    (start, back): (Pos2, ShapeIdx),
    out: &mut Outbox,
) {
    let running = shot.experts();
    let Some(target) = view.experts.filter(|&n| n != running) else {
        view.experts = None;
        return;
    };
    let (chosen, ways) = view.surgery(target > running);
    let surgery = ways[*chosen];
    let (lines, possible) = preview(shot, sight, target, surgery);
    let keep = running.to_string();
    let pending = Pending { start, back, lines: &lines, keep: &keep, name: rail::DRAFT_EXPERTS.said(), possible };
    match pending.show(ui, Some((chosen, ways))) {
        Verdict::Open => {}
        Verdict::Keep => view.experts = None,
        Verdict::Apply => {
            out.push(Command::Experts { target, surgery });
            view.experts = None;
        }
    }
}

/// What changing to `target` experts would do, in words, and whether it can be done.
fn preview(shot: &Snapshot, sight: &ViewState, target: usize, surgery: Surgery) -> (Vec<String>, bool) {
    let total = |n: usize| shot.config.parameters(n) as f64;
    let mut lines = vec![rail::weights(total(shot.experts()), total(target))];
    let layer = sight.layer;
    let mut possible = true;
    if let Some(roster) = shot.model.rosters.get(layer) {
        let load = LayerLoad::of(shot, layer).map_or_else(|| vec![1.0; roster.len()], |l| l.shares());
        let probe = shot.newest.probe.as_ref().and_then(|probe| probe.layers.get(layer));
        let cosine = probe.and_then(|seen| square(&seen.matrices.output_cosine, roster.len()));
        let cells = cosine.into_iter().flatten().flatten();
        let alike: Vec<f64> = cells.map(|cell| cell.unwrap_or(f64::NAN)).collect();
        match Change::plan(surgery, target, &load, &alike, shot.config.cadence.measures.similarity) {
            Ok(change) => lines.push(rail::layer_change(layer, &roster.describe(&change))),
            Err(why) => {
                possible = false;
                lines.push(crate::words::surgery_refusal(&why));
            }
        }
    }
    if target < shot.knobs.top_k {
        lines.push(rail::fewer_picks(shot.knobs.top_k, target));
    }
    lines.push(rail::OTHERS_KEPT.into());
    (lines, possible)
}

fn field_row(
    ui: &mut Ui,
    name: &str,
    about: &str,
    draft: Option<usize>,
    running: usize,
    reach: (usize, usize),
) -> Option<usize> {
    let theme = theme::of(ui);
    let words = draft.map(|_| knobs::running(&running.to_string()));
    let font = fonts::regular(size::BODY);
    let wide = |words: &String| ui.painter().layout_no_wrap(words.clone(), font.clone(), theme.amber).size().x + 8.0;
    let beside = BOX + words.as_ref().map_or(0.0, wide);
    let (rect, _) = Name { name, about, live: false, beside }.show(ui, None);
    let field = Rect::from_center_size(pos2(rect.right() - BOX / 2.0, rect.center().y), vec2(BOX, knob::PITCH - 6.0));
    if let Some(words) = words {
        let at = pos2(field.left() - 8.0, rect.center().y);
        ui.painter().text(at, Align2::RIGHT_CENTER, &words, font, theme.amber);
        let said = words::named_value(name, &words);
        paint::say(ui, Rect::from_center_size(at, vec2(2.0, 2.0)), ("running", name), &said);
    }
    let (next, entered) = knob::boxed_ui(ui, field, name, draft.unwrap_or(running), reach, draft.is_some());
    entry::refusal_ui(ui, &entered, 16.0);
    next
}

/// The frame of a draft: what it would do, how, Apply and Keep.
pub(super) struct Pending<'a> {
    /// Where the draft's rows begin.
    pub start: Pos2,
    /// The place behind them.
    pub back: ShapeIdx,
    /// What it would do.
    pub lines: &'a [String],
    /// What runs now.
    pub keep: &'a str,
    /// What is drafted.
    pub name: &'a str,
    /// Whether it can be applied.
    pub possible: bool,
}

impl Pending<'_> {
    /// Draws it; `ways` is how, and which way is chosen.
    pub fn show(&self, ui: &mut Ui, mut ways: Option<(&mut usize, [Surgery; 2])>) -> Verdict {
        let Self { start, back, lines, keep, name, possible } = *self;
        let theme = theme::of(ui);
        let width = ui.available_width();
        let left = ui.cursor().left() + 16.0;
        if let Some((chosen, ways)) = &mut ways {
            for (i, way) in ways.iter().enumerate() {
                let rect = knob::row(ui);
                if choice_ui(ui, rect, crate::words::surgery(*way), **chosen == i) {
                    **chosen = i;
                }
            }
        }
        for line in lines {
            let at = pos2(left, ui.cursor().top() + 2.0);
            let ink = if possible { theme.ink2 } else { theme.amber };
            let height = paint::paragraph(ui, at, line, fonts::regular(size::CAPTION), ink, width - 22.0);
            let rect = ui.allocate_exact_size(vec2(width, height + 3.0), eframe::egui::Sense::hover()).0;
            paint::say(ui, rect, ("preview", line), line);
        }
        let rect = ui.allocate_exact_size(vec2(width, 36.0), eframe::egui::Sense::hover()).0;
        let half = (width - 16.0 - 16.0) / 2.0;
        let apply = Rect::from_min_size(pos2(left, rect.top() + 6.0), vec2(half, 24.0));
        let spot = Rect::from_min_size(pos2(apply.right() + 8.0, apply.top()), vec2(half, 24.0));
        let mut verdict = Verdict::Open;
        let apply_name = rail::apply(name);
        let press =
            Press::words(rail::APPLY.said()).named(&apply_name).look(Look::Ink).enabled(possible).size(size::BODY);
        if press.show(ui, apply).clicked() {
            verdict = Verdict::Apply;
        }
        let (keep_words, keep_name) = (rail::keep(keep), rail::keep_named(keep, name));
        if Press::words(&keep_words).named(&keep_name).size(size::BODY).show(ui, spot).clicked() {
            verdict = Verdict::Keep;
        }
        let frame = Rect::from_min_max(start - vec2(8.0, 2.0), pos2(start.x + width + 6.0, rect.bottom()));
        ui.painter().set(back, eframe::egui::Shape::Vec(paint::pending_frame(frame, theme).into()));
        ui.add_space(6.0);
        verdict
    }
}

/// One of several ways: a small circle and words.
fn choice_ui(ui: &mut Ui, rect: Rect, words: &str, chosen: bool) -> bool {
    let theme = theme::of(ui);
    let response = ui.interact(rect, ui.scope_id().with(("choice", words)), eframe::egui::Sense::click());
    response.widget_info(|| eframe::egui::WidgetInfo::selected(eframe::egui::Role::RadioButton, true, chosen, words));
    let at = pos2(rect.left() + 22.0, rect.center().y);
    let ink = if response.hovered() || chosen { theme.ink } else { theme.ink2 };
    ui.painter().circle_stroke(at, 5.0, eframe::egui::Stroke::new(1.2, ink));
    if chosen {
        ui.painter().circle_filled(at, 2.6, ink);
    }
    let room = rect.width() - 40.0;
    let label = at + vec2(12.0, 0.0);
    paint::text_in(ui, label, Align2::LEFT_CENTER, words, fonts::regular(size::BODY), ink, room);
    response.clicked()
}
