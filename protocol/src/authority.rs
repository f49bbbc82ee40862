//! Authorities: the keys that may sign blocks, and the leader of each slot (SPEC B-3, B-6).

use alloc::sync::Arc;

use crate::bounded::Bounded;
use crate::codec::encode;
use crate::hash::{AuthoritiesHash, ChainId, Tag, tagged};
use crate::keys::PublicKey;
use crate::limits::AUTHORITIES_MAX;
use crate::units::Slot;

/// The authority set: who may sign blocks on a branch, in the order of their turns. Cheap to clone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuthoritySet {
    keys: Arc<Bounded<PublicKey, AUTHORITIES_MAX>>,
    hash: AuthoritiesHash,
}

/// The chain id and the authorities that headers are verified with before their branch is known.
#[derive(Clone, Copy, Debug)]
pub struct HeaderContext<'a> {
    /// The chain id of the network, which every signature covers.
    pub chain: &'a ChainId,
    /// The authorities that a header may name.
    pub authorities: &'a AuthoritySet,
}

impl<'a> HeaderContext<'a> {
    /// Returns the set that a header names, if a branch of this network may be under it.
    pub(crate) fn named(&self, hash: &AuthoritiesHash) -> Option<&'a AuthoritySet> {
        Some(self.authorities).filter(|set| set.hash() == *hash)
    }
}

impl AuthoritiesHash {
    /// The hash that commits to these authorities in this order (SPEC B-6).
    pub fn of(authorities: &Bounded<PublicKey, AUTHORITIES_MAX>) -> Self {
        Self::new(tagged(Tag::Authorities, &[&encode(authorities)]))
    }
}

impl AuthoritySet {
    /// The set of these authorities, or `None` of nobody: somebody must write blocks (SPEC G-3).
    pub fn new(keys: Bounded<PublicKey, AUTHORITIES_MAX>) -> Option<Self> {
        let hash = AuthoritiesHash::of(&keys);
        (!keys.is_empty()).then(|| Self { keys: Arc::new(keys), hash })
    }

    /// The keys of the authorities, in the order of their turns.
    pub fn keys(&self) -> &Bounded<PublicKey, AUTHORITIES_MAX> {
        &self.keys
    }

    /// Returns the number of authorities.
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Checks whether a key is an authority's.
    pub fn contains(&self, key: &PublicKey) -> bool {
        self.keys.contains(key)
    }

    /// The hash that commits to the set and its order (SPEC B-6).
    pub fn hash(&self) -> AuthoritiesHash {
        self.hash
    }

    /// The leader, who signs the block of a slot: the authorities take turns (SPEC B-3).
    pub fn leader(&self, slot: Slot) -> &PublicKey {
        let count = u64::try_from(self.keys.len()).expect("at most 64");
        let turn = usize::try_from(slot.get().checked_rem(count).expect("at least one authority"))
            .expect("below 64");
        self.keys.get(turn).expect("a turn is below the number of authorities")
    }
}
