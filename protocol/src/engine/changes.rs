//! Changes of authorities: one that waits for its newcomer and for a block (SPEC B-11).
//!
//! A change that a quorum approved is held here, shown to peers with the certificates, and put into
//! the next block that this node leads. Whoever is added signs last, by the node that has its key:
//! so nobody becomes an authority before its node follows the chain.

use alloc::boxed::Box;

use super::Engine;
use super::effect::Effect;
use super::event::Event;
use super::exchange::SubmissionId;
use crate::authority::{AuthorityChange, AuthoritySet, AuthorityStep};
use crate::chain::{ChainReader, InForce, Pending, Tip};
use crate::codec::encode;
use crate::units::Slot;

/// A change of authorities on its way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ChangeView {
    /// The change is approved, and no block of the head's chain holds it yet.
    Waiting {
        /// The key that joins or leaves.
        step: AuthorityStep,
        /// The node of the key that is added has still to sign.
        lacks_newcomer: bool,
    },
    /// A block of the head's chain holds the change, which is in force once that block is final.
    Pending {
        /// The authorities to which it leads.
        set: AuthoritySet,
        /// Slot of the block.
        slot: Slot,
    },
}

/// The reason why a change is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ChangeRefusal {
    /// The authorities are others by now, or have been others meanwhile.
    #[error("the authorities have changed since it was proposed: propose it anew")]
    Outdated,
    /// The change before it is in a block and not in force yet.
    #[error("another change is in a block and not in force yet: wait for that")]
    Pending,
    /// The node holds another change that waits for a block.
    #[error("another change waits: that one comes first")]
    OtherWaits,
}

impl<R: ChainReader> Engine<R> {
    /// A user submits a change whose approval was verified.
    pub(super) fn on_submit_change(&mut self, submission: SubmissionId, change: AuthorityChange) {
        let outcome = self.take_change(change);
        self.out.push(Effect::ChangeSubmitted { submission, outcome });
    }

    /// Takes in a change whose approval was verified. Of two that are both approved, every node
    /// prefers the same.
    pub(super) fn take_change(&mut self, change: AuthorityChange) -> Result<(), ChangeRefusal> {
        let in_force = self.in_force();
        if in_force.pending().is_some() {
            return Err(ChangeRefusal::Pending);
        }
        if !is_next(&change, in_force) {
            return Err(ChangeRefusal::Outdated);
        }
        let rank = |one: &AuthorityChange| (one.lacks_newcomer(), encode(&one.step));
        if let Some(held) = &self.change
            && rank(held) <= rank(&change)
        {
            return if held.step == change.step { Ok(()) } else { Err(ChangeRefusal::OtherWaits) };
        }
        self.change = Some(change);
        self.sign_as_newcomer();
        self.report_change();
        Ok(())
    }

    /// Forgets the change that waits once it can be made no more, and signs it if this node is the
    /// newcomer and has come to follow the chain.
    pub(super) fn look_after_change(&mut self) {
        let Some(change) = &self.change else { return };
        let in_force = self.in_force();
        if in_force.pending().is_none() && !is_next(change, in_force) {
            self.change = None;
        } else if self.sign_as_newcomer() {
            self.report_change();
        }
    }

    fn sign_as_newcomer(&mut self) -> bool {
        let signer = self.settings.signer();
        let (Some(authority), Some(change)) = (signer, &mut self.change) else { return false };
        let is_own = Some(*change.step.key()) == self.own_key;
        let wants = is_own && self.settings.joins;
        if !wants || !change.lacks_newcomer() || !self.standing.is_current {
            return false;
        }
        change.newcomer = Some(change.sign(self.spec.chain(), &authority.key));
        true
    }

    fn report_change(&mut self) {
        if let Some(change) = self.change.clone() {
            self.report(Event::ChangeWaits { change: Box::new(change) });
        }
    }

    /// The change for the header of a block on this one, if one waits that is complete.
    pub(super) fn change_on(&self, parent: &Tip) -> Option<AuthorityChange> {
        let in_force = self.chain.in_force_after(parent);
        let change = self.change.as_ref().filter(|change| !change.lacks_newcomer())?;
        (in_force.pending().is_none() && is_next(change, in_force)).then(|| change.clone())
    }

    /// The change of authorities that is on its way, the one on the chain first.
    pub(super) fn change_view(&self) -> Option<ChangeView> {
        if let Some(Pending { slot, set }) = self.in_force().pending() {
            return Some(ChangeView::Pending { set: set.clone(), slot: *slot });
        }
        let change = self.change.as_ref()?;
        let (step, lacks_newcomer) = (change.step, change.lacks_newcomer());
        Some(ChangeView::Waiting { step, lacks_newcomer })
    }

    /// Tells of authorities that have come into force, or wait to.
    pub(super) fn report_authorities(&mut self) {
        let in_force = self.in_force();
        if self.told_in_force != *in_force {
            let in_force = in_force.clone();
            self.told_in_force = in_force.clone();
            self.forget_retired();
            let (tip, set) = (self.chain.head(), in_force.set().clone());
            let next = in_force.pending().map(|pending| pending.set.clone());
            self.report(Event::Authorities { tip, set, next });
        }
    }
}

/// Checks whether a change is of the authorities that are in force, and follows the last one.
fn is_next(change: &AuthorityChange, in_force: &InForce) -> bool {
    change.authorities == in_force.set().hash() && change.follows == in_force.changed()
}
