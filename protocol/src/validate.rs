//! Intake: from untrusted bytes to checked messages, the costly rung of the ladder.
//!
//! These functions need neither chain nor state, so the shell runs them on worker threads before
//! the engine sees the message.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;

use rand_core::CryptoRng;
use serde::de::DeserializeOwned;

use crate::blame::Offence;
use crate::block::{Block, BlockError, CheckedBlock, VerifiedHeader};
use crate::chain_spec::ChainSpec;
use crate::codec::{DecodeError, decode};
use crate::evidence::{CheckedEvidence, Evidence};
use crate::finality::{Ballot, Certificate, CheckedBallot, Phase};
use crate::hash::TransactionId;
use crate::limits::{BALLOT_BYTES, BLOCK_BYTES_MAX, GOSSIP_BATCH_BYTES, MESSAGE_BYTES_MAX};
use crate::transaction::{CheckedTransaction, Transaction, check_all};
use crate::verified::Verified;
use crate::wire::{Answer, Topic, TransactionBatch};

/// A gossip message of which only its relation to chain and state is still to be checked.
#[derive(Clone, Debug)]
pub enum CheckedGossip {
    /// A list of transactions; at least one.
    Transactions(Vec<CheckedTransaction>),
    /// A block that was checked.
    Block(Box<CheckedBlock>),
    /// A vote or commit that is signed by the key that it names.
    Ballot(CheckedBallot),
}

/// An answer of which only its relation to question, chain and state is still to be checked.
#[derive(Clone, Debug)]
pub enum CheckedAnswer {
    /// A list of headers.
    Headers(Vec<VerifiedHeader>),
    /// A list of blocks.
    Blocks(Vec<CheckedBlock>),
    /// Ids of waiting transactions.
    Waiting(Vec<TransactionId>),
    /// A list of waiting transactions.
    Transactions(Vec<CheckedTransaction>),
    /// The peer cannot answer now.
    Busy,
    /// Certificates that were verified, the votes before the commits.
    Certificates(Vec<Certificate>),
    /// Evidence that proves what it says, if its signers are authorities.
    Evidence(Vec<CheckedEvidence>),
}

/// The reason why a message is wrong for everybody, and what that costs its sender.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rejection {
    /// Offence that the sender pays for.
    pub offence: Offence,
    /// Exact description of what is wrong, for the log.
    pub detail: String,
}

impl Rejection {
    fn new(offence: Offence, detail: impl Display) -> Self {
        Self { offence, detail: detail.to_string() }
    }
}

/// Checks the bytes of a gossip message (SPEC N-2), but for the signatures that are known, and
/// remembers the others.
///
/// # Errors
///
/// [`Rejection`] if no honest node would have sent it on.
///
/// # Security
///
/// `random` must not be predictable by others, as for
/// [`SignatureBatch::verifies`](crate::SignatureBatch::verifies).
pub fn check_gossip(
    topic: Topic,
    bytes: &[u8],
    spec: &ChainSpec,
    verified: &impl Verified,
    random: impl CryptoRng,
) -> Result<CheckedGossip, Rejection> {
    match topic {
        Topic::Transactions => {
            let batch: TransactionBatch = decode(bytes, GOSSIP_BATCH_BYTES)
                .map_err(|error| undecodable::<TransactionBatch>(error, bytes))?;
            if batch.is_empty() {
                return Err(Rejection::new(Offence::Undecodable, "no transaction"));
            }
            check_batch(batch.into_vec(), spec, verified, random).map(CheckedGossip::Transactions)
        }
        Topic::Blocks => {
            let block = decode(bytes, BLOCK_BYTES_MAX)
                .map_err(|error| undecodable::<Block>(error, bytes))?;
            let checked = CheckedBlock::verify(block, spec, verified, random);
            checked.map(|block| CheckedGossip::Block(Box::new(block))).map_err(reject_block)
        }
        Topic::Votes => {
            let ballot: Ballot =
                decode(bytes, BALLOT_BYTES).map_err(|error| undecodable::<Ballot>(error, bytes))?;
            let checked = ballot.check(spec.chain(), verified);
            let reject = |error| Rejection::new(Offence::BadBallot, error);
            checked.map(CheckedGossip::Ballot).map_err(reject)
        }
    }
}

/// Checks the bytes of an answer (SPEC N-4, N-5), but for the signatures that are known, and
/// remembers the others.
///
/// # Errors
///
/// [`Rejection`] if no honest node would have answered so, whatever the question.
///
/// # Security
///
/// As for [`check_gossip`].
pub fn check_answer(
    bytes: &[u8],
    spec: &ChainSpec,
    verified: &impl Verified,
    mut random: impl CryptoRng,
) -> Result<CheckedAnswer, Rejection> {
    let answer =
        decode(bytes, MESSAGE_BYTES_MAX).map_err(|error| undecodable::<Answer>(error, bytes))?;
    match answer {
        Answer::Headers(headers) => {
            let check = |signed| VerifiedHeader::verify(signed, spec, verified);
            let checked: Result<_, _> = headers.into_vec().into_iter().map(check).collect();
            let reject = |error| Rejection::new(Offence::BadHeader, error);
            checked.map(CheckedAnswer::Headers).map_err(reject)
        }
        Answer::Blocks(blocks) => {
            let check = |block| CheckedBlock::verify(block, spec, verified, &mut random);
            let checked: Result<_, _> = blocks.into_vec().into_iter().map(check).collect();
            checked.map(CheckedAnswer::Blocks).map_err(reject_block)
        }
        Answer::Waiting(ids) if !ids.is_sorted_by(|one, next| one < next) => {
            Err(Rejection::new(Offence::Undecodable, "ids are not in increasing order"))
        }
        Answer::Waiting(ids) => Ok(CheckedAnswer::Waiting(ids.into_vec())),
        Answer::Transactions(batch) => {
            check_batch(batch.into_vec(), spec, verified, random).map(CheckedAnswer::Transactions)
        }
        Answer::Busy => Ok(CheckedAnswer::Busy),
        Answer::Certificates { votes, commits } => {
            check_certificates([(Phase::Vote, votes), (Phase::Commit, commits)], spec, verified)
        }
        Answer::Evidence(shown) => {
            let check = |evidence: Evidence| evidence.check(spec.chain(), verified);
            let checked: Result<_, _> = shown.into_vec().into_iter().map(check).collect();
            let reject = |error| Rejection::new(Offence::BadEvidence, error);
            checked.map(CheckedAnswer::Evidence).map_err(reject)
        }
    }
}

/// Checks certificates, each of its phase (SPEC F-3).
fn check_certificates(
    shown: [(Phase, Option<Certificate>); 2],
    spec: &ChainSpec,
    verified: &impl Verified,
) -> Result<CheckedAnswer, Rejection> {
    let mut certificates = Vec::new();
    for (phase, certificate) in shown {
        let Some(certificate) = certificate else { continue };
        if certificate.phase != phase {
            return Err(Rejection::new(Offence::BadCertificate, "votes and commits are swapped"));
        }
        let verified = certificate.verify(spec.genesis_authorities(), spec.chain(), verified);
        verified.map_err(|error| Rejection::new(Offence::BadCertificate, error))?;
        certificates.push(certificate);
    }
    Ok(CheckedAnswer::Certificates(certificates))
}

fn check_batch(
    transactions: Vec<Transaction>,
    spec: &ChainSpec,
    verified: &impl Verified,
    random: impl CryptoRng,
) -> Result<Vec<CheckedTransaction>, Rejection> {
    check_all(transactions, spec.chain(), verified, random).map_err(|(position, error)| {
        let detail = alloc::format!("transaction {position}: {error}");
        Rejection { offence: Offence::BadTransaction, detail }
    })
}

fn undecodable<T: DeserializeOwned>(error: DecodeError, bytes: &[u8]) -> Rejection {
    Rejection::new(Offence::Undecodable, error.explained::<T>(bytes))
}

fn reject_block(error: BlockError) -> Rejection {
    let offence = match &error {
        BlockError::Decode(_) | BlockError::TooLarge { .. } => Offence::Undecodable,
        BlockError::Header(_) => Offence::BadHeader,
        BlockError::OtherBody => Offence::OtherBody,
        BlockError::Transaction { .. } => Offence::BadBody,
    };
    Rejection::new(offence, error)
}

#[cfg(test)]
mod tests;
