//! Blocks, branches and reorgs in JSON.

use coinage_protocol::engine::{KnownTip, TipKind};
use coinage_protocol::{
    AuthoritiesHash, BlockHash, Bounded, InclusionProof, Network, PublicKey, ReorgRecord,
    ReorgRule, RevertedFate, Signature, SignedHeader, StateRoot, Tip, Transaction, TransactionId,
    TransactionsRoot,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::transaction::TransactionJson;
use super::{schema, text, time};

/// A place on a chain.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TipJson {
    /// The block's height.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub height: u64,
    /// The block's hash.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub hash: BlockHash,
    /// The block's slot.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub slot: u64,
    /// When that slot begins, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub time: u64,
}

impl TipJson {
    /// The place, with the time that follows from its slot.
    pub fn new(tip: &Tip, network: &Network) -> Self {
        let Tip { height, slot, hash } = *tip;
        Self { height, hash, slot, time: network.slot_time(slot) }
    }
}

/// The header of a block.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct HeaderJson {
    /// Where the block stands.
    #[serde(flatten)]
    pub tip: TipJson,
    /// The protocol version.
    pub version: u16,
    /// The block before it.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub previous: BlockHash,
    /// Commits to the transactions.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub transactions_root: TransactionsRoot,
    /// Commits to the state after it.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub state_root: StateRoot,
    /// Commits to the authorities in force.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub authorities: AuthoritiesHash,
    /// Who wrote it; `null` for block 0, which nobody writes.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Key>, required)]
    pub leader: Option<PublicKey>,
    /// The leader's signature over the hash.
    #[serde(with = "text")]
    #[schema(value_type = schema::Signature)]
    pub signature: Signature,
}

impl HeaderJson {
    /// The header of a block of this network.
    pub fn new(signed: &SignedHeader, network: &Network) -> Self {
        let header = &signed.header;
        let hash = header.hash(network.chain());
        let tip = Tip { height: header.height, slot: header.slot, hash };
        Self {
            tip: TipJson::new(&tip, network),
            version: header.version,
            previous: header.previous,
            transactions_root: header.transactions_root,
            state_root: header.state_root,
            authorities: header.authorities,
            leader: (header.height > 0).then(|| *network.authorities().leader(header.slot)),
            signature: signed.signature,
        }
    }
}

/// A block in a list.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct BlockSummary {
    /// Its header.
    #[serde(flatten)]
    pub header: HeaderJson,
    /// How many transactions it holds.
    pub transactions: u32,
}

/// A block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct BlockJson {
    /// Its header.
    #[serde(flatten)]
    pub header: HeaderJson,
    /// Whether it is on the chain of the head.
    pub on_chain: bool,
    /// Always false in this version: nothing is final.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Its transactions, in their order.
    pub transactions: Vec<IdentifiedTransaction>,
}

/// A transaction with its id.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct IdentifiedTransaction {
    /// Its id.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub id: TransactionId,
    /// The transaction.
    pub transaction: TransactionJson,
}

impl IdentifiedTransaction {
    /// The transaction with its id on this network.
    pub fn new(transaction: &Transaction, network: &Network) -> Self {
        Self { id: transaction.body.id(network.chain()), transaction: transaction.into() }
    }
}

/// That a transaction is in a block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ProofJson {
    /// Its position in the block, from 0.
    pub position: u32,
    /// How many transactions the block holds.
    pub count: u32,
    /// The partner hashes on the way from the leaf to the root, in hexadecimal.
    pub partners: Vec<String>,
    /// The header that commits to the root.
    pub header: HeaderJson,
}

impl ProofJson {
    /// The proof, with the header whose root it leads to.
    pub fn new(proof: &InclusionProof, header: HeaderJson) -> Self {
        let partners = proof.partners.iter().map(hex::encode).collect();
        Self { position: proof.position, count: proof.count, partners, header }
    }
}

impl TryFrom<ProofJson> for InclusionProof {
    type Error = String;

    /// The proof that a client can check for itself.
    fn try_from(json: ProofJson) -> Result<Self, String> {
        let partner = |text: &String| {
            let mut bytes = [0; 32];
            let digits = hex::decode_to_slice(text, &mut bytes);
            digits.map(|()| bytes).map_err(|error| format!("a partner of the proof: {error}"))
        };
        let partners = json.partners.iter().map(partner).collect::<Result<Vec<_>, _>>()?;
        let partners = Bounded::new(partners).map_err(|error| error.to_string())?;
        Ok(Self { position: json.position, count: json.count, partners })
    }
}

/// The end of a branch.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct KnownTipJson {
    /// Where it ends.
    #[serde(flatten)]
    pub tip: TipJson,
    /// How many blocks it is away from the chain.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub branch_len: u64,
    /// What is known of it.
    pub kind: TipKindJson,
}

/// What is known of the end of a branch.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TipKindJson {
    /// The head.
    Head,
    /// All blocks are here, but the branch does not win.
    Side,
    /// Blocks are still to be fetched.
    HeadersOnly,
    /// A block of it is invalid.
    Invalid,
}

impl KnownTipJson {
    /// The end of a branch of this network.
    pub fn new(known: &KnownTip, network: &Network) -> Self {
        let kind = match known.kind {
            TipKind::Head => TipKindJson::Head,
            TipKind::Side => TipKindJson::Side,
            TipKind::HeadersOnly => TipKindJson::HeadersOnly,
            TipKind::Invalid => TipKindJson::Invalid,
        };
        Self { tip: TipJson::new(&known.tip, network), branch_len: known.branch_len, kind }
    }
}

/// One change of branches.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ReorgJson {
    /// Its running number on this node.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub number: u64,
    /// When it happened by this node's clock, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub time: u64,
    /// How many blocks were abandoned.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub depth: u64,
    /// The last block that both branches share.
    pub common_ancestor: TipJson,
    /// The head before.
    pub old_head: TipJson,
    /// The head after.
    pub new_head: TipJson,
    /// Which part of the rule decided.
    pub rule: RuleJson,
    /// How many transactions the abandoned branch held, by what became of them.
    pub counts: CountsJson,
    /// The first of them, at most 1,000.
    pub transactions: Vec<RevertedJson>,
}

/// Which part of the fork-choice rule decided.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleJson {
    /// The new branch is longer.
    Longer,
    /// Equally long, and its last block is of an earlier slot.
    EarlierSlot,
    /// The same slot, and its last block has the lower hash.
    LowerHash,
    /// What was left lies beyond the node's clock.
    BeyondClock,
}

/// How many transactions had which fate.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct CountsJson {
    /// The new branch holds them, too.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub reincluded: u64,
    /// They wait again.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub back_in_pool: u64,
    /// On the new branch they cannot be applied.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub conflicting: u64,
    /// They expired meanwhile.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub expired: u64,
    /// The pool had no room for them.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub dropped: u64,
}

/// A transaction of an abandoned branch.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct RevertedJson {
    /// Its id.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub id: TransactionId,
    /// What became of it.
    pub fate: FateJson,
}

/// What became of a transaction of an abandoned branch.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FateJson {
    /// The new branch holds it, too.
    Reincluded,
    /// It waits again.
    BackInPool,
    /// On the new branch it cannot be applied.
    Conflicting,
    /// It expired meanwhile.
    Expired,
    /// The pool had no room for it.
    Dropped,
}

impl ReorgJson {
    /// The record with its number.
    pub fn new(number: u64, record: &ReorgRecord, network: &Network) -> Self {
        let tip = |tip: &Tip| TipJson::new(tip, network);
        let counts = record.counts;
        let reverted = record.transactions.iter();
        let reverted = reverted.map(|(id, fate)| RevertedJson { id: *id, fate: (*fate).into() });
        Self {
            number,
            time: record.time,
            depth: record.depth(),
            common_ancestor: tip(&record.common_ancestor),
            old_head: tip(&record.old_head),
            new_head: tip(&record.new_head),
            rule: match record.rule {
                ReorgRule::Longer => RuleJson::Longer,
                ReorgRule::EarlierSlot => RuleJson::EarlierSlot,
                ReorgRule::LowerHash => RuleJson::LowerHash,
                ReorgRule::BeyondClock => RuleJson::BeyondClock,
            },
            counts: CountsJson {
                reincluded: counts.reincluded,
                back_in_pool: counts.back_in_pool,
                conflicting: counts.conflicting,
                expired: counts.expired,
                dropped: counts.dropped,
            },
            transactions: reverted.collect(),
        }
    }
}

impl From<RevertedFate> for FateJson {
    fn from(fate: RevertedFate) -> Self {
        match fate {
            RevertedFate::Reincluded => Self::Reincluded,
            RevertedFate::BackInPool => Self::BackInPool,
            RevertedFate::Conflicting => Self::Conflicting,
            RevertedFate::Expired => Self::Expired,
            RevertedFate::Dropped => Self::Dropped,
        }
    }
}
