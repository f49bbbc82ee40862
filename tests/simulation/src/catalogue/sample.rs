//! One input and what has to come of it.

use coinage_protocol::{Block, Offence, Tip, Topic, Transaction, Verdict, encode};

use super::Answers;

/// One input to a node.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What is special about it.
    pub what: String,
    /// Blocks that an honest peer brings first, each of which is taken.
    pub before: Vec<Block>,
    /// What the villain does.
    pub delivery: Delivery,
    /// What has to come of it.
    pub expected: Expected,
    /// The honest counterpart, which must still be taken afterwards.
    pub cure: Option<News>,
}

/// How an input reaches a node.
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

/// A message of gossip.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct News {
    /// On which topic.
    pub topic: Topic,
    /// What is said.
    pub bytes: Vec<u8>,
}

/// A request to the API, as bytes.
#[derive(Clone, Debug)]
pub struct Call {
    /// The first line and headers, without that of the length. `HOST` stands for the node's
    /// address.
    pub head: String,
    /// The body.
    pub body: CallBody,
}

/// The body of a request.
#[derive(Clone, Debug)]
pub enum CallBody {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A submission of a payment with salt 77 as JSON, in which the first texts are replaced by the
    /// second ones.
    Payment(&'static [(&'static str, &'static str)]),
}

/// What has to come of an input.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The verdict, if it is gossip.
    pub verdict: Option<Verdict>,
    /// What the villain pays for: one of these, and nobody else for anything. Empty: nobody pays.
    pub blame: &'static [Offence],
    /// Where the head goes.
    pub head: Head,
    /// Whether the node ends the connection without a charge: what it hears is no question, or of
    /// another network.
    pub parted: bool,
    /// What becomes of a submission, or of a request to the API.
    pub submitted: Option<Submitted>,
}

/// Where the head goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Head {
    /// Nowhere, and nothing else on disk changes either.
    Stays,
    /// To this block, and this block is on disk.
    Becomes(Tip),
}

/// What becomes of a submission or request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Submitted {
    /// The HTTP status.
    pub status: u16,
    /// The code of the problem; empty if there is none.
    pub code: &'static str,
    /// What the answer says somewhere, and not as anything but text.
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
    /// It is an offence of the sender.
    pub fn reject(blame: &'static [Offence]) -> Self {
        Self { verdict: Some(Verdict::Reject), blame, ..Self::nothing() }
    }

    /// It is of no use, and nobody's fault.
    pub fn ignore() -> Self {
        Self { verdict: Some(Verdict::Ignore), ..Self::nothing() }
    }

    /// It is passed on, and the head stays.
    pub fn accept() -> Self {
        Self { verdict: Some(Verdict::Accept), ..Self::nothing() }
    }

    /// It is passed on, and the head moves.
    pub fn moves(head: Tip) -> Self {
        Self { head: Head::Becomes(head), ..Self::accept() }
    }

    /// The villain pays; there is no verdict.
    pub fn charge(blame: &'static [Offence]) -> Self {
        Self { blame, ..Self::nothing() }
    }

    /// The connection ends, and nobody pays.
    pub fn part() -> Self {
        Self { parted: true, ..Self::nothing() }
    }

    /// Nothing comes of it, and nobody pays.
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

    /// News.
    pub fn news(what: impl Into<String>, topic: Topic, bytes: Vec<u8>, expected: Expected) -> Self {
        Self::new(what, Delivery::News(News { topic, bytes }), expected)
    }

    /// A block as news.
    pub fn block(what: impl Into<String>, block: &Block, expected: Expected) -> Self {
        Self::new(what, Delivery::News(News::block(block)), expected)
    }

    /// After these blocks.
    #[must_use]
    pub fn after(mut self, before: Vec<Block>) -> Self {
        self.before = before;
        self
    }

    /// And then this must still be taken.
    #[must_use]
    pub fn then(mut self, cure: News) -> Self {
        self.cure = Some(cure);
        self
    }
}
