//! Charters by chance, and what people do by them, often wrongly.

mod actions;
mod chance;
mod clauses;
mod history;
mod log;
mod trial;

use coinage_protocol::{Address, Charter, Symbol};

pub use self::actions::action;
pub use self::chance::Chance;
pub use self::clauses::charter;
pub use self::trial::Trial;

/// People who act, and the tokens with charters that they act on.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Addresses of the people.
    pub people: Vec<Address>,
    /// Charters, as the tokens were created with.
    pub charters: Vec<Charter>,
    /// Symbols of other tokens, which have no charter or are not there.
    pub others: Vec<Symbol>,
    /// Lengths of periods, in seconds.
    pub periods: Vec<u32>,
    /// Minutes after the anchor at which dates of clauses are, at most eight times.
    pub step_minutes: u32,
    /// Minutes after those at which something ends.
    pub end_minutes: u32,
}
