//! Trace of what happened, in order: a hash of it always, a text of it on request.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Lines beyond which a text is cut off: nobody reads more.
const LINES_MAX: usize = 200_000;

/// The history of a simulated network. Equal hashes mean equal histories.
#[derive(Debug, Default)]
pub struct Trace {
    hash: Sha256,
    lines: Option<Vec<String>>,
}

impl Trace {
    /// Keeps a text from now on.
    pub fn keep_text(&mut self) {
        self.lines.get_or_insert_default();
    }

    /// Notes what happened to a node at a time: `facts` go into the hash, `text` into the text.
    pub(crate) fn note(
        &mut self,
        time: u64,
        node: usize,
        facts: &[&[u8]],
        text: impl FnOnce() -> String,
    ) {
        self.hash.update(time.to_le_bytes());
        self.hash.update(u64::try_from(node).unwrap_or(u64::MAX).to_le_bytes());
        facts.iter().for_each(|fact| self.hash.update(fact));
        if let Some(lines) = self.lines.as_mut().filter(|lines| lines.len() < LINES_MAX) {
            lines.push(format!("{time:>8} ms  node {}  {}", node + 1, text()));
        }
    }

    /// Names the history so far.
    pub fn digest(&self) -> String {
        self.hash.clone().finalize().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The lines of the text, if one was kept.
    pub fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }
}
