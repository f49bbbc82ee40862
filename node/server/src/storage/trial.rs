//! Opening a database for trial: a copy of it is opened, so that nothing is changed.
//!
//! The library cannot read without writing: it cuts damaged journals off and tidies up. So it is
//! given another directory, in which the tables, which nobody ever changes, are links to those that
//! there are, and everything small is copied.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use coinage_protocol::{ChainSpec, Tip};
use tempfile::TempDir;

use super::database::Database;
use super::directory::{self, Directory};
use super::journal::{self, Cut};
use super::snapshot::Snapshot;
use super::{StorageError, check_chain, check_identity};

/// Directories whose files are written once and never changed.
const UNCHANGED: [&str; 2] = ["tables", "blobs"];

/// The result of opening a database for trial.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Trial {
    /// Head of the chain that a start would go on from.
    pub head: Tip,
    /// Bytes that a start would cut off the journals.
    pub cut: Cut,
}

/// Opens a copy of the database of a node that does not run, and reads what a start would read.
/// None if there is no database yet.
pub(super) fn open(path: &Path, spec: &ChainSpec) -> Result<Option<Trial>, StorageError> {
    if !directory::look(path)? {
        return Ok(None);
    }
    let directory = Directory::take(path)?;
    let failed = |error| StorageError::NoTrial { directory: path.to_owned(), source: error };
    let copy = TempDir::with_prefix("coinage-").map_err(failed)?;
    copy_below(directory.database(), copy.path()).map_err(failed)?;
    if !copy.path().join("version").is_file() {
        return Err(StorageError::DatabaseMissing { directory: path.to_owned() });
    }
    let database = Arc::new(Database::open(directory.with_copy(copy.path().to_owned()))?);
    let cut = database.cut();
    let snapshot = Snapshot::new(database.moment(), *spec.chain());
    check_identity(&database, &snapshot, spec)?;
    check_chain(&snapshot)?;
    let head = snapshot.head()?;
    if !snapshot.progress()?.rebuilding {
        snapshot.entries()?;
    }
    Ok(Some(Trial { head, cut }))
}

fn copy_below(from: &Path, to: &Path) -> io::Result<()> {
    let unchanged = UNCHANGED.iter().any(|name| from.ends_with(name));
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            fs::create_dir(&to)?;
            copy_below(&from, &to)?;
        } else if unchanged {
            symlink(from.canonicalize()?, to)?;
        } else if journal::is_journal(&from) {
            journal::copy(&from, &to)?;
        } else {
            fs::copy(from, to)?;
        }
    }
    Ok(())
}
