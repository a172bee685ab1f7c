//! What the flow shows, as plain rows, shares and places. Pure.

use std::ops::Range;

use eframe::egui::{Pos2, Rangef, Rect, pos2};

use crate::domain::roster::ExpertId;
use crate::ui::view::state::SeenLayer;
use crate::ui::words;

/// Height of the line of titles.
pub(crate) const TITLES: f32 = 20.0;

/// One layer and some bytes of a probe.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Flow {
    /// A row per byte.
    pub rows: Vec<Line>,
    /// `[N]` share of the whole probe's picks.
    pub load: Vec<f32>,
    /// `[N]` share of the whole probe's wins; not a number if nobody competed.
    pub wins: Vec<f32>,
    /// Of the rows shown: winners among the router's picks, and winners.
    pub predicted: (usize, usize),
}

/// A byte's way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// Its place in the probe.
    pub token: usize,
    /// `[N]` the router's probabilities.
    pub p: Vec<f32>,
    /// Slots the router picks.
    pub picked: Vec<u16>,
    /// Slots that win.
    pub won: Vec<u16>,
    /// Slots whose answers make the output, with their weights, which add up to 1.
    pub carriers: Vec<(u16, f32)>,
    /// Slots that the other side wanted: picks that lost, or winners that were missed.
    pub others: Vec<u16>,
    /// Of each winner, whether the router picked it.
    pub predicted: Vec<bool>,
}

/// A ribbon between a row and an expert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Link {
    /// The row.
    pub row: usize,
    /// The expert's slot.
    pub slot: u16,
    /// 0 to 1.
    pub weight: f32,
}

impl Flow {
    /// The bytes `tokens` of what is seen; `by_winners`: carried by the winners, weighted by response, as on a competition
    /// step, else by the router's picks.
    pub fn of(seen: &SeenLayer<'_>, tokens: Range<usize>, by_winners: bool) -> Self {
        let choices = &seen.layer.choices;
        let shares = |counts: &Option<Vec<u32>>| {
            let counts = counts.as_deref().unwrap_or_default();
            let all = counts.iter().sum::<u32>().max(1) as f32;
            counts.iter().map(|&count| count as f32 / all).collect::<Vec<f32>>()
        };
        let rows: Vec<Line> = tokens
            .map(|token| {
                let (picks, winners) = (choices.picks(token).to_vec(), choices.winners(token).to_vec());
                let carriers = if by_winners {
                    shared(winners.iter().map(|&slot| (slot, choices.s(token)[usize::from(slot)])))
                } else {
                    shared(picks.iter().copied().zip(choices.weights(token).iter().copied()))
                };
                let (ours, theirs) = if by_winners { (&winners, &picks) } else { (&picks, &winners) };
                let others = theirs.iter().copied().filter(|slot| !ours.contains(slot)).collect();
                let predicted = winners.iter().map(|slot| picks.contains(slot)).collect();
                Line { token, p: choices.p(token).to_vec(), carriers, others, predicted, picked: picks, won: winners }
            })
            .collect();
        let winners = rows.iter().map(|row| row.won.len()).sum();
        let predicted = rows.iter().flat_map(|row| &row.predicted).filter(|&&predicted| predicted).count();
        Self {
            rows,
            load: shares(&seen.layer.diagnosis.load.counts),
            wins: match &seen.layer.diagnosis.agreement.won {
                None => vec![f32::NAN; seen.roster.len()],
                won => shares(won),
            },
            predicted: (predicted, winners),
        }
    }

    /// All ribbons that carry something.
    pub fn carried(&self) -> impl Iterator<Item = Link> {
        let of_row = |(row, line): (usize, &Line)| {
            line.carriers.iter().map(move |&(slot, weight)| Link { row, slot, weight }).collect::<Vec<Link>>()
        };
        self.rows.iter().enumerate().flat_map(of_row)
    }

    /// All that the other side wanted.
    pub fn wanted(&self) -> impl Iterator<Item = Link> {
        let of_row = |(row, line): (usize, &Line)| {
            line.others.iter().map(move |&slot| Link { row, slot, weight: 0.0 }).collect::<Vec<Link>>()
        };
        self.rows.iter().enumerate().flat_map(of_row)
    }
}

impl Line {
    /// The row in words.
    pub fn words(&self, byte: u8, ids: &[ExpertId]) -> String {
        let all_of = |slots: &[u16]| slots.iter().map(|&slot| ids[usize::from(slot)]).collect::<Vec<ExpertId>>();
        if self.won.is_empty() {
            return words::flow::row_routed(byte, self.token, &all_of(&self.picked));
        }
        words::flow::row(byte, self.token, &all_of(&self.picked), &all_of(&self.won))
    }
}

/// Shares that add up to 1; equal ones if nothing weighs anything.
fn shared(weighed: impl Iterator<Item = (u16, f32)>) -> Vec<(u16, f32)> {
    let weighed: Vec<(u16, f32)> = weighed.map(|(slot, weight)| (slot, weight.max(0.0))).collect();
    let all: f32 = weighed.iter().map(|w| w.1).filter(|w| w.is_finite()).sum();
    let even = 1.0 / weighed.len().max(1) as f32;
    let share = |weight: f32| if all > 0.0 && weight.is_finite() { weight / all } else { even };
    weighed.into_iter().map(|(slot, weight)| (slot, share(weight))).collect()
}

/// Where everything lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ScenePlaces {
    /// All of it.
    pub rect: Rect,
    /// Bytes.
    pub byte: Rangef,
    /// Bars of the router.
    pub p: Rangef,
    /// Ribbons to the experts.
    pub links: Rangef,
    /// The experts' middle, and no extent.
    pub expert: (f32, f32),
    /// Room for load and wins beside the experts; 0 if there is none.
    pub shares: f32,
    /// Ribbons on to the output.
    pub out: Rangef,
    /// Bars of the output.
    pub mix: Rangef,
    /// Dots.
    pub predicted: Rangef,
    /// Distance of two rows.
    pub pitch: f32,
    /// Largest radius of a disc.
    pub disc_radius: f32,
    experts: usize,
}

impl ScenePlaces {
    /// Cuts `rect` for so many rows and experts.
    pub fn new(rect: Rect, rows: usize, experts: usize) -> Self {
        let width = rect.width();
        let at = |share: f32| rect.left() + width * share;
        let wide = width > 700.0;
        let shares: f32 = if wide && experts <= 24 { 104.0 } else { 0.0 };
        let pitch = (rect.height() - TITLES) / rows.max(1) as f32;
        let disc_radius = ((rect.height() - TITLES) / experts.max(1) as f32 * 0.5 - 1.0).clamp(1.0, 15.0);
        let byte = Rangef::new(rect.left(), rect.left() + 24.0);
        let p = Rangef::new(byte.max + 12.0, (byte.max + 12.0).max(at(0.15)));
        let expert = at(if wide { 0.48 } else { 0.56 });
        // Without load and wins there is still room for a number beside a small disc.
        let out_start = expert + disc_radius.max(10.0) * 1.25 + 6.0 + shares.max(12.0);
        let mix = if wide { Rangef::new(at(0.81), at(0.91)) } else { Rangef::new(at(0.86), at(0.98)) };
        let predicted =
            if wide { Rangef::new(at(0.935), rect.right()) } else { Rangef::new(rect.right(), rect.right()) };
        Self {
            rect,
            byte,
            p,
            links: Rangef::new(p.max + 8.0, expert - disc_radius - 3.0),
            expert: (expert, 0.0),
            shares,
            out: Rangef::new(out_start, mix.min - 4.0),
            mix,
            predicted,
            pitch,
            disc_radius,
            experts,
        }
    }

    /// Middle of a row.
    pub fn y(&self, row: usize) -> f32 {
        self.rect.top() + TITLES + self.pitch * (row as f32 + 0.5)
    }

    /// Height of the rows together.
    pub fn table_height(&self) -> f32 {
        self.rect.height() - TITLES
    }

    /// Middle of an expert's disc.
    pub fn disc(&self, slot: usize) -> Pos2 {
        let share = (slot as f32 + 0.5) / self.experts.max(1) as f32;
        pos2(self.expert.0, self.rect.top() + TITLES + self.table_height() * share)
    }

    /// Right end of the loads.
    pub fn load_x(&self) -> f32 {
        self.expert.0 + self.disc_radius.max(10.0) * 1.25 + 46.0
    }

    /// Right end of the wins.
    pub fn wins_x(&self) -> f32 {
        self.load_x() + 40.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::readings::{Choices, LayerProbe, ProbeReading};
    use crate::domain::roster::Roster;

    fn probe() -> (ProbeReading, Roster) {
        let choices = Choices {
            experts: 3,
            k: 2,
            p: vec![0.5, 0.3, 0.2, 0.1, 0.1, 0.8],
            s: vec![1.0, 3.0, 1.0, 0.0, 2.0, 6.0],
            picks: vec![0, 1, 2, 0],
            weights: vec![0.6, 0.2, 0.0, 0.0],
            winners: vec![1, 0, 2, 1],
        };
        let mut layer = LayerProbe { choices, ..LayerProbe::default() };
        layer.diagnosis.load.counts = Some(vec![2, 1, 1]);
        layer.diagnosis.agreement.won = Some(vec![1, 2, 1]);
        (ProbeReading { tokens: 2, layers: vec![layer], ..ProbeReading::default() }, Roster::new(3))
    }

    #[test]
    fn picks_or_winners_carry_and_the_others_are_told() {
        let (probe, roster) = probe();
        let seen = SeenLayer { probe: &probe, layer: &probe.layers[0], roster: &roster };
        let routed = Flow::of(&seen, 0..2, false);
        let carriers: Vec<(u16, f32)> = routed.rows[0].carriers.clone();
        assert!((carriers[0].1 - 0.75).abs() < 1e-6 && (carriers[1].1 - 0.25).abs() < 1e-6, "{carriers:?}");
        assert_eq!(routed.rows[1].carriers, [(2, 0.5), (0, 0.5)], "weights of nothing are shared evenly");
        assert_eq!((routed.rows[0].others.clone(), routed.rows[1].others.clone()), (vec![], vec![1]));
        assert_eq!((routed.predicted, routed.load.clone()), ((3, 4), vec![0.5, 0.25, 0.25]));
        let won = Flow::of(&seen, 1..2, true);
        assert_eq!((won.rows[0].carriers.clone(), won.rows[0].others.clone()), (vec![(2, 0.75), (1, 0.25)], vec![0]));
        assert_eq!((won.carried().count(), won.wanted().count(), won.predicted), (2, 1, (1, 2)));
    }

    #[test]
    fn places_lie_in_order_at_any_width() {
        for (width, rows, experts) in [(1016.0, 16, 8), (980.0, 10, 64), (500.0, 5, 2), (300.0, 1, 256)] {
            let rect = Rect::from_min_size(pos2(10.0, 20.0), eframe::egui::vec2(width, 280.0));
            let places = ScenePlaces::new(rect, rows, experts);
            let edges = [places.byte.max, places.p.min, places.p.max, places.links.min, places.links.max];
            assert!(edges.is_sorted(), "{width}: {edges:?}");
            assert!(places.expert.0 < places.out.min && places.out.max <= places.mix.min, "{width}: {places:?}");
            assert!(places.mix.max <= places.rect.right() && places.disc(experts - 1).y < rect.bottom());
            assert!(places.y(rows - 1) + places.pitch / 2.0 <= rect.bottom() + 0.1);
        }
    }
}
