//! Messages between nodes, and their checks, which are done once for all who get the same bytes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use coinage_protocol::engine::{Outcome, Question, Reply};
use coinage_protocol::limits::{GOSSIP_BATCH_BYTES, MESSAGE_BYTES_MAX};
use coinage_protocol::{
    Answer, ChainSpec, CheckedAnswer, CheckedBlock, CheckedGossip, CheckedTransaction, Claim,
    Header, HeaderContext, Offence, Rejection, Request, Status, Topic, Transaction,
    TransactionBatch, Verified, VerifiedHeader, VerifiedTable, check_answer, check_gossip, decode,
    encode,
};
use sha2::{Digest as _, Sha256};

use crate::fixtures::{checked, random};

/// Names a message by its bytes.
pub(crate) type Digest = [u8; 32];

/// A gossip message.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) topic: Topic,
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: Digest,
}

impl Message {
    pub(crate) fn new(topic: Topic, bytes: Vec<u8>) -> Rc<Self> {
        let digest = digest(topic.name(), &bytes);
        Rc::new(Self { topic, bytes, digest })
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.topic {
            Topic::Transactions => "gossip of transactions",
            Topic::Blocks => "gossip of a block",
            Topic::Votes => "gossip of a ballot",
        }
    }
}

/// An answer on its way.
#[derive(Clone, Debug)]
pub(crate) enum Wire {
    Status(Box<Status>),
    /// The encoding of an answer, if it is honest.
    Answer(Rc<Vec<u8>>),
}

impl Wire {
    pub(crate) fn new(reply: Reply) -> Self {
        match reply {
            Reply::Status(status) => Self::Status(status),
            Reply::Answer(answer) => Self::Answer(Rc::new(encode(&answer))),
        }
    }

    pub(crate) fn facts(&self) -> Vec<u8> {
        match self {
            Self::Status(status) => encode(&**status),
            Self::Answer(bytes) => digest("answer", bytes).to_vec(),
        }
    }
}

/// The name of a question, for people.
pub(crate) fn asks_for(question: &Question) -> &'static str {
    match question {
        Question::Status(_) => "status",
        Question::Request(Request::Headers { .. }) => "headers",
        Question::Request(Request::Blocks { .. }) => "blocks",
        Question::Request(Request::Waiting { .. }) => "waiting ids",
        Question::Request(Request::Transactions { .. }) => "transactions",
        Question::Request(Request::Certificates) => "certificates",
        Question::Request(Request::Evidence { .. }) => "evidence",
        Question::Request(Request::Ballots { .. }) => "newest ballots",
    }
}

/// The bytes that name a question.
pub(super) fn question_facts(question: &Question) -> Vec<u8> {
    match question {
        Question::Status(status) => encode(&**status),
        Question::Request(request) => encode(request),
    }
}

/// Checks messages. What an honest node wrote or checked is looked up, not checked again: the
/// checks depend on nothing but the bytes, and on the authorities that a node knows.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    /// Checks each arrival anew, as real nodes do.
    pub(crate) forgetful: bool,
    /// True once somebody wants other authorities: then nodes differ in whom they know.
    pub(crate) have_authorities_changed: bool,
    /// Table of verified signatures that real nodes have, too; here all share one.
    verified: RefCell<VerifiedTable>,
    gossip: BTreeMap<Digest, Result<CheckedGossip, Rejection>>,
    headers: BTreeMap<Digest, VerifiedHeader>,
    blocks: BTreeMap<Digest, CheckedBlock>,
    transactions: BTreeMap<Digest, CheckedTransaction>,
}

impl Intake {
    pub(crate) fn gossip(
        &mut self,
        message: &Message,
        context: HeaderContext<'_>,
    ) -> Result<CheckedGossip, Rejection> {
        let (topic, bytes) = (message.topic, &message.bytes);
        if self.forgetful {
            return check_gossip(topic, bytes, context, &(), random());
        }
        let known = self.gossip.get(&message.digest);
        let holds = |checked: &&Result<CheckedGossip, Rejection>| match checked {
            Ok(CheckedGossip::Block(block)) => self.is_checked_for(block.header(), context),
            _ => true,
        };
        if let Some(checked) = known.filter(holds) {
            return checked.clone();
        }
        let check = || check_gossip(topic, bytes, context, &self.verified, random());
        let checked = self.known_gossip(message, context).map_or_else(check, Ok);
        match &checked {
            Ok(CheckedGossip::Block(block)) => self.keep(block),
            Ok(CheckedGossip::Transactions(batch)) => {
                batch.iter().for_each(|transaction| self.keep_transaction(transaction));
            }
            // Another node may know more.
            Ok(CheckedGossip::OfUnknown { .. } | CheckedGossip::Uncertified { .. }) => {
                return checked;
            }
            Ok(CheckedGossip::Ballot(_)) | Err(_) => {}
        }
        self.gossip.insert(message.digest, checked.clone());
        checked
    }

    /// The checked message, if every part of it was written or checked before.
    fn known_gossip(&self, message: &Message, context: HeaderContext<'_>) -> Option<CheckedGossip> {
        match message.topic {
            Topic::Blocks => {
                let known = self.blocks.get(&digest("block", &message.bytes))?;
                self.is_checked_for(known.header(), context).then_some(())?;
                Some(CheckedGossip::Block(Box::new(known.clone())))
            }
            // The table of verified signatures knows it.
            Topic::Votes => None,
            Topic::Transactions => {
                let batch = decode::<TransactionBatch>(&message.bytes, GOSSIP_BATCH_BYTES).ok()?;
                let known = |one| self.transactions.get(&digest("transaction", &encode(one)));
                let known: Option<Vec<_>> = batch.iter().map(|one| known(one).cloned()).collect();
                known.filter(|known| !known.is_empty()).map(CheckedGossip::Transactions)
            }
        }
    }

    /// A transaction that its user has just signed, with its checks done.
    pub(crate) fn signed(&self, transaction: Transaction, spec: &ChainSpec) -> CheckedTransaction {
        if self.forgetful {
            return checked(spec, transaction);
        }
        let id = transaction.body.id(spec.chain());
        for witness in transaction.witnesses.iter() {
            for one in witness.signatures.iter() {
                let key = &witness.lock.keys()[usize::from(one.key)];
                self.verified.note(&[Claim::new(key, &one.signature, id.as_bytes())]);
            }
        }
        CheckedTransaction::verify(transaction, spec.chain(), &self.verified, random())
            .expect("well-formed and signed")
    }

    /// Checks whether a transaction gets past the check of a submission, or of gossip if it is
    /// told.
    pub(crate) fn takes(&self, one: &Transaction, told: bool, spec: &ChainSpec) -> bool {
        let (chain, random) = (spec.chain(), random());
        if told {
            let bytes = encode(&vec![one.clone()]);
            return check_gossip(Topic::Transactions, &bytes, spec, &self.verified, random).is_ok();
        }
        CheckedTransaction::verify(one.clone(), chain, &self.verified, random).is_ok()
    }

    /// Keeps a transaction that was checked.
    pub(crate) fn keep_transaction(&mut self, transaction: &CheckedTransaction) {
        let bytes = encode(transaction.transaction());
        self.transactions.insert(digest("transaction", &bytes), transaction.clone());
    }

    pub(crate) fn answer(&mut self, wire: Option<Wire>, context: HeaderContext<'_>) -> Outcome {
        let bytes = match wire {
            None => return Outcome::None,
            Some(Wire::Status(status)) => return Outcome::Status(status),
            Some(Wire::Answer(bytes)) => bytes,
        };
        let checked = if self.forgetful {
            check_answer(&bytes, context, &(), random())
        } else if let Some(answer) = self.known(&bytes, context) {
            return Outcome::Answer(answer);
        } else {
            check_answer(&bytes, context, &self.verified, random())
        };
        let checked = match checked {
            Ok(answer) => answer,
            Err(rejection) => return Outcome::Rejected(rejection),
        };
        match &checked {
            CheckedAnswer::Headers(headers) => {
                for header in headers {
                    self.headers.insert(digest("header", &encode(header.signed())), header.clone());
                }
            }
            CheckedAnswer::Blocks(blocks) => blocks.iter().for_each(|block| self.keep(block)),
            _ => {}
        }
        Outcome::Answer(checked)
    }

    /// The checked answer, if every part of it was checked before.
    fn known(&self, bytes: &[u8], context: HeaderContext<'_>) -> Option<CheckedAnswer> {
        let holds = |header: &Header| self.is_checked_for(header, context);
        match decode::<Answer>(bytes, MESSAGE_BYTES_MAX).ok()? {
            Answer::Headers(headers) => {
                let known = |one| {
                    let known = self.headers.get(&digest("header", &encode(one)));
                    known.filter(|known| holds(known.header())).cloned()
                };
                headers.iter().map(known).collect::<Option<_>>().map(CheckedAnswer::Headers)
            }
            Answer::Blocks(blocks) => {
                let known = |one| {
                    let known = self.blocks.get(&digest("block", &encode(one)));
                    known.filter(|known| holds(known.header())).cloned()
                };
                blocks.iter().map(known).collect::<Option<_>>().map(CheckedAnswer::Blocks)
            }
            Answer::Waiting(_)
            | Answer::Transactions(_)
            | Answer::Certificates { .. }
            | Answer::Evidence(_)
            | Answer::Ballots { .. }
            | Answer::Busy => None,
        }
    }

    /// Checks whether what others found of a header holds for a node that knows these authorities:
    /// without them it can check neither signature nor certificate.
    fn is_checked_for(&self, header: &Header, context: HeaderContext<'_>) -> bool {
        let is_known = context.authorities.named(&header.authorities).is_some();
        is_known && (header.certificate.is_none() || !self.have_authorities_changed)
    }

    /// Keeps a block that was checked, or that an honest node wrote.
    pub(crate) fn keep(&mut self, block: &CheckedBlock) {
        let header = block.verified_header();
        self.headers.insert(digest("header", &encode(header.signed())), header.clone());
        self.blocks.insert(digest("block", &encode(&block.to_block())), block.clone());
    }
}

/// The reason of an offence as it is counted.
pub(crate) fn reason(offence: Offence) -> &'static str {
    offence.reason()
}

fn digest(kind: &str, bytes: &[u8]) -> Digest {
    Sha256::new().chain_update(kind).chain_update(bytes).finalize().into()
}
