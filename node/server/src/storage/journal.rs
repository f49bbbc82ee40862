//! A look at the database's journals before and after the library reads them.
//!
//! At the first write that makes no sense the library (fjall 3.1) ends a journal and cuts the rest
//! off without a word. After a loss of power that is a write that was under way; with a damaged
//! disk it may be any number of blocks. A journal is as long as was reserved for it: behind the
//! last write there are zeros, and no write ends with one.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Extension of a journal's name.
const EXTENSION: &str = "jnl";
const CHUNK_BYTES: usize = 64 * 1024;

/// Bytes that opening a database has cut off its journals, because they are no whole write.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Cut {
    /// Number of bytes.
    pub bytes: u64,
}

/// The journals of a database, with where what was written to each ends.
#[derive(Debug, Default)]
pub(super) struct Journals(Vec<(PathBuf, u64)>);

impl Journals {
    /// The journals in the directory of a database.
    pub(super) fn below(database: &Path) -> io::Result<Self> {
        let mut journals = Vec::new();
        for entry in fs::read_dir(database)? {
            let path = entry?.path();
            if is_journal(&path) && path.is_file() {
                let end = written_end(&File::open(&path)?)?;
                journals.push((path, end));
            }
        }
        Ok(Self(journals))
    }

    /// Measures what has been cut off since. A journal that is no longer there was read whole.
    pub(super) fn cut(&self) -> Cut {
        let lost = |(path, end): &(PathBuf, u64)| {
            let left = fs::metadata(path).map_or(*end, |there| there.len());
            end.saturating_sub(left)
        };
        Cut { bytes: self.0.iter().map(lost).sum() }
    }
}

/// Copies a journal without what is only reserved.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let from = coinage_files::open(from)?;
    let end = written_end(&from)?;
    let mut to = File::create_new(to)?;
    io::copy(&mut from.take(end), &mut to)?;
    Ok(())
}

/// True if a file of this name is a journal.
pub(super) fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == EXTENSION)
}

/// Returns where the zeros begin that a file ends with.
fn written_end(file: &File) -> io::Result<u64> {
    let mut chunk = [0; CHUNK_BYTES];
    let mut end = file.metadata()?.len();
    while end > 0 {
        let size = usize::try_from(end).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        let begin = end.saturating_sub(u64::try_from(size).unwrap_or(u64::MAX));
        let part = chunk.get_mut(..size).unwrap_or_default();
        file.read_exact_at(part, begin)?;
        if let Some(last) = part.iter().rposition(|byte| *byte != 0) {
            return Ok(begin.saturating_add(u64::try_from(last).unwrap_or(0)).saturating_add(1));
        }
        end = begin;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_ends_at_the_last_byte_that_is_not_zero() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("0.jnl");
        let cases: [(&[u8], u64, u64); 4] =
            [(b"", 0, 0), (b"", 1 << 20, 0), (b"abc", 3, 3), (b"a\0c", 1 << 17, 3)];
        for (written, len, end) in cases {
            fs::write(&path, written).expect("written");
            File::options().write(true).open(&path).expect("there").set_len(len).expect("set");
            assert_eq!(written_end(&File::open(&path).expect("there")).expect("read"), end);
            let copied = directory.path().join("copy");
            copy(&path, &copied).expect("copied");
            assert_eq!(fs::metadata(&copied).expect("there").len(), end);
            fs::remove_file(copied).expect("removed");
        }
    }

    #[test]
    fn what_is_shorter_than_it_was_was_cut_and_what_has_gone_was_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("7.jnl");
        fs::write(&path, b"abcdef\0\0").expect("written");
        let journals = Journals::below(directory.path()).expect("read");
        assert_eq!(journals.cut().bytes, 0);
        File::options().write(true).open(&path).expect("there").set_len(2).expect("set");
        assert_eq!(journals.cut().bytes, 4);
        fs::remove_file(&path).expect("removed");
        assert_eq!(journals.cut().bytes, 0);
    }
}
