//! The charters that ship: each is read, printed, and obeyed by the ledger for ten years.

mod clauses;
mod questions;
mod texts;
mod world;
mod years;
