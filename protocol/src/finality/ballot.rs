//! Ballots: the signed votes and commits of authorities (SPEC F-2).

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::hash::{BlockHash, ChainId, Tag, tagged};
use crate::keys::{PublicKey, SecretKey, Signature};
use crate::units::Slot;
use crate::verified::{Verified, verifies};

/// The phase of a ballot: a vote, or the commit that may follow a quorum of votes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Phase {
    /// The signer has executed the block and would have it stay.
    Vote,
    /// The signer has seen a quorum of votes, and votes for no branch without the block unless
    /// that branch shows a newer quorum.
    Commit,
}

/// A vote or a commit of one authority for one block.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Ballot {
    /// Vote or commit.
    pub phase: Phase,
    /// Slot of the block.
    pub slot: Slot,
    /// Hash of the block.
    pub block: BlockHash,
    /// Key of the authority.
    pub signer: PublicKey,
    /// The authority's signature over all that.
    pub signature: Signature,
}

/// A ballot whose signature is its signer's; whether that is an authority, its branch says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CheckedBallot(Ballot);

impl Phase {
    /// Both of them, in their order.
    pub const ALL: [Self; 2] = [Self::Vote, Self::Commit];

    /// The bytes that are signed: a hash under the phase's own tag (SPEC F-2).
    pub(super) fn message(self, chain: &ChainId, slot: Slot, block: &BlockHash) -> [u8; 32] {
        let tag = match self {
            Self::Vote => Tag::Vote,
            Self::Commit => Tag::Commit,
        };
        tagged(tag, &[chain.as_bytes(), &slot.get().to_le_bytes(), block.as_bytes()])
    }
}

impl Ballot {
    /// Signs a ballot.
    pub fn new(
        phase: Phase,
        (slot, block): (Slot, BlockHash),
        chain: &ChainId,
        key: &SecretKey,
    ) -> Self {
        let signature = key.sign(&phase.message(chain, slot, &block));
        Self { phase, slot, block, signer: key.public(), signature }
    }

    /// Checks the signature, by memory or anew (SPEC F-2).
    ///
    /// # Errors
    ///
    /// A description of what is wrong. Blame: the sender.
    pub fn check(self, chain: &ChainId, verified: &impl Verified) -> Result<CheckedBallot, String> {
        let message = self.phase.message(chain, self.slot, &self.block);
        if !verifies(verified, &self.signer, &self.signature, &message) {
            return Err(String::from("the ballot is not signed by the key that it names"));
        }
        Ok(CheckedBallot(self))
    }
}

impl CheckedBallot {
    /// A ballot that this node has just signed.
    pub(crate) fn own(ballot: Ballot) -> Self {
        Self(ballot)
    }

    /// The ballot that was checked.
    pub fn ballot(&self) -> &Ballot {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::secret;

    #[test]
    fn a_ballot_is_for_one_phase_one_slot_one_block_and_one_chain() {
        // SPEC F-2
        let (chain, block) = (ChainId::new([1; 32]), BlockHash::new([2; 32]));
        let place = (Slot::new(7), block);
        let good = Ballot::new(Phase::Vote, place, &chain, &secret(1));
        assert_eq!(good.check(&chain, &()), Ok(CheckedBallot(good)));
        let wrong = [
            Ballot { phase: Phase::Commit, ..good },
            Ballot { slot: Slot::new(8), ..good },
            Ballot { block: BlockHash::default(), ..good },
            Ballot { signer: secret(2).public(), ..good },
            Ballot::new(Phase::Vote, place, &ChainId::default(), &secret(1)),
        ];
        assert!(wrong.iter().all(|ballot| ballot.check(&chain, &()).is_err()));
    }
}
