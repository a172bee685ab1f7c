//! Routing dumps of a watched folder, put into curves, readings and alerts as the probes of a run are.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::memory::WatchedMemory;
use super::shown::{NewestWatched, SnapshotWatched};
use super::{WatchedFact, WatchedNews};
use crate::domain::config::Config;
use crate::domain::measures::load;
use crate::domain::readings::{LayerStep, LossTerms, StepReading};
use crate::domain::roster::Roster;
use crate::dumps::{FolderWatch, WatchEvent, WatchedDump};
use crate::store::history::LoadNumbers;

/// Numbers that the matrices of one dump may hold: 16 MiB of them.
const MATRICES: usize = 1 << 20;

/// A folder of dumps.
#[derive(Debug)]
pub(super) struct DumpsFollowed {
    watch: FolderWatch,
    /// Whether there is more to list at once.
    more: bool,
}

impl DumpsFollowed {
    pub fn new(folder: &Path, top_k: Option<usize>) -> Self {
        Self { watch: FolderWatch::new(folder, top_k).with_matrices(MATRICES), more: false }
    }

    /// Lists the folder, or, while a look is under way, takes the next file of it. Whether there is more to do at once.
    pub fn work(
        &mut self,
        looking: bool,
        now: Duration,
        memory: &mut WatchedMemory,
        news: &mut WatchedNews,
    ) -> io::Result<bool> {
        if !looking {
            self.more = self.watch.look()?;
            return Ok(true);
        }
        let Some(events) = self.watch.next(now) else {
            return Ok(std::mem::take(&mut self.more) && self.list_again()?);
        };
        for event in events {
            self.take(event, memory, news);
        }
        Ok(true)
    }

    /// Lists what is left of a folder with more new files than one look asks about.
    fn list_again(&mut self) -> io::Result<bool> {
        self.more = self.watch.look()?;
        Ok(true)
    }

    fn take(&self, event: WatchEvent, memory: &mut WatchedMemory, news: &mut WatchedNews) {
        match event {
            WatchEvent::Dump(dump) => {
                take_dump(&dump, self.watch.usual(), memory);
                memory.alerts = Arc::new(self.watch.alerts().clone());
            }
            WatchEvent::Gap(gap) => {
                memory.gap(gap);
                news.facts.push(WatchedFact::Gap(gap));
            }
            WatchEvent::Late(step) => news.facts.push(WatchedFact::Late(step)),
            WatchEvent::Again { step, newest } => {
                memory.begin_again(step);
                news.facts.push(WatchedFact::Again { step, newest });
            }
            WatchEvent::Alert { alert, .. } => news.raised.push(*alert),
            WatchEvent::NotFinite(found) => news.facts.push(WatchedFact::NotFinite(found)),
            WatchEvent::NotWhole { file, why } => news.facts.push(WatchedFact::NotWhole { file, why }),
            WatchEvent::Aside { file, why } => news.facts.push(WatchedFact::Aside { file, why: why.into() }),
        }
    }

    /// What is said of the watch.
    pub fn show(&self, shown: &mut SnapshotWatched) {
        shown.usual = self.watch.usual();
    }
}

/// Puts a dump into the memory. One that comes late is counted, and in no curve: those hold steps in their order.
pub(super) fn take_dump(dump: &WatchedDump, usual: Option<u64>, memory: &mut WatchedMemory) {
    memory.took(NewestWatched { step: dump.step, written: dump.written }, dump.late);
    if dump.late {
        return;
    }
    let probe = Arc::new(dump.probe());
    let sizes = dump.layers.iter().map(|layer| layer.diagnosis.beside.experts);
    if sizes.clone().ne(memory.rosters.iter().map(Roster::len)) {
        memory.rosters = Arc::new(sizes.map(Roster::new).collect());
        memory.shown().keys = Arc::new(dump.layers.iter().map(|layer| layer.key.clone()).collect());
    }
    let top_k = dump.layers.iter().filter_map(|layer| layer.diagnosis.beside.top_k).max();
    let config = config_of(dump, top_k, usual);
    if *memory.config != config {
        memory.knobs = config.knobs.clone();
        memory.config = Arc::new(config);
    }
    memory.shown().tokens = probe.tokens;
    memory.shown().spoiled = Arc::new(dump.layers.iter().map(|layer| layer.spoiled.clone()).collect());
    // Layers whose picks are not known have no load.
    let routed = |counts: &Option<Vec<u32>>| counts.clone().unwrap_or_default();
    let layers = dump.layers.iter().map(|layer| LayerStep {
        competed: false,
        routed: routed(&layer.diagnosis.load.counts),
        won: None,
        gradients: None,
    });
    let loads = StepReading {
        step: dump.step,
        tokens: 0,
        loss: LossTerms::default(),
        learning_rate: 0.0,
        gradient_norm: 0.0,
        layers: layers.collect(),
    };
    let dead = memory.history.take_tokens(&loads, &memory.rosters, top_k.unwrap_or(1));
    for (place, ((layer, dead), roster)) in loads.layers.iter().zip(dead).zip(memory.rosters.iter()).enumerate() {
        let counts = &layer.routed;
        if !counts.is_empty() {
            let (cv, entropy) = (load::cv(counts), load::normalised_entropy(counts));
            let numbers = LoadNumbers { cv, entropy, dead, max_vio: load::max_vio(counts) };
            memory.history.push_load(place, dump.step, &numbers, (counts, roster));
        }
    }
    if let Some(loss) = dump.loss {
        memory.history.push_loss(dump.step, loss);
    }
    memory.history.push_probe(&probe, &memory.rosters);
    for (place, _) in dump.layers.iter().enumerate().filter(|(_, layer)| !layer.spoiled.is_empty()) {
        memory.history.push_not_finite(place, dump.step);
    }
    memory.newest.probe = Some(probe);
}

/// What a dump says of the model, in the form that panels read; everything else there is a default that nobody is shown.
fn config_of(dump: &WatchedDump, top_k: Option<usize>, usual: Option<u64>) -> Config {
    let mut config = Config { steps: 1, sequences: 1, ..Config::default() };
    let of_layers = |of: fn(&crate::dumps::DumpLayer) -> usize| dump.layers.iter().map(of).max().unwrap_or(1);
    config.model.layers = dump.layers.len();
    config.model.moe_every = 1;
    config.model.experts = of_layers(|layer| layer.diagnosis.beside.experts);
    config.model.width = of_layers(|layer| layer.diagnosis.beside.width.unwrap_or(1));
    config.model.context = of_layers(|layer| layer.diagnosis.beside.tokens);
    config.cadence.probe_every = usual.unwrap_or(1);
    config.knobs.top_k = top_k.unwrap_or(1);
    config.knobs.competition_warmup = 0;
    config
}
