//! Receipts: what shows without a node that a block is final, and that it holds a transaction.
//!
//! Commits of a quorum make a block final with all below it (SPEC F-8), and each header names the
//! one before it by its hash. So the headers from a block up to a committed one, and those commits,
//! are enough; whose turn it was to write them does not matter. Whose commits count follows from
//! the genesis and the changes of authorities since, each committed by the authorities before it.
//!
//! # Security
//!
//! A receipt is as good as the keys of every set of authorities since genesis: a quorum of keys of
//! any of them, when their owners have long left, is enough to forge one.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::authority::{AuthoritySet, CertificateError, ChangeError};
use crate::block::Header;
use crate::bounded::Bounded;
use crate::chain::Tip;
use crate::chain_spec::ChainSpec;
use crate::finality::{Certificate, Phase};
use crate::hash::{BlockHash, ChainId, TransactionId};
use crate::keys::PublicKey;
use crate::limits::{RECEIPT_CHANGES_MAX, RECEIPT_HEADERS_MAX};
use crate::merkle::InclusionProof;
use crate::transaction::Transaction;
use crate::units::Height;

/// A proof that a block is final: the way from it up to a block with commits.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FinalityProof {
    /// Headers above the block, the lowest first, up to the committed one; none if it is the block
    /// itself.
    pub headers: Bounded<Header, RECEIPT_HEADERS_MAX>,
    /// Commits of a quorum for the last of these blocks.
    pub commits: Certificate,
}

/// A proof that the authorities changed: the header that holds the change, which the authorities
/// before it made final.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ChangeProof {
    /// Header of the block that holds the change.
    pub header: Header,
    /// Proof that the block is final.
    pub finality: FinalityProof,
}

/// A receipt: a transaction, and everything that shows it to be in a final block but the genesis.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Receipt {
    /// Id of the network's chain.
    pub chain: ChainId,
    /// The transaction.
    pub transaction: Transaction,
    /// Proof that its block holds it.
    pub inclusion: InclusionProof,
    /// Header of its block.
    pub header: Header,
    /// Proof that its block is final.
    pub finality: FinalityProof,
    /// Changes of authorities since genesis up to those who committed, the oldest first.
    pub changes: Bounded<ChangeProof, RECEIPT_CHANGES_MAX>,
}

/// The facts that a proof of finality has shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settled {
    /// Hash of the block that is final.
    pub block: BlockHash,
    /// The committed block: that one, or one above it.
    pub committed: Tip,
    /// Keys of the authorities that committed it, in the order of their turns.
    pub signers: Vec<PublicKey>,
}

/// The reason why a block is not shown to be final.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FinalityProofError {
    /// A header that does not follow the one before it (SPEC B-4).
    #[error("header {height} does not follow the one before it")]
    Unlinked {
        /// Height that the header names.
        height: Height,
    },
    /// Votes say that a block should stay, not that it does.
    #[error("the block has votes instead of commits")]
    Votes,
    /// The commits are for a block that is not the last one of the headers.
    #[error("the commits are for another block than the last header's")]
    OtherBlock,
    /// The authorities that a header names are not those that follow from genesis and changes.
    #[error("header {height} names authorities that do not follow from the genesis")]
    Authorities {
        /// Height of the header.
        height: Height,
    },
    /// The commits prove nothing (SPEC F-3).
    #[error("the commits: {0}")]
    Commits(#[from] CertificateError),
    /// A change of authorities that cannot be made (SPEC B-11).
    #[error("the change in header {height}: {error}")]
    Change {
        /// Height of the header.
        height: Height,
        /// Rule that the change breaks.
        error: ChangeError,
    },
    /// A header that is shown for a change of authorities, and holds none.
    #[error("header {height} holds no change of authorities")]
    NoChange {
        /// Height of the header.
        height: Height,
    },
}

/// The first thing that is wrong with a receipt.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReceiptError {
    /// The receipt is of another network.
    #[error("it is of the network {theirs}, the genesis is of {ours}")]
    OtherChain {
        /// Network of the receipt.
        theirs: ChainId,
        /// Network of the genesis.
        ours: ChainId,
    },
    /// The hashes do not lead from the transaction to the root in the header (SPEC M-2).
    #[error("the block does not hold the transaction at that place")]
    NotInBlock,
    /// The change with this number, from 1, did not happen.
    #[error("change {number} of the authorities: {error}")]
    Change {
        /// Number of the change, from 1.
        number: usize,
        /// Reason why it did not happen.
        error: FinalityProofError,
    },
    /// The block is not shown to be final.
    #[error(transparent)]
    Finality(#[from] FinalityProofError),
}

impl FinalityProof {
    /// Checks that a quorum of these authorities committed a block with this header, or one above
    /// it.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn check(
        &self,
        header: &Header,
        set: &AuthoritySet,
        chain: &ChainId,
    ) -> Result<Settled, FinalityProofError> {
        let block = header.hash(chain);
        let (mut last, mut hash) = (header, block);
        for next in &self.headers {
            let follows = next.previous == hash
                && next.height == last.height.saturating_add(1)
                && next.slot > last.slot;
            if !follows {
                return Err(FinalityProofError::Unlinked { height: next.height });
            }
            (last, hash) = (next, next.hash(chain));
        }
        if self.commits.phase != Phase::Commit {
            return Err(FinalityProofError::Votes);
        }
        if (self.commits.slot, self.commits.block) != (last.slot, hash) {
            return Err(FinalityProofError::OtherBlock);
        }
        if last.authorities != set.hash() {
            return Err(FinalityProofError::Authorities { height: last.height });
        }
        self.commits.verify(set, chain, &())?;
        let committed = Tip { height: last.height, slot: last.slot, hash };
        let places = self.commits.signers();
        let signers = places.into_iter().filter_map(|place| set.keys().get(place).copied());
        Ok(Settled { block, committed, signers: signers.collect() })
    }
}

impl ChangeProof {
    /// Checks the change, and returns the authorities after it (SPEC B-11).
    fn check(
        &self,
        set: &AuthoritySet,
        chain: &ChainId,
    ) -> Result<AuthoritySet, FinalityProofError> {
        let height = self.header.height;
        if self.header.authorities != set.hash() {
            return Err(FinalityProofError::Authorities { height });
        }
        self.finality.check(&self.header, set, chain)?;
        let change = self.header.next_authorities.as_ref();
        let change = change.ok_or(FinalityProofError::NoChange { height })?;
        let wrong = |error| FinalityProofError::Change { height, error };
        if change.lacks_newcomer() {
            return Err(wrong(ChangeError::Newcomer));
        }
        change.verify(set, chain, &()).map_err(wrong)
    }
}

impl Receipt {
    /// The id of the transaction.
    pub fn id(&self) -> TransactionId {
        self.transaction.body.id(&self.chain)
    }

    /// Checks that the transaction is in a final block of this network.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn check(&self, spec: &ChainSpec) -> Result<Settled, ReceiptError> {
        let ours = *spec.chain();
        if self.chain != ours {
            return Err(ReceiptError::OtherChain { theirs: self.chain, ours });
        }
        let leaf = self.transaction.full_hash(&ours);
        if !self.inclusion.proves(&leaf, &self.header.transactions_root) {
            return Err(ReceiptError::NotInBlock);
        }
        let first = spec.genesis_authorities();
        let sets = authority_sets(first, &ours, &self.changes)?;
        Ok(self.finality.check(&self.header, sets.last().unwrap_or(first), &ours)?)
    }
}

/// The sets of authorities of a chain, one after the other: that of the genesis, and the one after
/// each of these changes.
///
/// # Errors
///
/// The first change that did not happen.
pub fn authority_sets(
    genesis: &AuthoritySet,
    chain: &ChainId,
    changes: &Bounded<ChangeProof, RECEIPT_CHANGES_MAX>,
) -> Result<Vec<AuthoritySet>, ReceiptError> {
    let mut in_force = genesis.clone();
    let mut sets = Vec::from([in_force.clone()]);
    for (change, number) in changes.iter().zip(1..) {
        let checked = change.check(&in_force, chain);
        in_force = checked.map_err(|error| ReceiptError::Change { number, error })?;
        sets.push(in_force.clone());
    }
    Ok(sets)
}

#[cfg(test)]
mod tests;
