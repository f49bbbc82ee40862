//! The JSON forms of everything people and programs see: separate from the binary types, so that
//! neither binds the other.
//!
//! Integers of 64 bits and more are strings, amounts are base units, times are RFC 3339, addresses
//! bech32m, keys, hashes and signatures hexadecimal. What is read has exactly one spelling.

pub mod account;
mod action;
pub mod authority;
pub mod certificate;
pub mod chain;
pub mod charter;
pub mod charter_state;
pub mod code;
pub mod conflict;
pub mod event;
pub mod evidence;
mod fingerprint;
mod first_tokens;
pub mod genesis;
mod heartbeat;
pub mod problem;
pub mod proof;
pub mod receipt;
pub mod room;
pub mod schema;
pub mod shape;
pub mod status;
pub mod submission;
pub mod terminal;
pub mod text;
pub mod time;
pub mod transaction;
pub mod tree;
pub mod trouble;

pub use self::fingerprint::{Fingerprint, NoFingerprint};
pub use self::first_tokens::FirstTokens;
pub use self::heartbeat::{Heartbeat, NoHeartbeat};
