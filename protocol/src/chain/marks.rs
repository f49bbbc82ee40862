//! Marks: the highest blocks that certificates on a chain name (SPEC C-1, F-3).

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::chain::{ChainReader, Tip};
use crate::finality::{Certificate, Phase};
use crate::units::{Height, Slot};

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

/// Marks along the chain, from the final block up.
#[derive(Debug, Default)]
pub(super) struct MarksAlong {
    /// Heights of headers with certificates, and the marks from there on, the lowest first.
    changes: VecDeque<(Height, Marks)>,
}

impl MarksAlong {
    /// Reads those of a stored chain, from its head down to the final block and to the certificates
    /// in force there; with the certificates, the lowest header's first.
    pub(super) fn read(
        head: Tip,
        finalized: Height,
        reader: &impl ChainReader,
    ) -> (Self, Vec<Certificate>) {
        let (mut found, mut at, mut base) = (VecDeque::new(), head.hash, Marks::default());
        while let Some(signed) = reader.header(&at) {
            let header = signed.header;
            let below = header.height <= finalized;
            if below && base.finalized != 0 && header.slot <= base.justified {
                break;
            }
            at = header.previous;
            if let Some(certificate) = header.certificate {
                if below {
                    base.justified = base.justified.max(certificate.slot);
                    if certificate.phase == Phase::Commit {
                        base.finalized = base.finalized.max(certificate.slot);
                    }
                }
                found.push_front((header.height, certificate));
            }
        }
        let mut along = Self::default();
        let certificates = found.into_iter().map(|(height, certificate)| {
            along.push(height, Some(&certificate));
            certificate
        });
        let certificates = certificates.collect();
        (along, certificates)
    }

    /// The marks of the chain's block at a height, the final one's or above.
    pub(super) fn at(&self, height: Height) -> Marks {
        let up_to = self.changes.partition_point(|(from, _)| *from <= height);
        let last = up_to.checked_sub(1).and_then(|last| self.changes.get(last));
        last.map(|(_, marks)| *marks).unwrap_or_default()
    }

    /// Adds those of a block on top.
    pub(super) fn push(&mut self, height: Height, certificate: Option<&Certificate>) {
        if certificate.is_some() {
            let marks = self.at(height).with(certificate);
            self.changes.push_back((height, marks));
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
    use crate::bounded::Bounded;
    use crate::hash::BlockHash;

    fn certificate(phase: Phase, slot: u64) -> Certificate {
        let (slot, block) = (Slot::new(slot), BlockHash::default());
        Certificate { phase, slot, block, signatures: Bounded::default() }
    }

    #[test]
    fn marks_follow_the_certificates_up_and_back() {
        // SPEC C-1
        let (height, mut along) = (Height::new, MarksAlong::default());
        along.push(height(2), Some(&certificate(Phase::Vote, 4)));
        along.push(height(3), None);
        along.push(height(5), Some(&certificate(Phase::Commit, 3)));
        let marks = |justified, finalized| Marks {
            justified: Slot::new(justified),
            finalized: Slot::new(finalized),
        };
        let at = |along: &MarksAlong, number| along.at(height(number));
        assert_eq!(
            [1, 2, 4, 5, 9].map(|number| at(&along, number)),
            [marks(0, 0), marks(4, 0), marks(4, 0), marks(4, 3), marks(4, 3)]
        );
        assert!(marks(4, 3).are_below(&certificate(Phase::Commit, 4)));
        assert!(!marks(4, 3).are_below(&certificate(Phase::Vote, 4)));
        along.forget_below(height(4));
        assert_eq!(at(&along, 4), marks(4, 0), "in force there");
        along.cut(height(4));
        assert_eq!(at(&along, 9), marks(4, 0));
    }
}
