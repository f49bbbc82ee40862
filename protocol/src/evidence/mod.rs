//! Evidence: what an authority signed and no honest one signs, proven by its own signatures (SPEC
//! F-11).
//!
//! It needs no chain and no set of authorities: whoever has the chain id can check it. Whether the
//! key is or was an authority's, the reader of it says.

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use crate::block::SignedHeader;
use crate::codec::encoded_len;
use crate::finality::{Ballot, Phase};
use crate::hash::{BlockHash, ChainId};
use crate::keys::PublicKey;
use crate::limits::EVIDENCE_BYTES_MAX;
use crate::units::Slot;
use crate::verified::{Verified, verifies};

/// Two things that one key signed and that no honest authority signs both.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Evidence {
    /// Two blocks of one slot.
    Blocks {
        /// Key that signed both.
        signer: PublicKey,
        /// The headers of the blocks, the one of the lower hash first.
        headers: Box<[SignedHeader; 2]>,
    },
    /// Two votes, or two commits, for blocks of one slot: the lower hash first.
    Ballots(Box<[Ballot; 2]>),
}

/// The kind of what was signed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum EvidenceKind {
    /// Two blocks of one slot.
    Blocks,
    /// Votes for two blocks of one slot.
    Votes,
    /// Commits for two blocks of one slot.
    Commits,
}

/// Evidence that proves what it says, if its signer is an authority.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CheckedEvidence {
    evidence: Evidence,
    blocks: [BlockHash; 2],
}

/// The reason why evidence proves nothing. Blame: whoever shows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EvidenceError {
    /// The two are not of one slot, of one phase and of one signer.
    #[error("the two are not of one slot, one phase and one signer")]
    Apart,
    /// The two are of one block, or not in the order of their hashes.
    #[error("the two are of one block, or not in the order of their hashes")]
    Order,
    /// A signature is not that key's.
    #[error("a signature is not that of the key that it names")]
    BadSignature,
    /// The evidence has more bytes than it may have.
    #[error("the evidence has {len} bytes, at most {max} are allowed")]
    TooLarge {
        /// Number of bytes that it has.
        len: usize,
        /// Number of bytes that are allowed.
        max: usize,
    },
}

impl Evidence {
    /// The evidence that two headers of one slot are; the order does not matter.
    pub(crate) fn of_headers(
        signer: PublicKey,
        mut headers: [SignedHeader; 2],
        chain: &ChainId,
    ) -> Self {
        headers.sort_by_key(|signed| signed.header.hash(chain));
        Self::Blocks { signer, headers: Box::new(headers) }
    }

    /// The evidence that two ballots of one signer, phase and slot are; the order does not matter.
    pub(crate) fn of_ballots(mut ballots: [Ballot; 2]) -> Self {
        ballots.sort_by_key(|ballot| ballot.block);
        Self::Ballots(Box::new(ballots))
    }

    /// Key of whoever signed both.
    pub fn signer(&self) -> &PublicKey {
        match self {
            Self::Blocks { signer, .. } => signer,
            Self::Ballots(ballots) => &first(ballots).signer,
        }
    }

    /// The kind of what was signed.
    pub fn kind(&self) -> EvidenceKind {
        match self {
            Self::Blocks { .. } => EvidenceKind::Blocks,
            Self::Ballots(ballots) => match first(ballots).phase {
                Phase::Vote => EvidenceKind::Votes,
                Phase::Commit => EvidenceKind::Commits,
            },
        }
    }

    /// Slot of what was signed.
    pub fn slot(&self) -> Slot {
        match self {
            Self::Blocks { headers, .. } => first(headers).header.slot,
            Self::Ballots(ballots) => first(ballots).slot,
        }
    }

    /// Checks that it proves what it says (SPEC F-11), but for signatures that are known, and
    /// remembers the others. Whether the signer is an authority, is not asked.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn check(
        self,
        chain: &ChainId,
        verified: &impl Verified,
    ) -> Result<CheckedEvidence, EvidenceError> {
        let len = encoded_len(&self);
        if len > EVIDENCE_BYTES_MAX {
            return Err(EvidenceError::TooLarge { len, max: EVIDENCE_BYTES_MAX });
        }
        let blocks = self.blocks(chain);
        let [one, other] = blocks;
        let (alike, signed) = match &self {
            Self::Blocks { signer, headers } => {
                let [one, other] = headers.each_ref();
                let signed = || {
                    headers.iter().zip(&blocks).all(|(header, hash)| {
                        verifies(verified, signer, &header.signature, hash.as_bytes())
                    })
                };
                (one.header.slot == other.header.slot, one.header.slot != 0 && signed())
            }
            Self::Ballots(ballots) => {
                let [one, other] = ballots.each_ref();
                let of = |ballot: &Ballot| (ballot.phase, ballot.slot, ballot.signer);
                let signed = || ballots.iter().all(|one| one.check(chain, verified).is_ok());
                (of(one) == of(other), signed())
            }
        };
        if !alike {
            return Err(EvidenceError::Apart);
        }
        if one >= other {
            return Err(EvidenceError::Order);
        }
        if !signed {
            return Err(EvidenceError::BadSignature);
        }
        Ok(CheckedEvidence { evidence: self, blocks })
    }

    /// Hashes of the two blocks.
    fn blocks(&self, chain: &ChainId) -> [BlockHash; 2] {
        match self {
            Self::Blocks { headers, .. } => headers.each_ref().map(|one| one.header.hash(chain)),
            Self::Ballots(ballots) => ballots.each_ref().map(|ballot| ballot.block),
        }
    }
}

/// The first of two: there always is one.
fn first<T>([one, _]: &[T; 2]) -> &T {
    one
}

impl EvidenceKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 3] = [Self::Blocks, Self::Votes, Self::Commits];
}

impl CheckedEvidence {
    /// Evidence that was checked before it was stored, or whose two parts were.
    pub(crate) fn trusted(evidence: Evidence, chain: &ChainId) -> Self {
        let blocks = evidence.blocks(chain);
        Self { evidence, blocks }
    }

    /// The evidence that was checked.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Hashes of the two blocks, the lower one first.
    pub fn blocks(&self) -> [BlockHash; 2] {
        self.blocks
    }
}

#[cfg(test)]
mod tests;
