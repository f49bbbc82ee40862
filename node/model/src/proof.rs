//! Proofs in JSON: documents that can be checked without a node.

use coinage_protocol::limits::{AUTHORITIES_MAX, NAME_BYTES_MAX};
use coinage_protocol::{
    Address, Amount, AuthoritiesHash, BlockHash, Bounded, ChainId, FullHash, Header,
    InclusionProof, Network, PublicKey, Reserved, Signature, SignedHeader, StateProof, StateRoot,
    Symbol, Text, Token, TransactionsRoot,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text;
use super::text::Spelled;
use super::transaction::TransactionJson;

/// Partners on the way through the tree of a block's transactions.
const INCLUSION_PARTNERS_MAX: usize = 32;
/// Partners on the way through the tree of the state.
const STATE_PARTNERS_MAX: usize = 256;

/// A claim about a block, and everything needed to check it but the network's genesis.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofDocument {
    /// What kind of document this is.
    pub format: ProofFormat,
    /// The network.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub chain_id: ChainId,
    /// Who writes its blocks, in the order of their turns.
    #[schema(value_type = Vec<String>)]
    pub authorities: Bounded<Spelled<PublicKey>, AUTHORITIES_MAX>,
    /// The block's header, as its leader signed it.
    pub header: ProofHeaderJson,
    /// What is claimed of the block, and why it is so.
    pub claim: ClaimJson,
}

/// The one format of proofs so far.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub enum ProofFormat {
    /// The first.
    #[serde(rename = "coinage proof 1")]
    V1,
}

/// A signed header: exactly what is hashed and signed, nothing that follows from it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofHeaderJson {
    /// The protocol version.
    pub version: u16,
    /// The block's height.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub height: u64,
    /// The block's slot.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub slot: u64,
    /// The block before it.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub previous: BlockHash,
    /// Commits to the transactions.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub transactions_root: TransactionsRoot,
    /// Commits to the state after them.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub state_root: StateRoot,
    /// Commits to the authorities.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub authorities: AuthoritiesHash,
    /// The leader's signature over the hash.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub signature: Signature,
}

/// What is claimed of a block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClaimJson {
    /// It holds a transaction.
    Transaction {
        /// The transaction, with its signatures.
        transaction: TransactionJson,
        /// Its position in the block, from 0.
        position: u32,
        /// How many transactions the block holds.
        count: u32,
        /// The partner hashes on the way from the leaf to the root.
        #[schema(value_type = Vec<String>)]
        partners: Bounded<Spelled<FullHash>, INCLUSION_PARTNERS_MAX>,
    },
    /// After it an address has so much of a token; zero is the claim that it has none.
    Balance {
        /// The address.
        #[serde(with = "text")]
        #[schema(value_type = String)]
        address: Address,
        /// The token.
        #[schema(value_type = String)]
        token: Symbol,
        /// How much, in base units.
        #[serde(with = "text")]
        #[schema(value_type = String)]
        amount: Amount,
        /// The way through the state.
        proof: StateProofJson,
    },
    /// After it a token is as described; `null` is the claim that there is no such token.
    Token {
        /// The token.
        #[schema(value_type = String)]
        token: Symbol,
        /// What the chain knows of it; must be said.
        #[serde(deserialize_with = "said")]
        record: Option<TokenRecordJson>,
        /// The way through the state.
        proof: StateProofJson,
    },
}

/// What the chain knows of a token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRecordJson {
    /// Its name for people.
    #[schema(value_type = String)]
    pub name: Text<NAME_BYTES_MAX>,
    /// Where people put the decimal point.
    pub decimals: u8,
    /// The most base units that may be outstanding; `null` is no cap.
    #[serde(with = "text::option")]
    #[schema(value_type = Option<String>)]
    pub cap: Option<Amount>,
    /// Who may mint; `null` is nobody.
    #[serde(with = "text::option")]
    #[schema(value_type = Option<String>)]
    pub issuer: Option<Address>,
    /// The base units outstanding.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub supply: Amount,
}

/// The way from the state's root to a key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateProofJson {
    /// The partner hashes on the way from the root down.
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
    /// The hash of its key.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub key: FullHash,
    /// What commits to its value.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub commitment: FullHash,
}

impl ProofDocument {
    /// The document for a claim about a block of this network.
    pub fn new(network: &Network, header: &SignedHeader, claim: ClaimJson) -> Self {
        let authorities = network.authorities().keys().iter().copied().map(Spelled);
        Self {
            format: ProofFormat::V1,
            chain_id: *network.chain(),
            authorities: Bounded::first_of(authorities),
            header: header.into(),
            claim,
        }
    }
}

impl ClaimJson {
    /// That a transaction stands where this proof says.
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
            height: header.height,
            slot: header.slot,
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
            height: json.height,
            slot: json.slot,
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
        let Token { name, decimals, cap, issuer, supply } = token.clone();
        Self { name, decimals, cap, issuer, supply }
    }
}

impl From<&TokenRecordJson> for Token {
    fn from(json: &TokenRecordJson) -> Self {
        let TokenRecordJson { name, decimals, cap, issuer, supply } = json.clone();
        Self { name, decimals, cap, issuer, supply }
    }
}

fn spelled(hash: &[u8; 32]) -> Spelled<FullHash> {
    Spelled(FullHash::new(*hash))
}

/// A field that may be `null` but not be left out.
fn said<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(from)
}
