//! Why a node did not answer as hoped.

use coinage_model::code;
use coinage_model::problem::Problem;

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
    #[error("{}", problem.detail)]
    Refused {
        /// What the node said.
        problem: Box<Problem>,
    },
}

impl ClientError {
    /// The stable code of this error; the node's own if it gave one.
    pub fn code(&self) -> &str {
        match self {
            Self::Url { .. } => "usage.node_url",
            Self::Unreachable { .. } => "node.unreachable",
            Self::Foreign { .. } => "node.foreign",
            Self::Refused { problem } => &problem.code,
        }
    }

    /// Whether the node may have done what was asked although it did not say so.
    pub fn perhaps_sent(&self) -> bool {
        match self {
            Self::Unreachable { never_sent, .. } => !never_sent,
            Self::Refused { problem } => [code::STOPPING, code::TIMEOUT, code::INTERNAL]
                .iter()
                .any(|one| one.code == problem.code),
            Self::Url { .. } | Self::Foreign { .. } => false,
        }
    }

    /// Whether the same request may succeed in a moment.
    pub fn may_pass_soon(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { problem } => problem.status == 503,
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
