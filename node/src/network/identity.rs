//! The key by which peers know a node; neither money nor blocks depend on it.

use std::io;
use std::path::{Path, PathBuf};

use libp2p::identity::Keypair;

use crate::files;

/// Why the key cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdentityError {
    /// The file cannot be read or written.
    #[error("cannot use the node's network key {}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// It holds something else.
    #[error("{} is not a network key: move it away, and the node makes a new one", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
    },
}

/// The key in this file, made at the first start.
///
/// # Errors
///
/// [`IdentityError`] if there is a file that is no key, or none can be written.
pub(crate) fn open_identity(path: &Path) -> Result<Keypair, IdentityError> {
    let failed = |error| IdentityError::File { path: path.to_owned(), error };
    match std::fs::read(path) {
        Ok(bytes) => Keypair::from_protobuf_encoding(&bytes)
            .map_err(|_| IdentityError::Malformed { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let keypair = Keypair::generate_ed25519();
            let bytes =
                keypair.to_protobuf_encoding().map_err(|error| failed(io::Error::other(error)))?;
            files::replace(path, &bytes, true).map_err(failed)?;
            Ok(keypair)
        }
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_keeps_its_name_across_restarts() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("identity.key");
        let first = open_identity(&path).expect("made").public();
        assert_eq!(open_identity(&path).expect("read").public(), first);
        std::fs::write(&path, b"something else").expect("writable");
        assert!(matches!(open_identity(&path), Err(IdentityError::Malformed { .. })));
    }
}
