//! Headers, and the rungs that each climbs before a node follows it.
//!
//! [`SignedHeader`] is what comes; a [`WellFormedHeader`] could stand on some branch; a
//! [`VerifiedHeader`] is signed by the leader of the authorities that it names. The third rung is
//! the chain's: it links a header to its parent, and sees that its authorities are those in force
//! there.

use serde::{Deserialize, Serialize};

use crate::authority::{
    AuthorityChange, AuthoritySet, CertificateError, ChangeError, HeaderContext, KnownAuthorities,
};
use crate::codec::encode;
use crate::finality::Certificate;
use crate::hash::{AuthoritiesHash, BlockHash, ChainId, StateRoot, Tag, TransactionsRoot, tagged};
use crate::keys::{PublicKey, SecretKey, Signature};
use crate::limits::{PROTOCOL_VERSION, SLOT_MAX};
use crate::units::{Height, Slot};
use crate::verified::{Verified, verifies};

/// The part of a block that its leader signs (SPEC B-1).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Header {
    /// Protocol version of the block: 1.
    pub version: u16,
    /// Height of the block: one more than the previous block's.
    pub height: Height,
    /// Slot that the block was written in, and thereby its time and its leader.
    pub slot: Slot,
    /// Hash of the previous block.
    pub previous: BlockHash,
    /// Root that commits to the transactions.
    pub transactions_root: TransactionsRoot,
    /// Commits to the state after them.
    pub state_root: StateRoot,
    /// Commits to the authorities in force.
    pub authorities: AuthoritiesHash,
    /// Certificate of a block below this one, if its leader had news (SPEC B-5).
    pub certificate: Option<Certificate>,
    /// Change of the authorities in force, if one was approved (SPEC B-11).
    pub next_authorities: Option<AuthorityChange>,
}

/// A header and its leader's signature over its hash (SPEC B-2).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SignedHeader {
    /// The header that is signed.
    pub header: Header,
    /// Signature of the leader; not part of the hash.
    pub signature: Signature,
}

/// A header that obeys every rule that can be judged without knowing its branch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WellFormedHeader {
    signed: SignedHeader,
    hash: BlockHash,
}

/// A header that the leader of its slot signed, by the authorities that it names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifiedHeader {
    signed: SignedHeader,
    hash: BlockHash,
    /// The authorities by which its certificate was verified, if it has one and was not trusted.
    certified_by: Option<AuthoritiesHash>,
}

/// The reason why a header can never be part of this network's chain, whatever came before it.
/// Blame, for every variant: whoever sent it on, because an honest node would have refused it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HeaderError {
    /// The header is of another protocol version (SPEC B-1).
    #[error("block version {version} is unknown")]
    Version {
        /// Version that the header names.
        version: u16,
    },
    /// Height 0 is the genesis block's, which nobody sends (SPEC G-4).
    #[error("only the genesis block has height or slot 0")]
    Genesis,
    /// A slot that no network reaches (SPEC B-4).
    #[error("slot {slot} is beyond the last one")]
    Slot {
        /// Slot that the header names.
        slot: Slot,
    },
    /// Authorities that are not known here (SPEC B-6). Blame: nobody, unless headers that lead to
    /// them were asked for.
    #[error("the block names authorities that are not known here")]
    Authorities,
    /// The header is not signed by the leader of its slot, for this chain (SPEC B-2, B-3).
    #[error("the block is not signed by the leader of slot {slot}")]
    BadSignature {
        /// Slot that the header names.
        slot: Slot,
    },
    /// The header's certificate proves nothing (SPEC B-5).
    #[error("its certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// The change of authorities in the header cannot be made (SPEC B-11).
    #[error("its change of authorities: {0}")]
    Change(#[from] ChangeError),
    /// The header has both a certificate and a change of authorities (SPEC B-5).
    #[error("a header has a certificate or a change of authorities, not both")]
    Both,
}

impl Header {
    /// The hash that names a block with this header on that chain (SPEC B-2).
    pub fn hash(&self, chain: &ChainId) -> BlockHash {
        BlockHash::new(tagged(Tag::Block, &[chain.as_bytes(), &encode(self)]))
    }

    /// The leader who signs it, by the authorities that it names; `None` for block 0, which nobody
    /// signs, and of authorities that are not known (SPEC B-3, B-6).
    pub fn leader<'k>(&self, known: &'k KnownAuthorities) -> Option<&'k PublicKey> {
        let set = known.named(&self.authorities)?;
        (self.height != 0).then(|| set.leader(self.slot))
    }

    /// Signs the header with its leader's key.
    pub fn sign(self, chain: &ChainId, leader: &SecretKey) -> SignedHeader {
        let signature = leader.sign(self.hash(chain).as_bytes());
        SignedHeader { header: self, signature }
    }
}

impl SignedHeader {
    /// Checks what needs no knowledge of the header's branch (SPEC B-1, B-4, G-4).
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn well_formed(self, chain: &ChainId) -> Result<WellFormedHeader, HeaderError> {
        let Header { version, height, slot, .. } = self.header;
        if version != PROTOCOL_VERSION {
            return Err(HeaderError::Version { version });
        }
        if height == 0 || slot == 0 {
            return Err(HeaderError::Genesis);
        }
        if slot > SLOT_MAX {
            return Err(HeaderError::Slot { slot });
        }
        let hash = self.header.hash(chain);
        Ok(WellFormedHeader { signed: self, hash })
    }
}

impl WellFormedHeader {
    /// The header that obeys the rules.
    pub fn header(&self) -> &Header {
        &self.signed.header
    }

    /// Checks that the leader by the authorities that the header names signed it, that a quorum of
    /// them, or of those before them, signed its certificate, and that they approved its change of
    /// authorities (SPEC B-2, B-3, B-5, B-6, B-11); but for signatures that are known, and
    /// remembers the others.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn verify(
        self,
        context: HeaderContext<'_>,
        verified: &impl Verified,
    ) -> Result<VerifiedHeader, HeaderError> {
        let Self { signed, hash } = self;
        let Header { slot, authorities, certificate, next_authorities, .. } = &signed.header;
        let set = context.authorities.named(authorities).ok_or(HeaderError::Authorities)?;
        let leader = set.leader(*slot);
        let signed_by_leader = verifies(verified, leader, &signed.signature, hash.as_bytes());
        if !signed_by_leader {
            return Err(HeaderError::BadSignature { slot: *slot });
        }
        let mut certified_by = None;
        if let Some(certificate) = certificate {
            let verify = |set: &AuthoritySet| certificate.verify(set, context.chain, verified);
            let by_these = verify(set);
            let before = || context.authorities.before(authorities).find(|one| verify(one).is_ok());
            certified_by = match by_these {
                Ok(()) => Some(set.hash()),
                Err(error) => Some(before().ok_or(error)?.hash()),
            };
        }
        match next_authorities {
            Some(_) if certificate.is_some() => return Err(HeaderError::Both),
            Some(change) if change.lacks_newcomer() => return Err(ChangeError::Newcomer.into()),
            Some(change) => drop(change.verify(set, context.chain, verified)?),
            None => {}
        }
        Ok(VerifiedHeader { signed, hash, certified_by })
    }
}

impl VerifiedHeader {
    /// Checks a header by itself (SPEC B-1 to B-6).
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn new<'c>(
        signed: SignedHeader,
        context: impl Into<HeaderContext<'c>>,
    ) -> Result<Self, HeaderError> {
        Self::verify(signed, context, &())
    }

    /// Checks a header by itself, but for a signature that is known, and remembers another.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn verify<'c>(
        signed: SignedHeader,
        context: impl Into<HeaderContext<'c>>,
        verified: &impl Verified,
    ) -> Result<Self, HeaderError> {
        let context = context.into();
        signed.well_formed(context.chain)?.verify(context, verified)
    }

    /// A header that was verified before it was stored, or that this node has just signed.
    pub(crate) fn trusted(signed: SignedHeader, chain: &ChainId) -> Self {
        let hash = signed.header.hash(chain);
        Self { signed, hash, certified_by: None }
    }

    /// Checks that the certificate of the header, if it has one, is by these authorities: those of
    /// the block that it names.
    pub(crate) fn is_certified_by(&self, set: &AuthoritySet, chain: &ChainId) -> bool {
        let Some(certificate) = &self.signed.header.certificate else { return true };
        let is_same = self.certified_by.is_none_or(|by| by == set.hash());
        is_same || certificate.verify(set, chain, &()).is_ok()
    }

    /// The header that was verified.
    pub fn header(&self) -> &Header {
        &self.signed.header
    }

    /// The header with its signature.
    pub fn signed(&self) -> &SignedHeader {
        &self.signed
    }

    /// The hash that names the block.
    pub fn hash(&self) -> BlockHash {
        self.hash
    }
}
