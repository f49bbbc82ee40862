//! Log lines about who the authorities are. Names and fields are a contract.

use coinage_protocol::{AuthorityChange, AuthoritySet, AuthorityStep, Tip};
use tracing::info;

/// Writes that an approved change waits for its newcomer or for a block.
pub(crate) fn change_waits(change: &AuthorityChange) {
    let waits_for = if change.lacks_newcomer() { "the newcomer's node" } else { "a block" };
    let (change, key) = (word(&change.step), change.step.key());
    info!(change, %key, waits_for, "authorities.change_waits");
}

/// Writes which authorities are in force, or are to come into force once a block is final.
pub(crate) fn in_force(tip: &Tip, set: &AuthoritySet, next: Option<&AuthoritySet>) {
    let (height, count) = (tip.height.get(), set.len());
    match next {
        Some(next) => info!(height, count, next = next.len(), "authorities.change_pending"),
        None => info!(height, count, "authorities.changed"),
    }
}

/// Returns the word for a step.
pub(crate) fn word(step: &AuthorityStep) -> &'static str {
    match step {
        AuthorityStep::Add { .. } => "add",
        AuthorityStep::Remove { .. } => "remove",
    }
}
