//! Steps painted by hand: at which steps ahead a layer competes, or does not, whatever its schedule says.

use serde::{Deserialize, Serialize};

/// Neighbouring steps of one layer that were painted alike: the first, the last, and whether the layer competes at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Span(u64, u64, bool);

/// Painted steps of all layers. Steps count from 0, as the schedule's do.
///
/// What is painted goes before the schedule in everything: rate, warm-up and the cap on layers at once do not touch it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Painted {
    /// Per layer with experts, in ascending order, apart from each other; layers without any at the end are left out.
    layers: Vec<Vec<Span>>,
}

/// Why steps cannot be painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaintRefusal {
    /// The last step comes before the first.
    Reversed {
        /// First step asked.
        from: u64,
        /// Last step asked.
        to: u64,
    },
    /// Too many steps would be painted, over all layers.
    TooMany {
        /// So many.
        steps: u64,
        /// At most.
        most: u64,
    },
}

impl Painted {
    /// Most steps that may be painted, over all layers.
    pub(crate) const MOST: u64 = 1 << 16;

    /// What is painted at a step of a layer; `None` leaves it to the schedule.
    pub fn at(&self, layer: usize, step: u64) -> Option<bool> {
        let spans = self.layers.get(layer)?;
        let after = spans.partition_point(|span| span.0 <= step);
        spans[..after].last().filter(|span| step <= span.1).map(|span| span.2)
    }

    /// What the schedule says of a step (`competing`, per layer), painted over.
    pub fn over(&self, step: u64, mut competing: Vec<bool>) -> Vec<bool> {
        for (layer, competes) in competing.iter_mut().enumerate() {
            *competes = self.at(layer, step).unwrap_or(*competes);
        }
        competing
    }

    /// Paints steps `from` to `to` of a layer, both included; `None` gives them back to the schedule.
    ///
    /// # Errors
    /// If there are no such steps, or more than `Painted::MOST` would be painted; nothing changes then.
    pub fn paint(&mut self, layer: usize, from: u64, to: u64, compete: Option<bool>) -> Result<(), PaintRefusal> {
        if from > to {
            return Err(PaintRefusal::Reversed { from, to });
        }
        let mut next = self.clone();
        if next.layers.len() <= layer {
            next.layers.resize_with(layer + 1, Vec::new);
        }
        let spans = &mut next.layers[layer];
        let mut cut: Vec<Span> = Vec::with_capacity(spans.len() + 2);
        for &Span(first, last, kind) in spans.iter() {
            if first < from {
                cut.push(Span(first, last.min(from - 1), kind));
            }
            if last > to {
                cut.push(Span(first.max(to + 1), last, kind));
            }
        }
        cut.extend(compete.map(|compete| Span(from, to, compete)));
        cut.sort_by_key(|span| span.0);
        cut.dedup_by(|later, earlier| {
            let one = earlier.2 == later.2 && earlier.1.checked_add(1) == Some(later.0);
            if one {
                earlier.1 = later.1;
            }
            one
        });
        *spans = cut;
        next.trim();
        let steps = next.steps();
        if steps > Self::MOST {
            return Err(PaintRefusal::TooMany { steps, most: Self::MOST });
        }
        *self = next;
        Ok(())
    }

    /// Forgets the steps before `step`.
    pub(crate) fn forget_before(&mut self, step: u64) {
        for spans in &mut self.layers {
            spans.retain(|span| span.1 >= step);
            if let Some(first) = spans.first_mut() {
                first.0 = first.0.max(step);
            }
        }
        self.trim();
    }

    /// Painted steps, over all layers.
    pub fn steps(&self) -> u64 {
        let spans = self.layers.iter().flatten();
        spans.fold(0, |sum: u64, span| sum.saturating_add(span.1.saturating_sub(span.0).saturating_add(1)))
    }

    /// Whether nothing is painted.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// What is wrong with what a file says is painted in `layers` layers, if something is.
    pub fn fault(&self, layers: usize) -> Option<String> {
        let ordered = |spans: &Vec<Span>| {
            spans.iter().all(|span| span.0 <= span.1) && spans.windows(2).all(|pair| pair[0].1 < pair[1].0)
        };
        if self.layers.len() > layers || !self.layers.iter().all(ordered) || self.steps() > Self::MOST {
            return Some(format!(
                "{} painted steps in {} layers; expected at most {} in {layers}, in ascending order",
                self.steps(),
                self.layers.len(),
                Self::MOST
            ));
        }
        None
    }

    fn trim(&mut self) {
        let used = self.layers.iter().rposition(|spans| !spans.is_empty()).map_or(0, |last| last + 1);
        self.layers.truncate(used);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn painted_steps_go_before_the_schedule_and_can_be_given_back() {
        let mut painted = Painted::default();
        painted.paint(1, 5, 9, Some(true)).unwrap();
        painted.paint(1, 7, 7, Some(false)).unwrap();
        assert_eq!([4, 5, 7, 9, 10].map(|step| painted.at(1, step)), [None, Some(true), Some(false), Some(true), None]);
        assert_eq!(painted.over(7, vec![true, true]), [true, false]);
        painted.paint(1, 0, u64::MAX, None).unwrap();
        assert_eq!((painted.is_empty(), painted), (true, Painted::default()));
    }

    #[test]
    fn neighbours_painted_alike_are_one() {
        let mut painted = Painted::default();
        [(4, 4), (6, 6), (5, 5)].into_iter().for_each(|(from, to)| painted.paint(0, from, to, Some(true)).unwrap());
        assert_eq!(painted.layers, [[Span(4, 6, true)]]);
        painted.forget_before(6);
        assert_eq!(painted.layers, [[Span(6, 6, true)]]);
        painted.forget_before(7);
        assert!(painted.is_empty());
    }

    #[test]
    fn too_many_and_none_are_refused_and_change_nothing() {
        let mut painted = Painted::default();
        painted.paint(0, 1, Painted::MOST, Some(true)).unwrap();
        let before = painted.clone();
        let one_more = Err(PaintRefusal::TooMany { steps: Painted::MOST + 1, most: Painted::MOST });
        assert_eq!(painted.paint(2, 3, 3, Some(false)), one_more);
        assert!(matches!(painted.paint(0, 0, u64::MAX, Some(true)), Err(PaintRefusal::TooMany { .. })));
        assert_eq!(painted.paint(0, 4, 3, None), Err(PaintRefusal::Reversed { from: 4, to: 3 }));
        assert_eq!(painted, before);
        painted.paint(0, 9, 9, Some(false)).unwrap();
        assert_eq!((painted.steps(), painted.fault(1)), (Painted::MOST, None));
        assert!(painted.fault(0).unwrap().contains("in 1 layers"));
        let twisted: Painted = serde_json::from_str("[[[5,4,true]]]").unwrap();
        assert!(twisted.fault(1).is_some());
    }

    proptest! {
        #[test]
        fn every_step_is_as_it_was_painted_last(
            strokes in prop::collection::vec((0usize..3, 0u64..40, 0u64..40, prop::option::of(any::<bool>())), 0..30),
            past in 0u64..40
        ) {
            let mut painted = Painted::default();
            let mut cells = [[None; 80]; 3];
            for (layer, from, more, compete) in strokes {
                painted.paint(layer, from, from + more, compete).unwrap();
                cells[layer][from as usize..=(from + more) as usize].fill(compete);
                prop_assert_eq!(painted.fault(3), None);
            }
            let text = serde_json::to_string(&painted).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Painted>(&text).unwrap(), &painted);
            painted.forget_before(past);
            for (layer, row) in cells.iter().enumerate() {
                for (step, &cell) in row.iter().enumerate() {
                    prop_assert_eq!(painted.at(layer, step as u64), cell.filter(|_| step as u64 >= past));
                }
            }
        }
    }
}
