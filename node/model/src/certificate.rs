//! Certificates of blocks in JSON: who voted for a block, or committed it.

use coinage_protocol::limits::AUTHORITIES_MAX;
use coinage_protocol::{BlockHash, Bounded, Certificate, Phase, Signature, Slot};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{schema, text};

/// Ballots that a certificate has, in one word.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BallotsJson {
    /// Votes: a quorum would have the block stay.
    Votes,
    /// Commits: the block is final, with all below it.
    Commits,
}

impl From<Phase> for BallotsJson {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Vote => Self::Votes,
            Phase::Commit => Self::Commits,
        }
    }
}

impl From<BallotsJson> for Phase {
    fn from(ballots: BallotsJson) -> Self {
        match ballots {
            BallotsJson::Votes => Self::Vote,
            BallotsJson::Commits => Self::Commit,
        }
    }
}

/// Certificate in a header, in short: which block a quorum voted for or committed, and who did.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct CertificateJson {
    /// Votes or commits.
    pub phase: BallotsJson,
    /// Slot of the block.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub slot: u64,
    /// Hash of the block.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub block: BlockHash,
    /// Turns of the authorities that signed.
    pub signers: Vec<u32>,
}

impl From<&Certificate> for CertificateJson {
    fn from(certificate: &Certificate) -> Self {
        let places = certificate.signatures.iter().map(|(place, _)| u32::from(*place));
        Self {
            phase: certificate.phase.into(),
            slot: certificate.slot.get(),
            block: certificate.block,
            signers: places.collect(),
        }
    }
}

/// Certificate in a header, whole: exactly what is hashed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofCertificateJson {
    /// Votes or commits.
    pub phase: BallotsJson,
    /// Slot of the block.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub slot: u64,
    /// Hash of the block.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub block: BlockHash,
    /// Signatures over the block and its slot, by the turns of their authorities.
    #[schema(value_type = Vec<SignedBallotJson>)]
    pub signatures: Bounded<SignedBallotJson, AUTHORITIES_MAX>,
}

/// Signature of an authority, by its turn: over a vote, a commit or a change of authorities.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedBallotJson {
    /// Turn of the authority.
    pub index: u8,
    /// Signature of the authority.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub signature: Signature,
}

impl From<&Certificate> for ProofCertificateJson {
    fn from(certificate: &Certificate) -> Self {
        let signed = |(index, signature): &(u8, Signature)| SignedBallotJson {
            index: *index,
            signature: *signature,
        };
        Self {
            phase: certificate.phase.into(),
            slot: certificate.slot.get(),
            block: certificate.block,
            signatures: Bounded::first_of(certificate.signatures.iter().map(signed)),
        }
    }
}

impl From<&ProofCertificateJson> for Certificate {
    fn from(json: &ProofCertificateJson) -> Self {
        let signed = json.signatures.iter().map(|one| (one.index, one.signature));
        Self {
            phase: json.phase.into(),
            slot: Slot::new(json.slot),
            block: json.block,
            signatures: Bounded::first_of(signed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_reads_back_as_it_was() {
        // SPEC F-3
        let signatures = [(0, Signature::new([1; 64])), (63, Signature::new([2; 64]))];
        for phase in Phase::ALL {
            let certificate = Certificate {
                phase,
                slot: Slot::new(u64::MAX),
                block: BlockHash::new([7; 32]),
                signatures: Bounded::first_of(signatures),
            };
            let written = serde_json::to_string(&ProofCertificateJson::from(&certificate));
            let read = serde_json::from_str::<ProofCertificateJson>(&written.expect("JSON"));
            assert_eq!(Certificate::from(&read.expect("reads back")), certificate);
            assert_eq!(CertificateJson::from(&certificate).signers, [0, 63]);
        }
    }
}
