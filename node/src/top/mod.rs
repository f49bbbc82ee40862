//! `coinage top`: all nodes on one screen.
//!
//! [`gather`] asks the nodes, each in a thread of its own, so that one that hangs holds up nobody;
//! [`facts`] makes one picture of what they said; [`view`] draws it, and knows no terminal; [`run`]
//! has the terminal and the keys.

mod branches;
mod events;
pub(crate) mod facts;
mod gather;
mod panes;
mod rates;
mod run;
mod source;
mod view;

pub(crate) use self::facts::{Facts, NodeFacts, short};
pub(crate) use self::gather::once;
pub(crate) use self::panes::{age, role};
pub(crate) use self::rates::Rates;
pub(crate) use self::run::run;
pub(crate) use self::source::Sources;

#[cfg(test)]
mod tests;
