//! Constants of a network, known from its genesis on.

use alloc::sync::Arc;

use crate::authority::{AuthoritySet, HeaderContext, KnownAuthorities};
use crate::block::{Header, SignedHeader};
use crate::codec::encode;
use crate::genesis::{Genesis, GenesisError};
use crate::hash::{BlockHash, ChainId, Tag, tagged};
use crate::keys::Signature;
use crate::ledger::{BlockContext, Rules, State};
use crate::limits::PROTOCOL_VERSION;
use crate::merkle::transactions_root;
use crate::units::{Height, Slot, UnixMillis};

/// The chain spec: the constants of a network, which follow from its checked genesis alone.
///
/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct ChainSpec(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    genesis: Genesis,
    chain: ChainId,
    authorities: AuthoritySet,
    known: KnownAuthorities,
    genesis_header: SignedHeader,
    genesis_hash: BlockHash,
    genesis_state: State,
}

impl ChainSpec {
    /// The network that begins with this genesis.
    ///
    /// # Errors
    ///
    /// [`GenesisError`] if the genesis breaks a rule (SPEC G-3).
    pub fn new(genesis: Genesis) -> Result<Self, GenesisError> {
        let genesis_state = genesis.first_state()?;
        let chain = ChainId::new(tagged(Tag::Chain, &[&encode(&genesis)]));
        let authorities = AuthoritySet::new(genesis.authorities.clone());
        let authorities = authorities.ok_or(GenesisError::NoAuthority)?;
        // SPEC G-4: nobody signs block 0; it follows from the genesis.
        let header = Header {
            version: PROTOCOL_VERSION,
            height: Height::default(),
            slot: Slot::default(),
            previous: BlockHash::default(),
            transactions_root: transactions_root(&[]),
            state_root: genesis_state.root(),
            authorities: authorities.hash(),
            certificate: None,
            next_authorities: None,
        };
        let genesis_hash = header.hash(&chain);
        let genesis_header = SignedHeader { header, signature: Signature::new([0; 64]) };
        let known = KnownAuthorities::of_genesis(authorities.clone());
        let parts = Parts {
            genesis,
            chain,
            authorities,
            known,
            genesis_header,
            genesis_hash,
            genesis_state,
        };
        Ok(Self(Arc::new(parts)))
    }

    /// The genesis value.
    pub fn genesis(&self) -> &Genesis {
        &self.0.genesis
    }

    /// The chain id of the network, covered by every signature (SPEC G-2).
    pub fn chain(&self) -> &ChainId {
        &self.0.chain
    }

    /// The rules for transactions.
    pub fn rules(&self) -> &Rules {
        &self.0.genesis.rules
    }

    /// The authorities that the network begins with (SPEC B-6). Which are in force on a branch is
    /// the chain's to say.
    pub fn genesis_authorities(&self) -> &AuthoritySet {
        &self.0.authorities
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

    /// Time when a slot begins, in milliseconds since 1970; the only clock of a block (SPEC B-4).
    pub fn slot_time(&self, slot: Slot) -> UnixMillis {
        let since = slot.get().saturating_mul(u64::from(self.0.genesis.slot_ms));
        self.0.genesis.time.saturating_add(since)
    }

    /// The place and time at which the block of this height in this slot is executed.
    pub fn block_context(&self, height: Height, slot: Slot) -> BlockContext<'_> {
        BlockContext { height, slot, time: self.slot_time(slot), rules: self.rules() }
    }

    /// The slot at a time, or `None` before the genesis time.
    pub fn slot_at(&self, time: UnixMillis) -> Option<Slot> {
        let since = time.checked_since(self.0.genesis.time)?;
        since.checked_div(u64::from(self.0.genesis.slot_ms)).map(Slot::new)
    }
}

impl<'a> From<&'a ChainSpec> for HeaderContext<'a> {
    fn from(spec: &'a ChainSpec) -> Self {
        Self { chain: spec.chain(), authorities: &spec.0.known }
    }
}
