//! Reasons why a node did not answer as hoped.

use coinage_model::code::Code;
use coinage_model::problem::Problem;

/// The reason why a node did not answer as hoped.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ClientError {
    /// The text is not the URL of a node.
    #[error("{url:?} is not the URL of a node: {reason}")]
    Url {
        /// Text that was given.
        url: String,
        /// Description of why it is none.
        reason: &'static str,
    },
    /// No node answers at the URL.
    #[error("no node answers at {url}: {cause}")]
    Unreachable {
        /// URL at which a node was looked for.
        url: String,
        /// Description of what went wrong.
        cause: String,
        /// True if the request cannot have reached a node.
        never_sent: bool,
    },
    /// The answer is not one of a node of this version.
    #[error("the answer from {url} is not one of a node of this version: {cause}")]
    Foreign {
        /// URL from which the answer came.
        url: String,
        /// Description of what is wrong with the answer.
        cause: String,
    },
    /// The node refused, and said why.
    #[error("{}", problem.detail)]
    Refused {
        /// Problem that the node told.
        problem: Box<Problem>,
    },
}

impl ClientError {
    /// Returns the stable code of this error; the node's own if it gave one.
    pub fn code(&self) -> &str {
        match self {
            Self::Url { .. } => "usage.node_url",
            Self::Unreachable { .. } => "node.unreachable",
            Self::Foreign { .. } => "node.foreign",
            Self::Refused { problem } => &problem.code,
        }
    }

    /// True if the node may have done what was asked although it did not say so.
    pub fn perhaps_sent(&self) -> bool {
        match self {
            Self::Unreachable { never_sent, .. } => !never_sent,
            Self::Refused { problem } => [Code::Stopping, Code::Timeout, Code::Internal]
                .iter()
                .any(|one| one.name() == problem.code),
            Self::Url { .. } | Self::Foreign { .. } => false,
        }
    }

    /// True if the same request may succeed in a moment.
    pub fn may_pass_soon(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { problem } => problem.status == 503,
            Self::Url { .. } | Self::Foreign { .. } => false,
        }
    }

    /// Returns the same error, knowing that an earlier attempt may have got through.
    pub(super) fn or_sent_before(mut self, sent_before: bool) -> Self {
        if let Self::Unreachable { never_sent, .. } = &mut self {
            *never_sent &= !sent_before;
        }
        self
    }
}
