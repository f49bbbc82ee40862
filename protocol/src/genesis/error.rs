//! Reasons why a genesis makes no network.

use crate::keys::PublicKey;
use crate::limits::{
    DECIMALS_MAX, GENESIS_TIME_MAX, GENESIS_VERSION, LIFETIME_MS_MAX, PLACES_MAX, SLOT_MS_MAX,
    SLOT_MS_MIN,
};
use crate::symbol::Symbol;
use crate::units::UnixMillis;

/// The reason why a genesis makes no network (SPEC G-3).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GenesisError {
    /// The version is unknown.
    #[error("genesis version {version}, this program knows 1 to {GENESIS_VERSION}")]
    Version {
        /// The version asked for.
        version: u16,
    },
    /// Bounds on growth in version 1, or none in a later one.
    #[error("bounds on growth belong to genesis versions 2 and 3, and must be in them")]
    GrowthOfOtherVersion,
    /// Charters or their bounds in version 1 or 2, or none in a later one.
    #[error("charters and their bounds belong to genesis version 3, which must have bounds")]
    ChartersOfOtherVersion,
    /// Fees or deposits would be in coins that accounts owe (SPEC R-14).
    #[error("{token} is made of debts, so neither fees nor deposits can be in it")]
    OwedToken {
        /// Token of the fee or of deposits.
        token: Symbol,
    },
    /// Blocks that could hold no new balance.
    #[error("a block must be allowed to grow the state by at least one balance or token")]
    NoGrowth,
    /// The rules allow more places than deposits are reckoned for.
    #[error("with deposits, balances and tokens must be at most {PLACES_MAX} each")]
    TooManyPlaces,
    /// The genesis time is too far away.
    #[error("the genesis time {time} is beyond {GENESIS_TIME_MAX} ms since 1970")]
    Time {
        /// Genesis time that was given, in milliseconds since 1970.
        time: UnixMillis,
    },
    /// The slot is too short or too long.
    #[error("a slot of {slot_ms} ms, it must be {SLOT_MS_MIN} to {SLOT_MS_MAX} ms")]
    Slot {
        /// Length of a slot that was given, in milliseconds.
        slot_ms: u32,
    },
    /// There is nobody who could write blocks.
    #[error("there must be at least one authority")]
    NoAuthority,
    /// An authority is named twice.
    #[error("the authority {key} is named twice")]
    AuthorityTwice {
        /// Key of the authority.
        key: PublicKey,
    },
    /// Transactions could not be valid, or for too long.
    #[error("transactions may live {lifetime_ms} ms, it must be 1 to {LIFETIME_MS_MAX} ms")]
    Lifetime {
        /// Lifetime of transactions that was given, in milliseconds.
        lifetime_ms: u64,
    },
    /// A list is not in strictly increasing order (SPEC E-5).
    #[error("one of the {list} is named twice, or they are not in increasing order")]
    Order {
        /// Name of the list.
        list: &'static str,
    },
    /// The token has too many decimals.
    #[error("{token} has {decimals} decimals, at most {DECIMALS_MAX} are allowed")]
    Decimals {
        /// Symbol of the token.
        token: Symbol,
        /// Number of the token's decimals.
        decimals: u8,
    },
    /// A balance or the fee is of a token that is not in the genesis.
    #[error("{token} is not a token of this genesis")]
    UnknownToken {
        /// Symbol of the token.
        token: Symbol,
    },
    /// A token is there with a charter and without.
    #[error("{token} is there with a charter and without")]
    TokenTwice {
        /// Symbol of the token.
        token: Symbol,
    },
    /// Two tokens look alike (SPEC A-4).
    #[error("{token} looks like {other}")]
    LooksLike {
        /// Symbol of the one.
        token: Symbol,
        /// The other of the two.
        other: Symbol,
    },
    /// The name of a token holds a character that nobody sees (SPEC A-4).
    #[error("the name of {token} has a character that nobody sees or that turns the text around")]
    HiddenCharacter {
        /// Symbol of the token.
        token: Symbol,
    },
    /// A balance or the fee is zero.
    #[error("an amount of {token} is zero")]
    ZeroAmount {
        /// Symbol of the token.
        token: Symbol,
    },
    /// The balances of a token exceed its cap, or what any token may have.
    #[error("the balances of {token} exceed its cap")]
    CapExceeded {
        /// Symbol of the token.
        token: Symbol,
    },
    /// A token without units that nobody can mint.
    #[error("{token} would never have any units: no balance and no issuer")]
    NeverAnyUnits {
        /// Symbol of the token.
        token: Symbol,
    },
    /// The genesis has more balances or tokens than its own rules allow.
    #[error("the genesis has {got} {what}, its rules allow {max}")]
    AboveOwnLimit {
        /// Word for what there is too much of: balances or tokens.
        what: &'static str,
        /// Number of balances or tokens in the genesis.
        got: u64,
        /// Number of balances or tokens that the rules of the genesis allow.
        max: u64,
    },
}
