//! Cards of the load: spread, effective experts, silence, and how routing settles. Pure.

use super::Card;
use super::sums::{batch_window, entropy, probe_window, written};
use crate::domain::measures::change::fluctuation_by_chance;
use crate::domain::measures::choice::largest_entropy;
use crate::domain::measures::load as measures;
use crate::domain::readings::ByteClass;
use crate::run::Snapshot;
use crate::store::history::{LayerMeasure as M, SeriesKey};
use crate::ui::kit::numbers::{self, small};
use crate::ui::view::ViewState;
use crate::ui::view::derived::{LayerLoad, at_a_fifth};
use crate::ui::words::{UNKNOWN, cards as said, measures as words};

/// Spread of the shares over a window.
pub fn cv(load: &LayerLoad, shot: &Snapshot, view: &ViewState) -> Card {
    let shares = load.shares();
    let mean = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
    let mut today = vec![said::shares(&listed(&shares))];
    if let Some(cv) = load.cv() {
        let deviation = numbers::fixed(cv * mean * 100.0, 2);
        today.push(format!(
            "{} ÷ {} = {}",
            numbers::per_cent(deviation),
            numbers::percent(mean),
            numbers::fixed(cv, 2)
        ));
        today.push(said::population(measures::cv_population(&shares)));
    }
    let most = measures::largest_cv(shares.len());
    let chance = Some(said::all_on_one(&numbers::fixed(most, 2), shares.len()));
    Card { measure: &words::CV, window: batch_window(shot, view, load.steps), today, chance }
}

/// Effective experts over a window.
pub fn effective_experts(load: &LayerLoad, shot: &Snapshot, view: &ViewState) -> Card {
    let (line, value) = entropy(&load.shares());
    let n = load.experts.len();
    let today = vec![said::entropy(&line), said::effective_experts(value, load.effective_experts(), n)];
    Card { measure: &words::EFFECTIVE_EXPERTS, window: batch_window(shot, view, load.steps), today, chance: None }
}

/// The busiest expert over a window.
pub fn over_ideal(load: &LayerLoad, shot: &Snapshot, view: &ViewState) -> Card {
    let busiest = load.experts.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    let n = load.experts.len() as f64;
    let today = busiest.map_or(Vec::new(), |&(id, share, _)| {
        let over = numbers::signed(load.max_vio() * 100.0, 0);
        vec![
            said::busiest(id, share, 1.0 / n),
            format!("{} ÷ {} − 1 = {}", small(share), small(1.0 / n), numbers::per_cent(over)),
        ]
    });
    Card { measure: &words::OVER_IDEAL, window: batch_window(shot, view, load.steps), today, chance: None }
}

/// How unevenly the window's tokens are spread.
pub fn lorenz(load: &LayerLoad, shot: &Snapshot, view: &ViewState) -> Card {
    let n = load.experts.len();
    let today = measures::gini(&load.shares()).map(said::gini).into_iter().collect();
    let most = measures::largest_gini(n);
    let chance = Some(said::all_on_one(&numbers::fixed(most, 3), n));
    Card { measure: &words::LORENZ, window: batch_window(shot, view, load.steps), today, chance }
}

/// Who answers which class of bytes.
pub fn lift(shot: &Snapshot, view: &ViewState) -> Card {
    let mut today = Vec::new();
    let of_bytes = view.seen(shot).filter(|seen| !seen.probe.items.bytes().is_empty());
    if let Some(seen) = of_bytes.filter(|seen| seen.layer.choices.k > 0 && !seen.roster.is_empty()) {
        let (choices, bytes) = (&seen.layer.choices, seen.probe.items.bytes());
        let class = ByteClass::ALL[0];
        let of = |token: usize| ByteClass::of(bytes[token]) == class;
        let picked = |token: usize| choices.picks(token).contains(&0);
        let tokens = choices.tokens().min(bytes.len());
        let (mut both, mut expert, mut each) = (0, 0, 0);
        for token in 0..tokens {
            both += usize::from(of(token) && picked(token));
            expert += usize::from(picked(token));
            each += usize::from(of(token));
        }
        let (id, name) = (seen.roster.slots[0], crate::words::named(class.name()));
        today.push(said::picks_of_class(id, name, both, expert));
        today.push(said::bytes_of_class(each, tokens));
        let value = seen.layer.matrices.lift.as_ref();
        let value = value.and_then(|lift| lift.first()?.first().copied()?);
        today.extend(value.map(said::lift));
    }
    Card { measure: &words::LIFT, window: probe_window(shot, view), today, chance: None }
}

/// Co-activation.
pub fn together(shot: &Snapshot, view: &ViewState) -> Card {
    let (mut today, mut chance) = (Vec::new(), None);
    if let Some(seen) = view.seen(shot).filter(|seen| seen.layer.choices.k > 1) {
        let choices = &seen.layer.choices;
        let has = |token: usize, slot: u16| choices.picks(token).contains(&slot);
        let first = (0..choices.tokens()).filter(|&token| has(token, 0)).count();
        let both = (0..choices.tokens()).filter(|&token| has(token, 0) && has(token, 1)).count();
        let (one, other) = (seen.roster.slots[0], seen.roster.slots[1]);
        let share = if first > 0 { numbers::percent(both as f64 / first as f64) } else { UNKNOWN.into() };
        today.push(said::together(one, other, both, first, &share));
        let (k, n) = (choices.k, choices.experts);
        let even = seen.layer.diagnosis.beside.coactivation_chance;
        chance = even.map(|even| said::together_even(k, n, even));
    }
    Card { measure: &words::COACTIVATION, window: probe_window(shot, view), today, chance }
}

/// How many bytes had not come to rest, by step.
pub fn settled(curve: &[(u64, f64)], shot: &Snapshot, view: &ViewState) -> Card {
    let today = at_a_fifth(curve, view.step(shot)).map(|(step, share)| said::not_settled(step, share));
    let window = said::of_layer(view.layer, &said::probes_kept(curve.len()));
    Card { measure: &words::LAST_CHANGE, window, today: today.into_iter().collect(), chance: None }
}

/// The card of a series of this family.
pub(crate) fn series(measure: M, shot: &Snapshot, view: &ViewState) -> Option<Card> {
    let step = view.step(shot);
    let value =
        |measure| shot.memory.history.get(SeriesKey::Layer(view.layer, measure)).and_then(|s| s.at_or_before(step));
    // As they were at the probe that is shown: both may have been changed since.
    let now = (view.roster(shot).map_or(1, |roster| roster.len()).max(1), shot.knobs.top_k.max(1));
    let (n, k) = view.seen(shot).map_or(now, |seen| (seen.layer.choices.experts.max(1), seen.layer.choices.k.max(1)));
    let tokens = shot.config.sequences * shot.config.model.context;
    let each = batch_window(shot, view, 1);
    Some(match measure {
        M::MaxVio | M::MaxVioGlobal => {
            let mean = (tokens * k) as f64 / n as f64;
            let mut today = Vec::new();
            if let Some(vio) = value(M::MaxVio) {
                today.push(said::max_vio((vio + 1.0) * mean, mean, vio));
            }
            today.extend(value(M::MaxVioGlobal).map(said::max_vio_of_window));
            Card { measure: &words::MAX_VIO, window: each, today, chance: None }
        }
        M::LoadEntropy => {
            let most = largest_entropy(n);
            let today = value(measure).map(|h| said::load_entropy(h, most, n));
            Card { measure: &words::LOAD_ENTROPY, window: each, today: today.into_iter().collect(), chance: None }
        }
        M::DeadExperts => {
            let mut today = value(measure).map_or(Vec::new(), |dead| vec![said::dead(dead, n)]);
            let mut over = each;
            if let Some(silent) = view.seen(shot).and_then(|seen| seen.layer.diagnosis.beside.silence_window) {
                let luck = measures::chance_of_silence(n, k, silent);
                today.push(said::luck(silent, k, n, luck));
                over = said::over_steps(&over, silent.div_ceil(tokens.max(1) as u64).max(1));
            }
            Card { measure: &words::DEAD, window: over, today, chance: None }
        }
        M::Nmi => {
            let today = value(measure).map_or(Vec::new(), |nmi| told(nmi, shot, view));
            Card { measure: &words::NMI, window: probe_window(shot, view), today, chance: None }
        }
        M::Fluctuation => {
            let seen = view.seen(shot);
            let bytes = seen.map_or(0, |seen| seen.probe.tokens) as f64;
            let today = value(measure).map(|share| {
                let changed = numbers::fixed(share * bytes, 0);
                format!("{changed} ÷ {} = {}", numbers::fixed(bytes, 0), numbers::percent(share))
            });
            let chance =
                seen.and_then(|seen| fluctuation_by_chance(&seen.layer.choices.first_picks()).map(said::drawn_anew));
            let today = today.into_iter().collect();
            Card { measure: &words::FLUCTUATION, window: probe_window(shot, view), today, chance }
        }
        M::Saturation => {
            let mut today = Vec::new();
            if let Some(share) = value(measure) {
                today.push(said::picks_shared(share, k));
            }
            if let Some(reference) = &shot.memory.history.reference {
                today.push(said::reference(reference.probe.step));
            }
            let chance = Some(said::picks_by_chance(k, n));
            Card { measure: &words::SATURATION, window: probe_window(shot, view), today, chance }
        }
        _ => return None,
    })
}

/// Byte class against first pick, in numbers.
fn told(nmi: f64, shot: &Snapshot, view: &ViewState) -> Vec<String> {
    let of_bytes = view.seen(shot).filter(|seen| !seen.probe.items.bytes().is_empty());
    let Some(seen) = of_bytes else { return vec![small(nmi)] };
    let mut classes = [0u32; ByteClass::ALL.len()];
    seen.probe.items.bytes().iter().for_each(|&byte| classes[ByteClass::of(byte) as usize] += 1);
    let (class, expert) = (measures::entropy(&classes), measures::entropy(&seen.layer.choices.first_picks()));
    let mean = (class + expert) / 2.0;
    vec![said::entropies(class, expert, mean), format!("{} ÷ {} = {}", small(nmi * mean), small(mean), small(nmi))]
}

fn listed(shares: &[f64]) -> String {
    let each = shares.iter().map(|share| numbers::fixed(share * 100.0, 1)).collect::<Vec<_>>();
    numbers::per_cent(written(each.into_iter()).replace(" + ", "  "))
}
