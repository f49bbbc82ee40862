//! Messages as they come over the wire, before anything but their form is checked.

use coinage_protocol::limits::{
    ADDRESS_BYTES_MAX, ADDRESSES_MAX, AGENT_BYTES_MAX, AUTHORITIES_MAX, BALLOT_BYTES,
    BATCH_TRANSACTIONS_MAX, BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX, BLOCKS_MAX,
    EVIDENCE_ANSWER_MAX, EVIDENCE_KEPT_MAX, GOSSIP_BATCH_BYTES, HEADERS_MAX, IDS_MAX,
    LOCATOR_HASHES_MAX, MESSAGE_BYTES_MAX, REQUEST_BYTES_MAX, STATUS_BYTES_MAX,
};
use coinage_protocol::{
    Answer, Ballot, Block, Certificate, ChainId, Request, Status, Transaction, TransactionBatch,
    encode,
};

use super::canonical::canonical;

/// The bytes of a gossip message of transactions.
pub(super) fn transactions(bytes: &[u8]) {
    let Some(batch) = canonical::<TransactionBatch>(bytes, GOSSIP_BATCH_BYTES) else { return };
    assert!(batch.len() <= BATCH_TRANSACTIONS_MAX, "too many transactions");
    batch.iter().for_each(names);
}

/// The bytes of a gossip message of a block.
pub(super) fn block(bytes: &[u8]) {
    let Some(block) = canonical::<Block>(bytes, BLOCK_BYTES_MAX) else { return };
    assert!(block.transactions.len() <= BLOCK_TRANSACTIONS_MAX, "too many transactions");
    let (one, other) = (ChainId::new([1; 32]), ChainId::new([2; 32]));
    let header = &block.header.header;
    assert_ne!(header.hash(&one), header.hash(&other), "a block belongs to a chain");
    block.transactions.iter().for_each(names);
}

/// The bytes of a gossip message of a vote or commit.
pub(super) fn ballot(bytes: &[u8]) {
    let Some(ballot) = canonical::<Ballot>(bytes, BALLOT_BYTES) else { return };
    assert_eq!(bytes.len(), BALLOT_BYTES, "all ballots have one length");
    let (one, other) = (ChainId::new([1; 32]), ChainId::new([2; 32]));
    let signed = [one, other].map(|chain| ballot.check(&chain, &()).is_ok());
    assert_ne!(signed, [true, true], "a ballot belongs to a chain");
}

/// The bytes of a certificate: what a header or an answer may have, and what a node stores.
pub(super) fn certificate(bytes: &[u8]) {
    let Some(certificate) = canonical::<Certificate>(bytes, bytes.len()) else { return };
    assert!(certificate.signatures.len() <= AUTHORITIES_MAX, "more than authorities");
    assert_eq!(certificate.signers().len(), certificate.signatures.len());
}

/// The bytes of an answer.
pub(super) fn answer(bytes: &[u8]) {
    let (len, max) = match canonical::<Answer>(bytes, MESSAGE_BYTES_MAX) {
        Some(Answer::Headers(headers)) => (headers.len(), HEADERS_MAX),
        Some(Answer::Blocks(blocks)) => (blocks.len(), BLOCKS_MAX),
        Some(Answer::Waiting(ids)) => (ids.len(), IDS_MAX),
        Some(Answer::Transactions(batch)) => (batch.len(), BATCH_TRANSACTIONS_MAX),
        Some(Answer::Certificates { votes, commits, change }) => {
            let shown = votes.iter().chain(&commits).map(|one| &one.certificate.signatures);
            let signers = shown.chain(change.iter().map(|one| &one.signatures));
            (signers.map(|all| all.len()).max().unwrap_or(0), AUTHORITIES_MAX)
        }
        Some(Answer::Evidence(shown)) => (shown.len(), EVIDENCE_ANSWER_MAX),
        Some(Answer::Busy | Answer::Ballots { .. }) | None => (0, 0),
    };
    assert!(len <= max, "too many entries");
}

/// The bytes of a request.
pub(super) fn request(bytes: &[u8]) {
    let (len, max) = match canonical::<Request>(bytes, REQUEST_BYTES_MAX) {
        Some(Request::Headers { locator }) => (locator.len(), LOCATOR_HASHES_MAX),
        Some(Request::Blocks { hashes }) => (hashes.len(), BLOCKS_MAX),
        Some(Request::Transactions { ids }) => (ids.len(), IDS_MAX),
        Some(Request::Evidence { known }) => (known.len(), EVIDENCE_KEPT_MAX),
        Some(Request::Waiting { .. } | Request::Certificates | Request::Ballots { .. }) | None => {
            (0, 0)
        }
    };
    assert!(len <= max, "too many entries");
}

/// The bytes of a status.
pub(super) fn status(bytes: &[u8]) {
    let Some(status) = canonical::<Status>(bytes, STATUS_BYTES_MAX) else { return };
    assert!(status.agent.as_str().len() <= AGENT_BYTES_MAX, "too long a name");
    assert!(status.addresses.len() <= ADDRESSES_MAX, "too many addresses");
    let texts = status.addresses.iter().map(|address| address.as_str());
    for text in texts.chain([status.agent.as_str()]) {
        assert!(text.len() <= ADDRESS_BYTES_MAX, "too long an address");
        assert!(!text.chars().any(char::is_control), "a control character");
    }
}

/// Checks that no two transactions share a name, and that witnesses do not change the id
/// (SPEC T-2, M-1).
fn names(transaction: &Transaction) {
    let (one, other) = (ChainId::new([1; 32]), ChainId::new([2; 32]));
    assert_ne!(transaction.body.id(&one), transaction.body.id(&other), "it belongs to a chain");
    let mut changed = transaction.clone();
    changed.body.salt = changed.body.salt.wrapping_add(1);
    assert_ne!(transaction.body.id(&one), changed.body.id(&one), "the salt is part of the id");
    assert_ne!(encode(transaction), encode(&changed), "the salt is part of the encoding");
    changed = transaction.clone();
    changed.witnesses = Default::default();
    assert_eq!(transaction.body.id(&one), changed.body.id(&one), "witnesses change the id");
    let same = transaction.full_hash(&one) == changed.full_hash(&one);
    assert_eq!(same, transaction.witnesses.is_empty(), "the full hash covers the witnesses");
}
