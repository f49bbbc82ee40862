//! Network that a node is of, and the key of that network if it is private.
//!
//! The key is looked for beside the genesis file, then in the data directory beside the copy of it.
//! The copy says from then on that the network is private, so that a node that lost its key does
//! not silently stand alone.

use std::path::{Path, PathBuf};

use coinage_keys::genesis_file;
use coinage_keys::{KeyFileError, NetworkKey, network_key};
use coinage_model::Fingerprint;
use coinage_model::genesis::GenesisFile;
use coinage_protocol::{ChainSpec, Genesis};

use super::RunError;
use crate::config::Config;

/// Reason why a node of a private network has not its key.
#[derive(Debug, thiserror::Error)]
pub enum PrivateError {
    /// The key is missing.
    #[error(
        "{} is of a private network, and its key is missing: put it into {}, or name its file \
         with --network-key; `coinage join INVITE` brings it",
        genesis.display(),
        network_key::beside(genesis).display()
    )]
    Missing {
        /// Path of the genesis file that names a key.
        genesis: PathBuf,
    },
    /// The key is another network's.
    #[error(
        "{} is another network's key: its fingerprint is {found}, {} names {named}",
        path.display(),
        genesis.display()
    )]
    Other {
        /// Path of the key file.
        path: PathBuf,
        /// Fingerprint of the key in the file.
        found: Fingerprint,
        /// Path of the genesis file.
        genesis: PathBuf,
        /// Fingerprint that the genesis file names.
        named: Fingerprint,
    },
    /// The key file cannot be used.
    #[error(transparent)]
    File(#[from] KeyFileError),
}

/// Returns the path of the copy of the genesis file that a data directory has.
pub fn genesis_of(data: &Path) -> PathBuf {
    data.join("genesis.json")
}

/// Finds the key in `file`, or else beside one of the genesis files, each of which must agree with
/// it if it names one; none if the network is not private.
///
/// # Errors
///
/// [`PrivateError`] if there is no key though one is named, or not the right one.
pub fn key(
    geneses: &[(&Path, Option<Fingerprint>)],
    file: Option<&Path>,
) -> Result<Option<NetworkKey>, PrivateError> {
    let beside = geneses.iter().map(|(genesis, _)| network_key::beside(genesis));
    let path = file.map(Path::to_owned).or_else(|| beside.into_iter().find(|path| path.exists()));
    let named = geneses.iter().filter_map(|(genesis, key)| Some(((*genesis).to_owned(), (*key)?)));
    let mut named = named;
    let Some(path) = path else {
        return named
            .next()
            .map_or(Ok(None), |(genesis, _)| Err(PrivateError::Missing { genesis }));
    };
    let key = NetworkKey::read(&path)?;
    let found = key.fingerprint();
    match named.find(|(_, named)| *named != found) {
        Some((genesis, named)) => Err(PrivateError::Other { path, found, genesis, named }),
        None => Ok(Some(key)),
    }
}

/// The network of a node that is to start. Nothing has been written yet.
pub(super) struct Opening {
    pub(super) spec: ChainSpec,
    pub(super) key: Option<NetworkKey>,
    /// Genesis file that the data directory lacks.
    lacks: Option<GenesisFile>,
    /// Fingerprint that the copy of the genesis in the data directory does not name yet.
    unnamed: Option<Fingerprint>,
}

/// Reads the network of the data directory, at the first start that of the given genesis file; and
/// its key if it is private.
pub(super) fn read(config: &Config) -> Result<Opening, RunError> {
    let copy = genesis_of(&config.data);
    let kept = copy.exists().then(|| genesis_file::read_file(&copy)).transpose()?;
    let given = config.genesis.as_deref();
    let given =
        given.map(|path| Ok::<_, RunError>((path, genesis_file::read_file(path)?))).transpose()?;
    let chain_spec = |file: &GenesisFile| ChainSpec::new(Genesis::from(file.clone()));
    let (path, file) = match (&given, &kept) {
        (Some((path, given)), Some(kept)) => {
            let (ours, theirs) = (*chain_spec(given)?.chain(), *chain_spec(kept)?.chain());
            if theirs != ours {
                let (data, genesis) = (config.data.clone(), (*path).to_owned());
                return Err(RunError::OtherNetwork { data, theirs, genesis, ours });
            }
            (*path, given)
        }
        (Some((path, given)), None) => (*path, given),
        (None, Some(kept)) => (copy.as_path(), kept),
        (None, None) => return Err(RunError::NoGenesis { data: config.data.clone() }),
    };
    let noted = kept.as_ref().and_then(|kept| kept.network_key);
    let key = key(&[(path, file.network_key), (&copy, noted)], config.network_key.as_deref())?;
    let fingerprint = key.as_ref().map(NetworkKey::fingerprint);
    let unnamed = fingerprint.filter(|_| kept.is_some() && noted.is_none());
    let lacks = kept.is_none().then(|| GenesisFile { network_key: fingerprint, ..file.clone() });
    Ok(Opening { spec: chain_spec(file)?, key, lacks, unnamed })
}

impl Opening {
    /// Writes into the data directory what it lacks.
    pub(super) fn keep(&self, config: &Config) -> Result<(), RunError> {
        if let (Some(key), None) = (&self.key, &config.network_key) {
            keep(key, &config.data)?;
        }
        let copy = genesis_of(&config.data);
        if let Some(file) = &self.lacks {
            genesis_file::write(&copy, file.clone())?;
        }
        if let Some(fingerprint) = self.unnamed {
            genesis_file::note_network_key(&copy, fingerprint)?;
        }
        Ok(())
    }
}

/// Puts the key into the data directory, unless there is one.
///
/// # Errors
///
/// [`KeyFileError`] if the file cannot be written.
pub fn keep(key: &NetworkKey, data: &Path) -> Result<(), KeyFileError> {
    let path = network_key::beside(&genesis_of(data));
    match key.write(&path) {
        Err(KeyFileError::Exists { .. }) => Ok(()),
        written => written,
    }
}
