//! Shapes of experts: which axis is the input's, whether gate and up lie in one tensor, and how many experts there are.

use std::collections::BTreeMap;

use super::LayoutError;
use super::gather::{Experts, Named};
use super::names::Projection;
use super::place::{BiasPlace, ExpertPlaces, MatrixPlace, Slice};

/// What is known before the shapes are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Experts, if the router or the experts' numbers say how many.
    pub experts: usize,
    /// Width of the model, as router or config say.
    pub hidden: Option<usize>,
    /// Whether rows that are stored are inputs, where the family says so.
    pub is_transposed: Option<bool>,
    /// Whether gate and up take turns where they lie in one tensor.
    pub is_interleaved: bool,
    /// Whether experts work in another width than the model's.
    pub has_latent: bool,
}

/// One projection's tensor, seen as the matrix of one expert.
struct Seen<'a> {
    name: &'a str,
    is_each: bool,
    first: usize,
    /// Rows and columns of one expert, as stored.
    matrix: [usize; 2],
    /// Whether the experts' matrices are put together by rows, in two axes.
    is_flat: bool,
    shape: &'a [usize],
}

impl<'a> Seen<'a> {
    fn of(tensor: &'a Experts, experts: usize) -> Result<Self, LayoutError> {
        let wrong = |expected: String| {
            Err(LayoutError::Shape { name: tensor.name.clone(), found: tensor.shape.clone(), expected })
        };
        let is_each = tensor.numbers.is_some();
        let seen = |matrix, is_flat| Self {
            name: &tensor.name,
            is_each,
            first: tensor.first,
            matrix,
            is_flat,
            shape: &tensor.shape,
        };
        let found = match (is_each, tensor.shape.as_slice()) {
            (true, &[rows, columns]) => seen([rows, columns], false),
            (false, &[count, rows, columns]) if count == experts => seen([rows, columns], false),
            (false, &[rows, columns]) if experts > 0 && rows.is_multiple_of(experts) => {
                seen([rows / experts, columns], true)
            }
            (true, _) => return wrong("a matrix for each expert".into()),
            (false, _) => return wrong(format!("{experts} experts along the first axis")),
        };
        if found.matrix.contains(&0)
            || found.shape.iter().try_fold(1usize, |size, axis| size.checked_mul(*axis)).is_none()
        {
            return wrong("a matrix with rows and columns".into());
        }
        Ok(found)
    }

    fn place(&self, is_transposed: bool, slice: Slice) -> MatrixPlace {
        MatrixPlace {
            name: self.name.to_owned(),
            is_each: self.is_each,
            first: self.first,
            stored: self.matrix,
            is_transposed,
            slice,
        }
    }

    fn wrong(&self, expected: String) -> LayoutError {
        LayoutError::Shape { name: self.name.to_owned(), found: self.shape.to_vec(), expected }
    }
}

/// The places of the experts' matrices, and whether the orientation had to be assumed.
pub(super) fn places(
    tensors: &BTreeMap<(Projection, bool), Experts>,
    known: Known,
) -> Result<Result<(ExpertPlaces, bool), &'static str>, LayoutError> {
    let seen = |projection| tensors.get(&(projection, false)).map(|tensor| Seen::of(tensor, known.experts)).transpose();
    let Some(down) = seen(Projection::Down)? else { return Ok(Err("down")) };
    let (gate, up, both) = (seen(Projection::Gate)?, seen(Projection::Up)?, seen(Projection::GateUp)?);
    // Names such as w1 and w2 alone: what is called a gate is the only projection into the expert.
    let (gate, up) = if up.is_none() && both.is_none() { (None, gate) } else { (gate, up) };
    let Some(first) = both.as_ref().or(up.as_ref()) else { return Ok(Err("up")) };
    let (is_transposed, is_assumed) = orientation(first, &down, both.is_some(), known)?;
    // Flat stacks have every matrix as [width, hidden].
    let down_transposed = if down.is_flat { !is_transposed } else { is_transposed };
    let along = |matrix: [usize; 2], transposed: bool| if transposed { [matrix[1], matrix[0]] } else { matrix };
    let [out, width] = along(down.matrix, down_transposed);
    let [outputs, input] = along(first.matrix, is_transposed);
    if out != input {
        return Err(down.wrong(format!("an output of {input}, as wide as the input of “{}”", first.name)));
    }
    let slices = match &both {
        Some(_) if outputs == 2 * width && known.is_interleaved => Some((Slice::Even, Slice::Odd)),
        Some(_) if outputs == 2 * width => Some((Slice::First, Slice::Second)),
        _ if outputs == width => None,
        // Stacked experts whose only projection is twice as wide (Aria's fc1): gate and up lie in it, whatever it is called.
        None if gate.is_none() && !first.is_each && outputs == 2 * width => Some((Slice::First, Slice::Second)),
        Some(both) => {
            return Err(both.wrong(format!("{width} or {} outputs, as “{}” is {width} wide", 2 * width, down.name)));
        }
        None => return Err(first.wrong(format!("{width} outputs, as “{}” is {width} wide", down.name))),
    };
    if let Some(gate) = gate.as_ref().filter(|gate| gate.matrix != first.matrix) {
        return Err(gate.wrong(format!("{:?} for each expert, as “{}”", first.matrix, first.name)));
    }
    let (gate_place, up_place) = match slices {
        Some((gate, up)) => (Some(first.place(is_transposed, gate)), first.place(is_transposed, up)),
        None => (gate.map(|gate| gate.place(is_transposed, Slice::Whole)), first.place(is_transposed, Slice::Whole)),
    };
    let down = down.place(down_transposed, Slice::Whole);
    let biases = biases(tensors, known.experts, slices, [width, out])?;
    let biases = if gate_place.is_some() { biases } else { without_gate(biases) };
    Ok(Ok((ExpertPlaces { gate: gate_place, up: up_place, down, biases }, is_assumed)))
}

/// Whether the rows that are stored are inputs, and whether that is a guess.
fn orientation(first: &Seen<'_>, down: &Seen<'_>, is_both: bool, known: Known) -> Result<(bool, bool), LayoutError> {
    if let Some(is_transposed) = known.is_transposed {
        return Ok((is_transposed, false));
    }
    let [rows, columns] = first.matrix;
    let Some(hidden) = known.hidden.filter(|_| !known.has_latent) else {
        // The width that both have in common is the input's; where experts are stored one by one, rows are outputs.
        let transposed_only = columns != down.matrix[0] && rows == down.matrix[1];
        return Ok((transposed_only && !first.is_each, !first.is_each && rows == columns));
    };
    match (columns == hidden, rows == hidden) {
        (true, false) => Ok((false, false)),
        (false, true) => Ok((true, false)),
        (true, true) => {
            // Square. Gate and up together are twice as wide as down is, which then is not square.
            let halves = is_both && down.matrix[0] != down.matrix[1];
            let is_transposed = halves && down.matrix[1] == hidden && !down.is_flat;
            Ok((is_transposed, !halves && !first.is_each && !first.is_flat))
        }
        (false, false) => Err(first.wrong(format!("one axis of {hidden}, the width of the model"))),
    }
}

/// Gate, up, down.
type Biases = [Option<BiasPlace>; 3];

/// Experts without a gate: what is called its bias is that of the only projection into the expert.
fn without_gate(biases: Biases) -> Biases {
    let [gate, up, down] = biases;
    [None, up.or(gate), down]
}

fn biases(
    tensors: &BTreeMap<(Projection, bool), Experts>,
    experts: usize,
    slices: Option<(Slice, Slice)>,
    [width, out]: [usize; 2],
) -> Result<Biases, LayoutError> {
    let place = |projection, slice, stored: usize| -> Result<Option<BiasPlace>, LayoutError> {
        let Some(tensor) = tensors.get(&(projection, true)) else { return Ok(None) };
        let is_each = tensor.numbers.is_some();
        let expected = if is_each { vec![stored] } else { vec![experts, stored] };
        if tensor.shape != expected {
            return Err(LayoutError::Shape {
                name: tensor.name.clone(),
                found: tensor.shape.clone(),
                expected: format!("{expected:?}, a number for each output"),
            });
        }
        Ok(Some(BiasPlace { name: tensor.name.clone(), is_each, first: tensor.first, stored, slice }))
    };
    let whole = Slice::Whole;
    let (gate, up) = match slices {
        Some((gate, up)) => (place(Projection::GateUp, gate, 2 * width)?, place(Projection::GateUp, up, 2 * width)?),
        None => {
            let up = place(Projection::Up, whole, width)?;
            (place(Projection::Gate, whole, width)?, up.or(place(Projection::GateUp, whole, width)?))
        }
    };
    Ok([gate, up, place(Projection::Down, whole, out)?])
}

/// The places of a shared expert, stored as one.
pub(super) fn shared(
    tensors: &BTreeMap<(Projection, bool), Named>,
    known: Known,
) -> Result<Option<ExpertPlaces>, LayoutError> {
    // One expert with a tensor of its own; a first axis of one is no axis.
    let as_one = tensors.iter().map(|(part, tensor)| {
        let shape = match tensor.shape.as_slice() {
            [1, rest @ ..] if tensor.shape.len() == 3 || (part.1 && tensor.shape.len() == 2) => rest.to_vec(),
            shape => shape.to_vec(),
        };
        (*part, Experts { name: tensor.name.clone(), shape, numbers: Some(Vec::new()), first: 0, is_packed: false })
    });
    let found = places(&as_one.collect(), Known { experts: 1, has_latent: false, ..known })?;
    Ok(found.ok().map(|(places, _)| places))
}
