//! Exhaustive model of finality: is what is final ever undone?
//!
//! The rules are those of decision 0027 (`protocol/decisions/0027-finality-rules.md`), where their
//! names (V1, C1, P1 and so on) are explained. Every tree of a given shape is searched: from a
//! start at which nothing is signed, each honest voter does whatever its rules allow, in every
//! order, until no state is new.
//!
//! Why every behaviour of a real network is among them:
//!
//! - There is no network. A vote counts for everybody once it is signed, and whoever could not have
//!   heard of it is still free to act as if it had not: no step is ever forced, and a voter that
//!   does nothing is a voter to whom nothing came. So loss, delay, order and partitions are there.
//! - There is no clock, no fork choice and no leader. A voter may vote for any block of the tree
//!   that V2 and V3 allow and commit any certified block that C1, C2 and C3 allow; V1, V5, C4 and
//!   who may produce a block only forbid.
//! - Traitors count as having signed everything, for everybody, from the start. They can show
//!   less, or show it later, but that is again a voter that does nothing yet.
//! - A crash keeps the signing memory, so that it is a pause. A voter that lost its memory counts
//!   as a traitor. One that lost the block of its lock or of its last vote is more bound, not less:
//!   V3 has its first half only, and *abandoned* and *left* rise more often. (It is tried where
//!   one voter stands against every environment, [`try_voter`].)
//! - A header shows J. With [`Headers::Any`] a voter takes for J the highest certified block below
//!   the one it votes for. No leader can write more there, so V3 allows all that it could allow.
//!   With [`Headers::Written`] each header names its one certificate, and *left* matters.
//! - The set of authorities depends on the chain alone, by F, so headers with commits are part of
//!   the tree wherever the set can change. A block is there once its certificates exist.
//!
//! Bounds: a tree has at most 8 blocks and 7 slots, and at most 5 voters are honest. The proof in
//! the decision has no such bounds; the model is there to find what the proof overlooks.
//!
//! Read `tree.rs`, `rules.rs`, `search.rs`, then `catalogue.rs` for what is run.

mod authorities;
mod case;
pub mod catalogue;
mod evidence;
mod fault;
mod prospects;
mod reduce;
mod rules;
mod search;
mod shape;
mod state;
mod tally;
mod trace;
mod tree;

pub use authorities::AuthoritySet;
pub use case::{Case, Expected, Refutation, Report};
pub use evidence::{Evidence, Trial, try_voter};
pub use fault::{Fault, Rules};
pub use rules::Voter;
pub use search::{Claim, Headers, Search, Seen, Settings};
pub use shape::{Shape, Written};
pub use tree::{Block, Blocks, Certificate, Header, Kind, Tree};
