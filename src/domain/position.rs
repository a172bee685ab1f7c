//! Reads bytes of a file at a position, without a cursor and without mapping the file into memory.

use std::fs::File;
use std::io::{self, ErrorKind};

/// Fills `bytes` from position `from` of the file on.
///
/// # Errors
/// [`ErrorKind::UnexpectedEof`] if the file ends too early; else what the file system says.
pub(crate) fn read_exact_at(file: &File, bytes: &mut [u8], from: u64) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match read_at(file, &mut bytes[done..], from + done as u64)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            read => done += read,
        }
    }
    Ok(())
}

/// Reads into `bytes` from position `from` of the file on; returns how many bytes were read, 0 at its end.
///
/// # Errors
/// What the file system says.
pub(crate) fn read_at(file: &File, bytes: &mut [u8], from: u64) -> io::Result<usize> {
    loop {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(file, bytes, from);
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, from);
        match read {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}
