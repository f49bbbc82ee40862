//! A peer that gives certain answers, whatever it is asked.

use coinage_protocol::engine::{Outcome, Question};
use coinage_protocol::limits::STATUS_BYTES_MAX;
use coinage_protocol::{
    Answer, Bounded, Network, Offence, Rejection, Request, Tip, check_answer, decode, encode,
};

use super::shapes::status;
use crate::money::random;

/// What a peer answers, whatever it is asked. Where it has no bytes it answers as an honest peer
/// that has nothing.
#[derive(Clone, Debug)]
pub struct Answers {
    /// The head that it claims.
    pub head: Tip,
    /// Bytes instead of a status.
    pub status: Option<Vec<u8>>,
    /// Bytes for a question for headers.
    pub headers: Option<Vec<u8>>,
    /// Bytes for a question for blocks.
    pub blocks: Option<Vec<u8>>,
    /// Bytes for a question for the ids of what waits.
    pub waiting: Option<Vec<u8>>,
    /// Bytes for a question for what waits.
    pub transactions: Option<Vec<u8>>,
}

impl Answers {
    /// Claims a head and has nothing.
    pub fn claiming(head: Tip) -> Self {
        Self { head, status: None, headers: None, blocks: None, waiting: None, transactions: None }
    }

    /// The bytes for a question about statuses.
    pub fn to_status(&self, network: &Network) -> Vec<u8> {
        self.status.clone().unwrap_or_else(|| encode(&status(network, self.head, "villain")))
    }

    /// The bytes for any other question.
    pub fn to_request(&self, request: &Request) -> Vec<u8> {
        let (own, honest) = match request {
            Request::Headers { .. } => (&self.headers, Answer::Headers(Bounded::default())),
            Request::Blocks { .. } => (&self.blocks, Answer::Blocks(Bounded::default())),
            Request::Waiting { .. } => (&self.waiting, Answer::Waiting(Bounded::default())),
            Request::Transactions { .. } => {
                (&self.transactions, Answer::Transactions(Bounded::default()))
            }
        };
        own.clone().unwrap_or_else(|| encode(&honest))
    }

    /// What a shell makes of the answer.
    pub fn outcome(&self, question: &Question, network: &Network) -> Outcome {
        match question {
            Question::Status(_) => match decode(&self.to_status(network), STATUS_BYTES_MAX) {
                Ok(status) => Outcome::Status(Box::new(status)),
                Err(error) => Outcome::Rejected(Rejection {
                    offence: Offence::Undecodable,
                    detail: error.to_string(),
                }),
            },
            Question::Request(request) => {
                match check_answer(&self.to_request(request), network, random()) {
                    Ok(answer) => Outcome::Answer(answer),
                    Err(rejection) => Outcome::Rejected(rejection),
                }
            }
        }
    }
}
