//! Looks at every block that a node adopts with code that shares no rule with the protocol's.
//!
//! Hashes, roots, leaders, signatures, times and balances are computed a second time, from SPEC and
//! as plainly as can be; only names of things and the encodings of transactions, which the golden
//! vectors pin, are taken over.

mod authorities;
mod branches;
mod consent;
mod encoding;
mod finality;
mod promises;
pub(crate) mod served;
mod shadow;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use self::authorities::{Authorities, Keys, is_signed};
pub(crate) use self::consent::who_agrees;
use self::encoding::{Hash, block_hash, merkle_root};
pub(crate) use self::encoding::{state_root, tagged};
pub(crate) use self::finality::FinalityBooks;
pub(crate) use self::promises::Promises;
pub(crate) use self::served::{Looked, Remarkable};
pub(crate) use self::shadow::Shadow;
pub(crate) use self::words::name_of;
use crate::model::{Model, folded};
use coinage_protocol::{
    Block, BlockHash, ChainSpec, Entry, Height, Key, PublicKey, SignedHeader, Slot, Tip,
    Transaction, TransactionId, UnixMillis, encode,
};

/// An invariant's number and how it is broken.
pub(crate) type Broken = (&'static str, String);

/// An auditor: what is known of every block that any node adopted.
#[derive(Debug)]
pub(crate) struct Auditor {
    spec: ChainSpec,
    chain: Hash,
    blocks: BTreeMap<BlockHash, Audited>,
    /// Blocks that honest nodes signed: their signatures need no second look.
    signed: BTreeSet<BlockHash>,
    /// Adopted blocks whose signatures are still to be verified, unless they turn out to be an
    /// honest node's, which stores its block before it publishes it.
    unsettled: Vec<(BlockHash, SignedHeader, Keys)>,
    /// Blocks by slot and by whose key signed them, among what honest nodes published.
    slots: BTreeMap<(Slot, PublicKey), BlockHash>,
    /// Transactions to which everybody agreed who must, by full hash.
    agreed: BTreeSet<Hash>,
}

#[derive(Clone, Debug)]
struct Audited {
    height: Height,
    slot: Slot,
    /// Hash of the whole block, its signatures included.
    body: Hash,
    model: Rc<Model>,
    ids: Rc<BTreeSet<TransactionId>>,
    authorities: Authorities,
}

impl Auditor {
    pub(crate) fn new(spec: &ChainSpec) -> Self {
        let genesis = spec.genesis();
        let model = Rc::new(Model::new(genesis));
        let first = Audited {
            height: Height::new(0),
            slot: Slot::new(0),
            body: [0; 32],
            model,
            ids: Rc::default(),
            authorities: Authorities::at_genesis(spec),
        };
        Self {
            spec: spec.clone(),
            chain: *spec.chain().as_bytes(),
            blocks: BTreeMap::from([(spec.genesis_hash(), first)]),
            signed: BTreeSet::new(),
            unsettled: Vec::new(),
            slots: BTreeMap::new(),
            agreed: BTreeSet::new(),
        }
    }

    /// An honest node publishes a block of its own, signed with its key: one for a slot.
    pub(crate) fn published(&mut self, block: &Block, key: PublicKey) -> Result<(), String> {
        let hash = BlockHash::new(block_hash(&self.chain, &block.header.header));
        let slot = block.header.header.slot;
        self.signed.insert(hash);
        match self.slots.insert((slot, key), hash) {
            Some(other) if other != hash => Err(format!("two blocks for slot {slot}")),
            _ => Ok(()),
        }
    }

    /// A node makes a block part of its chain.
    pub(crate) fn adopted(&mut self, block: &Block) -> Result<(), Broken> {
        let hash = BlockHash::new(block_hash(&self.chain, &block.header.header));
        let body = tagged(0, &[&encode(&block.transactions)]);
        if let Some(known) = self.blocks.get(&hash) {
            let same = known.body == body;
            return same.then_some(()).ok_or_else(|| ("B-7", "one header, two bodies".into()));
        }
        let header = &block.header.header;
        let parent = self.blocks.get(&header.previous).cloned();
        let parent = parent.ok_or_else(|| ("B-4", "its parent was never adopted".to_owned()))?;
        if header.height != parent.height + 1 || header.slot <= parent.slot {
            return Err(("B-4", format!("{header:?} after slot {}", parent.slot)));
        }
        self.check_header(block, &hash, &parent.authorities)?;
        let mut ids = (*parent.ids).clone();
        let mut model = (*parent.model).clone();
        model.begin_block();
        let mut leaves = Vec::new();
        let time = self.time_of(header.slot);
        for transaction in block.transactions.iter() {
            leaves.push(self.check_transaction(transaction, header.slot)?);
            let id = TransactionId::new(self.id(transaction));
            if !ids.insert(id) {
                return Err(("I10", format!("transaction {id} for the second time")));
            }
            if let Err(no) = model.apply(self.spec.rules(), time, &transaction.body) {
                return Err(("I4", format!("transaction {id} does not fit the model: {no:?}")));
            }
        }
        if merkle_root(&leaves) != *header.transactions_root.as_bytes() {
            return Err(("B-7", "other transactions than the header commits to".into()));
        }
        model.check().map_err(|error| ("I3", error))?;
        let unchanged = block.transactions.is_empty();
        let model = if unchanged { Rc::clone(&parent.model) } else { Rc::new(model) };
        if state_root(&model) != *header.state_root.as_bytes() {
            return Err(("I4", "the header commits to another state".into()));
        }
        let ids = if unchanged { parent.ids } else { Rc::new(ids) };
        let (height, slot) = (header.height, header.slot);
        let authorities = parent.authorities.after(hash, header);
        let audited = Audited { height, slot, body, model, ids, authorities };
        self.blocks.insert(hash, audited);
        Ok(())
    }

    /// Verifies the signatures of what was adopted since the last time.
    pub(crate) fn settle(&mut self) -> Result<(), Broken> {
        for (hash, signed, keys) in core::mem::take(&mut self.unsettled) {
            if !self.signed.contains(&hash) {
                check_leader(&hash, &signed, &keys)?;
            }
        }
        Ok(())
    }

    /// Checks whether a stored state is the model's at that head.
    pub(crate) fn holds<'a>(
        &self,
        head: &Tip,
        stored: impl Iterator<Item = (&'a Key, &'a Entry)>,
    ) -> Result<(), Broken> {
        let Some(audited) = self.blocks.get(&head.hash) else {
            return Err(("B-4", "the head was never adopted".into()));
        };
        if (audited.height, audited.slot) != (head.height, head.slot) {
            return Err(("B-4", "height or slot of the head is another".into()));
        }
        let differs = |what: &dyn std::fmt::Debug| {
            Err(("I4", format!("the stored state differs from the model at {what:?}")))
        };
        let model = &audited.model;
        let mut count = 0;
        for (key, entry) in stored {
            count += 1;
            let same = match (key, entry) {
                (Key::Balance(address, token), Entry::Balance(amount)) => {
                    model.balances.get(&(*address, *token)) == Some(&amount.units())
                }
                (Key::Deposit(address, token), Entry::Balance(amount)) => {
                    model.deposits.get(&(*address, *token)) == Some(&amount.units())
                }
                (Key::Token(token), Entry::Token(record)) => {
                    model.tokens.get(token).is_some_and(|known| known.is(record))
                }
                (
                    Key::Charter(token)
                    | Key::Usage(token, _)
                    | Key::Amendment(token, _)
                    | Key::Standing(_, token),
                    _,
                ) => model.charters.get(token).is_some_and(|one| one.holds(key, entry)),
                (Key::Lookalike(folds), Entry::Symbol(token)) => {
                    model.tokens.contains_key(token) && folded(*token) == folds.as_str()
                }
                _ => false,
            };
            if !same {
                return differs(key);
            }
        }
        if count == model.entries() { Ok(()) } else { differs(&"its size") }
    }

    /// The model's ledger after a block that was adopted.
    pub(crate) fn model(&self, hash: &BlockHash) -> Option<&Model> {
        self.blocks.get(hash).map(|audited| &*audited.model)
    }

    /// Checks whether the chain that ends with this block holds a transaction.
    pub(crate) fn includes(&self, head: &BlockHash, id: &TransactionId) -> bool {
        self.blocks.get(head).is_some_and(|audited| audited.ids.contains(id))
    }

    fn check_header(
        &mut self,
        block: &Block,
        hash: &BlockHash,
        authorities: &Authorities,
    ) -> Result<(), Broken> {
        let header = &block.header.header;
        if header.version != 1 {
            return Err(("B-2", format!("{header:?}")));
        }
        authorities.allows(&self.chain, header)?;
        let size = encode(block).len();
        if size > 2 * 1024 * 1024 || block.transactions.len() > 16_384 {
            return Err(("B-8", format!("{size} bytes")));
        }
        let keys = Rc::clone(&authorities.keys);
        self.unsettled.push((*hash, block.header.clone(), keys));
        Ok(())
    }

    /// Checks everything about a transaction by itself; returns its leaf.
    fn check_transaction(&mut self, transaction: &Transaction, slot: Slot) -> Result<Hash, Broken> {
        let (body, id) = (&transaction.body, self.id(transaction));
        let leaf = self.leaf(transaction);
        let time = self.time_of(slot);
        let latest = time + self.spec.rules().lifetime_ms_max;
        if body.expires_at < time || body.expires_at > latest {
            return Err(("T-7", format!("it holds a transaction out of its time: {body:?}")));
        }
        self.agreed(transaction, &leaf, &id)?;
        Ok(leaf)
    }

    /// SPEC B-4
    fn time_of(&self, slot: Slot) -> UnixMillis {
        let genesis = self.spec.genesis();
        genesis.time + slot.get() * u64::from(genesis.slot_ms)
    }

    /// Checks whether a transaction makes sense, and everybody who must has agreed to it: once for
    /// each.
    pub(crate) fn consent(&mut self, transaction: &Transaction) -> Result<(), Broken> {
        let (leaf, id) = (self.leaf(transaction), self.id(transaction));
        self.agreed(transaction, &leaf, &id)
    }

    fn agreed(&mut self, transaction: &Transaction, leaf: &Hash, id: &Hash) -> Result<(), Broken> {
        if self.agreed.contains(leaf) {
            return Ok(());
        }
        let claimed = consent::check(transaction)?;
        if !claimed.iter().all(|one| one.holds(id)) {
            let body = &transaction.body;
            return Err(("T-4", format!("a signature is not over its id: {body:?}")));
        }
        self.agreed.insert(*leaf);
        Ok(())
    }

    fn leaf(&self, transaction: &Transaction) -> Hash {
        let witnesses = tagged(4, &[&encode(&transaction.witnesses)]);
        tagged(5, &[&self.id(transaction), &witnesses])
    }

    fn id(&self, transaction: &Transaction) -> Hash {
        tagged(3, &[&self.chain, &encode(&transaction.body)])
    }
}

fn check_leader(hash: &BlockHash, signed: &SignedHeader, keys: &Keys) -> Result<(), Broken> {
    let (slot, turns) = (signed.header.slot, keys.len() as u64);
    let turn = usize::try_from(slot.get() % turns).expect("few authorities");
    if is_signed(&keys[turn], &signed.signature, hash.as_bytes()) {
        return Ok(());
    }
    Err(("B-3", format!("{hash} is not signed by the leader of slot {slot}")))
}
