//! Fuzz targets for what this package reads: each takes any bytes and panics if the program breaks
//! a promise.

use std::path::Path;

use libp2p_identity::Keypair;

use crate::{authority, signing_memory};

/// The keys of an authority and of a node, and what an authority's key remembers.
pub fn files(bytes: &[u8]) {
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
