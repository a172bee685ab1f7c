//! Words of the territory maps of the plane, and of the task they belong to.

use crate::domain::config::TaskConfig;
use crate::domain::readings::MetricKind;
use crate::domain::roster::ExpertId;
use crate::run::Snapshot;
use crate::ui::kit::numbers::{count, fixed, percent};
use crate::words::constants::texts;
use crate::words::notation;
use crate::words::table::sentences;

texts! { "plane":
    /// In the place of the maps until the first ones are there.
    pub(crate) LOADING;
    /// In their place while an earlier step is looked at.
    pub(crate) ONLY_NEWEST;
    /// Title of the map of picks.
    pub(crate) ROUTER;
    /// Title of the map of answers.
    pub(crate) DECISION;
    /// Beside it.
    pub(crate) DECISION_CAPTION;
    /// Beside it.
    pub(crate) ALONE_CAPTION;
    /// What the hatching is.
    pub(crate) DIFFER;
    /// What is dashed on the map of winners.
    pub(crate) ROUTER_BORDER;
    /// What the agreement of the maps is.
    pub(crate) ABOUT_AGREEMENT;
    /// The loss tile: classes are told apart.
    pub(crate) CLASS_LOSS;
    /// The loss tile: values are predicted.
    pub(crate) VALUE_LOSS;
    /// Beside the title of the loss tile: classes.
    pub(crate) CLASS_CAPTION;
    /// Values.
    pub(crate) VALUE_CAPTION;
    /// What the chance level of the squared error is.
    pub(crate) VARIANCE;
    /// The shape of the points.
    pub(crate) DATA;
    /// What it is.
    pub(crate) ABOUT_DATA;
    /// How many points.
    pub(crate) POINTS;
    /// What they are.
    pub(crate) ABOUT_POINTS;
    /// What is predicted.
    pub(crate) TARGET;
    /// A class.
    pub(crate) CLASS_TARGET;
    /// A value.
    pub(crate) VALUE_TARGET;
    /// What that is.
    pub(crate) ABOUT_TARGET;
    /// How far points stray.
    pub(crate) NOISE;
    /// What it is.
    pub(crate) ABOUT_NOISE;
    /// Seed of the points.
    pub(crate) DATA_SEED;
    /// What it is.
    pub(crate) ABOUT_DATA_SEED;
    /// How many classes.
    pub(crate) CLASSES;
    /// Points of a step.
    pub(crate) BATCH;
    /// What one step takes.
    pub(crate) ABOUT_BATCH;
    /// What stands between input and output.
    pub(crate) BODY;
    /// Blocks.
    pub(crate) BLOCKS;
    /// One mixture.
    pub(crate) BARE;
    /// What that is.
    pub(crate) ABOUT_BARE;
    /// Layers.
    pub(crate) ABOUT_LAYERS;
    /// Before the tasks to choose from.
    pub(crate) TASK;
    /// A text is learnt.
    pub(crate) TEXT_TASK;
    /// Points are learnt.
    pub(crate) PLANE_TASK;
    /// The selection while nothing is selected.
    pub(crate) NO_SELECTION;
    /// Column of experts.
    pub(crate) EXPERT;
    /// Column of affinities.
    pub(crate) AFFINITY;
    /// Column of what the router picks by.
    pub(crate) SCORE;
    THE_COMPETITION_CHOOSES;
    A_COMPETITION_WOULD_CHOOSE;
    ANSWERS_LOUDEST;
    LARGEST_AFFINITY;
    EXPECTED_TO_WIN;
    LARGEST_SCORE;
    ON_HELD_OUT_POINTS;
    ON_THE_LAST_BATCH;
}

sentences! { "plane":
    /// Title of the map of what one expert answers.
    pub(crate) fn alone(id: ExpertId) { id = id };
    /// An expert's share of a map.
    pub(crate) fn share(id: ExpertId, share: f64) { id = id, share = percent(share) };
    /// How much of the square has the same expert on both maps.
    pub(crate) fn agree(share: f64) { share = percent(share) };
    /// How much it would be by chance.
    pub(crate) fn by_chance(share: f64) { share = percent(share) };
    /// Kappa.
    pub(crate) fn kappa(kappa: &str) { kappa = kappa };
    /// Agreement, for those who cannot see it.
    pub(crate) fn agreement(share: f64, chance: f64, kappa: &str) { share = percent(share), chance = percent(chance), kappa = kappa };
    /// Beside the task: how many points, and how often each was seen.
    pub(crate) fn passes(training: u64, passes: f64) { training = count(training), passes = fixed(passes, 1) };
    /// A class by name.
    pub(crate) fn class(class: usize) { class = class };
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
pub(crate) fn competition(competes: bool) -> &'static str {
    if competes { THE_COMPETITION_CHOOSES.said() } else { A_COMPETITION_WOULD_CHOOSE.said() }
}

/// Beside the map of winners: which one is shown.
/// `loudest`: by the length of the answers.
pub(crate) fn winner_of(k: usize, loudest: bool) -> String {
    match (k, loudest) {
        (1, true) => ANSWERS_LOUDEST.into(),
        (1, false) => LARGEST_AFFINITY.into(),
        (k, _) => first_of_winners(k),
    }
}

/// Beside the map of picks: which one is shown.
/// `competes`: it is taught by competitions.
pub(crate) fn pick_of(k: usize, competes: bool) -> String {
    match (k, competes) {
        (1, true) => EXPECTED_TO_WIN.into(),
        (1, false) => LARGEST_SCORE.into(),
        (k, _) => first_of_picks(k),
    }
}

/// The score in its own way of writing.
pub(crate) fn score(shot: &Snapshot, value: f64) -> String {
    match kind(shot) {
        MetricKind::Accuracy => percent(value),
        MetricKind::BitsPerByte | MetricKind::MeanSquaredError => fixed(value, 4),
    }
}

/// What a run learns: a shape of points, or a text by its name; empty while it is not open.
pub(crate) fn data_name(shot: &Snapshot) -> &str {
    let name = shot.data.badge.name.as_str();
    match &shot.config.task {
        TaskConfig::Plane(points) if name == points.data.label() => crate::words::named(points.data.label()),
        _ => name,
    }
}

/// What the score is called.
pub(crate) fn score_name(shot: &Snapshot) -> &'static str {
    crate::words::named(kind(shot).name())
}

/// The score with its name.
pub(crate) fn named_score(shot: &Snapshot, now: &str) -> String {
    format!("{} {now}", score_name(shot))
}

/// Its chance level, if it is known.
pub(crate) fn chance(shot: &Snapshot) -> Option<String> {
    shot.data.badge.metric.map(|metric| chance_of(score(shot, metric.chance)))
}

/// The score, for those who cannot see it, and on what it was measured.
pub(crate) fn score_said(shot: &Snapshot, now: &str, held_out: Option<bool>) -> String {
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
pub(crate) fn score_beside_chance(shot: &Snapshot, now: &str) -> String {
    let chance = chance(shot).map_or_else(String::new, |chance| format!(", {chance}"));
    format!("{}{chance}", named_score(shot, now))
}

/// Training and held-out points.
pub(crate) fn points(training: u64, held_out: u64) -> String {
    format!("{} + {}", count(training), count(held_out))
}

/// What is predicted, and of how many.
pub(crate) fn target(classes: Option<usize>) -> String {
    classes.map_or(VALUE_TARGET.into(), |classes| class_of(CLASS_TARGET, classes))
}

/// A class, in few letters.
pub(crate) fn class_short(class: usize) -> String {
    class.to_string()
}

/// A share of a map, in few letters: whole percent; what is less than half of one and more than nothing is not told as 0.
pub fn share_short(share: f64) -> String {
    let whole = (share * 100.0).round();
    let percent = notation::local(format!("{whole:.0} %"));
    if whole == 0.0 && share > 0.0 { format!("<{}", notation::local("1 %".into())) } else { percent }
}

/// A place of the plane.
pub(crate) fn place([x, y]: [f64; 2]) -> String {
    at_place(fixed(x, 2), fixed(y, 2))
}

/// Who wins a place and who is picked there, and by how much.
pub(crate) fn whose(winner: ExpertId, pick: ExpertId, won_by: f32, picked_by: f32) -> String {
    let [won_by, picked_by] = [won_by, picked_by].map(|margin| fixed(f64::from(margin), 3));
    if winner == pick {
        return wins_and_is_picked(winner, won_by, picked_by);
    }
    wins_not_picked(winner, won_by, pick, picked_by)
}

/// What the network answers at a place.
pub(crate) fn answers(probabilities: Option<&[f64]>, outputs: &[f32]) -> Vec<String> {
    match probabilities {
        Some(p) => {
            let each = p.iter().enumerate().map(|(class, &p)| format!("{class}: {}", percent(p)));
            vec![classes_answered(each.collect::<Vec<_>>().join(", "))]
        }
        None => outputs.iter().map(|&value| value_answered(fixed(f64::from(value), 3))).collect(),
    }
}

/// The map of winners, for those who cannot see it.
pub(crate) fn territories_said(competes: bool, ids: &[ExpertId], shares: &[f64]) -> String {
    format!("{}: {}", competition(competes), listed(ids, shares))
}

/// The map of picks.
pub(crate) fn picks_said(ids: &[ExpertId], shares: &[f64]) -> String {
    format!("{ROUTER}: {}", listed(ids, shares))
}

fn listed(ids: &[ExpertId], shares: &[f64]) -> String {
    let each = ids.iter().zip(shares).map(|(id, &share)| share_listed(id, percent(share)));
    each.collect::<Vec<_>>().join(", ")
}
