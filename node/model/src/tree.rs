//! Blocks that a node has seen fork and heal, in JSON.

use coinage_protocol::engine::TipKind;
use coinage_protocol::{BlockHash, ChainSpec, PublicKey, Tip};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::chain::TipJson;
use super::{schema, text};

/// The upper end of the tree of blocks.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TreeJson {
    /// Height up to which the chain is final.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub final_height: u64,
    /// Blocks, the highest first, and of one height those of the chain first.
    pub blocks: Vec<TreeBlockJson>,
}

/// A block of the tree.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct TreeBlockJson {
    /// Place and time of the block.
    #[serde(flatten)]
    pub tip: TipJson,
    /// Hash of the block before it; `null` where the node keeps only where a branch ends.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Hash>, required)]
    pub previous: Option<BlockHash>,
    /// Key of the block's author, if it is known.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Key>, required)]
    pub leader: Option<PublicKey>,
    /// Branch of the block, in one word.
    pub branch: TreeBranchJson,
}

/// Branch of a block, in one word.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TreeBranchJson {
    /// The block is on the chain.
    Chain,
    /// The block was on the chain, and the node has left its branch.
    Left,
    /// The block ends a branch that competes with the chain.
    Side,
    /// The block ends a branch of which only headers are known.
    HeadersOnly,
    /// The block ends a branch with a block that breaks a rule.
    Invalid,
}

impl TreeBlockJson {
    /// Returns the end of a branch of which nothing else is kept; `None` for the head.
    pub fn end(tip: &Tip, kind: TipKind, spec: &ChainSpec) -> Option<Self> {
        let branch = match kind {
            TipKind::Head => return None,
            TipKind::Side => TreeBranchJson::Side,
            TipKind::HeadersOnly => TreeBranchJson::HeadersOnly,
            TipKind::Invalid => TreeBranchJson::Invalid,
        };
        Some(Self { tip: TipJson::new(tip, spec), previous: None, leader: None, branch })
    }
}
