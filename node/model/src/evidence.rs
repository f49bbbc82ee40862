//! Evidence against authorities, in JSON.

use coinage_protocol::limits::{EVIDENCE_BYTES_MAX, EVIDENCE_KEPT_MAX};
use coinage_protocol::{
    BlockHash, ChainId, CheckedEvidence, Evidence, EvidenceKind, PublicKey, decode, encode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{schema, text};

/// All evidence against authorities that a node has: at most one piece of each kind against each.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct EvidenceListJson {
    /// Pieces of evidence, in the order of the authorities' keys.
    #[schema(max_items = 512)]
    pub items: Vec<EvidenceJson>,
}

const _: () = assert!(EVIDENCE_KEPT_MAX == 512, "as the schema says");

/// Proof that an authority signed two things of which no honest one signs both.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct EvidenceJson {
    /// Public key of the authority.
    #[serde(with = "text")]
    #[schema(value_type = schema::Key)]
    pub authority: PublicKey,
    /// Kind of what it signed.
    pub kind: EvidenceKindJson,
    /// Slot of what it signed; of a commit and a vote, that of the commit.
    #[serde(with = "text")]
    #[schema(value_type = schema::Unsigned)]
    pub slot: u64,
    /// Hash of one of the two blocks: the committed one, or else the lower one.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub first: BlockHash,
    /// Hash of the other block.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub second: BlockHash,
    /// Proof, encoded as nodes give it to each other (SPEC F-11), in hexadecimal digits: whoever
    /// has the chain id can check it.
    pub proof: String,
}

/// Kind of the two things that an authority signed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKindJson {
    /// Two blocks of one slot.
    Blocks,
    /// Votes for two blocks of one slot.
    Votes,
    /// Commits of two blocks of one slot.
    Commits,
    /// A commit of a block, and a vote of the same slot or a later one that breaks it.
    CommitAndVote,
}

impl From<EvidenceKind> for EvidenceKindJson {
    fn from(kind: EvidenceKind) -> Self {
        match kind {
            EvidenceKind::Blocks => Self::Blocks,
            EvidenceKind::Votes => Self::Votes,
            EvidenceKind::Commits => Self::Commits,
            EvidenceKind::CommitAndVote => Self::CommitAndVote,
        }
    }
}

impl From<&CheckedEvidence> for EvidenceJson {
    fn from(checked: &CheckedEvidence) -> Self {
        let (evidence, [first, second]) = (checked.evidence(), checked.blocks());
        Self {
            authority: *evidence.signer(),
            kind: evidence.kind().into(),
            slot: evidence.slot().get(),
            first,
            second,
            proof: hex::encode(encode(evidence)),
        }
    }
}

impl EvidenceJson {
    /// Says what the authority did with the two blocks.
    pub fn deed(&self) -> String {
        let slot = self.slot;
        match self.kind {
            EvidenceKindJson::Blocks => format!("signed two blocks of slot {slot}"),
            EvidenceKindJson::Votes => format!("voted for two blocks of slot {slot}"),
            EvidenceKindJson::Commits => format!("committed two blocks of slot {slot}"),
            EvidenceKindJson::CommitAndVote => {
                format!("committed a block of slot {slot} and voted against it")
            }
        }
    }

    /// Returns the proof, if it says what the other fields say and holds on this chain.
    pub fn check(&self, chain: &ChainId) -> Option<CheckedEvidence> {
        let bytes = hex::decode(&self.proof).ok()?;
        let evidence: Evidence = decode(&bytes, EVIDENCE_BYTES_MAX).ok()?;
        let checked = evidence.check(chain, &()).ok()?;
        (Self::from(&checked) == *self).then_some(checked)
    }
}

#[cfg(test)]
mod tests {
    use coinage_protocol::{Ballot, Phase, SecretKey, Slot};

    use super::*;

    #[test]
    fn evidence_in_json_can_be_checked_and_says_nothing_else() {
        // SPEC F-11
        let (chain, key) = (ChainId::new([1; 32]), SecretKey::new([2; 32]));
        let vote = |block| {
            let place = (Slot::new(9), BlockHash::new([block; 32]));
            Ballot::new(Phase::Vote, place, &chain, &key)
        };
        let evidence = Evidence::Ballots(Box::new([3, 4].map(vote)));
        let checked = evidence.check(&chain, &()).expect("a proof");
        let shown = EvidenceJson::from(&checked);
        let written = serde_json::to_string(&shown).expect("JSON");
        let read: EvidenceJson = serde_json::from_str(&written).expect("reads back");
        assert_eq!(read.check(&chain), Some(checked));
        assert_eq!(read.check(&ChainId::default()), None);
        let other = EvidenceJson { authority: SecretKey::new([5; 32]).public(), ..read };
        assert_eq!(other.check(&chain), None);
    }
}
