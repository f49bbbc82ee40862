//! Notices that another process signs with this node's authority key.

use std::collections::BTreeMap;
use std::time::SystemTime;

use coinage_protocol::engine::{Event, Via};
use coinage_protocol::{BlockHash, Network, PublicKey};

use super::Parts;
use crate::model::time;
use crate::trouble::{Trouble, TroubleKind};

/// Own blocks that are remembered: blocks for older slots come back only by sync.
const OWN_KEPT: usize = 1024;

/// The blocks that this process signed.
#[derive(Debug)]
pub(super) struct Twins {
    key: Option<PublicKey>,
    /// Blocks up to this slot may be this node's own from before.
    before: u64,
    own: BTreeMap<u64, BlockHash>,
}

impl Twins {
    pub(super) fn new<R>(parts: &Parts<R>) -> Self {
        let now = parts.network.slot_at(time::millis(parts.clock.wall())).unwrap_or(0);
        let key = parts.authority.map(|(key, _)| key);
        let last = parts.authority.map_or(0, |(_, last)| last);
        Self { key, before: now.max(last), own: BTreeMap::new() }
    }

    /// The trouble, if this event shows a block of this node's key that is not this node's.
    pub(super) fn look(
        &mut self,
        event: &Event,
        network: &Network,
        now: SystemTime,
    ) -> Option<Trouble> {
        let (slot, hash) = match event {
            Event::BlockImported { block, via, .. } => {
                let slot = block.header().slot;
                if *via == Via::Own {
                    self.signed(slot, block.hash());
                    return None;
                }
                (slot, block.hash())
            }
            Event::BlockSide { hash, slot, .. } => (*slot, *hash),
            _ => return None,
        };
        let first = self.own.first_key_value().map_or(0, |(slot, _)| *slot);
        let forgotten = self.own.len() >= OWN_KEPT && slot < first;
        let ours = self.own.get(&slot) == Some(&hash);
        let of_key = self.key.as_ref() == Some(network.leader(slot));
        if !of_key || ours || forgotten || slot <= self.before {
            return None;
        }
        let detail = format!("block {hash} of slot {slot} is signed with it");
        Some(Trouble::new(TroubleKind::AuthorityTwice, detail, now))
    }

    fn signed(&mut self, slot: u64, hash: BlockHash) {
        if self.own.len() >= OWN_KEPT {
            self.own.pop_first();
        }
        self.own.insert(slot, hash);
    }
}
