//! Every rule of a Coinage network, and the whole behaviour of a node, as a pure state machine.
//!
//! No clock, no network, no disk, no threads, no randomness but a seed: the compiler sees to it,
//! because this crate is `no_std`. The same inputs give the same outputs, on every machine.
//!
//! Rules are cited by their number in `SPEC.md` (`SPEC B-4`). The modules, in the order in which
//! one reads them; each needs only what stands before it:
//!
//! 1. `limits`: every bound, and why it is what it is.
//! 2. `units`: heights, slots and times, each a type.
//! 3. `bounded`: lists and texts that cannot be longer than that.
//! 4. `codec`: the only encoder and decoder.
//! 5. `hash`: SHA-256 with a tag for each use, and a type for each kind of hash.
//! 6. `keys`: Ed25519 keys and signatures, one by one and in batches.
//! 7. `amount`, `symbol`, `lock`: how much, of which token, and who may spend it.
//! 8. `verified`: signatures that were verified before; `looks`: what hides in a name.
//! 9. `policy`: charters, the rules of a coin as typed clauses; `transaction`: what people sign,
//!    and every check that needs no state.
//! 10. `merkle`, `trie`: the trees over transactions and state, and their proofs.
//! 11. `ledger`: the state; `apply/` is what an action does, `block.rs` the one way to execute a
//!     block.
//! 12. `authority`: the keys that sign blocks, and whose turn a slot is.
//! 13. `finality`: votes, commits and their certificates; what an authority may sign.
//! 14. `block`: headers and bodies, and every check that needs no chain; `evidence`: two signatures
//!     that convict an authority.
//! 15. `genesis`, `chain_spec`: what a network begins with, and what follows from it; `receipt`:
//!     what shows without a node that a block is final.
//! 16. `chain`: the tree of blocks, the one order of tips, and the way to a better branch.
//! 17. `mempool`: transactions that wait.
//! 18. `blame`, `wire`: what an offence costs, and everything that nodes say to each other.
//! 19. `validate`: from bytes of strangers to checked messages.
//! 20. `signed_slots`: the slots that a key has signed for.
//! 21. [`engine`]: inputs in, effects out. `engine/mod.rs` is the one match; each family of inputs
//!     has a file.
//!
//! `examples/one_block.rs` makes a network and its first block.
#![cfg_attr(not(test), no_std)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::iter_over_hash_type,
    clippy::wildcard_enum_match_arm,
    clippy::match_wildcard_for_single_variants
)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::indexing_slicing))]

extern crate alloc;

mod amount;
mod authority;
mod blame;
mod block;
mod bounded;
mod chain;
mod chain_spec;
mod codec;
pub mod engine;
mod evidence;
mod finality;
mod genesis;
mod hash;
mod keys;
mod ledger;
pub mod limits;
mod lock;
mod looks;
mod mempool;
mod merkle;
mod policy;
mod receipt;
#[cfg(test)]
mod samples;
mod signed_slots;
mod symbol;
mod transaction;
mod trie;
mod units;
mod validate;
mod verified;
mod wire;

pub use self::amount::{Amount, AmountTooLarge};
pub use self::authority::{
    AuthorityChange, AuthoritySet, AuthorityStep, CertificateError, ChangeError, HeaderContext,
    KnownAuthorities, quorum,
};
pub use self::blame::{Offence, Verdict};
pub use self::block::{
    Block, BlockError, CheckedBlock, Header, HeaderError, SignedHeader, VerifiedHeader,
    WellFormedHeader,
};
pub use self::bounded::{Bounded, Text, TextError, TooMany};
pub use self::chain::{InForce, Pending, ReorgCounts, ReorgOutcome, ReorgRecord, ReorgRule, Tip};
pub use self::chain_spec::ChainSpec;
pub use self::codec::{DecodeError, Fault, decode, encode, encoded_len, fault, is_truncated};
pub use self::evidence::{CheckedEvidence, Evidence, EvidenceError, EvidenceKind};
pub use self::finality::{
    Ballot, Candidate, Certificate, CheckedBallot, Conflict, NamedCertificate, Phase, Pledge,
    VotingMemory,
};
pub use self::genesis::{Genesis, GenesisBalance, GenesisError, GenesisToken};
pub use self::hash::{
    AuthoritiesHash, BlockHash, ChainId, CharterHash, FullHash, ParseHashError, StateRoot,
    TransactionId, TransactionsRoot, WitnessesHash,
};
pub use self::keys::{KeyError, PublicKey, SecretKey, Signature, SignatureBatch};
pub use self::ledger::{
    Amendment, BadUses, BlockContext, BlockExecution, Change, Changes, Chartered, ClauseUse,
    ClauseUses, Counts, DEPOSITS, Entry, ExecutionError, ExpiryError, Fee, Growth, Key,
    LedgerError, Overlay, Passes, PolicyBounds, PolicyReason, PolicyRefusal, Rules, Standing,
    State, SupplyMismatch, Token, Usage, apply_block, apply_transaction, check_window, place_price,
};
pub use self::lock::{Address, Lock, ParseAddressError, Threshold, ThresholdError};
pub use self::mempool::{DropReason, Refusal, TransactionStatus};
pub use self::merkle::{InclusionProof, transactions_root};
pub use self::policy::{
    AccountId, BadFormula, BadInstant, BadName, BadPeriod, BadRate, Ceiling, Charter, CharterError,
    CharterParts, Clause, ClauseId, Figures, Formula, Holder, Instant, Name, NamedAccount, Party,
    Period, PeriodNumber, RESERVED, Rate, RoleId, Term, ValueKind,
};
pub use self::receipt::{
    ChangeProof, FinalityProof, FinalityProofError, Receipt, ReceiptError, Settled, authority_sets,
};
pub use self::signed_slots::{STRETCHES_MAX, SignedSlots};
pub use self::symbol::{BadSymbol, FoldedSymbol, Symbol};
pub use self::transaction::{
    Action, Body, CheckedTransaction, CreateToken, Footprint, KeySignature, Movement, MovementKind,
    Transaction, TransactionError, Witness, Witnesses, check_all, check_each,
};
pub use self::trie::StateProof;
pub use self::units::{Height, Slot, UnixMillis};
pub use self::validate::{CheckedAnswer, CheckedGossip, Rejection, check_answer, check_gossip};
pub use self::verified::{Claim, Verified, VerifiedTable};
pub use self::wire::{Answer, Request, Status, Topic, TransactionBatch};
