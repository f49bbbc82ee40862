//! The topics of a network, and nothing about any other.

use std::io;

use coinage_protocol::limits::WIRE_VERSION;
use coinage_protocol::{ChainId, Topic};
use libp2p::gossipsub::{
    DataTransform, IdentTopic, MaxCountSubscriptionFilter, Message, RawMessage, TopicHash,
    WhitelistSubscriptionFilter,
};

pub(super) type Filter = MaxCountSubscriptionFilter<WhitelistSubscriptionFilter>;

/// The topics of a network.
#[derive(Clone, Debug)]
pub(super) struct Topics {
    transactions: IdentTopic,
    blocks: IdentTopic,
    votes: IdentTopic,
}

impl Topics {
    pub(super) fn new(chain: &ChainId) -> Self {
        let named = |topic: Topic| {
            IdentTopic::new(format!("/coinage/{chain}/{WIRE_VERSION}/{}", topic.name()))
        };
        Self {
            transactions: named(Topic::Transactions),
            blocks: named(Topic::Blocks),
            votes: named(Topic::Votes),
        }
    }

    pub(super) fn of(&self, topic: Topic) -> &IdentTopic {
        match topic {
            Topic::Transactions => &self.transactions,
            Topic::Blocks => &self.blocks,
            Topic::Votes => &self.votes,
        }
    }

    pub(super) fn named(&self, hash: &TopicHash) -> Option<Topic> {
        Topic::ALL.into_iter().find(|topic| self.of(*topic).hash() == *hash)
    }
}

/// Drops messages on other topics before gossipsub remembers them: it would keep them for seconds
/// and their ids for longer, and nobody would ever be charged for them.
impl DataTransform for Topics {
    fn inbound_transform(&self, raw: RawMessage) -> io::Result<Message> {
        if self.named(&raw.topic).is_none() {
            return Err(io::Error::other("a topic that nobody here asked for"));
        }
        let RawMessage { source, data, sequence_number, topic, .. } = raw;
        Ok(Message { source, data, sequence_number, topic })
    }

    fn outbound_transform(&self, _: &TopicHash, data: Vec<u8>) -> io::Result<Vec<u8>> {
        Ok(data)
    }
}
