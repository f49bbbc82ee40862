//! Footprints: the accounts and tokens that an action touches, in which role, and what it moves.
//!
//! Whoever needs to know that of an action asks here: the witnesses it takes, the share of the
//! mempool it is charged to, the index of histories, statements and events. Only execution
//! (`ledger/apply`) and words for people look at the kinds of actions themselves.

use alloc::collections::BTreeSet;

use super::{Action, Body, CreateToken};
use crate::amount::Amount;
use crate::lock::Address;
use crate::policy::Charter;
use crate::symbol::Symbol;

/// Accounts and tokens that an action touches.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Footprint {
    /// Amount that moves, if one does; it may be zero. What a charter creates moves besides it: see
    /// [`Action::movements`].
    pub movement: Option<Movement>,
    /// Address that acts as the issuer or an officer of the token, and must agree.
    pub officer: Option<Address>,
    /// Address that becomes the issuer of the token, or something by its charter.
    pub subject: Option<Address>,
    /// Address that must agree besides.
    pub consent: Option<Address>,
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
    /// New units of a token: minted, drawn or claimed.
    Mint,
    /// A transfer from one account to another.
    Transfer,
    /// The destruction of units.
    Burn,
    /// A move by an officer, whether or not the owner agrees.
    Move,
}

impl Footprint {
    /// Returns the addresses that must sign besides the sender (SPEC T-3).
    pub fn consents(&self) -> impl Iterator<Item = Address> + use<> {
        // What an officer moves is moved without its owner.
        let giver = self.movement.filter(|moved| moved.kind != MovementKind::Move);
        let giver = giver.and_then(|moved| moved.from);
        [giver, self.officer, self.consent].into_iter().flatten()
    }

    fn addresses(&self) -> impl Iterator<Item = Address> + use<> {
        let [from, to] = self.movement.map_or([None; 2], |moved| [moved.from, moved.to]);
        [self.officer, self.subject, self.consent, from, to].into_iter().flatten()
    }
}

impl Action {
    /// Returns the accounts and tokens that the action touches.
    pub fn footprint(&self) -> Footprint {
        let moved =
            |kind, token, amount, from, to| Some(Movement { kind, token, amount, from, to });
        match self {
            Self::CreateToken(CreateToken { token, issuer, supply, to, .. }) => Footprint {
                movement: moved(MovementKind::Creation, *token, *supply, None, Some(*to)),
                subject: *issuer,
                record: Some(*token),
                ..Footprint::default()
            },
            Self::CreateWithCharter(charter) => {
                Footprint { record: Some(charter.token), ..Footprint::default() }
            }
            Self::Mint { token, issuer, to, amount } => Footprint {
                movement: moved(MovementKind::Mint, *token, *amount, None, Some(*to)),
                officer: Some(*issuer),
                record: Some(*token),
                ..Footprint::default()
            },
            Self::Draw { token, account, amount, .. }
            | Self::Claim { token, account, amount, .. } => Footprint {
                movement: moved(MovementKind::Mint, *token, *amount, None, Some(*account)),
                officer: Some(*account),
                record: Some(*token),
                ..Footprint::default()
            },
            Self::Transfer { token, from, to, amount } => Footprint {
                movement: moved(MovementKind::Transfer, *token, *amount, Some(*from), Some(*to)),
                ..Footprint::default()
            },
            Self::Move { token, officer, from, to, amount } => Footprint {
                movement: moved(MovementKind::Move, *token, *amount, Some(*from), Some(*to)),
                officer: Some(*officer),
                ..Footprint::default()
            },
            Self::Burn { token, from, amount } => Footprint {
                movement: moved(MovementKind::Burn, *token, *amount, Some(*from), None),
                ..Footprint::default()
            },
            Self::SetIssuer { token, issuer, new } => Footprint {
                officer: Some(*issuer),
                subject: *new,
                record: Some(*token),
                ..Footprint::default()
            },
            Self::SetRole { officer, account, .. } | Self::SetFrozen { officer, account, .. } => {
                let (officer, subject) = (Some(*officer), Some(*account));
                Footprint { officer, subject, ..Footprint::default() }
            }
            Self::HandOver { from, to, .. } => {
                Footprint { officer: Some(*from), consent: Some(*to), ..Footprint::default() }
            }
            Self::Amend { officer, .. } => {
                Footprint { officer: Some(*officer), ..Footprint::default() }
            }
        }
    }

    /// Returns all amounts that move, in their order.
    pub fn movements(&self) -> impl Iterator<Item = Movement> {
        let created = self.charter().into_iter().flat_map(|charter| {
            let kind = MovementKind::Creation;
            let token = charter.token;
            charter.creations().map(move |(to, amount)| Movement {
                kind,
                token,
                amount,
                from: None,
                to: Some(to),
            })
        });
        self.footprint().movement.into_iter().chain(created)
    }

    /// Returns the addresses that the action names, in no order, perhaps some twice.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        let named = self.charter().into_iter().flat_map(|charter| charter.addresses());
        self.footprint().addresses().chain(named.copied())
    }

    /// Returns the charter that the action creates a token with.
    fn charter(&self) -> Option<&Charter> {
        if let Self::CreateWithCharter(charter) = self { Some(charter) } else { None }
    }
}

impl Body {
    /// Returns the addresses that the transaction touches, the sender's included, each once.
    pub fn touched(&self) -> BTreeSet<Address> {
        let named = self.actions.iter().flat_map(Action::addresses);
        core::iter::once(self.sender).chain(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;
    use crate::policy::AccountId;

    #[test]
    fn who_gives_or_issues_must_agree_and_everybody_who_is_named_is_touched() {
        // SPEC T-3
        let who = |byte| Address::new([byte; 32]);
        let (token, amount) = ("COIN".parse().expect("a symbol"), Amount::ZERO);
        let (from, to, issuer, new) = (who(1), who(2), who(3), Some(who(4)));
        let (officer, account, role) = (issuer, to, None);
        let place = AccountId(0);
        for (action, consents, named) in [
            (
                Action::Transfer { token, from, to, amount },
                alloc::vec![from],
                alloc::vec![from, to],
            ),
            (Action::Burn { token, from, amount }, alloc::vec![from], alloc::vec![from]),
            (
                Action::Mint { token, issuer, to, amount },
                alloc::vec![issuer],
                alloc::vec![issuer, to],
            ),
            (
                Action::SetIssuer { token, issuer, new },
                alloc::vec![issuer],
                alloc::vec![issuer, who(4)],
            ),
            (
                Action::Move { token, officer, from, to, amount },
                alloc::vec![officer],
                alloc::vec![officer, from, to],
            ),
            (
                Action::SetRole { token, officer, account, role },
                alloc::vec![officer],
                alloc::vec![officer, account],
            ),
            (
                Action::HandOver { token, account: place, from, to },
                alloc::vec![from, to],
                alloc::vec![from, to],
            ),
        ] {
            let found: Vec<_> = action.footprint().consents().collect();
            assert_eq!(found, consents, "{action:?}");
            let touched: BTreeSet<_> = action.addresses().collect();
            assert_eq!(touched, named.into_iter().collect(), "{action:?}");
        }
    }
}
