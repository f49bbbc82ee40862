//! The five things a transaction can do.

use serde::{Deserialize, Serialize};

use super::TransactionError;
use crate::amount::Amount;
use crate::bounded::Text;
use crate::limits::{DECIMALS_MAX, NAME_BYTES_MAX};
use crate::lock::Address;
use crate::symbol::Symbol;

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
