//! The language of policies: a charter as sentences that anybody can read, and back.
//!
//! One table (`table.rs`) has a row for each kind of sentence, in English and in Korean, with typed
//! slots. Reader and writer of both languages come from it, so that a text says what the charter
//! is and nothing else: [`read`] and [`write()`] are exact inverses. Only the charter is hashed and
//! judged by; no sentence ever is.

mod clauses;
mod error;
mod explain;
mod figures;
mod formula;
pub mod instant;
mod language;
mod ledger;
mod names;
mod read;
pub mod replay;
mod shipped;
pub mod simulate;
mod slot;
mod table;
pub mod template;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod warnings;
mod words;
mod write;

pub use self::error::PolicyError;
pub use self::explain::{explain, notes};
pub use self::figures::{amount, duration, percent};
pub use self::language::Language;
pub use self::read::{FILE_BYTES_MAX, read};
pub use self::shipped::{Shipped, charters, placeholders};
pub use self::warnings::warnings;
pub use self::write::{sentence, write};

#[cfg(test)]
mod tests;
