//! Proofs in JSON: documents that can be checked without a node.

mod change;
mod claim;
mod finality;
mod record;

use coinage_protocol::limits::{AUTHORITIES_MAX, RECEIPT_CHANGES_MAX};
use coinage_protocol::{
    AuthoritiesHash, AuthorityChange, BlockHash, Bounded, Certificate, ChainId, ChainSpec,
    FullHash, Header, Height, PublicKey, Signature, SignedHeader, Slot, StateProof, StateRoot,
    TransactionsRoot,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::change::HeldChangeJson;
pub use self::claim::ClaimJson;
pub use self::finality::{BareHeaderJson, ChangeProofJson, FinalityJson};
pub use self::record::{
    AmendmentRecordJson, EncodedCharter, StandingRecordJson, TokenRecordJson, UsageRecordJson,
    UseRecordJson,
};
use super::certificate::ProofCertificateJson;
use super::text::Spelled;
use super::{shape, text};

/// Partners on the way through the tree of the state.
const STATE_PARTNERS_MAX: usize = 256;

/// A claim about a block, and everything needed to check it but the network's genesis.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofDocument {
    /// Format of the document.
    pub format: ProofFormat,
    /// Id of the network's chain.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub chain_id: ChainId,
    /// Public keys of the authorities that write the network's blocks, in the order of their turns.
    #[schema(value_type = Vec<String>)]
    pub authorities: Bounded<Spelled<PublicKey>, AUTHORITIES_MAX>,
    /// The block's header, as its leader signed it.
    pub header: ProofHeaderJson,
    /// The claim about the block, and the way to its root.
    pub claim: ClaimJson,
    /// Proof that the block is final; absent if it is not, or follows from the genesis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finality: Option<FinalityJson>,
    /// Changes of authorities since genesis, the oldest first; absent if there was none.
    #[serde(default, skip_serializing_if = "is_empty")]
    #[schema(value_type = Vec<ChangeProofJson>, required = false)]
    pub changes: Bounded<ChangeProofJson, RECEIPT_CHANGES_MAX>,
}

/// The one format of proofs so far.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub enum ProofFormat {
    /// The first format of proofs.
    #[serde(rename = "coinage proof 1")]
    V1,
}

/// A signed header: exactly what is hashed and signed, nothing that follows from it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofHeaderJson {
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
    /// Signature of the leader over the header's hash.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub signature: Signature,
}

/// The way from the state's root to a key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateProofJson {
    /// Partner hashes on the way from the root down.
    #[schema(value_type = Vec<String>)]
    pub partners: Bounded<Spelled<FullHash>, STATE_PARTNERS_MAX>,
    /// The leaf at the end of the way, `null` if there is none; must be said.
    #[serde(deserialize_with = "said")]
    pub found: Option<LeafJson>,
}

/// A leaf of the state.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeafJson {
    /// Hash of the leaf's key.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub key: FullHash,
    /// Hash that commits to the leaf's value.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub commitment: FullHash,
}

impl ProofDocument {
    /// Returns the document for a claim about a block of this network.
    pub fn new(spec: &ChainSpec, header: &SignedHeader, claim: ClaimJson) -> Self {
        let authorities = spec.genesis_authorities().keys().iter().copied().map(Spelled);
        Self {
            format: ProofFormat::V1,
            chain_id: *spec.chain(),
            authorities: Bounded::first_of(authorities),
            header: header.into(),
            claim,
            finality: None,
            changes: Bounded::default(),
        }
    }
}

impl From<&SignedHeader> for ProofHeaderJson {
    fn from(signed: &SignedHeader) -> Self {
        let header = &signed.header;
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
            signature: signed.signature,
        }
    }
}

impl From<&ProofHeaderJson> for SignedHeader {
    fn from(json: &ProofHeaderJson) -> Self {
        let header = Header {
            version: json.version,
            height: Height::new(json.height),
            slot: Slot::new(json.slot),
            previous: json.previous,
            transactions_root: json.transactions_root,
            state_root: json.state_root,
            authorities: json.authorities,
            certificate: json.certificate.as_ref().map(Certificate::from),
            next_authorities: json.next_authorities.as_ref().map(AuthorityChange::from),
        };
        Self { header, signature: json.signature }
    }
}

impl From<&StateProof> for StateProofJson {
    fn from(proof: &StateProof) -> Self {
        let leaf = |(key, commitment): ([u8; 32], [u8; 32])| LeafJson {
            key: FullHash::new(key),
            commitment: FullHash::new(commitment),
        };
        let partners = Bounded::first_of(proof.partners.iter().map(spelled));
        Self { partners, found: proof.found.map(leaf) }
    }
}

impl From<&StateProofJson> for StateProof {
    fn from(json: &StateProofJson) -> Self {
        let leaf = |leaf: LeafJson| (*leaf.key.as_bytes(), *leaf.commitment.as_bytes());
        let partners = json.partners.iter().map(|partner| *partner.0.as_bytes());
        Self { partners: Bounded::first_of(partners), found: json.found.map(leaf) }
    }
}

fn spelled(hash: &[u8; 32]) -> Spelled<FullHash> {
    Spelled(FullHash::new(*hash))
}

fn is_empty<T, const MAX: usize>(list: &Bounded<T, MAX>) -> bool {
    <[T]>::is_empty(list)
}

/// Reads a field that may be `null` but not be left out.
fn said<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    shape::field(from)
}
