//! What became of one mixture between two checkpoints: how far its router and each of its experts went.

use serde::Serialize;

use super::comparable::Pair;
use super::likeness::Likeness;
use super::matching::{ExpertMatching, MatchedBy};
use super::moved::MovedTokens;
use super::neurons;
use super::weights::{self, Change, Compared, ExpertChange, Partners};
use crate::domain::roster::Roster;
use crate::inspect::fault::InspectError;
use crate::inspect::health::{self, Watch};
use crate::inspect::layout::ExpertPlaces;
use crate::inspect::model::{Model, RouterWeights};

/// What became of one mixture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerDifference {
    key: String,
    matching: ExpertMatching,
    router: Option<f64>,
    router_biases: Option<f64>,
    shared: Option<f64>,
    experts: Vec<ExpertDifference>,
    unread: Option<String>,
    #[serde(skip)]
    is_nothing: bool,
    moved: Option<MovedTokens>,
}

/// How far one expert's weights went: ‖W now − W then‖ ÷ ‖W then‖. `None` for an expert that is new, one that was not read, and
/// where a number is not finite or zeros became something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpertDifference {
    now: usize,
    then: Option<usize>,
    whole: Option<f64>,
    gate: Option<f64>,
    up: Option<f64>,
    down: Option<f64>,
    router_row: Option<f64>,
}

impl ExpertDifference {
    /// Its number now.
    pub fn now(&self) -> usize {
        self.now
    }

    /// Its number then; `None` if it is new.
    pub fn then(&self) -> Option<usize> {
        self.then
    }

    /// Of all its matrices and biases together.
    pub fn whole(&self) -> Option<f64> {
        self.whole
    }

    /// Of its gate.
    pub fn gate(&self) -> Option<f64> {
        self.gate
    }

    /// Of its up.
    pub fn up(&self) -> Option<f64> {
        self.up
    }

    /// Of its down.
    pub fn down(&self) -> Option<f64> {
        self.down
    }

    /// Of its row of the router.
    pub fn router_row(&self) -> Option<f64> {
        self.router_row
    }
}

impl LayerDifference {
    /// The mixture's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Which expert then is which now, and by what.
    pub fn matching(&self) -> &ExpertMatching {
        &self.matching
    }

    /// ‖R now − R then‖ ÷ ‖R then‖ of the rows of the router, those of matched experts against each other; rows that only one
    /// has are left out. `None` without a router.
    pub fn router(&self) -> Option<f64> {
        self.router
    }

    /// The same of the router's biases, and of those by which experts are chosen; `None` if there are none, or zeros became
    /// something.
    pub fn router_biases(&self) -> Option<f64> {
        self.router_biases
    }

    /// The same of the shared expert; `None` without one.
    pub fn shared(&self) -> Option<f64> {
        self.shared
    }

    /// The experts now, in order.
    pub fn experts(&self) -> &[ExpertDifference] {
        &self.experts
    }

    /// Why the experts' numbers cannot be read.
    pub fn unread(&self) -> Option<&str> {
        self.unread.as_deref()
    }

    /// Whether nothing that was compared changed: no weight, no expert's place.
    pub fn is_nothing(&self) -> bool {
        self.is_nothing
    }

    /// Which tokens of a text moved, if one was routed by both.
    pub fn moved(&self) -> Option<&MovedTokens> {
        self.moved.as_ref()
    }

    pub(super) fn take_moved(&mut self, moved: MovedTokens) {
        self.moved = Some(moved);
    }
}

/// Compares a mixture now and then.
///
/// - `models`: now, then
/// - `identities`: of its experts, now and then, if a run keeps them
pub(super) fn compare(
    models: [&Model; 2],
    pair: Pair<'_>,
    identities: Option<&[Roster; 2]>,
    quick: bool,
    watch: Watch<'_>,
) -> Result<Option<LayerDifference>, InspectError> {
    let routers = Routers { now: models[0].router(pair.0)?, then: models[1].router(pair.1)? };
    let known = identities.and_then(|rosters| by_identity(rosters, pair));
    let is_packed = pair.0.is_packed() || pair.1.is_packed();
    let read = if quick || is_packed {
        Ok(Some(None))
    } else {
        experts(models, pair, known.clone(), watch).map(|found| found.map(Some))
    };
    let (found, unread) = match read {
        Ok(Some(found)) => (found, None),
        Ok(None) => return Ok(None),
        Err(error) if health::is_unknown(&error) => (None, Some(error.to_string())),
        Err(error) => return Err(error),
    };
    let shared = if found.is_some() { shared(models, pair)? } else { None };
    let (matching, changes) = found.unwrap_or_else(|| (known.unwrap_or_else(|| routers.matching(pair)), Vec::new()));
    let rows = routers.rows(&matching, pair);
    let biases = routers.biases(&matching);
    let router = rows.iter().flatten().copied().reduce(Change::plus);
    let ratio = |change: Option<Change>| change.and_then(Change::ratio);
    let one = |now: usize| {
        let change: Option<ExpertChange> = changes.get(now).copied().flatten();
        let [gate, up, down] = change.map_or([None; 3], |change| change.parts.map(ratio));
        let router_row = ratio(rows.get(now).copied().flatten());
        let whole = change.and_then(|change| change.whole.ratio());
        ExpertDifference { now, then: matching.then_of(now), whole, gate, up, down, router_row }
    };
    let is_nothing = !matching.is_renumbered()
        && [router, biases, shared].into_iter().flatten().all(Change::is_nothing)
        && changes.iter().flatten().all(|change| change.whole.is_nothing());
    Ok(Some(LayerDifference {
        key: pair.0.key().to_owned(),
        experts: (0..pair.0.experts()).map(one).collect(),
        router: ratio(router),
        router_biases: ratio(biases),
        shared: ratio(shared),
        matching,
        unread,
        is_nothing,
        moved: None,
    }))
}

/// The matching of a run that keeps its experts' identities; `None` if they are not those of these mixtures.
fn by_identity(rosters: &[Roster; 2], (now, then): Pair<'_>) -> Option<ExpertMatching> {
    let [of_now, of_then] = rosters;
    if of_now.len() != now.experts() || of_then.len() != then.experts() {
        return None;
    }
    let of = of_now.slots.iter().map(|id| of_then.slots.iter().position(|was| was == id));
    Some(ExpertMatching::new(MatchedBy::Identity, of.collect(), then.experts()))
}

/// Matches the experts if it is not known which is which, and compares each with its own: by its number now.
fn experts(
    models: [&Model; 2],
    pair: Pair<'_>,
    known: Option<ExpertMatching>,
    watch: Watch<'_>,
) -> Result<Option<Matched>, InspectError> {
    let (now, then) = (pair.0.experts(), pair.1.experts());
    let partners = |matching: &ExpertMatching| -> Vec<Partners> {
        (0..now).map(|expert| [matching.then_of(expert).map(|_| expert), matching.then_of(expert)]).collect()
    };
    if let Some(matching) = known {
        let compared = weights::compare_all(models, pair, &partners(&matching), 0, watch)?;
        return Ok(compared.map(|compared| (matching, compared.changes)));
    }
    let is_matched = now.max(then) <= health::MOST_COMPARED;
    let numbers = pair.0.expert_parameters();
    let kept = if is_matched { weights::kept(now.max(then), numbers) } else { 0 };
    let stays: Vec<Partners> = (0..now.max(then))
        .map(|expert| [(expert < now).then_some(expert), (expert < then).then_some(expert)])
        .collect();
    let Some(compared) = weights::compare_all(models, pair, &stays, kept, watch)? else { return Ok(None) };
    let Compared { mut changes, samples } = compared;
    changes.truncate(now);
    if kept == 0 {
        return Ok(Some((ExpertMatching::as_stored(now, then), changes)));
    }
    let is_estimated = (kept as u64) < numbers;
    let matching = Likeness::of_rows(&samples, then, now, kept).matching(MatchedBy::Weights, is_estimated, None);
    drop(samples);
    let matching = if matching.are_strangers() {
        let Some(found) = neurons::matching(models, pair, watch)? else { return Ok(None) };
        found.unwrap_or(matching)
    } else {
        matching
    };
    let wanted = partners(&matching);
    let moved: Vec<usize> = (0..now).filter(|&expert| matching.then_of(expert) != Some(expert)).collect();
    let again: Vec<Partners> = moved.iter().filter_map(|&expert| wanted.get(expert).copied()).collect();
    let Some(found) = weights::compare_all(models, pair, &again, 0, watch)? else { return Ok(None) };
    for (expert, change) in moved.into_iter().zip(found.changes) {
        if let Some(place) = changes.get_mut(expert) {
            *place = change;
        }
    }
    Ok(Some((matching, changes)))
}

/// Which expert is which, and what changed in each.
type Matched = (ExpertMatching, Vec<Option<ExpertChange>>);

fn shared(models: [&Model; 2], (now, then): Pair<'_>) -> Result<Option<Change>, InspectError> {
    let (Some(now), Some(then)) = (now.shared_place(), then.shared_place()) else { return Ok(None) };
    let has_gate = |places: &ExpertPlaces| places.gate.is_some();
    if now.places.up.shape() != then.places.up.shape() || has_gate(&now.places) != has_gate(&then.places) {
        return Ok(None);
    }
    let nothing: [&mut [f32]; 2] = [&mut [], &mut []];
    let found = weights::compare(models, [&now.places, &then.places], [Some(0), Some(0)], nothing)?;
    Ok(found.map(|change| change.whole))
}

/// The routers of a mixture.
struct Routers {
    now: Option<RouterWeights>,
    then: Option<RouterWeights>,
}

impl Routers {
    /// By the rows of the routers alone.
    fn matching(&self, (now, then): Pair<'_>) -> ExpertMatching {
        let (experts_now, experts_then) = (now.experts(), then.experts());
        let stays = ExpertMatching::as_stored(experts_now, experts_then);
        let (Some(now), Some(then)) = (&self.now, &self.then) else { return stays };
        let width = now.rows.columns();
        if width != then.rows.columns() || width == 0 || experts_now.max(experts_then) > health::MOST_COMPARED {
            return stays;
        }
        let rows = |router: &RouterWeights, experts: usize| -> Vec<f32> {
            let mut rows = router.rows.values().to_vec();
            rows.resize(experts * width, 0.0);
            rows
        };
        let both = [rows(then, experts_then), rows(now, experts_now)].concat();
        Likeness::of_rows(&both, experts_then, experts_now, width).matching(MatchedBy::RouterRows, false, None)
    }

    /// What changed in the row of each expert now; then rows of what is no expert.
    fn rows(&self, matching: &ExpertMatching, pair: Pair<'_>) -> Vec<Option<Change>> {
        let (Some(now), Some(then)) = (&self.now, &self.then) else { return Vec::new() };
        if now.rows.columns() != then.rows.columns() {
            return Vec::new();
        }
        let beyond = |row: usize| (row >= pair.0.experts()).then(|| row - pair.0.experts() + pair.1.experts());
        (0..now.rows.rows())
            .map(|row| {
                let was = matching.then_of(row).or_else(|| beyond(row)).filter(|was| *was < then.rows.rows())?;
                Some(Change::of(now.rows.row(row), then.rows.row(was)))
            })
            .collect()
    }

    /// What changed in the biases of matched experts.
    fn biases(&self, matching: &ExpertMatching) -> Option<Change> {
        let (now, then) = (self.now.as_ref()?, self.then.as_ref()?);
        let pairs = [(&now.bias, &then.bias), (&now.correction_bias, &then.correction_bias)];
        let changes = pairs.into_iter().filter_map(|(now, then)| {
            let (now, then) = (now.as_ref()?, then.as_ref()?);
            let matched = now
                .iter()
                .enumerate()
                .filter_map(|(expert, bias)| Some((*bias, *then.get(matching.then_of(expert)?)?)));
            let (now, then): (Vec<f32>, Vec<f32>) = matched.unzip();
            Some(Change::of(&now, &then))
        });
        changes.reduce(Change::plus)
    }
}
