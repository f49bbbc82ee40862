//! The two topics of a network, and nothing about any other.

use std::io;

use coinage_protocol::{ChainId, Topic};
use libp2p::gossipsub::{
    DataTransform, IdentTopic, MaxCountSubscriptionFilter, Message, RawMessage, TopicHash,
    WhitelistSubscriptionFilter,
};

/// Version of topics and protocols on the wire (SPEC N-1).
pub(super) const WIRE_VERSION: u16 = 1;
pub(super) type Filter = MaxCountSubscriptionFilter<WhitelistSubscriptionFilter>;

/// The two topics of a network.
#[derive(Clone, Debug)]
pub(super) struct Topics {
    transactions: IdentTopic,
    blocks: IdentTopic,
}

impl Topics {
    pub(super) fn new(chain: &ChainId) -> Self {
        let named = |topic: Topic| {
            IdentTopic::new(format!("/coinage/{chain}/{WIRE_VERSION}/{}", topic.name()))
        };
        Self { transactions: named(Topic::Transactions), blocks: named(Topic::Blocks) }
    }

    pub(super) fn of(&self, topic: Topic) -> &IdentTopic {
        match topic {
            Topic::Transactions => &self.transactions,
            Topic::Blocks => &self.blocks,
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
