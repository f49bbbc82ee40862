//! Authorities: the keys that may sign blocks, and the leader of each slot (SPEC B-3, B-6).

use crate::bounded::Bounded;
use crate::codec::encode;
use crate::hash::{AuthoritiesHash, ChainId, Tag, tagged};
use crate::keys::PublicKey;
use crate::limits::AUTHORITIES_MAX;

/// The authority set: who may sign blocks on a branch, in the order of their turns.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuthoritySet {
    keys: Bounded<PublicKey, AUTHORITIES_MAX>,
    hash: AuthoritiesHash,
}

/// The chain id and the authorities that the headers of a branch are checked against.
#[derive(Clone, Copy, Debug)]
pub struct HeaderContext<'a> {
    /// The chain id of the network, which every signature covers.
    pub chain: &'a ChainId,
    /// The authorities in force.
    pub authorities: &'a AuthoritySet,
}

impl AuthoritiesHash {
    /// The hash that commits to these authorities in this order (SPEC B-6).
    pub fn of(authorities: &Bounded<PublicKey, AUTHORITIES_MAX>) -> Self {
        Self::new(tagged(Tag::Authorities, &[&encode(authorities)]))
    }
}

impl AuthoritySet {
    /// The set of these authorities: at least one, as a genesis has (SPEC G-3).
    pub(crate) fn new(keys: Bounded<PublicKey, AUTHORITIES_MAX>) -> Self {
        assert!(!keys.is_empty(), "somebody must write blocks (SPEC G-3)");
        let hash = AuthoritiesHash::of(&keys);
        Self { keys, hash }
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
    pub fn leader(&self, slot: u64) -> &PublicKey {
        let count = u64::try_from(self.keys.len()).expect("at most 64");
        let turn = usize::try_from(slot.checked_rem(count).expect("at least one authority"))
            .expect("below 64");
        self.keys.get(turn).expect("a turn is below the number of authorities")
    }
}
