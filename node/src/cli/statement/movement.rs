//! Movements: what a transaction does to one account.

use coinage_model::genesis::FeeJson;
use coinage_protocol::{Action, Address, Amount, Body, Movement as Moved, MovementKind, Symbol};
use serde::Serialize;

/// The reason why an amount came or went.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The fee of a transaction that the account sent; it is destroyed.
    Fee,
    /// The first units of a new token.
    Creation,
    /// New units of a token.
    Mint,
    /// A transfer from one account to another.
    Transfer,
    /// The destruction of units that the account had.
    Burn,
    /// A move by an officer of the token, whether or not the owner agreed.
    Move,
    /// The deposit that new balances took, or gave back as they ended (SPEC L-10).
    Deposit,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Fee => "fee",
            Self::Creation => "creation",
            Self::Mint => "mint",
            Self::Transfer => "transfer",
            Self::Burn => "burn",
            Self::Move => "move",
            Self::Deposit => "deposit",
        }
    }
}

impl From<MovementKind> for Kind {
    fn from(kind: MovementKind) -> Self {
        match kind {
            MovementKind::Creation => Self::Creation,
            MovementKind::Mint => Self::Mint,
            MovementKind::Transfer => Self::Transfer,
            MovementKind::Burn => Self::Burn,
            MovementKind::Move => Self::Move,
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
    /// Account that gave or received it; `None` if it was made or destroyed by the account itself.
    pub(super) counterparty: Option<Address>,
}

/// Lists what a transaction does to an account, in the order in which it happens (SPEC L-1, L-7):
/// first the fee, then the actions.
pub(super) fn movements(body: &Body, fee: Option<FeeJson>, account: Address) -> Vec<Movement> {
    let fee = fee.filter(|_| body.sender == account);
    let fee = fee.map(|fee| moved(Kind::Fee, fee.token, fee.amount, false, None));
    let actions = body.actions.iter().flat_map(|action| of_action(action, body.sender, account));
    fee.into_iter().chain(actions).filter(|one| one.amount != Amount::ZERO).collect()
}

fn of_action(action: &Action, sender: Address, account: Address) -> Vec<Movement> {
    let officer = action.footprint().officer;
    let other = |address: Address| (address != account).then_some(address);
    let of_movement = |Moved { kind, token, amount, from, to }| {
        let given =
            (from == Some(account)).then(|| moved(Kind::from(kind), token, amount, false, to));
        // Units that are new come from whoever made them.
        let giver = from.or(officer).unwrap_or(sender);
        let taken =
            (to == Some(account)).then(|| moved(kind.into(), token, amount, true, other(giver)));
        given.into_iter().chain(taken)
    };
    action.movements().flat_map(of_movement).collect()
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

#[cfg(test)]
mod tests {
    use coinage_protocol::{Bounded, CreateToken, Text, UnixMillis};

    use super::*;

    fn who(byte: u8) -> Address {
        Address::new([byte; 32])
    }

    fn units(units: u128) -> Amount {
        Amount::try_from(units).expect("an amount")
    }

    /// Sent by account 1: it creates, mints, swaps with 2 and burns.
    fn body() -> Body {
        let (coin, gold): (Symbol, Symbol) =
            ("COIN".parse().expect("a symbol"), "GOLD".parse().expect("a symbol"));
        let create = CreateToken {
            token: gold,
            name: Text::try_from("Gold").expect("a name"),
            decimals: 0,
            cap: None,
            issuer: Some(who(1)),
            supply: units(50),
            to: who(2),
        };
        let transfer = |token, from, to, much| Action::Transfer {
            token,
            from: who(from),
            to: who(to),
            amount: units(much),
        };
        let actions = vec![
            Action::CreateToken(create),
            Action::Mint { token: gold, issuer: who(1), to: who(1), amount: units(9) },
            transfer(gold, 1, 2, 4),
            transfer(coin, 2, 1, 7),
            Action::Burn { token: gold, from: who(1), amount: units(5) },
            Action::SetIssuer { token: gold, issuer: who(1), new: None },
        ];
        let (sender, memo) = (who(1), Text::default());
        Body {
            sender,
            salt: 0,
            expires_at: UnixMillis::new(0),
            actions: Bounded::first_of(actions),
            memo,
        }
    }

    fn short(movements: &[Movement]) -> Vec<String> {
        let sign = |one: &Movement| if one.incoming { '+' } else { '-' };
        let other = |one: &Movement| {
            one.counterparty.map_or_else(|| "nobody".to_owned(), |it| it.as_bytes()[0].to_string())
        };
        let line = |one: &Movement| {
            let (kind, sign, other) = (one.kind.word(), sign(one), other(one));
            format!("{kind} {sign}{} {} {other}", one.amount, one.token)
        };
        movements.iter().map(line).collect()
    }

    #[test]
    fn each_side_sees_its_own_movements_in_the_order_in_which_they_happen() {
        let fee = Some(FeeJson { token: "COIN".parse().expect("a symbol"), amount: units(3) });
        assert_eq!(
            short(&movements(&body(), fee, who(1))),
            [
                "fee -3 COIN nobody",
                "mint +9 GOLD nobody",
                "transfer -4 GOLD 2",
                "transfer +7 COIN 2",
                "burn -5 GOLD nobody",
            ]
        );
        assert_eq!(
            short(&movements(&body(), fee, who(2))),
            ["creation +50 GOLD 1", "transfer +4 GOLD 1", "transfer -7 COIN 1"]
        );
        assert_eq!(movements(&body(), fee, who(3)), []);
    }
}
