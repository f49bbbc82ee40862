//! Blocks made by hand, good and bad.

use coinage_protocol::{
    Ballot, Block, Bounded, Certificate, ChainSpec, Header, Height, Overlay, Phase, Reserved,
    SecretKey, Slot, State, Tip, Transaction, apply_transaction, transactions_root,
};

use crate::fixtures::authority;

/// Writes blocks on a branch of its own, with every authority's key at hand.
#[derive(Clone, Debug)]
pub struct Forge {
    spec: ChainSpec,
    state: State,
    /// Tip of the branch.
    pub tip: Tip,
    /// The blocks of the branch, the lowest first.
    pub blocks: Vec<Block>,
}

impl Forge {
    /// A branch that begins at genesis.
    pub fn new(spec: &ChainSpec) -> Self {
        let tip = Tip { height: Height::new(0), slot: Slot::new(0), hash: spec.genesis_hash() };
        let state = spec.genesis_state().clone();
        Self { spec: spec.clone(), state, tip, blocks: Vec::new() }
    }

    /// A branch that goes on from a block with this state after it.
    pub fn on(spec: &ChainSpec, tip: Tip, state: State) -> Self {
        Self { spec: spec.clone(), state, tip, blocks: Vec::new() }
    }

    /// The state after the last block.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The next header, as an honest leader would write it, before it is signed.
    pub fn header(&self, slot: Slot, transactions: &[Transaction]) -> (Header, State) {
        let mut overlay = Overlay::new(&self.state);
        let time = self.spec.slot_time(slot);
        for transaction in transactions {
            // A villain's transaction need not apply.
            let _ = apply_transaction(&mut overlay, self.spec.rules(), time, &transaction.body);
        }
        let state = self.state.with(&overlay.into_changes());
        let chain = self.spec.chain();
        let leaves: Vec<_> = transactions.iter().map(|one| one.full_hash(chain)).collect();
        let header = Header {
            version: 1,
            height: self.tip.height + 1,
            slot,
            previous: self.tip.hash,
            transactions_root: transactions_root(&leaves),
            state_root: state.root(),
            authorities: self.spec.genesis_authorities().hash(),
            certificate: None,
            next_authorities: Reserved,
        };
        (header, state)
    }

    /// Adds a block for a slot, signed by the slot's leader, whether its transactions apply or not.
    pub fn push(&mut self, slot: Slot, transactions: Vec<Transaction>) -> Block {
        let (header, state) = self.header(slot, &transactions);
        let block = seal(&self.spec, header, &self.leader(slot), transactions);
        self.state = state;
        self.tip = tip(&self.spec, &block);
        self.blocks.push(block.clone());
        block
    }

    /// Adds a block without transactions whose header has a certificate.
    pub fn certify(&mut self, slot: Slot, certificate: Certificate) -> Block {
        let (header, _) = self.header(slot, &[]);
        let header = Header { certificate: Some(certificate), ..header };
        let block = seal(&self.spec, header, &self.leader(slot), Vec::new());
        self.tip = tip(&self.spec, &block);
        self.blocks.push(block.clone());
        block
    }

    /// The key of a slot's leader.
    pub fn leader(&self, slot: Slot) -> SecretKey {
        let count = u64::try_from(self.spec.genesis_authorities().len()).unwrap_or(1);
        authority(u8::try_from(slot.get() % count).unwrap_or(0))
    }
}

/// A block with this header, signed by anybody.
///
/// # Panics
///
/// If there are more transactions than a block can hold.
pub fn seal(
    spec: &ChainSpec,
    header: Header,
    key: &SecretKey,
    transactions: Vec<Transaction>,
) -> Block {
    let transactions = Bounded::new(transactions).expect("few");
    Block { header: header.sign(spec.chain(), key), transactions }
}

/// The ballot of an authority for a block.
pub fn ballot(spec: &ChainSpec, phase: Phase, tip: Tip, number: u8) -> Ballot {
    Ballot::new(phase, (tip.slot, tip.hash), spec.chain(), &authority(number))
}

/// The certificate of these authorities for a block.
pub fn certificate(spec: &ChainSpec, phase: Phase, tip: Tip, numbers: &[u8]) -> Certificate {
    let sign = |number: &u8| (*number, ballot(spec, phase, tip, *number).signature);
    let signatures = Bounded::first_of(numbers.iter().map(sign));
    Certificate { phase, slot: tip.slot, block: tip.hash, signatures }
}

/// The place of a block.
pub fn tip(spec: &ChainSpec, block: &Block) -> Tip {
    let header = &block.header.header;
    Tip { height: header.height, slot: header.slot, hash: header.hash(spec.chain()) }
}
