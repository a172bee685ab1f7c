//! Changes to the files of a checkpoint that leave them readable: shapes with their bytes, types of equal width, names, values of a
//! config, lengths and kinds of a GGUF header. So most of what is wrong is met behind the opening of the files.

mod gguf;
mod tensors;
mod values;

use serde_json::Value;

/// Numbers drawn from a seed.
pub struct ChangeChoices(pub u64);

impl ChangeChoices {
    /// Below `count`; 0 if there is nothing to choose from.
    pub fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % count.max(1) as u64) as usize
    }

    fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }

    /// A size as a header or a config may name it, mostly near the one that stood there.
    fn size(&mut self, was: u64) -> u64 {
        match self.below(8) {
            0 => was.wrapping_add(1),
            1 => was.wrapping_sub(1),
            2 => was.wrapping_mul(2),
            3 => was / 2,
            4 => self.of(&[0, 1, 2, 1000, 1 << 16, 1 << 20, 1 << 31, 1 << 40, 1 << 62, u64::MAX]),
            _ => self.below(40) as u64,
        }
    }
}

/// Changes a file of a checkpoint by what its name says that it is.
pub fn change(choices: &mut ChangeChoices, name: &str, bytes: &[u8]) -> Vec<u8> {
    // Now and then anything at all, or the end is lost.
    match (choices.below(16), bytes.len()) {
        (_, 0) => return Vec::new(),
        (0, length) => return bytes[..choices.below(length)].to_vec(),
        (1, length) => {
            let mut bytes = bytes.to_vec();
            bytes[choices.below(length.min(4096))] = choices.below(256) as u8;
            return bytes;
        }
        _ => {}
    }
    let times = 1 + choices.below(3);
    match name.rsplit('.').next() {
        Some("safetensors") => {
            let mut tensors = tensors::read(bytes);
            (0..times).for_each(|_| tensors::change(choices, &mut tensors));
            tensors::file(&tensors)
        }
        Some("gguf") => {
            let mut bytes = bytes.to_vec();
            let fields = gguf::fields(&bytes);
            (0..times).for_each(|_| gguf::change(choices, &fields, &mut bytes));
            bytes
        }
        _ => {
            let mut value: Value = serde_json::from_slice(bytes).unwrap();
            (0..times).for_each(|_| match value.get_mut("weight_map").and_then(Value::as_object_mut) {
                Some(map) => values::change_index(choices, map),
                None => values::change(choices, &mut value),
            });
            value.to_string().into_bytes()
        }
    }
}
