//! Addresses of peers, kept across restarts.

use std::path::PathBuf;

use coinage_files as files;
use libp2p::Multiaddr;
use serde::{Deserialize, Serialize};

use super::address_scope::AddressScope;
use super::group::Group;

/// Addresses that are kept at most.
pub(super) const ADDRESSES_KEPT: usize = 1000;
/// Bytes of the file that are read at most: more than so many addresses take.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Reason why an address is kept, the best one first.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rank {
    /// The address of one of the last good peers: dialled first after a restart.
    Anchor,
    /// An address where somebody was reached.
    Tried,
    /// An address that somebody told.
    Told,
}

/// An address in the file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Entry {
    /// Host, port and peer id of the address.
    pub(super) address: Multiaddr,
    /// Reason why the address is kept.
    pub(super) rank: Rank,
    /// Source that told the address, if one did.
    pub(super) source: Option<Source>,
}

/// Source that told an address.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Source {
    /// Group of addresses of whoever told it.
    pub(super) group: Group,
    /// AddressScope of the source: how far away it is.
    pub(super) reach: AddressScope,
}

/// Book of addresses in a file.
///
/// One that cannot be read or written costs a warning: it only helps to find peers sooner.
#[derive(Debug)]
pub(super) struct Book {
    path: PathBuf,
    written: Vec<Entry>,
}

impl Book {
    /// Opens the book in this file, empty if there is none.
    pub(super) fn open(path: PathBuf) -> Self {
        let text = files::read_bounded(&path, FILE_BYTES_MAX).unwrap_or_default();
        let mut written: Vec<Entry> = serde_json::from_slice(&text).unwrap_or_default();
        written.truncate(ADDRESSES_KEPT);
        Self { path, written }
    }

    /// Returns the entries that were written last.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.written
    }

    /// Writes these entries, if they are others than the last time.
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
        let source = Source { group: Group::of(&address), reach: AddressScope::Machine };
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
