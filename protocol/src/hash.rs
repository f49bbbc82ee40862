//! SHA-256 with a domain tag for every use (SPEC H-1), and one type per kind of hash.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The tag that says what a hash is of. No two uses share a tag, so a hash of one kind is never one
/// of another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Tag {
    Chain = 1,
    Address = 2,
    Transaction = 3,
    Witnesses = 4,
    TransactionLeaf = 5,
    TransactionNode = 6,
    TransactionsRoot = 7,
    StateKey = 8,
    StateValue = 9,
    StateLeaf = 10,
    StateNode = 11,
    Authorities = 12,
    Block = 13,
    // 14 is the seed of a generator inside a node.
    Charter = 15,
    Vote = 16,
    Commit = 17,
    AuthorityChange = 18,
}

/// SHA-256 over the protocol's name, the tag and the parts (SPEC H-1).
///
/// The caller sees to it that the parts of one tag cannot be cut in two ways: they are of fixed
/// length, but for the last.
pub(crate) fn tagged(tag: Tag, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(b"coinage");
    hasher.update([tag as u8]);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Text that is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a hash is written as 64 hexadecimal digits")]
pub struct ParseHashError;

macro_rules! hashes {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Default, Deserialize, Eq, Hash)]
        #[derive(Ord, PartialEq, PartialOrd, Serialize)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The hash with these bytes.
            pub const fn new(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The bytes of the hash.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), short(&self.0))
            }
        }

        impl FromStr for $name {
            type Err = ParseHashError;

            fn from_str(text: &str) -> Result<Self, ParseHashError> {
                let mut bytes = [0; 32];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseHashError)?;
                Ok(Self(bytes))
            }
        }
    )+};
}

hashes! {
    /// Name of a network: the hash of its genesis (SPEC G-2).
    ChainId,
    /// Name of a transaction: the hash of the chain id and its body (SPEC T-2).
    TransactionId,
    /// Commitment to the witnesses of a transaction (SPEC M-1).
    WitnessesHash,
    /// Name of the whole of a transaction, witnesses included (SPEC M-1).
    FullHash,
    /// Commitment to the transactions of a block in their order (SPEC M-1).
    TransactionsRoot,
    /// Commitment to all balances and tokens (SPEC M-3).
    StateRoot,
    /// Commitment to the authorities and their order (SPEC B-6).
    AuthoritiesHash,
    /// Name of a charter: the hash of its parts (SPEC R-1).
    CharterHash,
    /// Name of a block: the hash of the chain id and its header (SPEC B-2).
    BlockHash,
}

fn short(bytes: &[u8; 32]) -> String {
    hex::encode(bytes.first_chunk::<4>().expect("32 is more than 4"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_tag_gives_another_hash() {
        // SPEC H-1
        assert_ne!(tagged(Tag::Block, &[b"x"]), tagged(Tag::Chain, &[b"x"]));
        let plain: [u8; 32] = Sha256::digest(b"coinage\x0dx").into();
        assert_eq!(tagged(Tag::Block, &[b"x"]), plain);
    }

    #[test]
    fn a_hash_reads_back_what_it_shows() {
        use alloc::string::ToString;
        let hash = BlockHash::new([0xab; 32]);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!("abc".parse::<BlockHash>(), Err(ParseHashError));
    }
}
