//! Blocks made by hand, good and bad.

use coinage_protocol::{
    AuthorityChange, AuthoritySet, AuthorityStep, Ballot, Block, Bounded, Certificate, ChainSpec,
    Header, Height, InForce, Overlay, Phase, PublicKey, SecretKey, Slot, State, Tip, Transaction,
    apply_transaction, quorum, transactions_root,
};

use crate::fixtures::authority;

/// Writes blocks on a branch of its own, with every authority's key at hand.
#[derive(Clone, Debug)]
pub struct Forge {
    spec: ChainSpec,
    state: State,
    /// Authorities after the last block, and the highest slot that commits in headers name.
    in_force: (InForce, Slot),
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
        Self::on(spec, tip, state)
    }

    /// A branch that goes on from a block with this state after it, under the first authorities.
    pub fn on(spec: &ChainSpec, tip: Tip, state: State) -> Self {
        let in_force = (InForce::at_genesis(spec), Slot::default());
        Self { spec: spec.clone(), state, in_force, tip, blocks: Vec::new() }
    }

    /// The authorities after the last block.
    pub fn in_force(&self) -> &InForce {
        &self.in_force.0
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
            authorities: self.in_force().set().hash(),
            certificate: None,
            next_authorities: None,
        };
        (header, state)
    }

    /// Adds a block for a slot, signed by the slot's leader, whether its transactions apply or not.
    pub fn push(&mut self, slot: Slot, transactions: Vec<Transaction>) -> Block {
        let (header, state) = self.header(slot, &transactions);
        self.state = state;
        self.add(header, transactions)
    }

    /// Adds a block without transactions whose header has a certificate.
    pub fn certify(&mut self, slot: Slot, certificate: Certificate) -> Block {
        let (header, _) = self.header(slot, &[]);
        self.add(Header { certificate: Some(certificate), ..header }, Vec::new())
    }

    /// Adds a block without transactions whose header changes the authorities.
    pub fn change(&mut self, slot: Slot, change: AuthorityChange) -> Block {
        let (header, _) = self.header(slot, &[]);
        self.add(Header { next_authorities: Some(change), ..header }, Vec::new())
    }

    fn add(&mut self, header: Header, transactions: Vec<Transaction>) -> Block {
        let leader = self.leader(header.slot);
        let (in_force, committed) = &mut self.in_force;
        let named = header.certificate.as_ref().filter(|one| one.phase == Phase::Commit);
        *committed = named.map_or(*committed, |one| one.slot.max(*committed));
        *in_force = in_force.after(&header, header.hash(self.spec.chain()), *committed);
        let block = seal(&self.spec, header, &leader, transactions);
        self.tip = tip(&self.spec, &block);
        self.blocks.push(block.clone());
        block
    }

    /// The next change of the authorities, approved by a quorum, and by the newcomer.
    pub fn approved(&self, step: AuthorityStep) -> AuthorityChange {
        let (set, chain) = (self.in_force().set(), self.spec.chain());
        let proposed = AuthorityChange::proposed(set, self.in_force().changed(), step);
        let signers = set.keys().iter().take(quorum(set.len()));
        let approved = signers.fold(proposed, |change, key| {
            change.approved_by(set, chain, &secret_of(key)).expect("an authority")
        });
        let newcomer = matches!(step, AuthorityStep::Add { .. });
        let newcomer = newcomer.then(|| approved.sign(chain, &secret_of(step.key())));
        AuthorityChange { newcomer, ..approved }
    }

    /// The key of a slot's leader.
    pub fn leader(&self, slot: Slot) -> SecretKey {
        secret_of(self.in_force().set().leader(slot))
    }
}

/// The secret half of an authority's key.
fn secret_of(key: &PublicKey) -> SecretKey {
    let mut secrets = (0..64).map(authority);
    secrets.find(|secret| secret.public() == *key).expect("a key of a test")
}

/// The certificate of a block by as many of these authorities as it takes.
pub fn certificate_by(set: &AuthoritySet, spec: &ChainSpec, phase: Phase, tip: Tip) -> Certificate {
    let signers = (0_u8..).zip(set.keys().iter()).take(quorum(set.len()));
    let sign = |(place, key): (u8, &PublicKey)| {
        let place_of = (tip.slot, tip.hash);
        (place, Ballot::new(phase, place_of, spec.chain(), &secret_of(key)).signature)
    };
    let signatures = Bounded::first_of(signers.map(sign));
    Certificate { phase, slot: tip.slot, block: tip.hash, signatures }
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
