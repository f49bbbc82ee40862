//! What a transaction does to one account.

use coinage_protocol::{Action, Address, Amount, Body, Symbol};
use serde::Serialize;

use crate::model::genesis::FeeJson;

/// Why an amount came or went.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The fee of a transaction that the account sent; it is destroyed.
    Fee,
    /// The first units of a new token.
    Creation,
    /// New units of a token.
    Mint,
    /// From one account to another.
    Transfer,
    /// Destroyed.
    Burn,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Fee => "fee",
            Self::Creation => "creation",
            Self::Mint => "mint",
            Self::Transfer => "transfer",
            Self::Burn => "burn",
        }
    }
}

/// An amount that came to the account or left it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Movement {
    pub(super) kind: Kind,
    pub(super) token: Symbol,
    pub(super) amount: Amount,
    pub(super) incoming: bool,
    /// Who gave or received it; nobody if it was made or destroyed by the account itself.
    pub(super) counterparty: Option<Address>,
}

/// What a transaction does to an account, in the order in which it happens (SPEC L-1, L-7): first
/// the fee, then the actions.
pub(super) fn movements(body: &Body, fee: Option<FeeJson>, account: Address) -> Vec<Movement> {
    let fee = fee.filter(|_| body.sender == account);
    let fee = fee.map(|fee| moved(Kind::Fee, fee.token, fee.amount, false, None));
    let actions = body.actions.iter().flat_map(|action| of_action(action, body.sender, account));
    fee.into_iter().chain(actions).filter(|one| one.amount != Amount::ZERO).collect()
}

fn of_action(action: &Action, sender: Address, account: Address) -> Vec<Movement> {
    let other = |address: &Address| (*address != account).then_some(*address);
    let mut found = Vec::new();
    match action {
        Action::CreateToken(create) if create.to == account => {
            let (token, supply) = (create.token, create.supply);
            found.push(moved(Kind::Creation, token, supply, true, other(&sender)));
        }
        Action::Mint { token, issuer, to, amount } if *to == account => {
            found.push(moved(Kind::Mint, *token, *amount, true, other(issuer)));
        }
        Action::Transfer { token, from, to, amount } => {
            if *from == account {
                found.push(moved(Kind::Transfer, *token, *amount, false, Some(*to)));
            }
            if *to == account {
                found.push(moved(Kind::Transfer, *token, *amount, true, Some(*from)));
            }
        }
        Action::Burn { token, from, amount } if *from == account => {
            found.push(moved(Kind::Burn, *token, *amount, false, None));
        }
        Action::CreateToken(_)
        | Action::Mint { .. }
        | Action::Burn { .. }
        | Action::SetIssuer { .. } => {}
    }
    found
}

fn moved(
    kind: Kind,
    token: Symbol,
    amount: Amount,
    incoming: bool,
    counterparty: Option<Address>,
) -> Movement {
    Movement { kind, token, amount, incoming, counterparty }
}
