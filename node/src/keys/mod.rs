//! Keys in files: the authority's, with its memory of what it has signed, the node's, and the
//! network's.

pub(crate) mod authority;
mod error;
pub mod files;
pub mod network_key;
mod node_key;
pub(crate) mod signing_memory;

pub(crate) use self::authority::memory_path;
pub use self::authority::{AuthorityKey, Seen};
pub use self::error::KeyFileError;
pub use self::network_key::{Fingerprint, NetworkKey};
pub use self::node_key::node_key;
