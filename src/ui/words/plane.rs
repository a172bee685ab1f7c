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

/// What the score is called.
pub fn score_name(shot: &Snapshot) -> &'static str {
    kind(shot).name()
}

/// The score with its name.
pub fn named_score(shot: &Snapshot, now: &str) -> String {
    format!("{} {now}", score_name(shot))
}

/// Its chance level, if it is known.
pub fn chance(shot: &Snapshot) -> Option<String> {
    shot.data.badge.metric.map(|metric| format!("chance {}", score(shot, metric.chance)))
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

/// What is said of bytes and texts, and the same of points. The longer ones first.
const OF_POINTS: [(&str, &str); 12] = [
    ("neighbouring bytes", "neighbouring points of the probe"),
    ("fixed batch of text", "fixed batch of points"),
    ("fixed batches of text", "fixed batches of points"),
    ("classes of bytes", "classes"),
    ("class of bytes", "class"),
    ("byte class", "class"),
    ("the byte that follows", "the class"),
    ("next byte", "class"),
    ("bytes", "points"),
    ("byte", "point"),
    ("Bytes", "Points"),
    ("Byte", "Point"),
];

/// What is said of bytes, said of points.
pub fn of_points(words: &str) -> String {
    OF_POINTS.iter().fold(words.to_owned(), |words, (bytes, points)| words.replace(bytes, points))
}

/// The loss tile: classes are told apart.
pub const CLASS_LOSS: &str = "Cross-entropy of the class over the training batch: mean line, band from least to most per \
bucket; rings are validations on the held-out points, router only. The uniform baseline is ln of the number of classes.\n\
Accuracy is the share of points whose class has the largest logit; its chance level is the share of the largest class.\n\
Flags mark what was changed while it ran.";
/// The loss tile: values are predicted.
pub const VALUE_LOSS: &str = "Mean squared error over the training batch: mean line, band from least to most per bucket; \
rings are validations on the held-out points, router only. The baseline is the variance of the values: the error of \
always answering their mean.\n\
Flags mark what was changed while it ran.";
/// Beside the title of the loss tile: classes.
pub const CLASS_CAPTION: &str = "cross-entropy of the class";
/// Values.
pub const VALUE_CAPTION: &str = "mean squared error";
/// What the chance level of the squared error is.
pub const VARIANCE: &str = "variance of the values";

/// Below the headline of the loss: the score beside its chance level.
pub fn score_beside_chance(shot: &Snapshot, now: &str) -> String {
    let chance = chance(shot).map_or_else(String::new, |chance| format!(", {chance}"));
    format!("{}{chance}", named_score(shot, now))
}

/// The shape of the points.
pub const DATA: &str = "Data";
/// What it is.
pub const ABOUT_DATA: &str =
    "The shape on which the points lie, in the square from −1 to 1. The network is given x, y and a 1.";
/// How many points.
pub const POINTS: &str = "Points";

/// Training and held-out points.
pub fn points(training: u64, held_out: u64) -> String {
    format!("{} + {}", count(training), count(held_out))
}

/// What they are.
pub const ABOUT_POINTS: &str = "Training points, and a fifth as many that are held out for validation and probes.";
/// What is predicted.
pub const TARGET: &str = "Predicts";
/// A class.
pub const CLASS_TARGET: &str = "class";
/// A value.
pub const VALUE_TARGET: &str = "value";

/// What is predicted, and of how many.
pub fn target(classes: Option<usize>) -> String {
    classes.map_or(VALUE_TARGET.into(), |classes| format!("{CLASS_TARGET} of {classes}"))
}

/// What that is.
pub const ABOUT_TARGET: &str = "The class of a point, or the value of the shape's function there.";
/// How far points stray.
pub const NOISE: &str = "Noise";
/// What it is.
pub const ABOUT_NOISE: &str = "Standard deviation of the normal noise on x and y.";
/// Seed of the points.
pub const DATA_SEED: &str = "Points' seed";
/// What it is.
pub const ABOUT_DATA_SEED: &str = "Seed of the points, whatever the seed of the run.";
/// How many classes.
pub const CLASSES: &str = "Classes";
/// Points of a step.
pub const BATCH: &str = "Points a step";
/// What one step takes.
pub const ABOUT_BATCH: &str = "Points drawn from the training points at each step.";
/// What stands between input and output.
pub const BODY: &str = "Network";
/// Blocks.
pub const BLOCKS: &str = "blocks";
/// One mixture.
pub const BARE: &str = "one mixture alone";
/// What that is.
pub const ABOUT_BARE: &str = "One mixture of experts between input and output, without norm or residual stream.";
/// Layers.
pub const ABOUT_LAYERS: &str =
    "Blocks of a norm and a mixture of experts on a residual stream; points do not see each other.";
/// Before the tasks to choose from.
pub const TASK: &str = "Task";
/// A text is learnt.
pub const TEXT_TASK: &str = "a text";
/// Points are learnt.
pub const PLANE_TASK: &str = "points in the plane";
/// The selection while nothing is selected.
pub const NO_SELECTION: &str = "Hover or click an expert or a map.";

/// Beside the task: how many points, and how often each was seen.
pub fn passes(training: u64, passes: f64) -> String {
    format!("{} points · {} passes", count(training), fixed(passes, 1))
}

/// A class by name.
pub fn class(class: usize) -> String {
    format!("class {class}")
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
