//! The genesis file on disk.

use std::io;
use std::path::{Path, PathBuf};

use coinage_files as files;
use coinage_model::genesis::GenesisFile;
use coinage_model::{Fingerprint, shape};
use coinage_protocol::Genesis;

/// Bytes of a genesis file: four times what the largest genesis needs.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The reason why a genesis file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GenesisFileError {
    /// The file cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
    /// The file is too large for any genesis.
    #[error("{}: larger than {FILE_BYTES_MAX} bytes, so not a genesis file", path.display())]
    TooLarge {
        /// Path of the file.
        path: PathBuf,
    },
    /// The file is not a genesis in JSON.
    #[error("{}: {}", path.display(), said(*line, field, problem))]
    Content {
        /// Path of the file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// Path of the field in the JSON (`balances[3].amount`); `.` is the file as a whole.
        field: String,
        /// Description of what is wrong in that field.
        problem: String,
    },
}

/// Reads a genesis file. The order of tokens, balances and creators does not matter; the order of
/// authorities does. Whether it makes a network,
/// [`ChainSpec::new`](coinage_protocol::ChainSpec::new) decides.
///
/// # Errors
///
/// [`GenesisFileError`], which names file, line and field.
pub fn read(path: &Path) -> Result<Genesis, GenesisFileError> {
    read_file(path).map(Genesis::from)
}

/// Reads a genesis file with what it says beside the genesis.
///
/// # Errors
///
/// [`GenesisFileError`], which names file, line and field.
pub fn read_file(path: &Path) -> Result<GenesisFile, GenesisFileError> {
    let bytes = files::read_bounded(path, FILE_BYTES_MAX).map_err(|error| match error.kind() {
        io::ErrorKind::FileTooLarge => GenesisFileError::TooLarge { path: path.into() },
        _ => GenesisFileError::Io { path: path.into(), error },
    })?;
    parse(&bytes, path)
}

/// Writes a new genesis file, durably. An existing file is never replaced.
///
/// # Errors
///
/// [`GenesisFileError::Io`] if the file exists or cannot be written.
pub fn write(path: &Path, file: impl Into<GenesisFile>) -> Result<(), GenesisFileError> {
    let failed = |error| GenesisFileError::Io { path: path.into(), error };
    let text = text(&file.into()).map_err(failed)?;
    files::create_atomically(path, text.as_bytes(), 0o644).map_err(failed)
}

/// Notes in the genesis file of a node which key its network has.
///
/// # Errors
///
/// [`GenesisFileError`] if the file is none or cannot be written; it is then as it was before.
pub fn note_network_key(path: &Path, key: Fingerprint) -> Result<(), GenesisFileError> {
    let failed = |error| GenesisFileError::Io { path: path.into(), error };
    let file = GenesisFile { network_key: Some(key), ..read_file(path)? };
    let text = text(&file).map_err(failed)?;
    files::write_atomically(path, text.as_bytes(), 0o644).map_err(failed)
}

fn text(file: &GenesisFile) -> io::Result<String> {
    Ok(serde_json::to_string_pretty(file)? + "\n")
}

/// Says what is wrong where, and of no field if the text is none at all.
fn said(line: usize, field: &str, problem: &str) -> String {
    match field {
        "." | "?" if problem.contains("ends in the middle") || problem.contains("is no JSON") => {
            format!("this is no genesis file: {problem}")
        }
        "." | "?" => format!("line {line}: {problem}"),
        field => format!("line {line}, field {field}: {problem}"),
    }
}

/// Reads the text of a genesis file; `path` is named in errors only.
pub fn parse(bytes: &[u8], path: &Path) -> Result<GenesisFile, GenesisFileError> {
    let wrong = |field: String, error: &serde_json::Error| {
        let line = error.line();
        let text = shape::describe(error);
        let place = format!("line {line}: ");
        let problem = text.strip_prefix(&place).unwrap_or(&text).into();
        GenesisFileError::Content { path: path.into(), line, field, problem }
    };
    let mut json = serde_json::Deserializer::from_slice(files::without_byte_order_mark(bytes));
    let file = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| wrong(error.path().to_string(), error.inner()))?;
    json.end().map_err(|error| wrong(".".into(), &error))?;
    Ok(file)
}

#[cfg(test)]
mod tests;
