//! Finality once more: what honest nodes sign and tell, looked at by who sees all (SPEC F).
//!
//! Its own quorum, its own walk along blocks.

use std::collections::{BTreeMap, BTreeSet};

use coinage_protocol::{Ballot, BlockHash, Phase, PublicKey, Slot, Tip};

use super::Broken;

/// Books of what was signed for finality, and told of it.
#[derive(Debug, Default)]
pub(crate) struct FinalityBooks {
    /// Ballots that left, by phase, slot and signer.
    signed: BTreeMap<(Phase, Slot, PublicKey), BlockHash>,
    /// Signers of each block.
    signers: BTreeMap<(Phase, BlockHash), BTreeSet<PublicKey>>,
    /// Blocks that any honest node told to be final, the highest last.
    told: BTreeSet<(u64, BlockHash)>,
}

impl FinalityBooks {
    /// Takes in a ballot that is signed, by whomever.
    pub(crate) fn cast(&mut self, ballot: &Ballot) {
        let Ballot { phase, block, signer, .. } = *ballot;
        self.signers.entry((phase, block)).or_default().insert(signer);
    }

    /// An honest authority signs a ballot: never for two blocks of a slot.
    pub(crate) fn cast_honest(&mut self, ballot: &Ballot) -> Result<(), Broken> {
        self.cast(ballot);
        let Ballot { phase, slot, block, signer, .. } = *ballot;
        let first = *self.signed.entry((phase, slot, signer)).or_insert(block);
        if first != block {
            return Err((
                "I5",
                format!("{phase:?} for {block} after {first}, both of slot {slot}"),
            ));
        }
        Ok(())
    }

    /// An honest node tells that a block is final (SPEC F-8): a quorum committed it, and no other
    /// block that was told stands beside it. `traitors` count as having signed everything.
    pub(crate) fn told(
        &mut self,
        tip: &Tip,
        authorities: &[PublicKey],
        traitors: &BTreeSet<PublicKey>,
        descends: impl Fn(&BlockHash, &BlockHash) -> bool,
    ) -> Result<(), Broken> {
        let signers = self.signers.get(&(Phase::Commit, tip.hash));
        let signed = |key: &&PublicKey| {
            traitors.contains(key) || signers.is_some_and(|signers| signers.contains(key))
        };
        let count = authorities.iter().filter(signed).count();
        if 3 * count <= 2 * authorities.len() {
            return Err(("F-8", format!("{tip:?} is told as final after {count} commits")));
        }
        for (_, other) in &self.told {
            if !descends(&tip.hash, other) && !descends(other, &tip.hash) {
                return Err(("I1", format!("{} and {other} are both final", tip.hash)));
            }
        }
        self.told.insert((tip.height.get(), tip.hash));
        Ok(())
    }

    /// The highest block that was told.
    pub(crate) fn highest(&self) -> Option<(u64, BlockHash)> {
        self.told.last().copied()
    }
}
