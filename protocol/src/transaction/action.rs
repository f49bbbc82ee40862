//! The five things a transaction can do.

use serde::{Deserialize, Serialize};

use super::TransactionError;
use crate::amount::Amount;
use crate::bounded::Text;
use crate::limits::{DECIMALS_MAX, NAME_BYTES_MAX};
use crate::lock::Address;
use crate::symbol::Symbol;

/// One step of a transaction.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Action {
    /// The sender creates a token (SPEC L-2).
    CreateToken(CreateToken),
    /// The issuer of a token brings more of it into being (SPEC L-3).
    Mint {
        /// The token.
        token: Symbol,
        /// Its issuer, who must sign.
        issuer: Address,
        /// Who receives.
        to: Address,
        /// How much.
        amount: Amount,
    },
    /// An owner gives to another (SPEC L-4).
    Transfer {
        /// The token.
        token: Symbol,
        /// Who gives and must sign.
        from: Address,
        /// Who receives.
        to: Address,
        /// How much.
        amount: Amount,
    },
    /// An owner destroys what it has (SPEC L-5).
    Burn {
        /// The token.
        token: Symbol,
        /// Who gives it up and must sign.
        from: Address,
        /// How much.
        amount: Amount,
    },
    /// The issuer passes its right on, or closes issuance for ever (SPEC L-6).
    SetIssuer {
        /// The token.
        token: Symbol,
        /// Its present issuer, who must sign.
        issuer: Address,
        /// Its next issuer; `None` closes issuance for ever.
        new: Option<Address>,
    },
}

/// A new token.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CreateToken {
    /// Its name on the chain, not yet taken.
    pub token: Symbol,
    /// Its name for people.
    pub name: Text<NAME_BYTES_MAX>,
    /// Where people put the decimal point; at most 18 (SPEC A-3).
    pub decimals: u8,
    /// The most base units that may be outstanding at any time.
    pub cap: Option<Amount>,
    /// Who may mint; `None` closes issuance from the start.
    pub issuer: Option<Address>,
    /// How much exists at first.
    pub supply: Amount,
    /// Who has it at first.
    pub to: Address,
}

impl Action {
    /// Who must sign for this action besides the sender (SPEC T-3).
    pub fn consent(&self) -> Option<Address> {
        match self {
            Self::CreateToken(_) => None,
            Self::Mint { issuer, .. } | Self::SetIssuer { issuer, .. } => Some(*issuer),
            Self::Transfer { from, .. } | Self::Burn { from, .. } => Some(*from),
        }
    }

    /// The token it is about.
    pub fn token(&self) -> Symbol {
        match self {
            Self::CreateToken(create) => create.token,
            Self::Mint { token, .. }
            | Self::Transfer { token, .. }
            | Self::Burn { token, .. }
            | Self::SetIssuer { token, .. } => *token,
        }
    }

    /// Refuses what makes no sense in any state (SPEC T-6).
    pub(super) fn check(&self) -> Result<(), TransactionError> {
        match self {
            Self::CreateToken(create) => create.check(),
            Self::Mint { amount, .. } | Self::Burn { amount, .. } => nonzero(*amount),
            Self::Transfer { from, to, .. } if from == to => Err(TransactionError::ToSelf),
            Self::Transfer { amount, .. } => nonzero(*amount),
            Self::SetIssuer { issuer, new, .. } if *new == Some(*issuer) => {
                Err(TransactionError::ToSelf)
            }
            Self::SetIssuer { .. } => Ok(()),
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
