//! Proofs in JSON that a block is final: the headers above it, and commits.

use coinage_protocol::limits::RECEIPT_HEADERS_MAX;
use coinage_protocol::{
    AuthoritiesHash, AuthorityChange, BlockHash, Bounded, Certificate, ChangeProof, FinalityProof,
    Header, Height, Slot, StateRoot, TransactionsRoot,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::HeldChangeJson;
use crate::certificate::ProofCertificateJson;
use crate::text;

/// The way from a block to commits that make it final.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinalityJson {
    /// Headers above the block, the lowest first, up to the committed one; none if it is the block
    /// itself.
    #[schema(value_type = Vec<BareHeaderJson>)]
    pub headers: Bounded<BareHeaderJson, RECEIPT_HEADERS_MAX>,
    /// Commits of a quorum for the last of these blocks.
    pub commits: ProofCertificateJson,
}

/// A header without its leader's signature: exactly what is hashed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BareHeaderJson {
    /// Protocol version of the block.
    pub version: u16,
    /// Height of the block.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub height: u64,
    /// Slot of the block.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub slot: u64,
    /// Hash of the block before it.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub previous: BlockHash,
    /// Root that commits to the transactions.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub transactions_root: TransactionsRoot,
    /// Root that commits to the state after the transactions.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub state_root: StateRoot,
    /// Hash that commits to the authorities.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub authorities: AuthoritiesHash,
    /// Certificate of a block below this one; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<ProofCertificateJson>,
    /// Change of authorities that the block holds; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_authorities: Option<HeldChangeJson>,
}

/// A change of authorities: the header that holds it, which those before it made final.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeProofJson {
    /// Header of the block that holds the change.
    pub header: BareHeaderJson,
    /// Proof that the block is final.
    pub finality: FinalityJson,
}

impl From<&Header> for BareHeaderJson {
    fn from(header: &Header) -> Self {
        Self {
            version: header.version,
            height: header.height.get(),
            slot: header.slot.get(),
            previous: header.previous,
            transactions_root: header.transactions_root,
            state_root: header.state_root,
            authorities: header.authorities,
            certificate: header.certificate.as_ref().map(ProofCertificateJson::from),
            next_authorities: header.next_authorities.as_ref().map(HeldChangeJson::from),
        }
    }
}

impl From<&BareHeaderJson> for Header {
    fn from(json: &BareHeaderJson) -> Self {
        Self {
            version: json.version,
            height: Height::new(json.height),
            slot: Slot::new(json.slot),
            previous: json.previous,
            transactions_root: json.transactions_root,
            state_root: json.state_root,
            authorities: json.authorities,
            certificate: json.certificate.as_ref().map(Certificate::from),
            next_authorities: json.next_authorities.as_ref().map(AuthorityChange::from),
        }
    }
}

impl From<&FinalityProof> for FinalityJson {
    fn from(proof: &FinalityProof) -> Self {
        let headers = Bounded::first_of(proof.headers.iter().map(BareHeaderJson::from));
        Self { headers, commits: (&proof.commits).into() }
    }
}

impl From<&FinalityJson> for FinalityProof {
    fn from(json: &FinalityJson) -> Self {
        let headers = Bounded::first_of(json.headers.iter().map(Header::from));
        Self { headers, commits: (&json.commits).into() }
    }
}

impl From<&ChangeProof> for ChangeProofJson {
    fn from(change: &ChangeProof) -> Self {
        Self { header: (&change.header).into(), finality: (&change.finality).into() }
    }
}

impl From<&ChangeProofJson> for ChangeProof {
    fn from(json: &ChangeProofJson) -> Self {
        Self { header: (&json.header).into(), finality: (&json.finality).into() }
    }
}
