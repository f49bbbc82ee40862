//! Fuzz targets for what this package reads: each takes any bytes and panics if the program breaks
//! a promise.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::control::{Answer, Request};
use crate::ports::Announced;
use crate::settings::Settings;

/// Reads bytes as what goes through the socket of a devnet, and as its files.
pub fn socket_and_files(bytes: &[u8]) {
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
