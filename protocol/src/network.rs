//! A network as everybody on it knows it: its genesis and what follows from it.

use alloc::sync::Arc;

use crate::block::{Header, Reserved, SignedHeader};
use crate::bounded::Bounded;
use crate::codec::encode;
use crate::genesis::{Genesis, GenesisError, Rules};
use crate::hash::{AuthoritiesHash, BlockHash, ChainId, Tag, tagged};
use crate::keys::{PublicKey, Signature};
use crate::ledger::State;
use crate::limits::{AUTHORITIES_MAX, PROTOCOL_VERSION};
use crate::merkle::transactions_root;

/// A checked genesis, its id, its first block and its first state. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Network(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    genesis: Genesis,
    chain: ChainId,
    authorities: AuthoritiesHash,
    genesis_header: SignedHeader,
    genesis_hash: BlockHash,
    genesis_state: State,
}

impl AuthoritiesHash {
    /// What commits to these authorities in this order (SPEC B-6).
    pub fn of(authorities: &Bounded<PublicKey, AUTHORITIES_MAX>) -> Self {
        Self::new(tagged(Tag::Authorities, &[&encode(authorities)]))
    }
}

impl Network {
    /// The network that begins with this genesis.
    ///
    /// # Errors
    ///
    /// [`GenesisError`] if the genesis breaks a rule (SPEC G-3).
    pub fn new(genesis: Genesis) -> Result<Self, GenesisError> {
        let genesis_state = genesis.first_state()?;
        let chain = ChainId::new(tagged(Tag::Chain, &[&encode(&genesis)]));
        let authorities = AuthoritiesHash::of(&genesis.authorities);
        // SPEC G-4: nobody signs block 0; it follows from the genesis.
        let header = Header {
            version: PROTOCOL_VERSION,
            height: 0,
            slot: 0,
            previous: BlockHash::default(),
            transactions_root: transactions_root(&[]),
            state_root: genesis_state.root(),
            authorities,
            certificate: Reserved,
            next_authorities: Reserved,
        };
        let genesis_hash = header.hash(&chain);
        let genesis_header = SignedHeader { header, signature: Signature::new([0; 64]) };
        let parts =
            Parts { genesis, chain, authorities, genesis_header, genesis_hash, genesis_state };
        Ok(Self(Arc::new(parts)))
    }

    /// The genesis value.
    pub fn genesis(&self) -> &Genesis {
        &self.0.genesis
    }

    /// The network's id, covered by every signature (SPEC G-2).
    pub fn chain(&self) -> &ChainId {
        &self.0.chain
    }

    /// What transactions may do.
    pub fn rules(&self) -> &Rules {
        &self.0.genesis.rules
    }

    /// Commits to the authorities and their order (SPEC B-6).
    pub fn authorities_hash(&self) -> AuthoritiesHash {
        self.0.authorities
    }

    /// The header of block 0 (SPEC G-4).
    pub fn genesis_header(&self) -> &SignedHeader {
        &self.0.genesis_header
    }

    /// The hash of block 0 (SPEC G-4).
    pub fn genesis_hash(&self) -> BlockHash {
        self.0.genesis_hash
    }

    /// The state after block 0.
    pub fn genesis_state(&self) -> &State {
        &self.0.genesis_state
    }

    /// Who writes the block of a slot: they take turns (SPEC B-3).
    pub fn leader(&self, slot: u64) -> &PublicKey {
        let authorities = &self.0.genesis.authorities;
        let count = u64::try_from(authorities.len()).expect("at most 64");
        let turn = usize::try_from(slot.checked_rem(count).expect("at least one authority"))
            .expect("below 64");
        authorities.get(turn).expect("a turn is below the number of authorities")
    }

    /// When a slot begins, in milliseconds since 1970; the only clock of a block (SPEC B-4).
    pub fn slot_time(&self, slot: u64) -> u64 {
        let since = slot.saturating_mul(u64::from(self.0.genesis.slot_ms));
        self.0.genesis.time.saturating_add(since)
    }

    /// The slot at a time, or `None` before the genesis time.
    pub fn slot_at(&self, time: u64) -> Option<u64> {
        let since = time.checked_sub(self.0.genesis.time)?;
        since.checked_div(u64::from(self.0.genesis.slot_ms))
    }
}
