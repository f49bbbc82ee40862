//! Files beside the pages: style and script.
//!
//! They stand under a hash of all of them and never change there, so that an open page never mixes
//! two versions.

use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

/// Style of the pages.
const STYLE: &str = include_str!("../assets/page.css");

/// Script of the pages: it keeps them fresh, and shows times as their reader has them.
const SCRIPT: &str = include_str!("../assets/page.js");

/// Length of the hash in a path, in hexadecimal digits.
const DIGITS: usize = 16;

static HASH: LazyLock<String> = LazyLock::new(|| {
    let hash = Sha256::new_with_prefix(STYLE).chain_update([0]).chain_update(SCRIPT).finalize();
    let mut digits = hex::encode(hash);
    digits.truncate(DIGITS);
    digits
});

/// A file beside the pages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Asset {
    /// Media type of the file.
    pub media_type: &'static str,
    /// Content of the file.
    pub content: &'static str,
}

/// Returns the file with a name, if the hash is that of this program's files.
pub fn find(hash: &str, name: &str) -> Option<Asset> {
    let (media_type, content) = match name {
        "page.css" => ("text/css; charset=utf-8", STYLE),
        "page.js" => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return None,
    };
    (hash == *HASH).then_some(Asset { media_type, content })
}

/// Returns the path of a file.
pub(crate) fn path(name: &str) -> String {
    format!("/assets/{}/{name}", *HASH)
}
