//! The outcome of a command of a devnet.

use std::io;

use serde::Serialize;
use serde_json::{Value, json};

use super::status::DevnetStatus;

/// The place where lines of results go while a command runs.
pub trait Outlet {
    /// Writes a line.
    ///
    /// # Errors
    ///
    /// Why it cannot be written; [`io::ErrorKind::BrokenPipe`] if nobody reads any more.
    fn line(&mut self, text: &str) -> io::Result<()>;

    /// True if nobody can read any more what is written.
    fn is_closed(&self) -> bool;
}

/// The result of a command, for programs and for people.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// A [`DevnetStatus`], except for `logs` (`{"lines":[{"node","line"}]}`).
    pub data: Value,
    /// The result in words; empty if everything was said while the command ran.
    pub text: String,
    /// A remark on the result that is none of it.
    pub note: Option<String>,
}

impl Report {
    pub(super) fn status(status: &DevnetStatus, text: String) -> Self {
        Self { data: json!(status), text, note: None }
    }
}
