//! Policies: the rules of a coin as a bounded list of typed clauses (SPEC R).
//!
//! A [`Charter`] is what a token is created with; each [`Clause`] of it is one sentence. Here
//! stands what a charter is and what can be said of it without a state; the ledger judges by it
//! (`ledger/apply`). Sentences for people are read and written outside the protocol.

mod charter;
mod check;
mod clause;
mod formula;
mod name;
mod schedule;
mod time;

pub use self::charter::{Charter, CharterError, CharterParts, Holder, NamedAccount};
pub use self::clause::{AccountId, BadRate, Clause, ClauseId, Party, Rate, RoleId};
pub use self::formula::{BadFormula, Ceiling, Figures, Formula, Term, ValueKind};
pub use self::name::{BadName, Name, RESERVED};
pub use self::time::{BadInstant, BadPeriod, Instant, Period, PeriodNumber};

#[cfg(test)]
mod tests;
