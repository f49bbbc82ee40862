//! Reasons why a transaction does not fit the state.

use alloc::boxed::Box;

use super::PolicyRefusal;
use crate::amount::Amount;
use crate::lock::Address;
use crate::symbol::Symbol;
use crate::units::UnixMillis;

/// The reason why the ledger refuses a transaction in a certain state. Blame: nobody, if somebody
/// sent the transaction on, because states differ between honest nodes; the leader, if it stands in
/// a block.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LedgerError {
    /// The transaction takes more than the address has (SPEC L-4, L-5, L-7).
    #[error("{address} has {have} base units of {token}, {need} are needed")]
    InsufficientBalance {
        /// Address that has too little.
        address: Address,
        /// Token that it has too little of.
        token: Symbol,
        /// Amount that the address has.
        have: Amount,
        /// Amount that the transaction takes.
        need: Amount,
    },
    /// There is no such token.
    #[error("there is no token {token}")]
    UnknownToken {
        /// Symbol that the transaction names.
        token: Symbol,
    },
    /// The name is another token's (SPEC L-2).
    #[error("there is a token {token} already")]
    SymbolTaken {
        /// Symbol that the transaction names.
        token: Symbol,
    },
    /// The name looks like another token's (SPEC A-4).
    #[error("{token} looks like {taken}, which is taken")]
    LooksLike {
        /// Symbol that the transaction names.
        token: Symbol,
        /// Symbol that it looks like.
        taken: Symbol,
    },
    /// The display name holds a character that nobody sees (SPEC A-4).
    #[error("the name has a character at byte {at} that nobody sees or that turns the text around")]
    HiddenCharacter {
        /// Byte offset of the character.
        at: usize,
    },
    /// The right to create tokens on this network is somebody else's (SPEC L-8).
    #[error("{address} may not create tokens on this network")]
    NotACreator {
        /// Address that tried.
        address: Address,
    },
    /// The issuer is somebody else (SPEC L-3, L-6).
    #[error("{named} is not the issuer of {token}")]
    NotTheIssuer {
        /// Symbol of the token.
        token: Symbol,
        /// Address that signed as the token's issuer.
        named: Address,
    },
    /// The token can never be minted again (SPEC L-6).
    #[error("issuance of {token} is closed for ever")]
    IssuanceClosed {
        /// Symbol of the token.
        token: Symbol,
    },
    /// The units outstanding would be above the cap, or above what any token may have
    /// (SPEC L-3, A-1).
    #[error("{supply} base units of {token} are outstanding, {amount} more would exceed {cap}")]
    CapExceeded {
        /// Symbol of the token.
        token: Symbol,
        /// Base units that are outstanding.
        supply: Amount,
        /// Base units that would be added.
        amount: Amount,
        /// Cap of the token.
        cap: Amount,
    },
    /// The network holds as many balances as it allows (SPEC L-8).
    #[error("the network holds its maximum of {max} balances")]
    TooManyBalances {
        /// Limit that the genesis sets.
        max: u64,
    },
    /// The network holds as many tokens as it allows (SPEC L-8).
    #[error("the network holds its maximum of {max} tokens")]
    TooManyTokens {
        /// Limit that the genesis sets.
        max: u64,
    },
    /// The sender has less than the place of a new balance or token takes (SPEC L-10).
    #[error(
        "a new place takes {need} base units of {token}, the sender has {have}; {used} of {max} \
         places are taken"
    )]
    PlaceTooDear {
        /// Token in which the place is paid for.
        token: Symbol,
        /// Amount of that token that the sender has.
        have: Amount,
        /// Amount that a place takes now.
        need: Amount,
        /// Places that are taken.
        used: u64,
        /// Places that there are.
        max: u64,
    },
    /// The charter of the token refuses it (SPEC R-6).
    #[error(transparent)]
    Policy(Box<PolicyRefusal>),
    /// The network's genesis knows no charters (SPEC G-1).
    #[error("this network has no coins with charters: its genesis is of version 1 or 2")]
    NoCharters,
    /// The network holds as many charters as it allows (SPEC L-8).
    #[error("the network holds its maximum of {max} charters")]
    TooManyCharters {
        /// Limit that the genesis sets.
        max: u64,
    },
    /// The network holds as many standings as it allows (SPEC L-8).
    #[error("the network holds its maximum of {max} accounts with a role or frozen")]
    TooManyStandings {
        /// Limit that the genesis sets.
        max: u64,
    },
    /// The block would bring more new balances and tokens than it may (SPEC L-11).
    #[error("{new} new balances and tokens in one block, at most {max} are allowed")]
    TooMuchGrowth {
        /// Number of new balances and tokens that there would be.
        new: u64,
        /// Number of new balances and tokens that a block may bring.
        max: u64,
    },
}

impl LedgerError {
    /// Checks whether every block may change the outcome, whichever entries it touches: others took
    /// or left places.
    pub fn is_for_room(&self) -> bool {
        matches!(
            self,
            Self::TooManyBalances { .. }
                | Self::TooManyStandings { .. }
                | Self::PlaceTooDear { .. }
        )
    }

    /// Checks whether later blocks of the same branch, up to that time, could make the same
    /// transaction valid (SPEC P-2).
    pub fn may_pass_until(&self, expires_at: UnixMillis) -> bool {
        match self {
            Self::Policy(refusal) => refusal.may_pass_until(expires_at),
            Self::InsufficientBalance { .. }
            | Self::UnknownToken { .. }
            | Self::NotTheIssuer { .. }
            | Self::CapExceeded { .. }
            | Self::TooManyBalances { .. }
            | Self::TooManyStandings { .. }
            | Self::PlaceTooDear { .. } => true,
            Self::SymbolTaken { .. }
            | Self::LooksLike { .. }
            | Self::HiddenCharacter { .. }
            | Self::NotACreator { .. }
            | Self::IssuanceClosed { .. }
            | Self::TooManyTokens { .. }
            | Self::NoCharters
            | Self::TooManyCharters { .. }
            // Alone in a block it would be too much.
            | Self::TooMuchGrowth { .. } => false,
        }
    }
}

/// The reason why a block at a certain time may not hold a transaction (SPEC T-7).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExpiryError {
    /// The transaction has expired.
    #[error("expired: valid until {expires_at}, block time is {block_time} (ms since 1970)")]
    Expired {
        /// The last time at which it was valid.
        expires_at: UnixMillis,
        /// Time of the block.
        block_time: UnixMillis,
    },
    /// The transaction is valid for longer than the network allows.
    #[error("valid for {ahead} ms from the block's time, at most {max} ms are allowed")]
    TooFarAhead {
        /// Milliseconds from the block's time for which the transaction would be valid.
        ahead: u64,
        /// Milliseconds for which a transaction may be valid.
        max: u64,
    },
}
