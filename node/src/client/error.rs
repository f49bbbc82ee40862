//! Why a node did not answer as hoped.

use serde::Deserialize;
use serde_json::{Map, Value};

/// Why a node did not answer as hoped.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClientError {
    /// Not the URL of a node.
    #[error("{url:?} is not the URL of a node: http://HOST:PORT")]
    Url {
        /// What was given.
        url: String,
    },
    /// Nobody answered.
    #[error("no node answers at {url}: {cause}")]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// What went wrong.
        cause: String,
        /// Whether the request cannot have reached a node.
        never_sent: bool,
    },
    /// Something answered that is not a node of this version.
    #[error("the answer from {url} is not one of a node of this version: {cause}")]
    Foreign {
        /// Who answered.
        url: String,
        /// What is wrong with the answer.
        cause: String,
    },
    /// The node refused, and said why.
    #[error("{}", problem.sentence())]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the node said.
        problem: Box<Problem>,
    },
}

/// What a node says when it refuses (RFC 9457).
#[derive(Clone, Debug, Deserialize)]
pub struct Problem {
    /// The stable code.
    pub code: String,
    /// What kind of problem it is.
    #[serde(default)]
    pub title: String,
    /// What exactly was wrong.
    #[serde(default)]
    pub detail: Option<String>,
    /// What to do about it.
    #[serde(default)]
    pub hint: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub facts: Map<String, Value>,
}

impl Problem {
    fn sentence(&self) -> &str {
        self.detail.as_deref().unwrap_or(&self.title)
    }
}

impl ClientError {
    /// The stable code of this error; the node's own if it gave one.
    pub fn code(&self) -> &str {
        match self {
            Self::Url { .. } => "usage.node_url",
            Self::Unreachable { .. } => "node.unreachable",
            Self::Foreign { .. } => "node.foreign",
            Self::Refused { problem, .. } => &problem.code,
        }
    }

    /// Whether the node may have got the request although no answer came.
    pub fn perhaps_sent(&self) -> bool {
        matches!(self, Self::Unreachable { never_sent: false, .. })
    }

    /// Whether the same request may succeed in a moment.
    pub(super) fn may_pass_soon(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => *status == 503,
            Self::Url { .. } | Self::Foreign { .. } => false,
        }
    }

    /// The same error, knowing that an earlier attempt may have got through.
    pub(super) fn or_sent_before(mut self, sent_before: bool) -> Self {
        if let Self::Unreachable { never_sent, .. } = &mut self {
            *never_sent &= !sent_before;
        }
        self
    }
}
