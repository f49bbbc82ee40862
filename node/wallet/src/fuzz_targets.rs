//! Fuzz targets for what this package reads: each takes any bytes and panics if the program breaks
//! a promise.

use crate::WalletName;
use crate::file::Document;

/// A wallet is the bytes that this program would write, and no forged one costs much work.
pub fn file(bytes: &[u8]) {
    let Some(document) = Document::from_bytes(bytes) else { return };
    assert_eq!(document.to_bytes(), bytes, "other bytes");
    if !document.is_affordable() {
        let name: WalletName = "any".parse().expect("a name");
        assert!(document.unseal(&name, "").is_err(), "out of bounds and yet opened");
    }
}
