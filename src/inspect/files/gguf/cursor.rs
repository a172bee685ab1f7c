//! Reads the header of a GGUF from front to back: no length is believed that the file does not have.

use std::fs::File;
use std::io::{self, BufReader, Read};

use crate::domain::position::read_at;
use crate::inspect::fault::StoredFault;
use crate::inspect::files::HEADER;

/// A place in the header.
pub(super) struct Cursor<'a> {
    source: BufReader<FromStart<'a>>,
    at: u64,
    /// Bytes of the file.
    end: u64,
}

/// A file read from its start, whatever else reads it.
struct FromStart<'a> {
    file: &'a File,
    at: u64,
}

impl Read for FromStart<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = read_at(self.file, bytes, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl<'a> Cursor<'a> {
    pub(super) fn new(file: &'a File, bytes: u64) -> Self {
        Self { source: BufReader::with_capacity(1 << 16, FromStart { file, at: 0 }), at: 0, end: bytes }
    }

    /// Bytes that have been read.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Says that so many bytes of something come next; they are in the file and within the limit of a header.
    fn claim(&mut self, what: &'static str, bytes: u64) -> Result<(), StoredFault> {
        let left = self.end - self.at;
        if bytes > left {
            return Err(StoredFault::Length { what, bytes, at: self.at, left });
        }
        let found = self.at + bytes;
        if found > HEADER {
            return Err(StoredFault::HeaderTooLarge { found, limit: HEADER });
        }
        self.at = found;
        Ok(())
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], StoredFault> {
        self.claim("number", N as u64)?;
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, StoredFault> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, StoredFault> {
        self.array().map(u64::from_le_bytes)
    }

    /// How many of something there are.
    pub(super) fn count(&mut self, what: &'static str, limit: u64) -> Result<u64, StoredFault> {
        let found = self.u64()?;
        if found > limit { Err(StoredFault::TooMany { what, found, limit }) } else { Ok(found) }
    }

    /// The bytes of a text behind their number.
    pub(super) fn text(&mut self, what: &'static str, limit: u64) -> Result<Vec<u8>, StoredFault> {
        let bytes = self.u64()?;
        if bytes > limit {
            return Err(StoredFault::Length { what, bytes, at: self.at, left: limit.min(self.end - self.at) });
        }
        let mut text = Vec::new();
        self.append(what, bytes, &mut text)?;
        Ok(text)
    }

    /// Appends so many bytes of something.
    pub(super) fn append(&mut self, what: &'static str, bytes: u64, to: &mut Vec<u8>) -> Result<(), StoredFault> {
        self.claim(what, bytes)?;
        let before = to.len();
        // Within the limit of a header.
        to.resize(before + bytes as usize, 0);
        self.source.read_exact(&mut to[before..])?;
        Ok(())
    }
}
