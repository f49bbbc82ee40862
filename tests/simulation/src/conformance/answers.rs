//! A peer that gives certain answers, whatever it is asked.

use coinage_protocol::engine::{Outcome, Question};
use coinage_protocol::limits::{MESSAGE_BYTES_MAX, STATUS_BYTES_MAX};
use coinage_protocol::{
    Answer, Bounded, ChainSpec, HeaderContext, KnownAuthorities, Offence, Rejection, Request,
    Status, Tip, check_answer, decode, encode, is_truncated,
};

use super::shapes::status;
use crate::fixtures::random;

/// Answers of a peer, whatever it is asked. Where it has no bytes it answers as an honest peer that
/// has nothing.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Head that the peer claims.
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
    /// Bytes for a question for certificates.
    pub certificates: Option<Vec<u8>>,
    /// Bytes for a question for evidence.
    pub evidence: Option<Vec<u8>>,
    /// Bytes for a question for the newest ballots of the asker's key.
    pub ballots: Option<Vec<u8>>,
}

/// The answer of a peer that has nothing of what it is asked for.
pub(crate) fn nothing(request: &Request) -> Answer {
    match request {
        Request::Headers { .. } => Answer::Headers(Bounded::default()),
        Request::Blocks { .. } => Answer::Blocks(Bounded::default()),
        Request::Waiting { .. } => Answer::Waiting(Bounded::default()),
        Request::Certificates => Answer::Certificates { votes: None, commits: None, change: None },
        Request::Evidence { .. } => Answer::Evidence(Bounded::default()),
        Request::Ballots { .. } => Answer::Ballots { vote: None, commit: None },
        Request::Transactions { .. } => Answer::Transactions(Bounded::default()),
    }
}

impl Answers {
    /// Claims a head and has nothing.
    pub fn claiming(head: Tip) -> Self {
        Self {
            head,
            status: None,
            headers: None,
            blocks: None,
            waiting: None,
            transactions: None,
            certificates: None,
            evidence: None,
            ballots: None,
        }
    }

    /// Checks whether any answer may be the beginning of something honest, cut off on the way.
    pub(super) fn is_any_cut_short(&self) -> bool {
        let mut others = [
            &self.headers,
            &self.blocks,
            &self.waiting,
            &self.transactions,
            &self.certificates,
            &self.evidence,
        ]
        .into_iter();
        let status = self.status.as_ref();
        status.is_some_and(|bytes| is_truncated::<Status>(bytes, STATUS_BYTES_MAX))
            || others.any(|answer| {
                let bytes = answer.as_ref();
                bytes.is_some_and(|bytes| is_truncated::<Answer>(bytes, MESSAGE_BYTES_MAX))
            })
    }

    /// The bytes for a question about statuses.
    pub fn to_status(&self, spec: &ChainSpec) -> Vec<u8> {
        self.status.clone().unwrap_or_else(|| encode(&status(spec, self.head, "villain")))
    }

    /// The bytes for any other question.
    pub fn to_request(&self, request: &Request) -> Vec<u8> {
        let own = match request {
            Request::Headers { .. } => &self.headers,
            Request::Blocks { .. } => &self.blocks,
            Request::Waiting { .. } => &self.waiting,
            Request::Certificates => &self.certificates,
            Request::Evidence { .. } => &self.evidence,
            Request::Ballots { .. } => &self.ballots,
            Request::Transactions { .. } => &self.transactions,
        };
        own.clone().unwrap_or_else(|| encode(&nothing(request)))
    }

    /// The outcome that a shell makes of the answer. One that was cut short is none (SPEC X-1).
    pub fn outcome(
        &self,
        question: &Question,
        spec: &ChainSpec,
        known: &KnownAuthorities,
    ) -> Outcome {
        let request = match question {
            Question::Status(_) => {
                let bytes = self.to_status(spec);
                return match decode(&bytes, STATUS_BYTES_MAX) {
                    Ok(status) => Outcome::Status(Box::new(status)),
                    Err(_) if is_truncated::<Status>(&bytes, STATUS_BYTES_MAX) => Outcome::None,
                    Err(error) => Outcome::Rejected(Rejection {
                        offence: Offence::Undecodable,
                        detail: error.to_string(),
                    }),
                };
            }
            Question::Request(request) => request,
        };
        let bytes = self.to_request(request);
        let context = HeaderContext { chain: spec.chain(), authorities: known };
        match check_answer(&bytes, context, &(), random()) {
            Ok(answer) => Outcome::Answer(answer),
            Err(_) if is_truncated::<Answer>(&bytes, MESSAGE_BYTES_MAX) => Outcome::None,
            Err(rejection) => Outcome::Rejected(rejection),
        }
    }
}
