//! A sample: one input and what has to come of it.

use coinage_protocol::limits::{REQUEST_BYTES_MAX, STATUS_BYTES_MAX};
use coinage_protocol::{
    Block, Offence, Request, Status, Tip, Topic, Transaction, Verdict, encode, is_truncated,
};

use super::Answers;

/// A single input to a node.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Description of what is special about the input.
    pub what: String,
    /// Blocks that an honest peer brings first, each of which is taken.
    pub before: Vec<Block>,
    /// Delivery of the input by the villain.
    pub delivery: Delivery,
    /// Expectation of what has to come of the input.
    pub expected: Expected,
    /// The honest counterpart, which must still be taken afterwards.
    pub cure: Option<News>,
}

/// The way in which an input reaches a node.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// A message of gossip.
    News(News),
    /// Bytes where a question is expected.
    Question(Vec<u8>),
    /// Bytes where a status is expected, with which a peer asks for the node's.
    Status(Vec<u8>),
    /// A peer that gives these answers, whatever the question.
    Answers(Answers),
    /// A peer that serves a branch as its chain.
    Chain(Vec<Block>),
    /// The bytes of a transaction that somebody submits.
    Submission(Vec<u8>),
    /// A request to the API.
    Call(Call),
}

impl Delivery {
    /// Checks whether the input may be the beginning of something honest, cut off on the way.
    pub(super) fn is_truncated(&self) -> bool {
        match self {
            Self::Question(bytes) => is_truncated::<Request>(bytes, REQUEST_BYTES_MAX),
            Self::Status(bytes) => is_truncated::<Status>(bytes, STATUS_BYTES_MAX),
            Self::Answers(answers) => answers.is_any_cut_short(),
            Self::News(_) | Self::Chain(_) | Self::Submission(_) | Self::Call(_) => false,
        }
    }
}

/// A message of gossip.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct News {
    /// Topic of the message.
    pub topic: Topic,
    /// Bytes of the message.
    pub bytes: Vec<u8>,
}

/// A request to the API, as bytes.
#[derive(Clone, Debug)]
pub struct Call {
    /// The first line and headers, without that of the length. `HOST` stands for the node's
    /// address.
    pub head: String,
    /// Body of the request.
    pub body: CallBody,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub enum CallBody {
    /// The body is these bytes.
    Bytes(Vec<u8>),
    /// A submission of a payment with salt 77 as JSON, in which the first texts are replaced by the
    /// second ones.
    Payment(&'static [(&'static str, &'static str)]),
}

/// The expectation of what has to come of an input.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Verdict on the message, if it is gossip.
    pub verdict: Option<Verdict>,
    /// Offences of which the villain pays for one, and nobody else for anything. Empty: nobody
    /// pays.
    pub blame: &'static [Offence],
    /// Move of the head.
    pub head: Head,
    /// True if the node ends the connection without a charge: what it hears is no question, or of
    /// another network.
    pub parted: bool,
    /// Outcome of a submission, or of a request to the API.
    pub submitted: Option<Submitted>,
}

/// The move that the head makes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Head {
    /// The head goes nowhere, and nothing else on disk changes either.
    Stays,
    /// The head goes to this block, and this block is on disk.
    Becomes(Tip),
}

/// The outcome of a submission or request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Submitted {
    /// HTTP status of the answer.
    pub status: u16,
    /// The code of the problem; empty if there is none.
    pub code: &'static str,
    /// Text that the answer says somewhere, and not as anything but text.
    pub says: &'static str,
}

impl News {
    /// A block as news.
    pub fn block(block: &Block) -> Self {
        Self { topic: Topic::Blocks, bytes: encode(block) }
    }

    /// Transactions as news.
    pub fn transactions(transactions: &[Transaction]) -> Self {
        let bytes = encode(&transactions.to_vec());
        Self { topic: Topic::Transactions, bytes }
    }
}

impl Expected {
    /// Expects the input to be an offence of the sender.
    pub fn reject(blame: &'static [Offence]) -> Self {
        Self { verdict: Some(Verdict::Reject), blame, ..Self::nothing() }
    }

    /// Expects the input to be of no use, and nobody's fault.
    pub fn ignore() -> Self {
        Self { verdict: Some(Verdict::Ignore), ..Self::nothing() }
    }

    /// Expects the input to be passed on, and the head to stay.
    pub fn accept() -> Self {
        Self { verdict: Some(Verdict::Accept), ..Self::nothing() }
    }

    /// Expects the input to be passed on, and the head to move.
    pub fn moves(head: Tip) -> Self {
        Self { head: Head::Becomes(head), ..Self::accept() }
    }

    /// Expects the villain to pay; there is no verdict.
    pub fn charge(blame: &'static [Offence]) -> Self {
        Self { blame, ..Self::nothing() }
    }

    /// Expects the connection to end, and nobody to pay.
    pub fn part() -> Self {
        Self { parted: true, ..Self::nothing() }
    }

    /// Expects that nothing comes of the input, and nobody pays.
    pub fn nothing() -> Self {
        Self { verdict: None, blame: &[], head: Head::Stays, parted: false, submitted: None }
    }

    /// The API answers so.
    pub fn answer(status: u16, code: &'static str) -> Self {
        let submitted = Some(Submitted { status, code, says: "" });
        Self { submitted, ..Self::nothing() }
    }
}

impl Sample {
    /// An input after which nothing special is left to do.
    pub fn new(what: impl Into<String>, delivery: Delivery, expected: Expected) -> Self {
        Self { what: what.into(), before: Vec::new(), delivery, expected, cure: None }
    }

    /// Creates a sample of news.
    pub fn news(what: impl Into<String>, topic: Topic, bytes: Vec<u8>, expected: Expected) -> Self {
        Self::new(what, Delivery::News(News { topic, bytes }), expected)
    }

    /// A block as news.
    pub fn block(what: impl Into<String>, block: &Block, expected: Expected) -> Self {
        Self::new(what, Delivery::News(News::block(block)), expected)
    }

    /// Has an honest peer bring these blocks first.
    #[must_use]
    pub fn after(mut self, before: Vec<Block>) -> Self {
        self.before = before;
        self
    }

    /// Expects that this must still be taken afterwards.
    #[must_use]
    pub fn then(mut self, cure: News) -> Self {
        self.cure = Some(cure);
        self
    }
}
