//! Why a transaction does not fit the state.

use crate::amount::Amount;
use crate::lock::Address;
use crate::symbol::Symbol;

/// Why the ledger refuses a transaction in a certain state. Blame: nobody, if somebody sent the
/// transaction on, because states differ between honest nodes; the leader, if it stands in a block.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LedgerError {
    /// More than the address has (SPEC L-4, L-5, L-7).
    #[error("{address} has {have} base units of {token}, {need} are needed")]
    InsufficientBalance {
        /// Whose balance.
        address: Address,
        /// Of which token.
        token: Symbol,
        /// What it has.
        have: Amount,
        /// What it would take.
        need: Amount,
    },
    /// No such token.
    #[error("there is no token {token}")]
    UnknownToken {
        /// The name.
        token: Symbol,
    },
    /// The name is another token's (SPEC L-2).
    #[error("there is a token {token} already")]
    SymbolTaken {
        /// The name.
        token: Symbol,
    },
    /// Somebody else may create tokens on this network (SPEC L-8).
    #[error("{address} may not create tokens on this network")]
    NotACreator {
        /// Who tried.
        address: Address,
    },
    /// Somebody else is the issuer (SPEC L-3, L-6).
    #[error("{named} is not the issuer of {token}")]
    NotTheIssuer {
        /// The token.
        token: Symbol,
        /// Who signed as its issuer.
        named: Address,
    },
    /// Nobody can ever mint this token again (SPEC L-6).
    #[error("issuance of {token} is closed for ever")]
    IssuanceClosed {
        /// The token.
        token: Symbol,
    },
    /// More would be outstanding than the cap, or than any token may have (SPEC L-3, A-1).
    #[error("{supply} base units of {token} are outstanding, {amount} more would exceed {cap}")]
    CapExceeded {
        /// The token.
        token: Symbol,
        /// What is outstanding.
        supply: Amount,
        /// What would be added.
        amount: Amount,
        /// The cap.
        cap: Amount,
    },
    /// As many balances as the network allows (SPEC L-8).
    #[error("the network holds its maximum of {max} balances")]
    TooManyBalances {
        /// The genesis limit.
        max: u64,
    },
    /// As many tokens as the network allows (SPEC L-8).
    #[error("the network holds its maximum of {max} tokens")]
    TooManyTokens {
        /// The genesis limit.
        max: u64,
    },
    /// Less than the place of a new balance or token takes (SPEC L-10).
    #[error(
        "a new place takes {need} base units of {token}, the sender has {have}; {used} of {max} \
         places are taken"
    )]
    PlaceTooDear {
        /// In which token.
        token: Symbol,
        /// What the sender has of it.
        have: Amount,
        /// What a place takes now.
        need: Amount,
        /// Places that are taken.
        used: u64,
        /// Places that there are.
        max: u64,
    },
    /// More new balances and tokens than a block may bring (SPEC L-11).
    #[error("{new} new balances and tokens in one block, at most {max} are allowed")]
    TooMuchGrowth {
        /// How many there would be.
        new: u64,
        /// How many a block may bring.
        max: u64,
    },
}

impl LedgerError {
    /// Whether every block may change it, whichever entries it touches: others took or left places.
    pub fn is_for_room(&self) -> bool {
        matches!(self, Self::TooManyBalances { .. } | Self::PlaceTooDear { .. })
    }

    /// Whether later blocks of the same branch could make the same transaction valid (SPEC P-2).
    pub fn may_pass_later(&self) -> bool {
        match self {
            Self::InsufficientBalance { .. }
            | Self::UnknownToken { .. }
            | Self::NotTheIssuer { .. }
            | Self::CapExceeded { .. }
            | Self::TooManyBalances { .. }
            | Self::PlaceTooDear { .. } => true,
            Self::SymbolTaken { .. }
            | Self::NotACreator { .. }
            | Self::IssuanceClosed { .. }
            | Self::TooManyTokens { .. }
            // Alone in a block it would be too much.
            | Self::TooMuchGrowth { .. } => false,
        }
    }
}

/// Why a block at a certain time may not hold a transaction (SPEC T-7).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExpiryError {
    /// It is too late.
    #[error("expired: valid until {expires_at}, block time is {block_time} (ms since 1970)")]
    Expired {
        /// The last time at which it was valid.
        expires_at: u64,
        /// The block's time.
        block_time: u64,
    },
    /// It is valid for longer than the network allows.
    #[error("valid for {ahead} ms from the block's time, at most {max} ms are allowed")]
    TooFarAhead {
        /// How long it would be valid.
        ahead: u64,
        /// How long a transaction may be valid.
        max: u64,
    },
}
