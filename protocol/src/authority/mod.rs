//! Authorities: the keys that may sign blocks, the leader of each slot, and how they change
//! (SPEC B-3, B-6, B-11).

mod change;
mod known;
mod quorum;

use alloc::sync::Arc;
use alloc::vec::Vec;

pub use self::change::{AuthorityChange, AuthorityStep, ChangeError};
pub use self::known::KnownAuthorities;
pub(crate) use self::quorum::verify_quorum;
pub use self::quorum::{CertificateError, quorum};

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
    /// The sets of authorities that a header may name.
    pub authorities: &'a KnownAuthorities,
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

    /// The set after a step: a new key comes last in the order of turns (SPEC B-11).
    ///
    /// # Errors
    ///
    /// [`ChangeError`] if the step cannot be taken from here.
    pub fn after(&self, step: &AuthorityStep) -> Result<Self, ChangeError> {
        let key = *step.key();
        let others = self.keys.iter().copied().filter(|one| *one != key);
        let keys: Vec<_> = match step {
            AuthorityStep::Add { .. } if self.contains(&key) => return Err(ChangeError::Present),
            AuthorityStep::Add { .. } => others.chain([key]).collect(),
            AuthorityStep::Remove { .. } if !self.contains(&key) => {
                return Err(ChangeError::Absent);
            }
            AuthorityStep::Remove { .. } => others.collect(),
        };
        let keys = Bounded::new(keys).map_err(|_| ChangeError::Full)?;
        Self::new(keys).ok_or(ChangeError::Nobody)
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
        self.keys.get(self.turn(slot)).expect("a turn is below the number of authorities")
    }

    /// The place of a slot's leader among the authorities, from 0.
    pub fn turn(&self, slot: Slot) -> usize {
        let count = u64::try_from(self.keys.len()).expect("at most 64");
        let turn = slot.get().checked_rem(count).expect("at least one authority");
        usize::try_from(turn).expect("below 64")
    }
}
