//! Files that the program keeps, and the socket of a devnet.

use std::path::Path;

use libp2p::identity::Keypair;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::{self, ConfigError};
use crate::devnet::control::{Answer, Request};
use crate::devnet::ports::Announced;
use crate::devnet::settings::Settings;
use crate::keys::{authority, signing_memory};
use crate::wallet::WalletName;
use crate::wallet::file::Document;

/// Settings: a mistake is in a line that there is.
pub(super) fn config(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    match config::parse(text, Path::new("node.toml")) {
        Err(ConfigError::Invalid { line, .. }) => {
            let lines = text.matches('\n').count() + 1;
            assert!((1..=lines).contains(&line), "a mistake in line {line} of {lines}");
        }
        Err(ConfigError::Unreadable { reason, .. }) => unreachable!("it was read: {reason}"),
        Ok(_) => {}
    }
}

/// A wallet is the bytes that this program would write, and no forged one costs much work.
pub(super) fn wallet(bytes: &[u8]) {
    let Some(document) = Document::from_bytes(bytes) else { return };
    assert_eq!(document.to_bytes(), bytes, "other bytes");
    if !document.is_affordable() {
        let name: WalletName = "any".parse().expect("a name");
        assert!(document.unseal(&name, "").is_err(), "out of bounds and yet opened");
    }
}

/// The keys of an authority and of a node, and what an authority's key remembers.
pub(super) fn keys(bytes: &[u8]) {
    if let Ok(secret) = authority::parse(bytes, Path::new("authority.json")) {
        assert!(bytes.len() >= 128, "a key of {secret:?} takes two times 64 digits");
    }
    if let Ok(key) = Keypair::from_protobuf_encoding(bytes) {
        let written = key.to_protobuf_encoding().expect("it was read");
        let again = Keypair::from_protobuf_encoding(&written).expect("what was written is read");
        assert_eq!(again.public(), key.public(), "another key");
    }
    let slot = signing_memory::remembered(bytes);
    if slot.is_some() {
        for at in 0..bytes.len() {
            let mut torn = bytes.to_vec();
            torn[at] ^= 1;
            assert_eq!(signing_memory::remembered(&torn), None, "byte {at} does not matter");
        }
    }
}

/// What goes through the socket of a devnet, and its files.
pub(super) fn devnet(bytes: &[u8]) {
    if let Some(request) = same::<Request>(bytes) {
        let line = serde_json::to_string(&request).expect("JSON");
        assert!(!line.contains('\n'), "a request is one line");
        assert_eq!(serde_json::from_str(&line).ok(), Some(request), "another request");
    }
    same::<Answer>(bytes);
    if let Some(settings) = same::<Settings>(bytes) {
        let again = serde_json::to_vec(&settings).expect("JSON");
        assert_eq!(serde_json::from_slice(&again).ok(), Some(settings), "other settings");
    }
    let _ = serde_json::from_slice::<Announced>(bytes);
}

/// The value of a JSON text; what it is written as has the same text again.
fn same<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(bytes).ok()?;
    let written = serde_json::to_string(&value).expect("JSON");
    let again: T = serde_json::from_str(&written).expect("what was written is read");
    assert_eq!(serde_json::to_string(&again).expect("JSON"), written, "another value");
    Some(value)
}
