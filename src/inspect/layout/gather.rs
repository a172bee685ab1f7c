//! Gathering tensors by layer: everything in a layer that is named like a part of a mixture, before most shapes are looked at.

use std::collections::BTreeMap;

use super::LayoutError;
use super::names::{self, Projection, Role};

/// Most experts of a layer.
pub(super) const MOST_EXPERTS: usize = 1 << 16;

/// A tensor's name and shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub name: String,
    pub shape: Vec<usize>,
}

/// One projection of all experts of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Experts {
    /// Name; `{e}` in the place of the number, where each expert has its own tensor.
    pub name: String,
    /// Shape of the tensor: of one expert where each has its own, else of all.
    pub shape: Vec<usize>,
    /// The experts that have one, where each has its own.
    pub numbers: Option<Vec<usize>>,
    /// The number in names of the first of them.
    pub first: usize,
    pub is_packed: bool,
}

/// Which of the two kinds of experts of a layer, where one numbering goes through both (ERNIE-4.5-VL).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Text,
    Vision,
}

/// Parts of what may be a mixture.
#[derive(Clone, Debug, Default)]
pub(super) struct Gathered {
    pub stack: String,
    pub layer: usize,
    pub in_attention: bool,
    /// `None` where all experts are of one kind.
    pub kind: Option<Kind>,
    /// The number in names of its first expert.
    pub first: usize,
    pub routers: Vec<Named>,
    pub router_bias: Option<Named>,
    pub correction: Option<Named>,
    /// By projection; `true` for biases.
    pub experts: BTreeMap<(Projection, bool), Experts>,
    pub shared: BTreeMap<(Projection, bool), Named>,
    pub shared_gate: Option<Named>,
    pub biases: Vec<Named>,
    pub has_latent: bool,
}

impl Gathered {
    /// The layer's name in complaints.
    pub fn block(&self) -> String {
        let attention = if self.in_attention { " (attention)" } else { "" };
        format!("{}.{}{attention}", self.stack, self.layer)
    }

    fn add(&mut self, named: Named, role: Role) -> Result<(), LayoutError> {
        match role {
            Role::Router | Role::SecondRouter => self.routers.push(named),
            Role::RouterBias => self.router_bias = Some(named),
            Role::Correction => self.correction = Some(named),
            Role::SharedGate => self.shared_gate = Some(named),
            Role::Bias => self.biases.push(named),
            Role::Latent => self.has_latent = true,
            Role::Shared(part) => {
                self.shared.insert((part.projection, part.is_bias), named);
            }
            Role::Expert(part) => return self.add_expert(named, &part),
        }
        Ok(())
    }

    fn add_expert(&mut self, named: Named, part: &names::Part) -> Result<(), LayoutError> {
        let block = self.block();
        let name = match part.expert {
            Some(number) => with_place(&named.name, number),
            None => named.name,
        };
        if let Some(number) = part.expert.filter(|number| *number >= MOST_EXPERTS) {
            return Err(LayoutError::TooMany { block, found: number + 1, limit: MOST_EXPERTS });
        }
        let first = self.first;
        let new = || Experts {
            name: name.clone(),
            shape: named.shape.clone(),
            numbers: part.expert.map(|_| Vec::new()),
            first,
            is_packed: part.is_packed,
        };
        let experts = self.experts.entry((part.projection, part.is_bias)).or_insert_with(new);
        if experts.name != name {
            return Err(LayoutError::TwoForms { block, first: experts.name.clone(), second: name });
        }
        if let (Some(number), Some(numbers)) = (part.expert, &mut experts.numbers) {
            if experts.shape != named.shape {
                return Err(LayoutError::ExpertShapes {
                    name,
                    first: numbers.first().copied().unwrap_or(0),
                    first_shape: experts.shape.clone(),
                    second: number,
                    second_shape: named.shape,
                });
            }
            numbers.push(number.saturating_sub(first));
        }
        Ok(())
    }
}

/// A tensor's name with `{e}` in the place of the expert's number.
fn with_place(name: &str, number: usize) -> String {
    let digits = number.to_string();
    let mut pieces: Vec<String> = name.split('.').map(str::to_owned).collect();
    let is_number = |piece: &String| piece.strip_prefix("expert_").unwrap_or(piece) == digits;
    if let Some(at) = pieces.iter().rposition(is_number) {
        pieces[at] = if pieces[at].starts_with("expert_") { "expert_{e}".into() } else { "{e}".into() };
    }
    pieces.join(".")
}

/// A layer of a stack, or its attention.
type Place = (String, usize, bool);

/// Everything that is named like a part of a mixture, by stack, layer, whether it is attention's, and kind of experts; only layers
/// with experts. Tensors come by name; experts are sorted as numbers.
pub(super) fn gather(tensors: impl Iterator<Item = (String, Vec<usize>)>) -> Result<Vec<Gathered>, LayoutError> {
    let mut parts: BTreeMap<Place, Vec<(Named, Role)>> = BTreeMap::new();
    for (name, shape) in tensors {
        let Some(spot) = names::spot(&name) else { continue };
        let Some(role) = names::role(spot.tail, shape.len()) else { continue };
        let place = (spot.stack.to_owned(), spot.layer, spot.in_attention);
        parts.entry(place).or_default().push((Named { name, shape }, role));
    }
    let mut found = Vec::new();
    for ((stack, layer, in_attention), parts) in parts {
        let begin =
            |kind, first| Gathered { stack: stack.clone(), layer, in_attention, kind, first, ..Gathered::default() };
        match second_kind(&parts) {
            None => {
                let mut all = begin(None, 0);
                parts.into_iter().try_for_each(|(named, role)| all.add(named, role))?;
                found.push(all);
            }
            Some(first) => {
                let mut kinds = [begin(Some(Kind::Text), 0), begin(Some(Kind::Vision), first)];
                for (named, role) in parts {
                    let [text, vision] = &mut kinds;
                    match &role {
                        Role::Router | Role::RouterBias => text.add(named, role)?,
                        Role::SecondRouter => vision.add(named, role)?,
                        Role::Expert(part) if part.expert.is_some_and(|number| number >= first) => {
                            vision.add(named, role)?;
                        }
                        Role::Expert(_) => text.add(named, role)?,
                        // What answers every token, and the correction, which has a row for each kind.
                        _ => {
                            text.add(named.clone(), role.clone())?;
                            vision.add(named, role)?;
                        }
                    }
                }
                found.extend(kinds);
            }
        }
    }
    found.retain(|layer| layer.experts.keys().any(|(_, is_bias)| !is_bias));
    for experts in found.iter_mut().flat_map(|layer| layer.experts.values_mut()) {
        if let Some(numbers) = &mut experts.numbers {
            numbers.sort_unstable();
            numbers.dedup();
        }
    }
    Ok(found)
}

/// The number of the first expert of the second kind, where a layer has two routers: together they have a row, or a column, for
/// each expert, and the other axis is the same. `None` where all experts are of one kind, or the shapes do not fit.
fn second_kind(parts: &[(Named, Role)]) -> Option<usize> {
    let of = |wanted: &Role| match parts.iter().find(|(_, role)| role == wanted)?.0.shape.as_slice() {
        [rows, columns] => Some([*rows, *columns]),
        _ => None,
    };
    let (first, second) = (of(&Role::Router)?, of(&Role::SecondRouter)?);
    let numbers = parts.iter().filter_map(|(_, role)| if let Role::Expert(part) = role { part.expert } else { None });
    let experts = numbers.max()?.checked_add(1)?;
    let fits =
        |&axis: &usize| first[1 - axis] == second[1 - axis] && first[axis].checked_add(second[axis]) == Some(experts);
    // As published, columns are experts.
    [1, 0].iter().find(|axis| fits(axis)).map(|&axis| first[axis])
}
