//! Warnings: what a charter may well say, and what its author can hardly have meant.

mod caps;
mod limits;
mod offices;
mod totals;
mod wording;

use coinage_protocol::{Charter, ClauseId};

use self::wording::Wording;
use crate::language::Language;

/// Sentences about what the author of a charter can hardly have meant.
///
/// They concern accounts for which nobody can act, offices that cannot be replaced, roles whose
/// loss leaves only burning, caps that leave nothing for draws and claims, and limits and dates
/// that nothing can reach.
pub fn warnings(charter: &Charter, language: Language) -> Vec<String> {
    let found = [
        offices::unreplaced(charter),
        offices::irreplaceable(charter),
        offices::lost_roles(charter),
        caps::starving(charter),
        caps::unreachable(charter),
        caps::owing(charter),
        limits::of_issue(charter),
        limits::of_roles(charter),
        limits::dates(charter),
        limits::amendments(charter),
    ];
    let found = found.into_iter().flatten();
    found.map(|warning| warning.wording.filled(&warning.values, language)).collect()
}

/// A warning about a charter: its words, and what stands in their slots.
#[derive(Debug)]
struct Warning {
    wording: &'static Wording,
    values: Vec<(&'static str, String)>,
}

impl Warning {
    fn new(wording: &'static Wording) -> Self {
        Self { wording, values: Vec::new() }
    }

    /// The warning about a clause.
    fn of(wording: &'static Wording, clause: ClauseId) -> Self {
        Self::new(wording).with("{clause}", clause)
    }

    fn with(mut self, slot: &'static str, value: impl ToString) -> Self {
        self.values.push((slot, value.to_string()));
        self
    }
}

#[cfg(test)]
mod tests;
