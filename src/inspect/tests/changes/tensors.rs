//! Changes to tensors of a safetensors file: shapes with their bytes, types of equal width, names.

use serde_json::{Map, Value, json};

use super::ChangeChoices;

/// A tensor with its bytes.
pub struct Tensor {
    name: String,
    dtype: String,
    shape: Vec<usize>,
    data: Vec<u8>,
}

/// The tensors of a file.
pub fn read(bytes: &[u8]) -> Vec<Tensor> {
    let (size, rest) = bytes.split_first_chunk::<8>().unwrap();
    let (header, data) = rest.split_at(u64::from_le_bytes(*size) as usize);
    let header: Map<String, Value> = serde_json::from_slice(header).unwrap();
    let of = |(name, entry): (&String, &Value)| {
        let whole = |value: &Value| -> Vec<usize> { serde_json::from_value(value.clone()).unwrap() };
        let at = whole(&entry["data_offsets"]);
        let dtype = entry["dtype"].as_str().unwrap().to_owned();
        Tensor { name: name.clone(), dtype, shape: whole(&entry["shape"]), data: data[at[0]..at[1]].to_vec() }
    };
    header.iter().filter(|(name, _)| *name != "__metadata__").map(of).collect()
}

/// A file of tensors.
pub fn file(tensors: &[Tensor]) -> Vec<u8> {
    let (mut header, mut data) = (Map::new(), Vec::new());
    for tensor in tensors {
        let offsets = [data.len(), data.len() + tensor.data.len()];
        let entry = json!({"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": offsets});
        header.insert(tensor.name.clone(), entry);
        data.extend_from_slice(&tensor.data);
    }
    let header = Value::Object(header).to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

/// The name without its numbers: the same for all experts and layers.
fn pattern(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// Changes a tensor, or all that are called like it but for their numbers.
pub fn change(choices: &mut ChangeChoices, tensors: &mut Vec<Tensor>) {
    if tensors.is_empty() {
        return;
    }
    let (one, other) = (choices.below(tensors.len()), choices.below(tensors.len()));
    let alike = pattern(&tensors[one].name);
    let is_all = choices.below(2) == 0;
    let same = |place: usize, tensor: &Tensor| place == one || (is_all && pattern(&tensor.name) == alike);
    let (kind, drawn, way) = (choices.below(13), choices.below(1 << 20), choices.below(4));
    match kind {
        0 => drop(tensors.swap_remove(one)),
        1 => {
            let name = renumbered(choices, &tensors[one].name);
            let Tensor { dtype, shape, data, .. } = &tensors[one];
            let copy = Tensor { name, dtype: dtype.clone(), shape: shape.clone(), data: data.clone() };
            tensors.push(copy);
        }
        2 => tensors[one].name = renumbered(choices, &tensors[one].name),
        3 => {
            let name = std::mem::take(&mut tensors[other].name);
            let name = std::mem::replace(&mut tensors[one].name, name);
            tensors[other].name = name;
        }
        _ => {
            for (place, tensor) in tensors.iter_mut().enumerate() {
                if same(place, tensor) {
                    change_tensor(tensor, kind, drawn, way);
                }
            }
        }
    }
}

fn change_tensor(tensor: &mut Tensor, kind: usize, drawn: usize, way: usize) {
    const KINDS: [&[&str]; 4] =
        [&["F32", "I32", "U32"], &["BF16", "F16", "I16", "U16"], &["U8", "I8", "F8_E4M3", "F8_E5M2"], &["F64", "I64"]];
    const ENDS: [[&str; 2]; 8] = [
        [".weight", ".bias"],
        [".weight", ""],
        [".weight", ".weight_scale_inv"],
        ["gate", "up"],
        ["w1", "w3"],
        ["experts", "shared_experts"],
        ["layers", "blocks"],
        [".weight", ".qweight"],
    ];
    match kind {
        4 => {
            let kinds = KINDS.iter().find(|kinds| kinds.contains(&tensor.dtype.as_str()));
            tensor.dtype = kinds.map_or("F4", |kinds| kinds[drawn % kinds.len()]).to_owned();
        }
        5 => tensor.shape.reverse(),
        6 => {
            let numbers = tensor.shape.iter().product();
            let split = (1..9).rev().find(|by| numbers % by == 0).unwrap_or(1);
            tensor.shape = match way {
                0 => vec![numbers],
                1 => [vec![1], tensor.shape.clone()].concat(),
                2 => vec![split, numbers / split],
                _ => [tensor.shape.clone(), vec![1]].concat(),
            };
        }
        7..=9 => {
            let numbers: usize = tensor.shape.iter().product();
            let width = tensor.data.len().checked_div(numbers).unwrap_or(4);
            let axes = tensor.shape.len().max(1);
            if let Some(axis) = tensor.shape.get_mut(drawn % axes) {
                *axis = match way {
                    0 => *axis + 1 + drawn / 4 % 3,
                    1 => *axis / 2,
                    2 => drawn / 4 % (*axis + 1),
                    _ => (*axis * 2).min(4096),
                };
            }
            tensor.data.resize(width * tensor.shape.iter().product::<usize>().min(1 << 20), 0x3c);
        }
        10 => tensor.data.fill([0, 0xff, 0x7f, 0x80][way]),
        11 => {
            let length = tensor.data.len().max(1);
            if let Some(byte) = tensor.data.get_mut(drawn % length) {
                *byte = [0xff, 0x7f, 0x80, 0][way];
            }
        }
        _ => {
            let [from, to] = ENDS[drawn % ENDS.len()];
            tensor.name = tensor.name.replace(from, to);
        }
    }
}

/// A name with another number in it.
pub fn renumbered(choices: &mut ChangeChoices, name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let numbered: Vec<usize> = (0..parts.len()).filter(|&part| parts[part].parse::<usize>().is_ok()).collect();
    let changed = if numbered.is_empty() { 0 } else { choices.of(&numbered) };
    let number = choices.of(&[0, 1, 2, 7, 8, 63, 70_000, usize::MAX]).to_string();
    let of = |(part, text): (usize, &&str)| if part == changed { number.clone() } else { (*text).to_owned() };
    parts.iter().enumerate().map(of).collect::<Vec<_>>().join(".")
}
