//! Writing a block (SPEC B-1 to B-8, C-5).

use alloc::string::ToString;
use alloc::vec::Vec;

use super::Engine;
use super::effect::Effect;
use super::event::Event;
use crate::block::{CheckedBlock, Header, Reserved};
use crate::chain::{ChainReader, Written};
use crate::codec::encoded_len;
use crate::hash::TransactionId;
use crate::keys::SecretKey;
use crate::ledger::{BlockExecution, Changes, State};
use crate::limits::{BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX, PROTOCOL_VERSION, SLOT_MAX};
use crate::merkle::transactions_root;
use crate::transaction::CheckedTransaction;
use crate::units::Slot;

/// Bytes set aside for the header without its certificate, the signature and the length of the
/// list.
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

impl<R: ChainReader> Engine<R> {
    /// Writes the block of this slot, if it is this node's to write.
    pub(super) fn produce(&mut self) {
        let slot = self.slot_now();
        if slot > SLOT_MAX
            || !self.is_own(slot)
            || slot <= self.chain.head().slot
            || self.chain.has_work()
            || !self.may_produce()
        {
            return;
        }
        let too_early = self.signs_from(slot).is_none_or(|from| self.now.wall < from);
        let Some(authority) = &mut self.settings.authority else { return };
        let signed = too_early || authority.signed.contains(slot);
        if authority.stop.is_some() || signed {
            return;
        }
        // SPEC C-5: remembered before it is shown to anybody.
        authority.signed.insert(slot);
        let key = authority.key.clone();
        self.out.push(Effect::Remember { slot });
        let written = self.write_block(slot, &key);
        self.hear(slot, written.block.header().height);
        self.slots.signed(written.block.verified_header());
        if let Err(error) = self.chain.insert_written(written, &self.reader) {
            let reason = error.to_string();
            self.report(Event::BlockRejected { hash: None, reason, peer: None });
        }
    }

    fn write_block(&mut self, slot: Slot, key: &SecretKey) -> Written {
        let head = self.chain.head();
        let certificate = self.certificate_on(head);
        let room = HEADER_BYTES.saturating_add(encoded_len(&certificate));
        let Chosen { transactions, after, changes, passed_over } = self.choose(slot, room);
        self.pool.pass_over(&passed_over);
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
            next_authorities: Reserved,
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
