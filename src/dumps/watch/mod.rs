//! Watch over other people's training: the routing dumps of a folder as they appear, their numbers, gaps and alerts.
//!
//! A [`FolderWatch`] looks at a folder and never writes there. What it holds of a run is bounded, however long that is: names,
//! lengths and times of the files that there are, the loads of the last few dumps, and what the alert rules remember.

mod course;
mod folder;
mod kind;
mod lines;
mod loads;
#[cfg(test)]
pub(crate) mod made;
mod name;
mod own_run;
mod scan;
mod table;

pub use course::StepGap;
pub use folder::FolderWatch;
pub(crate) use folder::can_be_watched;
pub(crate) use kind::WatchedKind;
pub use own_run::{OwnRow, RunWatch};
pub(crate) use table::DumpTable;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use super::error::DumpError;
use super::file::{DumpFile, SpoiledTensor};
use super::layers::DumpLayer;
use crate::domain::quote;
use crate::domain::readings::{Choices, LayerProbe, Matrices, ProbeReading};
use crate::domain::roster::Roster;
use crate::store::alerts::{Alert, Alerts, LoadContext, LoadReading};
use course::{Arrival, Course};
use loads::RecentLoads;

/// Something that happened in a watched folder.
#[derive(Debug)]
pub enum WatchEvent {
    /// A dump was measured.
    Dump(Arc<WatchedDump>),
    /// Dumps are missing before the one that comes next.
    Gap(StepGap),
    /// The dump that comes next was missing until now.
    Late(u64),
    /// The run has begun again from before this step.
    Again {
        /// The step it begins again with.
        step: u64,
        /// The newest it had come to.
        newest: u64,
    },
    /// An alert went up.
    Alert {
        /// The layer it is about, by its key.
        layer: Option<String>,
        /// What is wrong.
        alert: Box<Alert>,
    },
    /// Tensors of the dump that comes next hold numbers that are not finite, and did not in the one before.
    NotFinite(NotFiniteDump),
    /// A file has not been whole for long.
    NotWhole {
        /// Its name.
        file: String,
        /// What it lacks.
        why: String,
    },
    /// A file is no dump that can be taken.
    Aside {
        /// Its name.
        file: String,
        /// Why.
        why: WatchFault,
    },
}

/// What of a dump is not finite.
#[derive(Clone, Debug, PartialEq)]
pub struct NotFiniteDump {
    /// Its step.
    pub step: u64,
    /// The first such tensor that was finite in the dump before.
    pub first: SpoiledTensor,
    /// How many tensors there are, that one included.
    pub tensors: usize,
}

/// A dump that was measured.
#[derive(Debug)]
pub struct WatchedDump {
    /// Its step.
    pub step: u64,
    /// How often the run had begun again before it.
    pub run: u64,
    /// The trainer's loss at this step, where the dump tells it; of what, and in which unit, the trainer knows.
    pub loss: Option<f64>,
    /// Every number and list of each of its layers; the key of the only layer of a dump of one is empty.
    pub layers: Vec<DumpLayer>,
    /// Whether one of a later step came before it.
    pub late: bool,
    /// When its file was written, if that is known.
    pub written: Option<SystemTime>,
}

impl WatchedDump {
    /// What it says, as the probe of a run would say it: of another sample of tokens than the dump before, so that nothing is said of
    /// single tokens.
    pub(crate) fn probe(&self) -> ProbeReading {
        let probe = |layer: &DumpLayer| {
            let mut diagnosis = layer.diagnosis.clone();
            let beside = &diagnosis.beside;
            diagnosis.collapse.rank_limit = beside.width.map(|width| width.min(beside.tokens.saturating_sub(1)));
            let choices = Choices { experts: beside.experts, ..Choices::default() };
            LayerProbe { diagnosis, choices, matrices: layer.matrices.clone() }
        };
        let tokens = self.layers.iter().map(|layer| layer.diagnosis.beside.tokens).max().unwrap_or(0);
        let layers = self.layers.iter().map(probe).collect();
        ProbeReading { step: self.step, tokens, context: tokens, layers, ..ProbeReading::default() }
    }
}

/// Why a dump is left aside.
#[derive(Debug, thiserror::Error)]
pub enum WatchFault {
    /// It has no diagnosis.
    #[error("{0}")]
    Dump(#[from] DumpError),
    /// Nobody says of which step it is.
    #[error("nothing says of which step it is; expected digits in its name, or an entry “step” in its metadata")]
    NoStep,
    /// It has other layers than those before it.
    #[error("it has {found}; expected {expected}, as the dumps before it. Watch another model in a folder of its own")]
    OtherLayers {
        /// What it has, in words.
        found: String,
        /// What those before it have.
        expected: String,
    },
}

/// What is known of a run by its dumps.
#[derive(Debug, Default)]
struct DumpWatch {
    course: Course,
    run: u64,
    /// Key and experts of each layer; empty before the first dump.
    layers: Vec<(String, usize)>,
    rosters: Vec<Roster>,
    loads: RecentLoads,
    alerts: Alerts,
    /// The names of the tensors of the newest dump that hold numbers that are not finite.
    spoiled: BTreeSet<String>,
}

impl DumpWatch {
    /// Takes in what a dump says; `anew` says that its file was taken before and has been written anew.
    fn take(&mut self, mut dump: WatchedDump, anew: bool) -> Result<Vec<WatchEvent>, WatchFault> {
        let (step, layers) = (dump.step, &dump.layers);
        let found: Vec<(String, usize)> =
            layers.iter().map(|layer| (layer.key.clone(), layer.diagnosis.beside.experts)).collect();
        if !self.layers.is_empty() && found != self.layers {
            let (found, expected) = (said_of(&found), said_of(&self.layers));
            return Err(WatchFault::OtherLayers { found, expected });
        }
        self.rosters = found.iter().map(|(_, experts)| Roster::new(*experts)).collect();
        self.layers = found;
        let mut events = Vec::new();
        let arrival = self.course.arrive(step, anew);
        match arrival {
            Arrival::Next => {}
            Arrival::AfterGap(gap) => events.push(WatchEvent::Gap(gap)),
            Arrival::Late => events.push(WatchEvent::Late(step)),
            Arrival::Again { newest } => {
                // What was wrong before it went back says nothing of what comes.
                (self.loads, self.alerts, self.spoiled) = Default::default();
                self.run += 1;
                events.push(WatchEvent::Again { step, newest });
            }
        }
        (dump.run, dump.late) = (self.run, arrival == Arrival::Late);
        // Rules hear of the steps in their order only.
        let raised = if dump.late { Vec::new() } else { self.judge(&dump) };
        if !dump.late {
            events.extend(self.not_finite(&dump).map(WatchEvent::NotFinite));
        }
        let key = |layer: usize| self.layers.get(layer).map(|(key, _)| key.clone()).filter(|key| !key.is_empty());
        events.push(WatchEvent::Dump(Arc::new(dump)));
        events.extend(
            raised
                .into_iter()
                .map(|alert| WatchEvent::Alert { layer: alert.layer.and_then(key), alert: Box::new(alert) }),
        );
        Ok(events)
    }

    /// What of a dump is not finite, if there is something that was in the one before.
    fn not_finite(&mut self, dump: &WatchedDump) -> Option<NotFiniteDump> {
        let all = || dump.layers.iter().flat_map(|layer| &layer.spoiled);
        let first = all().find(|tensor| !self.spoiled.contains(&tensor.name)).cloned();
        self.spoiled = all().map(|tensor| tensor.name.clone()).collect();
        Some(NotFiniteDump { step: dump.step, first: first?, tensors: self.spoiled.len() })
    }

    /// What the alert rules say of a dump.
    fn judge(&mut self, dump: &WatchedDump) -> Vec<Alert> {
        let (step, layers) = (dump.step, &dump.layers);
        let stride = self.course.usual().unwrap_or(1);
        let averages = self.loads.take(step, stride, layers);
        let loads: Vec<LoadReading<'_>> = layers
            .iter()
            .zip(&averages)
            .map(|(layer, average)| LoadReading {
                counts: layer.diagnosis.load.counts.as_deref().unwrap_or_default(),
                top_k: layer.diagnosis.beside.top_k.unwrap_or(1),
                average: average.as_ref(),
            })
            .collect();
        let mut raised = self.alerts.take_loads(&loads, LoadContext { step, rosters: &self.rosters, stride });
        raised.extend(self.alerts.take_probe(&dump.probe(), &self.rosters));
        raised.extend(dump.loss.and_then(|loss| self.alerts.take_told_loss(step, loss)));
        raised.extend(self.alerts.take_not_finite(step, layers.iter().map(|layer| layer.spoiled.len())));
        raised
    }
}

/// Every layer of a dump, whether it has several or one, with their matrices as far as those hold at most so many numbers.
fn measured(file: &DumpFile, top_k: Option<usize>, mut numbers: usize) -> Result<Vec<DumpLayer>, DumpError> {
    let mut one = |key: Option<&str>| {
        let (report, spoiled) = file.diagnose_finite(key, top_k)?;
        // Of classes of anybody's making there may be any number.
        let matrices = Matrices { lift: None, ..report.matrices };
        let left = numbers.checked_sub(matrices.numbers());
        numbers = left.unwrap_or(0);
        let matrices = left.map_or_else(Matrices::default, |_| matrices);
        Ok(DumpLayer { key: key.unwrap_or_default().to_owned(), diagnosis: report.diagnosis, matrices, spoiled })
    };
    match file.layers() {
        [] => Ok(vec![one(None)?]),
        keys => keys.iter().map(|key| one(Some(key))).collect(),
    }
}

/// Layers in few words: how many, and the first of them with its experts.
fn said_of(layers: &[(String, usize)]) -> String {
    match layers {
        [(key, experts)] if key.is_empty() => format!("one layer of {experts} experts"),
        [(key, experts), ..] => format!("{} layers, {} of {experts} experts first", layers.len(), quote::name(key)),
        [] => "no layer".into(),
    }
}

#[cfg(test)]
mod tests;
