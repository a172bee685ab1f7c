//! Layout of a checkpoint: which tensors are routers, experts and shared experts, decided by names and shapes, then checked against
//! the config.
//!
//! No family has a branch of its own. Names say what a tensor is (`names.rs`), shapes which axis is which (`shapes.rs`); the family
//! decides only what neither shows: the rule of the router (`rule.rs`) and whether gate and up take turns in one tensor.

mod doubt;
mod family;
mod gather;
mod mixture;
mod names;
mod place;
mod role;
mod rule;
mod shapes;

use std::collections::{BTreeMap, BTreeSet};

pub use doubt::{Disagreement, LayoutError};
pub use family::Family;
use gather::{Experts, Gathered, Named};
pub(crate) use mixture::{CorrectionPlace, RouterPlace, SharedPlace};
pub use mixture::{MixturePlan, MixtureRole};
use names::Projection;
pub(crate) use place::{BiasPlace, ExpertPlaces, MatrixPlace, Slice};
use role::has_piece;
use shapes::Known;

use super::config::CheckpointConfig;

/// Most layers that a config is asked about, whatever number it names.
const MOST_LAYERS: usize = 1 << 10;

/// All mixtures of a checkpoint.
#[derive(Clone, Debug)]
pub struct CheckpointLayout {
    family: Family,
    family_name: Option<String>,
    prefix: String,
    mixtures: Vec<MixturePlan>,
    disagreements: Vec<Disagreement>,
}

impl CheckpointLayout {
    /// Reads names and shapes (row-major; of what is packed, as it is unpacked) as mixtures of experts.
    ///
    /// # Errors
    /// No mixture, or tensors that do not go together.
    pub(crate) fn decide(
        tensors: impl Iterator<Item = (String, Vec<usize>)>,
        config: &CheckpointConfig,
        is_own: bool,
    ) -> Result<Self, LayoutError> {
        let mut count = 0;
        let (family, family_name) = match config.model_type() {
            _ if is_own => (Family::Own, Some("moe_arena".into())),
            Some(model_type) => {
                let (family, name) = Family::named(model_type);
                (family, Some(name))
            }
            None => (Family::Other, None),
        };
        let layers = gather::gather(tensors.inspect(|_| count += 1))?;
        let mut layout =
            Self { family, family_name, prefix: String::new(), mixtures: Vec::new(), disagreements: Vec::new() };
        let has_decoder_apart = layers.iter().any(|layer| has_piece(&layer.stack, "encoder"));
        for layer in &layers {
            layout.add(layer, config, has_decoder_apart)?;
        }
        if layout.mixtures.is_empty() {
            return Err(match layers.first().zip(layout.disagreements.iter().find_map(lacking)) {
                Some((layer, lacks)) => LayoutError::Incomplete { block: layer.block(), lacks },
                None => LayoutError::NoMixture { tensors: count },
            });
        }
        // The encoder comes before the decoder, what is not a layer of the stack behind.
        layout.mixtures.sort_by_key(|mixture| {
            let role = match mixture.role {
                MixtureRole::Main => 0,
                MixtureRole::Vision => 1,
                MixtureRole::Attention => 2,
                MixtureRole::Extra => 3,
            };
            (role, has_piece(&mixture.stack, "decoder"), mixture.stack.clone(), mixture.layer)
        });
        let main = layout.mixtures.iter().find(|mixture| mixture.role == MixtureRole::Main);
        if let Some((before, _)) = main.and_then(|mixture| mixture.stack.rsplit_once('.')) {
            layout.prefix = format!("{before}.");
        }
        layout.compare_layers(config);
        if rule::is_assumed(config, family) {
            layout
                .disagreements
                .push(Disagreement::ScoringAssumed { family: layout.family_name.clone().unwrap_or_default() });
        }
        Ok(layout)
    }

    /// The family that the config names.
    pub fn family(&self) -> Family {
        self.family
    }

    /// How reports call the family; `None` without a config.
    pub fn family_name(&self) -> Option<&str> {
        self.family_name.as_deref()
    }

    /// What stands before `layers.N.`, e.g. `model.`; with its dot, or empty.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The mixtures: layers of the stack in their order, then those of attention, then extra layers.
    pub fn mixtures(&self) -> &[MixturePlan] {
        &self.mixtures
    }

    /// Where config and files disagree, or something was assumed.
    pub fn disagreements(&self) -> &[Disagreement] {
        &self.disagreements
    }

    fn add(&mut self, layer: &Gathered, config: &CheckpointConfig, has_encoder: bool) -> Result<(), LayoutError> {
        let role = role::role(layer, config, has_encoder);
        let key = role::key(layer, role, has_encoder);
        let of_kind = layer.kind.map(|kind| config.of_kind(kind as usize));
        let config = of_kind.as_ref().unwrap_or(config);
        let numbered =
            layer.experts.values().filter_map(|tensor| tensor.numbers.as_ref()?.last().map(|last| last + 1)).max();
        let stacked = layer.experts.iter().find_map(|((_, is_bias), tensor)| match tensor.shape.as_slice() {
            [count, _, _] if tensor.numbers.is_none() && !is_bias => Some(*count),
            _ => None,
        });
        let routers = &layer.routers;
        let told = numbered.or(stacked);
        let rows = routers.iter().find_map(|router| router.shape.first().copied());
        let experts = told.or(config.experts(layer.layer)).or(rows).unwrap_or(0);
        let router = routers.iter().find(|router| router.shape.contains(&experts)).or(routers.first());
        // Experts without tensors, at the end: the router and the config count them.
        let counted = config
            .experts(layer.layer)
            .filter(|count| router.is_some_and(|router| router.shape.first() == Some(count)));
        let experts = if numbered.is_some() { experts.max(counted.unwrap_or(0)) } else { experts };
        let router = router.map(|named| router_place(named, layer.router_bias.as_ref(), experts));
        // Shapes cost a header nothing; what is listed for each expert would cost memory.
        let rows = router.as_ref().map_or(0, |router| router.stored[usize::from(router.is_transposed)]);
        if experts.max(rows) > gather::MOST_EXPERTS {
            let found = experts.max(rows);
            return Err(LayoutError::TooMany { block: layer.block(), found, limit: gather::MOST_EXPERTS });
        }
        let is_own = self.family == Family::Own;
        let in_hidden = router.as_ref().filter(|router| !router.name.ends_with("router.embeddings"));
        let of_router = in_hidden.map(|router| router.stored[usize::from(!router.is_transposed)]);
        let biased = layer.experts.contains_key(&(Projection::GateUp, true));
        let unnamed = self.family == Family::Other && config.model_type().is_none();
        let known = Known {
            experts,
            hidden: of_router.or(config.hidden()),
            is_transposed: is_own.then_some(true),
            is_interleaved: !config.is_gguf() && (self.family == Family::GptOss || (unnamed && biased)),
            has_latent: layer.has_latent,
        };
        let unpacked = unpacked(layer, config);
        let (places, is_assumed) = match shapes::places(unpacked.as_ref().unwrap_or(&layer.experts), known)? {
            Ok(found) => found,
            Err(lacks) => {
                self.disagreements.push(Disagreement::Incomplete { key, lacks });
                return Ok(());
            }
        };
        let gate = || layer.shared_gate.as_ref().map(|gate| gate.name.clone());
        let shared = shapes::shared(&layer.shared, known)?.map(|places| SharedPlace { places, gate: gate() });
        let block = block(layer);
        // DeepSeek V4 calls its correction bias the router's.
        let (router, correction) = match (router, &layer.correction) {
            (Some(mut router), None) if self.family == Family::DeepseekV4 => {
                let bias = router.bias.take();
                (Some(router), bias)
            }
            (router, correction) => (router, correction.as_ref().map(|named| named.name.clone())),
        };
        // Of two kinds of experts each has a row.
        let kinds =
            layer.correction.as_ref().filter(|named| matches!(named.shape.as_slice(), [2, row] if *row == experts));
        let part = layer.kind.zip(kinds).map(|(kind, _)| (kind as usize * experts, experts));
        let correction = correction.map(|name| CorrectionPlace { name, part });
        let block_bias =
            layer.biases.iter().map(|named| &named.name).find(|name| **name == format!("{block}bias")).cloned();
        let has = |expert: usize| {
            let weights = layer.experts.iter().filter(|((_, is_bias), _)| !is_bias);
            weights
                .filter_map(|(_, tensor)| tensor.numbers.as_ref())
                .all(|numbers| numbers.binary_search(&expert).is_ok())
        };
        let mixture = MixturePlan {
            key,
            role,
            stack: layer.stack.clone(),
            layer: layer.layer,
            block,
            experts,
            hidden: places.down.shape()[0],
            missing: (0..experts).filter(|expert| !has(*expert)).collect(),
            is_packed: layer.experts.values().any(|tensor| tensor.is_packed),
            places,
            top_k: config.top_k(layer.layer),
            scoring: rule::scoring(config, self.family, correction.is_some()),
            router,
            correction,
            shared,
            block_bias,
        };
        if is_own {
            // Its experts may have been split, dropped or merged since the run began.
            self.compare(&mixture, &CheckpointConfig::default(), None, false);
        } else {
            self.compare(&mixture, config, of_router.filter(|_| !layer.has_latent), is_assumed);
        }
        self.mixtures.push(mixture);
        Ok(())
    }

    /// What the config says of one mixture.
    fn compare(&mut self, mixture: &MixturePlan, config: &CheckpointConfig, hidden: Option<usize>, is_assumed: bool) {
        let key = mixture.key.clone();
        let mut doubts = Vec::new();
        let found = mixture.experts;
        let rows = mixture.router.as_ref().map(|router| router.stored[usize::from(router.is_transposed)]);
        match rows {
            None => doubts.push(Disagreement::NoRouter { key: key.clone() }),
            Some(rows) if rows != found => {
                doubts.push(Disagreement::RouterRows { key: key.clone(), rows, experts: found })
            }
            Some(_) => {}
        }
        if let Some(config) = config.experts(mixture.layer).filter(|config| *config != found) {
            doubts.push(Disagreement::Experts { key: key.clone(), config, found });
        }
        if let Some(config) = config.top_k(mixture.layer).filter(|config| *config > found) {
            doubts.push(Disagreement::TopK { key: key.clone(), config, found });
        }
        let width = mixture.expert_width();
        let is_feed_forward = mixture.role != MixtureRole::Attention;
        if let Some(config) = config.expert_width(mixture.layer).filter(|config| is_feed_forward && *config != width) {
            doubts.push(Disagreement::ExpertWidth { key: key.clone(), config, found: width });
        }
        if let Some((config, found)) = config.hidden().zip(hidden).filter(|(config, found)| config != found) {
            doubts.push(Disagreement::Hidden { key: key.clone(), config, found });
        }
        if !mixture.missing.is_empty() {
            doubts.push(Disagreement::MissingExperts { key: key.clone(), experts: mixture.missing.clone() });
        }
        if is_assumed {
            doubts.push(Disagreement::OrientationAssumed { key: key.clone() });
        }
        if mixture.is_packed {
            doubts.push(Disagreement::Packed { key });
        }
        self.disagreements.extend(doubts);
    }

    /// Which layers the config wants experts in.
    fn compare_layers(&mut self, config: &CheckpointConfig) {
        let main = || self.mixtures.iter().filter(|mixture| mixture.role == MixtureRole::Main);
        let layers = config.layers().unwrap_or(0).min(MOST_LAYERS);
        let expected: BTreeSet<usize> =
            (0..layers).filter(|layer| config.expects_mixture(*layer) == Some(true)).collect();
        let found: BTreeSet<usize> = main().map(|mixture| mixture.layer).collect();
        let says = (0..layers).any(|layer| config.expects_mixture(layer).is_some());
        if says && expected != found && main().all(|mixture| mixture.key.starts_with("layer.")) {
            self.disagreements.push(Disagreement::Layers {
                config: expected.difference(&found).copied().collect(),
                found: found.difference(&expected).copied().collect(),
            });
        }
    }
}

fn lacking(doubt: &Disagreement) -> Option<&'static str> {
    match doubt {
        Disagreement::Incomplete { lacks, .. } => Some(lacks),
        _ => None,
    }
}

/// The experts' tensors in the shapes that the config says, where their numbers are packed and the tensors' own shapes say nothing.
fn unpacked(layer: &Gathered, config: &CheckpointConfig) -> Option<BTreeMap<(Projection, bool), Experts>> {
    let (width, hidden) = (config.expert_width(layer.layer)?, config.hidden()?);
    layer.experts.values().any(|tensor| tensor.is_packed).then(|| {
        let shape = |projection| match projection {
            Projection::Down => vec![hidden, width],
            Projection::GateUp => vec![width.saturating_mul(2), hidden],
            Projection::Gate | Projection::Up => vec![width, hidden],
        };
        let all = layer.experts.iter().filter(|((_, is_bias), _)| !is_bias);
        all.map(|(part, tensor)| (*part, Experts { shape: shape(part.0), ..tensor.clone() })).collect()
    })
}

fn router_place(named: &Named, bias: Option<&Named>, experts: usize) -> RouterPlace {
    let (rows, columns) = match named.shape.as_slice() {
        [rows, columns] => (*rows, *columns),
        _ => (0, 0),
    };
    RouterPlace {
        name: named.name.clone(),
        stored: [rows, columns],
        is_transposed: columns == experts && rows != experts,
        bias: bias.map(|bias| bias.name.clone()),
    }
}

/// What the names of router and experts have in common, up to a dot.
fn block(layer: &Gathered) -> String {
    let weights = layer.experts.iter().filter(|((_, is_bias), _)| !is_bias);
    let mut names =
        layer.routers.iter().map(|router| router.name.as_str()).chain(weights.map(|(_, tensor)| tensor.name.as_str()));
    let Some(first) = names.next() else { return String::new() };
    let common = names.fold(first, |common, name| {
        let same = common.char_indices().zip(name.chars()).take_while(|((_, a), b)| a == b);
        let end = same.last().map_or(0, |((at, a), _)| at + a.len_utf8());
        common.get(..end).unwrap_or("")
    });
    let end = common.rfind('.').map_or(0, |at| at + 1);
    let block = common.get(..end).unwrap_or("");
    // Without a router the experts alone would name the block.
    block.split(".experts.").next().map_or_else(String::new, |front| {
        if front.len() < block.len() && layer.routers.is_empty() { format!("{front}.") } else { block.to_owned() }
    })
}

#[cfg(test)]
mod kinds_tests;
#[cfg(test)]
mod tests;
