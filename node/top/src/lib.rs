//! `coinage top`: all nodes on one screen.
//!
//! `gather` asks the nodes, each in a thread of its own, so that one that hangs holds up nobody;
//! `facts` makes one picture of what they said; `view` draws it, and knows no terminal; `run`
//! has the terminal and the keys.

mod branches;
mod events;
mod facts;
mod gather;
mod look;
mod panes;
mod picture;
mod rates;
mod run;
mod source;
mod view;

pub use self::branches::{Branch, Follower};
pub use self::facts::{AnswerFacts, Facts, NodeFacts, ReorgFacts, short};
pub use self::panes::{age, finalized, role};
pub use self::picture::once;
pub use self::rates::Rates;
pub use self::run::run;
pub use self::source::Sources;

#[cfg(test)]
mod tests;
