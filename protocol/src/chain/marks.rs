//! Marks: the highest blocks that certificates on a chain name (SPEC C-1, F-3).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::block::Header;
use crate::chain::{ChainReader, Tip};
use crate::finality::{Certificate, Phase};
use crate::merkle::transactions_root;
use crate::units::{Height, Slot};

/// Changes at the end of a chain that are kept one by one; before them those are left out that only
/// say that one more block holds transactions while nothing becomes final.
const EXACT_MAX: usize = 64;

/// The highest blocks that certificates on a chain name, by their slots; 0 if there is none.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Marks {
    /// Slot of the highest block with a certificate of either phase.
    pub(crate) justified: Slot,
    /// Slot of the highest block with commits.
    pub(crate) finalized: Slot,
    /// Slot of the highest block that holds transactions.
    pub(crate) filled: Slot,
}

impl Marks {
    /// The marks after a header.
    pub(super) fn with(self, header: &Header) -> Self {
        let filled = if holds_any(header) { header.slot } else { self.filled };
        let Some(Certificate { phase, slot, .. }) = &header.certificate else {
            return Self { filled, ..self };
        };
        let justified = self.justified.max(*slot);
        match phase {
            Phase::Vote => Self { justified, filled, ..self },
            Phase::Commit => Self { justified, finalized: *slot, filled },
        }
    }

    /// Checks whether something that the chain holds is not final by what the chain says itself.
    pub(crate) fn is_any_open(self) -> bool {
        self.filled > self.finalized
    }

    /// Checks whether a certificate is news after these.
    pub(crate) fn are_below(self, certificate: &Certificate) -> bool {
        certificate.slot
            > match certificate.phase {
                Phase::Vote => self.justified,
                Phase::Commit => self.finalized,
            }
    }
}

/// Checks whether a header is of a block with transactions.
fn holds_any(header: &Header) -> bool {
    header.transactions_root != transactions_root(&[])
}

/// Marks along the chain, from the final block up.
#[derive(Debug, Default)]
pub(super) struct MarksAlong {
    /// Heights of headers with certificates or transactions, and the marks from there on, the
    /// lowest first.
    changes: VecDeque<(Height, Marks)>,
}

impl MarksAlong {
    /// Reads those of a stored chain, from its head down to the final block and to the certificates
    /// in force there; with the certificates, the lowest header's first. Below the block that they
    /// call final nobody asks what holds transactions.
    pub(super) fn read(
        head: Tip,
        finalized: Height,
        reader: &impl ChainReader,
    ) -> (Self, Vec<Certificate>) {
        let (mut found, mut at, mut base) = (VecDeque::new(), head.hash, Slot::default());
        while let Some(signed) = reader.header(&at) {
            let header = signed.header;
            let below = header.height <= finalized;
            if below && base != 0 && header.slot <= base {
                break;
            }
            at = header.previous;
            if let Some(certificate) = &header.certificate
                && below
                && certificate.phase == Phase::Commit
            {
                base = base.max(certificate.slot);
            }
            if header.certificate.is_some() || holds_any(&header) {
                found.push_front(header);
            }
        }
        let mut along = Self::default();
        found.iter().for_each(|header| along.push(header));
        (along, found.into_iter().filter_map(|header| header.certificate).collect())
    }

    /// The marks of the chain's block at a height, the final one's or above.
    pub(super) fn at(&self, height: Height) -> Marks {
        let up_to = self.changes.partition_point(|(from, _)| *from <= height);
        let last = up_to.checked_sub(1).and_then(|last| self.changes.get(last));
        last.map(|(_, marks)| *marks).unwrap_or_default()
    }

    /// Adds those of a block on top.
    pub(super) fn push(&mut self, header: &Header) {
        let before = self.at(header.height);
        let marks = before.with(header);
        if marks != before {
            self.changes.push_back((header.height, marks));
            self.thin();
        }
    }

    /// Leaves out the change before the newest ones, if it says nothing that its neighbours do not.
    fn thin(&mut self) {
        let Some(at) = self.changes.len().checked_sub(EXACT_MAX) else { return };
        let marks = |at: usize| self.changes.get(at).map(|(_, marks)| *marks);
        let Some(before) = at.checked_sub(1).and_then(marks) else { return };
        let says_same = |one: Option<Marks>| {
            one.is_some_and(|one| Marks { filled: before.filled, ..one } == before)
        };
        if before.is_any_open() && says_same(marks(at)) {
            self.changes.remove(at);
        }
    }

    /// Forgets those above a height.
    pub(super) fn cut(&mut self, height: Height) {
        let kept = self.changes.partition_point(|(from, _)| *from <= height);
        self.changes.truncate(kept);
    }

    /// Forgets those that are not in force at a height or above.
    pub(super) fn forget_below(&mut self, height: Height) {
        let in_force = self.changes.partition_point(|(from, _)| *from <= height);
        self.changes.drain(..in_force.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::Reserved;
    use crate::bounded::Bounded;
    use crate::hash::{AuthoritiesHash, BlockHash, FullHash, StateRoot};
    use crate::limits::PROTOCOL_VERSION;

    fn certificate(phase: Phase, slot: u64) -> Certificate {
        let (slot, block) = (Slot::new(slot), BlockHash::default());
        Certificate { phase, slot, block, signatures: Bounded::default() }
    }

    fn header(height: u64, certificate: Option<Certificate>, is_filled: bool) -> Header {
        let leaves = if is_filled { alloc::vec![FullHash::new([1; 32])] } else { Vec::new() };
        Header {
            version: PROTOCOL_VERSION,
            height: Height::new(height),
            slot: Slot::new(2 * height),
            previous: BlockHash::default(),
            transactions_root: transactions_root(&leaves),
            state_root: StateRoot::default(),
            authorities: AuthoritiesHash::default(),
            certificate,
            next_authorities: Reserved,
        }
    }

    fn marks(justified: u64, finalized: u64, filled: u64) -> Marks {
        let [justified, finalized, filled] = [justified, finalized, filled].map(Slot::new);
        Marks { justified, finalized, filled }
    }

    #[test]
    fn marks_follow_the_headers_up_and_back() {
        // SPEC C-1, F-10
        let mut along = MarksAlong::default();
        along.push(&header(2, Some(certificate(Phase::Vote, 4)), false));
        along.push(&header(3, None, false));
        along.push(&header(4, None, true));
        along.push(&header(5, Some(certificate(Phase::Commit, 3)), false));
        let at = |along: &MarksAlong, number| along.at(Height::new(number));
        assert_eq!(
            [1, 3, 4, 5, 9].map(|number| at(&along, number)),
            [marks(0, 0, 0), marks(4, 0, 0), marks(4, 0, 8), marks(4, 3, 8), marks(4, 3, 8)]
        );
        assert!(marks(4, 3, 0).are_below(&certificate(Phase::Commit, 4)));
        assert!(!marks(4, 3, 0).are_below(&certificate(Phase::Vote, 4)));
        assert!(at(&along, 9).is_any_open() && !at(&along, 3).is_any_open());
        along.forget_below(Height::new(4));
        assert_eq!(at(&along, 4), marks(4, 0, 8), "in force there");
        along.cut(Height::new(4));
        assert_eq!(at(&along, 9), marks(4, 0, 8));
    }

    #[test]
    fn blocks_with_transactions_of_which_none_becomes_final_take_no_room() {
        // SPEC F-10
        let mut along = MarksAlong::default();
        along.push(&header(1, Some(certificate(Phase::Commit, 1)), false));
        (2..10_000).for_each(|height| along.push(&header(height, None, true)));
        assert!(along.changes.len() <= EXACT_MAX + 2, "{}", along.changes.len());
        assert_eq!(along.at(Height::new(9_998)), marks(1, 1, 2 * 9_998));
        assert!(along.at(Height::new(5_000)).is_any_open());
        assert!(!along.at(Height::new(1)).is_any_open());
    }
}
