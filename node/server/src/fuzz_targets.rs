//! Fuzz targets for what this package reads: each takes any bytes and panics if the program breaks
//! a promise.

use std::path::Path;

use coinage_model::shape;
use coinage_model::transaction::TransactionJson;
use coinage_protocol::limits::TRANSACTION_BYTES_MAX;
use coinage_protocol::{decode, encode};

use crate::api::submit::brought;
use crate::config::{self, ConfigError};

/// Target for the body of a submission: what is taken is the same in JSON and in binary.
pub fn submission(bytes: &[u8]) {
    for transaction in brought(bytes).unwrap_or_default().into_iter().flatten() {
        let json = serde_json::to_vec(&TransactionJson::from(&transaction)).expect("JSON");
        let read: TransactionJson = shape::read(&json).expect("what was written is read");
        assert_eq!(read.try_into(), Ok(transaction.clone()), "another transaction in JSON");
        let binary = encode(&transaction);
        if binary.len() <= TRANSACTION_BYTES_MAX {
            assert_eq!(decode(&binary, TRANSACTION_BYTES_MAX), Ok(transaction), "in binary");
        }
    }
}

/// Target for settings: a mistake is in a line that there is.
pub fn config(bytes: &[u8]) {
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
