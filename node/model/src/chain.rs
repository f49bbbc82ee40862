//! Blocks, branches and reorgs in JSON.

use coinage_protocol::engine::{KnownTip, TipKind};
use coinage_protocol::{
    AuthoritiesHash, BlockHash, Bounded, ChainSpec, InclusionProof, KnownAuthorities, PublicKey,
    ReorgOutcome, ReorgRecord, ReorgRule, Signature, SignedHeader, StateRoot, Tip, Transaction,
    TransactionId, TransactionsRoot,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::certificate::CertificateJson;
use super::transaction::TransactionJson;
use super::{schema, text, time};

/// A place on a chain.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TipJson {
    /// Height of the block.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub height: u64,
    /// Hash of the block.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub hash: BlockHash,
    /// Slot of the block.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub slot: u64,
    /// Time when the block's slot begins, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub time: u64,
}

impl TipJson {
    /// Returns the place of a block, with the time that follows from its slot.
    pub fn new(tip: &Tip, spec: &ChainSpec) -> Self {
        let Tip { height, slot, hash } = *tip;
        Self { height: height.get(), hash, slot: slot.get(), time: spec.slot_time(slot).get() }
    }
}

/// The header of a block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct HeaderJson {
    /// Place of the block on its chain.
    #[serde(flatten)]
    pub tip: TipJson,
    /// Protocol version of the block.
    pub version: u16,
    /// Hash of the block before it.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub previous: BlockHash,
    /// Root that commits to the transactions.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub transactions_root: TransactionsRoot,
    /// Root that commits to the state after the block.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub state_root: StateRoot,
    /// Hash that commits to the authorities in force.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub authorities: AuthoritiesHash,
    /// Public key of the authority that wrote the block; `null` for block 0, which nobody writes.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Key>, required)]
    pub leader: Option<PublicKey>,
    /// Signature of the leader over the block's hash.
    #[serde(with = "text")]
    #[schema(value_type = schema::Signature)]
    pub signature: Signature,
    /// Certificate of a block below this one, if the leader had news.
    #[serde(default)]
    #[schema(required)]
    pub certificate: Option<CertificateJson>,
}

impl HeaderJson {
    /// Returns the header of a block of this network.
    pub fn new(signed: &SignedHeader, spec: &ChainSpec, known: &KnownAuthorities) -> Self {
        let header = &signed.header;
        let hash = header.hash(spec.chain());
        let tip = Tip { height: header.height, slot: header.slot, hash };
        Self {
            tip: TipJson::new(&tip, spec),
            version: header.version,
            previous: header.previous,
            transactions_root: header.transactions_root,
            state_root: header.state_root,
            authorities: header.authorities,
            leader: header.leader(known).copied(),
            signature: signed.signature,
            certificate: header.certificate.as_ref().map(CertificateJson::from),
        }
    }
}

/// A block in a list.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct BlockSummary {
    /// Header of the block.
    #[serde(flatten)]
    pub header: HeaderJson,
    /// Number of transactions that the block holds.
    pub transactions: u32,
}

/// A block with its transactions.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct BlockJson {
    /// Header of the block.
    #[serde(flatten)]
    pub header: HeaderJson,
    /// True if the block is on the chain of the head.
    pub on_chain: bool,
    /// True if nothing undoes the block any more.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Transactions of the block, in their order.
    pub transactions: Vec<IdentifiedTransaction>,
}

/// A transaction with its id.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct IdentifiedTransaction {
    /// Id of the transaction on this network.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub id: TransactionId,
    /// The transaction itself.
    pub transaction: TransactionJson,
}

impl IdentifiedTransaction {
    /// Returns a transaction with its id on this network.
    pub fn new(transaction: &Transaction, spec: &ChainSpec) -> Self {
        Self { id: transaction.body.id(spec.chain()), transaction: transaction.into() }
    }
}

/// A proof that a transaction is in a block.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ProofJson {
    /// Position of the transaction in the block, from 0.
    pub position: u32,
    /// Number of transactions that the block holds.
    pub count: u32,
    /// Partner hashes on the way from the leaf to the root, in hexadecimal.
    pub partners: Vec<String>,
    /// The header that commits to the root.
    pub header: HeaderJson,
}

impl ProofJson {
    /// Returns a proof, with the header whose root it leads to.
    pub fn new(proof: &InclusionProof, header: HeaderJson) -> Self {
        let partners = proof.partners.iter().map(hex::encode).collect();
        Self { position: proof.position, count: proof.count, partners, header }
    }
}

impl TryFrom<ProofJson> for InclusionProof {
    type Error = String;

    /// Returns the proof that a client can check for itself.
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
    /// Last block of the branch.
    #[serde(flatten)]
    pub tip: TipJson,
    /// Slot of the highest block that certificates on the branch name: it decides before length;
    /// 0 if there is none, or from an older node.
    #[serde(default, with = "text")]
    #[schema(value_type = schema::Unsigned, required)]
    pub certified_slot: u64,
    /// Number of blocks of the branch that are not on the chain.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub branch_len: u64,
    /// State of the branch, in one word.
    pub kind: TipKindJson,
}

/// State of a branch, in one word.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TipKindJson {
    /// The branch ends at the head.
    Head,
    /// All blocks are here, but the branch does not win.
    Side,
    /// Blocks are still to be fetched.
    HeadersOnly,
    /// A block of the branch is invalid.
    Invalid,
}

impl KnownTipJson {
    /// Returns the end of a branch of this network.
    pub fn new(known: &KnownTip, spec: &ChainSpec) -> Self {
        let kind = match known.kind {
            TipKind::Head => TipKindJson::Head,
            TipKind::Side => TipKindJson::Side,
            TipKind::HeadersOnly => TipKindJson::HeadersOnly,
            TipKind::Invalid => TipKindJson::Invalid,
        };
        Self {
            tip: TipJson::new(&known.tip, spec),
            certified_slot: known.justified.get(),
            branch_len: known.branch_len,
            kind,
        }
    }
}

/// A change from one branch to another.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ReorgJson {
    /// Running number of the reorg on this node.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub number: u64,
    /// Time of the reorg by this node's clock, in milliseconds since 1970.
    #[serde(with = "time")]
    #[schema(value_type = schema::Time)]
    pub time: u64,
    /// Number of blocks that were abandoned.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub depth: u64,
    /// The last block that both branches share.
    pub common_ancestor: TipJson,
    /// The head before the reorg.
    pub old_head: TipJson,
    /// The head after the reorg.
    pub new_head: TipJson,
    /// Part of the fork-choice rule that decided.
    pub rule: RuleJson,
    /// Number of transactions of the abandoned branch, by what became of them.
    pub counts: CountsJson,
    /// Transactions of the abandoned branch, the first 1,000 at most.
    pub transactions: Vec<RevertedJson>,
}

/// Part of the fork-choice rule that decided.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleJson {
    /// The new branch is longer.
    Longer,
    /// Both are equally long, and the new branch's last block is of an earlier slot.
    EarlierSlot,
    /// The slot is the same, and the new branch's last block has the lower hash.
    LowerHash,
    /// The abandoned branch lies beyond the node's clock.
    BeyondClock,
    /// The new branch has the newer certificate.
    Certified,
    /// The final block is not on the abandoned branch.
    Final,
    /// The node left the best branch for a moment: to build on a certified block, or to execute one
    /// that it votes for.
    Detour,
}

/// Number of transactions for which a reorg had each outcome.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct CountsJson {
    /// Transactions that the new branch holds, too.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub reincluded: u64,
    /// Transactions that are back in the mempool.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub back_in_pool: u64,
    /// Transactions that cannot be applied on the new branch.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub conflicting: u64,
    /// Transactions that expired meanwhile.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub expired: u64,
    /// Transactions for which the mempool had no room.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub dropped: u64,
}

/// A transaction of an abandoned branch.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct RevertedJson {
    /// Id of the transaction.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub id: TransactionId,
    /// Outcome of the reorg for the transaction.
    #[serde(rename = "fate")]
    pub outcome: ReorgOutcomeJson,
}

/// Outcome of a reorg for a transaction of the abandoned branch.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReorgOutcomeJson {
    /// The new branch holds the transaction, too.
    Reincluded,
    /// The transaction is back in the mempool.
    BackInPool,
    /// The transaction cannot be applied on the new branch.
    Conflicting,
    /// The transaction expired meanwhile.
    Expired,
    /// The mempool had no room for the transaction.
    Dropped,
}

impl ReorgJson {
    /// Returns the record of a reorg, with its number on this node.
    pub fn new(number: u64, record: &ReorgRecord, spec: &ChainSpec) -> Self {
        let tip = |tip: &Tip| TipJson::new(tip, spec);
        let counts = record.counts;
        let reverted = record.transactions.iter();
        let reverted =
            reverted.map(|(id, outcome)| RevertedJson { id: *id, outcome: (*outcome).into() });
        Self {
            number,
            time: record.time.get(),
            depth: record.depth(),
            common_ancestor: tip(&record.common_ancestor),
            old_head: tip(&record.old_head),
            new_head: tip(&record.new_head),
            rule: match record.rule {
                ReorgRule::Longer => RuleJson::Longer,
                ReorgRule::EarlierSlot => RuleJson::EarlierSlot,
                ReorgRule::LowerHash => RuleJson::LowerHash,
                ReorgRule::BeyondClock => RuleJson::BeyondClock,
                ReorgRule::Certified => RuleJson::Certified,
                ReorgRule::Final => RuleJson::Final,
                ReorgRule::Detour => RuleJson::Detour,
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

impl From<ReorgOutcome> for ReorgOutcomeJson {
    fn from(outcome: ReorgOutcome) -> Self {
        match outcome {
            ReorgOutcome::Reincluded => Self::Reincluded,
            ReorgOutcome::BackInPool => Self::BackInPool,
            ReorgOutcome::Conflicting => Self::Conflicting,
            ReorgOutcome::Expired => Self::Expired,
            ReorgOutcome::Dropped => Self::Dropped,
        }
    }
}
