//! Words of the territory maps of the plane, and of the task they belong to.

use crate::domain::readings::MetricKind;
use crate::domain::roster::ExpertId;
use crate::run::Snapshot;
use crate::ui::kit::numbers::{count, fixed, percent};
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "plane":
    /// In the place of the maps until the first ones are there.
    pub LOADING;
    /// In their place while an earlier step is looked at.
    pub ONLY_NEWEST;
    /// Title of the map of picks.
    pub ROUTER;
    /// Title of the map of answers.
    pub DECISION;
    /// Beside it.
    pub DECISION_CAPTION;
    /// Beside it.
    pub ALONE_CAPTION;
    /// What the hatching is.
    pub DIFFER;
    /// What the agreement of the maps is.
    pub ABOUT_AGREEMENT;
    /// The loss tile: classes are told apart.
    pub CLASS_LOSS;
    /// The loss tile: values are predicted.
    pub VALUE_LOSS;
    /// Beside the title of the loss tile: classes.
    pub CLASS_CAPTION;
    /// Values.
    pub VALUE_CAPTION;
    /// What the chance level of the squared error is.
    pub VARIANCE;
    /// The shape of the points.
    pub DATA;
    /// What it is.
    pub ABOUT_DATA;
    /// How many points.
    pub POINTS;
    /// What they are.
    pub ABOUT_POINTS;
    /// What is predicted.
    pub TARGET;
    /// A class.
    pub CLASS_TARGET;
    /// A value.
    pub VALUE_TARGET;
    /// What that is.
    pub ABOUT_TARGET;
    /// How far points stray.
    pub NOISE;
    /// What it is.
    pub ABOUT_NOISE;
    /// Seed of the points.
    pub DATA_SEED;
    /// What it is.
    pub ABOUT_DATA_SEED;
    /// How many classes.
    pub CLASSES;
    /// Points of a step.
    pub BATCH;
    /// What one step takes.
    pub ABOUT_BATCH;
    /// What stands between input and output.
    pub BODY;
    /// Blocks.
    pub BLOCKS;
    /// One mixture.
    pub BARE;
    /// What that is.
    pub ABOUT_BARE;
    /// Layers.
    pub ABOUT_LAYERS;
    /// Before the tasks to choose from.
    pub TASK;
    /// A text is learnt.
    pub TEXT_TASK;
    /// Points are learnt.
    pub PLANE_TASK;
    /// The selection while nothing is selected.
    pub NO_SELECTION;
    /// Column of experts.
    pub EXPERT;
    /// Column of affinities.
    pub AFFINITY;
    /// Column of what the router picks by.
    pub SCORE;
    THE_COMPETITION_CHOOSES;
    A_COMPETITION_WOULD_CHOOSE;
    LARGEST_AFFINITY;
    LARGEST_SCORE;
    ON_HELD_OUT_POINTS;
    ON_THE_LAST_BATCH;
}

sentences! { "plane":
    /// Title of the map of what one expert answers.
    pub fn alone(id: ExpertId) { id = id };
    /// An expert's share of a map.
    pub fn share(id: ExpertId, share: f64) { id = id, share = percent(share) };
    /// How much of the square has the same expert on both maps.
    pub fn agree(share: f64) { share = percent(share) };
    /// How much it would be by chance.
    pub fn by_chance(share: f64) { share = percent(share) };
    /// Kappa.
    pub fn kappa(kappa: &str) { kappa = kappa };
    /// Agreement, for those who cannot see it.
    pub fn agreement(share: f64, chance: f64, kappa: &str) { share = percent(share), chance = percent(chance), kappa = kappa };
    /// Beside the task: how many points, and how often each was seen.
    pub fn passes(training: u64, passes: f64) { training = count(training), passes = fixed(passes, 1) };
    /// A class by name.
    pub fn class(class: usize) { class = class };
    /// The map of answers.
    pub fn answers_said(side: usize, step: u64) { decision = DECISION, decision_caption = DECISION_CAPTION, side = side, step = count(step) };
    fn first_of_winners(k);
    fn first_of_picks(k);
    fn chance_of(score);
    fn class_of(class_target, classes);
    fn at_place(x, y);
    fn wins_and_is_picked(winner, won_by, picked_by);
    fn wins_not_picked(winner, won_by, pick, picked_by);
    fn classes_answered(each);
    fn value_answered(value);
    fn share_listed(id, share);
}

/// Title of the map of winners.
pub fn competition(competes: bool) -> &'static str {
    if competes { THE_COMPETITION_CHOOSES } else { A_COMPETITION_WOULD_CHOOSE }
}

/// Beside the map of winners: which one is shown.
pub fn winner_of(k: usize) -> String {
    if k == 1 { LARGEST_AFFINITY.into() } else { first_of_winners(k) }
}

/// Beside the map of picks: which one is shown.
pub fn pick_of(k: usize) -> String {
    if k == 1 { LARGEST_SCORE.into() } else { first_of_picks(k) }
}

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
    shot.data.badge.metric.map(|metric| chance_of(score(shot, metric.chance)))
}

/// The score, for those who cannot see it, and on what it was measured.
pub fn score_said(shot: &Snapshot, now: &str, held_out: Option<bool>) -> String {
    let on = match held_out {
        Some(true) => format!(" {ON_HELD_OUT_POINTS}"),
        Some(false) => format!(" {ON_THE_LAST_BATCH}"),
        None => String::new(),
    };
    let chance = chance(shot).map_or_else(String::new, |chance| format!("; {chance}"));
    format!("{}{on}{chance}", named_score(shot, now))
}

fn kind(shot: &Snapshot) -> MetricKind {
    MetricKind::of(&shot.config.task)
}

/// Below the headline of the loss: the score beside its chance level.
pub fn score_beside_chance(shot: &Snapshot, now: &str) -> String {
    let chance = chance(shot).map_or_else(String::new, |chance| format!(", {chance}"));
    format!("{}{chance}", named_score(shot, now))
}

/// Training and held-out points.
pub fn points(training: u64, held_out: u64) -> String {
    format!("{} + {}", count(training), count(held_out))
}

/// What is predicted, and of how many.
pub fn target(classes: Option<usize>) -> String {
    classes.map_or(VALUE_TARGET.into(), |classes| class_of(CLASS_TARGET, classes))
}

/// A class, in few letters.
pub fn class_short(class: usize) -> String {
    class.to_string()
}

/// A share of a map, in few letters: whole percent; what is less than half of one and more than nothing is not told as 0.
pub fn share_short(share: f64) -> String {
    let whole = (share * 100.0).round();
    if whole == 0.0 && share > 0.0 { "<1 %".into() } else { format!("{whole:.0} %") }
}

/// A place of the plane.
pub fn place([x, y]: [f64; 2]) -> String {
    at_place(fixed(x, 2), fixed(y, 2))
}

/// Who wins a place and who is picked there, and by how much.
pub fn whose(winner: ExpertId, pick: ExpertId, won_by: f32, picked_by: f32) -> String {
    let [won_by, picked_by] = [won_by, picked_by].map(|margin| fixed(f64::from(margin), 3));
    if winner == pick {
        return wins_and_is_picked(winner, won_by, picked_by);
    }
    wins_not_picked(winner, won_by, pick, picked_by)
}

/// What the network answers at a place.
pub fn answers(probabilities: Option<&[f64]>, outputs: &[f32]) -> Vec<String> {
    match probabilities {
        Some(p) => {
            let each = p.iter().enumerate().map(|(class, &p)| format!("{class}: {}", percent(p)));
            vec![classes_answered(each.collect::<Vec<_>>().join(", "))]
        }
        None => outputs.iter().map(|&value| value_answered(fixed(f64::from(value), 3))).collect(),
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

fn listed(ids: &[ExpertId], shares: &[f64]) -> String {
    let each = ids.iter().zip(shares).map(|(id, &share)| share_listed(id, percent(share)));
    each.collect::<Vec<_>>().join(", ")
}
