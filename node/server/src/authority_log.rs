//! Log lines about who the authorities are. Names and fields are a contract.

use coinage_protocol::{AuthorityChange, AuthoritySet, AuthorityStep, PublicKey, Tip};
use tracing::info;

/// Writes at a start that the node's key is no authority's on its chain, so that it observes.
pub(crate) fn not_in_force(key: &PublicKey, joins: bool) {
    let hint = if joins {
        "it follows the chain, and signs the change that adds the key once it has that"
    } else {
        "on this node's chain the key was removed, or not added yet; `coinage authority list` \
         shows who signs"
    };
    info!(%key, hint, "authorities.not_in_force");
}

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
