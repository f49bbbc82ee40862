//! Places in the chain that a reorg cannot silently move.

use coinage_model::code::Code;
use coinage_model::text;
use coinage_protocol::{BlockHash, Height};

use super::failure::Failure;
use crate::storage::{Snapshot, StorageError};

/// Number of abandoned blocks that are followed back to the chain at most.
const BLOCKS_BACK_MAX: usize = 1000;

/// The block that a page ended at.
///
/// A list that runs from new to old goes on below it. As long as the block is on the chain, so are
/// all below it: whatever became of newer ones, nothing is left out and nothing comes twice. Once
/// it is not, there is no honest way to go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Anchor {
    pub(super) height: Height,
    pub(super) hash: BlockHash,
}

impl Anchor {
    /// Writes the anchor as it stands in a cursor.
    pub(super) fn write(&self) -> String {
        format!("{}.{}", self.height, self.hash)
    }

    pub(super) fn read(written: &str) -> Option<Self> {
        let (height, hash) = written.split_once('.')?;
        Some(Self { height: Height::new(text::parse(height).ok()?), hash: text::parse(hash).ok()? })
    }

    /// Refuses to go on if the block is no longer on the chain.
    pub(super) fn check(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        let Self { height, hash } = *self;
        if snapshot.canonical(height)? == Some(hash) {
            return Ok(());
        }
        let detail = format!("block {height}, where the page before ended, left the chain");
        let failure = Failure::new(Code::Reorged, detail);
        let failure = failure.with("height", height).with("hash", hash);
        Err(match self.common(snapshot)? {
            Some(Self { height, hash }) => {
                failure.with("common_height", height).with("common_hash", hash)
            }
            None => failure,
        })
    }

    /// Finds the last block below that is on the chain, unless it is very far.
    fn common(&self, snapshot: &Snapshot) -> Result<Option<Self>, StorageError> {
        let mut hash = self.hash;
        for _ in 0..BLOCKS_BACK_MAX {
            let Some(signed) = snapshot.header(&hash)? else { return Ok(None) };
            let height = signed.header.height;
            if snapshot.canonical(height)? == Some(hash) {
                return Ok(Some(Self { height, hash }));
            }
            hash = signed.header.previous;
        }
        Ok(None)
    }
}
