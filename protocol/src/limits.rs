//! Every bound of the protocol: what it limits, in which unit, and why it is what it is.
//!
//! A bound on what others send stands in SPEC; a bound on what this node keeps is its own affair.

use crate::units::{Slot, UnixMillis};
/// The encoding version of headers and the first genesis.
pub const PROTOCOL_VERSION: u16 = 1;
/// The version of what nodes say to each other (SPEC N-1): 3 has votes, certificates, changes of
/// authorities and evidence.
pub const WIRE_VERSION: u16 = 3;
/// The newest version of genesis (SPEC G-1): 2 bounds how a state grows, 3 has charters.
pub const GENESIS_VERSION: u16 = 3;

// --- Values -------------------------------------------------------------------------------------

/// Keys in a threshold lock (SPEC K-3): a board or a family, not an electorate.
pub const THRESHOLD_KEYS_MAX: usize = 16;
/// Bytes of a token's display name (SPEC A-3).
pub const NAME_BYTES_MAX: usize = 64;
/// Decimals of a token (SPEC A-3): as many as other ledgers use, and 10^30 base units still hold a
/// trillion whole tokens.
pub const DECIMALS_MAX: u8 = 18;
/// Bytes of a transaction's memo (SPEC T-1): an invoice number or a sentence.
pub const MEMO_BYTES_MAX: usize = 256;

// --- Transactions -------------------------------------------------------------------------------

/// Actions in a transaction (SPEC T-1).
pub const ACTIONS_MAX: usize = 64;
/// Witnesses of a transaction: as many as the sender and one more for each action (SPEC T-4).
pub const WITNESSES_MAX: usize = ACTIONS_MAX + 1;
/// Signatures in a transaction (SPEC T-5): what bounds the time to check it.
pub const SIGNATURES_MAX: usize = 128;
/// Bytes of an encoded transaction (SPEC T-5).
pub const TRANSACTION_BYTES_MAX: usize = 32 * 1024;

// --- Genesis ------------------------------------------------------------------------------------

/// Bytes of a network's name (SPEC G-1).
pub const NETWORK_NAME_BYTES_MAX: usize = 32;
/// Authorities of a network (SPEC G-1): a turn must come round in sensible time.
pub const AUTHORITIES_MAX: usize = 64;
/// Tokens in a genesis (SPEC G-1).
pub const GENESIS_TOKENS_MAX: usize = 64;
/// Balances in a genesis (SPEC G-1).
pub const GENESIS_BALANCES_MAX: usize = 4096;
/// Addresses that a genesis allows to create tokens (SPEC G-1).
pub const CREATORS_MAX: usize = 64;
/// Shortest slot in milliseconds (SPEC G-3): below, even one machine cannot keep up.
pub const SLOT_MS_MIN: u32 = 50;
/// Longest slot in milliseconds (SPEC G-3).
pub const SLOT_MS_MAX: u32 = 600_000;
/// Longest time in milliseconds that a transaction may be valid (SPEC G-3): 30 days.
pub const LIFETIME_MS_MAX: u64 = 30 * 24 * 3600 * 1000;
/// Latest genesis time in milliseconds since 1970 (SPEC G-3): far enough from `u64::MAX` that no
/// slot's time overflows.
pub const GENESIS_TIME_MAX: UnixMillis = UnixMillis::new(1 << 53);
/// Highest slot (SPEC B-4): `2^40 * SLOT_MS_MAX` stays far below `u64::MAX`.
pub const SLOT_MAX: Slot = Slot::new(1 << 40);
/// Most balances and tokens that a genesis with deposits may allow (SPEC G-3): far more than a
/// node holds in memory, and a deposit is computed without overflow.
pub const PLACES_MAX: u64 = 1 << 27;
/// The part of all places that takes no deposit (SPEC L-10): a quarter, so that a village never
/// notices, and three quarters are left to those who have something when the quarter is full.
pub const FREE_PART: u64 = 4;
/// Bytes of an encoded genesis.
pub const GENESIS_BYTES_MAX: usize = 1024 * 1024;

// --- Policies -----------------------------------------------------------------------------------

/// Named accounts of a charter (SPEC R-1).
pub const CHARTER_ACCOUNTS_MAX: usize = 16;
/// Clauses of a charter (SPEC R-1): what a person reads in a few minutes.
pub const CLAUSES_MAX: usize = 32;
/// Bytes of an encoded charter (SPEC R-1): more than 16 locks of 16 keys and 32 clauses without
/// formulas take.
pub const CHARTER_BYTES_MAX: usize = 12 * 1024;
/// Terms of a formula (SPEC R-13): its worst case is known, and a person still reads it.
pub const FORMULA_TERMS_MAX: usize = 32;
/// Bytes of the name of an account or role in a charter (SPEC R-2): 12 Hangul syllables.
pub const CHARTER_NAME_BYTES_MAX: usize = 36;
/// Longest period in seconds (SPEC R-3): 36,500 days.
pub const PERIOD_SECONDS_MAX: u32 = 36_500 * 86_400;
/// Last minute since 1970 of which a charter speaks (SPEC R-3): the end of 2499.
pub const INSTANT_MINUTES_MAX: u32 = 278_753_759;
/// Milliseconds after its notice within which an amendment is in force (SPEC R-12): a year.
pub const AMENDMENT_AHEAD_MS_MAX: u64 = 365 * 86_400_000;
/// Most days over which something is drawn evenly (SPEC R-4).
pub const SPREAD_DAYS_MAX: u32 = 36_500;
/// Millionths of the whole (SPEC R-4).
pub const RATE_MAX: u32 = 1_000_000;

// --- Blocks -------------------------------------------------------------------------------------

/// Bytes of an encoded block (SPEC B-8).
pub const BLOCK_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Transactions in a block (SPEC B-8): more than fit, so that the bytes decide.
pub const BLOCK_TRANSACTIONS_MAX: usize = 16 * 1024;
/// Bytes of transactions that a leader may always put into a block, however slow the network seems:
/// any transaction fits twice, and some hundred payments.
pub const BLOCK_PACE_BYTES_MIN: usize = 64 * 1024;
/// Milliseconds from one block to the next on a quiet network, at most (SPEC F-10).
pub const HEARTBEAT_MS: u64 = 10_000;
/// The longest heartbeat that an operator may choose, in milliseconds: others rely on it.
pub const HEARTBEAT_MS_MAX: u64 = 60_000;
/// Slots ahead of the clock for which a block is held (SPEC B-9).
pub const FUTURE_SLOTS_MAX: u64 = 64;

// --- The chain in memory ------------------------------------------------------------------------

/// Heights below the head whose states are kept: what a reorg can reach without undo records.
pub const STATES_KEPT: u64 = 256;
/// Bytes of memory that these states and their blocks take besides the head's: fewer are kept when
/// blocks are large, and all the others are read from disk.
pub const STATES_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Heights below the head whose states are kept however much they take: a client that asks for a
/// proof about the head that it was just told finds it.
pub const STATES_KEPT_MIN: u64 = 4;
/// Bytes of side blocks kept outside the best two branches (SPEC C-2).
pub const SIDE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Headers kept that are not of the head's chain (SPEC C-2).
pub const SIDE_HEADERS_MAX: usize = 200_000;
/// Blocks by gossip for one slot and leader (SPEC C-2): two show the equivocation.
pub const GOSSIP_BLOCKS_PER_SLOT: usize = 2;
/// Transaction ids that a reorg record names before it only counts (SPEC C-3).
pub const REORG_IDS_MAX: usize = 1000;
/// Transactions of abandoned branches, on disk, that wait for room in the pool (SPEC C-4): some
/// 8 MiB of places where to read them.
pub const RETURNING_MAX: usize = 1_000_000;
/// Reorg records that are kept.
pub const REORGS_KEPT: usize = 1000;

// --- The pool -----------------------------------------------------------------------------------

/// Bytes of memory that waiting transactions take (SPEC P-3).
pub const POOL_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes among them that cannot be applied yet (SPEC P-3).
pub const PARKED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of one sender among them (SPEC P-3): some 3,000 ordinary payments.
pub const SENDER_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Dropped transactions of which a node remembers the status.
pub const DROPPED_KEPT: usize = 65_536;

// --- Signatures ---------------------------------------------------------------------------------

/// Signatures of which a node remembers that they verified: those of a few full blocks, in about
/// 6 MiB.
pub const VERIFIED_MAX: usize = 131_072;

// --- Receipts -----------------------------------------------------------------------------------

/// Headers from a block to the committed one above it in a receipt: two hours without finality at
/// slots of two seconds.
pub const RECEIPT_HEADERS_MAX: usize = 4096;
/// Changes of authorities in a receipt: all since genesis, one after the other.
pub const RECEIPT_CHANGES_MAX: usize = 1024;
/// Bytes of an encoded receipt.
pub const RECEIPT_BYTES_MAX: usize = 16 * 1024 * 1024;

// --- The network --------------------------------------------------------------------------------

/// Bytes of a gossip message of transactions (SPEC N-2): larger batches carry no more per second.
pub const GOSSIP_BATCH_BYTES: usize = 64 * 1024;
/// Bytes of any message on the wire (SPEC N-1): a block and its frame.
pub const MESSAGE_BYTES_MAX: usize = BLOCK_BYTES_MAX + 1024;
/// Bytes of a vote or commit (SPEC N-1).
pub const BALLOT_BYTES: usize = 4 + 8 + 32 + 32 + 64;
/// Bytes of a piece of evidence (SPEC F-11): two headers with certificates of 64 authorities, many
/// times over.
pub const EVIDENCE_BYTES_MAX: usize = 64 * 1024;
/// Headers in a piece of evidence (SPEC F-11).
pub const EVIDENCE_HEADERS_MAX: usize = 512;
/// Pieces of evidence that a node keeps (SPEC F-11): one of each kind against each of 64
/// authorities, and as many against those that were.
pub const EVIDENCE_KEPT_MAX: usize = 512;
/// Slots for which a node keeps the votes behind its commits (SPEC F-12).
pub const VOTES_KEPT_SLOTS: u64 = 1 << 17;
/// Pieces of evidence in an answer (SPEC N-4).
pub const EVIDENCE_ANSWER_MAX: usize = 16;
/// Bytes of a request (SPEC N-1).
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a status (SPEC N-3).
pub const STATUS_BYTES_MAX: usize = 8 * 1024;
/// Transactions in a gossip message or an answer (SPEC N-2).
pub const BATCH_TRANSACTIONS_MAX: usize = 4096;
/// Hashes by which a peer says where its chain leaves ours (SPEC N-4).
pub const LOCATOR_HASHES_MAX: usize = 64;
/// Headers in an answer (SPEC N-4).
pub const HEADERS_MAX: usize = 512;
/// Blocks in a request (SPEC N-4).
pub const BLOCKS_MAX: usize = 64;
/// Ids in a request or answer about waiting transactions (SPEC N-5).
pub const IDS_MAX: usize = 1024;
/// Addresses in a status (SPEC N-3).
pub const ADDRESSES_MAX: usize = 16;
/// Bytes of one such address.
pub const ADDRESS_BYTES_MAX: usize = 256;
/// Bytes of a program's name and version in a status.
pub const AGENT_BYTES_MAX: usize = 64;

const _: () = assert!(TRANSACTION_BYTES_MAX * 2 < BLOCK_BYTES_MAX, "a block holds any transaction");
const _: () = assert!(TRANSACTION_BYTES_MAX * 2 <= BLOCK_PACE_BYTES_MIN, "no leader is stuck");
const _: () = assert!(TRANSACTION_BYTES_MAX <= GOSSIP_BATCH_BYTES, "a batch holds any transaction");
const _: () = assert!(IDS_MAX * 32 + 1024 <= REQUEST_BYTES_MAX, "a full list of ids fits");
const _: () = assert!(EVIDENCE_KEPT_MAX * 36 + 1024 <= REQUEST_BYTES_MAX, "a full list fits");
const _: () = assert!(
    EVIDENCE_ANSWER_MAX * EVIDENCE_BYTES_MAX + 1024 <= MESSAGE_BYTES_MAX,
    "a full answer fits"
);
const _: () = assert!(PARKED_BYTES_MAX <= POOL_BYTES_MAX, "parked transactions are in the pool");
const _: () = assert!(GENESIS_TIME_MAX.get() < u64::MAX - SLOT_MAX.get() * SLOT_MS_MAX as u64);
