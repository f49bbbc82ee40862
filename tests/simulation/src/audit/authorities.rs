//! Authorities once more: who may sign on a branch, from its headers alone (SPEC B-6, B-11).
//!
//! Its own list of keys, its own look at approvals.

use std::collections::BTreeSet;
use std::rc::Rc;

use coinage_protocol::limits::AUTHORITIES_MAX;
use coinage_protocol::{
    AuthorityChange, AuthorityStep, BlockHash, Bounded, ChainSpec, Header, Phase, PublicKey, Slot,
    encode,
};
use ed25519_zebra::{Signature, VerificationKey};

use super::Broken;
use super::encoding::{Hash, step, tagged};

/// Keys of authorities, in the order of their turns.
pub(crate) type Keys = Rc<Vec<PublicKey>>;

/// The authorities after a block.
#[derive(Clone, Debug)]
pub(super) struct Authorities {
    /// Keys that the next block is of.
    pub(super) keys: Keys,
    /// The block that holds the newest change, or block 0.
    changed: BlockHash,
    /// Slot of the block that holds a change which is not in force yet, and whom it leads to.
    pending: Option<(Slot, Keys)>,
    /// Slot of the highest block that commits in headers up to here name.
    committed: Slot,
}

impl Authorities {
    /// The authorities after block 0.
    pub(super) fn at_genesis(spec: &ChainSpec) -> Self {
        let keys = Rc::new(spec.genesis().authorities.to_vec());
        Self { keys, changed: spec.genesis_hash(), pending: None, committed: Slot::new(0) }
    }

    /// The authorities after a block on this one.
    pub(super) fn after(&self, hash: BlockHash, header: &Header) -> Self {
        let mut next = self.clone();
        if let Some(change) = &header.next_authorities {
            (next.changed, next.pending) = (hash, Some((header.slot, self.changed_by(change))));
        }
        if let Some(one) = header.certificate.as_ref().filter(|one| one.phase == Phase::Commit) {
            next.committed = next.committed.max(one.slot);
        }
        if let Some((_, keys)) = next.pending.take_if(|(slot, _)| *slot <= next.committed) {
            next.keys = keys;
        }
        next
    }

    fn changed_by(&self, change: &AuthorityChange) -> Keys {
        let mut keys = self.keys.to_vec();
        match change.step {
            AuthorityStep::Add { key } => keys.push(key),
            AuthorityStep::Remove { key } => keys.retain(|one| *one != key),
        }
        Rc::new(keys)
    }

    /// Checks what the header of a block on this one says of authorities: it names those in force,
    /// and a change of them follows the last one, alone, approved by a quorum and by whoever joins.
    pub(super) fn allows(&self, chain: &Hash, header: &Header) -> Result<(), Broken> {
        if *header.authorities.as_bytes() != hash_of(&self.keys) {
            return Err((
                "B-6",
                format!("{header:?} names others than {} in force", self.keys.len()),
            ));
        }
        let Some(change) = &header.next_authorities else { return Ok(()) };
        let is_next = change.authorities == header.authorities && change.follows == self.changed;
        if self.pending.is_some() || !is_next {
            return Err(("B-11", format!("{change:?} does not come next")));
        }
        let count = self.changed_by(change).len();
        let (AuthorityStep::Add { key } | AuthorityStep::Remove { key }) = change.step;
        let is_add = matches!(change.step, AuthorityStep::Add { .. });
        if self.keys.contains(&key) == is_add || !(1..=AUTHORITIES_MAX).contains(&count) {
            return Err(("B-11", format!("{change:?} leads nowhere")));
        }
        let (authorities, follows) = (change.authorities.as_bytes(), change.follows.as_bytes());
        let message = tagged(18, &[chain, authorities, follows, &step(&change.step)]);
        let signers = change.signatures.iter().filter_map(|(place, signature)| {
            let key = self.keys.get(usize::from(*place))?;
            is_signed(key, signature, &message).then_some(place)
        });
        let signers: BTreeSet<_> = signers.collect();
        // SPEC F-1
        let quorum = self.keys.len() * 2 / 3 + 1;
        if signers.len() != quorum || change.signatures.len() != quorum {
            return Err(("B-11", format!("{change:?} is approved by no quorum")));
        }
        let newcomer = change.newcomer.as_ref();
        let has_joined = newcomer.is_some_and(|signature| is_signed(&key, signature, &message));
        if is_add == has_joined && is_add == newcomer.is_some() {
            return Ok(());
        }
        Err(("B-11", format!("{change:?} is not signed by whoever joins, and nobody else")))
    }
}

fn hash_of(keys: &Keys) -> Hash {
    let keys: Bounded<PublicKey, AUTHORITIES_MAX> = Bounded::first_of(keys.iter().copied());
    tagged(12, &[&encode(&keys)])
}

/// Checks a signature.
pub(super) fn is_signed(
    key: &PublicKey,
    signature: &coinage_protocol::Signature,
    message: &[u8],
) -> bool {
    let key = VerificationKey::try_from(*key.as_bytes());
    key.is_ok_and(|key| key.verify(&Signature::from(*signature.as_bytes()), message).is_ok())
}
