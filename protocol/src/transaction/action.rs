//! Actions: the things that a transaction can do.

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use super::TransactionError;
use crate::amount::Amount;
use crate::bounded::Text;
use crate::limits::{DECIMALS_MAX, NAME_BYTES_MAX};
use crate::lock::Address;
use crate::policy::{AccountId, Charter, ClauseId, RoleId};
use crate::symbol::Symbol;
use crate::units::UnixMillis;

/// A step of a transaction.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Action {
    /// The sender creates a token (SPEC L-2).
    CreateToken(CreateToken),
    /// The issuer of a token brings more of it into being (SPEC L-3).
    Mint {
        /// Symbol of the token.
        token: Symbol,
        /// Issuer of the token, who must sign.
        issuer: Address,
        /// Address that receives.
        to: Address,
        /// Base units that are minted.
        amount: Amount,
    },
    /// An owner gives to another (SPEC L-4).
    Transfer {
        /// Symbol of the token.
        token: Symbol,
        /// Address that gives and must sign.
        from: Address,
        /// Address that receives.
        to: Address,
        /// Base units that are transferred.
        amount: Amount,
    },
    /// An owner destroys what it has (SPEC L-5).
    Burn {
        /// Symbol of the token.
        token: Symbol,
        /// Address that gives the units up and must sign.
        from: Address,
        /// Base units that are destroyed.
        amount: Amount,
    },
    /// The issuer passes its right on, or closes issuance for ever (SPEC L-6).
    SetIssuer {
        /// Symbol of the token.
        token: Symbol,
        /// Present issuer of the token, who must sign.
        issuer: Address,
        /// Next issuer of the token; `None` closes issuance for ever.
        new: Option<Address>,
    },
    /// The sender creates a token with a charter (SPEC R-1).
    CreateWithCharter(Box<Charter>),
    /// A named account draws what a clause lets it (SPEC R-7).
    Draw {
        /// Symbol of the token.
        token: Symbol,
        /// Account that draws and must sign.
        account: Address,
        /// Clause by which it draws.
        clause: ClauseId,
        /// Base units that are issued to it.
        amount: Amount,
    },
    /// An account with a role claims what a clause lets it (SPEC R-8).
    Claim {
        /// Symbol of the token.
        token: Symbol,
        /// Account that claims and must sign.
        account: Address,
        /// Clause by which it claims.
        clause: ClauseId,
        /// Base units that are issued to it: a whole number of periods' worth.
        amount: Amount,
    },
    /// An officer gives a role to an account, or takes its role (SPEC R-9).
    SetRole {
        /// Symbol of the token.
        token: Symbol,
        /// Officer, who must sign.
        officer: Address,
        /// Account that gets or loses the role.
        account: Address,
        /// Role that it has from now on.
        role: Option<RoleId>,
    },
    /// An officer freezes an account, or unfreezes it (SPEC R-11).
    SetFrozen {
        /// Symbol of the token.
        token: Symbol,
        /// Officer, who must sign.
        officer: Address,
        /// Account that is frozen or unfrozen.
        account: Address,
        /// True to freeze it.
        frozen: bool,
    },
    /// An officer moves coins of somebody else (SPEC R-11).
    Move {
        /// Symbol of the token.
        token: Symbol,
        /// Officer, who must sign.
        officer: Address,
        /// Address that loses, and is not asked.
        from: Address,
        /// Address that receives.
        to: Address,
        /// Base units that are moved.
        amount: Amount,
    },
    /// A named account puts another address in its place (SPEC R-12).
    HandOver {
        /// Symbol of the token.
        token: Symbol,
        /// Account whose place it is.
        account: AccountId,
        /// Address that has the place and must sign.
        from: Address,
        /// Address that takes the place and must sign.
        to: Address,
    },
    /// An officer changes the amount in a clause (SPEC R-12).
    Amend {
        /// Symbol of the token.
        token: Symbol,
        /// Officer, who must sign.
        officer: Address,
        /// Clause whose amount changes.
        clause: ClauseId,
        /// Amount from then on.
        amount: Amount,
        /// First block time at which it is in force, in milliseconds since 1970.
        in_force_at: UnixMillis,
    },
}

/// A token to create.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CreateToken {
    /// Symbol of the token: its name on the chain, not yet taken.
    pub token: Symbol,
    /// Name of the token, for people.
    pub name: Text<NAME_BYTES_MAX>,
    /// Digits after the decimal point, for people; at most 18 (SPEC A-3).
    pub decimals: u8,
    /// The most base units that may be outstanding at any time.
    pub cap: Option<Amount>,
    /// Address that may mint; `None` closes issuance from the start.
    pub issuer: Option<Address>,
    /// Base units that exist at first.
    pub supply: Amount,
    /// Address that has the first supply.
    pub to: Address,
}

impl Action {
    /// The token it is about.
    pub fn token(&self) -> Symbol {
        match self {
            Self::CreateToken(create) => create.token,
            Self::CreateWithCharter(charter) => charter.token,
            Self::Draw { token, .. }
            | Self::Claim { token, .. }
            | Self::SetRole { token, .. }
            | Self::SetFrozen { token, .. }
            | Self::Move { token, .. }
            | Self::HandOver { token, .. }
            | Self::Amend { token, .. }
            | Self::Mint { token, .. }
            | Self::Transfer { token, .. }
            | Self::Burn { token, .. }
            | Self::SetIssuer { token, .. } => *token,
        }
    }

    /// Refuses what makes no sense in any state (SPEC T-6).
    pub(super) fn check(&self) -> Result<(), TransactionError> {
        match self {
            Self::CreateToken(create) => create.check(),
            Self::Transfer { from, to, .. }
            | Self::Move { from, to, .. }
            | Self::HandOver { from, to, .. }
                if from == to =>
            {
                Err(TransactionError::ToSelf)
            }
            Self::Mint { amount, .. }
            | Self::Burn { amount, .. }
            | Self::Transfer { amount, .. }
            | Self::Move { amount, .. }
            | Self::Draw { amount, .. }
            | Self::Claim { amount, .. } => nonzero(*amount),
            Self::SetIssuer { issuer, new, .. } if *new == Some(*issuer) => {
                Err(TransactionError::ToSelf)
            }
            // A charter was checked when it was decoded.
            Self::CreateWithCharter(_)
            | Self::SetIssuer { .. }
            | Self::SetRole { .. }
            | Self::SetFrozen { .. }
            | Self::HandOver { .. }
            | Self::Amend { .. } => Ok(()),
        }
    }
}

impl CreateToken {
    /// Refuses what makes no token (SPEC A-3, T-6).
    pub(crate) fn check(&self) -> Result<(), TransactionError> {
        if self.decimals > DECIMALS_MAX {
            return Err(TransactionError::Decimals { decimals: self.decimals });
        }
        if let Some(cap) = self.cap.filter(|cap| *cap < self.supply || cap.is_zero()) {
            return Err(TransactionError::SupplyAboveCap { supply: self.supply, cap });
        }
        if self.supply.is_zero() && self.issuer.is_none() {
            return Err(TransactionError::NeverAnyUnits);
        }
        Ok(())
    }
}

fn nonzero(amount: Amount) -> Result<(), TransactionError> {
    if amount.is_zero() { Err(TransactionError::ZeroAmount) } else { Ok(()) }
}
