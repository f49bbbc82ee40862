//! The key by which peers know a node.

use std::io;
use std::path::Path;

use coinage_files as files;
use libp2p_identity::Keypair;

use super::KeyFileError;

const NAME: &str = "node.key";
const FILE_BYTES_MAX: u64 = 1024;

/// The identity of the node whose data directory this is, made if there is none yet.
///
/// # Errors
///
/// [`KeyFileError`] if there is something else in its place, others may read it, or the directory
/// cannot be written to.
pub fn node_key(directory: &Path) -> Result<Keypair, KeyFileError> {
    let path = directory.join(NAME);
    let failed = |error| KeyFileError::io(&path, error);
    if !path.try_exists().map_err(failed)? {
        let new = Keypair::generate_ed25519();
        let bytes =
            new.to_protobuf_encoding().map_err(|error| KeyFileError::format(&path, error))?;
        match files::create_atomically(&path, &bytes, 0o600) {
            // Somebody else was faster: theirs is the node's.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| new).map_err(failed),
        }
    }
    if let Some(mode) = files::open_to_others(&path).map_err(failed)? {
        return Err(KeyFileError::OpenToOthers { path, mode });
    }
    let bytes =
        zeroize::Zeroizing::new(files::read_bounded(&path, FILE_BYTES_MAX).map_err(failed)?);
    Keypair::from_protobuf_encoding(&bytes).map_err(|error| KeyFileError::format(&path, error))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_node_keeps_its_identity() {
        let directory = tempfile::tempdir().expect("a directory");
        let made = node_key(directory.path()).expect("made").public();
        assert_eq!(node_key(directory.path()).expect("read").public(), made);
        let path = directory.path().join(NAME);
        assert_eq!(files::open_to_others(&path).expect("there"), None);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("set");
        let refused = node_key(directory.path()).expect_err("others may read it");
        assert!(matches!(refused, KeyFileError::OpenToOthers { .. }));
    }

    #[test]
    fn a_file_that_is_no_identity_is_refused_and_left() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(NAME);
        for bytes in [&b""[..], b"nonsense", &[8; 2000]] {
            files::write_atomically(&path, bytes, 0o600).expect("written");
            assert!(node_key(directory.path()).is_err());
            assert_eq!(fs::read(&path).expect("read"), bytes);
        }
    }
}
