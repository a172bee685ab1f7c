//! Compares the weights of a layer's experts when somebody asks, on a thread of its own, so that training goes on meanwhile.
//!
//! The thread gets a copy of the weights, works through the pairs in turn and hands what it found to the worker a few
//! times a second. It ends when the worker drops its side: for a newer request, other experts or another run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use super::Session;
use crate::domain::draw::{Draws, Purpose};
use crate::domain::measures::matching::MOST_NEURONS;
use crate::domain::measures::similarity::{WeightCosine, unrelated, weight_cosine_while};
use crate::domain::readings::WeightLikeness;
use crate::domain::state::Neurons;
use crate::run::channel::Waker;
use crate::run::{Asked, Reason};

/// Time between two portions.
const PORTION: Duration = Duration::from_millis(250);
/// Portions that may wait for the worker; with more, the thread waits.
const WAITING: usize = 4;

/// What the thread has found.
#[derive(Debug)]
enum Found {
    /// Of an expert and one that is like no other.
    Chance(f32),
    /// Of two slots.
    Pair([usize; 2], WeightCosine),
}

/// A comparison under way, seen from the worker.
#[derive(Debug)]
struct Comparison {
    found: Receiver<Vec<Found>>,
    stop: Arc<AtomicBool>,
}

impl Drop for Comparison {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Comparison {
    /// Begins to compare. `seed` draws what chance is measured by.
    fn begin(neurons: Neurons, seed: u64, waker: Waker) -> std::io::Result<Self> {
        let (sender, found) = sync_channel(WAITING);
        let stop = Arc::new(AtomicBool::new(false));
        let hand = Hand { sender: Some(sender), waker, stop: stop.clone(), portion: Vec::new(), since: Instant::now() };
        let work = move || {
            hand.compare(&neurons, seed);
        };
        std::thread::Builder::new().name("moe-arena weights".into()).spawn(work)?;
        Ok(Self { found, stop })
    }
}

/// The thread's side.
struct Hand {
    /// Until it ends.
    sender: Option<SyncSender<Vec<Found>>>,
    waker: Waker,
    stop: Arc<AtomicBool>,
    portion: Vec<Found>,
    since: Instant,
}

impl Hand {
    /// Works through chance and all pairs; `None` if nobody wants to know any more.
    fn compare(mut self, neurons: &Neurons, seed: u64) -> Option<()> {
        let stop = self.stop.clone();
        let compare = |a: &[f64], b: &[f64]| weight_cosine_while(a, b, neurons.count, || !stop.load(Ordering::Relaxed));
        for one in 0..neurons.experts {
            let a = neurons.of(one);
            if one == 0 {
                let other = unrelated(&neurons.of(1), &mut Draws::new(seed, Purpose::Signs, 0, 0));
                self.put(Found::Chance(compare(&a, &other)?.matched as f32))?;
            }
            for other in one + 1..neurons.experts {
                self.put(Found::Pair([one, other], compare(&a, &neurons.of(other))?))?;
            }
        }
        self.hand_over()
    }

    fn put(&mut self, found: Found) -> Option<()> {
        self.portion.push(found);
        if self.since.elapsed() < PORTION { Some(()) } else { self.hand_over() }
    }

    fn hand_over(&mut self) -> Option<()> {
        self.since = Instant::now();
        self.sender.as_ref()?.send(std::mem::take(&mut self.portion)).ok()?;
        self.waker.wake();
        Some(())
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        // However it ended, the worker shall see it.
        self.sender = None;
        self.waker.wake();
    }
}

/// What is known of how alike experts' weights are, and the comparison under way.
#[derive(Debug, Default)]
pub(super) struct Comparing {
    found: Option<Arc<WeightLikeness>>,
    /// Dropping it ends it.
    under_way: Option<Comparison>,
}

impl Comparing {
    /// The comparison asked for last, as far as it has come.
    pub fn found(&self) -> Option<Arc<WeightLikeness>> {
        self.found.clone()
    }

    /// The weights are others now: what is known and what is under way is of no use.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Takes in what has been found since. Whether something was, and whether it ended before it was through.
    fn take(&mut self) -> (bool, bool) {
        let (Some(comparison), Some(known)) = (&self.under_way, &mut self.found) else { return (false, false) };
        let mut news = false;
        let ended = loop {
            match comparison.found.try_recv() {
                Ok(portion) => {
                    news = true;
                    let known = Arc::make_mut(known);
                    for found in portion {
                        match found {
                            Found::Chance(matched) => known.chance = Some(matched),
                            Found::Pair(pair, c) => known.take(pair, c.as_they_lie as f32, c.matched as f32),
                        }
                    }
                }
                Err(TryRecvError::Empty) => break known.is_done(),
                Err(TryRecvError::Disconnected) => break true,
            }
        };
        if !ended {
            return (news, false);
        }
        self.under_way = None;
        (news, self.found.take_if(|known| !known.is_done()).is_some())
    }
}

impl Session {
    /// Compares the weights of a layer's experts as they are now, or says why not.
    pub(super) fn compare_weights(&mut self, layer: usize) {
        self.flush_readings();
        let Some(run) = self.run.open() else { return };
        let neurons = match run.trainer().neurons(layer) {
            Ok(Some(neurons)) => neurons,
            Ok(None) => return self.refuse(Asked::CompareWeights, Reason::NoLayer),
            Err(failure) => return self.device_failed(&failure),
        };
        if neurons.count > MOST_NEURONS {
            let why = Reason::TooManyNeurons { count: neurons.count, most: MOST_NEURONS };
            return self.refuse(Asked::CompareWeights, why);
        }
        let progress = run.trainer().progress();
        let begun = WeightLikeness::begun(progress.step, layer, progress.rosters[layer].slots.clone());
        // A comparison under way ends here.
        self.comparing.forget();
        if !begun.is_done() {
            match Comparison::begin(neurons, self.run.config().seed, self.out.waker()) {
                Ok(comparison) => self.comparing.under_way = Some(comparison),
                Err(error) => return self.refuse(Asked::CompareWeights, Reason::NoThread(error.into())),
            }
        }
        self.comparing.found = Some(Arc::new(begun));
        self.publish(true);
    }

    /// Takes in what has been found since.
    pub fn take_compared(&mut self) {
        let (news, cut_off) = self.comparing.take();
        if news {
            self.shown.outdate();
        }
        if cut_off {
            self.refuse(Asked::CompareWeights, Reason::ThreadEnded);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Config;
    use crate::run::channel::channel;
    use crate::run::{SessionId, before_anything};

    /// Three experts that are all alike but for one weight.
    fn neurons(count: usize) -> Neurons {
        let weights: Vec<f32> = (0..3 * 2 * count).map(|i| (i as f32 * 0.37).sin()).collect();
        Neurons::gathered(&weights, &weights, &[], [3, 2, count])
    }

    #[test]
    fn all_that_is_found_comes_in_order_and_wakes_the_worker() {
        let (_reader, writer) = channel(before_anything(Arc::new(Config::default())), Box::new(|| ()));
        let comparison = Comparison::begin(neurons(5), 1, writer.outlet(SessionId::FIRST).waker()).unwrap();
        assert_eq!(writer.command(), Ok(None), "woken without a command");
        let mut found = Vec::new();
        while let Ok(portion) = comparison.found.recv() {
            found.extend(portion);
        }
        assert!(matches!(found[0], Found::Chance(chance) if chance.abs() < 1.0), "{found:?}");
        let pairs = found.iter().filter_map(|found| if let Found::Pair(pair, _) = found { Some(*pair) } else { None });
        assert_eq!(pairs.collect::<Vec<_>>(), [[0, 1], [0, 2], [1, 2]]);
    }

    #[test]
    fn the_thread_ends_when_nobody_wants_to_know_and_does_not_keep_the_lane_open() {
        let (reader, writer) = channel(before_anything(Arc::new(Config::default())), Box::new(|| ()));
        // So large that it takes a while.
        let comparison = Comparison::begin(neurons(1500), 1, writer.outlet(SessionId::FIRST).waker()).unwrap();
        let alive = Arc::downgrade(&comparison.stop);
        drop(reader);
        assert_eq!(writer.command(), Err(crate::run::Gone));
        assert!(alive.strong_count() > 1);
        drop(comparison);
        let deadline = Instant::now() + Duration::from_secs(120);
        while alive.strong_count() > 0 && Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert_eq!(alive.strong_count(), 0);
    }
}
