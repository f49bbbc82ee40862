//! Merits of peers that brought blocks first: an authority brings its own, and nobody else can
//! bring those sooner for long. Such a peer finds a place when it comes again, whoever else comes
//! from its address.

use std::collections::HashMap;

use libp2p::PeerId;

/// Number of peers whose merits are counted at most.
const COUNTED_MAX: usize = 64;
/// Number of blocks that make a friend.
const BLOCKS: u32 = 3;

/// Numbers of blocks by whoever brought them first.
#[derive(Debug, Default)]
pub(super) struct Merits {
    blocks: HashMap<PeerId, u32>,
}

impl Merits {
    /// A peer brought a valid block first.
    pub(super) fn brought(&mut self, peer: PeerId) {
        if !self.blocks.contains_key(&peer) && self.blocks.len() >= COUNTED_MAX {
            // All lose one, so that who goes on for longest stays.
            self.blocks.retain(|_, count| {
                *count -= 1;
                *count > 0
            });
            return;
        }
        let count = self.blocks.entry(peer).or_default();
        *count = count.saturating_add(1);
    }

    /// True if a peer has brought so many blocks that a place is kept for it.
    pub(super) fn has(&self, peer: &PeerId) -> bool {
        self.blocks.get(peer).is_some_and(|count| *count >= BLOCKS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_that_bring_a_block_each_push_out_nobody_who_brings_many() {
        let mut merits = Merits::default();
        let authority = PeerId::random();
        for _ in 0..1_000 {
            merits.brought(authority);
            for _ in 0..10 {
                let stranger = PeerId::random();
                merits.brought(stranger);
                assert!(!merits.has(&stranger));
            }
        }
        assert!(merits.has(&authority));
        assert!(merits.blocks.len() <= COUNTED_MAX);
    }
}
