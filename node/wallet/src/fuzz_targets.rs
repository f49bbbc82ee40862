//! Fuzz targets for what this package reads: each takes any bytes and panics if the program breaks
//! a promise.

use crate::WalletName;
use crate::file::Document;

/// A wallet that is written again is the same, and no forged one costs much work.
pub fn file(bytes: &[u8]) {
    let Some(document) = Document::from_bytes(bytes) else { return };
    let written = document.to_bytes();
    let again = Document::from_bytes(&written).expect("what was written is read");
    assert_eq!(again.to_bytes(), written, "other bytes");
    if !document.is_affordable() {
        let name: WalletName = "any".parse().expect("a name");
        assert!(document.unseal(&name, "").is_err(), "out of bounds and yet opened");
    }
}
