//! Changes of authorities in JSON, as headers hold them.

use coinage_protocol::limits::AUTHORITIES_MAX;
use coinage_protocol::{
    AuthoritiesHash, AuthorityChange, AuthorityStep, BlockHash, Bounded, PublicKey, Signature,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::certificate::SignedBallotJson;
use crate::text;

/// A change of the authorities by one key, with its approval.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeldChangeJson {
    /// Hash that commits to the authorities that it changes.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub authorities: AuthoritiesHash,
    /// Hash of the block that holds the change before this one, or of block 0.
    #[serde(with = "text")]
    #[schema(value_type = String)]
    pub follows: BlockHash,
    /// The change itself.
    pub step: HeldStepJson,
    /// Signatures of the authorities that approve it, by their turns.
    #[schema(value_type = Vec<SignedBallotJson>)]
    pub signatures: Bounded<SignedBallotJson, AUTHORITIES_MAX>,
    /// Signature of the key that is added; absent if none is.
    #[serde(default, with = "text::option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub newcomer: Option<Signature>,
}

/// The key that joins or leaves.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum HeldStepJson {
    /// The key becomes an authority, the last one in the order of turns.
    Add {
        /// Key of the newcomer.
        #[serde(with = "text")]
        #[schema(value_type = String)]
        key: PublicKey,
    },
    /// The key is no authority any more.
    Remove {
        /// Key of the authority.
        #[serde(with = "text")]
        #[schema(value_type = String)]
        key: PublicKey,
    },
}

impl From<&AuthorityChange> for HeldChangeJson {
    fn from(change: &AuthorityChange) -> Self {
        let signed = |(index, signature): &(u8, Signature)| SignedBallotJson {
            index: *index,
            signature: *signature,
        };
        Self {
            authorities: change.authorities,
            follows: change.follows,
            step: match change.step {
                AuthorityStep::Add { key } => HeldStepJson::Add { key },
                AuthorityStep::Remove { key } => HeldStepJson::Remove { key },
            },
            signatures: Bounded::first_of(change.signatures.iter().map(signed)),
            newcomer: change.newcomer,
        }
    }
}

impl From<&HeldChangeJson> for AuthorityChange {
    fn from(json: &HeldChangeJson) -> Self {
        Self {
            authorities: json.authorities,
            follows: json.follows,
            step: match json.step {
                HeldStepJson::Add { key } => AuthorityStep::Add { key },
                HeldStepJson::Remove { key } => AuthorityStep::Remove { key },
            },
            signatures: Bounded::first_of(
                json.signatures.iter().map(|one| (one.index, one.signature)),
            ),
            newcomer: json.newcomer,
        }
    }
}
