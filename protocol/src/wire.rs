//! Wire messages: everything that nodes say to each other (SPEC N-1 to N-5).

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use crate::authority::AuthorityChange;
use crate::block::{Block, SignedHeader};
use crate::bounded::{Bounded, Text};
use crate::chain::Tip;
use crate::evidence::{Evidence, EvidenceKind};
use crate::finality::{Ballot, NamedCertificate};
use crate::hash::{BlockHash, ChainId, TransactionId};
use crate::limits::{
    ADDRESS_BYTES_MAX, ADDRESSES_MAX, AGENT_BYTES_MAX, BATCH_TRANSACTIONS_MAX, BLOCKS_MAX,
    EVIDENCE_ANSWER_MAX, EVIDENCE_KEPT_MAX, HEADERS_MAX, IDS_MAX, LOCATOR_HASHES_MAX,
};
use crate::transaction::Transaction;
use crate::units::UnixMillis;

/// The topic of a gossip message.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Topic {
    /// Transactions that wait to be included: a [`TransactionBatch`].
    Transactions,
    /// A new block: a [`Block`].
    Blocks,
    /// A vote or commit: a [`Ballot`](crate::Ballot).
    Votes,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 3] = [Self::Transactions, Self::Blocks, Self::Votes];

    /// The last part of the topic's name on the wire (SPEC N-1).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::Blocks => "blocks",
            Self::Votes => "votes",
        }
    }
}

/// Several transactions in one message (SPEC N-2).
pub type TransactionBatch = Bounded<Transaction, BATCH_TRANSACTIONS_MAX>;

/// The status of a node: where it stands (SPEC N-3). Its encoding is the same for every network and
/// version, so that two nodes that do not fit can tell each other why.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Status {
    /// Protocol version that the node speaks.
    pub version: u16,
    /// Chain id of the network.
    pub chain: ChainId,
    /// The hash of its block 0.
    pub genesis: BlockHash,
    /// The best block that the node has applied.
    pub head: Tip,
    /// Clock of the node, in milliseconds since 1970.
    pub time: UnixMillis,
    /// The program's name and version.
    pub agent: Text<AGENT_BYTES_MAX>,
    /// Multiaddresses at which the node, or others it knows to be good, can be dialled.
    pub addresses: Bounded<Text<ADDRESS_BYTES_MAX>, ADDRESSES_MAX>,
}

/// A request to another node of the same network (SPEC N-4, N-5).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Request {
    /// The headers after the first of these hashes that is on your chain.
    Headers {
        /// Blocks of my chain, from the newest to genesis.
        locator: Bounded<BlockHash, LOCATOR_HASHES_MAX>,
    },
    /// The blocks with these hashes, as many as fit one message, in this order.
    Blocks {
        /// Hashes of the blocks.
        hashes: Bounded<BlockHash, BLOCKS_MAX>,
    },
    /// The ids of waiting transactions, in increasing order.
    Waiting {
        /// Id after which the list begins; `None` is at the lowest.
        after: Option<TransactionId>,
    },
    /// The waiting transactions with these ids, as many as fit one message.
    Transactions {
        /// Ids of the transactions.
        ids: Bounded<TransactionId, IDS_MAX>,
    },
    /// The newest certificates that you know.
    Certificates,
    /// The evidence that you have besides this.
    Evidence {
        /// Signer and kind of what I have. The keys are bytes to compare, whatever they are.
        known: Bounded<([u8; 32], EvidenceKind), EVIDENCE_KEPT_MAX>,
    },
    /// The newest vote and commit of this key that you have.
    Ballots {
        /// The key: bytes to compare, whatever they are.
        signer: [u8; 32],
    },
}

/// An answer to a request.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Answer {
    /// Headers that follow one another; empty if there is none.
    Headers(Bounded<SignedHeader, HEADERS_MAX>),
    /// A prefix of the blocks asked for; empty if the first is not there.
    Blocks(Bounded<Block, BLOCKS_MAX>),
    /// Ids in strictly increasing order.
    Waiting(Bounded<TransactionId, IDS_MAX>),
    /// The transactions among those asked for that still wait.
    Transactions(TransactionBatch),
    /// The node cannot answer now: the asker asks more often than it can serve.
    Busy,
    /// The newest certificates, and the change of authorities that waits, each as far as there is
    /// one.
    Certificates {
        /// Votes for the highest block above the final one that has a quorum of them.
        votes: Option<Box<NamedCertificate>>,
        /// Commits for the final block.
        commits: Option<Box<NamedCertificate>>,
        /// An approved change that no block holds yet.
        change: Option<Box<AuthorityChange>>,
    },
    /// Evidence besides what the asker has, as far as it fits.
    Evidence(Bounded<Evidence, EVIDENCE_ANSWER_MAX>),
    /// The newest ballots of the key that was asked for, each as far as there is one.
    Ballots {
        /// Vote of the highest slot.
        vote: Option<Box<Ballot>>,
        /// Commit of the highest slot.
        commit: Option<Box<Ballot>>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_have_the_names_of_the_rules() {
        // SPEC N-1
        assert_eq!(Topic::ALL.map(Topic::name), ["transactions", "blocks", "votes"]);
    }
}
