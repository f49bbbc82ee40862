//! Authorities in force along a branch, and a change of them that waits (SPEC B-6, B-11).

use alloc::sync::Arc;

use crate::authority::AuthoritySet;
use crate::block::Header;
use crate::chain_spec::ChainSpec;
use crate::hash::BlockHash;
use crate::keys::PublicKey;
use crate::units::Slot;

/// The authorities after a block: those in force for the next one, and a change that is not in
/// force yet. Cheap to clone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InForce(Arc<Parts>);

#[derive(Debug, Eq, PartialEq)]
struct Parts {
    set: AuthoritySet,
    changed: BlockHash,
    pending: Option<Pending>,
}

/// A change that waits for the block that holds it to be final.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pending {
    /// Slot of the block that holds the change.
    pub slot: Slot,
    /// The authorities to which it leads.
    pub set: AuthoritySet,
}

impl InForce {
    /// The authorities after block 0.
    pub fn at_genesis(spec: &ChainSpec) -> Self {
        let (set, changed) = (spec.genesis_authorities().clone(), spec.genesis_hash());
        Self(Arc::new(Parts { set, changed, pending: None }))
    }

    /// The authorities in force for the next block.
    pub fn set(&self) -> &AuthoritySet {
        &self.0.set
    }

    /// The block that holds the newest change up to here, or block 0.
    pub fn changed(&self) -> BlockHash {
        self.0.changed
    }

    /// The change that is not in force yet.
    pub fn pending(&self) -> Option<&Pending> {
        self.0.pending.as_ref()
    }

    /// The authorities after the next block, where commits on the chain up to it name a block of
    /// the slot `finalized`: a change waits until they name the block that holds it, or one above
    /// (SPEC B-11).
    #[must_use]
    pub fn after(&self, header: &Header, hash: BlockHash, finalized: Slot) -> Self {
        if let Some(change) = &header.next_authorities
            && let Ok(set) = self.set().after(&change.step)
        {
            let pending = Some(Pending { slot: header.slot, set });
            return Self(Arc::new(Parts { set: self.set().clone(), changed: hash, pending }));
        }
        self.settled(finalized)
    }

    /// The authorities where commits on the chain name a block of this slot.
    #[must_use]
    pub fn settled(&self, finalized: Slot) -> Self {
        match self.pending() {
            Some(Pending { slot, set }) if finalized >= *slot => {
                let (set, changed) = (set.clone(), self.changed());
                Self(Arc::new(Parts { set, changed, pending: None }))
            }
            _ => self.clone(),
        }
    }

    /// Checks whether the change in a header is of these authorities, follows the last one, and no
    /// other one waits; also if there is none (SPEC B-11).
    pub fn allows(&self, header: &Header) -> bool {
        header.next_authorities.as_ref().is_none_or(|change| {
            self.pending().is_none()
                && change.authorities == self.set().hash()
                && change.follows == self.changed()
        })
    }

    /// Checks whether a key's ballots are of use now: it is in force, or about to be (SPEC F-4).
    pub(crate) fn hears(&self, key: &PublicKey) -> bool {
        self.sets().any(|set| set.contains(key))
    }

    /// The sets of which members may be heard now: the one in force, and the one that waits.
    pub(crate) fn sets(&self) -> impl Iterator<Item = &AuthoritySet> {
        let pending = self.pending().map(|pending| &pending.set);
        core::iter::once(self.set()).chain(pending)
    }
}
