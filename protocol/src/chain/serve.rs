//! Answers of the chain to peers who ask, and its own questions to them (SPEC N-4).

use alloc::vec::Vec;

use super::Chain;
use crate::block::{Block, SignedHeader};
use crate::bounded::Bounded;
use crate::chain::{ChainReader, Tip};
use crate::codec::encoded_len;
use crate::hash::BlockHash;
use crate::limits::{BLOCK_BYTES_MAX, BLOCKS_MAX, HEADERS_MAX, LOCATOR_HASHES_MAX};
use crate::units::Height;

/// Number of blocks in a row that a locator names before it takes longer and longer strides.
const LOCATOR_DENSE: u64 = 10;

impl Chain {
    /// The locator, by which a peer finds where its own chain leaves this one: the best known block
    /// off the chain, then blocks of the chain, ever sparser, down to genesis (SPEC N-4).
    pub(crate) fn locator(
        &self,
        reader: &impl ChainReader,
    ) -> Bounded<BlockHash, LOCATOR_HASHES_MAX> {
        let mut hashes: Vec<_> = self.better_known().map(|tip| tip.hash).into_iter().collect();
        let mut height = self.head().height;
        let mut stride = 1_u64;
        let mut named = 0_u64;
        loop {
            hashes.extend(self.canonical.hash_at(height, reader));
            named = named.saturating_add(1);
            if named > LOCATOR_DENSE {
                stride = stride.saturating_mul(2);
            }
            if height == 0 {
                return Bounded::first_of(hashes);
            }
            height = height.saturating_sub(stride);
        }
    }

    /// The headers of the chain after the first of these hashes that is on it, or after block 0
    /// (SPEC N-4).
    pub(crate) fn headers_after(
        &self,
        locator: &[BlockHash],
        reader: &impl ChainReader,
    ) -> Bounded<SignedHeader, HEADERS_MAX> {
        let from = locator.iter().find_map(|hash| self.canonical.find(hash, reader));
        let from = from.map(|tip| tip.height).unwrap_or_default();
        let heights = (from.next().get()..=self.head().height.get()).map(Height::new);
        Bounded::first_of(heights.map_while(|height| self.canonical.header_at(height, reader)))
    }

    /// A prefix of these blocks, as many as fit one message. Only blocks that are, or were, on this
    /// node's chain: what it serves, it has found valid itself.
    pub(crate) fn blocks(
        &self,
        hashes: &[BlockHash],
        reader: &impl ChainReader,
    ) -> Bounded<Block, BLOCKS_MAX> {
        let mut room = BLOCK_BYTES_MAX;
        let fits = |block: &Block| {
            let left = room.checked_sub(encoded_len(block));
            room = left.unwrap_or(0);
            left.is_some()
        };
        let blocks = hashes.iter().map_while(|hash| self.served(hash, reader)).take_while(fits);
        Bounded::first_of(blocks)
    }

    /// The place of the block at a height of the chain.
    pub(crate) fn tip_at(&self, height: Height, reader: &impl ChainReader) -> Option<Tip> {
        let hash = self.canonical.hash_at(height, reader)?;
        self.canonical.find(&hash, reader)
    }

    fn served(&self, hash: &BlockHash, reader: &impl ChainReader) -> Option<Block> {
        let on_chain = self.canonical.find(hash, reader);
        if on_chain.is_some_and(|tip| tip.height == 0) {
            // It follows from the genesis, and nobody sends it (SPEC G-4).
            return None;
        }
        let in_memory = on_chain.and_then(|tip| {
            let recent = self.canonical.recent(tip.height)?;
            recent.linked.as_ref().map(|linked| linked.block.to_block())
        });
        in_memory.or_else(|| reader.block(hash))
    }
}
