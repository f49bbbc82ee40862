//! The third rung of a header: a place in the tree, under the authorities of its branch.

use super::{Chain, ChainReader, Tip};
use crate::block::VerifiedHeader;
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
    /// The certificate in the header is of a block that is not below it, is no news there, or is
    /// not by the authorities of that block (SPEC B-5). Blame: the sender.
    #[error("its certificate is not of a block below it, no news there, or not by its authorities")]
    Certificate,
    /// A change of authorities is under way below the header, or the one that it holds follows
    /// another one (SPEC B-11). Blame: the sender.
    #[error("its change of authorities does not follow from the one before it")]
    Change,
    /// The block stands on another branch than the final block (SPEC C-1). Blame: nobody.
    #[error("it is on another branch than the final block")]
    OffFinal,
}

impl Chain {
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
        let finalized = self.finalized();
        if parent.height < finalized.height || !self.descends(previous, &finalized.hash, reader) {
            return Err(LinkError::OffFinal);
        }
        let in_force = self.in_force_below(header.header());
        if header.header().authorities != in_force.set().hash() {
            return Err(LinkError::Authorities);
        }
        if !in_force.allows(header.header()) {
            return Err(LinkError::Change);
        }
        if let Some(certificate) = &header.header().certificate {
            let slot = self.place_of(&certificate.block, reader).map(|tip| tip.slot);
            let is_below = slot == Some(certificate.slot)
                && self.descends(previous, &certificate.block, reader);
            let set = self.set_of(&certificate.block, reader);
            let is_theirs =
                || set.is_some_and(|set| header.is_certified_by(set, self.spec.chain()));
            let is_news = self.marks_below(header.header()).are_below(certificate);
            if !is_below || !is_news || !is_theirs() {
                return Err(LinkError::Certificate);
            }
        }
        if invalid { Err(LinkError::InvalidParent) } else { Ok(()) }
    }
}
