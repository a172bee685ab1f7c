//! Changes to the header of a GGUF file: counts, lengths, kinds, sizes, offsets, and letters of its texts.

use super::ChangeChoices;

/// Where numbers of a GGUF header stand, and how many bytes they have.
pub fn fields(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut walk = Walk { bytes, at: 8, fields: Vec::new() };
    let (tensors, keys) = (walk.number(8), walk.number(8));
    for _ in 0..keys {
        walk.text();
        let kind = walk.number(4);
        walk.value(kind);
    }
    for _ in 0..tensors {
        walk.text();
        let axes = walk.number(4);
        for _ in 0..axes {
            walk.number(8);
        }
        walk.number(4);
        walk.number(8);
    }
    walk.fields
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    fields: Vec<(usize, usize)>,
}

impl Walk<'_> {
    fn number(&mut self, width: usize) -> u64 {
        let mut number = [0; 8];
        number[..width].copy_from_slice(&self.bytes[self.at..self.at + width]);
        self.fields.push((self.at, width));
        self.at += width;
        u64::from_le_bytes(number)
    }

    fn text(&mut self) {
        self.at += self.number(8) as usize;
    }

    fn value(&mut self, kind: u64) {
        match kind {
            0 | 1 | 7 => _ = self.number(1),
            2 | 3 => _ = self.number(2),
            4..=6 => _ = self.number(4),
            8 => self.text(),
            9 => {
                let (kind, count) = (self.number(4), self.number(8));
                (0..count).for_each(|_| self.value(kind));
            }
            _ => _ = self.number(8),
        }
    }
}

/// Changes a number of a GGUF header, or a letter behind it.
pub fn change(choices: &mut ChangeChoices, fields: &[(usize, usize)], bytes: &mut [u8]) {
    let (at, width) = choices.of(fields);
    if choices.below(8) == 0 {
        bytes[at + width] = choices.below(256) as u8;
        return;
    }
    let mut was = [0; 8];
    was[..width].copy_from_slice(&bytes[at..at + width]);
    let new = choices.size(u64::from_le_bytes(was)).to_le_bytes();
    bytes[at..at + width].copy_from_slice(&new[..width]);
}
