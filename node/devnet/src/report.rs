//! The outcome of a command of a devnet.

use serde::Serialize;
use serde_json::{Value, json};

use super::status::DevnetStatus;

/// The result of a command, for programs and for people.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// A [`DevnetStatus`], except for `logs` (`{"lines":[{"node","line"}]}`).
    pub data: Value,
    /// The result in words; empty if everything was said while the command ran.
    pub text: String,
}

impl Report {
    pub(super) fn status(status: &DevnetStatus, text: String) -> Self {
        Self { data: json!(status), text }
    }
}
