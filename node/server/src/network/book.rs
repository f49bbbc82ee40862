//! The addresses of peers, kept across restarts.

use std::path::PathBuf;

use coinage_files as files;
use libp2p::Multiaddr;
use serde::{Deserialize, Serialize};

use super::group::Group;
use super::reach::Reach;

/// Addresses that are kept.
pub(super) const ADDRESSES_KEPT: usize = 1000;
/// Bytes of the file that are read at most: more than so many addresses take.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Why an address is kept, the best reason first.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rank {
    /// One of the last good peers is there: dialled first after a restart.
    Anchor,
    /// Somebody was reached there.
    Tried,
    /// Somebody said so.
    Told,
}

/// An address in the file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Entry {
    /// Host, port and who is there.
    pub(super) address: Multiaddr,
    /// Why it is kept.
    pub(super) rank: Rank,
    /// From where it was told, if it was.
    pub(super) source: Option<Source>,
}

/// From where an address was told.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Source {
    /// The group of addresses of whoever told it.
    pub(super) group: Group,
    /// How far away that is.
    pub(super) reach: Reach,
}

/// The file.
///
/// One that cannot be read or written costs a warning: it only helps to find peers sooner.
#[derive(Debug)]
pub(super) struct Book {
    path: PathBuf,
    written: Vec<Entry>,
}

impl Book {
    /// The book in this file, empty if there is none.
    pub(super) fn open(path: PathBuf) -> Self {
        let text = files::read_bounded(&path, FILE_BYTES_MAX).unwrap_or_default();
        let mut written: Vec<Entry> = serde_json::from_slice(&text).unwrap_or_default();
        written.truncate(ADDRESSES_KEPT);
        Self { path, written }
    }

    /// What was written last.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.written
    }

    /// Writes these, if they are others than the last time.
    pub(super) fn save(&mut self, entries: Vec<Entry>) {
        if entries == self.written {
            return;
        }
        let written = serde_json::to_vec_pretty(&entries)
            .map_err(std::io::Error::from)
            .and_then(|text| files::write_atomically(&self.path, &text, 0o644));
        if let Err(error) = written {
            tracing::warn!(path = %self.path.display(), %error, "peers.not_saved");
        }
        self.written = entries;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn entry(port: u32, rank: Rank) -> Entry {
        let address: Multiaddr = format!("/ip4/127.0.0.1/tcp/{port}").parse().expect("an address");
        let source = Source { group: Group::of(&address), reach: Reach::Machine };
        Entry { address, rank, source: Some(source) }
    }

    #[test]
    fn what_was_saved_is_there_after_a_restart() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("peers.json");
        let mut book = Book::open(path.clone());
        let saved: Vec<_> = (1..=1001).map(|port| entry(port, Rank::Tried)).collect();
        book.save(saved.clone());
        assert_eq!(Book::open(path).entries(), &saved[..ADDRESSES_KEPT]);
    }

    #[test]
    fn a_damaged_book_is_an_empty_one() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("peers.json");
        for text in ["[\"/ip4/", "[\"/ip4/127.0.0.1/tcp/1\"]", "[{\"address\":7}]"] {
            fs::write(&path, text).expect("writable");
            assert!(Book::open(path.clone()).entries().is_empty());
        }
    }
}
