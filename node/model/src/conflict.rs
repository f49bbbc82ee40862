//! Conflicts of two quorums, in JSON.

use coinage_protocol::{BlockHash, Certificate, Conflict, PublicKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{schema, text};

/// Two blocks, neither of which stands on the other, that a quorum of the authorities committed
/// each: a third of the authorities or more cheat, and what is final is so for some only.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ConflictJson {
    /// Block that this node goes by.
    pub ours: CommittedJson,
    /// Block that contradicts it.
    pub theirs: CommittedJson,
    /// Public keys of the authorities that committed both.
    #[schema(value_type = Vec<schema::Key>)]
    pub both: Vec<KeyJson>,
}

/// Block that a quorum of the authorities committed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct CommittedJson {
    /// Slot of the block.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub slot: u64,
    /// Hash of the block.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub hash: BlockHash,
}

/// Public key in a list.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct KeyJson(#[serde(with = "text")] pub PublicKey);

impl From<&Certificate> for CommittedJson {
    fn from(certificate: &Certificate) -> Self {
        Self { slot: certificate.slot.get(), hash: certificate.block }
    }
}

impl From<&Conflict> for ConflictJson {
    fn from(Conflict { ours, theirs, both }: &Conflict) -> Self {
        let both = both.iter().copied().map(KeyJson).collect();
        Self { ours: ours.into(), theirs: theirs.into(), both }
    }
}

impl ConflictJson {
    /// Returns what it says, in a sentence.
    pub fn sentence(&self) -> String {
        let Self { ours, theirs, both } = self;
        let both: Vec<_> = both.iter().map(|key| key.0.to_string()).collect();
        let both = both.join(", ");
        format!(
            "two quorums committed blocks that contradict each other: {} of slot {}, which this \
             node goes by, and {} of slot {}; both signed: {both}",
            ours.hash, ours.slot, theirs.hash, theirs.slot
        )
    }
}
