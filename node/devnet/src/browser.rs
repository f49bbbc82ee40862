//! The reader's browser.

use std::process::{Command, Stdio};

/// Programs that open an address in the browser that somebody prefers, by system.
const OPENERS: [&str; 2] = ["xdg-open", "open"];

/// Opens an address in the reader's browser; returns whether some program took it.
pub(super) fn open(url: &str) -> bool {
    let chosen = std::env::var("BROWSER").ok().filter(|program| !program.is_empty());
    let openers = chosen.into_iter().chain(OPENERS.map(str::to_owned));
    openers.into_iter().any(|program| {
        let mut command = Command::new(program);
        command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(mut opener) = command.spawn() else { return false };
        // It may be the browser itself, which stays; a thread waits, so that no zombie is left.
        std::thread::spawn(move || opener.wait());
        true
    })
}
