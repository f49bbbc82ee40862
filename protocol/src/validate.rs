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

use crate::authority::{AuthorityChange, HeaderContext, KnownAuthorities};
use crate::blame::Offence;
use crate::block::{
    Block, BlockError, CheckedBlock, Header, HeaderError, SignedHeader, VerifiedHeader,
};
use crate::codec::{DecodeError, decode};
use crate::evidence::{CheckedEvidence, Evidence};
use crate::finality::{Ballot, CheckedBallot, NamedCertificate, Phase};
use crate::hash::{AuthoritiesHash, BlockHash, ChainId, TransactionId};
use crate::limits::{BALLOT_BYTES, BLOCK_BYTES_MAX, GOSSIP_BATCH_BYTES, MESSAGE_BYTES_MAX};
use crate::transaction::{CheckedTransaction, Transaction, check_all};
use crate::units::Slot;
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
    /// A block of authorities that are not known here: what led to them is missing, or they are
    /// made up.
    OfUnknown {
        /// Hash of the block before it.
        previous: BlockHash,
        /// Commits to the authorities that it names.
        authorities: AuthoritiesHash,
    },
    /// A block that its leader signed, with a certificate by none of the authorities that may have
    /// made it, as far as they are known here.
    Uncertified {
        /// Hash of the block before it.
        previous: BlockHash,
        /// The authorities that are known here.
        known: KnownAuthorities,
        /// Fault of the sender if nothing that led to the block is missing.
        rejection: Rejection,
    },
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
    /// Certificates and changes that were verified; what is of authorities that are not known here
    /// is left out.
    Certificates {
        /// Votes, then commits.
        certificates: Vec<NamedCertificate>,
        /// The highest slot of a certificate that was left out, if one was.
        of_unknown: Option<Slot>,
        /// A change that waits.
        change: Option<Box<AuthorityChange>>,
    },
    /// Evidence that proves what it says, if its signers are authorities.
    Evidence(Vec<CheckedEvidence>),
    /// Ballots, at most a vote and a commit, that are signed by the keys that they name.
    Ballots(Vec<CheckedBallot>),
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
pub fn check_gossip<'c>(
    topic: Topic,
    bytes: &[u8],
    context: impl Into<HeaderContext<'c>>,
    verified: &impl Verified,
    random: impl CryptoRng,
) -> Result<CheckedGossip, Rejection> {
    let context = context.into();
    match topic {
        Topic::Transactions => {
            let batch: TransactionBatch = decode(bytes, GOSSIP_BATCH_BYTES)
                .map_err(|error| undecodable::<TransactionBatch>(error, bytes))?;
            if batch.is_empty() {
                return Err(Rejection::new(Offence::Undecodable, "no transaction"));
            }
            check_batch(batch.into_vec(), context.chain, verified, random)
                .map(CheckedGossip::Transactions)
        }
        Topic::Blocks => {
            let block: Block = decode(bytes, BLOCK_BYTES_MAX)
                .map_err(|error| undecodable::<Block>(error, bytes))?;
            let Header { previous, authorities, .. } = block.header.header;
            match CheckedBlock::verify(block, context, verified, random) {
                Ok(block) => Ok(CheckedGossip::Block(Box::new(block))),
                Err(BlockError::Header(HeaderError::Authorities)) => {
                    Ok(CheckedGossip::OfUnknown { previous, authorities })
                }
                Err(error @ BlockError::Header(HeaderError::Certificate(_))) => {
                    let (known, rejection) = (context.authorities.clone(), reject_block(error));
                    Ok(CheckedGossip::Uncertified { previous, known, rejection })
                }
                Err(error) => Err(reject_block(error)),
            }
        }
        Topic::Votes => {
            let ballot: Ballot =
                decode(bytes, BALLOT_BYTES).map_err(|error| undecodable::<Ballot>(error, bytes))?;
            let checked = ballot.check(context.chain, verified);
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
pub fn check_answer<'c>(
    bytes: &[u8],
    context: impl Into<HeaderContext<'c>>,
    verified: &impl Verified,
    mut random: impl CryptoRng,
) -> Result<CheckedAnswer, Rejection> {
    let context = context.into();
    let answer =
        decode(bytes, MESSAGE_BYTES_MAX).map_err(|error| undecodable::<Answer>(error, bytes))?;
    match answer {
        Answer::Headers(headers) => {
            let checked = check_headers(headers.into_vec(), context, verified);
            let reject = |error| Rejection::new(Offence::BadHeader, error);
            checked.map(CheckedAnswer::Headers).map_err(reject)
        }
        Answer::Blocks(blocks) => {
            let check = |block| CheckedBlock::verify(block, context, verified, &mut random);
            let checked: Result<_, _> = blocks.into_vec().into_iter().map(check).collect();
            checked.map(CheckedAnswer::Blocks).map_err(reject_block)
        }
        Answer::Waiting(ids) if !ids.is_sorted_by(|one, next| one < next) => {
            Err(Rejection::new(Offence::Undecodable, "ids are not in increasing order"))
        }
        Answer::Waiting(ids) => Ok(CheckedAnswer::Waiting(ids.into_vec())),
        Answer::Transactions(batch) => {
            check_batch(batch.into_vec(), context.chain, verified, random)
                .map(CheckedAnswer::Transactions)
        }
        Answer::Busy => Ok(CheckedAnswer::Busy),
        Answer::Certificates { votes, commits, change } => {
            let shown = [(Phase::Vote, votes), (Phase::Commit, commits)];
            let (certificates, of_unknown) = check_certificates(shown, context, verified)?;
            let change = check_change(change, context, verified)?;
            Ok(CheckedAnswer::Certificates { certificates, of_unknown, change })
        }
        Answer::Evidence(shown) => {
            let check = |evidence: Evidence| evidence.check(context.chain, verified);
            let checked: Result<_, _> = shown.into_vec().into_iter().map(check).collect();
            let reject = |error| Rejection::new(Offence::BadEvidence, error);
            checked.map(CheckedAnswer::Evidence).map_err(reject)
        }
        Answer::Ballots { vote, commit } => {
            let shown = [(Phase::Vote, vote), (Phase::Commit, commit)];
            check_ballots(shown, context, verified).map(CheckedAnswer::Ballots)
        }
    }
}

/// Checks headers that follow one another: what changes the authorities in one, makes those known
/// to which it leads.
fn check_headers(
    headers: Vec<SignedHeader>,
    context: HeaderContext<'_>,
    verified: &impl Verified,
) -> Result<Vec<VerifiedHeader>, HeaderError> {
    let mut known = context.authorities.clone();
    let mut checked = Vec::with_capacity(headers.len());
    for signed in headers {
        let context = HeaderContext { authorities: &known, ..context };
        let header = VerifiedHeader::verify(signed, context, verified)?;
        header.header().next_authorities.iter().for_each(|change| known.learn(change));
        checked.push(header);
    }
    Ok(checked)
}

/// Checks certificates, each of its phase (SPEC F-3): those of known authorities, and the highest
/// slot of one of others.
fn check_certificates(
    shown: [(Phase, Option<Box<NamedCertificate>>); 2],
    context: HeaderContext<'_>,
    verified: &impl Verified,
) -> Result<(Vec<NamedCertificate>, Option<Slot>), Rejection> {
    let (mut certificates, mut of_unknown) = (Vec::new(), None);
    for (phase, shown) in shown {
        let Some(shown) = shown else { continue };
        if shown.certificate.phase != phase {
            return Err(Rejection::new(Offence::BadCertificate, "votes and commits are swapped"));
        }
        let Some(set) = context.authorities.named(&shown.authorities) else {
            of_unknown = of_unknown.max(Some(shown.certificate.slot));
            continue;
        };
        let verified = shown.certificate.verify(set, context.chain, verified);
        verified.map_err(|error| Rejection::new(Offence::BadCertificate, error))?;
        certificates.push(*shown);
    }
    Ok((certificates, of_unknown))
}

/// Checks ballots, each of its phase (SPEC F-2).
fn check_ballots(
    shown: [(Phase, Option<Box<Ballot>>); 2],
    context: HeaderContext<'_>,
    verified: &impl Verified,
) -> Result<Vec<CheckedBallot>, Rejection> {
    let mut checked = Vec::new();
    for (phase, shown) in shown {
        let Some(ballot) = shown else { continue };
        if ballot.phase != phase {
            return Err(Rejection::new(Offence::BadBallot, "vote and commit are swapped"));
        }
        let verified = ballot.check(context.chain, verified);
        checked.push(verified.map_err(|error| Rejection::new(Offence::BadBallot, error))?);
    }
    Ok(checked)
}

/// Checks a change of authorities (SPEC B-11).
fn check_change(
    change: Option<Box<AuthorityChange>>,
    context: HeaderContext<'_>,
    verified: &impl Verified,
) -> Result<Option<Box<AuthorityChange>>, Rejection> {
    let Some(change) = change else { return Ok(None) };
    let Some(set) = context.authorities.named(&change.authorities) else { return Ok(None) };
    let verified = change.verify(set, context.chain, verified);
    verified.map_err(|error| Rejection::new(Offence::BadChange, error))?;
    Ok(Some(change))
}

fn check_batch(
    transactions: Vec<Transaction>,
    chain: &ChainId,
    verified: &impl Verified,
    random: impl CryptoRng,
) -> Result<Vec<CheckedTransaction>, Rejection> {
    check_all(transactions, chain, verified, random).map_err(|(position, error)| {
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
