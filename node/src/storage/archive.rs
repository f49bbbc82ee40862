//! A look at the database's files before the library reads them.
//!
//! The library (sfa 1.0.0) makes room for as many entries of a file's table of contents as the file
//! says there are, before it checks the table's checksum. A flipped bit there would end the process
//! for lack of memory instead of with an error.
//!
//! A file ends with: `SFA!`, version and kind of checksum (1 byte each), checksum (16), position of
//! the table (8), length of the table (8). The table begins with `TOC!` and its number of entries (4).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

const TRAILER_BYTES: u64 = 38;
const TABLE_HEADER_BYTES: u64 = 8;

/// Whether no file below this directory claims more entries than it has bytes for.
///
/// # Errors
///
/// What the operating system says.
pub(super) fn plausible(directory: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let fine = if entry.file_type()?.is_dir() {
            plausible(&entry.path())?
        } else {
            plausible_file(&File::open(entry.path())?)?
        };
        if !fine {
            return Ok(false);
        }
    }
    Ok(true)
}

fn plausible_file(file: &File) -> io::Result<bool> {
    let len = file.metadata()?.len();
    // What is not such a file, the library notices by itself.
    let Some(at) = len.checked_sub(TRAILER_BYTES) else { return Ok(true) };
    let mut trailer = [0; 38];
    file.read_exact_at(&mut trailer, at)?;
    if !trailer.starts_with(b"SFA!") {
        return Ok(true);
    }
    let table = trailer[22..].first_chunk().copied().map_or(u64::MAX, u64::from_le_bytes);
    let Some(room) = at.checked_sub(table).and_then(|room| room.checked_sub(TABLE_HEADER_BYTES))
    else {
        return Ok(false);
    };
    let mut header = [0; 8];
    file.read_exact_at(&mut header, table)?;
    let entries = header.last_chunk().copied().map_or(u32::MAX, u32::from_le_bytes);
    Ok(u64::from(entries) <= room)
}
