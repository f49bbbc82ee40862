//! Rights of the node's key: whether it is, or may become, an authority's of its network.

use coinage_keys::AuthorityKey;
use coinage_protocol::{AuthorityStep, ChainSpec};

use super::RunError;
use crate::config::Config;
use crate::storage::Storage;

/// Returns true if the genesis names the key, or its operator says that it is to join, or there is
/// none; false if the stored chain has to say.
///
/// # Errors
///
/// [`RunError::NotAnAuthority`] if nothing is stored that could say so.
pub(super) fn may_begin(config: &Config, spec: &ChainSpec) -> Result<bool, RunError> {
    let Some(path) = &config.authority_key else { return Ok(true) };
    let public = AuthorityKey::public_in(path)?;
    if config.join_authorities || spec.genesis_authorities().contains(&public) {
        return Ok(true);
    }
    if config.data.exists() { Ok(false) } else { Err(refused(config)) }
}

/// Refuses a key that no change on the stored chain added.
pub(super) fn refuse_other(config: &Config, storage: &Storage) -> Result<(), RunError> {
    let Some(path) = &config.authority_key else { return Ok(()) };
    let public = AuthorityKey::public_in(path)?;
    let stored = storage.snapshot();
    for height in stored.authority_changes()? {
        let Some(hash) = stored.canonical(height)? else { continue };
        let change = stored.header(&hash)?.and_then(|signed| signed.header.next_authorities);
        if change.is_some_and(|change| change.step == AuthorityStep::Add { key: public }) {
            return Ok(());
        }
    }
    Err(refused(config))
}

fn refused(config: &Config) -> RunError {
    RunError::NotAnAuthority { path: config.authority_key.clone().unwrap_or_default() }
}
