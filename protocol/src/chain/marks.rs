//! Marks: the highest blocks that certificates on a chain name (SPEC C-1, F-3).

use crate::finality::{Certificate, Phase};
use crate::units::Slot;

/// The highest blocks that certificates on a chain name, by their slots; 0 if there is none.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Marks {
    /// Slot of the highest block with a certificate of either phase.
    pub(crate) justified: Slot,
    /// Slot of the highest block with commits.
    pub(crate) finalized: Slot,
}

impl Marks {
    /// The marks after a header with this certificate.
    pub(super) fn with(self, certificate: Option<&Certificate>) -> Self {
        let Some(Certificate { phase, slot, .. }) = certificate else { return self };
        let justified = self.justified.max(*slot);
        match phase {
            Phase::Vote => Self { justified, ..self },
            Phase::Commit => Self { justified, finalized: *slot },
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounded::Bounded;
    use crate::hash::BlockHash;

    fn certificate(phase: Phase, slot: u64) -> Certificate {
        let (slot, block) = (Slot::new(slot), BlockHash::default());
        Certificate { phase, slot, block, signatures: Bounded::default() }
    }

    #[test]
    fn marks_are_the_highest_slots_that_certificates_name() {
        // SPEC C-1
        let marks = Marks::default().with(Some(&certificate(Phase::Vote, 4)));
        let marks = marks.with(None).with(Some(&certificate(Phase::Commit, 3)));
        assert_eq!(marks, Marks { justified: Slot::new(4), finalized: Slot::new(3) });
        assert!(marks.are_below(&certificate(Phase::Commit, 4)));
        assert!(!marks.are_below(&certificate(Phase::Vote, 4)));
    }
}
