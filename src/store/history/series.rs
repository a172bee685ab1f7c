//! Series: one number over a run of any length, in bounded memory, without hiding a spike.
//!
//! A series holds a bounded number of buckets of equal stride and the newest values unmerged ([`SeriesLimits`]). Non-finite values are counted, never averaged.
//! Where values are known to be missing stands a bucket without any, so that no curve is drawn over it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// What happened to a number over some steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// First step with a value here.
    pub first_step: u64,
    /// Last step with a value here.
    pub last_step: u64,
    /// Finite values.
    pub n: u64,
    /// Smallest finite value; `INFINITY` if there is none.
    pub min: f64,
    /// Largest finite value; `NEG_INFINITY` if there is none.
    pub max: f64,
    /// Sum of the finite values.
    pub sum: f64,
    /// Values that were not finite.
    pub bad: u64,
}

impl Bucket {
    fn at(step: u64) -> Self {
        Self { first_step: step, last_step: step, n: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, sum: 0.0, bad: 0 }
    }

    /// Steps of which no value came, though some were expected.
    fn gap(first_step: u64, last_step: u64) -> Self {
        Self { last_step, ..Self::at(first_step) }
    }

    /// Whether it stands for a gap: no value came, not even one that was not finite.
    pub fn is_gap(&self) -> bool {
        self.n == 0 && self.bad == 0
    }

    fn take(&mut self, step: u64, value: f64) {
        self.last_step = step;
        if value.is_finite() {
            self.n += 1;
            self.min = self.min.min(value);
            self.max = self.max.max(value);
            self.sum += value;
        } else {
            self.bad += 1;
        }
    }

    fn absorb(&mut self, later: &Self) {
        self.last_step = later.last_step;
        self.n += later.n;
        self.min = self.min.min(later.min);
        self.max = self.max.max(later.max);
        self.sum += later.sum;
        self.bad += later.bad;
    }

    /// Mean of the finite values, if there is one.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / self.n as f64)
    }

    /// The step a mark for this bucket is drawn at.
    pub fn middle(&self) -> f64 {
        (self.first_step + self.last_step) as f64 / 2.0
    }
}

/// How much a series holds at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesLimits {
    /// Buckets over the whole run.
    pub buckets: usize,
    /// Newest values kept unmerged.
    pub recent: usize,
}

impl SeriesLimits {
    /// A number of the run or of a layer.
    pub const WIDE: Self = Self { buckets: 1024, recent: 512 };
    /// A number of one expert: there may be hundreds of experts in each of many layers.
    pub(crate) const NARROW: Self = Self { buckets: 256, recent: 128 };
}

/// One number over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    limits: SeriesLimits,
    buckets: Vec<Bucket>,
    stride: u64,
    recent: VecDeque<(u64, f64)>,
    /// First step after the newest gap; 0 without one.
    since: u64,
}

impl Default for Series {
    fn default() -> Self {
        Self::new(SeriesLimits::WIDE)
    }
}

impl Series {
    /// An empty series.
    pub fn new(limits: SeriesLimits) -> Self {
        Self { limits, buckets: Vec::new(), stride: 1, recent: VecDeque::new(), since: 0 }
    }

    /// Adds the value at `step`. Steps must ascend; a step that does not is ignored.
    pub fn push(&mut self, step: u64, value: f64) {
        if self.last_step().is_some_and(|last| step <= last) {
            return;
        }
        if self.recent.len() == self.limits.recent {
            self.recent.pop_front();
        }
        self.recent.push_back((step, value));
        let slot = step / self.stride;
        match self.buckets.last_mut() {
            Some(open) if open.first_step / self.stride == slot && !open.is_gap() => open.take(step, value),
            _ => {
                let mut bucket = Bucket::at(step);
                bucket.take(step, value);
                self.buckets.push(bucket);
            }
        }
        self.bound();
    }

    /// Says that between the newest value and the one at `step`, which comes next, values are missing. No mean goes over them; a gap
    /// narrower than a bucket is none that can be shown.
    pub(crate) fn leave_gap_before(&mut self, step: u64) {
        self.since = step;
        let Some(open) = self.buckets.last().filter(|open| !open.is_gap() && open.last_step + 1 < step) else { return };
        let gap = Bucket::gap(open.last_step + 1, step - 1);
        if is_wide(&gap, self.stride) {
            self.buckets.push(gap);
            self.bound();
        }
    }

    fn bound(&mut self) {
        while self.buckets.len() > self.limits.buckets {
            self.widen();
        }
    }

    /// Doubles the stride and merges buckets that now share a slot.
    fn widen(&mut self) {
        self.stride *= 2;
        merge_slots(&mut self.buckets, self.stride);
    }

    /// The whole run, oldest first.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The whole run in at most `most` buckets of equal stride, for a picture that has no room for more: neighbours are
    /// merged, so that the least and the most of each stay.
    pub(crate) fn merged(&self, most: usize) -> Vec<Bucket> {
        let mut merged = self.buckets.clone();
        let mut stride = self.stride;
        while merged.len() > most.max(1) {
            stride *= 2;
            merge_slots(&mut merged, stride);
        }
        merged
    }

    /// The curve as points of step and value, oldest first: the values held one by one, before them the middle and the mean of
    /// each bucket; at 0 where it begins there, for what is counted from the first step on.
    pub(crate) fn points_from_0(&self) -> Vec<(f64, f64)> {
        let newest = self.recent.front().map_or(u64::MAX, |&(step, _)| step);
        let old = self.buckets.iter().filter(|b| b.last_step < newest);
        let begins = self.buckets.first().filter(|first| first.first_step <= 1).map(|_| (0.0, 0.0));
        let points = begins.into_iter().chain(old.filter_map(|b| Some((b.middle(), b.mean()?))));
        points.chain(self.recent.iter().map(|&(step, value)| (step as f64, value))).collect()
    }

    /// Steps per bucket.
    pub fn stride(&self) -> u64 {
        self.stride
    }

    /// The newest values unmerged, oldest first: step and value.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = (u64, f64)> + ExactSizeIterator + '_ {
        self.recent.iter().copied()
    }

    /// The newest value and its step.
    pub fn last(&self) -> Option<(u64, f64)> {
        self.recent.back().copied()
    }

    /// The newest step.
    pub fn last_step(&self) -> Option<u64> {
        self.last().map(|(step, _)| step)
    }

    /// Bytes that its buckets and newest values take.
    pub(crate) fn bytes(&self) -> usize {
        self.buckets.len() * size_of::<Bucket>() + self.recent.len() * size_of::<(u64, f64)>()
    }

    /// Whether nothing was pushed.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Mean of the finite values among the newest `count`.
    pub(crate) fn recent_mean(&self, count: usize) -> Option<f64> {
        let (n, sum) = self
            .recent
            .iter()
            .rev()
            .take(count)
            .filter(|(_, value)| value.is_finite())
            .fold((0u32, 0.0), |(n, sum), (_, value)| (n + 1, sum + value));
        (n > 0).then(|| sum / f64::from(n))
    }

    /// The value in force at `step`: the newest at or before it; beyond the unmerged ones, its bucket's mean.
    pub fn at(&self, step: u64) -> Option<f64> {
        if self.recent.front().is_some_and(|&(first, _)| first <= step) {
            let after = self.recent.partition_point(|&(s, _)| s <= step);
            return self.recent.get(after - 1).map(|&(_, value)| value);
        }
        self.buckets_up_to(step).iter().rfind(|bucket| !bucket.is_gap())?.mean()
    }

    /// Least and most that the value at exactly `step` can have been: equal for a value that is held unmerged, the range
    /// of its bucket else. `None` if there was none, or one that was not finite.
    pub(crate) fn bounds(&self, step: u64) -> Option<(f64, f64)> {
        if self.recent.front().is_some_and(|&(first, _)| first <= step) {
            let place = self.recent.binary_search_by_key(&step, |&(s, _)| s).ok()?;
            return self.recent.get(place).map(|&(_, value)| (value, value)).filter(|(value, _)| value.is_finite());
        }
        let bucket = self.buckets_up_to(step).last()?;
        (bucket.last_step >= step && bucket.bad == 0 && bucket.n > 0).then_some((bucket.min, bucket.max))
    }

    /// [`Series::at`], and nothing before the first value.
    pub(crate) fn at_or_before(&self, step: u64) -> Option<f64> {
        self.buckets.first().filter(|first| first.first_step <= step)?;
        self.at(step)
    }

    /// Mean of the finite values of the `window` steps up to `step`, that one included, and how many there were; none of them from
    /// before a gap. Beyond the unmerged ones of the buckets that reach into them.
    pub(crate) fn mean_up_to(&self, step: u64, window: usize) -> Option<(f64, usize)> {
        let from = (step + 1).saturating_sub(window as u64).max(self.since_gap_before(step));
        let whole = self.recent.front().is_some_and(|&(first, _)| first <= from)
            || self.buckets.first().map(|b| b.first_step) == self.recent.front().map(|&(first, _)| first);
        let (n, sum) = if whole {
            let inside = self.recent.iter().filter(|(s, value)| (from..=step).contains(s) && value.is_finite());
            inside.fold((0, 0.0), |(n, sum), (_, value)| (n + 1, sum + value))
        } else {
            let inside = self.buckets.iter().filter(|b| b.last_step >= from && b.first_step <= step);
            inside.fold((0, 0.0), |(n, sum), b| (n + b.n, sum + b.sum))
        };
        (n > 0).then(|| (sum / n as f64, (n as usize).min(window)))
    }

    /// First step after the last gap before `step`.
    fn since_gap_before(&self, step: u64) -> u64 {
        if self.since <= step {
            return self.since;
        }
        let before = self.buckets_up_to(step).iter().rfind(|bucket| bucket.is_gap() && bucket.last_step < step);
        before.map_or(0, |gap| gap.last_step + 1)
    }

    /// The buckets that begin at or before `step`.
    pub(crate) fn buckets_up_to(&self, step: u64) -> &[Bucket] {
        &self.buckets[..self.buckets.partition_point(|b| b.first_step <= step)]
    }

    /// The parts a file holds: buckets, stride, newest values.
    pub fn parts(&self) -> (&[Bucket], u64, Vec<(u64, f64)>) {
        (&self.buckets, self.stride, self.recent.iter().copied().collect())
    }

    /// A series from the parts of a file.
    ///
    /// # Errors
    /// If they could not have come from a series: too many, or steps that do not ascend.
    pub(crate) fn from_parts(
        limits: SeriesLimits,
        buckets: Vec<Bucket>,
        stride: u64,
        recent: Vec<(u64, f64)>,
    ) -> Result<Self, String> {
        if buckets.len() > limits.buckets || recent.len() > limits.recent {
            return Err(format!(
                "{} buckets and {} values; at most {} and {}",
                buckets.len(),
                recent.len(),
                limits.buckets,
                limits.recent
            ));
        }
        let ascending = buckets.windows(2).all(|w| w[0].last_step < w[1].first_step)
            && buckets.iter().all(|b| b.first_step <= b.last_step)
            && recent.windows(2).all(|w| w[0].0 < w[1].0);
        if stride == 0 || !ascending {
            return Err("steps that do not ascend".into());
        }
        Ok(Self { limits, buckets, stride, recent: recent.into(), since: 0 })
    }
}

/// Whether a gap is as wide as a bucket of `stride` steps, so that no bucket holds values of both its sides.
fn is_wide(gap: &Bucket, stride: u64) -> bool {
    gap.last_step - gap.first_step + 1 >= stride
}

/// Merges neighbours that lie in the same slot of `stride` steps; gaps that are narrower are no more.
fn merge_slots(buckets: &mut Vec<Bucket>, stride: u64) {
    buckets.retain(|bucket| !bucket.is_gap() || is_wide(bucket, stride));
    buckets.dedup_by(|later, earlier| {
        let same = later.first_step / stride == earlier.first_step / stride && !later.is_gap() && !earlier.is_gap();
        if same {
            earlier.absorb(later);
        }
        same
    });
}

#[cfg(test)]
mod tests;
