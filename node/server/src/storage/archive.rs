//! A look at the database's files before the library reads them.
//!
//! Two gaps of the library are closed here (lsm-tree 3.1, sfa 1.0). It makes room for as many
//! entries of a file's table of contents as the file says there are, before it checks the table's
//! checksum: a flipped bit there would end the process for lack of memory. And it writes the
//! checksum of its list of tables to `current`, but does not compare it: a flipped bit there would
//! lose whole tables.
//!
//! A file ends with: `SFA!`, version and kind of checksum (1 byte each), checksum (16), position of
//! the table (8), length of the table (8). The table begins with `TOC!` and its number of entries
//! (4).
//! `current` holds the number of the list (8), the checksum of the file `v` with that number (16)
//! and the kind of checksum (1).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use coinage_files as files;
use xxhash_rust::xxh3::xxh3_128;

const TRAILER_BYTES: u64 = 38;
const TABLE_HEADER_BYTES: u64 = 8;

/// Name of the file that says what the directory is: four bytes and a number (fjall 3.1). It is
/// read whole.
const VERSION: &str = "version";
const SMALL_BYTES_MAX: u64 = 64;

/// Directories that the library makes, besides one for each keyspace. At another in the place of a
/// file it panics.
const DIRECTORIES: [&str; 3] = [KEYSPACES, "tables", "blobs"];
const KEYSPACES: &str = "keyspaces";

const CURRENT: &str = "current";
const CURRENT_BYTES: usize = 25;
/// Bytes of a list of tables that are read; one of a million tables has fewer.
const LIST_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Checks that no file below this directory claims more entries than it has bytes for, and that
/// every list of tables is the one that was written.
///
/// # Errors
///
/// Which file is no ordinary one, as the library would read a device for ever; or what the
/// operating system says.
pub(super) fn plausible(directory: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let fine = if entry.file_type()?.is_dir() {
            let known = DIRECTORIES.iter().any(|name| entry.file_name() == *name);
            (known || directory.ends_with(KEYSPACES)) && plausible(&entry.path())?
        } else {
            let file = opened(&entry.path())?;
            plausible_file(&file)?
                && (entry.file_name() != CURRENT || sound_list(directory)?)
                && (entry.file_name() != VERSION || file.metadata()?.len() <= SMALL_BYTES_MAX)
        };
        if !fine {
            return Ok(false);
        }
    }
    Ok(true)
}

fn opened(path: &Path) -> io::Result<File> {
    files::open(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
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

fn sound_list(directory: &Path) -> io::Result<bool> {
    let current = files::read_bounded(&directory.join(CURRENT), SMALL_BYTES_MAX)?;
    let Ok(current) = <[u8; CURRENT_BYTES]>::try_from(current) else { return Ok(false) };
    let number = current.first_chunk().copied().map_or(0, u64::from_le_bytes);
    let checksum = current[8..].first_chunk().copied().map_or(0, u128::from_le_bytes);
    match files::read_bounded(&directory.join(format!("v{number}")), LIST_BYTES_MAX) {
        Ok(list) => Ok(xxh3_128(&list) == checksum),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
