//! The addresses at which peers were reached, kept across restarts.

use std::path::PathBuf;

use libp2p::Multiaddr;

use crate::keys::files;

/// Addresses that are kept.
pub(super) const ADDRESSES_KEPT: usize = 1000;
/// Bytes of the file that are read at most.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Addresses that worked, the latest first.
///
/// A file that cannot be read or written costs a warning: it only helps to find peers sooner.
#[derive(Debug)]
pub(super) struct Book {
    path: PathBuf,
    addresses: Vec<Multiaddr>,
    changed: bool,
}

impl Book {
    /// The book in this file, empty if there is none.
    pub(super) fn open(path: PathBuf) -> Self {
        let text = files::read_bounded(&path, FILE_BYTES_MAX).unwrap_or_default();
        let mut addresses: Vec<Multiaddr> = serde_json::from_slice(&text).unwrap_or_default();
        addresses.truncate(ADDRESSES_KEPT);
        Self { path, addresses, changed: false }
    }

    /// The addresses.
    pub(super) fn addresses(&self) -> &[Multiaddr] {
        &self.addresses
    }

    /// Notes that a peer was reached there just now.
    pub(super) fn worked(&mut self, address: Multiaddr) {
        if self.addresses.first() == Some(&address) {
            return;
        }
        self.addresses.retain(|known| *known != address);
        self.addresses.insert(0, address);
        self.addresses.truncate(ADDRESSES_KEPT);
        self.changed = true;
    }

    /// Writes it, if it changed since the last time.
    pub(super) fn save(&mut self) {
        if !std::mem::take(&mut self.changed) {
            return;
        }
        let written = serde_json::to_vec_pretty(&self.addresses)
            .map_err(std::io::Error::from)
            .and_then(|text| files::write_atomically(&self.path, &text, 0o644));
        if let Err(error) = written {
            tracing::warn!(path = %self.path.display(), %error, "peers.not_saved");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_worked_last_comes_first_after_a_restart() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("peers.json");
        let address = |port: u32| -> Multiaddr {
            format!("/ip4/127.0.0.1/tcp/{port}").parse().expect("an address")
        };
        let mut book = Book::open(path.clone());
        (1..=1001).for_each(|port| book.worked(address(port)));
        book.worked(address(500));
        book.save();
        let again = Book::open(path);
        assert_eq!(again.addresses().len(), ADDRESSES_KEPT);
        assert_eq!(again.addresses()[..2], [address(500), address(1001)]);
    }

    #[test]
    fn a_damaged_book_is_an_empty_one() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("peers.json");
        fs::write(&path, b"[\"/ip4/").expect("writable");
        assert!(Book::open(path).addresses().is_empty());
    }
}
