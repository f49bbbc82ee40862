//! Resuming: what the chain knows besides its blocks, read from those that are stored.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::along::Along;
use super::marks::holds_any;
use super::tree::Body;
use super::{Chain, ChainReader, Marks, Tip};
use crate::block::{Header, SignedHeader, VerifiedHeader};
use crate::chain::InForce;
use crate::finality::{Certificate, Phase};
use crate::hash::BlockHash;
use crate::units::{Height, Slot};

/// Findings in the headers of a stored chain.
pub(super) struct ReadHeaders {
    pub(super) marks: Along<Marks>,
    pub(super) in_force: Along<InForce>,
    /// Certificates in the headers, the lowest header's first.
    certificates: Vec<Certificate>,
}

impl Chain {
    /// Takes up a stored chain: its final block, what its certificates name, and its authorities.
    pub(crate) fn resume(&mut self, finalized: Option<Tip>, reader: &impl ChainReader) {
        self.finalized = finalized.unwrap_or_else(|| self.canonical.genesis());
        for header in changing_headers(reader) {
            header.1.next_authorities.iter().for_each(|change| self.known.learn(change));
        }
        let read = self.read_headers(reader);
        self.news.certificates = read.certificates;
        self.canonical.set_along(read.marks, read.in_force);
    }

    /// Reads the headers from the head down to the final block, and to the certificates in force
    /// there. Below the block that they call final nobody asks what holds transactions.
    fn read_headers(&self, reader: &impl ChainReader) -> ReadHeaders {
        let finalized = self.finalized.height;
        let (mut found, mut at, mut base) = (VecDeque::new(), self.head().hash, Slot::default());
        while let Some(SignedHeader { header, .. }) = reader.header(&at) {
            let below = header.height <= finalized;
            if below && base != 0 && header.slot <= base {
                break;
            }
            let hash = core::mem::replace(&mut at, header.previous);
            if let Some(Certificate { phase: Phase::Commit, slot, .. }) = &header.certificate
                && below
            {
                base = base.max(*slot);
            }
            let changes = header.next_authorities.is_some();
            if header.certificate.is_some() || changes || holds_any(&header) {
                found.push_front((hash, header));
            }
        }
        let mut read = ReadHeaders {
            marks: Along::new(Height::default(), Marks::default()),
            in_force: Along::new(finalized, self.in_force_at_final(base, reader)),
            certificates: Vec::new(),
        };
        for (hash, header) in found {
            read.add(hash, &header, finalized);
            read.certificates.extend(header.certificate);
        }
        read
    }

    /// The authorities after the final block, up to which commits name a block of this slot.
    fn in_force_at_final(&self, committed: Slot, reader: &impl ChainReader) -> InForce {
        let mut in_force = InForce::at_genesis(&self.spec);
        for (hash, header) in changing_headers(reader) {
            if header.height > self.finalized.height {
                break;
            }
            // No block holds a change while another one waits.
            in_force = in_force.settled(Slot::MAX).after(&header, hash, Slot::default());
        }
        in_force.settled(committed)
    }

    /// Finds a stored block again that was on the chain once, with those below it: an authority has
    /// signed for it, and must know what stands on it (SPEC F-7).
    pub(crate) fn recall(&mut self, hash: BlockHash, reader: &impl ChainReader) {
        let (mut branch, mut at) = (Vec::new(), hash);
        while self.place_of(&at, reader).is_none()
            && let Some(signed) = reader.header(&at)
            && signed.header.height > self.finalized.height
        {
            at = signed.header.previous;
            branch.push(signed);
        }
        for signed in branch.into_iter().rev() {
            let header = VerifiedHeader::trusted(signed, self.spec.chain());
            if self.check_link(&header, reader).is_ok() {
                self.hang(header, Body::Stored);
            }
        }
    }
}

impl ReadHeaders {
    /// Adds those of a header; the authorities at the final block are known.
    fn add(&mut self, hash: BlockHash, header: &Header, finalized: Height) {
        let height = header.height;
        let marks = self.marks.at(height).with(header);
        self.marks.push(height, marks);
        if height > finalized {
            let in_force = self.in_force.at(height).after(header, hash, marks.finalized);
            self.in_force.push(height, in_force);
        }
    }
}

/// The headers of the stored chain that hold changes of authorities, the lowest first.
fn changing_headers(reader: &impl ChainReader) -> impl Iterator<Item = (BlockHash, Header)> {
    reader.authority_changes().into_iter().filter_map(|height| {
        let hash = reader.canonical(height)?;
        Some((hash, reader.header(&hash)?.header))
    })
}
