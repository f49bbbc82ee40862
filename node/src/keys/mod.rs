//! Keys in files: the authority's, with its memory of what it has signed, and the node's.

pub(crate) mod authority;
mod error;
pub mod files;
mod node_key;
pub(crate) mod signing_memory;

pub(crate) use self::authority::memory_path;
pub use self::authority::{AuthorityKey, Seen};
pub use self::error::KeyFileError;
pub use self::node_key::node_key;
