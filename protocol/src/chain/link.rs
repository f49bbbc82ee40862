//! The third rung of a header: a place in the tree, under the authorities of its branch.

use super::{Chain, ChainReader, Tip};
use crate::authority::AuthoritySet;
use crate::block::VerifiedHeader;
use crate::hash::BlockHash;
use crate::units::{Height, Slot};

/// The reason why a block or header cannot be added.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum LinkError {
    /// The block before it is unknown. Blame: nobody.
    #[error("the block before it is unknown")]
    UnknownParent,
    /// The block before it is invalid. Blame: nobody but its leader.
    #[error("it follows an invalid block")]
    InvalidParent,
    /// Height or slot do not follow from the block before it (SPEC B-4). Blame: the sender.
    #[error(
        "height {height} in slot {slot} cannot follow height {} in slot {}",
        parent.height, parent.slot
    )]
    Broken {
        /// Height of the block.
        height: Height,
        /// Slot of the block.
        slot: Slot,
        /// The block before it.
        parent: Tip,
    },
    /// Other authorities than those in force on its branch signed it (SPEC B-6). Blame: the sender.
    #[error("it names other authorities than those in force after the block before it")]
    Authorities,
    /// The certificate in the header is of a block that is not below it, or is no news there
    /// (SPEC B-5). Blame: the sender.
    #[error("its certificate is of a block that is not below it, or is no news there")]
    Certificate,
    /// The block stands on another branch than the final block (SPEC C-1). Blame: nobody.
    #[error("it is on another branch than the final block")]
    OffFinal,
}

impl Chain {
    /// The authorities in force for the block that follows this one (SPEC B-6).
    ///
    /// They are those of the genesis on every branch, since no block can change them yet.
    pub(crate) fn authorities_after(&self, _parent: &BlockHash) -> &AuthoritySet {
        self.spec.genesis_authorities()
    }

    /// Checks whether a header follows from the block before it (SPEC B-4 to B-6, C-1).
    pub(super) fn check_link(
        &self,
        header: &VerifiedHeader,
        reader: &impl ChainReader,
    ) -> Result<(), LinkError> {
        let (height, slot) = (header.header().height, header.header().slot);
        let previous = &header.header().previous;
        let on_chain = || self.canonical.find(previous, reader).map(|tip| (tip, false));
        let (parent, invalid) =
            self.tree.find(previous).or_else(on_chain).ok_or(LinkError::UnknownParent)?;
        if height.checked_sub(1) != Some(parent.height) || slot <= parent.slot {
            return Err(LinkError::Broken { height, slot, parent });
        }
        if header.header().authorities != self.authorities_after(previous).hash() {
            return Err(LinkError::Authorities);
        }
        let finalized = self.finalized();
        if parent.height < finalized.height || !self.descends(previous, &finalized.hash, reader) {
            return Err(LinkError::OffFinal);
        }
        if let Some(certificate) = &header.header().certificate {
            let slot = self.place_of(&certificate.block, reader).map(|tip| tip.slot);
            let is_below = slot == Some(certificate.slot)
                && self.descends(previous, &certificate.block, reader);
            if !is_below || !self.marks_below(header.header()).are_below(certificate) {
                return Err(LinkError::Certificate);
            }
        }
        if invalid { Err(LinkError::InvalidParent) } else { Ok(()) }
    }
}
