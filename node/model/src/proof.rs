//! Proofs in JSON: documents that can be checked without a node.

use coinage_protocol::limits::{AUTHORITIES_MAX, NAME_BYTES_MAX};
use coinage_protocol::{
    Address, Amount, AuthoritiesHash, BlockHash, Bounded, ChainId, ChainSpec, CharterHash,
    FullHash, Header, Height, InclusionProof, PublicKey, Reserved, Signature, SignedHeader, Slot,
    StateProof, StateRoot, Symbol, Text, Token, TransactionsRoot,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text::Spelled;
use super::transaction::TransactionJson;
use super::{shape, text};

/// Partners on the way through the tree of a block's transactions.
const INCLUSION_PARTNERS_MAX: usize = 32;
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
}

/// The one format of proofs so far.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub enum ProofFormat {
    /// The first format of proofs.
    #[serde(rename = "coinage proof 1")]
    V1,
}

/// A signed header: exactly what is hashed and signed, nothing that follows from it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
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
    /// Signature of the leader over the header's hash.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub signature: Signature,
}

/// A claim about a block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClaimJson {
    /// The block holds a transaction.
    Transaction {
        /// The transaction, with its signatures.
        #[serde(deserialize_with = "shape::field")]
        transaction: TransactionJson,
        /// Position of the transaction in the block, from 0.
        position: u32,
        /// Number of transactions that the block holds.
        count: u32,
        /// Partner hashes on the way from the leaf to the root.
        #[schema(value_type = Vec<String>)]
        partners: Bounded<Spelled<FullHash>, INCLUSION_PARTNERS_MAX>,
    },
    /// After the block an address has so much of a token; zero is the claim that it has none.
    Balance {
        /// Address of the owner.
        #[serde(with = "text")]
        #[schema(value_type = String)]
        address: Address,
        /// Token of the balance.
        #[schema(value_type = String)]
        token: Symbol,
        /// Amount of the balance, in base units.
        #[serde(with = "text")]
        #[schema(value_type = String)]
        amount: Amount,
        /// Proof of the balance: the way through the state.
        #[serde(deserialize_with = "shape::field")]
        proof: StateProofJson,
    },
    /// After the block a token is as described; `null` is the claim that there is no such token.
    Token {
        /// Symbol of the token.
        #[schema(value_type = String)]
        token: Symbol,
        /// Record of the token, as the chain knows it; must be said.
        #[serde(deserialize_with = "said")]
        record: Option<TokenRecordJson>,
        /// Proof of the record: the way through the state.
        #[serde(deserialize_with = "shape::field")]
        proof: StateProofJson,
    },
}

/// A token, as the chain knows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRecordJson {
    /// Name of the token for people.
    #[schema(value_type = String)]
    pub name: Text<NAME_BYTES_MAX>,
    /// Number of decimals of the token: where people put the decimal point.
    pub decimals: u8,
    /// Base units of the token that may be outstanding at most; `null` is no cap.
    #[serde(with = "text::option")]
    #[schema(value_type = Option<String>)]
    pub cap: Option<Amount>,
    /// Address that may mint; `null` is nobody.
    #[serde(with = "text::option")]
    #[schema(value_type = Option<String>)]
    pub issuer: Option<Address>,
    /// Base units of the token that are outstanding.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub supply: Amount,
    /// Hash of the charter that the token was created with, which then has neither cap nor issuer;
    /// left out if it has none.
    #[serde(default, with = "text::option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub charter: Option<CharterHash>,
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
        }
    }
}

impl ClaimJson {
    /// Returns the claim that a transaction stands where this proof says.
    pub fn transaction(transaction: TransactionJson, proof: &InclusionProof) -> Self {
        let InclusionProof { position, count, partners } = proof;
        let partners = Bounded::first_of(partners.iter().map(spelled));
        Self::Transaction { transaction, position: *position, count: *count, partners }
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
            certificate: Reserved,
            next_authorities: Reserved,
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

impl From<&Token> for TokenRecordJson {
    fn from(token: &Token) -> Self {
        let Token { name, decimals, cap, issuer, supply, charter } = token.clone();
        Self { name, decimals, cap, issuer, supply, charter }
    }
}

impl From<&TokenRecordJson> for Token {
    fn from(json: &TokenRecordJson) -> Self {
        let TokenRecordJson { name, decimals, cap, issuer, supply, charter } = json.clone();
        Self { name, decimals, cap, issuer, supply, charter }
    }
}

fn spelled(hash: &[u8; 32]) -> Spelled<FullHash> {
    Spelled(FullHash::new(*hash))
}

/// Reads a field that may be `null` but not be left out.
fn said<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    shape::field(from)
}
