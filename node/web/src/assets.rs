//! Files beside the pages: their style, their script, and the signing library `coinage.js`.
//!
//! They stand under a hash of all of them and never change there, so that an open page never mixes
//! two versions.

use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};

/// Length of the hash in a path, in hexadecimal digits.
const DIGITS: usize = 16;

/// Media type of scripts.
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Declares the files: name, media type, content.
macro_rules! files {
    ($($name:literal $media_type:expr, $path:literal;)+) => {
        const FILES: &[(&str, Asset)] = &[
            $(($name, Asset { media_type: $media_type, content: include_str!($path) }),)+
        ];
    };
}

files! {
    "page.css" "text/css; charset=utf-8", "../assets/page.css";
    "page.js" SCRIPT, "../assets/page.js";
    "address.js" SCRIPT, "../coinage.js/address.js";
    "amount.js" SCRIPT, "../coinage.js/amount.js";
    "bytes.js" SCRIPT, "../coinage.js/bytes.js";
    "client.js" SCRIPT, "../coinage.js/client.js";
    "codec.js" SCRIPT, "../coinage.js/codec.js";
    "hash.js" SCRIPT, "../coinage.js/hash.js";
    "index.js" SCRIPT, "../coinage.js/index.js";
    "key.js" SCRIPT, "../coinage.js/key.js";
    "phrase.js" SCRIPT, "../coinage.js/phrase.js";
    "transaction.js" SCRIPT, "../coinage.js/transaction.js";
    "types.js" SCRIPT, "../coinage.js/types.js";
}

static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, Asset { content, .. }) in FILES {
        hash.update(name);
        hash.update([0]);
        hash.update(content);
        hash.update([0]);
    }
    let mut digits = hex::encode(hash.finalize());
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
    let (_, asset) = FILES.iter().find(|(known, _)| hash == *HASH && *known == name)?;
    Some(*asset)
}

/// Returns the path of a file.
pub(crate) fn path(name: &str) -> String {
    format!("/assets/{}/{name}", *HASH)
}
