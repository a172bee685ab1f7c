//! How the run is looked at, shared by all panels: which layer, which expert is lit. Never part of the run.

use crate::roster::{ExpertId, Roster};
use crate::run::Snapshot;

/// How the run is looked at.
#[derive(Debug, Default)]
pub struct Sight {
    /// The layer with experts that is shown, from 0.
    pub layer: usize,
    lit: Option<ExpertId>,
    next_lit: Option<ExpertId>,
}

impl Sight {
    /// What an unlit expert's colours are multiplied with while another one is lit.
    const DIM: f32 = 0.35;

    /// Keeps the layer inside the run.
    pub fn fit(&mut self, shot: &Snapshot) {
        self.layer = self.layer.min(shot.rosters.len().saturating_sub(1));
    }

    /// Chooses a layer so many up or down.
    pub fn step_layer(&mut self, by: isize, shot: &Snapshot) {
        self.layer = self.layer.saturating_add_signed(by);
        self.fit(shot);
    }

    /// The experts of the layer shown.
    pub fn roster<'a>(&self, shot: &'a Snapshot) -> Option<&'a Roster> {
        shot.rosters.get(self.layer)
    }

    /// Says that the pointer is on an expert; it is lit everywhere from the next frame.
    pub fn hover(&mut self, id: ExpertId) {
        self.next_lit = Some(id);
    }

    /// The expert that is lit.
    pub fn lit(&self) -> Option<ExpertId> {
        self.lit
    }

    /// What an expert's colours are multiplied with.
    pub fn strength(&self, id: ExpertId) -> f32 {
        if self.lit.is_none_or(|lit| lit == id) { 1.0 } else { Self::DIM }
    }

    /// Ends a frame; whether what is lit has changed, so that it must be drawn again.
    pub fn end_frame(&mut self) -> bool {
        let changed = self.lit != self.next_lit;
        self.lit = self.next_lit.take();
        changed
    }
}
