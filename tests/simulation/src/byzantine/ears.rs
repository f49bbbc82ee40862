//! Hearing: what a villain knows of the blocks, votes and commits of the last slots.

use std::collections::{BTreeMap, BTreeSet};

use coinage_protocol::{
    Ballot, BlockHash, Certificate, CheckedGossip, Header, Phase, PublicKey, Rejection, Slot,
};

use super::Villainy;
use crate::sim_network::World;

/// Slots that a villain remembers.
const MEMORY_SLOTS: u64 = 24;

/// Blocks and ballots of the last slots, and certificates of all.
#[derive(Debug, Default)]
pub(super) struct Ears {
    pub(super) blocks: BTreeSet<(Slot, BlockHash)>,
    pub(super) signers: BTreeMap<(Slot, BlockHash, Phase), BTreeSet<PublicKey>>,
    /// Certificates that headers showed, by slot.
    pub(super) certificates: BTreeMap<Slot, Certificate>,
}

impl Ears {
    pub(super) fn block(&mut self, hash: BlockHash, header: &Header) {
        self.blocks.insert((header.slot, hash));
        if let Some(certificate) = &header.certificate {
            self.certificates.insert(certificate.slot, certificate.clone());
        }
    }

    pub(super) fn ballot(&mut self, ballot: &Ballot) {
        let place = (ballot.slot, ballot.block, ballot.phase);
        self.signers.entry(place).or_default().insert(ballot.signer);
    }

    pub(super) fn forget_before(&mut self, slot: Slot) {
        self.blocks.retain(|(of, _)| *of >= slot);
        self.signers.retain(|(of, ..), _| *of >= slot);
    }

    /// Blocks of a slot, in the order of their hashes.
    pub(super) fn of_slot(&self, slot: Slot) -> Vec<BlockHash> {
        self.blocks.iter().filter(|(of, _)| *of == slot).map(|(_, hash)| *hash).collect()
    }
}

impl World {
    /// Lets a villain know what came to its node; true if that is its own voice, of which its
    /// engine is to know nothing.
    pub(crate) fn eavesdrop(
        &mut self,
        node: usize,
        heard: &Result<CheckedGossip, Rejection>,
    ) -> bool {
        let Some(kind) = self.nodes[node].villain.as_ref().map(|villain| villain.kind) else {
            return false;
        };
        match heard {
            Ok(CheckedGossip::Ballot(checked)) => {
                let ballot = *checked.ballot();
                self.villain(node).ears.ballot(&ballot);
                if kind == Villainy::VoteWithholder {
                    self.reveal_in_time(node, &ballot);
                }
                self.nodes[node].key().is_some_and(|key| key.public() == ballot.signer)
            }
            Ok(CheckedGossip::Block(block)) => {
                let (hash, header) = (block.hash(), block.header());
                self.villain(node).ears.block(hash, header);
                match kind {
                    Villainy::DoubleVoter => self.vote_for_anything(node, header.slot),
                    Villainy::Hoarder => self.displace(node, header.height),
                    _ => {}
                }
                false
            }
            _ => false,
        }
    }

    /// Forgets what is old.
    pub(super) fn forget_heard(&mut self, node: usize) {
        let slot = self.slot().saturating_sub(MEMORY_SLOTS);
        self.villain(node).ears.forget_before(slot);
    }
}
