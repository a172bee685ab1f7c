//! Routing of a typed text through the network of a checkpoint of this program, on the CPU, without the text it was trained on.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::own::whole;
use crate::domain::config::Text;
use crate::engine::device::{self, DeviceWhy};
use crate::engine::train::{RoutedFailure, RoutedSequence, RoutedSequenceLayer, StepError, Trainer};
use crate::inspect::{Agreement, RoutedLayer, RoutedText, RoutingCompetition};
use crate::run::Reason;
use crate::run::text::{self, TextWish};
use crate::store::checkpoint::Checkpoint;
use crate::tasks::text::{Corpus, TextTask};

/// Longest text that is routed, bytes.
const LONGEST: usize = 16 * 1024;

/// Why a checkpoint of this program routes no text.
#[derive(Debug, thiserror::Error)]
pub enum OwnTextError {
    /// It was trained on points in the plane.
    #[error(
        "this run learns points in the plane and not a text, so that no text can be routed; its experts and routers can be \
         inspected without one"
    )]
    Points,
    /// Nothing, or more than is routed at once.
    #[error("the text has {found} bytes; expected 1 to {LONGEST}. Route another one")]
    Length {
        /// Its length.
        found: usize,
    },
    /// A byte is one of 256.
    #[error("the id {id} is not a byte; expected 0 to 255, as a run of this program reads bytes")]
    NoByte {
        /// Which.
        id: u32,
    },
}

/// The network of a checkpoint of this program, ready to route texts.
#[derive(Debug)]
pub struct OwnModel {
    trainer: Trainer,
    keys: Vec<String>,
    context: usize,
    experts: usize,
    top_k: usize,
}

impl OwnModel {
    /// That of a file.
    ///
    /// # Errors
    /// What is wrong with the file, that memory does not suffice, or that it learns no text.
    pub fn open(path: &Path) -> Result<Self, Reason> {
        Self::of(whole(path)?)
    }

    /// That of a checkpoint that was read whole.
    ///
    /// # Errors
    /// That it learns no text, or that its arrays do not fit.
    pub(super) fn of(opened: Checkpoint) -> Result<Self, Reason> {
        if opened.config.task.text().is_none() {
            return Err(OwnTextError::Points.into());
        }
        let (config, progress) = (&opened.config, &opened.state.progress);
        let context = config.model.context;
        let experts = progress.rosters.first().map_or(config.model.experts, |roster| roster.len());
        let keys = config.model.moe_layers().map(|layer| format!("layer.{layer}")).collect();
        let top_k = progress.knobs.top_k;
        // A trainer asks its task for its shape, which all texts share; nothing is read of this one.
        let task = TextTask::new(Arc::new(Corpus::open(&Text::MobyDick)?), context)?;
        let place = device::cpu(DeviceWhy::ByName);
        let trainer = Trainer::new(Arc::new(opened.config), Arc::new(task), &place.device, &opened.state)?;
        Ok(Self { trainer, keys, context, experts, top_k })
    }

    /// How often more arithmetic of experts a competition costs than routing: E ÷ k.
    pub fn competition_factor(&self) -> f64 {
        self.experts as f64 / self.top_k.max(1) as f64
    }

    /// Routes a text in windows of the model's context, the first from the first byte on; nothing is seen across their borders.
    /// `None` if `progress` did not want to go on.
    ///
    /// - `compete`: all experts answer every byte
    /// - `progress`: is told of windows that are done, and of how many there are
    ///
    /// # Errors
    /// A text that is empty or too long, or that the network does not take.
    pub fn route(
        &self,
        bytes: &[u8],
        compete: bool,
        progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
    ) -> Result<Option<RoutedText>, Reason> {
        if bytes.is_empty() || bytes.len() > LONGEST {
            return Err(OwnTextError::Length { found: bytes.len() }.into());
        }
        let ids: Vec<u32> = bytes.iter().map(|&byte| byte.into()).collect();
        let windows = ids.len().div_ceil(self.context);
        let mut routed = OwnRouted::new(self.keys.len());
        for (place, window) in ids.chunks(self.context).enumerate() {
            if progress(place, windows).is_break() {
                return Ok(None);
            }
            let next = ids.get((place + 1) * self.context).copied();
            let sequence = self.trainer.route_ids(window, next, compete).map_err(|failure| match failure {
                RoutedFailure::Input => StepError::Input.into(),
                RoutedFailure::Device(failure) => Reason::Device(failure),
            })?;
            routed.take(sequence);
        }
        Ok(Some(routed.finish(ids, &self.keys, self.experts)))
    }
}

/// The bytes of ids.
///
/// # Errors
/// The first that is none.
pub fn bytes_of_ids(ids: &[u32]) -> Result<Vec<u8>, OwnTextError> {
    ids.iter().map(|&id| u8::try_from(id).map_err(|_| OwnTextError::NoByte { id })).collect()
}

/// The bytes of the probe of a run, as many as are routed at once, if its text is found as it was.
pub(super) fn probe_bytes(opened: &Checkpoint, path: &Path) -> Option<Vec<u8>> {
    let found = text::find(opened, path, &TextWish::default(), None).ok()?;
    let (context, sequences) = (opened.config.model.context, opened.config.cadence.probe_sequences);
    let windows = found.corpus.probe_batch(opened.config.seed, sequences, context).ok()?;
    let read = windows.chunks_exact(context + 1).filter_map(|window| window.get(..context));
    Some(read.take((LONGEST / context).max(1)).flatten().take(LONGEST).copied().collect())
}

/// What the windows of a text have come to so far.
struct OwnRouted {
    losses: Vec<f32>,
    expected: Vec<u32>,
    layers: Vec<Vec<RoutedSequenceLayer>>,
}

impl OwnRouted {
    fn new(layers: usize) -> Self {
        Self { losses: Vec::new(), expected: Vec::new(), layers: vec![Vec::new(); layers] }
    }

    fn take(&mut self, sequence: RoutedSequence) {
        self.losses.extend(sequence.losses);
        self.expected.extend(sequence.expected);
        self.layers.iter_mut().zip(sequence.layers).for_each(|(layer, window)| layer.push(window));
    }

    fn finish(self, ids: Vec<u32>, keys: &[String], experts: usize) -> RoutedText {
        let losses = self.losses.iter().map(|&loss| f64::from(loss));
        let loss = (!self.losses.is_empty()).then(|| losses.sum::<f64>() / self.losses.len() as f64);
        let layers = self.layers.iter().zip(keys).map(|(windows, key)| layer(windows, key.clone(), experts)).collect();
        RoutedText { ids, loss, expected: self.expected, layers }
    }
}

/// One layer over all windows of a text.
fn layer(windows: &[RoutedSequenceLayer], key: String, experts: usize) -> RoutedLayer {
    let k = windows.first().map_or(0, |window| window.choices.k);
    let join =
        |of: fn(&RoutedSequenceLayer) -> &Vec<f32>| -> Vec<f32> { windows.iter().flat_map(of).copied().collect() };
    let picks: Vec<u32> = windows.iter().flat_map(|window| &window.choices.picks).map(|&slot| slot.into()).collect();
    let weights = join(|window| &window.choices.weights);
    let (softplus, norm) = (join(|window| &window.softplus), join(|window| &window.norm));
    // The router's p rises with its logits, and only the order of a token's is looked at.
    let p = join(|window| &window.choices.p);
    let agreement = |responses: &[f32]| {
        if responses.is_empty() { None } else { Agreement::of(&p, responses, &picks, k, experts) }
    };
    let competition = agreement(&softplus).zip(agreement(&norm));
    let shares = join(|window| &window.routed_share);
    let share = shares.iter().map(|&share| f64::from(share)).sum::<f64>() / shares.len().max(1) as f64;
    let winners = windows.iter().flat_map(|window| window.choices.winners.chunks_exact(k.max(1)));
    let winners: Vec<u32> = winners.filter_map(|winners| winners.first()).map(|&slot| slot.into()).collect();
    RoutedLayer {
        routed_share: if shares.is_empty() { 1.0 } else { share },
        competition: competition.map(|(softplus, norm)| RoutingCompetition { softplus, norm }),
        winners: (!winners.is_empty()).then_some(winners),
        ..RoutedLayer::of(
            key,
            experts,
            k,
            picks.chunks_exact(k.max(1)).map(<[u32]>::to_vec).collect(),
            weights.chunks_exact(k.max(1)).map(<[f32]>::to_vec).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::domain::config::ProbeFamilies;
    use crate::domain::measures::load;
    use crate::engine::train::Reading;
    use crate::inspect::Model;
    use crate::tasks;

    fn shipped(version: u64) -> PathBuf {
        let name = format!("tests/checkpoints/version_{version}.safetensors");
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
    }

    fn on() -> impl FnMut(usize, usize) -> ControlFlow<()> {
        |_, _| ControlFlow::Continue(())
    }

    /// What the run itself measures at its probe, and how its network routes the same bytes.
    #[test]
    fn the_bytes_of_the_probe_are_routed_as_the_run_measures_them() {
        let opened = whole(&shipped(5)).unwrap();
        let task = tasks::open(&opened.config).unwrap();
        let (config, place) = (Arc::new(opened.config.clone()), device::cpu(DeviceWhy::ByName));
        let mut trainer = Trainer::new(config, task, &place.device, &opened.state).unwrap();
        let measures = ProbeFamilies { representation: false, similarity: false, knock_out: false };
        trainer.probe(measures).unwrap();
        let batch = trainer.read().unwrap();
        let [Reading::Probe(probe)] = batch.readings.as_slice() else { panic!("one probe") };
        let bytes = probe_bytes(&opened, &shipped(5)).unwrap();
        assert_eq!(bytes.len(), probe.tokens, "all windows of the probe");
        let model = OwnModel::of(opened).unwrap();
        let routed = model.route(&bytes, true, &mut on()).unwrap().unwrap();
        let keys: Vec<String> =
            Model::open(&shipped(5)).unwrap().mixtures().iter().map(|m| m.key().to_owned()).collect();
        assert_eq!(routed.layers.iter().map(|layer| layer.key.clone()).collect::<Vec<_>>(), keys);
        for (layer, measured) in routed.layers.iter().zip(&probe.layers) {
            let choices = &measured.choices;
            let wide = |slots: &[u16]| slots.iter().map(|&slot| u32::from(slot)).collect::<Vec<_>>();
            assert_eq!(layer.picks.concat(), wide(&choices.picks), "{}", layer.key);
            let firsts: Vec<u32> = wide(&choices.winners).chunks_exact(choices.k).map(|winners| winners[0]).collect();
            assert_eq!(layer.winners.as_ref().unwrap(), &firsts, "{}", layer.key);
            let close = |a: f32, b: f32| (a - b).abs() < 1e-5;
            assert!(layer.weights.concat().iter().zip(&choices.weights).all(|(&a, &b)| close(a, b)));
            let counts = measured.diagnosis.load.counts.as_ref().unwrap();
            assert_eq!((&layer.load, layer.load_cv), (counts, load::cv(counts)));
            let of_run = &measured.diagnosis.agreement;
            let agreement = &layer.competition.as_ref().unwrap().softplus;
            assert_eq!(agreement.top1, of_run.top1, "the response of the run is mean softplus");
            let same = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() < 1e-5;
            assert!(same(agreement.kappa, of_run.kappa) && same(agreement.spearman, of_run.spearman));
            assert!(same(agreement.response_captured, of_run.response_captured));
        }
        // Each loss but those of a window's last byte, whose next one the run takes from its own text.
        let inner: f64 = (probe.losses.chunks_exact(probe.context))
            .flat_map(|window| &window[..probe.context - 1])
            .map(|&loss| f64::from(loss))
            .sum();
        let all = routed.loss.unwrap() * (bytes.len() - 1) as f64;
        let borders = (bytes.len() / probe.context - 1) as f64;
        assert!(all > inner && all - inner < 30.0 * borders, "{all} of which {inner} within windows");
    }

    #[test]
    fn every_version_routes_a_text_in_windows_and_the_rest_is_refused() {
        for version in 1..=5 {
            let model = OwnModel::open(&shipped(version)).unwrap();
            let bytes: Vec<u8> = b"The pale whale breached at dawn. ".repeat(9);
            let routed = model.route(&bytes, false, &mut on()).unwrap().unwrap();
            assert_eq!((routed.ids.len(), routed.expected.len()), (bytes.len(), bytes.len()));
            assert!(routed.loss.unwrap().is_finite());
            for layer in &routed.layers {
                assert_eq!((layer.picks.len(), layer.winners.is_none()), (bytes.len(), true));
                assert_eq!(layer.load.iter().sum::<u32>() as usize, bytes.len() * layer.top_k);
                assert!((layer.gate_mass.iter().sum::<f64>() / bytes.len() as f64 - layer.weight_sum).abs() < 1e-9);
            }
            // A byte is routed by those before it: what follows changes nothing.
            let shorter = model.route(&bytes[..20], false, &mut on()).unwrap().unwrap();
            assert_eq!(shorter.layers[0].picks[..], routed.layers[0].picks[..20]);
            assert_eq!(shorter.expected[..], routed.expected[..20]);
        }
        let model = OwnModel::open(&shipped(5)).unwrap();
        for length in [0, LONGEST + 1] {
            let why = model.route(&vec![b'a'; length], false, &mut on()).unwrap_err();
            assert_eq!(why, OwnTextError::Length { found: length }.into());
        }
        let stopped = model.route(b"whale", false, &mut |_, _| ControlFlow::Break(())).unwrap();
        assert_eq!(stopped, None);
        assert!(matches!(bytes_of_ids(&[104, 256]), Err(OwnTextError::NoByte { id: 256 })));
        assert_eq!(bytes_of_ids(&[104, 105]).unwrap(), b"hi");
    }
}
