//! Authorities in JSON, and the file of a change of them on its way from signer to signer.

use coinage_protocol::limits::AUTHORITIES_MAX;
use coinage_protocol::{
    AuthoritiesHash, AuthorityChange, AuthorityStep, BlockHash, Bounded, ChainId, PublicKey,
    Signature,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::certificate::SignedBallotJson;
use super::status::AuthorityJson;
use super::{schema, text};

/// Authorities of a network, and a change of them that is on its way.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct AuthoritiesJson {
    /// Chain id of the network.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub chain_id: ChainId,
    /// Authorities after the node's head, in the order of their turns.
    pub authorities: Vec<AuthorityJson>,
    /// Hash that commits to them and their order.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub hash: AuthoritiesHash,
    /// Block that holds the newest change of them, or block 0: a proposal follows it.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub changed: BlockHash,
    /// Number of them that must approve a change.
    pub quorum: u32,
    /// Change that is on its way; `null` is none.
    pub change: Option<ChangeStateJson>,
}

/// Change of authorities on its way.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ChangeStateJson {
    /// Key that joins or leaves.
    pub step: StepJson,
    /// Stage that the change has reached.
    pub state: ChangeStage,
}

/// Stage of a change of authorities.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeStage {
    /// The node that has the new key has still to sign, once it follows the chain.
    WaitsForNewcomer,
    /// The change is approved and waits for a block.
    WaitsForBlock,
    /// A block holds it; it is in force once that block is final.
    Pending,
}

/// Key that joins or leaves the authorities.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum StepJson {
    /// The key becomes an authority, the last one in the order of turns.
    Add {
        /// Key of the newcomer.
        #[serde(with = "text")]
        #[schema(value_type = schema::Key)]
        key: PublicKey,
    },
    /// The key is no authority any more.
    Remove {
        /// Key of the authority.
        #[serde(with = "text")]
        #[schema(value_type = schema::Key)]
        key: PublicKey,
    },
}

/// Change of authorities with the signatures that approve it: a file, and what is submitted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthorityChangeJson {
    /// Format of the file.
    pub format: AuthorityChangeFormat,
    /// Chain id of the network.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub chain_id: ChainId,
    /// Hash of the authorities that it changes.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub authorities: AuthoritiesHash,
    /// Block that holds the change before this one, or block 0.
    #[serde(with = "text")]
    #[schema(value_type = schema::Hash)]
    pub follows: BlockHash,
    /// Key that joins or leaves.
    pub step: StepJson,
    /// Signatures of authorities, by their turns.
    #[schema(value_type = Vec<SignedBallotJson>)]
    pub signatures: Bounded<SignedBallotJson, AUTHORITIES_MAX>,
    /// Signature of the key that is added, by its node; `null` until then.
    #[serde(default, with = "text::option")]
    #[schema(value_type = Option<schema::Signature>, required)]
    pub newcomer: Option<Signature>,
}

/// Format of a file of a change of authorities.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub enum AuthorityChangeFormat {
    /// The first format of such files.
    #[serde(rename = "coinage authority change 1")]
    V1,
}

impl From<&AuthorityStep> for StepJson {
    fn from(step: &AuthorityStep) -> Self {
        match *step {
            AuthorityStep::Add { key } => Self::Add { key },
            AuthorityStep::Remove { key } => Self::Remove { key },
        }
    }
}

impl From<StepJson> for AuthorityStep {
    fn from(step: StepJson) -> Self {
        match step {
            StepJson::Add { key } => Self::Add { key },
            StepJson::Remove { key } => Self::Remove { key },
        }
    }
}

impl AuthorityChangeJson {
    /// Returns the file of a change on this chain.
    pub fn new(change: &AuthorityChange, chain_id: ChainId) -> Self {
        let signed = |(index, signature): &(u8, Signature)| SignedBallotJson {
            index: *index,
            signature: *signature,
        };
        Self {
            format: AuthorityChangeFormat::V1,
            chain_id,
            authorities: change.authorities,
            follows: change.follows,
            step: StepJson::from(&change.step),
            signatures: Bounded::first_of(change.signatures.iter().map(signed)),
            newcomer: change.newcomer,
        }
    }
}

impl From<&AuthorityChangeJson> for AuthorityChange {
    fn from(json: &AuthorityChangeJson) -> Self {
        let signed = json.signatures.iter().map(|one| (one.index, one.signature));
        Self {
            authorities: json.authorities,
            follows: json.follows,
            step: json.step.into(),
            signatures: Bounded::first_of(signed),
            newcomer: json.newcomer,
        }
    }
}

#[cfg(test)]
mod tests {
    use coinage_protocol::SecretKey;

    use super::*;

    #[test]
    fn a_change_reads_back_as_it_was() {
        // SPEC B-11
        let key = SecretKey::new([7; 32]).public();
        for step in [AuthorityStep::Add { key }, AuthorityStep::Remove { key }] {
            let signatures = [(0, Signature::new([1; 64])), (63, Signature::new([2; 64]))];
            let change = AuthorityChange {
                authorities: AuthoritiesHash::new([3; 32]),
                follows: BlockHash::new([4; 32]),
                step,
                signatures: Bounded::first_of(signatures),
                newcomer: Some(Signature::new([5; 64])),
            };
            let json = AuthorityChangeJson::new(&change, ChainId::new([6; 32]));
            let written = serde_json::to_string(&json).expect("it can be written");
            let read: AuthorityChangeJson = serde_json::from_str(&written).expect("it reads");
            assert_eq!((AuthorityChange::from(&read), read.chain_id), (change, json.chain_id));
            let surplus = written.replace("\"step\"", "\"more\":1,\"step\"");
            assert!(serde_json::from_str::<AuthorityChangeJson>(&surplus).is_err());
        }
    }
}
