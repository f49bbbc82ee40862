//! Troubles in JSON.

use coinage_model::time;
use coinage_model::trouble::{StandpointJson, TroubleJson, TroubleKindJson};

use crate::peer_diagnostics::{Diagnostic, Standpoint, TroubleKind};

impl From<&Diagnostic> for TroubleJson {
    fn from(trouble: &Diagnostic) -> Self {
        let Diagnostic { address, peer_id, configured, detail, count, .. } = trouble.clone();
        let [ours, theirs] =
            trouble.differs.map_or([None, None], |sides| sides.map(|side| Some(side.into())));
        Self {
            kind: trouble.kind.into(),
            address,
            peer_id,
            configured,
            detail,
            ours,
            theirs,
            first: time::millis(trouble.first),
            last: time::millis(trouble.last),
            count,
            until: trouble.until.map(time::millis),
        }
    }
}

impl From<Standpoint> for StandpointJson {
    fn from(side: Standpoint) -> Self {
        let Standpoint { version, chain: chain_id, genesis: genesis_hash } = side;
        Self { version, chain_id, genesis_hash }
    }
}

impl From<TroubleKind> for TroubleKindJson {
    fn from(kind: TroubleKind) -> Self {
        match kind {
            TroubleKind::Unreachable => Self::Unreachable,
            TroubleKind::NoHandshake => Self::NoHandshake,
            TroubleKind::OtherIdentity => Self::OtherIdentity,
            TroubleKind::SameIdentity => Self::SameIdentity,
            TroubleKind::OtherNetwork => Self::OtherNetwork,
            TroubleKind::OtherVersion => Self::OtherVersion,
            TroubleKind::Banned => Self::Banned,
            TroubleKind::Undecodable => Self::Undecodable,
            TroubleKind::HungUp => Self::HungUp,
            TroubleKind::GossipSilent => Self::GossipSilent,
            TroubleKind::AuthorityTwice => Self::AuthorityTwice,
            TroubleKind::IdentityTwice => Self::IdentityTwice,
        }
    }
}
