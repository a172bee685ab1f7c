//! How the run is looked at, shared by all panels: which layer, which step, which expert is lit. Never part of the run.

use super::phases::PhaseView;
use super::race::RaceAxis;
use crate::domain::readings::{LayerProbe, ProbeReading};
use crate::domain::roster::{ExpertId, Roster};
use crate::run::{MapRequest, Snapshot};
use crate::store::history::ProbeRecord;
use crate::ui::view::drawing::PointDrawing;

/// Which step the panels show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// The newest.
    #[default]
    Live,
    /// After so many steps.
    At(u64),
}

/// How the run is looked at.
#[derive(Debug, Default)]
pub struct ViewState {
    /// The layer with experts that is shown, from 0.
    pub layer: usize,
    /// The step that is shown.
    pub(crate) cursor: Cursor,
    /// Whether the flow shows who carries a byte on a competition step; else on a router step.
    pub by_winners: bool,
    /// Whether weights are shown in the order in which their neurons lie; else matched.
    pub as_they_lie: bool,
    /// The first byte of the probe that the flow shows; `None` until somebody chose.
    pub window: Option<usize>,
    /// The tile that has grown over the others, by its place.
    pub grown: Option<usize>,
    /// Which page of a tile that has grown, from 0.
    pub page: usize,
    /// Whether the loss is drawn on a logarithmic axis.
    pub log_loss: bool,
    /// What the curves of a race are drawn over.
    pub(crate) race_axis: RaceAxis,
    /// Whether the loss is drawn as it is, without a smoothed line over it.
    pub raw_loss: bool,
    /// The maps of the plane that were asked for last, and when, seconds of the window.
    pub maps_asked: Option<(MapRequest, f64)>,
    /// The phases of a step, and the batch that they are of.
    pub(super) phases: PhaseView,
    /// Whether everything is drawn for a projector: less of it at once.
    pub(crate) projector: bool,
    /// The points that are being drawn on the maps, while a person draws.
    pub(crate) drawing: Option<PointDrawing>,
    pub(super) lit: Lit,
    pub(super) next_lit: Lit,
    pub(super) kept: Lit,
}

/// What is lit in all views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lit {
    expert: Option<ExpertId>,
    /// A token of the probe, by its place.
    pub(super) token: Option<usize>,
    /// A place of the plane, in thousandths of the map's side from its left and top.
    spot: Option<[u16; 2]>,
}

/// One layer of the probe that is shown, and who its experts were.
#[derive(Clone, Copy, Debug)]
pub struct SeenLayer<'a> {
    /// The whole probe.
    pub probe: &'a ProbeReading,
    /// The layer.
    pub layer: &'a LayerProbe,
    /// Its experts.
    pub roster: &'a Roster,
}

impl SeenLayer<'_> {
    /// Picks of a token: those that are held one by one, else as many as are known to be made.
    pub(crate) fn top_k(&self) -> usize {
        let (choices, beside) = (&self.layer.choices, &self.layer.diagnosis.beside);
        if choices.k > 0 { choices.k } else { beside.top_k.unwrap_or(0) }
    }
}

impl ViewState {
    /// What an unlit expert's colours are multiplied with while another one is lit.
    const DIM: f32 = 0.35;

    /// The newest of one layer.
    pub(crate) fn of_layer(layer: usize) -> Self {
        Self { layer, ..Self::default() }
    }

    /// Keeps layer and step inside the run.
    pub(crate) fn fit(&mut self, shot: &Snapshot) {
        self.layer = self.layer.min(shot.model.rosters.len().saturating_sub(1));
        if matches!(self.cursor, Cursor::At(step) if step >= shot.step) {
            self.cursor = Cursor::Live;
        }
        let tokens = shot.newest.probe.as_ref().map_or(usize::MAX, |probe| probe.tokens);
        if self.kept.token.is_some_and(|token| token >= tokens) {
            self.kept.token = None;
        }
        let there = |id: ExpertId| self.roster(shot).is_some_and(|roster| roster.slots.contains(&id));
        if self.kept.expert.is_some_and(|id| !there(id)) {
            self.kept.expert = None;
        }
    }

    /// Chooses a layer so many up or down.
    pub(crate) fn step_layer(&mut self, by: isize, shot: &Snapshot) {
        self.layer = self.layer.saturating_add_signed(by);
        self.fit(shot);
    }

    /// Looks at the step after `step` steps; the newest is live.
    pub fn look_at(&mut self, step: u64, shot: &Snapshot) {
        self.cursor = if step >= shot.step { Cursor::Live } else { Cursor::At(step) };
    }

    /// Steps done where it looks.
    pub(crate) fn step(&self, shot: &Snapshot) -> u64 {
        match self.cursor {
            Cursor::Live => shot.step,
            Cursor::At(step) => step.min(shot.step),
        }
    }

    /// Whether it looks at the newest step.
    pub(crate) fn is_live(&self) -> bool {
        self.cursor == Cursor::Live
    }

    /// The experts of the layer shown, as they are now.
    pub(crate) fn roster<'a>(&self, shot: &'a Snapshot) -> Option<&'a Roster> {
        shot.model.rosters.get(self.layer)
    }

    /// The layer shown in the probe in force where it looks: the newest, or the one at or before the cursor. Probes of
    /// experts that are no longer there count only when looking back.
    pub fn seen<'a>(&self, shot: &'a Snapshot) -> Option<SeenLayer<'a>> {
        self.seen_at(self.layer, shot)
    }

    /// The same of another layer.
    pub(crate) fn seen_at<'a>(&self, layer: usize, shot: &'a Snapshot) -> Option<SeenLayer<'a>> {
        let (probe, rosters): (&ProbeReading, &[Roster]) = match self.cursor {
            Cursor::Live => (shot.newest.probe.as_deref()?, &shot.model.rosters),
            Cursor::At(step) => {
                let scene = self.scene(step, shot)?;
                (&scene.probe, &scene.rosters)
            }
        };
        let (layer, roster) = (probe.layers.get(layer)?, rosters.get(layer)?);
        (layer.choices.experts == roster.len()).then_some(SeenLayer { probe, layer, roster })
    }

    /// The probe before the one shown by at least `steps` steps: what it has become since.
    pub(crate) fn seen_before<'a>(&self, steps: u64, shot: &'a Snapshot) -> Option<SeenLayer<'a>> {
        let until = self.step(shot).checked_sub(steps)?;
        let scene = self.scene(until, shot)?;
        let (layer, roster) = (scene.probe.layers.get(self.layer)?, scene.rosters.get(self.layer)?);
        Some(SeenLayer { probe: &scene.probe, layer, roster })
    }

    fn scene<'a>(&self, step: u64, shot: &'a Snapshot) -> Option<&'a ProbeRecord> {
        shot.memory.history.probes.at(step)
    }

    /// Says that the pointer is on an expert; it is lit everywhere from the next frame.
    pub(crate) fn hover(&mut self, id: ExpertId) {
        self.next_lit.expert = Some(id);
    }

    /// Says that the pointer is on a token of the probe.
    pub(crate) fn hover_token(&mut self, token: usize) {
        self.next_lit.token = Some(token);
    }

    /// Says that the pointer is on a place of the plane.
    pub(crate) fn hover_spot(&mut self, spot: [u16; 2]) {
        self.next_lit.spot = Some(spot);
    }

    /// Keeps a place of the plane marked, or lets it go if it is kept already.
    pub(crate) fn keep_spot(&mut self, spot: [u16; 2]) {
        self.kept.spot = if self.kept.spot == Some(spot) { None } else { Some(spot) };
    }

    /// Marks another place of the plane.
    pub(crate) fn move_spot(&mut self, spot: [u16; 2]) {
        self.kept.spot = Some(spot);
    }

    /// The place of the plane that is marked: under the pointer, else the one that is kept.
    pub(crate) fn lit_spot(&self) -> Option<[u16; 2]> {
        self.lit.spot.or(self.kept.spot)
    }

    /// Keeps an expert lit, or lets it go if it is kept already.
    pub(crate) fn keep(&mut self, id: ExpertId) {
        self.kept.expert = if self.kept.expert == Some(id) { None } else { Some(id) };
    }

    /// Keeps a token lit, or lets it go if it is kept already.
    pub(crate) fn keep_token(&mut self, token: usize) {
        self.kept.token = if self.kept.token == Some(token) { None } else { Some(token) };
    }

    /// Lets go of the last thing done: what has grown, then what is kept. Whether there was any.
    pub(crate) fn let_go(&mut self) -> bool {
        let had = self.grown.is_some() || self.kept != Lit::default();
        if self.grown.take().is_none() {
            self.kept = Lit::default();
        }
        had
    }

    /// The expert that is lit: under the pointer, else the one that is kept.
    pub fn lit(&self) -> Option<ExpertId> {
        self.lit.expert.or(self.kept.expert)
    }

    /// The token that is lit.
    pub(crate) fn lit_token(&self) -> Option<usize> {
        self.lit.token.or(self.kept.token)
    }

    /// Whether this token is kept.
    pub(crate) fn is_kept(&self, token: usize) -> bool {
        self.kept.token == Some(token)
    }

    /// What an expert's colours are multiplied with.
    pub(crate) fn strength(&self, id: ExpertId) -> f32 {
        if self.lit().is_none_or(|lit| lit == id) { 1.0 } else { Self::DIM }
    }

    /// Ends a frame; whether what is lit has changed, so that it must be drawn again.
    pub fn end_frame(&mut self) -> bool {
        let changed = self.lit != self.next_lit;
        self.lit = std::mem::take(&mut self.next_lit);
        self.end_batch_frame() || changed
    }
}
