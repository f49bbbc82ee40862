//! Writing a block (SPEC B-1 to B-8, C-5, F-10).

use alloc::string::ToString;
use alloc::vec::Vec;

use super::Engine;
use super::effect::Effect;
use super::event::Event;
use crate::authority::AuthorityChange;
use crate::block::{CheckedBlock, Header};
use crate::chain::{ChainReader, Written};
use crate::codec::encoded_len;
use crate::finality::Certificate;
use crate::hash::TransactionId;
use crate::keys::SecretKey;
use crate::ledger::{BlockExecution, Changes, State};
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX, PROTOCOL_VERSION, SLOT_MAX};
use crate::merkle::transactions_root;
use crate::transaction::CheckedTransaction;
use crate::units::Slot;

/// Bytes set aside for the header without certificate and change, the signature and the length of
/// the list.
const HEADER_BYTES: usize = 512;
/// Waiting transactions that are tried for one block in vain.
const PASSED_OVER_MAX: usize = BLOCK_TRANSACTIONS_MAX / 4;

/// Transactions for a block, and what they come to.
struct Chosen {
    transactions: Vec<CheckedTransaction>,
    after: State,
    changes: Changes,
    /// Transactions that were tried in vain.
    passed_over: Vec<TransactionId>,
}

/// The content of a block that is to be written.
struct Work {
    certificate: Option<Certificate>,
    change: Option<AuthorityChange>,
    chosen: Chosen,
}

impl<R: ChainReader> Engine<R> {
    /// Writes the block of this slot, if it is this node's to write.
    pub(super) fn produce(&mut self) {
        let slot = self.slot_now();
        if slot > SLOT_MAX
            || !self.is_own(slot)
            || slot <= self.chain.head().slot
            || self.chain.has_work()
            || !self.is_in_time(slot)
            || !self.may_produce()
        {
            return;
        }
        let too_early = self.signs_from(slot).is_none_or(|from| self.now.wall < from);
        let Some(authority) = self.settings.signer() else { return };
        if too_early || authority.signed.contains(slot) {
            return;
        }
        let Some(work) = self.work_for(slot) else { return };
        let Some(authority) = &mut self.settings.authority else { return };
        // SPEC C-5: remembered before it is shown to anybody.
        authority.signed.insert(slot);
        let key = authority.key.clone();
        self.out.push(Effect::Remember { slot });
        let written = self.write_block(slot, work, &key);
        self.hear(written.block.verified_header());
        self.slots.signed(key.public(), written.block.verified_header());
        if let Err(error) = self.chain.insert_written(written, &self.reader) {
            let reason = error.to_string();
            self.report(Event::BlockRejected { hash: None, reason, peer: None });
        }
    }

    /// The content of a block of this slot, if there is a reason to write it (SPEC F-10).
    fn work_for(&mut self, slot: Slot) -> Option<Work> {
        let head = self.chain.head();
        let must = self.has_work_for_a_block(head, slot);
        // What was tried for this very block in vain is not tried again.
        let tried = self.in_vain == Some((head.hash, slot)) && self.pool.untried_bytes() == 0;
        if !must && (tried || self.pool.ready().next().is_none()) {
            return None;
        }
        // SPEC B-5: one of the two; what somebody may be locked on comes first (F-9).
        let change = self.change_on(&head).filter(|_| !self.chain.is_visiting());
        let certificate = self.certificate_on(head).filter(|_| change.is_none());
        let proofs = encoded_len(&certificate).saturating_add(encoded_len(&change));
        let chosen = self.choose(slot, HEADER_BYTES.saturating_add(proofs));
        self.pool.pass_over(&chosen.passed_over);
        if !must && chosen.transactions.is_empty() {
            self.in_vain = Some((head.hash, slot));
            return None;
        }
        Some(Work { certificate, change, chosen })
    }

    fn write_block(&self, slot: Slot, work: Work, key: &SecretKey) -> Written {
        let head = self.chain.head();
        let Work { certificate, change, chosen } = work;
        let Chosen { transactions, after, changes, .. } = chosen;
        let chain = self.spec.chain();
        let leaves: Vec<_> = transactions.iter().map(CheckedTransaction::full_hash).collect();
        let header = Header {
            version: PROTOCOL_VERSION,
            height: head.height.next(),
            slot,
            previous: head.hash,
            transactions_root: transactions_root(&leaves),
            state_root: after.root(),
            authorities: self.authorities().hash(),
            certificate,
            next_authorities: change,
        };
        let block = CheckedBlock::written(header.sign(chain, key), transactions, chain);
        Written { block, after, changes }
    }

    /// Chooses as many waiting transactions as fit the [pace](super::pace), a block and each other,
    /// in the order of arrival, and says what did not fit. That
    /// goes on waiting, but behind what has not been tried: it may seem possible before each block
    /// and never be.
    fn choose(&self, slot: Slot, header: usize) -> Chosen {
        let height = self.chain.head().height.next();
        let context = self.spec.block_context(height, slot);
        let mut block = BlockExecution::new(self.chain.state(), context);
        let pace = self.pace.bytes(self.since_slot_ms(slot), self.spec.genesis().slot_ms);
        let mut room = BLOCK_BYTES_MAX.saturating_sub(header).min(pace);
        let (mut chosen, mut passed_over) = (Vec::new(), Vec::new());
        for waiting in self.pool.ready() {
            let Some(left) = room.checked_sub(waiting.size()) else { break };
            if chosen.len() >= BLOCK_TRANSACTIONS_MAX || passed_over.len() >= PASSED_OVER_MAX {
                break;
            }
            if block.apply(waiting.id(), &waiting.transaction().body).is_ok() {
                room = left;
                chosen.push(CheckedTransaction::clone(waiting));
            } else {
                passed_over.push(waiting.id());
            }
        }
        let (after, changes) = block.finish();
        Chosen { transactions: chosen, after, changes, passed_over }
    }
}
