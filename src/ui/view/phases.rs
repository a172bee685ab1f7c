//! How the phases of a step are looked at: which phase, which position of the batch, and whether they are put away.

use super::ViewState;
use crate::domain::readings::{LayerPhases, Phase, PhaseReading};
use crate::domain::roster::Roster;
use crate::run::Snapshot;

/// What a person chose of the phases that are shown.
#[derive(Debug, Default)]
pub(crate) struct PhaseView {
    /// A phase that was reached before, of this step.
    looked: Option<(u64, Phase)>,
    /// The step and the phase that were put away.
    put_away: Option<(u64, Phase)>,
    /// The position of the batch.
    chosen: Option<usize>,
    /// What the view of the probe has instead, while a batch is drawn.
    batch: BatchView,
}

/// What is looked at in a batch, as [`ViewState`] has it of the probe.
#[derive(Debug, Default)]
pub(super) struct BatchView {
    pub window: Option<usize>,
    pub lit: Option<usize>,
    pub next_lit: Option<usize>,
    /// Whether the batch is being drawn.
    drawn: bool,
}

/// One layer of a step whose phases are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeenPhases<'a> {
    /// The whole step.
    pub reading: &'a PhaseReading,
    /// The layer.
    pub layer: &'a LayerPhases,
    /// Its experts.
    pub roster: &'a Roster,
    /// The phase that is looked at.
    pub phase: Phase,
    /// The last phase that was reached.
    pub reached: Phase,
    /// The position of the batch whose numbers are shown.
    pub position: usize,
    /// Whether somebody chose it; else it is the first.
    pub chosen: bool,
}

impl ViewState {
    /// The phases of a step, where they are shown and looked at.
    pub(crate) fn seen_phases<'a>(&self, shot: &'a Snapshot) -> Option<SeenPhases<'a>> {
        let shown = shot.newest.phases.as_ref().filter(|_| self.is_live())?;
        let reading = &*shown.reading;
        if self.phases.put_away == Some((reading.step, shown.phase)) || reading.shown() == 0 {
            return None;
        }
        let (layer, roster) = (reading.layers.get(self.layer)?, self.roster(shot)?);
        let looked = self.phases.looked.filter(|(step, phase)| *step == reading.step && *phase < shown.phase);
        let chosen = self.phases.chosen.filter(|&position| position < reading.shown());
        (layer.choices.experts == roster.len()).then_some(SeenPhases {
            reading,
            layer,
            roster,
            phase: looked.map_or(shown.phase, |(_, phase)| phase),
            reached: shown.phase,
            position: chosen.unwrap_or(0),
            chosen: chosen.is_some(),
        })
    }

    /// Looks at a phase that was reached.
    pub(crate) fn look_at_phase(&mut self, step: u64, phase: Phase) {
        self.phases.looked = Some((step, phase));
    }

    /// Puts the phases away until there is another one.
    pub(crate) fn put_phases_away(&mut self, step: u64, reached: Phase) {
        self.phases.put_away = Some((step, reached));
    }

    /// Chooses a position of the batch.
    pub(crate) fn choose_position(&mut self, position: usize) {
        self.phases.chosen = Some(position);
    }

    /// Says that the pointer is on a position of the batch.
    pub(crate) fn hover_position(&mut self, position: usize) {
        self.phases.batch.next_lit = Some(position);
    }

    /// The position of the batch that is lit.
    pub(crate) fn lit_position(&self) -> Option<usize> {
        self.phases.batch.lit
    }

    /// Draws a batch as if it were the probe: what is lit, kept and in the window is of the batch meanwhile.
    pub(crate) fn in_batch(&mut self, position: usize, by_winners: bool, draw: impl FnOnce(&mut Self)) {
        let was = (self.window, self.lit.token, self.next_lit.token, self.kept.token, self.by_winners);
        let batch = &self.phases.batch;
        (self.window, self.lit.token, self.next_lit.token) = (batch.window, batch.lit, batch.next_lit);
        (self.kept.token, self.by_winners) = (Some(position), by_winners);
        self.phases.batch.drawn = true;
        draw(self);
        self.phases.batch.drawn = false;
        let batch = &mut self.phases.batch;
        (batch.window, batch.next_lit) = (self.window, self.next_lit.token);
        match self.kept.token {
            Some(other) if other != position => self.phases.chosen = Some(other),
            // The one that is shown already was clicked.
            None => self.phases.chosen = Some(position),
            Some(_) => {}
        }
        (self.window, self.lit.token, self.next_lit.token, self.kept.token, self.by_winners) = was;
    }

    /// Whether what is drawn is a batch, not the probe.
    pub(crate) fn is_in_batch(&self) -> bool {
        self.phases.batch.drawn
    }

    /// Ends a frame of the batch; whether what is lit has changed.
    pub(super) fn end_batch_frame(&mut self) -> bool {
        let batch = &mut self.phases.batch;
        let changed = batch.lit != batch.next_lit;
        batch.lit = batch.next_lit.take();
        changed
    }
}
