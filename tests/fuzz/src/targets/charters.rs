//! Charters: texts of any bytes, and a ledger beside a model that judge by charters of any bytes.

use coinage_policy::{FILE_BYTES_MAX, Language, read, write};
use coinage_simulation::charters::{Chance, Trial};

/// Blocks of a trial at most.
const BLOCKS_MAX: usize = 20;

/// Checks any bytes as the text of a policy: what is read has one spelling in each language.
pub(super) fn policy(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let charter = match read(text) {
        Ok(charter) => charter,
        Err(error) => {
            let lines = text.lines().count().max(1);
            assert!((1..=lines).contains(&error.line), "an error is on a line: {error}");
            return;
        }
    };
    assert!(text.len() <= FILE_BYTES_MAX, "longer than a policy may be");
    for language in [Language::English, Language::Korean] {
        let written = write(&charter, language);
        let again = read(&written).expect("what is written is read");
        assert_eq!(again, charter, "{written}");
        assert_eq!(again.hash(), charter.hash());
        assert_eq!(write(&again, language), written, "one text for one charter");
    }
}

/// Plays charters and transactions that the bytes choose, on the ledger and on the model.
pub(super) fn charters(bytes: &[u8]) {
    let mut chance = Chance::Bytes(bytes);
    let mut trial = Trial::new(&mut chance);
    for _ in 0..BLOCKS_MAX {
        if matches!(chance, Chance::Bytes([])) {
            break;
        }
        trial.block(&mut chance);
    }
}
