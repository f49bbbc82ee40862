//! Footprints: the accounts and tokens that an action touches, in which role, and what it moves.
//!
//! Whoever needs to know that of an action asks here: the witnesses it takes, the share of the
//! mempool it is charged to, the index of histories, statements and events. Only execution
//! (`ledger/apply.rs`) and words for people look at the kinds of actions themselves.

use alloc::collections::BTreeSet;

use super::{Action, Body, CreateToken};
use crate::amount::Amount;
use crate::lock::Address;
use crate::symbol::Symbol;

/// Accounts and tokens that an action touches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Footprint {
    /// Amount that moves, if one does; it may be zero.
    pub movement: Option<Movement>,
    /// Address that acts as the issuer of the token, and must agree.
    pub issuer: Option<Address>,
    /// Address that becomes the issuer of the token.
    pub next_issuer: Option<Address>,
    /// Token on whose record the outcome depends, beyond that it exists.
    pub record: Option<Symbol>,
}

/// An amount of a token that an action moves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Movement {
    /// Reason why the amount moves.
    pub kind: MovementKind,
    /// Token that moves.
    pub token: Symbol,
    /// Base units that move.
    pub amount: Amount,
    /// Address that gives, and must agree; `None` if the units are new.
    pub from: Option<Address>,
    /// Address that receives; `None` if the units are destroyed.
    pub to: Option<Address>,
}

/// The reason why an amount moves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MovementKind {
    /// The first units of a new token.
    Creation,
    /// New units of a token.
    Mint,
    /// A transfer from one account to another.
    Transfer,
    /// The destruction of units.
    Burn,
}

impl Footprint {
    /// Returns the address that must sign besides the sender (SPEC T-3).
    pub fn consent(&self) -> Option<Address> {
        self.movement.and_then(|movement| movement.from).or(self.issuer)
    }

    /// Returns the addresses that the action names, in no order, perhaps some twice.
    pub fn addresses(&self) -> impl Iterator<Item = Address> + use<> {
        let [from, to] = self.movement.map_or([None; 2], |moved| [moved.from, moved.to]);
        [self.issuer, self.next_issuer, from, to].into_iter().flatten()
    }
}

impl Action {
    /// Returns the accounts and tokens that the action touches.
    pub fn footprint(&self) -> Footprint {
        let moved =
            |kind, token, amount, from, to| Some(Movement { kind, token, amount, from, to });
        let none = Footprint { movement: None, issuer: None, next_issuer: None, record: None };
        match self {
            Self::CreateToken(CreateToken { token, issuer, supply, to, .. }) => Footprint {
                movement: moved(MovementKind::Creation, *token, *supply, None, Some(*to)),
                next_issuer: *issuer,
                record: Some(*token),
                ..none
            },
            Self::Mint { token, issuer, to, amount } => Footprint {
                movement: moved(MovementKind::Mint, *token, *amount, None, Some(*to)),
                issuer: Some(*issuer),
                record: Some(*token),
                ..none
            },
            Self::Transfer { token, from, to, amount } => Footprint {
                movement: moved(MovementKind::Transfer, *token, *amount, Some(*from), Some(*to)),
                ..none
            },
            Self::Burn { token, from, amount } => Footprint {
                movement: moved(MovementKind::Burn, *token, *amount, Some(*from), None),
                ..none
            },
            Self::SetIssuer { token, issuer, new } => {
                Footprint { issuer: Some(*issuer), next_issuer: *new, record: Some(*token), ..none }
            }
        }
    }
}

impl Body {
    /// Returns the addresses that the transaction touches, the sender's included, each once.
    pub fn touched(&self) -> BTreeSet<Address> {
        let named = self.actions.iter().flat_map(|action| action.footprint().addresses());
        core::iter::once(self.sender).chain(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_gives_or_issues_must_agree_and_everybody_who_is_named_is_touched() {
        // SPEC T-3
        let who = |byte| Address::new([byte; 32]);
        let (token, amount) = ("COIN".parse().expect("a symbol"), Amount::ZERO);
        let (from, to, issuer, new) = (who(1), who(2), who(3), Some(who(4)));
        for (action, consent, named) in [
            (Action::Transfer { token, from, to, amount }, from, alloc::vec![from, to]),
            (Action::Burn { token, from, amount }, from, alloc::vec![from]),
            (Action::Mint { token, issuer, to, amount }, issuer, alloc::vec![issuer, to]),
            (Action::SetIssuer { token, issuer, new }, issuer, alloc::vec![issuer, who(4)]),
        ] {
            let footprint = action.footprint();
            assert_eq!(footprint.consent(), Some(consent), "{action:?}");
            let touched: BTreeSet<_> = footprint.addresses().collect();
            assert_eq!(touched, named.into_iter().collect(), "{action:?}");
        }
    }
}
