//! Verification of a stored chain from its first block to its head, trusting nothing that is
//! stored.

use coinage_protocol::engine::Finalized;
use coinage_protocol::{
    BlockError, BlockHash, Certificate, ChainSpec, CheckedBlock, Entry, ExecutionError, Header,
    HeaderContext, Height, InForce, Key, KnownAuthorities, Phase, Slot, State, SupplyMismatch, Tip,
    TransactionId, apply_block,
};
use getrandom::SysRng;
use getrandom::rand_core::{Rng as _, UnwrapErr};

use crate::storage::recent::Recent;
use crate::storage::tally::{self, Secret, Tally};
use crate::storage::{Place, Snapshot, Storage, StorageError};

/// Summary of what has been found to be in order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Verified {
    /// Head of the chain.
    pub head: Tip,
    /// Number of transactions that the chain holds.
    pub transactions: u64,
    /// Number of balances that are not zero.
    pub balances: u64,
    /// Number of tokens.
    pub tokens: u64,
}

/// The first thing that is not in order.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The storage cannot even be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A block of the chain is missing.
    #[error("block {height} is missing")]
    BlockMissing {
        /// Height of the block.
        height: Height,
    },
    /// A block is wrong by itself: its leader's or a transaction's signature, or its body.
    #[error("block {height}: {error}")]
    Block {
        /// Height of the block.
        height: Height,
        /// Error of the block.
        error: BlockError,
    },
    /// A block does not follow the one before it, or is not the one it is stored as.
    #[error("block {height} ({hash}) does not follow the block before it")]
    Link {
        /// Height of the block.
        height: Height,
        /// Hash of the block.
        hash: BlockHash,
    },
    /// A block is of other authorities than those in force, or changes them otherwise than it may.
    #[error("block {height} is not of the authorities that were in force, or changes others")]
    Authorities {
        /// Height of the block.
        height: Height,
    },
    /// A block does not follow from the state before it.
    #[error("block {height}: {error}")]
    Execution {
        /// Height of the block.
        height: Height,
        /// Reason why the block does not follow.
        error: ExecutionError,
    },
    /// A supply is not the sum of the balances.
    #[error(transparent)]
    Supply(#[from] SupplyMismatch),
    /// The final block is not on the chain, or a quorum did not commit it.
    #[error("the final block {hash} at height {height}: {reason}")]
    Final {
        /// Height of the block.
        height: Height,
        /// Hash of the block.
        hash: BlockHash,
        /// Description of what is wrong.
        reason: String,
    },
    /// The blocks are in order, but not what is derived from them: it can be rebuilt.
    #[error("the stored {what} do not agree with the blocks, first at height {height}")]
    Derived {
        /// Name of what differs: entries of the state, undo records, transaction index, histories
        /// or heights.
        what: &'static str,
        /// Height at which the difference was noticed.
        height: Height,
    },
}

/// Replays the whole stored chain, telling `progress` each height and the head's, and compares
/// everything stored with the outcome.
///
/// # Errors
///
/// [`VerifyError`] for the first thing that is not in order.
pub fn verify(
    storage: &Storage,
    spec: &ChainSpec,
    mut progress: impl FnMut(u64, u64),
) -> Result<Verified, VerifyError> {
    let stored = storage.snapshot();
    let head = stored.head()?;
    let hash = spec.genesis_hash();
    let mut secret = Secret::default();
    UnwrapErr(SysRng).fill_bytes(&mut secret);
    let mut replay = Replay {
        stored: &stored,
        spec,
        state: spec.genesis_state().clone(),
        tip: Tip { height: Height::new(0), slot: Slot::new(0), hash },
        recent: Recent::default(),
        secret,
        transactions: Tally::new(secret),
        known: HeaderContext::from(spec).authorities.clone(),
        in_force: InForce::at_genesis(spec),
        committed: Slot::new(0),
        changing: Vec::new(),
        histories: Tally::new(secret),
    };
    replay.genesis()?;
    for height in 1..=head.height.get() {
        replay.step(Height::new(height))?;
        progress(height, head.height.get());
    }
    replay.finish(head)
}

/// Replay of the chain up to a block.
struct Replay<'s> {
    stored: &'s Snapshot,
    spec: &'s ChainSpec,
    state: State,
    tip: Tip,
    recent: Recent,
    secret: Secret,
    /// Sum of the rows that the blocks so far make in the index of transactions.
    transactions: Tally,
    known: KnownAuthorities,
    in_force: InForce,
    /// The highest slot that certificates of commits name so far.
    committed: Slot,
    /// Heights of the blocks so far that hold changes of authorities.
    changing: Vec<Height>,
    /// Sum of the rows that the blocks so far make in the histories.
    histories: Tally,
}

impl Replay<'_> {
    fn genesis(&self) -> Result<(), VerifyError> {
        let hash = self.spec.genesis_hash();
        let missing = VerifyError::BlockMissing { height: Height::new(0) };
        if self.stored.canonical(Height::new(0))? != Some(hash) {
            return Err(missing);
        }
        let block = self.stored.block(&hash)?.ok_or(missing)?;
        if block.header != *self.spec.genesis_header() || !block.transactions.is_empty() {
            return Err(VerifyError::Link { height: Height::new(0), hash });
        }
        Ok(())
    }

    fn step(&mut self, height: Height) -> Result<(), VerifyError> {
        let missing = || VerifyError::BlockMissing { height };
        let hash = self.stored.canonical(height)?.ok_or_else(missing)?;
        let block = self.stored.block(&hash)?.ok_or_else(missing)?;
        let context = HeaderContext { chain: self.spec.chain(), authorities: &self.known };
        let block = CheckedBlock::new(block, context, UnwrapErr(SysRng))
            .map_err(|error| VerifyError::Block { height, error })?;
        let header = block.header();
        let (previous, slot) = (header.previous, header.slot);
        let follows = previous == self.tip.hash && slot > self.tip.slot;
        if block.hash() != hash || header.height != height || !follows {
            return Err(VerifyError::Link { height, hash });
        }
        self.authorities(header, hash)?;
        let (context, state_root) = (self.spec.block_context(height, slot), header.state_root);
        let taken = |id: &TransactionId| self.recent.contains(id);
        let (state, changes) = apply_block(&self.state, context, block.bodies(), state_root, taken)
            .map_err(|error| VerifyError::Execution { height, error })?;
        if self.stored.changes(&hash)?.as_ref() != Some(&changes) {
            return Err(VerifyError::Derived { what: "undo records", height });
        }
        self.recent.extend(context.time, block.bodies());
        for (position, (id, body)) in (0..).zip(block.bodies()) {
            let tallies = [&mut self.transactions, &mut self.histories];
            tally::index(tallies, &id, body, Place { height, position });
        }
        self.state = state;
        self.tip = Tip { height, slot, hash };
        Ok(())
    }

    /// Checks that the authorities that a header names are in force, and that what it changes
    /// follows (SPEC B-6, B-11).
    fn authorities(&mut self, header: &Header, hash: BlockHash) -> Result<(), VerifyError> {
        let height = header.height;
        if header.authorities != self.in_force.set().hash() || !self.in_force.allows(header) {
            return Err(VerifyError::Authorities { height });
        }
        if let Some(Certificate { phase: Phase::Commit, slot, .. }) = &header.certificate {
            self.committed = self.committed.max(*slot);
        }
        if header.next_authorities.is_some() {
            self.changing.push(height);
        }
        header.next_authorities.iter().for_each(|change| self.known.learn(change));
        self.in_force = self.in_force.after(header, hash, self.committed);
        Ok(())
    }

    /// Compares what is stored once, for the whole chain.
    fn finish(self, head: Tip) -> Result<Verified, VerifyError> {
        let derived = |what| Err(VerifyError::Derived { what, height: head.height });
        if self.tip != head || self.stored.canonical_rows()? != head.height.next().get() {
            return derived("heights");
        }
        if self.stored.authority_changes()? != self.changing {
            return derived("changes of authorities");
        }
        if self.stored.tally_transactions(self.secret)? != self.transactions
            || self.stored.tally_histories(self.secret)? != self.histories
        {
            return Err(self.misplaced(head)?);
        }
        let mut holders = Tally::new(self.secret);
        for (key, entry) in self.state.entries() {
            if let (Key::Balance(address, token), Entry::Balance(amount)) = (key, entry) {
                holders.holder(*token, *amount, address);
            }
        }
        if self.stored.tally_holders(self.secret)? != holders {
            return derived("holders of tokens");
        }
        let entries = self.stored.entries()?;
        let (balances, tokens) = (self.state.balances(), self.state.tokens());
        let as_many = entries.len() == self.state.entries().count();
        if !as_many || entries.iter().any(|(key, entry)| self.state.get(key) != Some(entry)) {
            return derived("entries of the state");
        }
        self.state.check_supply()?;
        self.finalized()?;
        Ok(Verified { head, transactions: self.transactions.rows(), balances, tokens })
    }

    /// Checks that the final block is on the chain, and that a quorum committed it (SPEC F-8).
    fn finalized(&self) -> Result<(), VerifyError> {
        let Some(Finalized { tip, certificate }) = self.stored.finalized()? else { return Ok(()) };
        let Tip { height, slot, hash } = tip;
        let wrong = |reason: String| VerifyError::Final { height, hash, reason };
        let header = self.stored.header(&hash)?.filter(|header| header.header.slot == slot);
        let on_chain = self.stored.canonical(height)? == Some(hash);
        let Some(set) = header.and_then(|one| self.known.named(&one.header.authorities).cloned())
        else {
            return Err(wrong("it is not on the chain".into()));
        };
        if !on_chain {
            return Err(wrong("it is not on the chain".into()));
        }
        let names = (certificate.phase, certificate.slot, certificate.block);
        if names != (Phase::Commit, slot, hash) {
            return Err(wrong("its certificate is another block's, or one of votes".into()));
        }
        certificate.verify(&set, self.spec.chain(), &()).map_err(|error| wrong(error.to_string()))
    }

    /// Finds where index or histories differ first from the blocks, which are in order: looked up
    /// one by one, now that it is known that something is wrong.
    fn misplaced(&self, head: Tip) -> Result<VerifyError, VerifyError> {
        for height in 1..=head.height.get() {
            let missing = || VerifyError::BlockMissing { height: Height::new(height) };
            let hash = self.stored.canonical(Height::new(height))?.ok_or_else(missing)?;
            let block = self.stored.block(&hash)?.ok_or_else(missing)?;
            for (position, one) in (0..).zip(block.transactions.iter()) {
                let place = Place { height: Height::new(height), position };
                if self.stored.transaction(&one.body.id(self.spec.chain()))? != Some(place) {
                    return Ok(VerifyError::Derived {
                        what: "transaction indexes",
                        height: Height::new(height),
                    });
                }
                for address in one.body.touched() {
                    if !self.stored.in_history(&address, place)? {
                        return Ok(VerifyError::Derived {
                            what: "histories",
                            height: Height::new(height),
                        });
                    }
                }
            }
        }
        // Nothing is missing, so there is too much.
        let transactions = self.stored.tally_transactions(self.secret)? != self.transactions;
        let what = if transactions { "transaction indexes" } else { "histories" };
        Ok(VerifyError::Derived { what, height: head.height })
    }
}
