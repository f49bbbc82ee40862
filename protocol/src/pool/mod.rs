//! Transactions that wait.

mod fate;

pub use self::fate::{DropReason, Fate, Refusal};
