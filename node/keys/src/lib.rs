//! Keys in files: the authority's, with its memory of what it has signed, the node's, and the
//! network's.

mod authority;
mod error;
#[cfg(any(test, feature = "testing"))]
pub mod fuzz_targets;
pub mod genesis_file;
pub mod network_key;
mod node_key;
pub mod random;
mod signing_memory;
mod test_accounts;

pub use self::authority::memory_path;
pub use self::authority::{AuthorityKey, NewAuthorityKey, Seen};
pub use self::error::KeyFileError;
pub use self::network_key::NetworkKey;
pub use self::node_key::node_key;
pub use self::signing_memory::Lock;
pub use self::test_accounts::{TEST_ACCOUNTS, published_address, published_key};
