//! Words of the territory maps of the plane, and of the task they belong to.

use crate::domain::readings::MetricKind;
use crate::domain::roster::ExpertId;
use crate::run::Snapshot;
use crate::ui::kit::numbers::{count, fixed, percent};

/// In the place of the maps until the first ones are there.
pub const LOADING: &str = "Drawing the maps…";
/// In their place while an earlier step is looked at.
pub const ONLY_NEWEST: &str = "The maps show the newest step only (End)";

/// Title of the map of winners.
pub fn competition(competes: bool) -> &'static str {
    if competes { "The competition chooses" } else { "A competition would choose" }
}

/// Title of the map of picks.
pub const ROUTER: &str = "The router chooses";
/// Title of the map of answers.
pub const DECISION: &str = "Decision";
/// Beside it.
pub const DECISION_CAPTION: &str = "of the whole network";

/// Title of the map of what one expert answers.
pub fn alone(id: ExpertId) -> String {
    format!("Expert {id} alone")
}

/// Beside it.
pub const ALONE_CAPTION: &str = "if it answered everywhere";

/// Beside the map of winners: which one is shown.
pub fn winner_of(k: usize) -> String {
    if k == 1 { "largest affinity".into() } else { format!("first of {k} winners") }
}

/// Beside the map of picks: which one is shown.
pub fn pick_of(k: usize) -> String {
    if k == 1 { "largest score".into() } else { format!("first of {k} picks") }
}

/// An expert's share of a map.
pub fn share(id: ExpertId, share: f64) -> String {
    format!("Expert {id}: {} of the square", percent(share))
}

/// How much of the square has the same expert on both maps.
pub fn agree(share: f64) -> String {
    format!("agree {}", percent(share))
}

/// How much it would be by chance.
pub fn by_chance(share: f64) -> String {
    format!("chance {}", percent(share))
}

/// Kappa.
pub fn kappa(kappa: &str) -> String {
    format!("kappa {kappa}")
}

/// What the hatching is.
pub const DIFFER: &str = "differ";

/// Agreement, for those who cannot see it.
pub fn agreement(share: f64, chance: f64, kappa: &str) -> String {
    format!(
        "Router and competition agree on {} of the square, by chance {}; kappa {kappa}",
        percent(share),
        percent(chance)
    )
}

/// What the agreement of the maps is.
pub const ABOUT_AGREEMENT: &str = "Share of the square's cells where the router's first pick is the winner, beside what \
chance would give at these shares; kappa = (a − pₑ) ÷ (1 − pₑ). The tile “Agreement” measures the same on held-out points.\n\
Hatched in the colour of the expert that should have the place: the router picks another one.";

/// The score in its own way of writing.
pub fn score(shot: &Snapshot, value: f64) -> String {
    match kind(shot) {
        MetricKind::Accuracy => percent(value),
        MetricKind::BitsPerByte | MetricKind::MeanSquaredError => fixed(value, 4),
    }
}

/// The score with its name.
pub fn named_score(shot: &Snapshot, now: &str) -> String {
    format!("{} {now}", kind(shot).name())
}

/// Its chance level, if it is known.
pub fn chance(shot: &Snapshot) -> Option<String> {
    shot.text.metric.map(|metric| format!("chance {}", score(shot, metric.chance)))
}

/// The score, for those who cannot see it, and on what it was measured.
pub fn score_said(shot: &Snapshot, now: &str, held_out: Option<bool>) -> String {
    let on = match held_out {
        Some(true) => " on held-out points",
        Some(false) => " on the last training batch",
        None => "",
    };
    let chance = chance(shot).map_or_else(String::new, |chance| format!("; {chance}"));
    format!("{}{on}{chance}", named_score(shot, now))
}

fn kind(shot: &Snapshot) -> MetricKind {
    MetricKind::of(&shot.config.task)
}

/// A class, in few letters.
pub fn class_short(class: usize) -> String {
    class.to_string()
}

/// A place of the plane.
pub fn place([x, y]: [f64; 2]) -> String {
    format!("x {}, y {}", fixed(x, 2), fixed(y, 2))
}

/// Who wins a place and who is picked there, and by how much.
pub fn whose(winner: ExpertId, pick: ExpertId, won_by: f32, picked_by: f32) -> String {
    let [won_by, picked_by] = [won_by, picked_by].map(|margin| fixed(f64::from(margin), 3));
    if winner == pick {
        return format!("Expert {winner} wins by {won_by} and is picked by {picked_by}");
    }
    format!("Expert {winner} wins by {won_by}; the router picks {pick} by {picked_by}")
}

/// Column of experts.
pub const EXPERT: &str = "expert";
/// Column of affinities.
pub const AFFINITY: &str = "affinity";
/// Column of what the router picks by.
pub const SCORE: &str = "router score";

/// What the network answers at a place.
pub fn answers(probabilities: Option<&[f64]>, outputs: &[f32]) -> Vec<String> {
    match probabilities {
        Some(p) => {
            let each = p.iter().enumerate().map(|(class, &p)| format!("{class}: {}", percent(p)));
            vec![format!("class {}", each.collect::<Vec<_>>().join(", "))]
        }
        None => outputs.iter().map(|&value| format!("value {}", fixed(f64::from(value), 3))).collect(),
    }
}

/// The map of winners, for those who cannot see it.
pub fn territories_said(competes: bool, ids: &[ExpertId], shares: &[f64]) -> String {
    format!("{}: {}", competition(competes), listed(ids, shares))
}

/// The map of picks.
pub fn picks_said(ids: &[ExpertId], shares: &[f64]) -> String {
    format!("{ROUTER}: {}", listed(ids, shares))
}

/// The map of answers.
pub fn answers_said(side: usize, step: u64) -> String {
    format!("{DECISION} {DECISION_CAPTION}, {side} × {side} cells at step {}", count(step))
}

fn listed(ids: &[ExpertId], shares: &[f64]) -> String {
    let each = ids.iter().zip(shares).map(|(id, &share)| format!("expert {id} {}", percent(share)));
    each.collect::<Vec<_>>().join(", ")
}
