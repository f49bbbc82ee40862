//! Files that carry a transaction from signer to signer.

use std::path::Path;

use coinage_files as files;
use coinage_model::submission::TransactionFormat;
use coinage_model::transaction::TransactionJson;
use coinage_model::{shape, text};
use coinage_protocol::{ChainId, Transaction, TransactionId};
use serde::{Deserialize, Serialize};

use super::failure::Failure;

/// Bytes of a transaction file at most: a transaction of 32 KiB is no larger in JSON, not even with
/// all its signatures.
const FILE_BYTES_MAX: u64 = 256 * 1024;
/// Permissions of a transaction file, for everybody to read: what it says becomes public anyway.
const MODE: u32 = 0o644;

/// A transaction, perhaps with signatures still missing, and the network it is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TransactionDocument {
    pub(crate) chain: ChainId,
    pub(crate) transaction: Transaction,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: TransactionFormat,
    #[serde(with = "text")]
    chain_id: ChainId,
    transaction: TransactionJson,
}

impl TransactionDocument {
    /// Returns the id that names the transaction on its network.
    pub(crate) fn id(&self) -> TransactionId {
        self.transaction.body.id(&self.chain)
    }

    /// Reads a transaction file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let refused = |cause: String| {
            let sentence = format!("cannot read a transaction from {}: {cause}", path.display());
            Failure::new("usage.transaction_file", sentence)
        };
        let bytes =
            files::read_given(path, FILE_BYTES_MAX).map_err(|error| refused(error.to_string()))?;
        Self::from_bytes(&bytes).map_err(refused)
    }

    /// Writes a new transaction file, or replaces the one that was read as a whole.
    pub(crate) fn write(&self, path: &Path, replace: bool) -> Result<(), Failure> {
        let bytes = self.to_bytes();
        let written = if replace {
            files::write_atomically(path, &bytes, MODE)
        } else {
            files::create_atomically(path, &bytes, MODE)
        };
        written.map_err(|error| Failure::unwritten(path, &error))
    }

    /// The document that these bytes are.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let bytes = files::without_byte_order_mark(bytes);
        let written: Written = shape::read(bytes).map_err(|error| shape::describe(&error))?;
        let transaction = written.transaction.try_into();
        let transaction =
            transaction.map_err(|error: coinage_protocol::ThresholdError| error.to_string())?;
        Ok(Self { chain: written.chain_id, transaction })
    }

    /// The bytes of the file.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let transaction = (&self.transaction).into();
        let written = Written { format: TransactionFormat::V1, chain_id: self.chain, transaction };
        let mut bytes = serde_json::to_vec_pretty(&written).expect("strings become JSON");
        bytes.push(b'\n');
        bytes
    }
}

#[cfg(test)]
mod tests {
    use coinage_protocol::{Address, Body, Bounded, Text, UnixMillis};

    use super::*;

    #[test]
    fn a_file_gives_back_what_was_written_and_is_not_overwritten_by_chance() {
        let sender = Address::new([1; 32]);
        let (salt, expires_at) = (u64::MAX, 5);
        let body = Body {
            sender,
            salt,
            expires_at: UnixMillis::new(expires_at),
            actions: Bounded::default(),
            memo: Text::default(),
        };
        let transaction = Transaction { body, witnesses: Bounded::default() };
        let document = TransactionDocument { chain: ChainId::new([2; 32]), transaction };
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("swap.json");
        document.write(&path, false).expect("written");
        assert_eq!(document.write(&path, false).expect_err("taken").code, "file.write");
        document.write(&path, true).expect("replaced");
        assert_eq!(TransactionDocument::read(&path).expect("read"), document);
        assert_eq!(std::fs::read_dir(directory.path()).expect("listed").count(), 1);
    }
}
