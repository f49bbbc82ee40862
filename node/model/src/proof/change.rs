//! Changes of authorities in JSON, as headers hold them.

use coinage_protocol::limits::AUTHORITIES_MAX;
use coinage_protocol::{AuthoritiesHash, AuthorityChange, BlockHash, Bounded, Signature};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::authority::StepJson;
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
    pub step: StepJson,
    /// Signatures of the authorities that approve it, by their turns.
    #[schema(value_type = Vec<SignedBallotJson>)]
    pub signatures: Bounded<SignedBallotJson, AUTHORITIES_MAX>,
    /// Signature of the key that is added; absent if none is.
    #[serde(default, with = "text::option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub newcomer: Option<Signature>,
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
            step: (&change.step).into(),
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
            step: json.step.into(),
            signatures: Bounded::first_of(
                json.signatures.iter().map(|one| (one.index, one.signature)),
            ),
            newcomer: json.newcomer,
        }
    }
}
