//! Fuzz targets for transactions, proofs, receipts and genesis files.

use std::path::Path;

use coinage_client::proof;
use coinage_keys::genesis_file::{self, GenesisFileError};
use coinage_model::genesis::GenesisFile;
use coinage_model::proof::ProofDocument;
use coinage_model::receipt::ReceiptDocument;
use coinage_model::shape;
use coinage_protocol::limits::RECEIPT_BYTES_MAX;
use coinage_protocol::{ChainSpec, Genesis, Receipt, decode, encode};

use crate::cli::document::TransactionDocument;
use crate::cli::merge;

/// Reads a genesis file: written anew it is the same, and what makes a network makes the same one.
pub(super) fn genesis(bytes: &[u8]) {
    let path = Path::new("genesis.json");
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
    let file = match genesis_file::parse(bytes, path) {
        Ok(file) => file,
        Err(GenesisFileError::Content { line, .. }) => {
            assert!(line <= lines + 1, "an error in a line that is not there");
            return;
        }
        Err(error) => unreachable!("a text is neither missing nor too large: {error}"),
    };
    let genesis = Genesis::from(file);
    let text = serde_json::to_vec_pretty(&GenesisFile::from(&genesis)).expect("JSON");
    let again = Genesis::from(genesis_file::parse(&text, path).expect("what was written is read"));
    assert_eq!(again, genesis, "another genesis");
    if let Ok(spec) = ChainSpec::new(genesis) {
        let again = ChainSpec::new(again).expect("it was in order");
        assert_eq!(again.chain(), spec.chain(), "another network");
    }
}

/// Reads an exported proof: it is written as it was read, and what it proves does not depend on
/// that.
pub(super) fn proof(bytes: &[u8]) {
    let Ok(document) = shape::read::<ProofDocument>(bytes) else { return };
    let text = serde_json::to_vec_pretty(&document).expect("JSON");
    let again: ProofDocument = shape::read(&text).expect("what was written is read");
    assert_eq!(again, document, "another proof");
    let proven = proof::check(&document, None).map_err(|error| error.to_string());
    let of_both = proof::check(&again, None).map_err(|error| error.to_string());
    assert_eq!(of_both, proven, "it proves something else");
}

/// Reads a receipt: what it says is all that its bytes are, in JSON and encoded.
pub(super) fn receipt(bytes: &[u8]) {
    let Ok(document) = ReceiptDocument::read(bytes) else { return };
    assert_eq!(document.write().expect("JSON"), bytes, "another spelling");
    let Ok(receipt) = Receipt::try_from(&document) else { return };
    assert_eq!(ReceiptDocument::from(&receipt), document, "another receipt");
    assert_eq!(decode(&encode(&receipt), RECEIPT_BYTES_MAX), Ok(receipt), "another encoding");
}

/// Reads transaction files, one after the other with a zero byte between them, as somebody merges
/// them.
pub(super) fn documents(bytes: &[u8]) {
    let path = Path::new("tx.json");
    let mut copies = Vec::new();
    for bytes in bytes.split(|byte| *byte == 0).take(4) {
        let Ok(document) = TransactionDocument::from_bytes(bytes) else { return };
        let again = TransactionDocument::from_bytes(&document.to_bytes());
        assert_eq!(again.as_ref(), Ok(&document), "another document");
        copies.push((path, document));
    }
    let Ok(merged) = merge::merged(&copies) else { return };
    let again = TransactionDocument::from_bytes(&merged.to_bytes());
    assert_eq!(again, Ok(merged.clone()), "what was merged is not read");
    let once_more = merge::merged(&[(path, merged.clone())]).expect("it was merged before");
    assert_eq!(once_more, merged, "merging alone changes something");
    let witnesses = &merged.transaction.witnesses;
    assert!(
        witnesses.windows(2).all(|pair| pair[0].lock.address() < pair[1].lock.address()),
        "two witnesses of one address"
    );
}
