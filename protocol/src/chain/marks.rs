//! Marks: the highest blocks that certificates on a chain name (SPEC C-1, F-3).

use crate::block::Header;
use crate::finality::{Certificate, Phase};
use crate::merkle::transactions_root;
use crate::units::Slot;

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

    /// Checks whether other marks after these say nothing new but that one more block holds
    /// transactions, while some are not final anyway.
    pub(super) fn says_same(&self, other: &Self) -> bool {
        self.is_any_open() && Self { filled: self.filled, ..*other } == *self
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
pub(super) fn holds_any(header: &Header) -> bool {
    header.transactions_root != transactions_root(&[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounded::Bounded;
    use crate::hash::{AuthoritiesHash, BlockHash, FullHash, StateRoot};
    use crate::limits::PROTOCOL_VERSION;
    use crate::units::Height;

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
            next_authorities: None,
        }
    }

    fn marks(justified: u64, finalized: u64, filled: u64) -> Marks {
        let [justified, finalized, filled] = [justified, finalized, filled].map(Slot::new);
        Marks { justified, finalized, filled }
    }

    #[test]
    fn marks_are_the_highest_slots_that_headers_name() {
        // SPEC C-1, F-10
        let base = Marks::default().with(&header(2, Some(certificate(Phase::Vote, 4)), false));
        assert_eq!(base, marks(4, 0, 0));
        let commits = base.with(&header(3, Some(certificate(Phase::Commit, 3)), false));
        assert_eq!(commits, marks(4, 3, 0));
        assert!(commits.are_below(&certificate(Phase::Commit, 4)));
        assert!(!commits.are_below(&certificate(Phase::Vote, 4)));
        let filled = commits.with(&header(5, None, true));
        assert_eq!(filled, marks(4, 3, 10));
        assert!(filled.is_any_open() && !commits.is_any_open());
        let more = filled.with(&header(6, None, true));
        assert!(Marks::says_same(&filled, &more) && !Marks::says_same(&commits, &more));
        assert!(!Marks::says_same(
            &filled,
            &more.with(&header(7, Some(certificate(Phase::Vote, 9)), false))
        ));
    }
}
