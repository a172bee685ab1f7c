//! One checkpoint of an inspection, and the steps in which it is read: headers, routers, what routes a text, experts.

use std::path::PathBuf;
use std::sync::Arc;

use super::kept::{MOST_LIKENESS, kept};
use super::own::{self, OwnCheckpoint};
use super::own_text::{OwnModel, probe_bytes};
use super::progress::WorkProgress;
use super::public_text::route_public;
use super::shared::Shared;
use super::typed::{RoutedPieces, Typed, piece_of_byte};
use super::{InspectedFile, InspectionWorkKind, TextTaken};
use crate::inspect::{InspectReport, InspectScope, LayerReport, Model, StoredFormat, Vocabulary, competition_factor};
use crate::run::Reason;

/// Largest public checkpoint that routes a passage by itself, bytes; through a larger one goes only what is typed.
const QUICKLY_ROUTED: u64 = 256 << 20;

/// A step in which a checkpoint is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SideStep {
    Open,
    Routers,
    Network,
    Health,
}

/// A checkpoint, and how far it has been read.
#[derive(Debug)]
pub(super) struct Side {
    pub file: InspectedFile,
    model: Option<Model>,
    vocabulary: Option<Vocabulary>,
    own: Option<OwnModel>,
    /// Whether what routes a text has been looked for.
    is_ready: bool,
    /// Whether its experts are not to be measured now: the work was given up.
    pub is_given_up: bool,
    /// What it takes for a text; known once that has been looked for.
    pub takes: TextTaken,
    /// The version of the text that it has routed, or refused.
    pub text: Option<u64>,
}

impl Side {
    /// Of which nothing is known but where it is.
    pub fn at(path: PathBuf) -> Self {
        Self {
            file: InspectedFile::at(path),
            model: None,
            vocabulary: None,
            own: None,
            is_ready: false,
            is_given_up: false,
            takes: TextTaken::Words,
            text: None,
        }
    }

    /// The checkpoint, once its headers are read.
    pub fn model(&self) -> Option<&Model> {
        self.model.as_ref()
    }

    /// What is to be done before anything else.
    pub fn first_step(&self) -> Option<SideStep> {
        match &self.model {
            _ if self.file.fault.is_some() => None,
            None => Some(SideStep::Open),
            Some(_) if self.file.layers.len() < self.file.planned.len() => Some(SideStep::Routers),
            Some(_) => (!self.is_ready).then_some(SideStep::Network),
        }
    }

    /// Whether it is to route this text.
    pub fn wants_text(&self, typed: &Typed) -> bool {
        let routes = self.is_ready && !matches!(self.takes, TextTaken::Nothing { .. });
        routes && typed.is_wanted() && self.text != Some(typed.version())
    }

    /// Whether everything that a comparison needs is there.
    pub fn is_comparable(&self) -> bool {
        self.model.is_some() && self.file.fault.is_none() && self.first_step().is_none() && !self.is_given_up
    }

    /// Whether all its experts are measured.
    pub fn is_measured(&self) -> bool {
        self.file.measured == self.file.planned.len()
    }

    /// Whether it has experts that are to be measured.
    pub fn wants_health(&self) -> bool {
        self.is_comparable() && !self.is_measured()
    }

    /// Takes a step, or as much of it as is done before something newer is wanted.
    ///
    /// - `typed`: of the checkpoint that is looked at, to give it a text where nobody has typed one
    ///
    /// # Errors
    /// Why it cannot be read on from here.
    pub fn take(&mut self, step: SideStep, shared: &Shared, typed: Option<&mut Typed>) -> Result<(), Reason> {
        match step {
            SideStep::Open => self.open(),
            SideStep::Routers => self.routers(shared),
            SideStep::Network => {
                self.network(typed);
                Ok(())
            }
            SideStep::Health => self.health(shared),
        }
    }

    /// What a step is about.
    pub fn kind(&self, step: SideStep) -> InspectionWorkKind {
        match step {
            SideStep::Open | SideStep::Network => InspectionWorkKind::Header,
            SideStep::Routers => InspectionWorkKind::Routers,
            SideStep::Health => {
                let layer = self.file.planned.get(self.file.measured).cloned().unwrap_or_default();
                InspectionWorkKind::Health { layer }
            }
        }
    }

    fn open(&mut self) -> Result<(), Reason> {
        let model = Model::open(&self.file.path)?;
        self.file.report = Some(Arc::new(InspectReport::manifest(&model)));
        self.file.planned = Arc::new(model.mixtures().iter().map(|mixture| mixture.key().to_owned()).collect());
        if model.files().format() == StoredFormat::OwnCheckpoint {
            let own = OwnCheckpoint::of(&self.file.path, model.files().tensors().count())?;
            self.file.own = Some(Arc::new(own));
        }
        self.model = Some(model);
        Ok(())
    }

    fn routers(&mut self, shared: &Shared) -> Result<(), Reason> {
        let Some(model) = &self.model else { return Ok(()) };
        let total = model.mixtures().len() as u64;
        let progress = WorkProgress::new(shared, InspectionWorkKind::Routers, 0, total);
        let mut layers = Vec::with_capacity(model.mixtures().len());
        for mixture in model.mixtures() {
            let Some(layer) = LayerReport::measure(model, mixture, true, &|_| true)? else { return Ok(()) };
            layers.push(Arc::new(kept(layer, layers.iter(), MOST_LIKENESS)));
            if !progress.advance(1) {
                return Ok(());
            }
        }
        self.file.layers = Arc::new(layers);
        Ok(())
    }

    /// Looks for what routes a text. What is in the way is said of the text, not of the checkpoint.
    fn network(&mut self, typed: Option<&mut Typed>) {
        self.is_ready = true;
        let Some(model) = &self.model else { return };
        let bytes = self.file.report.as_ref().map_or(0, |report| report.sizes().1);
        let cost = if let Some(own) = &mut self.file.own {
            match own::whole(&self.file.path) {
                Ok(opened) => {
                    Arc::make_mut(own).history = Some(Arc::new(opened.history.clone()));
                    let probe = typed.is_some().then(|| probe_bytes(&opened, &self.file.path)).flatten();
                    OwnModel::of(opened).map(|own| {
                        let cost = own.competition_factor();
                        self.own = Some(own);
                        (cost, Some(probe))
                    })
                }
                Err(why) => {
                    // That this machine cannot hold its run is no fault of the file.
                    if !matches!(why, Reason::Memory { .. }) {
                        self.file.fault = Some(why.clone());
                    }
                    Err(why)
                }
            }
        } else {
            match Vocabulary::of(model) {
                Ok(vocabulary) => self.vocabulary = Some(vocabulary),
                Err(why) => self.takes = TextTaken::Ids { why: why.into() },
            }
            let default = (bytes <= QUICKLY_ROUTED && self.vocabulary.is_some()).then_some(None);
            competition_factor(model).map(|cost| (cost, default)).map_err(Reason::from)
        };
        if let Err(why) = &cost {
            self.takes = TextTaken::Nothing { why: why.clone() };
        }
        let Some(typed) = typed else { return };
        typed.shown.takes = self.takes.clone();
        if let Ok((cost, default)) = cost {
            typed.shown.cost = Some(cost);
            if let Some(probe) = default {
                typed.begin_with(probe);
            }
        }
    }

    fn health(&mut self, shared: &Shared) -> Result<(), Reason> {
        let Some(model) = &self.model else { return Ok(()) };
        let Some(mixture) = model.mixtures().get(self.file.measured) else { return Ok(()) };
        let work = |layers: &[String]| {
            let scope = InspectScope { layers: layers.to_vec(), quick: false };
            if layers.is_empty() { 0 } else { InspectReport::work(model, &scope) }
        };
        let before = self.file.planned.get(..self.file.measured).unwrap_or_default();
        let kind = self.kind(SideStep::Health);
        let progress = WorkProgress::new(shared, kind, work(before), work(&self.file.planned));
        shared.publish_work(&progress.begun());
        let Some(layer) = LayerReport::measure(model, mixture, false, &|numbers| progress.advance(numbers))? else {
            return Ok(());
        };
        let others = self.file.layers.iter().enumerate().filter(|(place, _)| *place != self.file.measured);
        let layer = kept(layer, others.map(|(_, other)| other), MOST_LIKENESS);
        if let Some(place) = Arc::make_mut(&mut self.file.layers).get_mut(self.file.measured) {
            *place = Arc::new(layer);
        }
        self.file.measured += 1;
        Ok(())
    }

    /// Routes a text. `None` if something newer is wanted.
    ///
    /// - `ids`: those of its tokens, for a public checkpoint of which nothing says how it cuts a text, from the one it is compared with
    ///
    /// # Errors
    /// Why it cannot be routed.
    pub fn route(&self, shared: &Shared, typed: &Typed, ids: Option<&[u32]>) -> Result<Option<RoutedPieces>, Reason> {
        let competes = typed.shown.competes;
        if let Some(own) = &self.own {
            let mut progress: Option<WorkProgress<'_>> = None;
            let layers = self.file.planned.len();
            let routed = own.route(typed.bytes(), competes, &mut |done, windows| {
                let kind = InspectionWorkKind::Text { layer: 0, layers, competes };
                let begin = || WorkProgress::new(shared, kind.clone(), 0, windows as u64);
                let goes_on = progress.get_or_insert_with(begin).reach(kind.clone(), done as u64);
                if goes_on { std::ops::ControlFlow::Continue(()) } else { std::ops::ControlFlow::Break(()) }
            })?;
            let pieces = typed.bytes().iter().map(|&byte| piece_of_byte(byte)).collect();
            let spans = (0..typed.bytes().len()).map(|at| Some(at..at + 1)).collect();
            return Ok(routed.map(|routed| RoutedPieces { routed, pieces, spans }));
        }
        match &self.model {
            Some(model) => route_public(shared, model, self.vocabulary.as_ref(), typed, ids),
            None => Ok(None),
        }
    }
}
