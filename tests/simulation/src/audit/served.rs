//! Messages that honest nodes send, against the limits and the words of SPEC N: a real peer would
//! refuse what is larger, or not what was asked for.

use coinage_protocol::engine::{Publication, Question, Reply};
use coinage_protocol::{
    Answer, Ballot, Block, ChainId, Evidence, NamedCertificate, Phase, Request, Status, Topic,
    encode,
};

use super::Broken;
use super::encoding::block_hash;

/// SPEC N-1, B-8
const BLOCK_BYTES: usize = 2 * 1024 * 1024;
const BATCH_BYTES: usize = 65_536;
const BALLOT_BYTES: usize = 140;
const REQUEST_BYTES: usize = 65_536;
const ANSWER_BYTES: usize = BLOCK_BYTES + 1_024;
const STATUS_BYTES: usize = 8_192;
/// SPEC N-2, N-4
const TRANSACTIONS: usize = 4_096;
const HEADERS: usize = 512;
const BLOCKS: usize = 64;
const IDS: usize = 1_024;
const EVIDENCE: usize = 16;

/// Messages that are as full as they may be, of which a run should have some.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Remarkable {
    /// A batch of transactions that holds hardly any more.
    Batch,
    /// A block that holds hardly any more.
    Block,
    /// An answer with as many entries as there may be.
    Page,
    /// An answer that holds hardly any more.
    Answer,
}

impl Remarkable {
    /// Kinds that every long run has.
    pub(crate) const OFTEN: [&str; 3] = ["full batch", "full page", "full answer"];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Batch => "full batch",
            Self::Block => "full block",
            Self::Page => "full page",
            Self::Answer => "full answer",
        }
    }
}

/// The result of a look at a message.
pub(crate) type Looked = Result<Option<Remarkable>, Broken>;

fn bounded(what: &str, number: usize, max: usize) -> Result<(), Broken> {
    if number <= max { Ok(()) } else { Err(("N-1", format!("{what}: {number} of at most {max}"))) }
}

/// Checks whether little more would fit.
fn nearly(bytes: usize, max: usize) -> bool {
    bytes > max - max / 8
}

pub(crate) fn publication(what: &Publication) -> Looked {
    match what {
        Publication::Transactions(batch) => {
            let written: Vec<_> = batch.iter().map(|one| one.transaction()).collect();
            if what.to_message() != (Topic::Transactions, encode(&written)) {
                return Err(("E-1", "a batch of other bytes than its transactions".into()));
            }
            let bytes = encode(&written).len();
            bounded("bytes of a batch", bytes, BATCH_BYTES)?;
            bounded("transactions in a batch", batch.len(), TRANSACTIONS)?;
            if batch.is_empty() {
                return Err(("N-2", "a batch of nothing".into()));
            }
            Ok(nearly(bytes, BATCH_BYTES).then_some(Remarkable::Batch))
        }
        Publication::Ballot(ballot) => {
            bounded("bytes of a ballot", encode(ballot).len(), BALLOT_BYTES).map(|()| None)
        }
        Publication::Block(block) => {
            let bytes = encode(&**block).len();
            bounded("bytes of a block", bytes, BLOCK_BYTES)?;
            Ok(nearly(bytes, BLOCK_BYTES).then_some(Remarkable::Block))
        }
    }
}

pub(crate) fn question(what: &Question) -> Result<(), Broken> {
    match what {
        Question::Status(status) => fits(status),
        Question::Request(request) => {
            bounded("bytes of a request", encode(request).len(), REQUEST_BYTES)
        }
    }
}

fn fits(status: &Status) -> Result<(), Broken> {
    bounded("bytes of a status", encode(status).len(), STATUS_BYTES)
}

fn is_of(certificate: &Option<Box<NamedCertificate>>, phase: Phase) -> bool {
    certificate.as_ref().is_none_or(|one| one.certificate.phase == phase)
}

/// Checks an answer about certificates, evidence or ballots; its entries, and how many may be.
fn of_finality(request: &Request, answer: &Answer) -> Result<(usize, usize), Broken> {
    match (request, answer) {
        (Request::Certificates, Answer::Certificates { votes, commits, change: _ }) => {
            if !is_of(votes, Phase::Vote) || !is_of(commits, Phase::Commit) {
                return Err(("N-4", "a certificate of the other phase".into()));
            }
            Ok((usize::from(votes.is_some()) + usize::from(commits.is_some()), 3))
        }
        (Request::Evidence { known }, Answer::Evidence(shown)) => {
            let has = |one: &Evidence| known.contains(&(*one.signer().as_bytes(), one.kind()));
            if shown.iter().any(has) {
                return Err(("N-4", "evidence that the asker has".into()));
            }
            Ok((shown.len(), EVIDENCE))
        }
        (Request::Ballots { signer }, Answer::Ballots { vote, commit }) => {
            let of = |one: &Option<Box<Ballot>>, phase| {
                one.as_ref().is_none_or(|one| one.phase == phase && one.signer.as_bytes() == signer)
            };
            if !of(vote, Phase::Vote) || !of(commit, Phase::Commit) {
                return Err(("N-4", "a ballot of another key or phase".into()));
            }
            Ok((usize::from(vote.is_some()) + usize::from(commit.is_some()), 3))
        }
        _ => Err(("N-4", "an answer to another question".into())),
    }
}

/// Checks whether an answer fits its limits and its question.
pub(crate) fn answer(chain: &ChainId, asked: &Question, reply: &Reply) -> Looked {
    let answer = match (asked, reply) {
        (Question::Status(_), Reply::Status(status)) => return fits(status).map(|()| None),
        (Question::Request(_), Reply::Answer(answer)) => answer,
        _ => return Err(("N-4", "an answer to another question".into())),
    };
    let bytes = encode(answer).len();
    bounded("bytes of an answer", bytes, ANSWER_BYTES)?;
    let (count, max) = match (asked, answer) {
        (_, Answer::Busy) => return Ok(None),
        (Question::Request(Request::Headers { .. }), Answer::Headers(headers)) => {
            let linked = headers.windows(2).all(|pair| {
                let (below, above) = (&pair[0].header, &pair[1].header);
                *above.previous.as_bytes() == block_hash(chain.as_bytes(), below)
            });
            if !linked {
                return Err(("N-4", "headers that are not linked".into()));
            }
            (headers.len(), HEADERS)
        }
        (Question::Request(Request::Blocks { hashes }), Answer::Blocks(blocks)) => {
            let hash = |block: &Block| block_hash(chain.as_bytes(), &block.header.header);
            let prefix = blocks.iter().zip(hashes.iter());
            let prefix = prefix.into_iter().all(|(one, asked)| hash(one) == *asked.as_bytes());
            if blocks.len() > hashes.len() || !prefix {
                return Err(("N-4", "not a prefix of the blocks asked for".into()));
            }
            (blocks.len(), BLOCKS)
        }
        (Question::Request(Request::Waiting { after }), Answer::Waiting(ids)) => {
            let above = ids.first().is_none_or(|first| after.is_none_or(|after| *first > after));
            if !above || !ids.windows(2).all(|pair| pair[0] < pair[1]) {
                return Err(("N-5", "ids out of order, or not above the one named".into()));
            }
            (ids.len(), IDS)
        }
        (Question::Request(Request::Transactions { ids }), Answer::Transactions(some)) => {
            let asked = |one: &coinage_protocol::Transaction| ids.contains(&one.body.id(chain));
            if !some.iter().all(asked) {
                return Err(("N-5", "transactions that nobody asked for".into()));
            }
            (some.len(), TRANSACTIONS)
        }
        (Question::Request(request), answer) => of_finality(request, answer)?,
        (Question::Status(_), _) => return Err(("N-4", "an answer to another question".into())),
    };
    bounded("entries of an answer", count, max)?;
    let remarkable = match () {
        () if nearly(bytes, ANSWER_BYTES) => Some(Remarkable::Answer),
        () if count == max => Some(Remarkable::Page),
        () => None,
    };
    Ok(remarkable)
}
