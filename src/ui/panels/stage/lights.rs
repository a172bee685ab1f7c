//! Lights of the stage: which parts of the picture a phase of a step touches, and how dim the others are.

use eframe::egui::Ui;

use crate::domain::readings::Phase;

/// How strong a part is that the phase does not touch.
const DIM: f32 = 0.22;

/// How strongly each part of the picture of a layer is drawn, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lights {
    /// Inputs, and what the router says of them.
    pub router: f32,
    /// Responses and wins.
    pub competition: f32,
    /// The experts.
    pub experts: f32,
    /// From inputs to experts and on.
    pub ribbons: f32,
    /// What comes out.
    pub output: f32,
}

impl Lights {
    /// No phase is looked at.
    pub const ALL: Self = Self { router: 1.0, competition: 1.0, experts: 1.0, ribbons: 1.0, output: 1.0 };

    /// What `phase` touches in a layer that competes at the step, or does not.
    pub fn of(phase: Phase, competes: bool) -> Self {
        let dark = Self { router: DIM, competition: DIM, experts: DIM, ribbons: DIM, output: DIM };
        match phase {
            Phase::Route => Self { router: 1.0, ..dark },
            Phase::Compete if competes => Self { competition: 1.0, experts: 1.0, ..dark },
            Phase::Compete => dark,
            Phase::Combine => Self { experts: 1.0, ribbons: 1.0, output: 1.0, ..dark },
            Phase::Learn => Self { router: 1.0, experts: 1.0, output: 1.0, ..dark },
        }
    }
}

/// Draws something so strongly, 0 to 1.
pub(crate) fn drawn(ui: &mut Ui, strength: f32, draw: impl FnOnce(&mut Ui)) {
    let before = ui.opacity();
    ui.set_opacity(before * strength);
    draw(ui);
    ui.set_opacity(before);
}
