//! Evidence: what an authority signed and no honest one signs, proven by its own signatures (SPEC
//! F-11).
//!
//! It needs no chain and no set of authorities: whoever has the chain id can check it. Whether the
//! key is or was an authority's, the reader of it says.

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use crate::block::{Header, SignedHeader};
use crate::bounded::Bounded;
use crate::codec::encoded_len;
use crate::finality::{Ballot, Phase};
use crate::hash::{BlockHash, ChainId};
use crate::keys::PublicKey;
use crate::limits::{EVIDENCE_BYTES_MAX, EVIDENCE_HEADERS_MAX};
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
    /// A commit, and a vote for a block of the same slot or a later one that is off the committed
    /// one, although its chain shows no certificate of that slot or a later one.
    CommitAndVote {
        /// The commit, and the vote.
        ballots: Box<[Ballot; 2]>,
        /// The header of the block that was voted for and those below it, down to the first of
        /// the slot of the commit or an earlier one.
        headers: Bounded<Header, EVIDENCE_HEADERS_MAX>,
    },
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
    /// A commit and a vote that breaks it.
    CommitAndVote,
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
    /// The two are not of one slot, of one phase and of one signer; or not a commit and a vote of
    /// one signer, the vote for a block of the same slot or a later one.
    #[error("the two are not such as one signer may not sign both")]
    Apart,
    /// The two are of one block, or not in the order of their hashes.
    #[error("the two are of one block, or not in the order of their hashes")]
    Order,
    /// The headers do not lead from the block that was voted for to one beside the committed one,
    /// or show a certificate that allows the vote.
    #[error("the headers do not show that the vote breaks the commit")]
    Headers,
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

    /// The evidence that a commit and a vote are, with the headers that lead from the block of the
    /// vote to beside the committed one; `None` if it has more bytes than it may have.
    pub(crate) fn of_commit_and_vote(
        ballots: [Ballot; 2],
        headers: Bounded<Header, EVIDENCE_HEADERS_MAX>,
    ) -> Option<Self> {
        let evidence = Self::CommitAndVote { ballots: Box::new(ballots), headers };
        (encoded_len(&evidence) <= EVIDENCE_BYTES_MAX).then_some(evidence)
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
            Self::Ballots(ballots) | Self::CommitAndVote { ballots, .. } => &first(ballots).signer,
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
            Self::CommitAndVote { .. } => EvidenceKind::CommitAndVote,
        }
    }

    /// Slot of what was signed; of a commit and a vote, that of the commit.
    pub fn slot(&self) -> Slot {
        match self {
            Self::Blocks { headers, .. } => first(headers).header.slot,
            Self::Ballots(ballots) | Self::CommitAndVote { ballots, .. } => first(ballots).slot,
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
        match &self {
            Self::Blocks { signer, headers } => {
                let [one, other] = headers.each_ref().map(|signed| signed.header.slot);
                are_two(one == other, blocks)?;
                let verifies = |(header, hash): (&SignedHeader, &BlockHash)| {
                    verifies(verified, signer, &header.signature, hash.as_bytes())
                };
                is_signed(one != 0 && headers.iter().zip(&blocks).all(verifies))?;
            }
            Self::Ballots(ballots) => {
                let of = |ballot: &Ballot| (ballot.phase, ballot.slot, ballot.signer);
                let [one, other] = ballots.each_ref().map(of);
                are_two(one == other, blocks)?;
                is_signed(ballots.iter().all(|one| one.check(chain, verified).is_ok()))?;
            }
            Self::CommitAndVote { ballots, headers } => {
                let [commit, vote] = ballots.each_ref();
                let are_they = commit.phase == Phase::Commit
                    && vote.phase == Phase::Vote
                    && commit.signer == vote.signer
                    && commit.slot <= vote.slot;
                are_they.then_some(()).ok_or(EvidenceError::Apart)?;
                let breaks = vote_breaks(commit, vote, headers, chain);
                breaks.then_some(()).ok_or(EvidenceError::Headers)?;
                is_signed(ballots.iter().all(|one| one.check(chain, verified).is_ok()))?;
            }
        }
        Ok(CheckedEvidence { evidence: self, blocks })
    }

    /// Hashes of the two blocks.
    fn blocks(&self, chain: &ChainId) -> [BlockHash; 2] {
        match self {
            Self::Blocks { headers, .. } => headers.each_ref().map(|one| one.header.hash(chain)),
            Self::Ballots(ballots) | Self::CommitAndVote { ballots, .. } => {
                ballots.each_ref().map(|ballot| ballot.block)
            }
        }
    }
}

fn are_two(are_alike: bool, [one, other]: [BlockHash; 2]) -> Result<(), EvidenceError> {
    are_alike.then_some(()).ok_or(EvidenceError::Apart)?;
    (one < other).then_some(()).ok_or(EvidenceError::Order)
}

fn is_signed(is_signed: bool) -> Result<(), EvidenceError> {
    is_signed.then_some(()).ok_or(EvidenceError::BadSignature)
}

/// Checks whether headers show that a vote breaks a commit: they lead from the block of the vote
/// down to the first of the commit's slot or an earlier one, which is another block than the
/// committed one; and none above that one has a certificate of that slot or a later one, which
/// alone sets whoever has committed free (SPEC F-5, V3).
fn vote_breaks(commit: &Ballot, vote: &Ballot, headers: &[Header], chain: &ChainId) -> bool {
    let (mut wanted, Some((last, above))) = (vote.block, headers.split_last()) else {
        return false;
    };
    for header in headers {
        if header.hash(chain) != wanted {
            return false;
        }
        wanted = header.previous;
    }
    let allows = |header: &Header| {
        let shown = header.certificate.as_ref();
        header.slot <= commit.slot || shown.is_some_and(|shown| shown.slot >= commit.slot)
    };
    let is_of_vote = headers.first().is_some_and(|first| first.slot == vote.slot);
    let is_beside = last.slot <= commit.slot && last.hash(chain) != commit.block;
    is_of_vote && is_beside && !above.iter().any(allows)
}

/// The first of two: there always is one.
fn first<T>([one, _]: &[T; 2]) -> &T {
    one
}

impl EvidenceKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 4] = [Self::Blocks, Self::Votes, Self::Commits, Self::CommitAndVote];
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

    /// Hashes of the two blocks: the committed one first, or else the lower one.
    pub fn blocks(&self) -> [BlockHash; 2] {
        self.blocks
    }
}

#[cfg(test)]
mod tests;
