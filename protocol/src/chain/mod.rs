//! The tree of known blocks, the chain that wins, and how the node gets from one to another.

mod record;

pub use self::record::{FateCounts, ReorgRecord, ReorgRule, RevertedFate};
